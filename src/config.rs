//! The function's settings: the environment, read once.
//!
//! [`Config::from_env`] is the one place that touches the process's environment; everything else takes a `Config`,
//! and tests take a lookup of their own. An empty variable counts as unset, because a deployment template can leave
//! a variable empty but cannot leave it out. Nothing is opened or fetched here.

mod policy_source;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::google::CredentialSpec;
use crate::policy::Mode;
use crate::trust::Trust;

pub use policy_source::PolicySource;

/// Where the policy is read from.
pub const POLICY: &str = "CURFEW_POLICY";
/// The function's own key: the most that it may do.
pub const MODE: &str = "CURFEW_MODE";
/// Where Google's credential comes from.
pub const CREDENTIALS: &str = "CURFEW_CREDENTIALS";
/// What replaces the base URL of every service.
pub const GOOGLE_ENDPOINT: &str = "CURFEW_GOOGLE_ENDPOINT";

/// The two variables in which AWS keys lie: on Lambda always, with the keys of the function's own role.
pub const AWS_KEYS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// The function's name; set by Lambda itself.
pub const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";

/// The port of AppConfig's Lambda extension on loopback; set only where it is another than the extension's own.
pub const APPCONFIG_PORT: &str = "AWS_APPCONFIG_EXTENSION_HTTP_PORT";

/// What names certificate authorities that are not the machine's own.
const OWN_AUTHORITIES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Where Lambda unpacks the function; set by Lambda itself.
const TASK_ROOT: &str = "LAMBDA_TASK_ROOT";

const DEFAULT_POLICY: &str = "file:policy.yaml";
/// Outside of Lambda, where nobody collects metrics.
const DEFAULT_FUNCTION_NAME: &str = "curfew";
/// The extension's own.
const DEFAULT_APPCONFIG_PORT: u16 = 2772;
const DEFAULT_CREDENTIALS: &str = "adc";

/// How many characters of a wrong value an error quotes.
const QUOTED_CHARS: usize = 120;

/// The function's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The function's name, which its metrics carry. Never empty.
    pub function_name: String,
    /// Where the policy is.
    pub policy: PolicySource,
    /// The ceiling of the mode. `audit` unless set.
    pub mode: Mode,
    /// Where Google's credential comes from; a path is complete.
    pub credentials: CredentialSpec,
    /// Whether the environment holds AWS keys.
    pub aws_keys_at_hand: bool,
    /// The port of the AppConfig extension.
    pub appconfig_port: u16,
    /// Which certificate authorities are trusted: on Lambda those that are compiled in, unless the environment names
    /// others.
    pub trust: Trust,
    /// The base URL that replaces every service's; not yet parsed.
    pub google_endpoint: Option<String>,
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    problems: Vec<String>,
}

impl ConfigError {
    /// One sentence for each problem, each of which names its variable.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

impl Config {
    /// Reads the settings of this process.
    ///
    /// # Errors
    /// See [`Config::read`].
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(variable)
    }

