//! The tokens that were given out: who may come in, and for how long.
//!
//! They are opaque, and numbered in the order in which they were asked for. How they are asked for is `exchange`.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, header};
use serde_json::{Value, json};

use super::rpc::{Code, Refusal};
use super::scenario::TokenRules;

/// The scope of every API.
pub(super) const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";
/// The scope of the IAM APIs, and of nothing else.
pub(super) const IAM: &str = "https://www.googleapis.com/auth/iam";

#[derive(Debug)]
pub(super) struct Tokens {
    rules: TokenRules,
    /// Whether a request needs a token at all.
    required: bool,
    issued: BTreeMap<String, Issued>,
}

#[derive(Debug)]
struct Issued {
    scopes: Vec<String>,
    expires: DateTime<Utc>,
    uses: u32,
}

impl Tokens {
    pub(super) fn new(rules: TokenRules, required: bool) -> Self {
        Self { rules, required: required || rules.only_issued, issued: BTreeMap::new() }
    }

    /// Gives out a token, for the scenario's lifetime or a shorter one. Gives it with its lifetime.
    pub(super) fn issue(
        &mut self,
        now: DateTime<Utc>,
        scopes: Vec<String>,
        at_most: Duration,
    ) -> (String, TimeDelta) {
        let token = format!("ya29.emulator-{}", self.issued.len() + 1);
        let lifetime = TimeDelta::from_std(self.rules.lifetime.min(at_most)).unwrap_or(TimeDelta::MAX);
        let expires = now.checked_add_signed(lifetime).unwrap_or(now);
        self.issued.insert(token.clone(), Issued { scopes, expires, uses: 0 });
        (token, lifetime)
    }

    /// Checks the token of a request to the service itself.
    pub(super) fn check(&mut self, now: DateTime<Utc>, headers: &HeaderMap) -> Result<(), Refusal> {
        match bearer(headers) {
            None if !self.required => Ok(()),
            None => Err(missing()),
            Some(_) if !self.rules.only_issued => Ok(()),
            Some(token) => self.use_up(now, token, &[CLOUD_PLATFORM]),
        }
    }

    /// Checks the token of a request to IAM, which takes only what was given out here, whatever the scenario says.
    pub(super) fn check_for_iam(&mut self, now: DateTime<Utc>, headers: &HeaderMap) -> Result<(), Refusal> {
        let token = bearer(headers).ok_or_else(missing)?;
        self.use_up(now, token, &[CLOUD_PLATFORM, IAM])
    }

    fn use_up(&mut self, now: DateTime<Utc>, token: &str, scopes: &[&str]) -> Result<(), Refusal> {
        let revoke_after = self.rules.revoke_after;
        let alive = |token: &&mut Issued| {
            now < token.expires && revoke_after.is_none_or(|revoke_after| token.uses < revoke_after)
        };
        let token = self.issued.get_mut(token).filter(alive).ok_or_else(invalid)?;
        if !token.scopes.iter().any(|scope| scopes.contains(&scope.as_str())) {
            let message = "Request had insufficient authentication scopes.";
            return Err(Refusal::new(Code::PermissionDenied, message)
                .with_detail(error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT")));
        }
        token.uses += 1;
        Ok(())
    }
}

/// The token that a request comes with.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).filter(|token| !token.is_empty())
}

fn missing() -> Refusal {
    let message = "Request is missing required authentication credential. Expected OAuth 2 access token, \
                   login cookie or other valid authentication credential.";
    Refusal::new(Code::Unauthenticated, message).with_detail(error_info("CREDENTIALS_MISSING"))
}

fn invalid() -> Refusal {
    let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or \
                   other valid authentication credential.";
    Refusal::new(Code::Unauthenticated, message).with_detail(error_info("ACCESS_TOKEN_EXPIRED"))
}

fn error_info(reason: &str) -> Value {
    json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": { "service": "clouddeploy.googleapis.com" },
    })
}
