//! One thing after the other, from the settings to the scopes.
//!
//! Where something is missing, what depends on it is skipped and says so. What each finding means is said where it is
//! made; this is the order, and what depends on what.

use std::error::Error;
use std::sync::Arc;

use serde::Serialize;

use crate::aws::{Sdk, SourceError};
use crate::causes::with_causes;
use crate::clock::Clock;
use crate::config::{self, Config, ConfigError};
use crate::doctor::finding::{Check, Finding, Health, Status, health};
use crate::doctor::needs::Needs;
use crate::doctor::places::places;
use crate::doctor::scopes::ask;
use crate::doctor::verdict;
use crate::google::retry::RetryPolicy;
use crate::google::{Client, CredentialError, CredentialKind, CredentialSummary, Endpoint};
use crate::permissions::{AwsPlace, on_aws};
use crate::policy::{Mode, Policy};
use crate::service::OperationsService as _;
use crate::setup::{PolicyRead, PolicyReader, SetUpError, connect};

/// A service that stumbles gets a second chance; somebody is waiting for the answer.
const RETRY: RetryPolicy = RetryPolicy { max_attempts: 2, ..RetryPolicy::GOOGLE };

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// What it comes to.
    pub health: Health,
    /// In the order in which it was looked at.
    pub findings: Vec<Finding>,
    /// What must be granted.
    pub needs: Needs,
    /// The service account that needs it on Google Cloud, where the credential names one.
    pub account: Option<String>,
}

/// What is looked at in each project. Skipped as a whole when Google cannot be asked.
const IN_PROJECTS: [Check; 4] = [Check::Project, Check::List, Check::Get, Check::Cancel];

/// Looks at everything. `ceiling` is the function's own mode; what is looked at does not depend on it. `region` is
/// AWS's, for the names of what must be granted there.
pub async fn examine(
    config: Result<Config, ConfigError>,
    ceiling: Mode,
    clock: &Clock,
    region: Option<&str>,
) -> Diagnosis {
    let mut findings = Vec::new();
    let config = config.map_err(|error| findings.push(not_configured(&error))).ok();
    let sdk = Sdk::default();
    let client = match &config {
        Some(config) => client(config, &sdk, clock, &mut findings).await,
        None => None,
    };
    let policy = match &config {
        Some(config) => policy(config, &sdk, clock, ceiling, &mut findings).await,
        None => skip(&mut findings, &[Check::Policy, Check::Mode], Check::Configuration),
    };
    let summary = match (&config, &client) {
        (Some(config), Some(client)) => credential(config, client, &mut findings).await,
        _ => skip(&mut findings, &[Check::Credential], Check::Configuration),
    };
    let has_token = match (&client, &summary) {
        (Some(client), Some(summary)) => token(client, summary, &mut findings).await,
        _ => skip(&mut findings, &[Check::Token], Check::Credential),
    };
    match (&client, &policy, has_token) {
        (Some(client), Some(policy), Some(())) => {
            client.use_services(&policy.services);
            let answers = ask(client, places(policy)).await;
            findings.extend(answers.iter().flat_map(|answers| verdict::findings(answers, policy.mode)));
        }
        (_, None, _) => findings.extend(IN_PROJECTS.map(|check| Finding::skipped(check, Check::Policy))),
        _ => findings.extend(IN_PROJECTS.map(|check| Finding::skipped(check, Check::Token))),
    }
    let needs = Needs::of(config.as_ref(), policy.as_deref(), region);
    let account = summary.and_then(|summary| summary.account);
    Diagnosis { health: health(&findings), findings, needs, account }
}

fn not_configured(error: &dyn Error) -> Finding {
    Finding::missing(
        Check::Configuration,
        with_causes(error),
        "correct the variable, or the option in its place",
    )
}

fn skip<T>(findings: &mut Vec<Finding>, checks: &[Check], for_want_of: Check) -> Option<T> {
    findings.extend(checks.iter().map(|check| Finding::skipped(*check, for_want_of)));
    None
}

async fn client(config: &Config, sdk: &Sdk, clock: &Clock, findings: &mut Vec<Finding>) -> Option<Client> {
    match connect(config, sdk).await {
        Ok(client) => {
            let endpoint = config.google_endpoint.as_deref().unwrap_or("Google's own");
            let detail =
                format!("policy {}, credentials {}, endpoint {endpoint}", config.policy, config.credentials);
            findings.push(Finding::ok(Check::Configuration, detail));
            client.begin_run(clock);
            Some(client.with_retry_policy(RETRY))
        }
        Err(error) => {
            findings.push(not_configured(&error));
            None
        }
    }
}

async fn policy(
    config: &Config,
    sdk: &Sdk,
    clock: &Clock,
    ceiling: Mode,
    findings: &mut Vec<Finding>,
) -> Option<Arc<Policy>> {
    let settings = [config.policy.to_string(), config.credentials.to_string()];
    if !on_aws(&settings.each_ref().map(String::as_str), &AwsPlace::default()).is_empty() {
        findings.push(aws_credentials(config));
    }
    let read = async { PolicyReader::open(config, sdk).await?.read(clock.now()).await };
    let policy = match read.await {
        Ok(PolicyRead { policy, .. }) => policy,
        Err(error) => {
            findings.push(Finding::missing(Check::Policy, with_causes(&error), policy_remedy(&error)));
            return skip(findings, &[Check::Mode], Check::Policy);
        }
    };
    findings.push(Finding::ok(Check::Policy, format!("valid, {}", policy.digest)));
    findings.push(mode(policy.mode, ceiling));
    Some(policy)
}

