//! An object in S3, which is sent only when it is another one than before.

use std::fmt;

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_object::GetObjectOutput;

use super::error::{Place, SourceError};
use super::names::ObjectName;
use super::sdk::Sdk;

/// The largest object that is read, in bytes. A policy has a few kilobytes and is checked for its size where it is
/// parsed; this keeps a wrong object from filling the function's memory.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// What an answer without a body is about: nothing new.
const NOT_MODIFIED: u16 = 304;

/// An object.
pub struct Object {
    client: Client,
    name: ObjectName,
}

/// What an object holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What tells this content from another, for the next request.
    pub etag: Option<String>,
    /// Its version; `None` in a bucket that keeps no versions.
    pub version: Option<String>,
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Object {
    /// The object with this name. It is not read yet.
    pub async fn open(sdk: &Sdk, name: &ObjectName) -> Self {
        Self { client: Client::new(sdk.config().await), name: name.clone() }
    }

    /// Reads it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fetch(&self) -> Result<Content, SourceError> {
        let place = self.place();
        let request = self.client.get_object().bucket(self.name.bucket()).key(self.name.key());
        let answer = request.send().await.map_err(|error| place.explain(&error))?;
        collect(answer, &place).await
    }

    /// Reads it if its content is not the one with this ETag.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn fetch_unless(&self, etag: &str) -> Result<Option<Content>, SourceError> {
        let place = self.place();
        let request = self.client.get_object().bucket(self.name.bucket()).key(self.name.key());
        match request.if_none_match(etag).send().await {
            Ok(answer) => collect(answer, &place).await.map(Some),
            // The SDK takes every answer but a success for an error.
            Err(error) if error.raw_response().map(|raw| raw.status().as_u16()) == Some(NOT_MODIFIED) => {
                Ok(None)
            }
            Err(error) => Err(place.explain(&error)),
        }
    }

    fn place(&self) -> Place {
        Place {
            name: format!("the object s3://{}", self.name),
            setting: "CURFEW_POLICY",
            permission: "s3:GetObject on it, kms:Decrypt on its key if that is one of your own, and s3:ListBucket on \
                         the bucket, without which an object that does not exist looks the same",
        }
    }
}

async fn collect(mut answer: GetObjectOutput, place: &Place) -> Result<Content, SourceError> {
    let mut bytes = Vec::new();
    loop {
        match answer.body.try_next().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > MAX_BYTES => {
                return Err(place.malformed(&format!(
                    "is larger than {MAX_BYTES} bytes, as no policy is; check that CURFEW_POLICY names the right one"
                )));
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => return Err(place.unavailable("the answer broke off; the next run tries again")),
        }
    }
    // "null" is what S3 calls the version of an object from before its bucket kept any.
    let version = answer.version_id.filter(|version| version != "null");
    Ok(Content { bytes, etag: answer.e_tag, version })
}
