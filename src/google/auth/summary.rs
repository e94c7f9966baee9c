//! What kind of credential was read, for a person who has to find out why it does not work.
//!
//! Only what is no secret is taken out of the text: its type, where a federated one gets its proof from, and the
//! account that it stands for. Whether it works, nobody knows here.

use std::fmt;

use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

use crate::google::auth::build;

/// Longest name of an account that is shown, in characters. Those of service accounts have less than 100.
const MAX_ACCOUNT_CHARS: usize = 200;

/// The kinds of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// None: requests carry no token.
    None,
    /// What the machine offers; of which kind that is, is not known.
    ApplicationDefault,
    /// The key of a service account.
    ServiceAccount,
    /// Workload identity federation, by the keys of an AWS role.
    FederatedFromAws,
    /// Workload identity federation, by another proof.
    Federated,
    /// A person's refresh token.
    AuthorizedUser,
    /// A service account that another credential may stand for.
    ImpersonatedServiceAccount,
}

/// What is known of a credential and is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialSummary {
    /// Its kind.
    pub kind: CredentialKind,
    /// The service account that its token is for, where the text names one.
    pub account: Option<String>,
}

impl CredentialSummary {
    pub(super) fn of_machine() -> Self {
        Self { kind: CredentialKind::ApplicationDefault, account: None }
    }

    pub(super) fn none() -> Self {
        Self { kind: CredentialKind::None, account: None }
    }
}

impl fmt::Display for CredentialSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            CredentialKind::None => "none: requests carry no token",
            CredentialKind::ApplicationDefault => "application default credentials: what this machine offers",
            CredentialKind::ServiceAccount => "the key of a service account",
            CredentialKind::FederatedFromAws => {
                "workload identity federation from AWS, which holds no secret"
            }
            CredentialKind::Federated => "workload identity federation",
            CredentialKind::AuthorizedUser => "the refresh token of a person",
            CredentialKind::ImpersonatedServiceAccount => "the impersonation of a service account",
        })?;
        match &self.account {
            Some(account) => write!(f, ", for {account}"),
            None => Ok(()),
        }
    }
}

/// What the text of a credentials file is. `None` when it is none.
pub(super) fn of_text(text: &SecretString) -> Option<CredentialSummary> {
    let json = build::parse(text)?;
    let field = |key: &str| json.get(key).and_then(Value::as_str);
    let impersonated = || impersonated_account(field("service_account_impersonation_url")?);
    let (kind, account) = match field("type")? {
        "service_account" => (CredentialKind::ServiceAccount, field("client_email")),
        "authorized_user" => (CredentialKind::AuthorizedUser, None),
        "impersonated_service_account" => (CredentialKind::ImpersonatedServiceAccount, impersonated()),
        "external_account" if json.pointer("/credential_source/environment_id").is_some() => {
            (CredentialKind::FederatedFromAws, impersonated())
        }
        "external_account" => (CredentialKind::Federated, impersonated()),
        _ => return None,
    };
    Some(CredentialSummary { kind, account: account.filter(|text| is_account(text)).map(str::to_owned) })
}

/// `…/serviceAccounts/{account}:generateAccessToken`
fn impersonated_account(url: &str) -> Option<&str> {
    url.rsplit('/').next()?.strip_suffix(":generateAccessToken")
}

/// Whether a text has the form of an account's name: what stands in its place by mistake shall not be shown.
fn is_account(text: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || "-_.@:".contains(c);
    text.chars().count() <= MAX_ACCOUNT_CHARS && text.contains('@') && text.chars().all(known)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const URL: &str = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/c@p.iam.gserviceaccount.com:generateAccessToken";

    fn summary(json: &Value) -> Option<CredentialSummary> {
        of_text(&json.to_string().into())
    }

    #[test]
    fn every_type_is_told_with_the_account_that_it_names() {
        let aws = json!({"environment_id": "aws1"});
        let account = Some("c@p.iam.gserviceaccount.com".to_owned());
        for (text, kind, want) in [
            (
                json!({"type": "service_account", "client_email": "c@p.iam.gserviceaccount.com"}),
                CredentialKind::ServiceAccount,
                &account,
            ),
            (json!({"type": "authorized_user"}), CredentialKind::AuthorizedUser, &None),
            (
                json!({"type": "impersonated_service_account", "service_account_impersonation_url": URL}),
                CredentialKind::ImpersonatedServiceAccount,
                &account,
            ),
            (
                json!({"type": "external_account", "credential_source": aws,
                       "service_account_impersonation_url": URL}),
                CredentialKind::FederatedFromAws,
                &account,
            ),
            (
                json!({"type": "external_account", "credential_source": {"file": "/t"}}),
                CredentialKind::Federated,
                &None,
            ),
        ] {
            let got = summary(&text).unwrap();
            assert_eq!((got.kind, &got.account), (kind, want), "{text}");
        }
        assert_eq!(summary(&json!({"type": "other"})), None);
    }

    #[test]
    fn a_key_that_stands_in_place_of_an_account_is_not_shown() {
        for wrong in ["-----BEGIN PRIVATE KEY-----\nhush@hush", "hush", "hush hush@p"] {
            let got = summary(&json!({"type": "service_account", "client_email": wrong})).unwrap();
            assert_eq!(got.account, None, "{wrong}");
        }
    }
}
