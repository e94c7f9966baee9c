//! Scopes of a service as a policy would write them: one for each of the forms that its scopes can have.

use std::collections::BTreeSet;

use crate::catalogue::{Part, Service};

/// An example of each form, as an item of a policy's `scopes`. No line break at the end.
#[must_use]
pub(super) fn scopes(service: &Service) -> Vec<String> {
    let form = |parts: BTreeSet<Part>| {
        let mut lines = vec![format!("- service: {}", service.name)];
        let asked = service.locations_for(&parts).is_some();
        lines.extend(parts.into_iter().map(|part| format!("  {}: {}", part.key(), values(part, asked))));
        lines.join("\n")
    };
    service.forms().into_iter().map(form).collect()
}

/// What could stand under a part's key. `asked` where the service lists its locations.
fn values(part: Part, asked: bool) -> &'static str {
    match part {
        Part::Project => "[acme-web]",
        // A number in quotes is a name.
        Part::Organization | Part::Folder => "[\"123456789012\"]",
        Part::Location if asked => "all",
        Part::Location => "[europe-west1]",
        Part::Instance => "[orders]",
        Part::Database => "[\"(default)\"]",
        Part::Dataset => "[records]",
        Part::Bucket => "[acme-archive]",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::table;
    use crate::policy::{Policy, Scope};

    #[test]
    fn every_example_of_every_service_is_a_scope_of_that_service_in_a_policy() {
        for service in table().iter() {
            let examples = scopes(service);
            assert_eq!(examples.len(), service.forms().len(), "{}", service.name);
            let policy = format!(
                "version: 1\nscopes:\n{}\nrules: [{{ name: old, max_age: 1d }}]\n",
                examples.join("\n")
            );
            let policy = Policy::parse(policy.as_bytes(), service.name.as_str())
                .unwrap_or_else(|error| panic!("{error}"));
            assert!(policy.scopes.iter().all(|scope| scope.service == *service), "{}", service.name);
            let got: Vec<_> = policy.scopes.iter().map(Scope::form).collect();
            assert_eq!(got, service.forms(), "{}", service.name);
        }
    }
}
