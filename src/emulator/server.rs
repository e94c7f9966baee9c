//! The fake service behind real HTTP: HTTP/1.1 and, for clients that begin with its preface, HTTP/2.
//!
//! Answers come from [`Fake::respond`]; this is what a socket adds: it waits, cuts a body off, hangs up. All of it
//! runs in tasks that the [`Emulator`] owns, and ends with it.
//!
//! `GET /emulator/journal`, a path that the real service does not have, answers with the [`Journal`] as JSON, for
//! tests in other processes. It is not in the journal itself.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::journal::Journal;
use super::reply::{Delivery, Reply};
use super::request::Request;
use super::respond::Fake;
use super::scenario::Scenario;
use super::world::Standing;
use crate::catalogue::Service;
use crate::clock::Clock;
use crate::operation::OperationName;

/// Largest request body that is read. The service's own bodies are empty.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// How long to wait after an accept failed: it does so when the process has no file descriptor left, and trying
/// again at once would only burn the time in which some are closed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A running emulator. It stops when it is dropped.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    shared: Shared,
    tasks: JoinSet<()>,
}

#[derive(Debug, Clone)]
struct Shared {
    fake: Arc<Mutex<Fake>>,
    clock: Clock,
}

impl Shared {
    fn fake(&self) -> MutexGuard<'_, Fake> {
        // Nothing panics while it holds the lock; should it ever, the data are no worse for it.
        self.fake.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Emulator {
    /// Starts the world of a scenario, now, and listens. Port 0 takes a free one. Must be called within a tokio
    /// runtime, on which the emulator then runs.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(scenario: &Scenario, address: SocketAddr, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Shared { fake: Arc::new(Mutex::new(Fake::new(scenario, clock.now()))), clock };
        let app = Router::new()
            .route("/emulator/journal", get(journal))
            .fallback(answer)
            .with_state(shared.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, app));
        Ok(Self { address, shared, tasks })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL: `http://127.0.0.1:4321`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.shared.fake().journal().clone()
    }

    /// How an operation really stands now and whether its cancellation is noted, as no fault shows it; `None` when it
    /// is not there. It is no request, and not in the journal.
    #[must_use]
    pub fn truth(&self, service: &Service, name: &OperationName) -> Option<(Standing, bool)> {
        let fake = self.shared.fake();
        let shown = fake.world().get(self.shared.clock.now(), service, name).ok()?;
        Some((shown.standing, shown.cancellation_requested))
    }

    /// Closes every connection, and returns when that is done.
    pub async fn shutdown(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Takes connections until it is dropped, and all of them with it.
async fn accept(listener: TcpListener, app: Router) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, app.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Why a connection is closed without an answer; also marks the response that is never sent.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the scenario drops this connection")]
struct HangUp;

async fn serve(stream: TcpStream, app: Router) {
    // Answers are small, and none shall wait for the client's acknowledgement of the one before. Should the
    // option fail, answers are only slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let app = app.clone();
        async move {
            let response = app.oneshot(request.map(Body::new)).await.map_err(|never| match never {})?;
            // An error makes hyper hang up: on HTTP/1.1 the connection is closed, on HTTP/2 the stream is reset.
            if response.extensions().get::<HangUp>().is_some() { Err(HangUp) } else { Ok(response) }
        }
    });
    // A connection ends in an error when the client or the scenario breaks it: nobody is left to be told.
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

async fn journal(State(shared): State<Shared>) -> Response {
    let body = serde_json::to_value(shared.fake().journal()).unwrap_or_default();
    deliver(Reply::json(200, &body))
}

async fn answer(State(shared): State<Shared>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return deliver(Reply::front_end(413));
    };
    let request = Request {
        method: &parts.method,
        path: parts.uri.path(),
        query: parts.uri.query(),
        headers: &parts.headers,
        has_length: has_length(parts.version, &parts.headers),
        body: &body,
    };
    let now = shared.clock.now();
    let reply = shared.fake().respond(now, &request);
    shared.clock.sleep(reply.delay).await;
    deliver(reply)
}

/// Whether a request tells the length of its body. On HTTP/1.1 it takes a header; the frames of HTTP/2 always do.
fn has_length(version: Version, headers: &HeaderMap) -> bool {
    version >= Version::HTTP_2
        || headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING)
}

/// Makes a reply an HTTP response.
fn deliver(reply: Reply) -> Response {
    let length = reply.body.len();
    let mut response = Response::new(match reply.delivery {
        Delivery::Whole => Body::from(reply.body),
        Delivery::Dropped => Body::empty(),
        Delivery::Truncated => half(reply.body),
    });
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    match reply.delivery {
        Delivery::Whole => {}
        Delivery::Dropped => {
            response.extensions_mut().insert(HangUp);
        }
        // The length of the whole: that is how a client can tell.
        Delivery::Truncated => {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
    }
    response
}

/// The first half of a body, and then an error, on which the connection is closed.
fn half(mut body: Vec<u8>) -> Body {
    body.truncate(body.len() / 2);
    Body::from_stream(stream::unfold(Some(Bytes::from(body)), |left| async {
        match left {
            Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
            _ => {
                // hyper writes out what it has only when the body makes it wait.
                tokio::task::yield_now().await;
                Some((Err(HangUp), None))
            }
        }
    }))
}

#[cfg(test)]
#[path = "tests/server.rs"]
mod tests;
