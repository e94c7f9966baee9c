//! The spine: read a snapshot, plan, cancel, follow up, report.
//!
//! Every trigger comes here, and so does an approved plan, which only replaces what is carried out. What may be done is
//! decided by pure code (`judge`, `plan`); this module only reads what that code needs, and carries out what it says. The mode is applied in one place, `carry_out`, at the last
//! line before the wire; `off` is looked at before anything else.
//!
//! One thing that fails never stops another: a collection that cannot be read is a gap, a cancel that fails is an
//! answer.

mod bounded;
mod carry_out;
mod observer;
mod pace;
mod pages;
mod places;
mod read;

use std::sync::atomic::AtomicUsize;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::plan::{Approval, Assessment, Chosen, PlanFile, PlanRefused, plan};
use crate::policy::{Mode, Policy};
use crate::replay::Recording;
use crate::report::Report;
use crate::request::Request;
use crate::service::OperationsService;
use crate::snapshot::Snapshot;

use bounded::Bounded;
use read::Reader;

pub use observer::{Event, Observer, Silent};
pub use places::{Places, outside_policy, places};

/// How many requests of one run are under way at once.
///
/// Cloud Deploy allows 18,000 requests a minute and region (its only documented quota): 32 at the usual 100 ms
/// are about that, shared with everybody else's. More would only bring 429s.
pub const REQUESTS_AT_ONCE: usize = 32;

/// What a run is given beside the policy and the request.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The run's id, for the records.
    pub sweep_id: String,
    /// Where the policy came from, for the records.
    pub policy_source: Option<String>,
    /// The function's own key: the run is never bolder than this.
    pub ceiling: Mode,
    /// When to stop.
    pub deadlines: Deadlines,
    /// How many requests may be under way at once: to one host, and to all together, where those do not count that
    /// have not been answered for a second.
    pub requests_at_once: usize,
}

/// When a run must stop. `None` means that there is no such instant.
#[derive(Debug, Clone, Copy, Default)]
pub struct Deadlines {
    /// The time for reading is over from here on, once anything has been read: what was not is a gap, and what was
    /// is dealt with.
    pub stop_reading: Option<Instant>,
    /// No cancel is started from here on: what was not reached is withheld.
    pub stop_starting: Option<Instant>,
    /// No answer is waited for from here on: what is known is recorded.
    pub stop: Option<Instant>,
}

/// Whether the kill switch is on: the function's own, or the request's. It is looked at before anything else, and
/// needs no policy.
#[must_use]
pub fn is_off(request: Option<&Request>, ceiling: Mode) -> bool {
    ceiling == Mode::Off || request.and_then(|request| request.mode) == Some(Mode::Off)
}

/// The report of a run that is switched off: nothing was read, nothing was sent.
pub fn switched_off(
    request: Option<&Request>,
    settings: &Settings,
    clock: &Clock,
    observer: &impl Observer,
) -> Report {
    let report = Report {
        sweep_id: settings.sweep_id.clone(),
        mode: Mode::Off,
        trigger: request.map(|request| request.trigger.to_string()),
        started_at: clock.now(),
        ..Report::default()
    };
    observer.observe(Event::Finished(&report));
    report
}

/// Runs a sweep.
///
/// It cannot fail: whatever goes wrong is in the report.
pub async fn sweep<S: OperationsService>(
    service: &S,
    policy: &Policy,
    request: &Request,
    settings: &Settings,
    clock: &Clock,
    observer: &impl Observer,
) -> Report {
    run(service, policy, request, None, settings, clock, observer).await
}

/// Carries out a plan that was approved: as much of it as still holds, and nothing else.
///
/// Everything that the policy covers is read again and judged anew. The report is about the operations that the plan
/// would cancel, and no others.
///
/// # Errors
/// When the plan may not be carried out at all. Then nothing was listed and nothing sent.
pub async fn apply<S: OperationsService>(
    service: &S,
    policy: &Policy,
    request: &Request,
    approval: &Approval,
    settings: &Settings,
    clock: &Clock,
    observer: &impl Observer,
) -> Result<Report, PlanRefused> {
    if !is_off(Some(request), settings.ceiling) {
        approval.check(policy, clock.now())?;
    }
    Ok(run(service, policy, request, Some(&approval.plan), settings, clock, observer).await)
}

