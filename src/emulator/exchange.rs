//! The places that hand out tokens: Google's Security Token Service, IAM Credentials, and OAuth's token endpoint.
//!
//! At Google each has a host of its own; here all are paths of the one emulator. Every parameter that a client must
//! send is checked, but no secret is: any refresh token and any signature of the right form will do.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::aws_subject;
use super::reply::Reply;
use super::request::Request;
use super::rpc::{Code, Refusal};
use super::tokens::{CLOUD_PLATFORM, Tokens};

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const AWS_REQUEST: &str = "urn:ietf:params:aws:token-type:aws4_request";

/// What a subject token may be beside an AWS request.
const OTHER_SUBJECTS: [&str; 3] = [
    "urn:ietf:params:oauth:token-type:jwt",
    "urn:ietf:params:oauth:token-type:id_token",
    "urn:ietf:params:oauth:token-type:saml2",
];

/// The longest life of an access token, and what it has unless the request says otherwise.
const LONGEST: Duration = Duration::from_secs(3600);

/// A place that hands out tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exchange {
    /// `sts.googleapis.com`: from a foreign credential to a federated token.
    Sts,
    /// `oauth2.googleapis.com`: from a refresh token to an access token.
    OAuth,
    /// `iamcredentials.googleapis.com`: from a token to a token of this service account.
    Impersonate(String),
}

impl Exchange {
    /// What a fault's glob is held against.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Sts => "sts".to_owned(),
            Self::OAuth => "oauth".to_owned(),
            Self::Impersonate(account) => format!("projects/-/serviceAccounts/{account}"),
        }
    }

    /// Answers a request for a token.
    pub(super) fn answer(&self, tokens: &mut Tokens, now: DateTime<Utc>, request: &Request<'_>) -> Reply {
        let answer = match self {
            Self::Sts => sts(tokens, now, request.body),
            Self::OAuth => oauth(tokens, now, request.body),
            Self::Impersonate(_) => {
                return impersonate(tokens, now, request)
                    .map_or_else(|refusal| Reply::refusal(&refusal), |body| Reply::json(200, &body));
            }
        };
        match answer {
            Ok(body) => Reply::json(200, &body),
            Err(description) => {
                Reply::json(400, &json!({ "error": "invalid_grant", "error_description": description }))
            }
        }
    }
}

/// The parameters of a request, from a form or, as OAuth's endpoint takes them too, from JSON.
struct Parameters(BTreeMap<String, String>);

impl Parameters {
    fn read(body: &[u8]) -> Self {
        let Ok(json) = serde_json::from_slice::<BTreeMap<String, Value>>(body) else {
            return Self(form_urlencoded::parse(body).into_owned().collect());
        };
        // A parameter that is null is none.
        let strings = json.into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.to_owned())));
        Self(strings.collect())
    }

    fn get(&self, key: &str) -> &str {
        self.0.get(key).map(String::as_str).unwrap_or_default()
    }

    fn need(&self, key: &str) -> Result<&str, String> {
        Some(self.get(key)).filter(|value| !value.is_empty()).ok_or_else(|| format!("{key} is missing."))
    }

    fn must_be(&self, key: &str, want: &str) -> Result<(), String> {
        if self.need(key)? == want { Ok(()) } else { Err(format!("{key} must be {want}.")) }
    }

    fn scopes(&self) -> Vec<String> {
        let scope = Some(self.get("scope")).filter(|scope| !scope.is_empty()).unwrap_or(CLOUD_PLATFORM);
        scope.split(' ').map(str::to_owned).collect()
    }
}

fn sts(tokens: &mut Tokens, now: DateTime<Utc>, body: &[u8]) -> Result<Value, String> {
    let parameters = Parameters::read(body);
    parameters.must_be("grant_type", TOKEN_EXCHANGE)?;
    parameters.must_be("requested_token_type", ACCESS_TOKEN)?;
    let audience = parameters.need("audience")?;
    if !is_provider(audience) {
        return Err("audience must name a provider of a workload identity pool.".to_owned());
    }
    let subject = parameters.need("subject_token")?;
    match parameters.need("subject_token_type")? {
        AWS_REQUEST => aws_subject::check(subject, audience, now)?,
        other if OTHER_SUBJECTS.contains(&other) => {}
        _ => return Err("subject_token_type is not supported.".to_owned()),
    }
    let (token, lifetime) = tokens.issue(now, parameters.scopes(), LONGEST);
    Ok(json!({
        "access_token": token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": lifetime.num_seconds(),
    }))
}

fn is_provider(audience: &str) -> bool {
    let parts: Vec<&str> = audience.split('/').collect();
    matches!(
        parts.as_slice(),
        [
            "",
            "",
            "iam.googleapis.com",
            "projects",
            _,
            "locations",
            "global",
            "workloadIdentityPools",
            _,
            "providers",
            _
        ]
    )
}

fn oauth(tokens: &mut Tokens, now: DateTime<Utc>, body: &[u8]) -> Result<Value, String> {
    let parameters = Parameters::read(body);
    parameters.must_be("grant_type", "refresh_token")?;
    for key in ["client_id", "client_secret", "refresh_token"] {
        parameters.need(key)?;
    }
    let scopes = parameters.scopes();
    let (token, lifetime) = tokens.issue(now, scopes.clone(), LONGEST);
    Ok(json!({
        "access_token": token,
        "expires_in": lifetime.num_seconds(),
        "scope": scopes.join(" "),
        "token_type": "Bearer",
    }))
}

#[derive(Deserialize)]
struct Generate {
    #[serde(default)]
    scope: Vec<String>,
    #[serde(default)]
    lifetime: Option<String>,
}

fn impersonate(tokens: &mut Tokens, now: DateTime<Utc>, request: &Request<'_>) -> Result<Value, Refusal> {
    tokens.check_for_iam(now, request.headers)?;
    let invalid = |message: &str| Refusal::new(Code::InvalidArgument, message);
    let wanted: Generate =
        serde_json::from_slice(request.body).map_err(|_| invalid("Invalid JSON payload received."))?;
    if wanted.scope.is_empty() {
        return Err(invalid("Scope required."));
    }
    let lifetime = match wanted.lifetime.as_deref().map(seconds) {
        None => LONGEST,
        Some(Some(lifetime)) if lifetime <= LONGEST => lifetime,
        Some(_) => return Err(invalid("The lifetime must be from 0s to 3600s.")),
    };
    let (token, lifetime) = tokens.issue(now, wanted.scope, lifetime);
    let expires = now.checked_add_signed(lifetime).unwrap_or(now);
    Ok(json!({ "accessToken": token, "expireTime": expires.to_rfc3339_opts(SecondsFormat::Secs, true) }))
}

/// A protobuf duration in whole seconds: `3600s`.
fn seconds(text: &str) -> Option<Duration> {
    text.strip_suffix('s')?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
#[path = "tests/exchange.rs"]
mod tests;
