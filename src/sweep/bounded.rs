//! A service of which only so many requests are under way at once: in all, and to each host of Google's, which is asked
//! at a pace of its own too.
//!
//! Turns are given in the order in which they are asked for: cancels, which are asked for oldest first, are sent oldest
//! first to each host. A host that is slow, or whose quota is small, keeps nobody else waiting: what it has not answered
//! soon counts at that host alone.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};

use super::pace::Pace;
use crate::catalogue::{Services, Throttle};
use crate::operation::{Collection, Operation, OperationName, ResourcePath, ServiceName};
use crate::service::{CallError, CancelReply, FailureKind, LocationsPage, OperationsService, Page};

/// How long a request may take and count among all. Most are answered within a tenth of it. One that is not does no work
/// here but wait, and the requests to a few hosts that hang would be all that there may be.
const SOON: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Bounded<'a, S> {
    service: &'a S,
    services: &'a Services,
    permits: Semaphore,
    at_once: usize,
    hosts: Mutex<HashMap<String, Arc<Host>>>,
}

/// What one host is asked.
struct Host {
    permits: Arc<Semaphore>,
    pace: Pace,
}

/// Leave to send one request.
pub(super) struct Permit<'a> {
    of_host: OwnedSemaphorePermit,
    in_all: SemaphorePermit<'a>,
}

impl Permit<'_> {
    /// Sends the request. When it is not answered soon, it gives up its place among all, and keeps that at its host.
    async fn send<T>(self, request: impl Future<Output = T>) -> T {
        let Self { of_host: _of_host, in_all } = self;
        let mut request = pin!(request);
        if let Ok(answer) = timeout(SOON, &mut request).await {
            return answer;
        }
        drop(in_all);
        request.await
    }
}

impl<'a, S: OperationsService> Bounded<'a, S> {
    pub(super) fn new(service: &'a S, services: &'a Services, requests_at_once: usize) -> Self {
        let at_once = requests_at_once.max(1);
        Self { service, services, permits: Semaphore::new(at_once), at_once, hosts: Mutex::default() }
    }

    /// Waits for leave to send a request to the host that answers for a location, until `until`.
    pub(super) async fn permit(
        &self,
        service: &ServiceName,
        location: Option<&str>,
        until: Option<Instant>,
    ) -> Result<Permit<'_>, CallError> {
        let host = self.host(service, location);
        let acquired = async {
            let of_host = host.permits.clone().acquire_owned().await.ok()?;
            host.pace.turn().await;
            // The last: whoever waits for a host takes no place of others.
            let in_all = self.permits.acquire().await.ok()?;
            Some(Permit { of_host, in_all })
        };
        within(until, acquired).await.flatten().ok_or_else(|| CallError {
            kind: FailureKind::OutOfTime,
            http_status: None,
            code: None,
            message: "the time was over before the request could be sent".to_owned(),
            attempts: 0,
        })
    }

    fn host(&self, service: &ServiceName, location: Option<&str>) -> Arc<Host> {
        let name = self.services.host_of(service, location);
        let throttle = self.services.find(service).map_or(Throttle::USUAL, |service| service.throttle);
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(name).or_insert_with(|| {
            let permits = Arc::new(Semaphore::new(throttle.at_once.min(self.at_once)));
            Arc::new(Host { permits, pace: Pace::new(throttle.per_minute) })
        });
        host.clone()
    }

    /// Sends a cancel under a permit that the caller has obtained before.
    pub(super) async fn cancel_with(
        &self,
        permit: Permit<'_>,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> CancelReply {
        permit.send(self.service.cancel(service, name, until)).await
    }
}

async fn within<T>(until: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match until {
        Some(until) => timeout_at(until, future).await.ok(),
        None => Some(future.await),
    }
}

impl<S: OperationsService> OperationsService for Bounded<'_, S> {
    fn use_services(&self, services: &Services) {
        self.service.use_services(services);
    }

    async fn list_page(
        &self,
        collection: &Collection,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<Page, CallError> {
        let permit = self.permit(&collection.service, collection.path.location(), until).await?;
        permit.send(self.service.list_page(collection, page_token, until)).await
    }

    async fn locations_page(
        &self,
        service: &ServiceName,
        path: &ResourcePath,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<LocationsPage, CallError> {
        let permit = self.permit(service, None, until).await?;
        permit.send(self.service.locations_page(service, path, page_token, until)).await
    }

    async fn get(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> Result<Operation, CallError> {
        let permit = self.permit(service, name.location(), until).await?;
        permit.send(self.service.get(service, name, until)).await
    }

    async fn cancel(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> CancelReply {
        match self.permit(service, name.location(), until).await {
            Ok(permit) => self.cancel_with(permit, service, name, until).await,
            Err(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::define;
    use crate::testing::scripted::Scripted;

    #[tokio::test]
    async fn what_answers_at_one_host_has_one_pace_and_each_host_has_its_own() {
        let twin =
            define(toml::from_str("name = \"twin\"\nhost = \"alloydb.googleapis.com\"").unwrap()).unwrap();
        let services = Services::with([Arc::new(twin)]);
        let scripted = Scripted::default();
        let bounded = Bounded::new(&scripted, &services, 32);
        let host = |service: &str, location| bounded.host(&ServiceName::parse(service).unwrap(), location);
        let same = |one: &Arc<Host>, other: &Arc<Host>| Arc::ptr_eq(one, other);
        assert!(same(&host("alloydb", Some("a")), &host("alloydb", Some("b"))));
        assert!(same(&host("alloydb", None), &host("twin", Some("a"))));
        assert!(!same(&host("alloydb", None), &host("spanner", None)));
        assert!(!same(&host("aiplatform", Some("a")), &host("aiplatform", Some("b"))));
        assert!(same(&host("aiplatform", None), &host("aiplatform", Some("global"))));
    }
}
