//! Scenario files: from YAML to a checked [`Scenario`].
//!
//! The types here have the shape of the file; what they become is in `scenario`. Every error names the file, the
//! line, the column and what would be right. One error at a time: a scenario is written by hand and run at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;
use globset::{GlobBuilder, GlobMatcher};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

use super::scenario::{
    Answer, Call, Effect, End, Fault, OnCancel, PlannedMetadata, PlannedOperation, Scenario,
};
use super::token_words::TokenWords;
use super::words::{AnswerWords, Becomes, CancelWords, MetadataWords, SignedSpan, Span, Times, UnsignedSpan};
use crate::catalogue::{DEFAULT_SERVICE, Service, table};
use crate::operation::{LocationId, OperationName, ProjectId, ServiceName};

/// The metadata's type in Cloud Deploy.
const CLOUD_DEPLOY_METADATA: &str = "type.googleapis.com/google.cloud.deploy.v1.OperationMetadata";

/// Most operations in a scenario: a `count` with a few zeros too many shall not eat the machine's memory.
const MAX_OPERATIONS: usize = 1_000_000;

/// Most values in a scenario's YAML. The library's own limit, 250,000, is for strangers' files and too small for
/// ten thousand operations written out one by one.
const MAX_YAML_NODES: usize = 10_000_000;

/// A scenario file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}:{line}:{column}: {problem}")]
pub struct ScenarioError {
    /// The file, as the caller named it.
    pub origin: String,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// What is wrong, and what would be right.
    pub problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    latency: Option<UnsignedSpan>,
    #[serde(default)]
    require_token: bool,
    #[serde(default)]
    tokens: Option<TokenWords>,
    #[serde(default)]
    page_size: Option<Spanned<usize>>,
    #[serde(default)]
    service: Option<Known>,
    #[serde(default)]
    locations: BTreeMap<Project, Vec<Place>>,
    #[serde(default)]
    permissions: BTreeMap<Project, BTreeSet<String>>,
    #[serde(default)]
    operations: Vec<OperationEntry>,
    #[serde(default)]
    faults: Vec<FaultEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationEntry {
    #[serde(default)]
    service: Option<Known>,
    name: Spanned<Name>,
    age: SignedSpan,
    #[serde(default)]
    count: Option<Spanned<usize>>,
    #[serde(default)]
    verb: Option<Arc<str>>,
    #[serde(default)]
    target: Option<Arc<str>>,
    #[serde(default)]
    kind: Option<Arc<str>>,
    #[serde(default)]
    metadata: Option<MetadataWords>,
    #[serde(default)]
    runs_for: Option<UnsignedSpan>,
    #[serde(default)]
    ends: Option<Spanned<Ends>>,
    #[serde(default)]
    on_cancel: Option<Spanned<CancelWords>>,
    #[serde(default)]
    cancellation_requested: bool,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Ends {
    Completed,
    Failed,
    Finished,
    Cancelled,
    Vanishes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultEntry {
    #[serde(default)]
    service: Option<Spanned<Known>>,
    #[serde(default)]
    call: CallWord,
    #[serde(default)]
    name: Option<NameGlob>,
    #[serde(default)]
    times: Times,
    answer: Spanned<AnswerWords>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "snake_case")]
enum CallWord {
    List,
    Get,
    Cancel,
    Delete,
    Locations,
    Permissions,
    Token,
    #[default]
    Any,
}

/// A parsed type as a serde type: its parser's words become the error, at the value's position.
macro_rules! parsed {
    ($name:ident($inner:ty), $parse:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let parse: fn(&str) -> Result<$inner, String> = $parse;
                parse(&text).map(Self).map_err(D::Error::custom)
            }
        }
    };
}

struct Name(OperationName);
parsed!(Name(OperationName), |text| OperationName::parse(text).map_err(|error| error.to_string()));

struct Known(Arc<Service>);
parsed!(Known(Arc<Service>), |text| {
    let known = ServiceName::parse(text).ok().and_then(|name| table().find(&name).cloned());
    known
        .ok_or_else(|| format!("no service is called `{text}`; `curfew services` lists those that there are"))
});

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Project(ProjectId);
parsed!(Project(ProjectId), |text| ProjectId::parse(text).map_err(|error| error.to_string()));

struct Place(LocationId);
parsed!(Place(LocationId), |text| LocationId::parse(text).map_err(|error| error.to_string()));