    /// Reads the settings from a lookup by the variable's name.
    ///
    /// # Errors
    /// When any variable has a value that means nothing: all such at once. Only in mode `off` no other setting is
    /// looked at, for the kill switch has to work in a deployment that is broken.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let task_root = lookup(TASK_ROOT).filter(|value| !value.is_empty()).map(PathBuf::from);
        let function_name = lookup(FUNCTION_NAME).filter(|value| !value.is_empty());
        let function_name = function_name.unwrap_or_else(|| DEFAULT_FUNCTION_NAME.to_owned());
        let mode = lookup(MODE).filter(|value| !value.is_empty());
        let mode = mode.map_or(Ok(Mode::Audit), |text| read_mode(&text));
        let set = |name| match mode {
            Ok(Mode::Off) => None,
            _ => lookup(name).filter(|value| !value.is_empty()),
        };
        let policy = set(POLICY).unwrap_or_else(|| DEFAULT_POLICY.to_owned());
        let policy = read_policy(&policy, task_root.as_deref());
        let credentials = set(CREDENTIALS).unwrap_or_else(|| DEFAULT_CREDENTIALS.to_owned());
        let credentials = read_credentials(&credentials, task_root.as_deref());
        let google_endpoint = set(GOOGLE_ENDPOINT);
        let aws_keys_at_hand = AWS_KEYS.iter().all(|name| set(name).is_some());
        let names_authorities = OWN_AUTHORITIES.iter().any(|name| set(name).is_some());
        let trust =
            if task_root.is_some() && !names_authorities { Trust::CompiledIn } else { Trust::Machine };
        let appconfig_port = set(APPCONFIG_PORT).map_or(Ok(DEFAULT_APPCONFIG_PORT), |text| read_port(&text));
        match (policy, mode, credentials, appconfig_port) {
            (Ok(policy), Ok(mode), Ok(credentials), Ok(appconfig_port)) => Ok(Self {
                function_name,
                policy,
                mode,
                credentials,
                aws_keys_at_hand,
                appconfig_port,
                trust,
                google_endpoint,
            }),
            (policy, mode, credentials, appconfig_port) => {
                let problems = [policy.err(), mode.err(), credentials.err(), appconfig_port.err()];
                Err(ConfigError { problems: problems.into_iter().flatten().collect() })
            }
        }
    }
}

fn read_mode(text: &str) -> Result<Mode, String> {
    match text {
        "off" => Ok(Mode::Off),
        "audit" => Ok(Mode::Audit),
        "enforce" => Ok(Mode::Enforce),
        _ => Err(format!("{MODE} is {}: it must be `off`, `audit` or `enforce`", quote(text))),
    }
}

fn read_policy(text: &str, task_root: Option<&Path>) -> Result<PolicySource, String> {
    match PolicySource::parse(text) {
        Ok(PolicySource::File(path)) => Ok(PolicySource::File(from_task_root(path, task_root))),
        Ok(other) => Ok(other),
        Err(problem) => Err(format!("{POLICY} is {}: {problem}", quote(text))),
    }
}

fn read_port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| format!("{APPCONFIG_PORT} is {}: it must be the number of a port", quote(text)))
}

fn read_credentials(text: &str, task_root: Option<&Path>) -> Result<CredentialSpec, String> {
    let spec = CredentialSpec::parse(text).map_err(|error| format!("{CREDENTIALS}: {error}"))?;
    Ok(match spec {
        CredentialSpec::File(path) => CredentialSpec::File(from_task_root(path, task_root)),
        other => other,
    })
}

/// A path that does not depend on where Lambda starts the process: a relative one starts at the function's root.
fn from_task_root(path: PathBuf, task_root: Option<&Path>) -> PathBuf {
    task_root.map_or_else(|| path.clone(), |root| root.join(&path))
}

/// A variable of this process. Only a value that is not set is missing: one that is not UTF-8 is wrong wherever it
/// stands, and taken for unset it would become a default.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

