//! The credential in use: when it is read, when it is read again, and when it is not trusted any more.
//!
//! What a text means is `build`, what an error means is `explain`. This is state, and the decisions about it:
//!
//! - The source is read when the first token is wanted, once for all who want one at that time.
//! - In the first run after the time to live it is read again. A text that has not changed changes nothing.
//! - A credential that is not taken is dropped; the source is read anew for it, once in a run.
//! - A credential that is old when a run begins is built anew: a Lambda environment that was frozen meanwhile may
//!   have stopped the clock by which the library tells that a token has expired.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use google_cloud_auth::credentials::{self as google, CacheableResource};
use http::{Extensions, HeaderMap};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout_at};

use crate::google::auth::explain::{explain, no_token};
use crate::google::auth::{CredentialError, CredentialSource, CredentialSummary, build, summary};

/// How long what was read is taken for current. A rotated secret is used at the latest so long after, also when the
/// old one is still taken; at one read in 15 minutes a secret costs some cents a month.
const TIME_TO_LIVE: TimeDelta = TimeDelta::minutes(15);

/// How old a credential may be when a run begins, counted from the run that asked for its first token. Tokens live
/// for 60 minutes and a run for 15 at most (Lambda's own limit); 5 are left for clocks that differ.
const MAX_AGE_AT_START: TimeDelta = TimeDelta::minutes(40);

const EXPIRED_AT_BIRTH: &str = "one came that has expired already; check the clock of this machine";

/// The headers that authorise one request, and which credential made them.
pub(in crate::google) struct AuthHeaders {
    pub(in crate::google) headers: HeaderMap,
    /// To be handed to [`Credentials::reject`] when they are not taken.
    pub(in crate::google) generation: u64,
}

/// A source of bearer tokens. It caches them, and renews them in time.
pub struct Credentials {
    source: CredentialSource,
    aws_keys_at_hand: bool,
    state: Mutex<State>,
    /// Held while the source is read, so that many who want to know share one read.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// When the run in progress began, by the wall clock.
    run: Option<DateTime<Utc>>,
    material: Option<Material>,
    /// How often the material was another one than before.
    edition: u64,
    /// In which run it was read.
    read_in: Option<DateTime<Utc>>,
    /// It has to be read before it is used again.
    read_is_due: bool,
    /// In this run, it was read anew for a credential that was not taken.
    was_refreshed: bool,
    /// The source could not be read, or what was read cannot be used. It is not read again in this run: many calls
    /// would only ask in vain.
    failed: Option<CredentialError>,
    built: Option<google::Credentials>,
    /// In which run it was built.
    built_in: Option<DateTime<Utc>>,
    /// A new credential gets a new number, so that of many requests that failed with one only the first drops it.
    generation: u64,
}

