//! From a request to an answer, without a socket, a clock or a task.
//!
//! Both the HTTP server and the in-process service stand on [`Fake::respond`]. What a transport must do to an
//! answer (wait, cut it off, hang up) is data in the [`Reply`].
//!
//! Requests are looked at in the order of the real service: the front end first (a POST without a length, a path
//! that leads nowhere), then the credential, the arguments, the permission, the operation. A scenario's faults
//! come between the front end and the credential.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::Method;
use serde_json::{Map, Value, json};

use super::journal::{Entry, Journal};
use super::permissions::Permissions;
use super::reply::{Delivery, Reply};
use super::request::{
    ListQuery, Query, Request, Resource, Route, check_cancel_body, permissions_asked_for, route,
};
use super::rpc::{Code, Refusal};
use super::scenario::{Call, Fault, FaultAnswer, Scenario};
use super::tokens::Tokens;
use super::wire;
use super::world::{PageOf, World, invalid_page_token};
use crate::catalogue::{Answer, Service};
use crate::operation::ServiceName;

/// The fake service: a world, what goes wrong in it, and what was asked of it so far.
#[derive(Debug)]
pub struct Fake {
    world: World,
    faults: Vec<Fault>,
    latency: Duration,
    tokens: Tokens,
    permissions: Permissions,
    page_size: usize,
    journal: Journal,
    /// The service at the root.
    usual: Arc<Service>,
}

impl Fake {
    /// The service of a scenario whose world starts at `start`.
    #[must_use]
    pub fn new(scenario: &Scenario, start: DateTime<Utc>) -> Self {
        Self {
            world: World::new(scenario, start),
            faults: scenario.faults.clone(),
            latency: scenario.latency,
            tokens: Tokens::new(scenario.tokens, scenario.require_token),
            permissions: Permissions::new(scenario.permissions.clone()),
            page_size: scenario.page_size,
            journal: Journal::default(),
            usual: scenario.service.clone(),
        }
    }

    /// The requests so far.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The world behind the answers, as no fault shows it.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Answers a request that came at `now`.
    pub fn respond(&mut self, now: DateTime<Utc>, request: &Request<'_>) -> Reply {
        let mut reply = self.answer(now, request);
        reply.delay += self.latency;
        self.journal.note(Entry {
            method: request.method.to_string(),
            path: request.path.to_owned(),
            query: request.query.map(str::to_owned),
            status: (reply.delivery != Delivery::Dropped).then_some(reply.status),
        });
        reply
    }

    fn answer(&mut self, now: DateTime<Utc>, request: &Request<'_>) -> Reply {
        if *request.method == Method::POST && !request.has_length {
            return Reply::length_required();
        }
        let (call, resource) = match route(request.method, request.path, &self.usual) {
            Route::To(call, resource) => (call, resource),
            Route::Malformed(refusal) => return Reply::refusal(&refusal),
            Route::Nowhere => return Reply::not_found(request.path),
        };
        let query = Query::decode(request.query);
        let fault = self.take_fault(call, &resource, query.page_token().is_some());
        match fault {
            None => self.carry_out(now, request, call, &resource, &query, None),
            Some(FaultAnswer::Drop) => Reply::dropped(),
            Some(FaultAnswer::Status { status, retry_after_header }) => {
                with_retry_after(Reply::front_end(status), retry_after_header)
            }
            Some(FaultAnswer::Error { status, code, message, retry_after, retry_after_header }) => {
                let refusal = Refusal { status, ..Refusal::new(code, message) };
                let refusal = match retry_after {
                    None => refusal,
                    Some(delay) => refusal.with_detail(retry_info(delay)),
                };
                with_retry_after(Reply::refusal(&refusal), retry_after_header)
            }
            Some(FaultAnswer::ExpiredToken) => Reply::refusal(&invalid_page_token()),
            Some(spoils) => {
                let reply = self.carry_out(now, request, call, &resource, &query, Some(&spoils));
                match spoils {
                    FaultAnswer::Lost => Reply::dropped(),
                    FaultAnswer::Truncate => Reply { delivery: Delivery::Truncated, ..reply },
                    FaultAnswer::NotJson => Reply::front_end(200),
                    FaultAnswer::Slow(delay) => Reply { delay, ..reply },
                    _ => reply,
                }
            }
        }
    }

    /// The first fault that fits, one time less.
    fn take_fault(&mut self, call: Call, resource: &Resource, has_token: bool) -> Option<FaultAnswer> {
        let fault = self.faults.iter_mut().find(|fault| fits(fault, call, resource, has_token))?;
        fault.times = fault.times.map(|times| times.saturating_sub(1));
        Some(fault.answer.clone())
    }

