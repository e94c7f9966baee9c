//! The JSON Schema of a policy, for editors: they complete keys, explain them, and mark what is wrong.
//!
//! The types here say what a policy file looks like. Nothing is ever read into them: `document` reads the file, and
//! says more about it than a schema can (globs that do not compile, names that are used twice). Tests hold the two
//! together: their keys are the same, what one takes the other takes, and what has the wrong form is refused by both.

mod parts;
mod services;
mod windows;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use self::parts::{Glob, MetadataValue, OneOrMore, Optional};
use self::services::{Scope, Service};
use self::windows::Window;
use super::document::LINT_CHECKS;
use super::model::Limits;

/// A duration with its units, from the larger to the smaller.
const DURATION: &str = r"^ *(?=[0-9])([0-9]+w *)?([0-9]+d *)?([0-9]+h *)?([0-9]+m *)?([0-9]+s *)?$";

/// The same, longer than nothing.
const POSITIVE_DURATION: &str =
    r"^(?=.*[1-9]) *(?=[0-9])([0-9]+w *)?([0-9]+d *)?([0-9]+h *)?([0-9]+m *)?([0-9]+s *)?$";

/// A share in percent, with up to two decimals, up to the whole.
const SHARE: &str = r"^0*(100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?)%$";

/// Something that is not only blanks, on one line.
const LINE: &str = r"^(?=.*\S)[^\u0000-\u001f\u007f-\u009f]+$";

/// A JSON pointer that is not empty.
const POINTER: &str = "^/([^~]|~[01])*$";

/// The schema, as it is printed and committed.
#[must_use]
pub fn schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Document>().to_value()
}

/// What may run how long, and what is never touched. `curfew validate` checks all of it, `curfew lint` looks for what is
/// allowed and hardly meant.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "A policy of curfew", rename = "Policy")]
#[expect(dead_code, reason = "only its shape is used")]
struct Document {
    /// The form of this file.
    #[schemars(extend("const" = 1))]
    version: u64,
    /// The policy's own key. Nothing is cancelled unless it says `enforce` and the function's own mode does, too.
    #[schemars(default, extend("default" = "audit"))]
    mode: Optional<Mode>,
    /// Services that are not built in, or are to be asked differently.
    #[schemars(default, length(min = 1))]
    services: Optional<Vec<Service>>,
    /// Where to look: every combination of what a scope names, in every location.
    #[schemars(length(min = 1))]
    scopes: Vec<Scope>,
    /// What is never cancelled, whatever a rule says. It holds unless its match is certainly false.
    #[schemars(default)]
    protect: Optional<Vec<Protection>>,
    /// In order: the first rule whose match holds decides, and no later one is looked at.
    #[schemars(length(min = 1))]
    rules: Vec<Rule>,
    /// When it acts: within one of these. Without it: always.
    #[schemars(default, length(min = 1, max = 100))]
    active: Optional<Vec<Window>>,
    /// When it does not act: within any of these.
    #[schemars(default, length(min = 1, max = 100))]
    freeze: Optional<Vec<Window>>,
    /// How much one sweep may cancel, in case that a rule matches more than it was meant to.
    #[schemars(default)]
    limits: Optional<LimitsSection>,
    /// What is done after a cancel.
    #[schemars(default)]
    follow_up: Optional<FollowUp>,
    /// Findings of `curfew lint` that are accepted. They change nothing about a run.
    #[schemars(default)]
    lint: Optional<Lint>,
}

/// What a run may do.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is used")]
enum Mode {
    /// Everything is read, judged and reported, and nothing is cancelled.
    Audit,
    /// Violators are cancelled, if the function's own mode says so too.
    Enforce,
}

/// Something that is never cancelled.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Protection {
    /// Its own among the protections. Reasons name it.
    #[schemars(length(max = 100), regex(pattern = LINE), example = &"production")]
    name: String,
    /// What it covers. An operation that does not say enough to be ruled out is covered, too.
    r#match: Match,
}

