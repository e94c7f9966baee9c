//! `docs/services.md`: the prose of `document.md` beside this file, with the tables and the notes filled in where it has
//! a marker for them.

use anstream::adapter::strip_str;

use super::{knowledge, page};
use crate::catalogue::{LeftOut, Service, Services, Throttle, left_out};
use crate::sweep::REQUESTS_AT_ONCE;

const PROSE: &str = include_str!("document.md");

/// The service whose page is the sample: one that has a bit of everything, and fits on a page.
const SAMPLE: &str = "dataproc";

/// How wide the sample is.
const SAMPLE_WIDTH: usize = 100;

/// The document. No line break at the end.
#[must_use]
pub(super) fn render(services: &Services) -> String {
    let all: Vec<&Service> = services.iter().map(|service| &**service).collect();
    let fill = [
        ("count", all.len().to_string()),
        ("count with a verb", count(&all, |service| !service.profile.verb.is_empty())),
        ("count with a target", count(&all, |service| !service.profile.target.is_empty())),
        ("without a create time", names(&all, |service| plainly(service.profile.create_time.is_empty()))),
        ("without a list of locations", names(&all, without_locations)),
        ("without permissions", names(&all, |service| plainly(service.permissions.is_none()))),
        ("requests per minute", Throttle::USUAL.per_minute.to_string()),
        ("requests at once", Throttle::USUAL.at_once.to_string()),
        ("requests at once in all", REQUESTS_AT_ONCE.to_string()),
        ("other rates", names(&all, other_rates)),
        ("sample name", SAMPLE.to_owned()),
        ("sample", sample(&all)),
        ("table", table(&all)),
        ("notes", notes(&all)),
        ("left out", left()),
    ];
    let filled = fill
        .iter()
        .fold(PROSE.to_owned(), |text, (marker, with)| text.replace(&format!("<!-- {marker} -->"), with));
    filled.trim_end().to_owned()
}

fn count(services: &[&Service], which: fn(&Service) -> bool) -> String {
    services.iter().filter(|service| which(service)).count().to_string()
}

/// The names of the services of which something is to be said, each with it.
fn names(services: &[&Service], said: fn(&Service) -> Option<String>) -> String {
    let names = services.iter().filter_map(|service| Some(code(service.name.as_str()) + &said(service)?));
    names.collect::<Vec<_>>().join(", ")
}

fn plainly(is: bool) -> Option<String> {
    is.then(String::new)
}

/// Where the locations of some scopes can be asked for, it is said of which they cannot.
fn without_locations(service: &Service) -> Option<String> {
    let lacking = knowledge::roots_without_locations(service);
    if lacking.is_empty() || service.locations.is_empty() {
        return plainly(!lacking.is_empty());
    }
    Some(format!(" (for {})", lacking.join(" and ")))
}

fn other_rates(service: &Service) -> Option<String> {
    let Throttle { per_minute, at_once } = service.throttle;
    (service.throttle != Throttle::USUAL).then(|| format!(" ({per_minute} a minute, {at_once} at once)"))
}

fn sample(services: &[&Service]) -> String {
    let sample = services.iter().find(|service| service.name.as_str() == SAMPLE);
    let page = sample.map(|service| page::render(service, false, Some(SAMPLE_WIDTH)));
    strip_str(&page.unwrap_or_default()).to_string()
}

fn table(services: &[&Service]) -> String {
    let row = |service: &&Service| {
        let name = code(service.name.as_str());
        let scopes = knowledge::forms(service).join("; or ");
        let told = knowledge::told(service).map(|(_, told)| if told { "✓" } else { "–" }).join(" | ");
        format!("| {name} | {} | {scopes} | {told} |", service.title)
    };
    lines(services.iter().map(row))
}

fn notes(services: &[&Service]) -> String {
    let note =
        |service: &&Service| Some(format!("- {}: {}", code(service.name.as_str()), service.note.as_ref()?));
    lines(services.iter().filter_map(note))
}

fn left() -> String {
    lines(left_out().iter().map(|LeftOut { name, reason }| format!("| {} | {reason} |", code(name))))
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}

fn code(text: &str) -> String {
    format!("`{text}`")
}