/// A run: of all that the policy selects, or of what is left of an approved plan.
async fn run<S: OperationsService>(
    service: &S,
    policy: &Policy,
    request: &Request,
    approved: Option<&PlanFile>,
    settings: &Settings,
    clock: &Clock,
    observer: &impl Observer,
) -> Report {
    if is_off(Some(request), settings.ceiling) {
        return switched_off(Some(request), settings, clock, observer);
    }
    let started_at = clock.now();
    let started = Instant::now();
    let mode = effective_mode(policy, request, settings.ceiling);
    service.use_services(&policy.services);
    let service = Bounded::new(service, &policy.services, settings.requests_at_once);

    let (snapshot, assessment) = look(&service, policy, request, settings, mode, clock, observer).await;
    let listing_ms = milliseconds(started);
    let recording = request.record.then(|| Recording::new(&snapshot, &request.narrow, &assessment)).flatten();
    let chosen = match approved {
        Some(approved) => approved.shrink(&snapshot, policy, &assessment),
        None => Chosen::from(assessment.plan),
    };
    observer.observe(Event::Planned(&chosen.plan));

    let run = carry_out::Run { service: &service, settings, mode, policy, clock, observer };
    let operations = run.carry_out(&chosen).await;

    let plan = chosen.plan;
    let report = Report {
        sweep_id: settings.sweep_id.clone(),
        mode,
        policy_digest: Some(plan.policy_digest),
        policy_source: settings.policy_source.clone(),
        plan_digest: approved.map(|approved| approved.digest().to_owned()),
        trigger: Some(request.trigger.to_string()),
        started_at,
        now: Some(snapshot.now),
        duration_ms: milliseconds(started),
        listing_ms,
        collections: snapshot.collections.len(),
        pages: snapshot.pages,
        gaps: snapshot.gaps,
        seen: plan.seen,
        done: plan.done,
        spared: plan.spared,
        spared_because: plan.spared_because,
        limit: plan.limit,
        outside_policy: outside_policy(policy, &request.narrow),
        operations,
        recording,
        recording_omitted: None,
    };
    observer.observe(Event::Finished(&report));
    report
}

/// Reads a snapshot and judges it, and stops there: nothing is cancelled and nothing followed up.
pub async fn assess<S: OperationsService>(
    service: &S,
    policy: &Policy,
    request: &Request,
    settings: &Settings,
    clock: &Clock,
    observer: &impl Observer,
) -> (Snapshot, Assessment) {
    service.use_services(&policy.services);
    let service = Bounded::new(service, &policy.services, settings.requests_at_once);
    look(&service, policy, request, settings, Mode::Audit, clock, observer).await
}

/// Reads a snapshot, and judges it.
async fn look<S: OperationsService>(
    service: &Bounded<'_, S>,
    policy: &Policy,
    request: &Request,
    settings: &Settings,
    mode: Mode,
    clock: &Clock,
    observer: &impl Observer,
) -> (Snapshot, Assessment) {
    let reader = Reader {
        service,
        services: &policy.services,
        deadlines: settings.deadlines,
        pages: AtomicUsize::default(),
        observer,
        sweep_id: &settings.sweep_id,
        mode,
    };
    let reading = read::read(reader, policy, &request.narrow).await;
    let snapshot = Snapshot::new(clock.now(), reading);
    let assessment = plan(&snapshot, policy, &request.narrow);
    (snapshot, assessment)
}

/// The most cautious of the policy's mode, the function's own, and the request's.
fn effective_mode(policy: &Policy, request: &Request, ceiling: Mode) -> Mode {
    let mode = policy.mode.min(ceiling);
    request.mode.map_or(mode, |asked| mode.min(asked))
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
