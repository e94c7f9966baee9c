//! The handler: one payload in, one report out.
//!
//! Everything that is the same for all invocations (settings, clients) is made once, when the environment starts;
//! what fails then fails each invocation by its own name, and is tried again. The policy and the credential are read
//! in the first invocation, side by side, and how long they are kept is theirs to say.

use std::io::Write;

use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::deadline::{TimeBudget, time_left};
use super::event::{self, Asked};
use super::failure::Failure;
use super::log::JsonLines;
use crate::aws::Sdk;
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::google::Client;
use crate::metrics::Metrics;
use crate::plan::{Approval, PlanFile};
use crate::policy::Mode;
use crate::report::Report;
use crate::service::FailureKind;
use crate::setup::{PolicyRead, PolicyReader, SetUpError, connect};
use crate::snapshot::GapReason;
use crate::sweep::{Deadlines, REQUESTS_AT_ONCE, Settings, apply, is_off, sweep, switched_off};

/// The function.
#[derive(Debug)]
pub struct Handler {
    config: Result<Config, ConfigError>,
    sdk: Sdk,
    policy: OnceCell<PolicyReader>,
    client: OnceCell<Client>,
}

impl Handler {
    /// A function with these settings. It makes its clients now, while Lambda gives it the most CPU, and asks
    /// nobody for anything. Switched off, it makes none.
    pub async fn start(config: Result<Config, ConfigError>) -> Self {
        let sdk = config.as_ref().map_or_else(|_| Sdk::default(), |config| Sdk::trusting(config.trust));
        let handler = Self { config, sdk, policy: OnceCell::default(), client: OnceCell::default() };
        if let Ok(config) = &handler.config
            && config.mode != Mode::Off
        {
            // What fails here is tried again, and told, in every invocation.
            let _ = handler.policy_reader(config).await;
            let _ = handler.client(config).await;
        }
        handler
    }

    /// Handles one invocation: writes its records to `log`, a JSON line each, and gives the report as JSON.
    ///
    /// `deadline_ms` is Lambda's, in milliseconds since 1970; `sweep_id` names the run in every record.
    ///
    /// # Errors
    /// When nothing could be done at all. A violator that could not be cancelled is a finding in the report.
    pub async fn handle(
        &self,
        payload: &str,
        deadline_ms: u64,
        sweep_id: String,
        clock: &Clock,
        log: impl Write + Send,
    ) -> Result<Box<RawValue>, Failure> {
        let log = JsonLines::new(log);
        let result = self.run(payload, deadline_ms, &sweep_id, clock, &log).await;
        if let Err(failure) = &result {
            log.failure(&sweep_id, failure);
        }
        Ok(answer(result?))
    }

    async fn run<W: Write + Send>(
        &self,
        payload: &str,
        deadline_ms: u64,
        sweep_id: &str,
        clock: &Clock,
        log: &JsonLines<W>,
    ) -> Result<Report, Failure> {
        let config =
            self.config.as_ref().map_err(|error| Failure::ConfigurationInvalid(error.clone().into()))?;
        let report = self.report(config, payload, deadline_ms, sweep_id, clock, log).await?;
        // After the sweep's own line, and only when there was one.
        let left = time_left(deadline_ms, clock.now());
        log.metrics(&Metrics::new(&report, &config.function_name, left));
        Ok(report)
    }

