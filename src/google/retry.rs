//! When a request is sent again, and when it is given up.
//!
//! [`next_step`] decides, without time or chance of its own; [`run`] carries the decisions out around anything that
//! makes one attempt, over HTTP or in process. It does not know what is being sent: everything that curfew sends
//! (list, get, cancel) may be sent twice without harm.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::google::error::{Failure, Remedy};
use crate::service::{CallError, FailureKind};

/// How patient a call is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// The first pause; each further one is twice as long.
    pub initial_backoff: Duration,
    /// The longest pause that curfew takes of its own accord.
    pub max_backoff: Duration,
    /// How often a call is tried at most.
    pub max_attempts: u32,
    /// How long one attempt may take, from the token to the last byte of the body.
    pub attempt_timeout: Duration,
    /// How long a call that has no end of its own may wait, all in all.
    pub patience: Duration,
}

impl RetryPolicy {
    /// Google's own figures for `google.longrunning.Operations` (longrunning_grpc_service_config.json: timeout 10 s,
    /// 5 attempts, 0.5 s to 10 s, doubling, cancel included). The patience is what google-api-core gives the same
    /// methods: 60 s.
    pub const GOOGLE: Self = Self {
        initial_backoff: Duration::from_millis(500),
        max_backoff: Duration::from_secs(10),
        max_attempts: 5,
        attempt_timeout: Duration::from_secs(10),
        patience: Duration::from_secs(60),
    };

    /// The pause after this many attempts, before jitter.
    fn backoff(&self, tries: u32) -> Duration {
        let factor = 2_u32.saturating_pow(tries.saturating_sub(1));
        self.initial_backoff.saturating_mul(factor).min(self.max_backoff)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::GOOGLE
    }
}

/// What has been tried so far in one call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetryState {
    /// How often it was tried, the failure at hand included.
    pub tries: u32,
    /// Whether the credential was read anew already.
    pub reauthenticated: bool,
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Wait this long, then try again.
    Wait(Duration),
    /// Try again at once, with a credential that is read anew.
    Reauthenticate,
    /// Report the failure.
    GiveUp,
}

/// Decides what to do after a failure.
///
/// `jitter` lies between 0 and 1 and spreads the pause over its upper half; `left` is the time until the call must
/// be over. A pause that would not fit is not begun.
#[must_use]
pub fn next_step(
    policy: &RetryPolicy,
    state: RetryState,
    failure: &Failure,
    jitter: f64,
    left: Duration,
) -> Step {
    if state.tries >= policy.max_attempts {
        return Step::GiveUp;
    }
    match failure.remedy {
        Remedy::GiveUp => Step::GiveUp,
        Remedy::Reauthenticate if state.reauthenticated => Step::GiveUp,
        Remedy::Reauthenticate => Step::Reauthenticate,
        Remedy::Retry { at_least } => {
            let half = policy.backoff(state.tries) / 2;
            let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 1.0 };
            let pause = at_least.max(half).saturating_add(half.mul_f64(jitter));
            if pause < left { Step::Wait(pause) } else { Step::GiveUp }
        }
    }
}

/// One attempt, as the engine asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// When it must be over. The engine drops it then; whatever it does before it sends should end by then too.
    pub deadline: Instant,
    /// Whether the last one's credential was not taken and has to be read anew.
    pub reauthenticate: bool,
}

/// What a call brought in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<T> {
    /// The answer.
    pub value: T,
    /// How many requests were sent.
    pub attempts: u32,
}

/// Makes attempts until one succeeds, none is due, or `until` has come.
///
/// # Errors
/// The last attempt's failure, or [`FailureKind::OutOfTime`] when `until` came first.
pub async fn run<T, F>(
    policy: &RetryPolicy,
    until: Option<Instant>,
    mut jitter: impl FnMut() -> f64,
    mut attempt: impl FnMut(Attempt) -> F,
) -> Result<Reply<T>, CallError>
where
    F: Future<Output = Result<T, Failure>>,
{
    let wait_until = until.unwrap_or_else(|| Instant::now() + policy.patience);
    let is_over = || until.is_some_and(|until| until <= Instant::now());
    let mut state = RetryState::default();
    let mut attempts = 0;
    let mut reauthenticate = false;
    loop {
        if is_over() {
            return Err(out_of_time(attempts));
        }
        let now = Instant::now();
        let own = now + policy.attempt_timeout;
        let deadline = until.map_or(own, |until| until.min(own));
        let outcome = timeout_at(deadline, attempt(Attempt { deadline, reauthenticate })).await;
        let failure = match outcome {
            Ok(Ok(value)) => return Ok(Reply { value, attempts: attempts + 1 }),
            Ok(Err(failure)) => failure,
            Err(_) => Failure::timed_out(policy.attempt_timeout),
        };
        if failure.kind != FailureKind::NoCredential {
            attempts += 1;
        }
        // An answer counts also when it comes at the last moment.
        if failure.http_status.is_none() && is_over() {
            return Err(out_of_time(attempts));
        }
        state.tries += 1;
        let left = wait_until.saturating_duration_since(Instant::now());
        match next_step(policy, state, &failure, jitter(), left) {
            Step::Wait(pause) => {
                sleep(pause).await;
                reauthenticate = false;
            }
            Step::Reauthenticate => {
                state.reauthenticated = true;
                reauthenticate = true;
            }
            Step::GiveUp => return Err(failure.into_call_error(attempts)),
        }
    }
}

fn out_of_time(attempts: u32) -> CallError {
    CallError {
        kind: FailureKind::OutOfTime,
        http_status: None,
        code: None,
        message: "the time allowed was over before an answer came".to_owned(),
        attempts,
    }
}

#[cfg(test)]
#[path = "tests/retry.rs"]
mod tests;
