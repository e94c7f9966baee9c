//! One value for each placeholder in the paths and names of services.

use curfew::catalogue::{Bindings, Part};

/// A place that has every part there is.
pub(crate) fn place() -> Bindings {
    let value = |part| match part {
        Part::Project => "acme-web",
        Part::Organization => "123456789012",
        Part::Folder => "210987654321",
        Part::Location => "europe-west1",
        Part::Instance => "orders",
        Part::Database => "(default)",
        Part::Dataset => "records",
        Part::Bucket => "acme-archive",
    };
    Part::ALL.into_iter().map(|part| (part, value(part).into())).collect()
}