struct NameGlob(GlobMatcher);
parsed!(NameGlob(GlobMatcher), |text| {
    // `*` stays within a segment, as in a policy's globs.
    let glob = GlobBuilder::new(text).literal_separator(true).build();
    glob.map(|glob| glob.compile_matcher()).map_err(|error| error.to_string())
});

/// What is wrong, and where.
struct Problem(Location, String);

impl Scenario {
    /// Reads a scenario. `origin` is what the text is called in an error: the file's name.
    ///
    /// # Errors
    /// When the text is not YAML, has unknown keys or values that are not what their key takes, or two operations
    /// of one name.
    pub fn parse(text: &str, origin: &str) -> Result<Self, ScenarioError> {
        let at = |location: Location, problem: String| ScenarioError {
            origin: origin.to_owned(),
            line: location.line(),
            column: location.column(),
            problem,
        };
        if text.trim().is_empty() {
            let problem = "a scenario needs at least `operations: []`".to_owned();
            return Err(ScenarioError { origin: origin.to_owned(), line: 1, column: 1, problem });
        }
        // The problem is quoted with its position: a snippet would say the position a second time.
        let budget = serde_saphyr::budget! { max_events: MAX_YAML_NODES * 2, max_nodes: MAX_YAML_NODES };
        let options = serde_saphyr::options! { with_snippet: false, budget: budget };
        let document: Document = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let location = error.location().unwrap_or(Location::UNKNOWN);
            let said = error.to_string();
            // The library appends the position to its message; it stands at the front here.
            let problem = said.rsplit_once(" at line ").map_or(said.as_str(), |(problem, _)| problem);
            at(location, problem.to_owned())
        })?;
        document.check().map_err(|Problem(location, problem)| at(location, problem))
    }
}

impl Document {
    fn check(self) -> Result<Scenario, Problem> {
        let mut scenario = Scenario { require_token: self.require_token, ..Scenario::default() };
        if let Some(UnsignedSpan(latency)) = self.latency {
            scenario.latency = latency;
        }
        if let Some(TokenWords(rules)) = self.tokens {
            scenario.tokens = rules;
        }
        if let Some(size) = self.page_size {
            if size.value == 0 {
                return Err(Problem(size.referenced, "a page holds at least 1 operation".to_owned()));
            }
            scenario.page_size = size.value;
        }
        for (Project(project), places) in self.locations {
            scenario.locations.insert(project, places.into_iter().map(|Place(place)| place).collect());
        }
        if let Some(Known(service)) = self.service {
            scenario.service = service;
        }
        let permissions = self.permissions.into_iter();
        scenario.permissions = permissions.map(|(Project(project), given)| (project, given)).collect();
        let mut names = BTreeSet::new();
        for entry in self.operations {
            let location = entry.name.referenced;
            for operation in entry.check(&scenario.service)? {
                if !names.insert((operation.service.name.clone(), operation.name.clone())) {
                    let problem = format!("a second operation of the name {}", operation.name);
                    return Err(Problem(location, problem));
                }
                scenario.operations.push(operation);
            }
            if scenario.operations.len() > MAX_OPERATIONS {
                return Err(Problem(location, format!("more than {MAX_OPERATIONS} operations")));
            }
        }
        for entry in self.faults {
            scenario.faults.push(entry.check()?);
        }
        Ok(scenario)
    }
}

impl OperationEntry {
    fn check(self, usual: &Arc<Service>) -> Result<Vec<PlannedOperation>, Problem> {
        let service = self.service.map_or_else(|| usual.clone(), |Known(service)| service);
        if service.collection_of(&self.name.value.0).is_none() {
            let names = service.lists.first().and_then(|list| list.names.first()).map(ToString::to_string);
            let problem =
                format!("`{}` gives no such name; it gives {}", service.name, names.unwrap_or_default());
            return Err(Problem(self.name.referenced, problem));
        }
        let end = match self.ends {
            Some(ends) if self.runs_for.is_none() => {
                let problem = "`ends` needs `runs_for`: at which age does it end?";
                return Err(Problem(ends.referenced, problem.to_owned()));
            }
            Some(ends) => ends.value.end(),
            None => End::Completed,
        };
        let runs_for = self.runs_for.map(|UnsignedSpan(span)| (span.signed(), end));
        let on_cancel = match self.on_cancel {
            Some(words) => on_cancel(&words.value).map_err(|problem| Problem(words.referenced, problem))?,
            None if self.cancellation_requested => {
                OnCancel { answer: Answer::Accepted, effect: Effect::Cancelling }
            }
            None => {
                OnCancel { answer: Answer::Accepted, effect: Effect::Ends(End::Cancelled, TimeDelta::zero()) }
            }
        };
        let metadata = Arc::new(match self.metadata {
            None => PlannedMetadata::With(serde_json::Map::new()),
            Some(MetadataWords(planned)) => planned,
        });
        let kind = self.kind.unwrap_or_else(|| usual_kind(&service));
        let template = PlannedOperation {
            service,
            name: self.name.value.0,
            age: self.age.0,
            verb: self.verb,
            target: self.target,
            kind,
            metadata,
            runs_for,
            on_cancel,
            cancellation_requested: self.cancellation_requested,
        };
        let Some(count) = self.count else { return Ok(vec![template]) };
        if count.value > MAX_OPERATIONS {
            return Err(Problem(count.referenced, format!("more than {MAX_OPERATIONS} operations")));
        }
        (1..=count.value)
            .map(|number| {
                let name = OperationName::parse(&format!("{}-{number:04}", template.name))
                    .map_err(|error| Problem(count.referenced, error.to_string()))?;
                Ok(PlannedOperation { name, ..template.clone() })
            })
            .collect()
    }
}

