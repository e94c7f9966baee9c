//! `curfew services`: which services there are, what each of them tells of its operations, and what its scopes take.
//!
//! It finds and prints; what is known stands in the table of services. No service is asked.

mod document;
mod example;
mod knowledge;
mod page;
mod records;
mod sheet;

use std::process::ExitCode;

use anstream::println;
use anstyle::AnsiColor;

use self::records::Catalogue;
use super::failure::{ALL_WELL, BAD_INPUT, CliFailure};
use super::options::{ServicesArgs, ServicesFormat};
use super::run::policy_at;
use super::show::to_json;
use super::table::{Cell, Row, Table, stdout_width, wrapped};
use crate::catalogue::{LeftOut, Service, Services, left_out, table};
use crate::policy::reading::{fields::nearest, quoted};

/// The scopes of most services. Where they have a line of their own, they are not said of each.
const USUAL_SCOPES: &str = "projects, locations";

/// Runs the command.
pub(super) async fn run(args: &ServicesArgs) -> Result<ExitCode, CliFailure> {
    let services = match &args.policy {
        Some(source) => policy_at(source).await?.policy.services.clone(),
        None => table().clone(),
    };
    let query = args.query.as_deref();
    if args.format == ServicesFormat::Markdown {
        if query.is_some() || args.policy.is_some() {
            let only = "the document is about all services that are built in: leave out QUERY and --policy, or take \
                        --format json";
            return Err(CliFailure::new(BAD_INPUT, only));
        }
        println!("{}", document::render(&services));
        return Ok(ExitCode::from(ALL_WELL));
    }
    let found = Found::new(&services, query.unwrap_or_default());
    if found.is_empty() {
        return Err(CliFailure::new(BAD_INPUT, &nothing(query.unwrap_or_default(), &services)));
    }
    match args.format {
        ServicesFormat::Json => println!("{}", to_json(&found.catalogue())?),
        ServicesFormat::Table | ServicesFormat::Markdown => println!("{}", found.shown(query.is_none())),
    }
    Ok(ExitCode::from(ALL_WELL))
}

/// What a query finds.
#[derive(Debug)]
struct Found<'a> {
    /// The one that it names.
    named: Option<Named<'a>>,
    /// All others that have it in them.
    services: Vec<&'a Service>,
    left_out: Vec<&'a LeftOut>,
}

/// What a query is the name of.
#[derive(Debug, Clone, Copy)]
enum Named<'a> {
    Service(&'a Service),
    LeftOut(&'a LeftOut),
}

impl<'a> Found<'a> {
    /// The empty query finds everything.
    fn new(services: &'a Services, query: &str) -> Self {
        let lower = query.to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&lower);
        let is = |name: &str| name.eq_ignore_ascii_case(query);
        let has = |service: &&Service| {
            let host = service.regional_host.as_deref().unwrap_or(&service.host);
            [service.name.as_str(), &service.title, &service.host, host].into_iter().any(holds)
        };
        let all = || services.iter().map(|service| &**service);
        let service = all().find(|service| is(service.name.as_str())).map(Named::Service);
        // What a policy defines is left out no longer.
        let left =
            || left_out().iter().filter(|left| all().all(|service| service.name.as_str() != left.name));
        Self {
            named: service.or_else(|| left().find(|left| is(&left.name)).map(Named::LeftOut)),
            services: all().filter(|service| has(service) && !is(service.name.as_str())).collect(),
            left_out: left().filter(|left| holds(&left.name) && !is(&left.name)).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.named.is_none() && self.services.is_empty() && self.left_out.is_empty()
    }

    /// One that is named is all that was asked for.
    fn catalogue(&self) -> Catalogue<'a> {
        match self.named {
            Some(Named::Service(service)) => Catalogue::new(&[service], &[]),
            Some(Named::LeftOut(left)) => Catalogue::new(&[], &[left]),
            None => Catalogue::new(&self.services, &self.left_out),
        }
    }

    fn shown(&self, everything: bool) -> String {
        let mut parts = Vec::new();
        match self.named {
            Some(Named::Service(service)) => {
                parts.push(page::render(service, knowledge::is_own(service), stdout_width()));
                parts.extend(self.others());
            }
            Some(Named::LeftOut(left)) => {
                parts.push(flowing(&format!("curfew cannot police {}: {}.", left.name, left.reason)));
                parts.extend(self.others());
            }
            None => {
                if !self.services.is_empty() {
                    parts.push(self.table().for_stdout());
                    parts.push(flowing(&self.legend()));
                }
                if everything {
                    let left = self.left_out.len();
                    parts.push(flowing(&format!(
                        "{left} more are left out: `curfew services NAME` says why."
                    )));
                } else if !self.left_out.is_empty() {
                    parts.push(self.table_of_left_out().for_stdout());
                }
            }
        }
        parts.join("\n\n")
    }

    /// The names that a query is only a part of, beside the one that it is.
    fn others(&self) -> Option<String> {
        let names = self.services.iter().map(|service| service.name.as_str());
        let names: Vec<&str> = names.chain(self.left_out.iter().map(|left| &*left.name)).collect();
        (!names.is_empty()).then(|| flowing(&format!("See also: {}", names.join(", "))))
    }

    fn table(&self) -> Table {
        let mut table = Table::new("NAME", &["TITLE", "TELLS"], "SCOPE");
        for service in &self.services {
            let scopes = knowledge::forms(service).join(" | ");
            table.push(Row {
                name: service.name.to_string(),
                cells: vec![Cell::plain(&*service.title), tells(service)],
                note_below: (scopes != USUAL_SCOPES).then(|| scopes.clone()),
                note: scopes,
            });
        }
        table
    }

    fn legend(&self) -> String {
        let count = match self.services.len() {
            1 => "1 service".to_owned(),
            count => format!("{count} services"),
        };
        format!(
            "{count}. TELLS: A its age, V a verb, T a target, C whether a cancel was requested. Scopes take \
             `{USUAL_SCOPES}` where nothing else is said. `curfew services NAME` shows one."
        )
    }

    fn table_of_left_out(&self) -> Table {
        let mut table = Table::new("LEFT OUT", &[], "WHY");
        for left in &self.left_out {
            let LeftOut { name, reason } = *left;
            table.push(Row {
                name: name.clone(),
                cells: Vec::new(),
                note: reason.clone(),
                note_below: Some(reason.clone()),
            });
        }
        table
    }
}

/// The marks of what a service tells. Without an age no limit can be decided: that is to be seen.
fn tells(service: &Service) -> Cell {
    let marks = knowledge::marks(service);
    if service.profile.create_time.is_empty() {
        Cell::coloured(marks, AnsiColor::Yellow)
    } else {
        Cell::plain(marks)
    }
}

/// A text as wide as the terminal.
fn flowing(text: &str) -> String {
    wrapped(text, stdout_width()).join("\n")
}

/// What to say when a query finds nothing.
fn nothing(query: &str, services: &Services) -> String {
    let known = services.iter().map(|service| service.name.as_str());
    let known: Vec<&str> = known.chain(left_out().iter().map(|left| &*left.name)).collect();
    let help = match nearest(query, &known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            "`curfew services` lists all; one that is missing can be defined in a policy, under `services`"
                .to_owned()
        }
    };
    format!("no service has {} in its name, title or host: {help}", quoted(query))
}
