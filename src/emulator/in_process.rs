//! The fake service without a socket: whole sweeps in virtual time.
//!
//! [`InProcess`] gives a sweep the same answers as the server does over HTTP, read by the Google client's own
//! parser and retried by its own engine. It waits on tokio's timer only, so that under paused time hours pass at
//! once. What it leaves out: connections, and so the client's own way to send.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::time::Instant;

use super::journal::Journal;
use super::reply::{Delivery, Reply};
use super::request::Request;
use super::respond::Fake;
use super::scenario::Scenario;
use super::world::Standing;
use crate::catalogue::{Service, Services, table};
use crate::clock::Clock;
use crate::google::error::Failure;
use crate::google::retry::{self, RetryPolicy};
use crate::google::wire::{self, DecodeError};
use crate::operation::{Collection, Operation, OperationName, ResourcePath, ServiceName};
use crate::service::{CallError, CancelReply, LocationsPage, OperationsService, Page};

/// What the Google client asks for.
const PAGE_SIZE: usize = 1000;

/// Every pause of a retry, as a share of its jitter: always the same, so that a run can be repeated.
const JITTER: f64 = 0.5;

/// A scenario as a service that a sweep can call.
#[derive(Debug, Clone)]
pub struct InProcess {
    fake: Arc<Mutex<Fake>>,
    /// The service at the root.
    usual: ServiceName,
    clock: Clock,
    retry: RetryPolicy,
    services: Arc<Mutex<Services>>,
}

impl InProcess {
    /// Starts the world of a scenario, now. Calls are retried by this policy.
    #[must_use]
    pub fn new(scenario: &Scenario, clock: Clock, retry: RetryPolicy) -> Self {
        let fake = Arc::new(Mutex::new(Fake::new(scenario, clock.now())));
        Self {
            fake,
            usual: scenario.service.name.clone(),
            clock,
            retry,
            services: Arc::new(Mutex::new(table().clone())),
        }
    }

    /// The requests so far, every attempt counted.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.fake().journal().clone()
    }

    /// How an operation really stands now and whether its cancellation is noted, as no fault shows it; `None` when it
    /// is not there. Tests hold what a client was told against this. It is no request, and not in the journal.
    #[must_use]
    pub fn truth(&self, service: &ServiceName, name: &OperationName) -> Option<(Standing, bool)> {
        let fake = self.fake();
        let shown = fake.world().get(self.clock.now(), &*self.known(service).ok()?, name).ok()?;
        Some((shown.standing, shown.cancellation_requested))
    }

    fn fake(&self) -> MutexGuard<'_, Fake> {
        // Nothing panics while it holds the lock; should it ever, the data are no worse for it.
        self.fake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, name: &ServiceName) -> Result<Arc<Service>, CallError> {
        let services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        let known = services.find(name).cloned();
        known.ok_or_else(|| Failure::refused(&format!("no service is called `{name}`")).into_call_error(0))
    }

    /// Where a path of a service is found.
    fn path(&self, service: &Service, path: &str) -> String {
        let prefix = if service.name == self.usual { String::new() } else { format!("/{}", service.name) };
        format!("{prefix}/{}/{path}", service.version)
    }

    async fn call<T: Send>(
        &self,
        method: Method,
        path: &str,
        query: Option<&str>,
        until: Option<Instant>,
        decode: impl Fn(&[u8]) -> Result<T, DecodeError> + Sync,
    ) -> Result<retry::Reply<T>, CallError> {
        let (method, decode) = (&method, &decode);
        let attempt = |_| async move {
            let body = self.send(method, path, query).await?;
            decode(&body).map_err(|error| Failure { http_status: Some(200), ..error.into() })
        };
        retry::run(&self.retry, until, || JITTER, attempt).await
    }

    async fn send(&self, method: &Method, path: &str, query: Option<&str>) -> Result<Vec<u8>, Failure> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer in-process"));
        let request = Request { method, path, query, headers: &headers, has_length: true, body: b"" };
        let now = self.clock.now();
        let reply = self.fake().respond(now, &request);
        self.clock.sleep(reply.delay).await;
        match reply.delivery {
            Delivery::Whole if (200..300).contains(&reply.status) => Ok(reply.body),
            Delivery::Whole => Err(Failure::from_answer(reply.status, &header_map(&reply), &reply.body)),
            Delivery::Dropped => Err(Failure::broken("the connection broke before an answer came")),
            Delivery::Truncated => Err(Failure::broken("the connection broke within the answer")),
        }
    }
}

fn header_map(reply: &Reply) -> HeaderMap {
    let headers = reply.headers.iter();
    headers
        .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::from_str(value).ok()?)))
        .collect()
}

fn page_query(page_token: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("pageSize", &PAGE_SIZE.to_string());
    if let Some(token) = page_token {
        query.append_pair("pageToken", token);
    }
    query.finish()
}

impl OperationsService for InProcess {
    fn use_services(&self, services: &Services) {
        *self.services.lock().unwrap_or_else(PoisonError::into_inner) = services.clone();
    }

    async fn list_page(
        &self,
        collection: &Collection,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<Page, CallError> {
        let service = self.known(&collection.service)?;
        let path = self.path(&service, collection.path.as_str());
        let query = page_query(page_token);
        let decode = |body: &[u8]| wire::decode_page(body, collection, &service.profile);
        Ok(self.call(Method::GET, &path, Some(&query), until, decode).await?.value)
    }

    async fn locations_page(
        &self,
        service: &ServiceName,
        list: &ResourcePath,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<LocationsPage, CallError> {
        let path = self.path(&*self.known(service)?, list.as_str());
        let (query, decode) = (page_query(page_token), |body: &[u8]| wire::decode_locations(body, list));
        Ok(self.call(Method::GET, &path, Some(&query), until, decode).await?.value)
    }

    async fn get(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> Result<Operation, CallError> {
        let service = self.known(service)?;
        let path = self.path(&service, &service.get_path(name).unwrap_or_default());
        let decode = |body: &[u8]| wire::decode_operation(body, &service, name);
        Ok(self.call(Method::GET, &path, None, until, decode).await?.value)
    }

    async fn cancel(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> CancelReply {
        let service = match self.known(service) {
            Ok(service) => service,
            Err(error) => return error.into(),
        };
        let path = self.path(&service, &service.cancel_path(name).unwrap_or_default());
        let decode = |body: &[u8]| wire::decode_done(body, service.cancel.answer());
        match self.call(Method::POST, &path, None, until, decode).await {
            Ok(reply) => CancelReply::accepted(reply.attempts),
            Err(error) => error.into(),
        }
    }
}

#[cfg(test)]
#[path = "tests/in_process.rs"]
mod tests;