    async fn report<W: Write + Send>(
        &self,
        config: &Config,
        payload: &str,
        deadline_ms: u64,
        sweep_id: &str,
        clock: &Clock,
        log: &JsonLines<W>,
    ) -> Result<Report, Failure> {
        let budget = TimeBudget::until(deadline_ms, clock.now());
        let now = Instant::now();
        let mut settings = Settings {
            sweep_id: sweep_id.to_owned(),
            policy_source: None,
            ceiling: config.mode,
            deadlines: Deadlines {
                stop_reading: Some(now + budget.reads),
                stop_starting: Some(now + budget.starts),
                stop: Some(now + budget.answers),
            },
            requests_at_once: REQUESTS_AT_ONCE,
        };
        let asked = event::read(payload);
        let request = asked.as_ref().ok().map(Asked::request);
        if is_off(request, config.mode) {
            return Ok(switched_off(request, &settings, clock, log));
        }
        let report = match asked? {
            Asked::Sweep(request) => {
                // Neither needs the other, and both may be far away.
                let (read, client) = tokio::join!(self.policy(config, clock), self.ready(config, clock));
                let PolicyRead { policy, source, .. } = read?;
                settings.policy_source = Some(source);
                sweep(client?, &policy, &request, &settings, clock, log).await
            }
            Asked::Apply { request, plan, max_age } => {
                let approval = Approval { plan: PlanFile::from_value(&plan)?, max_age };
                let PolicyRead { policy, source, .. } = self.policy(config, clock).await?;
                // Nobody is asked for anything, a token included, for a plan that is refused.
                approval.check(&policy, clock.now())?;
                let client = self.ready(config, clock).await?;
                settings.policy_source = Some(source);
                apply(client, &policy, &request, &approval, &settings, clock, log).await?
            }
        };
        refused_everywhere(report)
    }

    async fn policy(&self, config: &Config, clock: &Clock) -> Result<PolicyRead, Failure> {
        let read = async { self.policy_reader(config).await?.read(clock.now()).await };
        read.await.map_err(|error| match error {
            SetUpError::PolicyInvalid(problems) => Failure::PolicyInvalid(problems.into()),
            unreadable => Failure::PolicyUnreadable(unreadable.into()),
        })
    }

    /// The client, with a token at hand.
    async fn ready(&self, config: &Config, clock: &Clock) -> Result<&Client, Failure> {
        let client =
            self.client(config).await.map_err(|error| Failure::ConfigurationInvalid(error.into()))?;
        client.begin_run(clock);
        client.authenticate().await.map_err(|error| match error.kind {
            FailureKind::Unauthenticated => Failure::CredentialRejected(error.into()),
            _ => Failure::CredentialUnavailable(error.into()),
        })?;
        Ok(client)
    }

    async fn client(&self, config: &Config) -> Result<&Client, SetUpError> {
        self.client.get_or_try_init(|| connect(config, &self.sdk)).await
    }

    async fn policy_reader(&self, config: &Config) -> Result<&PolicyReader, SetUpError> {
        self.policy.get_or_try_init(|| PolicyReader::open(config, &self.sdk)).await
    }
}

/// How many bytes an answer may have: what Lambda takes, with room for its own envelope.
const LARGEST_ANSWER: usize = 6 * 1024 * 1024;

/// The report as JSON. Without its recording, if Lambda would refuse it for its size: a run that has cancelled must
/// not end as one that failed.
fn answer(mut report: Report) -> Box<RawValue> {
    // Strings, numbers and maps with string keys: a report always serialises.
    let text = |report: &Report| to_raw_value(&report.whole()).unwrap_or_default();
    let whole = text(&report);
    if whole.get().len() <= LARGEST_ANSWER || report.recording.is_none() {
        return whole;
    }
    report.recording = None;
    report.recording_omitted = Some(whole.get().len());
    text(&report)
}

/// A run that could read nothing because of its credential did nothing: it must be heard of, and may be tried again.
fn refused_everywhere(report: Report) -> Result<Report, Failure> {
    let Some(first) = report.gaps.first() else { return Ok(report) };
    let all = |reason| report.pages == 0 && report.gaps.iter().all(|gap| gap.reason == reason);
    if all(GapReason::Unauthenticated) {
        return Err(Failure::CredentialRejected(first.message.clone().into()));
    }
    if all(GapReason::NoCredential) {
        return Err(Failure::CredentialUnavailable(first.message.clone().into()));
    }
    Ok(report)
}

#[cfg(test)]
#[cfg(feature = "emulator")]
mod tests;
