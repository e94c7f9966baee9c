//! What the measured sweep finds: a policy, a credential, and one collection in which nothing has to be cancelled.
//!
//! The credential is the one that the guide recommends and that costs most: no key is stored, AWS keys sign a request,
//! the Security Token Service takes that for a token, and IAM that for a token of a service account. The emulator
//! plays both, and lists nothing for any other token.

use std::error::Error;
use std::fs;

use serde_json::json;
use tempfile::TempDir;

use crate::emulator::Emulator;

const POLICY: &str = "\
version: 1
mode: audit
scopes: [{ projects: [acme-web], locations: [europe-west1] }]
rules: [{ name: two-hours, max_age: 2h }]
";

/// As many as a run usually finds.
const WORLD: &str = "\
tokens: issued
operations:
  - name: projects/acme-web/locations/europe-west1/operations/young
    count: 3
    age: 41m
    verb: create
";

/// How many operations a sweep sees.
pub(crate) const OPERATIONS: u64 = 3;

const AUDIENCE: &str =
    "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/aws/providers/curfew";
const ACCOUNT: &str =
    "/v1/projects/-/serviceAccounts/curfew@acme-web.iam.gserviceaccount.com:generateAccessToken";

/// The files and the service, as long as it lives.
#[derive(Debug)]
pub(crate) struct Setting {
    emulator: Emulator,
    files: TempDir,
}

impl Setting {
    pub(crate) fn make() -> Result<Self, Box<dyn Error>> {
        let emulator = Emulator::start(WORLD)?;
        let files = TempDir::new()?;
        let credential = json!({
            "type": "external_account",
            "audience": AUDIENCE,
            "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
            "token_url": format!("{}/v1/token", emulator.url()),
            "service_account_impersonation_url": format!("{}{ACCOUNT}", emulator.url()),
            "credential_source": {
                "environment_id": "aws1",
                "regional_cred_verification_url":
                    "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
            },
        });
        fs::write(files.path().join("credential.json"), credential.to_string())?;
        fs::write(files.path().join("policy.yaml"), POLICY)?;
        Ok(Self { emulator, files })
    }

    /// The variables of a function that is deployed like this.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("LAMBDA_TASK_ROOT", self.files.path().display().to_string()),
            ("CURFEW_POLICY", "file:policy.yaml".to_owned()),
            ("CURFEW_CREDENTIALS", "file:credential.json".to_owned()),
            ("CURFEW_GOOGLE_ENDPOINT", self.emulator.url().to_owned()),
            ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "example".to_owned()),
            ("AWS_SESSION_TOKEN", "example".to_owned()),
        ]
    }
}
