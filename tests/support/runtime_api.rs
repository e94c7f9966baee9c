//! The function as Lambda runs it: the shipped `curfew-lambda` as a process, behind a small Runtime API server.
//!
//! The server speaks version 2018-06-01 of the API on a free loopback port: it hands out invocations, takes their
//! answers, and refuses an answer that is too large, as Lambda does. It knows nothing of curfew. The process sees
//! Lambda's environment variables and those of the test, none of the developer's shell.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path as FilePath;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};
use tokio::task::JoinSet;

/// Lambda's limit of a synchronous invocation's answer, in bytes.
const LARGEST_ANSWER: usize = 6 * 1024 * 1024 + 100;

/// A test that waits longer than this for an answer has hung: far beyond any run of a test, not a delay.
const HUNG: Duration = Duration::from_secs(120);

/// What became of an invocation, as its caller sees it.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The function's return value.
    Response(Value),
    /// The function failed.
    Error {
        /// The stable name of the failure.
        error_type: String,
        /// What went wrong, in words.
        message: String,
    },
    /// The function could not be started.
    InitError {
        /// The name of the failure.
        error_type: String,
        /// What went wrong, in words.
        message: String,
    },
    /// The process ended without an answer.
    Exited(ExitStatus),
}

impl Outcome {
    /// The return value; anything else fails the test.
    pub(crate) fn response(self) -> Value {
        match self {
            Outcome::Response(value) => value,
            other => panic!("want a response, got {other}"),
        }
    }

    /// The type and the message of the function's failure; anything else fails the test.
    pub(crate) fn error(self) -> (String, String) {
        match self {
            Outcome::Error { error_type, message } => (error_type, message),
            other => panic!("want an error, got {other}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Response(value) => write!(f, "the response {value}"),
            Outcome::Error { error_type, message } => write!(f, "the error {error_type}: {message}"),
            Outcome::InitError { error_type, message } => {
                write!(f, "the initialisation error {error_type}: {message}")
            }
            Outcome::Exited(status) => write!(f, "no answer: the process ended with {status}"),
        }
    }
}

/// What the process wrote, line by line.
#[derive(Debug)]
pub(crate) struct Output {
    /// The records.
    pub(crate) stdout: Vec<String>,
    /// Everything else.
    pub(crate) stderr: Vec<String>,
}

/// A running function. Dropping it ends the process and the server.
#[derive(Debug)]
pub(crate) struct Lambda {
    child: Child,
    server: Arc<Server>,
    invocations: mpsc::UnboundedSender<Invocation>,
    invoked: u32,
    stdout: JoinSet<Vec<String>>,
    stderr: JoinSet<Vec<String>>,
    _serving: JoinSet<()>,
}

impl Lambda {
    /// Starts the function with these variables beside Lambda's own. Relative files lie at `task_root`.
    pub(crate) async fn start(task_root: &FilePath, variables: &[(&str, &str)]) -> Self {
        let (invocations, queue) = mpsc::unbounded_channel();
        let server = Arc::new(Server { queue: AsyncMutex::new(queue), waiting: Mutex::default() });
        let mut serving = JoinSet::new();
        let address = serve(Arc::clone(&server), &mut serving).await;
        let mut child = Command::new(env!("CARGO_BIN_EXE_curfew-lambda"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "curfew")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/curfew")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef")
            .env("AWS_REGION", "eu-west-1")
            .env("LAMBDA_TASK_ROOT", task_root)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("curfew-lambda should start");
        let mut stdout = JoinSet::new();
        stdout.spawn(lines(child.stdout.take().expect("stdout is piped")));
        let mut stderr = JoinSet::new();
        stderr.spawn(lines(child.stderr.take().expect("stderr is piped")));
        Self { child, server, invocations, invoked: 0, stdout, stderr, _serving: serving }
    }

    /// Invokes the function with a payload, byte for byte as given, and waits for what becomes of it.
    /// `deadline_ms` is in milliseconds since 1970.
    pub(crate) async fn invoke(&mut self, payload: impl Into<Bytes>, deadline_ms: u64) -> Outcome {
        self.invoked += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.invoked);
        let (answer, outcome) = oneshot::channel();
        self.server.waiting.lock().unwrap().insert(id.clone(), answer);
        // The queue is closed only when the server has gone, and then no outcome comes either.
        let _ = self.invocations.send(Invocation { id, payload: payload.into(), deadline_ms });
        let outcome = async {
            tokio::select! {
                biased;
                Ok(outcome) = outcome => outcome,
                status = self.child.wait() => Outcome::Exited(status.expect("the process can be waited for")),
            }
        };
        tokio::time::timeout(HUNG, outcome).await.expect("the function should answer")
    }

