//! Nothing secret is shown, whatever goes wrong.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::google::test_server::{Answer, Server};
use crate::google::{Client, Endpoint};
use crate::trust::Trust;

/// What stands in every place where a secret could.
const MARK: &str = "s3cret";

struct Marked(String);

impl fmt::Debug for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marked")
    }
}

impl CredentialStore for Marked {
    fn read(&self) -> Reading<'_> {
        Box::pin(async { Ok(SecretString::from(self.0.clone())) })
    }

    fn origin(&self) -> String {
        "the secret test".to_owned()
    }
}

/// Asks for a token twice, as after a refusal, and gives everything that can be shown of what came.
async fn shown(text: String) -> String {
    let credentials = Credentials::new(CredentialSource::Stored(Arc::new(Marked(text))));
    let mut shown = format!("{credentials:?}");
    for _ in 0..2 {
        let deadline = Instant::now() + Duration::from_millis(500);
        match credentials.headers(deadline).await {
            Ok(auth) => shown.push_str(&format!("{:?}", auth.headers)),
            Err(error) => shown.push_str(&format!("{error} {error:?}")),
        }
    }
    let client = Client::new(Endpoint::google(), credentials, Trust::Machine).unwrap();
    shown + &format!("{client:?}")
}

/// A file of each kind with a mark in each of its fields, for these endpoints.
fn files(url: &str) -> Vec<Value> {
    let user = json!({"type": "authorized_user", "client_id": MARK, "client_secret": MARK,
                      "refresh_token": MARK, "token_uri": url, "quota_project_id": "q"});
    let account = format!("{url}/v1/projects/-/serviceAccounts/{MARK}:generateAccessToken");
    let federated = |source: Value| {
        json!({"type": "external_account", "audience": MARK, "subject_token_type": MARK, "client_secret": MARK,
               "client_id": MARK, "token_url": url, "credential_source": source,
               "service_account_impersonation_url": account})
    };
    vec![
        user.clone(),
        json!({"type": "impersonated_service_account", "source_credentials": user,
               "service_account_impersonation_url": account, "delegates": [MARK]}),
        federated(json!({"file": format!("/nowhere/{MARK}")})),
        federated(json!({"url": format!("{url}/{MARK}"), "headers": {"x": MARK}})),
        federated(json!({"environment_id": MARK})),
        json!({"type": "service_account", "private_key": MARK, "private_key_id": MARK, "client_email": MARK,
               "client_id": MARK, "project_id": MARK}),
        json!({"type": MARK, "private_key": MARK}),
        json!({"key": MARK}),
        json!([MARK]),
    ]
}

#[tokio::test]
async fn no_error_and_no_debug_output_can_show_a_secret() {
    type Script = fn(usize, &str) -> Answer;
    let endpoints: [Script; 7] = [
        |_, _| Answer::new(400, r#"{"error":"invalid_grant","error_description":"s3cret"}"#),
        |_, _| Answer::new(401, "s3cret"),
        |_, _| Answer::new(503, "s3cret"),
        |_, _| Answer::new(200, "s3cret"),
        |_, _| Answer::new(200, r#"{"access_token":7,"s3cret":"s3cret"}"#),
        |_, _| Answer::Drop,
        |_, request| {
            let body = match request.contains(":generateAccessToken") {
                true => json!({"accessToken": MARK, "expireTime": "2999-01-01T00:00:00Z"}),
                false => json!({"access_token": MARK, "token_type": "Bearer", "expires_in": 3600,
                                "issued_token_type": MARK}),
            };
            Answer::new(200, &body.to_string())
        },
    ];
    let mut all = 0;
    for script in endpoints {
        let server = Server::start(script).await;
        for file in files(&server.url) {
            for text in [file.to_string(), json!({"key": file.to_string()}).to_string()] {
                let shown = shown(text.clone()).await;
                assert!(!shown.contains(MARK), "{text}\n{shown}");
                all += 1;
            }
        }
    }
    assert_eq!(all, 7 * 9 * 2);
    for text in ["", MARK, "{\"s3cret", "\"s3cret\"", "\u{0}s3cret"] {
        let shown = shown(text.to_owned()).await;
        assert!(shown.contains("the secret test ") && !shown.contains(MARK), "{text}: {shown}");
    }
}