/// The error itself says what is wrong with the place; this says whose hand it takes.
fn policy_remedy(error: &SetUpError) -> &'static str {
    match error {
        SetUpError::PolicyInvalid(_) | SetUpError::PolicyUnfetched(SourceError::Malformed(_)) => {
            "correct the policy, or name another one with CURFEW_POLICY or --policy"
        }
        SetUpError::PolicyUnfetched(SourceError::Denied(_)) => {
            "let whoever asked read it; the function's role needs the policy below"
        }
        SetUpError::PolicyUnfetched(SourceError::Unavailable(_)) => {
            "run this again; if it stays, see what stands between here and AWS"
        }
        SetUpError::PolicyUnfetched(SourceError::NotSetUp(_)) => {
            "set up what is missing; nothing is wrong with the policy itself"
        }
        SetUpError::PolicyUnfetched(SourceError::Missing(_))
        | SetUpError::PolicyUnreadable { .. }
        | SetUpError::Endpoint { .. }
        | SetUpError::Client(_) => {
            "put the policy where CURFEW_POLICY or --policy says, or change what it says"
        }
    }
}

fn mode(policy: Mode, ceiling: Mode) -> Finding {
    let keys = format!("the policy says {policy}, the function {ceiling}");
    match policy.min(ceiling) {
        Mode::Enforce => Finding::ok(Check::Mode, format!("{keys}: a sweep cancels")),
        Mode::Audit => Finding::ok(Check::Mode, format!("{keys}: a sweep reports, and cancels nothing")),
        Mode::Off => Finding::warning(
            Check::Mode,
            format!("{keys}: the kill switch is on, and a sweep reads and sends nothing"),
            "set CURFEW_MODE to audit or enforce when it is to run again",
        ),
    }
}

fn aws_credentials(config: &Config) -> Finding {
    let [id, key] = config::AWS_KEYS;
    if config.aws_keys_at_hand {
        return Finding::ok(Check::AwsCredentials, format!("{id} and {key} are set"));
    }
    Finding::warning(
        Check::AwsCredentials,
        format!(
            "{id} and {key} are not both set: a profile, or the metadata service of the machine, will be asked"
        ),
        "outside of AWS, set both to the keys of a role; on Lambda they are always set",
    )
}

async fn credential(
    config: &Config,
    client: &Client,
    findings: &mut Vec<Finding>,
) -> Option<CredentialSummary> {
    let summary = match client.load_credential().await {
        Ok(()) => client.credential(),
        Err(error) => {
            let remedy = match &error {
                CredentialError::Unavailable(_) => {
                    "run this again; if it stays, see what stands between here and AWS"
                }
                CredentialError::Unusable(_) => {
                    "put a credentials file where CURFEW_CREDENTIALS says, and let whoever asks read it; or change \
                     what it says"
                }
            };
            findings.push(Finding::missing(Check::Credential, with_causes(&error), remedy));
            return None;
        }
    };
    let summary = summary?;
    let is_local = config
        .google_endpoint
        .as_ref()
        .is_some_and(|url| Endpoint::parse(url).is_ok_and(|url| url.is_local()));
    findings.push(match summary.kind {
        CredentialKind::None if !is_local => Finding::warning(
            Check::Credential,
            format!("{summary}, which only an emulator takes"),
            "set CURFEW_CREDENTIALS to adc, file:PATH or secretsmanager:ID",
        ),
        CredentialKind::AuthorizedUser => Finding::warning(
            Check::Credential,
            format!("{summary}, who may leave or lose the right any day"),
            "for the function, use a service account, best by workload identity federation",
        ),
        _ => Finding::ok(Check::Credential, summary.to_string()),
    });
    if summary.kind == CredentialKind::FederatedFromAws
        && !findings.iter().any(|finding| finding.check == Check::AwsCredentials)
    {
        findings.push(aws_credentials(config));
    }
    Some(summary)
}

async fn token(client: &Client, summary: &CredentialSummary, findings: &mut Vec<Finding>) -> Option<()> {
    let finding = match client.authenticate().await {
        Ok(()) if summary.kind == CredentialKind::None => Finding::ok(Check::Token, "none is needed"),
        Ok(()) if summary.kind == CredentialKind::ServiceAccount => {
            Finding::ok(Check::Token, "signed with the key; whether Google takes it shows below")
        }
        Ok(()) => Finding::ok(Check::Token, "one was given"),
        Err(error) => Finding::missing(Check::Token, error.to_string(), token_remedy(summary.kind)),
    };
    let has = finding.status == Status::Ok;
    findings.push(finding);
    has.then_some(())
}

fn token_remedy(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::FederatedFromAws | CredentialKind::Federated => {
            "see that the workload identity pool's provider takes this role, that its identities may act as the \
             service account (roles/iam.workloadIdentityUser), and that sts.googleapis.com and \
             iamcredentials.googleapis.com are enabled and can be reached"
        }
        CredentialKind::ImpersonatedServiceAccount => {
            "see that the source credential is current and has roles/iam.serviceAccountTokenCreator on the account"
        }
        CredentialKind::AuthorizedUser | CredentialKind::ApplicationDefault => {
            "log in again with `gcloud auth application-default login`, or set CURFEW_CREDENTIALS to file:PATH"
        }
        CredentialKind::ServiceAccount | CredentialKind::None => {
            "create a new key for the service account, and put it where CURFEW_CREDENTIALS says"
        }
    }
}