    /// Ends the process and returns all that it wrote.
    pub(crate) async fn stop(mut self) -> Output {
        // It may have ended by itself.
        let _ = self.child.kill().await;
        let read = async |mut lines: JoinSet<Vec<String>>| lines.join_next().await.unwrap().unwrap();
        Output { stdout: read(self.stdout).await, stderr: read(self.stderr).await }
    }
}

#[derive(Debug)]
struct Invocation {
    id: String,
    payload: Bytes,
    deadline_ms: u64,
}

#[derive(Debug)]
struct Server {
    queue: AsyncMutex<mpsc::UnboundedReceiver<Invocation>>,
    /// The invocations that have no answer yet.
    waiting: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
}

impl Server {
    /// Takes an invocation's outcome; answers what the Runtime API answers.
    fn settle(&self, id: &str, outcome: Outcome) -> Response<Body> {
        match self.waiting.lock().unwrap().remove(id) {
            Some(answer) => {
                // The test may have given up waiting.
                let _ = answer.send(outcome);
                reply(StatusCode::ACCEPTED, &json!({"status": "OK"}))
            }
            None => reply(
                StatusCode::BAD_REQUEST,
                &json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"}),
            ),
        }
    }
}

async fn serve(server: Arc<Server>, serving: &mut JoinSet<()>) -> SocketAddr {
    let app = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .layer(DefaultBodyLimit::disable())
        .with_state(server);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a loopback port should be free");
    let address = listener.local_addr().expect("a bound listener has an address");
    serving.spawn(async move {
        axum::serve(listener, app).await.expect("the server should serve");
    });
    address
}

/// Hands out the next invocation, whenever it comes: Lambda keeps this request open while a function is frozen.
async fn next(State(server): State<Arc<Server>>) -> Response<Body> {
    let Some(invocation) = server.queue.lock().await.recv().await else {
        return reply(StatusCode::INTERNAL_SERVER_ERROR, &json!({"errorType": "Shutdown"}));
    };
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", invocation.id)
        .header("lambda-runtime-deadline-ms", invocation.deadline_ms)
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:curfew",
        )
        .header("lambda-runtime-trace-id", "Root=1-692400e0-0123456789abcdef01234567;Sampled=0")
        .body(Body::from(invocation.payload))
        .expect("the headers are valid")
}

async fn response(State(server): State<Arc<Server>>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    if body.len() > LARGEST_ANSWER {
        let error_type = "Function.ResponseSizeTooLarge".to_owned();
        let message = format!("the answer has {} bytes", body.len());
        server.settle(&id, Outcome::Error { error_type, message });
        return reply(StatusCode::PAYLOAD_TOO_LARGE, &json!({"errorType": "RequestEntityTooLarge"}));
    }
    match serde_json::from_slice(&body) {
        Ok(value) => server.settle(&id, Outcome::Response(value)),
        Err(error) => {
            let error_type = "Runtime.InvalidResponse".to_owned();
            server.settle(&id, Outcome::Error { error_type, message: error.to_string() })
        }
    }
}

async fn error(State(server): State<Arc<Server>>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    let (error_type, message) = diagnostic(&body);
    server.settle(&id, Outcome::Error { error_type, message })
}

/// A function that cannot start fails every invocation that waits for it.
async fn init_error(State(server): State<Arc<Server>>, body: Bytes) -> Response<Body> {
    let (error_type, message) = diagnostic(&body);
    for (_, answer) in server.waiting.lock().unwrap().drain() {
        let _ = answer.send(Outcome::InitError { error_type: error_type.clone(), message: message.clone() });
    }
    reply(StatusCode::ACCEPTED, &json!({"status": "OK"}))
}

fn diagnostic(body: &[u8]) -> (String, String) {
    let value: Value = serde_json::from_slice(body).expect("a diagnostic is JSON");
    let text = |key| value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_owned();
    (text("errorType"), text("errorMessage"))
}

fn reply(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
}

/// Reads lines to the end, which comes when the process ends. Reading goes on all the time, so that the process
/// never blocks on a full pipe.
async fn lines(pipe: impl AsyncRead + Unpin) -> Vec<String> {
    let mut lines = BufReader::new(pipe).lines();
    let mut read = Vec::new();
    while let Some(line) = lines.next_line().await.expect("the process writes UTF-8") {
        read.push(line);
    }
    read
}