/// The metadata's type where a scenario names none. Only Cloud Deploy's is known to be so.
fn usual_kind(service: &Service) -> Arc<str> {
    if service.name.as_str() == DEFAULT_SERVICE {
        return CLOUD_DEPLOY_METADATA.into();
    }
    format!("type.googleapis.com/google.cloud.{}.v1.OperationMetadata", service.name).into()
}

fn on_cancel(words: &CancelWords) -> Result<OnCancel, String> {
    let becomes = words.becomes.unwrap_or(match words.answer {
        Answer::Accepted => Becomes::Cancelled,
        Answer::Refused | Answer::Unimplemented | Answer::Denied => Becomes::Ignored,
    });
    let after = words.after.unwrap_or_default().signed();
    let effect = match becomes {
        Becomes::Cancelled => Effect::Ends(End::Cancelled, after),
        Becomes::Completed => Effect::Ends(End::Completed, after),
        Becomes::Failed => Effect::Ends(End::Failed, after),
        Becomes::Finished => Effect::Ends(End::Finished, after),
        Becomes::Vanishes => Effect::Ends(End::Vanishes, after),
        Becomes::Cancelling | Becomes::Ignored if words.after.is_some() => {
            return Err("`after` says when the operation ends, but here it goes on".to_owned());
        }
        Becomes::Cancelling => Effect::Cancelling,
        Becomes::Ignored => Effect::Ignored,
    };
    Ok(OnCancel { answer: words.answer, effect })
}

impl Ends {
    fn end(self) -> End {
        match self {
            Self::Completed => End::Completed,
            Self::Failed => End::Failed,
            Self::Finished => End::Finished,
            Self::Cancelled => End::Cancelled,
            Self::Vanishes => End::Vanishes,
        }
    }
}

impl FaultEntry {
    fn check(self) -> Result<Fault, Problem> {
        let call = match self.call {
            CallWord::List => Some(Call::List),
            CallWord::Get => Some(Call::Get),
            CallWord::Cancel => Some(Call::Cancel),
            CallWord::Delete => Some(Call::Delete),
            CallWord::Locations => Some(Call::Locations),
            CallWord::Permissions => Some(Call::Permissions),
            CallWord::Token => Some(Call::Token),
            CallWord::Any => None,
        };
        let answer = self.answer.value.0;
        let location = self.answer.referenced;
        let wants = |calls: &[Call]| call.is_none_or(|call| calls.contains(&call));
        if answer.is_of_pages() && !wants(&[Call::List, Call::Locations]) {
            return Err(Problem(location, "only `list` and `locations` have pages".to_owned()));
        }
        if answer.is_of_operations() && !wants(&[Call::List, Call::Get]) {
            return Err(Problem(location, "only `list` and `get` answer with operations".to_owned()));
        }
        if let Some(service) = &self.service
            && matches!(call, Some(Call::Permissions | Call::Token))
        {
            let problem = "`permissions` and `token` are no calls of a service's".to_owned();
            return Err(Problem(service.referenced, problem));
        }
        let service = self.service.map(|Spanned { value: Known(service), .. }| service.name.clone());
        Ok(Fault { service, call, name: self.name.map(|NameGlob(glob)| glob), times: self.times.0, answer })
    }
}

#[cfg(test)]
#[path = "tests/document.rs"]
mod tests;
