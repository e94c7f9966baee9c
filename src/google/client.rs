//! The service over HTTP: URLs, headers, bodies and their bounds.
//!
//! [`Client`] is the only thing in curfew that talks to Google. What an answer means is `wire` and `error`, whether
//! it is asked again is `retry`, where the token comes from is `auth`. It knows no rule, and sends a cancel to
//! nothing but a name that it is given.

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Method, Response, Url, redirect};
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use crate::catalogue::{GOOGLES_HOSTS, Service, Services, table};
use crate::clock::Clock;
use crate::google::auth::{AuthHeaders, CredentialError, CredentialSummary, Credentials};
use crate::google::endpoint::{Base, Endpoint};
use crate::google::error::Failure;
use crate::google::retry::{Attempt, Reply, RetryPolicy, run};
use crate::google::skew;
use crate::google::wire::{self, DecodeError};
use crate::operation::{Collection, Operation, OperationName, ProjectId, ResourcePath, ServiceName};
use crate::service::{CallError, CancelReply, FailureKind, LocationsPage, OperationsService, Page};
use crate::trust::Trust;

/// Entries asked for in one page: the most that Cloud Deploy's list methods give. Fewer pages are fewer round trips,
/// and a page is below a megabyte. A server that thinks otherwise gives fewer.
const PAGE_SIZE: &str = "1000";

/// Largest body that is read, in bytes. A page of 1,000 operations takes about one megabyte; the function has 256 to
/// live in.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// How long a connection may take to be made. Within one region it takes milliseconds; a lost packet is sent again
/// after one second, and again after two more.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// How long an idle connection is kept. A Lambda sandbox may be frozen for minutes between invocations, and comes
/// back with connections that the other side has closed long since. Within a run, nothing idles for long.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// How often a busy HTTP/2 connection is asked whether it is still there, and how long the answer may take. All
/// requests share one such connection; after a freeze it may be dead without a sign, and every attempt would wait
/// out its whole time on it.
const HTTP2_PING: Duration = Duration::from_secs(3);

const USER_AGENT: &str = concat!("curfew/", env!("CARGO_PKG_VERSION"));

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The TLS set-up of this machine cannot be used.
    #[error("the HTTP client could not be set up")]
    SetUp(#[source] reqwest::Error),
}

/// Where it is asked what an account may do in a project. It has no operations that a policy could name.
const RESOURCE_MANAGER: Base<'_> =
    Base { service: "cloudresourcemanager", host: "cloudresourcemanager.googleapis.com", version: "v1" };

/// What to do about a host that is none of Google's.
const FOREIGN: &str = "the account's token is only sent to hosts below googleapis.com, unless CURFEW_GOOGLE_ENDPOINT \
                       names another (it may hold `{service}`)";

/// `google.longrunning.Operations` of any known service, over REST.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Endpoint,
    credentials: Credentials,
    retry: RetryPolicy,
    /// The clock of the run in progress.
    clock: Mutex<Option<Clock>>,
    /// The services that can be asked, once a run has said so.
    services: Mutex<Option<Services>>,
}

