//! A Runtime API that looks at the clock: when a process asks for its first invocation, and how long it then takes to
//! answer one.
//!
//! It serves one process, on a free loopback port, as far as a function that does not fail goes.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

/// Lambda's word for the last moment of an invocation: far away.
const DEADLINE_MS: u64 = 4_102_444_800_000;

/// A wait that is longer than this has hung.
const HUNG: Duration = Duration::from_secs(60);

/// An answer, and how long after the invocation was handed out it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) took: Duration,
    pub(crate) body: Bytes,
}

/// The server. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct RuntimeApi {
    pub(crate) address: String,
    invocations: mpsc::UnboundedSender<&'static str>,
    asked: mpsc::UnboundedReceiver<Instant>,
    answers: mpsc::UnboundedReceiver<Answer>,
    _serving: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<mpsc::UnboundedReceiver<&'static str>>,
    handed_out: Mutex<Option<Instant>>,
    asked: mpsc::UnboundedSender<Instant>,
    answers: mpsc::UnboundedSender<Answer>,
}

impl RuntimeApi {
    pub(crate) async fn start() -> Result<Self, Box<dyn Error>> {
        let (invocations, queue) = mpsc::unbounded_channel();
        let (ask, asked) = mpsc::unbounded_channel();
        let (answer, answers) = mpsc::unbounded_channel();
        let shared =
            Shared { queue: Mutex::new(queue), handed_out: Mutex::default(), asked: ask, answers: answer };
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(answered))
            .with_state(Arc::new(shared));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            // What fails here is noticed as an answer that does not come.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self { address, invocations, asked, answers, _serving: serving })
    }

    /// When the process next asks for an invocation.
    pub(crate) async fn asked(&mut self) -> Result<Instant, Box<dyn Error>> {
        let asked = tokio::time::timeout(HUNG, self.asked.recv()).await?;
        asked.ok_or_else(|| "the server has ended".into())
    }

    /// Hands out an invocation, and waits for the answer.
    pub(crate) async fn invoke(&mut self, payload: &'static str) -> Result<Answer, Box<dyn Error>> {
        self.invocations.send(payload)?;
        let answer = tokio::time::timeout(HUNG, self.answers.recv()).await?;
        answer.ok_or_else(|| "the server has ended".into())
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response<Body> {
    // Nobody may be waiting for it any more.
    let _ = shared.asked.send(Instant::now());
    let payload = shared.queue.lock().await.recv().await.unwrap_or_default();
    let mut response = Response::new(Body::from(payload));
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("lambda-runtime-aws-request-id", HeaderValue::from_static("bench"));
    headers.insert("lambda-runtime-deadline-ms", DEADLINE_MS.into());
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:curfew";
    headers.insert("lambda-runtime-invoked-function-arn", HeaderValue::from_static(arn));
    *shared.handed_out.lock().await = Some(Instant::now());
    response
}

async fn answered(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    if let Some(since) = shared.handed_out.lock().await.take() {
        let _ = shared.answers.send(Answer { took: since.elapsed(), body });
    }
    StatusCode::ACCEPTED
}
