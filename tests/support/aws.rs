//! AWS as the shipped binaries see it: one loopback endpoint that counts the calls, passes them on to moto, or
//! answers with a failure of the test's choosing.
//!
//! Keys and secrets that a test hands out carry [`MARK`]: wherever it shows up, a real one would.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, header};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

/// Stands in for a secret.
pub(crate) const MARK: &str = "MARKED-FAKE-KEY-6f1d";

/// The region of all tests.
pub(crate) const REGION: &str = "eu-west-1";

/// More than a request of a test has.
const LARGEST_BODY: usize = 1 << 20;

/// moto starts in a second or two; on a machine that is busy with other tests it takes longer.
const HUNG: Duration = Duration::from_secs(120);

/// An endpoint. It ends with the value.
#[derive(Debug)]
pub(crate) struct Aws {
    url: String,
    shared: Arc<Shared>,
    _moto: Option<Child>,
    _serving: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    moto: Option<String>,
    http: reqwest::Client,
    calls: Mutex<Vec<Call>>,
    answers: Mutex<BTreeMap<String, (u16, String)>>,
}

/// One call that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// The operation's name.
    pub(crate) name: String,
    /// The status of the answer.
    pub(crate) status: u16,
}

impl Aws {
    /// An endpoint before moto, a fresh one.
    pub(crate) async fn with_moto() -> Self {
        let (child, address) = start_moto().await;
        Self::start(Some((child, format!("http://{address}")))).await
    }

    /// An endpoint that answers only what it is told to.
    pub(crate) async fn without_moto() -> Self {
        Self::start(None).await
    }

    #[expect(clippy::disallowed_methods, reason = "it speaks plain HTTP to moto, and to nobody else")]
    async fn start(moto: Option<(Child, String)>) -> Self {
        let (child, url) = moto.unzip();
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let shared = Shared { moto: url, http, calls: Mutex::default(), answers: Mutex::default() };
        let shared = Arc::new(shared);
        let app = Router::new().fallback(serve).with_state(Arc::clone(&shared));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, shared, _moto: child, _serving: serving }
    }

    /// Where it is: what `AWS_ENDPOINT_URL` is set to.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on this operation fails with this status and code.
    pub(crate) fn fail(&self, operation: &str, status: u16, code: &str) {
        let message = format!("a message with {MARK}-session-token");
        let body = if operation == "GetObject" {
            format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>")
        } else {
            json!({"__type": code, "message": message}).to_string()
        };
        self.answer(operation, status, body);
    }

    /// From now on this operation is answered with this.
    pub(crate) fn answer(&self, operation: &str, status: u16, body: String) {
        self.shared.answers.lock().unwrap().insert(operation.to_owned(), (status, body));
    }

    /// From now on the secret is this text, whatever its name.
    pub(crate) fn secret(&self, text: &str) {
        self.answer("GetSecretValue", 200, json!({"Name": "s", "SecretString": text}).to_string());
    }

    /// From now on the parameter is this text, whatever its name.
    pub(crate) fn parameter(&self, text: &str) {
        let parameter = json!({"Name": "p", "Type": "String", "Value": text, "Version": 1});
        self.answer("GetParameter", 200, json!({"Parameter": parameter}).to_string());
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.calls.lock().unwrap().clone()
    }

    /// How often this operation was called.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.calls().iter().filter(|call| call.name == operation).count()
    }

    /// Calls moto itself, uncounted: `secretsmanager.CreateSecret` or `AmazonSSM.PutParameter`, say.
    pub(crate) async fn set(&self, target: &str, body: &Value) {
        let service = if target.starts_with("AmazonSSM") { "ssm" } else { "secretsmanager" };
        let request = self.shared.http.post(self.moto()).header("x-amz-target", target);
        let request = request.header(header::CONTENT_TYPE, "application/x-amz-json-1.1");
        self.send(request.body(body.to_string()), service).await;
    }

    /// Makes a bucket, uncounted.
    pub(crate) async fn bucket(&self, name: &str) {
        let region = format!("<LocationConstraint>{REGION}</LocationConstraint>");
        self.put(name, &format!("<CreateBucketConfiguration>{region}</CreateBucketConfiguration>")).await;
    }

    /// Puts to S3 itself, uncounted: an object, or a setting of a bucket.
    pub(crate) async fn put(&self, path: &str, body: &str) {
        let request = self.shared.http.put(format!("{}/{path}", self.moto()));
        self.send(request.body(body.to_owned()), "s3").await;
    }

    async fn send(&self, request: reqwest::RequestBuilder, service: &str) {
        // moto reads from it which service in which region is meant, and checks nothing.
        let scope = format!("test/20261124/{REGION}/{service}/aws4_request");
        let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let answer = request.header(header::AUTHORIZATION, authorization).send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "moto answered {status}: {}", answer.text().await.unwrap());
    }

    fn moto(&self) -> &str {
        self.shared.moto.as_deref().expect("the endpoint stands before moto")
    }

    /// The variables of a function that has this for AWS.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let key = |name: &str| format!("{MARK}-{name}");
        vec![
            ("AWS_ENDPOINT_URL", self.url.clone()),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", key("secret-access-key")),
            ("AWS_SESSION_TOKEN", key("session-token")),
        ]
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let target = request.headers().get("x-amz-target").map(|value| value.to_str().unwrap());
    let name = match target {
        Some(target) => target.rsplit('.').next().unwrap().to_owned(),
        None => "GetObject".to_owned(),
    };
    let answer = shared.answers.lock().unwrap().get(&name).cloned();
    let response = match (answer, &shared.moto) {
        (Some((status, body)), _) => Response::builder().status(status).body(Body::from(body)).unwrap(),
        (None, Some(moto)) => pass_on(&shared.http, moto, request).await,
        (None, None) => panic!("nothing was said about {name}"),
    };
    let status = response.status().as_u16();
    shared.calls.lock().unwrap().push(Call { name, status });
    response
}

async fn pass_on(http: &reqwest::Client, moto: &str, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let body = to_bytes(body, LARGEST_BODY).await.unwrap();
    let request = http.request(parts.method, format!("{moto}{path}")).headers(parts.headers).body(body);
    let answer = request.send().await.unwrap();
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        // Of the connection to moto, not of this one.
        if ![header::TRANSFER_ENCODING, header::CONNECTION].contains(name) {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

async fn start_moto() -> (Child, SocketAddr) {
    let root = env!("CARGO_MANIFEST_DIR");
    let python = format!("{root}/target/python/bin/python");
    let mut command = Command::new(&python);
    command.arg(format!("{root}/tests/support/moto_server.py"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let missing = "these tests need moto, which stands in for AWS: run `make python-env` first";
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{missing} ({python}: {error})"));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(HUNG, lines.next_line()).await.expect("moto should start").unwrap();
    let line = line.unwrap_or_default();
    let port = line.trim().parse::<u16>().unwrap_or_else(|_| panic!("{missing} ({line})"));
    (child, SocketAddr::from(([127, 0, 0, 1], port)))
}
