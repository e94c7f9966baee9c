//! A configuration profile in AppConfig, through AppConfig's own Lambda extension.
//!
//! The extension runs beside the function, keeps the configuration up to date by itself, and answers on loopback. So
//! nothing is signed or encrypted here, and the function needs no permission of its own that this code would use:
//! the extension asks AppConfig with the function's role.

use std::fmt;
use std::time::Duration;

use reqwest::{Client, StatusCode, Url, redirect};

use super::error::{Place, SourceError};
use super::names::ProfileName;

/// How long the extension may take. Mostly it answers at once from its memory; when it is asked for the first time it
/// fetches the configuration first.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The largest configuration that is read, in bytes: the most that AppConfig hosts, twice.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A configuration profile.
pub struct Profile {
    http: Client,
    url: Url,
    name: ProfileName,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl Profile {
    /// The profile with this name, from the extension on this port. It is not read yet.
    ///
    /// # Errors
    /// When no HTTP client can be made on this machine.
    #[expect(
        clippy::disallowed_methods,
        reason = "the client for Google brings trust roots and a connection pool, which loopback has no use for"
    )]
    pub fn open(name: &ProfileName, port: u16) -> Result<Self, SourceError> {
        let place = place(name);
        let http = Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .map_err(|_| place.not_set_up("no HTTP client can be made on this machine"))?;
        let url = url(name, port).ok_or_else(|| place.not_set_up("its name does not fit into a URL"))?;
        Ok(Self { http, url, name: name.clone() })
    }

    /// Reads the configuration as the extension has it.
    ///
    /// # Errors
    /// When the extension does not answer, or has no such configuration.
    pub async fn fetch(&self) -> Result<Vec<u8>, SourceError> {
        let place = place(&self.name);
        let answer = self.http.get(self.url.clone()).send().await;
        let mut answer = answer.map_err(|error| unanswered(&place, &error))?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => {
                return Err(place.missing(&told(answer.status())));
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(place.denied(&told(answer.status())));
            }
            // What the extension could not get from AppConfig, for want of a permission too, is its own 5xx.
            status => {
                return Err(place.unavailable(&format!(
                    "{}. The extension's own lines in the function's log say why; it needs {}",
                    told(status),
                    place.permission
                )));
            }
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| unanswered(&place, &error))? {
            if bytes.len() + chunk.len() > MAX_BYTES {
                return Err(place.malformed(&format!("is larger than {MAX_BYTES} bytes, as no policy is")));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

fn url(name: &ProfileName, port: u16) -> Option<Url> {
    let mut url = Url::parse(&format!("http://localhost:{port}")).ok()?;
    let [application, environment, profile] = name.parts();
    let path = ["applications", application, "environments", environment, "configurations", profile];
    url.path_segments_mut().ok()?.extend(path);
    Some(url)
}

fn place(name: &ProfileName) -> Place {
    Place {
        name: format!("the configuration appconfig:{name}"),
        setting: "CURFEW_POLICY",
        permission: "appconfig:StartConfigurationSession and appconfig:GetLatestConfiguration on it",
    }
}

fn told(status: StatusCode) -> String {
    format!("the AppConfig extension answered HTTP {}", status.as_u16())
}

fn unanswered(place: &Place, error: &reqwest::Error) -> SourceError {
    if error.is_connect() {
        return place.not_set_up(
            "no AppConfig extension answers on loopback; add its layer to the function, or correct \
             AWS_APPCONFIG_EXTENSION_HTTP_PORT",
        );
    }
    place.unavailable("the AppConfig extension did not answer in time; the next run tries again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_is_asked_by_its_documented_path() {
        let name = ProfileName::parse("my app/prod/poli?cy").unwrap();
        let got = url(&name, 2772).unwrap();
        let want = "http://localhost:2772/applications/my%20app/environments/prod/configurations/poli%3Fcy";
        assert_eq!(got.as_str(), want);
    }
}
