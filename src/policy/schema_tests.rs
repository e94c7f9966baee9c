//! The schema and the parser, held against each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value as Json};

use super::super::document::keys;
use super::super::model::Policy;
use super::super::problem::Problems;
use super::super::tree::{self, Node, Value};
use super::schema;

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
}

/// A file as an editor's YAML reader sees it: plain scalars are numbers, booleans and nulls where they look like it.
fn json(source: &str) -> Json {
    fn of(node: &Node) -> Json {
        match &node.value {
            _ if node.is_null() => Json::Null,
            Value::Scalar(scalar) if scalar.plain => match serde_json::from_str(&scalar.text) {
                Ok(value @ (Json::Number(_) | Json::Bool(_))) => value,
                _ => Json::String(scalar.text.clone()),
            },
            Value::Scalar(scalar) => Json::String(scalar.text.clone()),
            Value::List(items) => Json::Array(items.iter().map(of).collect()),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|entry| (entry.key.clone(), of(&entry.value))).collect())
            }
        }
    }
    of(&tree::parse(source, &crate::policy::source::POLICY, &mut Problems::default()).unwrap())
}

/// What both say of a policy: `true` when it is right.
fn verdicts(validator: &Validator, source: &str) -> (bool, bool) {
    (Policy::parse(source.as_bytes(), "p").is_ok(), validator.is_valid(&json(source)))
}

fn properties<'a>(schema: &'a Json, name: &str) -> &'a Map<String, Json> {
    let part = if name.is_empty() { schema } else { &schema["$defs"][name] };
    part["properties"].as_object().unwrap_or_else(|| panic!("no properties of {name:?}"))
}

#[test]
fn the_keys_of_the_parser_are_the_properties_of_the_schema() {
    let schema = schema();
    for (name, keys) in [
        ("", &keys::POLICY[..]),
        ("Service", &keys::SERVICE),
        ("Listing", &keys::SERVICE_LIST),
        ("CancelState", &keys::CANCEL_STATE),
        ("Scope", &keys::SCOPE),
        ("Protection", &keys::PROTECTION),
        ("Rule", &keys::RULE),
        ("Window", &keys::WINDOW),
        ("MaxRunning", &keys::MAX_RUNNING),
        ("Match", &keys::MATCH),
        ("Limits", &keys::LIMITS),
        ("FollowUp", &keys::FOLLOW_UP),
        ("Lint", &keys::LINT),
        ("Allowance", &keys::ALLOWANCE),
    ] {
        let got: BTreeSet<&str> = properties(&schema, name).keys().map(String::as_str).collect();
        assert_eq!(got, keys.iter().copied().collect::<BTreeSet<_>>(), "{name:?}");
    }
}

#[test]
fn every_key_is_explained() {
    let schema = schema();
    let names = schema["$defs"].as_object().unwrap().keys().map(String::as_str);
    let names = names.filter(|name| schema["$defs"][*name]["properties"].is_object());
    for name in names.chain([""]) {
        for (key, property) in properties(&schema, name) {
            assert!(property["description"].is_string(), "{name}.{key} has no description");
        }
    }
}

