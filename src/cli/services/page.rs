//! One service for people: where it answers, what can be known of its operations, what an account needs, and a scope.

use super::example;
use super::knowledge::{self, NEVER};
use super::sheet::Sheet;
use crate::catalogue::{Listing, Permissions, Service};

/// How many names of operations are shown. Only Vertex AI has more, and whoever wants all of them takes the JSON.
const NAMES_SHOWN: usize = 12;

/// The page for lines of at most so many characters. `own` where a policy defines the service. No line break at the end.
#[must_use]
pub(super) fn render(service: &Service, own: bool, width: Option<usize>) -> String {
    let of = if own { ", as the policy defines it" } else { "" };
    let mut sheet = Sheet::new(&format!("{}: {}{of}", service.name, service.title), width);
    sheet.section("Where it answers", &paths(service));
    if let Some(note) = &service.note {
        sheet.paragraph("Note", note);
    }
    let fields = knowledge::fields(service);
    let rows: Vec<_> = fields.into_iter().map(|(field, text)| (field, vec![text])).collect();
    sheet.section("What a match can ask", &rows);
    if rows.iter().flat_map(|(_, texts)| texts).any(|text| text.starts_with(NEVER)) {
        sheet.remark(
            "A match that asks for what is never told is unknown: a rule then spares the operation, no later rule gets \
             to it, and a protection holds.",
        );
    }
    let mut rows = vec![("age", vec![knowledge::age(service)])];
    rows.extend(knowledge::states(service).map(|states| ("after a cancel", vec![states.to_owned()])));
    sheet.section("Limits and states", &rows);
    sheet.section("What an account needs", &needed(service));
    let scopes = example::scopes(service);
    let title = if scopes.len() == 1 { "A scope of it in a policy" } else { "Scopes of it in a policy" };
    sheet.verbatim(title, &scopes.join("\n"));
    sheet.finish()
}

fn paths(service: &Service) -> Vec<(&'static str, Vec<String>)> {
    let list = |listing: &Listing| match &listing.filter {
        Some(filter) => format!("/{} with filter={filter}", listing.path),
        None => format!("/{}", listing.path),
    };
    let rates = &service.throttle;
    let requests =
        format!("at most {} a minute and {} at once, at each of its hosts", rates.per_minute, rates.at_once);
    vec![
        ("base", bases(service)),
        ("list", service.lists.iter().map(list).collect()),
        ("get", vec![format!("/{}", service.get.template())]),
        ("cancel", vec![format!("/{}, by POST", service.cancel.template())]),
        ("locations", locations(service)),
        ("names", names(service)),
        ("requests", vec![requests]),
    ]
}

fn bases(service: &Service) -> Vec<String> {
    let base = service.base_url();
    let Some(regional) = service.regional_base_url() else { return vec![base] };
    vec![regional, format!("{base}, without a location and for `global`")]
}

fn locations(service: &Service) -> Vec<String> {
    let lacking = knowledge::roots_without_locations(service);
    let mut texts: Vec<String> = service.locations.iter().map(|path| format!("/{path}")).collect();
    match (texts.is_empty(), lacking.is_empty()) {
        (true, true) => texts.push("a scope has none".to_owned()),
        (true, false) => texts.push("it does not list them: a scope names them".to_owned()),
        (false, false) => texts.push(format!("a scope of {} names them", lacking.join(" or "))),
        (false, true) => {}
    }
    texts
}

fn names(service: &Service) -> Vec<String> {
    let names: Vec<String> = service.names().map(ToString::to_string).collect();
    let more = names.len().saturating_sub(NAMES_SHOWN);
    let more = (more > 0).then(|| format!("and {more} more, which --format json shows"));
    names.into_iter().take(NAMES_SHOWN).chain(more).collect()
}

fn needed(service: &Service) -> Vec<(&'static str, Vec<String>)> {
    let mut rows = vec![("API", vec![format!("{}, to be enabled", service.host)])];
    let Some(Permissions { list, get, cancel, locations }) = &service.permissions else {
        let how = "IAM's names are not known; `gcloud iam list-testable-permissions \
                   //cloudresourcemanager.googleapis.com/projects/PROJECT` lists what there is";
        rows.push(("permissions", vec![how.to_owned()]));
        return rows;
    };
    let known = [("list", list), ("get", get), ("cancel", cancel), ("locations: all", locations)];
    let known = known.into_iter().filter(|(_, permissions)| !permissions.is_empty());
    rows.extend(known.map(|(call, permissions)| (call, permissions.clone())));
    rows
}