fn quote(text: &str) -> String {
    let short: String = text.chars().take(QUOTED_CHARS).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(QUOTED_CHARS).is_some() { "…" } else { "" };
    format!("`{short}{more}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_empty_environment_audits_by_the_bundled_policy() {
        let want = Config {
            function_name: "curfew".to_owned(),
            policy: PolicySource::File("policy.yaml".into()),
            mode: Mode::Audit,
            credentials: CredentialSpec::Adc,
            aws_keys_at_hand: false,
            appconfig_port: 2772,
            trust: Trust::Machine,
            google_endpoint: None,
        };
        assert_eq!(read(&[]), Ok(want.clone()));
        assert_eq!(read(&[(POLICY, ""), (MODE, ""), (CREDENTIALS, ""), (GOOGLE_ENDPOINT, "")]), Ok(want));
    }

    #[test]
    fn every_variable_is_taken() {
        let got = read(&[
            (POLICY, "file:/etc/curfew.yaml"),
            (MODE, "enforce"),
            (CREDENTIALS, "none"),
            (GOOGLE_ENDPOINT, "http://127.0.0.1:1"),
            ("AWS_LAMBDA_FUNCTION_NAME", "curfew-production"),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "b"),
            (APPCONFIG_PORT, "2773"),
        ]);
        let want = Config {
            function_name: "curfew-production".to_owned(),
            policy: PolicySource::File("/etc/curfew.yaml".into()),
            mode: Mode::Enforce,
            credentials: CredentialSpec::None,
            aws_keys_at_hand: true,
            appconfig_port: 2773,
            trust: Trust::Machine,
            google_endpoint: Some("http://127.0.0.1:1".to_owned()),
        };
        assert_eq!(got, Ok(want));
    }

    #[test]
    fn a_relative_file_lies_where_lambda_unpacked_the_function() {
        let got = read(&[
            (TASK_ROOT, "/var/task"),
            (POLICY, "file:policies/prod.yaml"),
            (CREDENTIALS, "file:key.json"),
        ])
        .unwrap();
        assert_eq!(got.policy.to_string(), "file:/var/task/policies/prod.yaml");
        assert_eq!(got.credentials.to_string(), "file:/var/task/key.json");
        let got = read(&[(TASK_ROOT, "/var/task"), (POLICY, "file:/opt/policy.yaml")]).unwrap();
        assert_eq!(got.policy.to_string(), "file:/opt/policy.yaml");
    }

    #[test]
    fn on_lambda_the_compiled_in_authorities_are_trusted_unless_others_are_named() {
        let trust = |variables: &[(&str, &str)]| read(variables).unwrap().trust;
        assert_eq!(trust(&[(TASK_ROOT, "/var/task")]), Trust::CompiledIn);
        assert_eq!(trust(&[(TASK_ROOT, "/var/task"), ("SSL_CERT_FILE", "")]), Trust::CompiledIn);
        for named in OWN_AUTHORITIES {
            assert_eq!(trust(&[(TASK_ROOT, "/var/task"), (named, "/opt/ca.pem")]), Trust::Machine, "{named}");
        }
    }

    #[test]
    fn all_problems_come_at_once_and_name_their_variables() {
        let variables =
            [(POLICY, "policy.yaml"), (MODE, "Enforce"), (CREDENTIALS, "file:"), (APPCONFIG_PORT, "0")];
        let got = read(&variables).unwrap_err();
        let want = [
            "CURFEW_POLICY is `policy.yaml`: it must be `file:PATH`, `ssm:NAME`, `s3://BUCKET/KEY` or \
             `appconfig:APP/ENV/PROFILE`",
            "CURFEW_MODE is `Enforce`: it must be `off`, `audit` or `enforce`",
            "CURFEW_CREDENTIALS: the path after file: is empty; write adc, file:PATH, secretsmanager:ID or none",
            "AWS_APPCONFIG_EXTENSION_HTTP_PORT is `0`: it must be the number of a port",
        ];
        assert_eq!(got.problems(), want);
    }

    #[test]
    fn half_a_pair_of_aws_keys_is_none() {
        for half in AWS_KEYS {
            assert!(!read(&[(half, "x")]).unwrap().aws_keys_at_hand);
        }
    }

    #[test]
    fn a_credential_put_into_the_variable_itself_is_not_repeated() {
        let got = read(&[(CREDENTIALS, r#"{"type":"service_account","private_key":"hush"}"#)]).unwrap_err();
        assert!(!got.to_string().contains("hush"), "{got}");
        assert!(got.to_string().contains(CREDENTIALS), "{got}");
    }

    #[test]
    fn the_kill_switch_works_in_a_deployment_that_is_broken() {
        let got = read(&[(MODE, "off"), (POLICY, "nonsense"), (CREDENTIALS, "nonsense")]).unwrap();
        assert_eq!(got.mode, Mode::Off);
    }

    #[test]
    fn a_hostile_value_is_quoted_short_and_on_one_line() {
        let value = format!("a\nb{}", "x".repeat(5000));
        let got = read(&[(MODE, &value)]).unwrap_err().to_string();
        assert!(!got.contains('\n') && got.len() < 400, "{got}");
    }
}
