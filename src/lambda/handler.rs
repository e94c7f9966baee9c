//! The handler: one payload in, one report out.
//!
//! Everything that is the same for all invocations (settings, client) is made once, when the environment starts;
//! what fails then fails each invocation by its own name, and is tried again, because a secret or a file may have
//! been mended meanwhile. The policy is read anew for each.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::value::{RawValue, to_raw_value};
use tokio::time::Instant;

use super::deadline::{TimeBudget, time_left};
use super::event;
use super::failure::Failure;
use super::log::JsonLines;
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::google::Client;
use crate::metrics::Metrics;
use crate::policy::Mode;
use crate::report::Report;
use crate::service::FailureKind;
use crate::setup::{SetUpError, connect, read_policy};
use crate::snapshot::GapReason;
use crate::sweep::{Deadlines, REQUESTS_AT_ONCE, Settings, is_off, sweep, switched_off};

/// The function.
#[derive(Debug)]
pub struct Handler {
    config: Result<Config, ConfigError>,
    client: Mutex<Option<Arc<Client>>>,
}

impl Handler {
    /// A function with these settings. It makes its client now, while Lambda gives it the most CPU.
    #[must_use]
    pub fn new(config: Result<Config, ConfigError>) -> Self {
        let client = config.as_ref().ok().filter(|config| config.mode != Mode::Off);
        let client = client.and_then(|config| connect(config).ok()).map(Arc::new);
        Self { config, client: Mutex::new(client) }
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
        let report = result?;
        // Strings, numbers and maps with string keys: a report always serialises.
        Ok(to_raw_value(&report.whole()).unwrap_or_default())
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
        let settings = Settings {
            sweep_id: sweep_id.to_owned(),
            ceiling: config.mode,
            deadlines: Deadlines {
                stop_reading: Some(now + budget.reads),
                stop_starting: Some(now + budget.starts),
                stop: Some(now + budget.answers),
            },
            requests_at_once: REQUESTS_AT_ONCE,
        };
        let request = event::read(payload);
        if is_off(request.as_ref().ok(), config.mode) {
            return Ok(switched_off(request.as_ref().ok(), &settings, clock, log));
        }
        let request = request?;
        // Neither needs the other, and both may be far away.
        let (policy, client) = tokio::join!(async { read_policy(&config.policy) }, self.ready(config, clock));
        let policy = policy.map_err(|error| match error {
            SetUpError::PolicyInvalid(problems) => Failure::PolicyInvalid(problems.into()),
            unreadable => Failure::PolicyUnreadable(unreadable.into()),
        })?;
        let client = client?;
        let report = sweep(&*client, &policy, &request, &settings, clock, log).await;
        refused_everywhere(report)
    }

    /// The client, with a token at hand.
    async fn ready(&self, config: &Config, clock: &Clock) -> Result<Arc<Client>, Failure> {
        let client = self.client(config)?;
        client.begin_run(clock);
        client.authenticate().await.map_err(|error| match error.kind {
            FailureKind::Unauthenticated => Failure::CredentialRejected(error.into()),
            _ => Failure::CredentialUnavailable(error.into()),
        })?;
        Ok(client)
    }

    fn client(&self, config: &Config) -> Result<Arc<Client>, Failure> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*client {
            return Ok(Arc::clone(client));
        }
        let made = connect(config).map_err(|error| match error {
            SetUpError::Credential(error) => Failure::CredentialUnavailable(error.into()),
            other => Failure::ConfigurationInvalid(other.into()),
        })?;
        Ok(Arc::clone(client.insert(Arc::new(made))))
    }
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