    fn carry_out(
        &mut self,
        now: DateTime<Utc>,
        request: &Request<'_>,
        call: Call,
        resource: &Resource,
        query: &Query,
        spoils: Option<&FaultAnswer>,
    ) -> Reply {
        if let Resource::Exchange(exchange) = resource {
            return exchange.answer(&mut self.tokens, now, request);
        }
        let answer = self.tokens.check(now, request.headers).and_then(|()| {
            let list = query.check(call)?;
            if call == Call::Cancel {
                check_cancel_body(request.body)?;
            }
            if let (Resource::Project(project), Call::Permissions) = (resource, call) {
                let asked = permissions_asked_for(request.body)?;
                return Ok(self.permissions.among(&self.world, project, asked));
            }
            self.permissions.check(call, resource)?;
            self.call(now, call, resource, query.page_token(), &list, spoils)
        });
        match answer {
            Ok(_) if is_told_by_nothing(call, resource) => Reply::nothing(),
            Ok(body) => Reply::json(200, &body),
            Err(refusal) if refusal.code == Code::Unauthenticated => {
                let challenge = "Bearer realm=\"https://accounts.google.com/\"".to_owned();
                Reply::refusal(&refusal).with_header("www-authenticate", challenge)
            }
            Err(refusal) => Reply::refusal(&refusal),
        }
    }

    fn call(
        &mut self,
        now: DateTime<Utc>,
        call: Call,
        resource: &Resource,
        token: Option<&str>,
        list: &ListQuery,
        spoils: Option<&FaultAnswer>,
    ) -> Result<Value, Refusal> {
        let size = match spoils {
            Some(FaultAnswer::EmptyPage) => 0,
            // A page size that is too large is coerced (AIP-158).
            _ => list.page_size.map_or(self.page_size, |size| size.min(self.page_size)),
        };
        let page = PageOf { token, size };
        let shown = |shown| spoil(wire::operation(&shown), spoils);
        match (resource, call) {
            (Resource::List(service, path), _) => {
                let listed = self.world.list(now, (service, path.as_str()), list.done, page)?;
                Ok(page_body("operations", listed.entries.into_iter().map(shown).collect(), listed.next))
            }
            (Resource::Locations(service, path), _) => {
                let listed = self.world.locations((service, path.as_str()), page)?;
                let locations = listed.entries.into_iter();
                let locations = locations.map(|location| wire::location(path.as_str(), location));
                Ok(page_body("locations", locations.collect(), listed.next))
            }
            (Resource::Operation(service, name), Call::Cancel) => {
                self.world.cancel(now, service, name).map(|()| json!({}))
            }
            (Resource::Operation(service, name), Call::Delete) => {
                self.world.delete(now, service, name).map(|()| json!({}))
            }
            (Resource::Operation(service, name), _) => self.world.get(now, service, name).map(shown),
            (Resource::Project(_) | Resource::Exchange(_), _) => {
                Err(Refusal::new(Code::Internal, "No operation is called so."))
            }
        }
    }
}

/// Whether the success of a call is an answer without a body: that of a cancel of an older API.
fn is_told_by_nothing(call: Call, resource: &Resource) -> bool {
    call == Call::Cancel
        && resource.service().is_some_and(|service| service.cancel.answer() == Answer::Nothing)
}

fn fits(fault: &Fault, call: Call, resource: &Resource, has_token: bool) -> bool {
    let of_service = |name: &ServiceName| resource.service().is_some_and(|service| service.name == *name);
    fault.times != Some(0)
        && fault.service.as_ref().is_none_or(of_service)
        && fault.call.is_none_or(|wanted| wanted == call)
        && fault.name.as_ref().is_none_or(|glob| glob.is_match(resource.name()))
        && (!fault.answer.is_of_pages() || matches!(call, Call::List | Call::Locations))
        && (!fault.answer.is_of_operations() || matches!(call, Call::List | Call::Get))
        && (fault.answer != FaultAnswer::ExpiredToken || has_token)
}

/// Takes out of an operation what a fault leaves out.
fn spoil(mut operation: Value, spoils: Option<&FaultAnswer>) -> Value {
    let field = match spoils {
        Some(FaultAnswer::NoDone) => "done",
        Some(FaultAnswer::NoMetadata) => "metadata",
        _ => return operation,
    };
    if let Some(fields) = operation.as_object_mut() {
        fields.remove(field);
    }
    operation
}

/// A list's body. ProtoJSON leaves out what is empty.
fn page_body(key: &str, entries: Vec<Value>, next: Option<String>) -> Value {
    let mut body = Map::new();
    if !entries.is_empty() {
        body.insert(key.to_owned(), Value::Array(entries));
    }
    if let Some(token) = next {
        body.insert("nextPageToken".to_owned(), token.into());
    }
    Value::Object(body)
}

fn retry_info(delay: Duration) -> Value {
    let delay = format!("{}s", delay.as_secs_f64());
    json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay })
}

fn with_retry_after(reply: Reply, delay: Option<Duration>) -> Reply {
    match delay {
        None => reply,
        // The header has whole seconds: round up, for a client must not come too early.
        Some(delay) => reply.with_header("retry-after", delay.as_millis().div_ceil(1000).to_string()),
    }
}

#[cfg(test)]
#[path = "tests/respond.rs"]
mod tests;
