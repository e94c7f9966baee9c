//! What can be told of a service without asking it: where it answers, and which places the names of its operations say.

use super::{Address, Service, Template};
use crate::operation::OperationName;

/// Whether the names of a service's operations say something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// All of them do.
    Always,
    /// Those of some kinds do.
    Sometimes,
    /// None does.
    Never,
}

impl Said {
    /// The word in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Said::Always => "always",
            Said::Sometimes => "sometimes",
            Said::Never => "never",
        }
    }
}

impl Service {
    /// What its paths are appended to, such as `https://alloydb.googleapis.com/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("https://{}/{}", self.host, self.version)
    }

    /// The same for what lies in a location other than `global`, with `{location}` in it.
    #[must_use]
    pub fn regional_base_url(&self) -> Option<String> {
        let host = self.regional_host.as_ref()?;
        Some(format!("https://{host}/{}", self.version))
    }

    /// Whether the names of its operations say their project.
    #[must_use]
    pub fn says_project(&self) -> Said {
        self.says(|name| name.project().is_some())
    }

    /// Whether the names of its operations say their location.
    #[must_use]
    pub fn says_location(&self) -> Said {
        self.says(|name| name.location().is_some())
    }

    /// What a name of each kind says, found by reading one.
    fn says(&self, what: impl Fn(&OperationName) -> bool) -> Said {
        let (mut some, mut all) = (false, true);
        for name in self.names().filter_map(example) {
            let says = what(&name);
            some |= says;
            all &= says;
        }
        match (some, all) {
            (true, true) => Said::Always,
            (true, false) => Said::Sometimes,
            (false, _) => Said::Never,
        }
    }
}

/// A name of this form. Whatever stands for a placeholder or a star, a name says the same parts.
fn example(names: &Template) -> Option<OperationName> {
    let place = names.parts().into_iter().map(|part| (part, "x".into())).collect();
    OperationName::parse(&names.fill(&place)?.replace('*', "x")).ok()
}

impl Address {
    /// As it is written: `{name}:cancel`, or a path in which `{id}` is the last segment of the name.
    #[must_use]
    pub fn template(&self) -> String {
        match self {
            Address::Name { suffix } => format!("{{name}}{suffix}"),
            Address::Path(path) => path.as_str().replacen('*', "{id}", 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalogue::table;
    use crate::operation::ServiceName;

    fn service(name: &str) -> Arc<Service> {
        table().find(&ServiceName::parse(name).unwrap()).cloned().unwrap()
    }

    #[test]
    fn what_a_name_says_of_its_place_is_told_beforehand() {
        for (name, project, location) in [
            ("clouddeploy", Said::Always, Said::Always),
            ("dataproc", Said::Always, Said::Always),
            ("networkmanagement", Said::Sometimes, Said::Always),
            ("spanner", Said::Always, Said::Never),
            ("ml", Said::Always, Said::Sometimes),
            ("storage", Said::Never, Said::Never),
            ("accesscontextmanager", Said::Never, Said::Never),
        ] {
            let service = service(name);
            assert_eq!((service.says_project(), service.says_location()), (project, location), "{name}");
        }
    }

    #[test]
    fn every_kind_of_name_in_the_table_is_one_that_can_be_read() {
        for service in table().iter() {
            for names in service.names() {
                assert!(example(names).is_some(), "{}: {names}", service.name);
            }
        }
    }

    #[test]
    fn where_a_service_answers_is_shown_as_it_is_asked() {
        let vertex = service("aiplatform");
        assert_eq!(vertex.base_url(), "https://aiplatform.googleapis.com/v1");
        assert_eq!(vertex.regional_base_url().unwrap(), "https://{location}-aiplatform.googleapis.com/v1");
        assert_eq!(service("dns").regional_base_url(), None);
        assert_eq!(vertex.cancel.template(), "{name}:cancel");
        assert_eq!(service("storage").cancel.template(), "b/{bucket}/operations/{id}/cancel");
    }
}
