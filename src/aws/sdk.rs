//! How AWS is spoken to: region, keys, patience, the same for every place.
//!
//! Region, keys and endpoint come from AWS's standard variables; on Lambda all of them are set. Nothing is set up
//! before the first place needs it: a function with its policy in a file does not pay for AWS.

use std::fmt;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use tokio::sync::OnceCell;

use crate::trust::Trust;

/// How long a connection may take to be made. Inside a region it takes a few milliseconds; a lost packet is sent
/// again after one second.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// How long one attempt may take. These calls take some ten milliseconds; a connection that died while the function
/// was frozen must not use up the time of all attempts.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a call may take, all in all: below the ten seconds that getting a token is allowed, so that the error
/// says which place did not answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);

/// How often a call is tried: AWS's own standard. What is throttled longer than that is left to the next run.
const ATTEMPTS: u32 = 3;

/// The longest first pause, doubled for the second.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// AWS, set up when it is first needed.
#[derive(Default)]
pub struct Sdk {
    trust: Trust,
    config: OnceCell<SdkConfig>,
}

impl fmt::Debug for Sdk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sdk").field("is_set_up", &self.config.initialized()).finish_non_exhaustive()
    }
}

impl Sdk {
    /// AWS, over connections to whom these authorities vouch for.
    #[must_use]
    pub fn trusting(trust: Trust) -> Self {
        Self { trust, config: OnceCell::new() }
    }

    /// AWS set up like this, whatever the environment says.
    #[must_use]
    pub fn with_config(config: SdkConfig) -> Self {
        Self { trust: Trust::default(), config: OnceCell::new_with(Some(config)) }
    }

    /// The settings that every client is made of.
    pub(super) async fn config(&self) -> &SdkConfig {
        self.config.get_or_init(|| from_environment(self.trust)).await
    }
}

async fn from_environment(trust: Trust) -> SdkConfig {
    let patience = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build();
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_PAUSE);
    // Pinned: what a later version of the SDK thinks right by default is taken over knowingly.
    let mut config =
        aws_config::defaults(BehaviorVersion::v2026_01_12()).timeout_config(patience).retry_config(retries);
    let store = trust.pem().map(|pem| TrustStore::empty().with_pem_certificate(pem));
    if let Some(tls) = store.and_then(|store| TlsContext::builder().with_trust_store(store).build().ok()) {
        let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        config = config.http_client(http.tls_context(tls).build_https());
    }
    config.load().await
}
