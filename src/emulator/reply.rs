//! Answers: what is sent, and what the transport does to it on the way.
//!
//! Two parties answer at Google: the service, in JSON, and the front end that stands before every service, in
//! HTML. A client must get along with an error that is not JSON.

use std::time::Duration;

use serde_json::Value;

use super::rpc::Refusal;

/// How much of an answer reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// All of it.
    Whole,
    /// Nothing: the connection is closed.
    Dropped,
    /// The first half of the body, under the length of the whole.
    Truncated,
}

/// An answer, and what the transport does with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The whole body.
    pub body: Vec<u8>,
    /// How much of it to send.
    pub delivery: Delivery,
    /// How long to wait first.
    pub delay: Duration,
}

impl Reply {
    /// An answer of the service: JSON.
    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::of(status, "application/json; charset=UTF-8", body.to_string())
    }

    /// An answer of the service that says nothing.
    pub(super) fn nothing() -> Self {
        Self { headers: Vec::new(), body: Vec::new(), ..Self::json(204, &Value::Null) }
    }

    /// An answer of the front end: HTML.
    pub(super) fn html(status: u16, body: String) -> Self {
        Self::of(status, "text/html; charset=UTF-8", body)
    }

    fn of(status: u16, content_type: &str, body: String) -> Self {
        let headers = vec![("content-type", content_type.to_owned()), ("server", "ESF".to_owned())];
        let body = body.into_bytes();
        Self { status, headers, body, delivery: Delivery::Whole, delay: Duration::ZERO }
    }

    /// An error of the service.
    pub(super) fn refusal(refusal: &Refusal) -> Self {
        Self::json(refusal.status, &refusal.body())
    }

    /// No answer: the connection is closed.
    pub(super) fn dropped() -> Self {
        Self { delivery: Delivery::Dropped, ..Self::html(502, String::new()) }
    }

    /// 411: the answer to a POST that does not tell its length.
    pub(super) fn length_required() -> Self {
        let text = "POST requests require a <code>Content-length</code> header.";
        Self::html(411, page(411, "Length Required", text))
    }

    /// 404: no service has this path, or not with this HTTP method.
    pub(super) fn not_found(path: &str) -> Self {
        let path = path.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let text = format!("The requested URL <code>{path}</code> was not found on this server.");
        Self::html(404, page(404, "Not Found", &text))
    }

    /// Any status, with a page that says little.
    pub(super) fn front_end(status: u16) -> Self {
        let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let text = "The server could not process your request at this time.";
        Self::html(status, page(status, reason.unwrap_or("Error"), text))
    }

    /// The same with one more header.
    pub(super) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

fn page(status: u16, reason: &str, text: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error {status} ({reason})!!1</title>\n  \
         <p><b>{status}.</b> <ins>That’s an error.</ins>\n  <p>{text}  <ins>That’s all we know.</ins>\n"
    )
}
