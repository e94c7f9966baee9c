//! Where requests go: every service's own base URL, or one that replaces them all (an emulator, a private endpoint).
//!
//! A bearer token travels with every request, so plain `http` is taken only to this machine itself. Nothing here
//! connects.

use std::net::IpAddr;

use reqwest::Url;

/// What stands for a service's short name in a replacement.
const SERVICE: &str = "{service}";

/// The base URL that requests are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Checked, without a trailing slash. It may hold [`SERVICE`].
    replacement: Option<String>,
}

/// Where a service answers when nothing replaces it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Base<'a> {
    /// The service's short name.
    pub(super) service: &'a str,
    /// Its host.
    pub(super) host: &'a str,
    /// What its paths begin with.
    pub(super) version: &'a str,
}

/// Why a text cannot be an endpoint. The text itself is not quoted: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the endpoint cannot be used: {0}")]
pub struct EndpointError(&'static str);

impl Endpoint {
    /// Google's own: each service at its public base URL.
    #[must_use]
    pub fn google() -> Self {
        Self { replacement: None }
    }

    /// One base URL for every service: `https` to any host, plain `http` to a loopback address only. A path is kept
    /// as a prefix; a trailing slash makes no difference. `{service}` in it stands for each service's short name, as in
    /// `https://{service}-acme.p.googleapis.com`.
    ///
    /// # Errors
    /// When it is not such a URL. The sentence says what would be right.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        // Any service will do to see what the others are.
        let url = Url::parse(&text.replace(SERVICE, "clouddeploy")).map_err(|_| {
            EndpointError(
                "it is not a URL; write one like https://clouddeploy.example.com or http://127.0.0.1:8080",
            )
        })?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(EndpointError("its scheme is neither https nor http; write https://HOST"));
        }
        let host = url.host_str().unwrap_or_default();
        if host.is_empty() {
            return Err(EndpointError("it has no host; write https://HOST"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError(
                "it holds a user name or a password; leave it out, tokens come from CURFEW_CREDENTIALS",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError(
                "it has a query or a fragment; leave out everything from `?` or `#` on",
            ));
        }
        if url.scheme() == "http" && !is_loopback(host) {
            return Err(EndpointError(
                "plain http would show the token to the network; use https, or a loopback address (127.0.0.1, [::1], localhost)",
            ));
        }
        Ok(Self { replacement: Some(text.trim_end_matches('/').to_owned()) })
    }

    /// Whether something else stands in for Google's own hosts.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        self.replacement.is_some()
    }

    /// Whether requests stay on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let url =
            self.replacement.as_ref().and_then(|text| Url::parse(&text.replace(SERVICE, "clouddeploy")).ok());
        url.as_ref().and_then(Url::host_str).is_some_and(is_loopback)
    }

    /// The URL of a service's path, e.g. `projects/p/locations/l/operations`. `None` only when the path is not one.
    pub(super) fn url(&self, Base { service, host, version }: Base<'_>, path: &str) -> Option<Url> {
        let base = match &self.replacement {
            Some(text) => text.replace(SERVICE, service),
            None => format!("https://{host}"),
        };
        Url::parse(&format!("{base}/{version}/{path}")).ok()
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOY: Base<'_> =
        Base { service: "clouddeploy", host: "clouddeploy.googleapis.com", version: "v1" };

    fn url(endpoint: &str) -> String {
        let endpoint = Endpoint::parse(endpoint).unwrap();
        endpoint.url(DEPLOY, "projects/p/locations").unwrap().to_string()
    }

    #[test]
    fn googles_own_endpoint_is_each_services_base() {
        let got = Endpoint::google().url(DEPLOY, "projects/example.com:p/locations").unwrap();
        assert_eq!(got.as_str(), "https://clouddeploy.googleapis.com/v1/projects/example.com:p/locations");
        assert!(!Endpoint::google().is_local());
    }

    #[test]
    fn https_goes_anywhere_and_http_only_to_this_machine() {
        for taken in [
            "https://example.com",
            "https://10.0.0.1:8443",
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:80",
            "http://localhost:9/",
            "http://LOCALHOST",
        ] {
            assert!(Endpoint::parse(taken).is_ok(), "{taken} was refused");
        }
        for refused in [
            "http://example.com",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "http://[::]",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://169.254.169.254",
        ] {
            let error = Endpoint::parse(refused).unwrap_err().to_string();
            assert!(error.contains("use https"), "{refused}: {error}");
        }
    }

    #[test]
    fn what_has_no_place_in_an_endpoint_is_refused_and_not_repeated() {
        for refused in [
            "",
            "example.com",
            "127.0.0.1:8080",
            "localhost:8080",
            "ftp://example.com",
            "file:///etc/passwd",
            "https://",
            "https://user:s3cret@example.com",
            "http://s3cret@127.0.0.1",
            "https://example.com?s3cret=1",
            "https://example.com/#s3cret",
        ] {
            let error = Endpoint::parse(refused).unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn each_service_can_have_an_endpoint_of_its_own() {
        assert_eq!(
            url("https://{service}-acme.p.googleapis.com"),
            "https://clouddeploy-acme.p.googleapis.com/v1/projects/p/locations"
        );
        assert_eq!(
            url("http://127.0.0.1:80/{service}/"),
            "http://127.0.0.1/clouddeploy/v1/projects/p/locations"
        );
        assert!(Endpoint::parse("http://127.0.0.1:80/{service}").unwrap().is_local());
        // Whose loopback that would be is not known.
        assert!(Endpoint::parse("http://{service}").is_err());
    }

    #[test]
    fn a_path_is_a_prefix_and_a_trailing_slash_makes_no_difference() {
        assert_eq!(url("https://x.example/"), "https://x.example/v1/projects/p/locations");
        assert_eq!(url("https://x.example/a/b/"), "https://x.example/a/b/v1/projects/p/locations");
        assert_eq!(url("https://x.example/a/b"), "https://x.example/a/b/v1/projects/p/locations");
    }
}
