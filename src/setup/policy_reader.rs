//! The policy as a run gets it: read from where it is kept, checked, and kept for a short time.
//!
//! There is no policy of last resort. One that cannot be read may have been taken away because it cancelled the
//! wrong things, and one that does not check may be meant to replace such a one: to go on with what was read before
//! would be to act against whoever changed it. So without a policy of now, a run cancels nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Mutex;

use super::SetUpError;
use crate::aws::{Object, Parameter, Profile, Sdk};
use crate::config::{Config, PolicySource};
use crate::policy::Policy;

/// For how long a policy that was fetched is used without asking again. A change is in force after a minute at the
/// latest, and a function that events wake many times a second does not use up what AWS allows (40 parameters a
/// second for a whole account).
const TIME_TO_LIVE: TimeDelta = TimeDelta::seconds(60);

/// Reads the policy for run after run.
#[derive(Debug)]
pub struct PolicyReader {
    source: PolicySource,
    place: Place,
    /// Held while it is read, so that it is read once for all who want it.
    kept: Mutex<Option<Kept>>,
}

#[derive(Debug)]
enum Place {
    File(PathBuf),
    Parameter(Parameter),
    Object(Object),
    Profile(Profile),
}

/// A policy, and where it came from.
#[derive(Debug, Clone)]
pub struct PolicyRead {
    /// The policy.
    pub policy: Arc<Policy>,
    /// What it was read from, for those who point at parts of it.
    pub bytes: Arc<[u8]>,
    /// Where it came from, as `CURFEW_POLICY` writes it; of an object in S3 that has versions, with its version.
    pub source: String,
}

#[derive(Debug)]
struct Kept {
    read: PolicyRead,
    /// When AWS last said that this is the policy.
    at: DateTime<Utc>,
    etag: Option<String>,
}

impl PolicyReader {
    /// A reader of the policy that the settings name. Nothing is read yet.
    ///
    /// # Errors
    /// When the place cannot be asked at all from this machine.
    pub async fn open(config: &Config, sdk: &Sdk) -> Result<Self, SetUpError> {
        let place = match &config.policy {
            PolicySource::File(path) => Place::File(path.clone()),
            PolicySource::Ssm(name) => Place::Parameter(Parameter::open(sdk, name).await),
            PolicySource::S3(name) => Place::Object(Object::open(sdk, name).await),
            PolicySource::AppConfig(name) => Place::Profile(Profile::open(name, config.appconfig_port)?),
        };
        Ok(Self { source: config.policy.clone(), place, kept: Mutex::default() })
    }

    /// The policy for a run that begins at `now`. It is fetched unless it was in the last 60 seconds; a file is read
    /// each time.
    ///
    /// # Errors
    /// When it cannot be read, or anything in it is wrong. There is no such thing as half a policy.
    pub async fn read(&self, now: DateTime<Utc>) -> Result<PolicyRead, SetUpError> {
        let mut kept = self.kept.lock().await;
        if let Some(kept) = &*kept
            && kept.at <= now
            && now - kept.at < TIME_TO_LIVE
        {
            return Ok(kept.read.clone());
        }
        // Taken, not looked at: after an error nothing is kept.
        let old = kept.take();
        let (read, etag) = match &self.place {
            Place::File(path) => return self.read_file(path),
            Place::Parameter(parameter) => (self.check(parameter.fetch().await?.as_bytes())?, None),
            Place::Profile(profile) => (self.check(&profile.fetch().await?)?, None),
            Place::Object(object) => self.fetch_object(object, old).await?,
        };
        *kept = Some(Kept { read: read.clone(), at: now, etag });
        Ok(read)
    }

    async fn fetch_object(
        &self,
        object: &Object,
        old: Option<Kept>,
    ) -> Result<(PolicyRead, Option<String>), SetUpError> {
        let content = match old {
            Some(Kept { read, etag: Some(etag), .. }) => match object.fetch_unless(&etag).await? {
                Some(content) => content,
                None => return Ok((read, Some(etag))),
            },
            _ => object.fetch().await?,
        };
        let mut read = self.check(&content.bytes)?;
        if let Some(version) = content.version {
            read.source = format!("{}?versionId={version}", read.source);
        }
        Ok((read, content.etag))
    }

    fn read_file(&self, path: &Path) -> Result<PolicyRead, SetUpError> {
        let origin = path.display().to_string();
        let bytes = fs::read(path)
            .map_err(|source| SetUpError::PolicyUnreadable { origin: origin.clone(), source })?;
        self.check_as(&bytes, &origin)
    }

    fn check(&self, bytes: &[u8]) -> Result<PolicyRead, SetUpError> {
        self.check_as(bytes, &self.source.to_string())
    }

    /// `origin` stands above the lines that an error shows.
    fn check_as(&self, bytes: &[u8], origin: &str) -> Result<PolicyRead, SetUpError> {
        let policy = Policy::parse(bytes, origin).map_err(SetUpError::PolicyInvalid)?;
        Ok(PolicyRead { policy: Arc::new(policy), bytes: bytes.into(), source: self.source.to_string() })
    }
}