/// What a credential is built of.
enum Material {
    Adc,
    None,
    Text(SecretString),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Credentials {
    /// A credential from this source. Nothing is read yet.
    #[must_use]
    pub fn new(source: CredentialSource) -> Self {
        Self {
            source,
            aws_keys_at_hand: false,
            state: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
        }
    }

    /// The same, told whether the environment holds AWS keys (`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`). A
    /// federated credential then signs with these, and the metadata service is not asked.
    #[must_use]
    pub fn with_aws_keys_at_hand(mut self, aws_keys_at_hand: bool) -> Self {
        self.aws_keys_at_hand = aws_keys_at_hand;
        self
    }

    /// Says that a run begins at this time of the wall clock. What has become too old is not used in it.
    pub(in crate::google) fn begin_run(&self, now: DateTime<Utc>) {
        let mut state = self.state();
        state.run = Some(now);
        state.was_refreshed = false;
        state.failed = None;
        // A time that is not known, or lies in the future because the clock was set, says nothing.
        let older = |at: Option<DateTime<Utc>>, limit| at.is_none_or(|at| at > now || now - at >= limit);
        if older(state.read_in, TIME_TO_LIVE) {
            state.read_is_due = true;
        }
        if older(state.built_in, MAX_AGE_AT_START) {
            state.drop_built();
        }
    }

    /// Reads the source if that is due, and builds the credential. No token is fetched for it. Must be called inside
    /// a tokio runtime, in which the library renews tokens.
    ///
    /// # Errors
    /// When the source cannot be read or does not hold a credential.
    pub async fn load(&self) -> Result<(), CredentialError> {
        self.read().await?;
        self.built().map(drop)
    }

    /// The headers for one request. A credential for which no token is given is treated as [`reject`](Self::reject)
    /// says; if its source holds another one by now, that one is tried.
    pub(in crate::google) async fn headers(&self, deadline: Instant) -> Result<AuthHeaders, CredentialError> {
        let edition = self.read().await?;
        let error = match self.token(deadline).await {
            Err(error @ CredentialError::Unusable(_)) => error,
            other => return other,
        };
        if self.read().await? == edition {
            return Err(error);
        }
        self.token(deadline).await
    }

    /// Says that the credential of this generation was not taken: it is dropped, and its source is read anew, unless
    /// that was done in this run already.
    pub(in crate::google) fn reject(&self, generation: u64) {
        let mut state = self.state();
        if state.generation == generation {
            state.read_is_due |= !state.was_refreshed;
            state.was_refreshed = true;
        }
        state.drop_generation(generation);
    }

    async fn token(&self, deadline: Instant) -> Result<AuthHeaders, CredentialError> {
        let (built, generation) = self.built()?;
        // The library panics where a clock is so wrong that a new token has expired already.
        let headers = AssertUnwindSafe(built.headers(Extensions::new())).catch_unwind();
        let error = match timeout_at(deadline, headers).await {
            Ok(Ok(Ok(CacheableResource::New { data: headers, .. }))) => {
                return Ok(AuthHeaders { headers, generation });
            }
            // Only an answer to a request that names what it has already; none does.
            Ok(Ok(Ok(CacheableResource::NotModified))) => {
                return Ok(AuthHeaders { headers: HeaderMap::new(), generation });
            }
            Ok(Ok(Err(error))) => explain(&error, &self.source),
            Ok(Err(_)) => no_token(EXPIRED_AT_BIRTH, &self.source, true),
            Err(_) => no_token("the token endpoint did not answer in time", &self.source, true),
        };
        // Dropped in any case: the library keeps a failure for good when it takes it to be permanent, and a question
        // that is not answered for as long as the connection stands.
        match &error {
            CredentialError::Unusable(_) => self.reject(generation),
            CredentialError::Unavailable(_) => self.state().drop_generation(generation),
        }
        Err(error)
    }

    /// Reads the source, if that is due. Gives the edition of what is there now.
    async fn read(&self) -> Result<u64, CredentialError> {
        if let Some(edition) = self.state().current_edition()? {
            return Ok(edition);
        }
        let _only_one = self.reading.lock().await;
        // Another one may have read it meanwhile.
        if let Some(edition) = self.state().current_edition()? {
            return Ok(edition);
        }
        let material = match &self.source {
            CredentialSource::Adc => Ok(Material::Adc),
            CredentialSource::None => Ok(Material::None),
            CredentialSource::Stored(store) => store.read().await.map(Material::Text),
        };
        self.state().take(material)
    }

    /// The credential and its generation, built if need be.
    fn built(&self) -> Result<(google::Credentials, u64), CredentialError> {
        let mut state = self.state();
        let built = match (&state.built, &state.material) {
            (Some(built), _) => Ok(built.clone()),
            (None, Some(Material::Text(text))) => {
                build::from_text(text, &self.origin(), self.aws_keys_at_hand)
            }
            (None, Some(Material::Adc)) => build::application_default(),
            (None, Some(Material::None)) => Ok(build::anonymous()),
            // Another call read it meanwhile, and found nothing to use.
            (None, None) => Err(state.failed.clone().unwrap_or_else(|| {
                no_token("the credential cannot be read at this time", &self.source, true)
            })),
        };
        match built {
            Ok(built) => {
                if state.built.is_none() {
                    state.built = Some(built.clone());
                    state.built_in = state.run;
                }
                Ok((built, state.generation))
            }
            Err(error) => {
                state.fail(&error);
                Err(error)
            }
        }
    }

    /// What was read, in words; `None` before it is read, and when it could not be used.
    pub(in crate::google) fn summary(&self) -> Option<CredentialSummary> {
        match self.state().material.as_ref()? {
            Material::Adc => Some(CredentialSummary::of_machine()),
            Material::None => Some(CredentialSummary::none()),
            Material::Text(text) => summary::of_text(text),
        }
    }

    fn origin(&self) -> String {
        match &self.source {
            CredentialSource::Stored(store) => store.origin(),
            CredentialSource::Adc | CredentialSource::None => String::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The edition of the material, unless it has to be read first.
    fn current_edition(&self) -> Result<Option<u64>, CredentialError> {
        match &self.failed {
            Some(error) => Err(error.clone()),
            None => Ok((self.material.is_some() && !self.read_is_due).then_some(self.edition)),
        }
    }

    /// Takes what a read brought.
    fn take(&mut self, read: Result<Material, CredentialError>) -> Result<u64, CredentialError> {
        match read {
            Ok(material) => {
                if !self.material.as_ref().is_some_and(|old| old.is(&material)) {
                    self.material = Some(material);
                    self.edition += 1;
                    self.drop_built();
                }
                self.read_in = self.run;
            }
            // What there is may be good yet: Google says whether it is. The next run asks again.
            Err(CredentialError::Unavailable(_)) if self.material.is_some() => self.read_in = None,
            // The place has been asked as often as is sensible: that is for its store to know.
            Err(error) => {
                self.fail(&error);
                self.failed = Some(error.clone());
                return Err(error);
            }
        }
        self.read_is_due = false;
        Ok(self.edition)
    }

    /// Nothing can be made of what was read. Unless it passes by itself, it is not tried again in this run.
    fn fail(&mut self, error: &CredentialError) {
        self.material = None;
        self.drop_built();
        if matches!(error, CredentialError::Unusable(_)) {
            self.failed = Some(error.clone());
        }
    }

    fn drop_generation(&mut self, generation: u64) {
        if self.generation == generation {
            self.drop_built();
        }
    }

    fn drop_built(&mut self) {
        self.generation += 1;
        self.built = None;
    }
}

impl Material {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Adc, Self::Adc) | (Self::None, Self::None) => true,
            (Self::Text(a), Self::Text(b)) => a.expose_secret() == b.expose_secret(),
            _ => false,
        }
    }
}