/// What it is for, its one limit, and what happens to an operation over it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{ "required": ["max_age"] }, { "required": ["max_running"] }]))]
#[expect(dead_code, reason = "only its shape is used")]
struct Rule {
    /// Its own among the rules. Records and reasons name it.
    #[schemars(length(max = 100), regex(pattern = LINE), example = &"stuck-changes")]
    name: String,
    /// Which operations it is for. Without a match: every one that no rule above has taken.
    #[schemars(default)]
    r#match: Optional<Match>,
    /// No operation may be older than this: `90m`, `2h`, `1h30m`, `3d`.
    #[schemars(default, regex(pattern = POSITIVE_DURATION), extend("examples" = ["90m", "2h", "1h30m", "3d"]))]
    max_age: Optional<String>,
    /// Of a group, at most so many may run.
    #[schemars(default)]
    max_running: Optional<MaxRunning>,
    /// What happens to an operation over the limit.
    #[schemars(default, extend("default" = "cancel"))]
    action: Optional<Action>,
    /// When this rule acts: within one of these. Without it: whenever the policy does.
    #[schemars(default, length(min = 1, max = 100))]
    active: Optional<Vec<Window>>,
    /// When this rule does not act: within any of these.
    #[schemars(default, length(min = 1, max = 100))]
    freeze: Optional<Vec<Window>>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is used")]
enum Action {
    /// It is cancelled.
    Cancel,
    /// It is reported and goes on.
    Report,
}

/// At most `count` operations of a group may run.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct MaxRunning {
    /// How many. 0 means that none may run.
    count: u64,
    /// Operations with equal values are one group. Without it, all that the rule matches is one.
    #[schemars(default, length(min = 1), extend("uniqueItems" = true, "examples" = [["verb", "target"]]))]
    per: Optional<Vec<Grouping>>,
    /// Which of them are over the limit.
    #[schemars(default, extend("default" = "oldest"))]
    cancel: Optional<CancelOrder>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is used")]
enum Grouping {
    /// The Google service.
    Service,
    /// The project.
    Project,
    /// The location.
    Location,
    /// What is being done.
    Verb,
    /// The resource it is done to.
    Target,
    /// The metadata's type.
    Kind,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is used")]
enum CancelOrder {
    /// Newer work supersedes the oldest.
    Oldest,
    /// First come, first served.
    Newest,
}

/// Which operations. All entries must hold; where a value is a list, any of it will do. What an operation does not say
/// of itself is neither true nor false: a rule does not take it, and a protection holds.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
#[expect(dead_code, reason = "only its shape is used")]
struct Match {
    /// The Google service's short name.
    #[schemars(default)]
    service: OneOrMore<Glob>,
    /// The project in the operation's name.
    #[schemars(default)]
    project: OneOrMore<Glob>,
    /// The location in the operation's name.
    #[schemars(default)]
    location: OneOrMore<Glob>,
    /// The whole name: `projects/*/locations/*/operations/*`.
    #[schemars(default)]
    name: OneOrMore<Glob>,
    /// What is being done: `create`, `update`, `delete`.
    #[schemars(default, extend("examples" = ["delete", ["create", "update"]]))]
    verb: OneOrMore<Glob>,
    /// The resource it is done to.
    #[schemars(default)]
    target: OneOrMore<Glob>,
    /// The metadata's type. `type.googleapis.com/` may be left out.
    #[schemars(default)]
    kind: OneOrMore<Glob>,
    /// Whether somebody has asked for its cancellation.
    #[schemars(default)]
    cancellation_requested: Optional<bool>,
    /// Values of the metadata, by JSON pointer: `metadata: { "/statusMessage": "waiting*" }`.
    #[schemars(default, extend("minProperties" = 1, "propertyNames" = json!({ "pattern": POINTER })))]
    metadata: Optional<BTreeMap<String, OneOrMore<MetadataValue>>>,
    /// One of these must hold.
    #[schemars(default, length(min = 1))]
    any: Optional<Vec<Match>>,
    /// All of these must hold.
    #[schemars(default, length(min = 1))]
    all: Optional<Vec<Match>>,
    /// This must not hold.
    #[schemars(default)]
    not: Optional<Box<Match>>,
}

/// How much one sweep may cancel.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Limits")]
#[expect(dead_code, reason = "only its shape is used")]
struct LimitsSection {
    /// At most so many cancels in one sweep. 0 means none.
    #[schemars(default, extend("default" = Limits::DEFAULT_MAX_CANCELLATIONS))]
    max_cancellations: Optional<u64>,
    /// At most this share of the running operations that were seen. `0%` means none.
    #[schemars(default, regex(pattern = SHARE), extend("examples" = ["25%", "12.5%"]))]
    max_share: Optional<String>,
    /// What happens with more violators than that.
    #[schemars(default, extend("default" = "cancel_oldest"))]
    when_exceeded: Optional<WhenExceeded>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its shape is used")]
enum WhenExceeded {
    /// The oldest are cancelled, up to the limit.
    CancelOldest,
    /// None is cancelled.
    CancelNone,
}

/// What is done after a cancel.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct FollowUp {
    /// How long a cancelled operation is watched in the run that cancelled it. The next run looks again.
    #[schemars(default, regex(pattern = DURATION), extend("default" = "60s"))]
    r#for: Optional<String>,
}

/// Findings of `curfew lint` that are accepted.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Lint {
    /// Each with its reason. One that silences nothing is itself a finding.
    #[schemars(default)]
    allow: Optional<Vec<Allowance>>,
}

/// A finding that somebody has looked at and accepted.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Allowance {
    /// The check's name. `curfew lint --list` shows them.
    #[schemars(extend("enum" = LINT_CHECKS))]
    check: String,
    /// Why it is accepted, for the next person who reads this.
    #[schemars(regex(pattern = r"\S"))]
    reason: String,
    /// The rule or the protection for which it is accepted. Without one, wherever it is found.
    #[schemars(default, regex(pattern = r"\S"))]
    rule: Optional<String>,
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