impl Client {
    /// A client with Google's own retry figures. Make one, and keep it: it holds the connections.
    ///
    /// # Errors
    /// When TLS cannot be set up on this machine.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes an HTTP client")]
    pub fn new(endpoint: Endpoint, credentials: Credentials, trust: Trust) -> Result<Self, ClientError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .http2_keep_alive_interval(HTTP2_PING)
            .http2_keep_alive_timeout(HTTP2_PING)
            // Followed, a redirect could carry the token or a cancel to a place that nobody named.
            .redirect(redirect::Policy::none())
            // `retry` counts what is sent, and a report says so: nothing may be sent behind its back.
            .retry(reqwest::retry::never());
        if endpoint.is_local() {
            builder = builder.no_proxy();
        }
        if let Some(trusted) = trust.der() {
            // What cannot be parsed is trusted by nobody.
            builder =
                builder.tls_certs_only(trusted.filter_map(|der| reqwest::Certificate::from_der(der).ok()));
        }
        let http = builder.build().map_err(ClientError::SetUp)?;
        Ok(Self {
            http,
            endpoint,
            credentials,
            retry: RetryPolicy::GOOGLE,
            clock: Mutex::default(),
            services: Mutex::default(),
        })
    }

    /// The same client with another patience.
    #[must_use]
    pub fn with_retry_policy(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Says that a run begins. A client that is kept from run to run must be told: what it holds may have become too
    /// old meanwhile, and in a Lambda environment that was frozen no timer has noticed it.
    pub fn begin_run(&self, clock: &Clock) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(*clock);
        self.credentials.begin_run(clock.now());
    }

    /// Reads the credential from where it is kept, if that is due, and fetches no token for it. Every call does so
    /// itself; this tells early, and apart, what is wrong with the configuration.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub async fn load_credential(&self) -> Result<(), CredentialError> {
        self.credentials.load().await
    }

    /// Gets a token, and asks Google's API for nothing: tells up front whether there is a credential at all.
    ///
    /// # Errors
    /// [`NoCredential`](crate::service::FailureKind::NoCredential) when no token can be had.
    pub async fn authenticate(&self) -> Result<(), CallError> {
        // A blip gets a second chance; a machine without a credential must say so soon.
        let hasty = RetryPolicy { max_attempts: self.retry.max_attempts.min(2), ..self.retry };
        let token = |attempt: Attempt| async move { self.token(attempt.deadline).await.map(drop) };
        run(&hasty, None, fastrand::f64, token).await.map(drop)
    }

    /// What was read as the credential, once it has been; `None` before, and when it could not be used.
    #[must_use]
    pub fn credential(&self) -> Option<CredentialSummary> {
        self.credentials.summary()
    }

    /// Asks which of these permissions the account has in a project. A project that does not exist may be answered
    /// like one in which it has none.
    ///
    /// # Errors
    /// When there is no usable answer, for example because the Resource Manager API is not enabled.
    pub async fn test_permissions(
        &self,
        project: &ProjectId,
        permissions: &[&str],
        until: Option<Instant>,
    ) -> Result<BTreeSet<String>, CallError> {
        let path = format!("projects/{project}:testIamPermissions");
        let url = self.endpoint.url(RESOURCE_MANAGER, &path);
        let url = url.ok_or_else(|| Failure::refused("no URL can be made of it").into_call_error(0))?;
        let body = json!({ "permissions": permissions }).to_string();
        Ok(self.call(Request::post(url, body), until, wire::decode_permissions).await?.value)
    }

    async fn token(&self, deadline: Instant) -> Result<AuthHeaders, Failure> {
        match timeout_at(deadline, self.credentials.headers(deadline)).await {
            Ok(Ok(headers)) => Ok(headers),
            Ok(Err(error @ CredentialError::Unusable(_))) => {
                Err(Failure::no_credential(&error.to_string(), false))
            }
            Ok(Err(error @ CredentialError::Unavailable(_))) => {
                Err(Failure::no_credential(&error.to_string(), true))
            }
            Err(_) => Err(Failure::no_credential("no token: the credential could not be read in time", true)),
        }
    }

    fn service(&self, name: &ServiceName) -> Result<Arc<Service>, CallError> {
        let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        // The table takes a while to read, and the first thing that the function does should not wait for it.
        services.as_ref().unwrap_or_else(|| table()).find(name).cloned().ok_or_else(|| {
            Failure::refused(&format!("curfew does not know the service `{name}`")).into_call_error(0)
        })
    }

    /// The URL of a path of a service, at the host of a location.
    fn url(&self, service: &Service, location: Option<&str>, path: Option<String>) -> Result<Url, CallError> {
        let refused = |problem: &str| Failure::refused(problem).into_call_error(0);
        let path =
            path.ok_or_else(|| refused(&format!("`{}` gives no operation such a name", service.name)))?;
        let host = service.host_in(location);
        let base = Base { service: service.name.as_str(), host: &host, version: &service.version };
        let url = self.endpoint.url(base, &path).ok_or_else(|| refused("no URL can be made of it"))?;
        // Looked at in the URL itself: that is where the token goes.
        let is_googles = url.host_str().is_some_and(|host| host.ends_with(GOOGLES_HOSTS));
        if is_googles || self.endpoint.is_replaced() {
            return Ok(url);
        }
        Err(refused(&format!("{host} is not Google's: {FOREIGN}")))
    }

    async fn call<T: Send>(
        &self,
        request: Request,
        until: Option<Instant>,
        decode: impl Fn(&[u8]) -> Result<T, DecodeError> + Sync,
    ) -> Result<Reply<T>, CallError> {
        // Which credential the last attempt used, so that the one that was not taken is the one that is dropped.
        let used = AtomicU64::new(0);
        let (request, decode, used) = (&request, &decode, &used);
        let attempt = |attempt: Attempt| async move {
            if attempt.reauthenticate {
                self.credentials.reject(used.load(Ordering::Relaxed));
            }
            let auth = self.token(attempt.deadline).await?;
            used.store(auth.generation, Ordering::Relaxed);
            let body = self.send(request, auth).await?;
            decode(&body).map_err(|error| Failure { http_status: Some(200), ..error.into() })
        };
        run(&self.retry, until, fastrand::f64, attempt).await
    }

    /// Sends one request. The body of a success comes back; anything else is a failure.
    async fn send(&self, request: &Request, auth: AuthHeaders) -> Result<Vec<u8>, Failure> {
        let Request { method, url, body } = request;
        let mut request = self.http.request(method.clone(), url.clone()).headers(auth.headers);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        } else if *method == Method::POST {
            // Google's front ends answer 411 to a POST without a length, and an empty body alone sets none.
            request = request.header(CONTENT_LENGTH, 0);
        }
        let response = request.send().await.map_err(|error| broken(&error))?;
        let status = response.status();
        if status.is_success() {
            return read_body(response).await;
        }
        let headers = response.headers().clone();
        // The status alone says enough when the rest is lost.
        let body = read_body(response).await.unwrap_or_default();
        let mut failure = Failure::from_answer(status.as_u16(), &headers, &body);
        let clock = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        if let (FailureKind::Unauthenticated, Some(clock)) = (failure.kind, clock) {
            failure.message = skew::explained(&failure.message, &headers, clock.now());
        }
        Err(failure)
    }
}