/// Every policy that the repository holds, with where it stands.
fn shipped() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["policies", "tests/lint/good"] {
        let Ok(entries) = fs::read_dir(root.join(folder)) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy();
            // A policy's tests stand beside it.
            if name.ends_with(".yaml") && !name.ends_with(".test.yaml") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn every_policy_of_the_repository_is_valid() {
    let (validator, policies) = (validator(), shipped());
    for (path, source) in &policies {
        let errors: Vec<String> = validator
            .iter_errors(&json(source))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{path}");
    }
    assert!(policies.len() >= 4);
}

/// A policy of which a part is taken out, so that another can be put there.
const BASE: &str = "\
version: 1
scopes: [{ projects: [p], locations: all }]
rules: [{ name: r, max_age: 1h }]
";

/// Replaces a top-level section of the base, or adds one.
fn with(section: &str) -> String {
    let key = section.split(':').next().unwrap_or_default();
    let mut lines: Vec<&str> = BASE.lines().filter(|line| !line.starts_with(&format!("{key}:"))).collect();
    lines.push(section);
    lines.join("\n")
}

fn rule(rest: &str) -> String {
    with(&format!("rules: [{{ name: r, {rest} }}]"))
}

fn matching(text: &str) -> String {
    rule(&format!("max_age: 1h, match: {text}"))
}

/// A service with every key there is.
const CUSTOM: &str = r#"
services:
  - name: acme
    title: Acme
    host: acme.googleapis.com
    regional_host: "{location}-acme.googleapis.com"
    version: v2
    profile: cancel-requested
    create_time: [/createTime, /progress/0/startTime]
    verb: []
    target: [/target]
    cancel_requested: [/cancelRequested]
    cancel_time: [/cancelTime]
    cancel_state: { at: [/state], is: [CANCELLING] }
    lists:
      - path: "projects/{project}/locations/{location}/jobs"
        names: ["projects/{project}/locations/{location}/jobs/*/operations/*"]
        filter: TYPE=any
    locations: ["projects/{project}/locations"]
    get: "{name}"
    cancel: "{name}:cancel"
    permission_prefix: acme
    permissions: { list: [acme.jobs.list], get: [acme.jobs.get], cancel: [acme.jobs.stop], locations: [] }
    requests_per_minute: 5
    requests_at_once: 2
    note: odd
"#;

#[test]
fn the_schema_leaves_it_to_the_parser_which_services_there_are_and_what_each_takes() {
    let validator = validator();
    for source in [
        with("scopes: [{ service: run, projects: [p], locations: all }]"),
        with("scopes: [{ service: spanner, projects: [p], locations: all }]"),
        with("scopes: [{ service: vision, projects: [p] }]"),
        with("scopes: [{ service: dataproc, projects: [p], locations: all }]"),
    ] {
        assert_eq!(verdicts(&validator, &source), (false, true), "{source}");
    }
}

#[test]
fn what_the_parser_takes_is_valid() {
    let validator = validator();
    for source in [
        with("mode: enforce"),
        with("scopes: [{ service: clouddeploy, projects: [p, 'example.com:q', '123'], locations: [l, m] }]"),
        with("scopes: [{ service: spanner, projects: [p], instances: [i] }]"),
        with("scopes: [{ service: firestore, projects: [p], databases: ['(default)'] }]"),
        with(
            "scopes: [{ service: vision }, { service: securityposture, organizations: ['1'], locations: [global] }]",
        ),
        format!("{}\n{CUSTOM}", with("scopes: [{ service: acme, projects: [p], locations: all }]")),
        with("protect: []"),
        with("protect: [{ name: x, match: { target: '**/prod-*' } }]"),
        rule("max_age: 90m, action: report"),
        rule("max_age: 1w 2d 3h 4m 5s"),
        rule("max_age: ' 1h 30m '"),
        rule("max_running: { count: 0 }"),
        rule("max_running: { count: 3, per: [verb, kind], cancel: newest }, action: cancel"),
        matching("{ verb: [create, update], project: p, cancellation_requested: true }"),
        matching("{ metadata: { '/a~1b/0': [x*, true, -1.5], /c: y } }"),
        matching("{ any: [{ verb: a }, { not: { all: [{ name: '**' }, { kind: k }] } }] }"),
        with("limits: {}"),
        with("limits: { max_cancellations: 0, max_share: 12.5%, when_exceeded: cancel_none }"),
        with("limits: { max_share: 100.00% }"),
        with("limits: { max_share: 007% }"),
        with("active: [{ days: [mon, sun], hours: '08:00-18:00', time_zone: Europe/Berlin }]"),
        with("freeze: [{ name: year-end, dates: 2026-12-20..2027-01-06 }, { dates: 2026-12-24 }]"),
        with("freeze: [{ hours: '22:00-06:00' }, { hours: '00:00-24:00' }]"),
        rule("max_age: 1h, active: [{ days: [mon] }], freeze: [{ hours: '12:00-13:00' }]"),
        with("follow_up: {}"),
        with("follow_up: { for: 0s }"),
        with("lint: {}"),
        with("lint: { allow: [] }"),
        with("lint: { allow: [{ check: max-age-too-long, reason: it is so, rule: r }] }"),
    ] {
        assert_eq!(verdicts(&validator, &source), (true, true), "{source}");
    }
}

#[test]
fn what_has_the_wrong_form_is_refused_by_both() {
    let validator = validator();
    for source in [
        "version: 1".to_owned(),
        "[1]".to_owned(),
        with("version: 2"),
        with("version: '1'"),
        with("version:"),
        BASE.replace("version: 1\n", ""),
        with("surplus: 1"),
        with("Limits: {}"),
        with("mode: off"),
        with("mode: true"),
        with("mode:"),
        with("scopes: []"),
        with("scopes: {}"),
        with("services: []"),
        with("services: [{ title: nameless }]"),
        with("services: [{ name: acme, hosts: acme.googleapis.com }]"),
        with("services: [{ name: acme, profile: other }]"),
        with("services: [{ name: acme, create_time: createTime }]"),
        with("services: [{ name: acme, create_time: [createTime] }]"),
        with("services: [{ name: acme, lists: [] }]"),
        with("services: [{ name: acme, lists: [{ names: [a] }] }]"),
        with("services: [{ name: acme, cancel_state: { at: [/state] } }]"),
        with("services: [{ name: acme, permissions: { stop: [] } }]"),
        with("services: [{ name: acme, requests_per_minute: 0 }]"),
        with("scopes: [{ service: spanner, projects: [p], instances: [] }]"),
        with("scopes: [{ projects: [p] }]"),
        with("scopes: [{ locations: all }]"),
        with("scopes: [{ projects: p, locations: all }]"),
        with("scopes: [{ projects: [], locations: all }]"),
        with("scopes: [{ projects: [p, p], locations: all }]"),
        with("scopes: [{ projects: [a/b], locations: all }]"),
        with("scopes: [{ projects: ['-'], locations: all }]"),
        with("scopes: [{ projects: [123], locations: all }]"),
        with("scopes: [{ projects: [~], locations: all }]"),
        with("scopes: [{ projects: [p], locations: europe-west1 }]"),
        with("scopes: [{ projects: [p], locations: [all] }]"),
        with("scopes: [{ projects: [p], locations: [l, l] }]"),
        with("scopes: [{ projects: [p], locations: [] }]"),
        with("active: []"),
        with("freeze: []"),
        with("active: { days: [mon] }"),
        with("active: [{}]"),
        with("active: [{ time_zone: UTC }]"),
        with("active: [{ days: [] }]"),
        with("active: [{ days: [mon, mon] }]"),
        with("active: [{ days: [monday] }]"),
        with("active: [{ days: mon }]"),
        with("active: [{ hours: 8-18 }]"),
        with("active: [{ hours: '24:00-06:00' }]"),
        with("freeze: [{ dates: 2026-1-6 }]"),
        with("freeze: [{ dates: [2026-01-06] }]"),
        with("freeze: [{ days: [mon], until: 2026-01-06 }]"),
        rule("max_age: 1h, freeze: [{}]"),
        with("protect:"),
        with("protect: [{ name: x }]"),
        with("protect: [{ match: { verb: x } }]"),
        with("protect: [{ name: x, match: {} }]"),
        with("rules: []"),
        with("rules: { r: 1h }"),
        with("rules: [{ max_age: 1h }]"),
        with("rules: [{ name: '', max_age: 1h }]"),
        with("rules: [{ name: ' ', max_age: 1h }]"),
        with("rules: [{ name: 1, max_age: 1h }]"),
        with("rules: [{ name: \"a\\nb\", max_age: 1h }]"),
        with(&format!("rules: [{{ name: {}, max_age: 1h }}]", "r".repeat(101))),
        rule("action: report"),
        rule("max_age: 1h, max_running: { count: 1 }"),
        rule("max_age: 1h, action: kill"),
        rule("max_age: 1h, max_agee: 2h"),
        rule("max_age: 90"),
        rule("max_age: '90'"),
        rule("max_age: 0s"),
        rule("max_age: -1h"),
        rule("max_age: 2M"),
        rule("max_age: 1.5h"),
        rule("max_age: 30m1h"),
        rule("max_age: 1h1h"),
        rule("max_age: ''"),
        rule("max_age: [1h]"),
        rule("max_age: "),
        rule("max_running: 1"),
        rule("max_running: { per: [verb] }"),
        rule("max_running: { count: -1 }"),
        rule("max_running: { count: '1' }"),
        rule("max_running: { count: 1.5 }"),
        rule("max_running: { count: 1, per: [] }"),
        rule("max_running: { count: 1, per: verb }"),
        rule("max_running: { count: 1, per: [verb, verb] }"),
        rule("max_running: { count: 1, per: [name] }"),
        rule("max_running: { count: 1, cancel: newer }"),
        matching("{}"),
        matching("[]"),
        matching(""),
        matching("{ vrb: x }"),
        matching("{ verb: [] }"),
        matching("{ verb: '' }"),
        matching("{ verb: 1 }"),
        matching("{ verb: true }"),
        matching("{ verb: }"),
        matching("{ verb: { a: b } }"),
        matching("{ verb: [[a]] }"),
        matching(&format!("{{ verb: {} }}", "v".repeat(1_001))),
        matching("{ any: [] }"),
        matching("{ any: { verb: x } }"),
        matching("{ any: [{}] }"),
        matching("{ not: {} }"),
        matching("{ not: [{ verb: x }] }"),
        matching("{ cancellation_requested: yes }"),
        matching("{ cancellation_requested: [true] }"),
        matching("{ metadata: {} }"),
        matching("{ metadata: { a: 1 } }"),
        matching("{ metadata: { /a~2: 1 } }"),
        matching("{ metadata: { /a: [] } }"),
        matching("{ metadata: { /a: } }"),
        matching("{ metadata: { /a: { b: 1 } } }"),
        with("limits:"),
        with("limits: { maxshare: 1% }"),
        with("limits: { max_cancellations: '5' }"),
        with("limits: { max_cancellations: -5 }"),
        with("limits: { max_share: 25 }"),
        with("limits: { max_share: 101% }"),
        with("limits: { max_share: 100.01% }"),
        with("limits: { max_share: 1.234% }"),
        with("limits: { max_share: -5% }"),
        with("limits: { when_exceeded: cancel_newest }"),
        with("follow_up: 60s"),
        with("follow_up: { for: 60 }"),
        with("follow_up: { until: 60s }"),
        with("lint: []"),
        with("lint: { deny: [] }"),
        with("lint: { allow: max-age-too-long }"),
        with("lint: { allow: [{ check: max-age-too-long }] }"),
        with("lint: { allow: [{ check: max-age-too-long, reason: '' }] }"),
        with("lint: { allow: [{ check: max-age-too-long, reason: ' ' }] }"),
        with("lint: { allow: [{ reason: it is so }] }"),
        with("lint: { allow: [{ check: max-age-to-long, reason: it is so }] }"),
        with("lint: { allow: [{ check: max-age-too-long, reason: it is so, rule: [r] }] }"),
    ] {
        assert_eq!(verdicts(&validator, &source), (false, false), "{source}");
    }
}

#[test]
fn the_committed_schema_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/policy.schema.json");
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let want = format!("{:#}\n", schema());
    assert!(
        committed == want,
        "{} is not current: run `cargo run --quiet -- schema > policies/policy.schema.json`",
        path.display()
    );
}
