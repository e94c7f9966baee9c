//! What curfew knows of each Google service: where it answers and how its paths begin.
//!
//! A service that is not in this table cannot be named in a policy. A new one is a new row, as long as its
//! operations live under `projects/*/locations/*`.

use crate::operation::ServiceName;

/// One Google service with `google.longrunning.Operations`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownService {
    /// Its short name, as a policy writes it.
    pub name: &'static str,
    /// Its public base URL, without a trailing slash.
    pub base: &'static str,
    /// The version in its paths.
    pub version: &'static str,
}

const KNOWN: [KnownService; 1] = [
    // The global host serves the operations of every location.
    KnownService { name: "clouddeploy", base: "https://clouddeploy.googleapis.com", version: "v1" },
];

/// Where it is asked what an account may do in a project. It has no operations that a policy could name.
pub(super) const RESOURCE_MANAGER: KnownService = KnownService {
    name: "cloudresourcemanager",
    base: "https://cloudresourcemanager.googleapis.com",
    version: "v1",
};

/// All the services that curfew knows.
#[must_use]
pub fn known_services() -> &'static [KnownService] {
    &KNOWN
}

/// The service of this name, if curfew knows it.
#[must_use]
pub fn find_service(name: &ServiceName) -> Option<&'static KnownService> {
    KNOWN.iter().find(|service| service.name == name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_service_is_found_by_its_name_and_answers_over_https() {
        for service in known_services() {
            let name = ServiceName::parse(service.name).unwrap();
            assert_eq!(find_service(&name), Some(service));
            assert!(service.base.starts_with("https://") && !service.base.ends_with('/'));
        }
    }

    #[test]
    fn an_unknown_service_is_not_found() {
        assert_eq!(find_service(&ServiceName::parse("clouddeplo").unwrap()), None);
    }
}
