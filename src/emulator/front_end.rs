//! The answers of Google's front end, which stands before every service and speaks HTML.
//!
//! A client must get along with an error that is not JSON; these are the ones that it meets.

use super::respond::Reply;

/// 411: the answer to a POST that does not tell its length.
pub(super) fn length_required() -> Reply {
    let text = "POST requests require a <code>Content-length</code> header.";
    Reply::html(411, page(411, "Length Required", text))
}

/// 404: no service has this path, or not with this HTTP method.
pub(super) fn not_found(path: &str) -> Reply {
    let path = path.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let text = format!("The requested URL <code>{path}</code> was not found on this server.");
    Reply::html(404, page(404, "Not Found", &text))
}

/// Any status, with a page that says little.
pub(super) fn status(status: u16) -> Reply {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let text = "The server could not process your request at this time.";
    Reply::html(status, page(status, reason.unwrap_or("Error"), text))
}

fn page(status: u16, reason: &str, text: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n  <title>Error {status} ({reason})!!1</title>\n  \
         <p><b>{status}.</b> <ins>That’s an error.</ins>\n  <p>{text}  <ins>That’s all we know.</ins>\n"
    )
}