impl OperationsService for Client {
    fn use_services(&self, services: &Services) {
        *self.services.lock().unwrap_or_else(PoisonError::into_inner) = Some(services.clone());
    }

    async fn list_page(
        &self,
        collection: &Collection,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<Page, CallError> {
        let service = self.service(&collection.service)?;
        let path = &collection.path;
        let mut url = self.url(&service, path.location(), Some(path.to_string()))?;
        if let Some(filter) = service.filter_of(path) {
            url.query_pairs_mut().append_pair("filter", filter);
        }
        let decode = |body: &[u8]| wire::decode_page(body, collection, &service.profile);
        Ok(self.call(Request::get(paged(url, page_token)), until, decode).await?.value)
    }

    async fn locations_page(
        &self,
        service: &ServiceName,
        path: &ResourcePath,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<LocationsPage, CallError> {
        let service = self.service(service)?;
        let url = paged(self.url(&service, None, Some(path.to_string()))?, page_token);
        Ok(self.call(Request::get(url), until, |body| wire::decode_locations(body, path)).await?.value)
    }

    async fn get(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> Result<Operation, CallError> {
        let service = self.service(service)?;
        let url = self.url(&service, name.location(), service.get_path(name))?;
        let decode = |body: &[u8]| wire::decode_operation(body, &service, name);
        Ok(self.call(Request::get(url), until, decode).await?.value)
    }

    async fn cancel(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> CancelReply {
        let found = self.service(service).and_then(|service| {
            let url = self.url(&service, name.location(), service.cancel_path(name))?;
            Ok((url, service.cancel.answer()))
        });
        let (url, answer) = match found {
            Ok(found) => found,
            Err(error) => return error.into(),
        };
        let decode = |body: &[u8]| wire::decode_done(body, answer);
        match self.call(Request::post(url, String::new()), until, decode).await {
            Ok(reply) => CancelReply::accepted(reply.attempts),
            Err(error) => error.into(),
        }
    }
}

/// What is sent, but for the token.
#[derive(Debug)]
struct Request {
    method: Method,
    url: Url,
    body: String,
}

impl Request {
    fn get(url: Url) -> Self {
        Self { method: Method::GET, url, body: String::new() }
    }

    /// The body is JSON, or empty.
    fn post(url: Url, body: String) -> Self {
        Self { method: Method::POST, url, body }
    }
}

/// No `returnPartialSuccess` (an error where it is not documented), and no `filter` but where a method needs one: what is
/// listed is judged here.
fn paged(mut url: Url, page_token: Option<&str>) -> Url {
    url.query_pairs_mut().append_pair("pageSize", PAGE_SIZE);
    if let Some(token) = page_token {
        url.query_pairs_mut().append_pair("pageToken", token);
    }
    url
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, Failure> {
    let too_large =
        || Failure::unusable(&format!("the answer is larger than {} MiB", MAX_BODY_BYTES / 1024 / 1024));
    let announced =
        response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    if announced > MAX_BODY_BYTES {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(announced);
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// A request that brought no whole answer. The innermost cause says most, and holds no URL.
fn broken(error: &reqwest::Error) -> Failure {
    let mut cause: &dyn StdError = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let what = if error.is_connect() { "no connection" } else { "the connection broke" };
    Failure::broken(&format!("{what}: {cause}"))
}

#[cfg(test)]
#[path = "tests/client_services.rs"]
mod services_tests;
#[cfg(test)]
#[path = "tests/client.rs"]
mod tests;
