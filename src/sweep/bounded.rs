//! A service of which only so many requests are under way at once.
//!
//! Permits are given in the order in which they are asked for: cancels, which are asked for oldest first, are sent
//! oldest first.

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use crate::operation::{Collection, Operation, OperationName, ProjectId, ServiceName};
use crate::service::{CallError, CancelReply, FailureKind, LocationsPage, OperationsService, Page};

/// See the module.
pub(super) struct Bounded<'a, S> {
    service: &'a S,
    permits: Semaphore,
}

impl<'a, S: OperationsService> Bounded<'a, S> {
    pub(super) fn new(service: &'a S, requests_at_once: usize) -> Self {
        Self { service, permits: Semaphore::new(requests_at_once.max(1)) }
    }

    /// Waits for leave to send a request, until `until`.
    pub(super) async fn permit(&self, until: Option<Instant>) -> Result<SemaphorePermit<'_>, CallError> {
        let acquired = match until {
            Some(until) => timeout_at(until, self.permits.acquire()).await.ok(),
            None => Some(self.permits.acquire().await),
        };
        acquired.and_then(Result::ok).ok_or_else(|| CallError {
            kind: FailureKind::OutOfTime,
            http_status: None,
            code: None,
            message: "the time was over before the request could be sent".to_owned(),
            attempts: 0,
        })
    }

    /// Sends a cancel under a permit that the caller has obtained before.
    pub(super) async fn cancel_with(
        &self,
        _permit: SemaphorePermit<'_>,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> CancelReply {
        self.service.cancel(service, name, until).await
    }
}

impl<S: OperationsService> OperationsService for Bounded<'_, S> {
    async fn list_page(
        &self,
        collection: &Collection,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<Page, CallError> {
        let _permit = self.permit(until).await?;
        self.service.list_page(collection, page_token, until).await
    }

    async fn locations_page(
        &self,
        service: &ServiceName,
        project: &ProjectId,
        page_token: Option<&str>,
        until: Option<Instant>,
    ) -> Result<LocationsPage, CallError> {
        let _permit = self.permit(until).await?;
        self.service.locations_page(service, project, page_token, until).await
    }

    async fn get(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> Result<Operation, CallError> {
        let _permit = self.permit(until).await?;
        self.service.get(service, name, until).await
    }

    async fn cancel(
        &self,
        service: &ServiceName,
        name: &OperationName,
        until: Option<Instant>,
    ) -> CancelReply {
        match self.permit(until).await {
            Ok(permit) => self.cancel_with(permit, service, name, until).await,
            Err(error) => error.into(),
        }
    }
}
