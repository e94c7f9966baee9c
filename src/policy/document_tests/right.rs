//! Right policies, and what they say.

use std::time::Duration;

use super::super::super::model::{
    Action, CancelOrder, Field, Limit, Limits, Match, Mode, Policy, Share, WhenExceeded,
};
use super::super::super::scope::Locations;
use super::{BASE, policy};
use crate::catalogue::Part;

pub(super) const EXAMPLE: &str = include_str!("../../../policies/example.yaml");

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

#[test]
fn the_example_says_what_its_words_say() {
    let got = policy(EXAMPLE);
    assert_eq!(got.mode, Mode::Enforce);

    let [scope] = got.scopes.as_slice() else { panic!("{:?}", got.scopes) };
    assert_eq!(scope.service.name.as_str(), "clouddeploy");
    let projects: Vec<&str> = scope.values(Part::Project).iter().map(|project| &**project).collect();
    assert_eq!(projects, ["acme-web", "acme-data"]);
    let Some(Locations::Listed(locations)) = &scope.locations else { panic!("{scope:?}") };
    assert_eq!(locations.len(), 1);
    assert_eq!(&*locations[0], "europe-west1");

    let protections: Vec<String> = got.protect.iter().map(ToString::to_string).collect();
    assert_eq!(protections, ["production: target: **/targets/prod-*"]);

    let rules: Vec<String> = got.rules.iter().map(ToString::to_string).collect();
    assert_eq!(
        rules,
        [
            "stuck-changes: max_age 2h, for verb: create or update",
            "superseded: max_running 1 per verb, target, for target: **/deliveryPipelines/**",
            "anything-else: max_age 1d, report only, for everything",
        ]
    );
    let [stuck, superseded, rest] = got.rules.as_slice() else { panic!() };
    assert!(matches!(stuck.limit, Limit::MaxAge(age) if age == hours(2)) && stuck.action == Action::Cancel);
    let Limit::MaxRunning(running) = &superseded.limit else { panic!("{superseded:?}") };
    assert_eq!(
        (running.count, running.per.as_slice(), running.cancel),
        (1, [Field::Verb, Field::Target].as_slice(), CancelOrder::Oldest)
    );
    assert!(matches!(rest.limit, Limit::MaxAge(age) if age == hours(24)) && rest.action == Action::Report);
    assert!(matches!(&rest.matches, Match::All(parts) if parts.is_empty()));

    let want = Limits {
        max_cancellations: 20,
        max_share: Share::from_basis_points(2_500),
        when_exceeded: WhenExceeded::CancelOldest,
    };
    assert_eq!(got.limits, want);
    assert_eq!(got.follow_up_for, Duration::from_secs(60));
}

#[test]
fn every_policy_that_is_shipped_is_right() {
    let mut seen = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/policies")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy();
        if !name.ends_with(".yaml") || name.ends_with(".test.yaml") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        Policy::parse(&bytes, &path.display().to_string()).unwrap_or_else(|error| panic!("{error}"));
        seen += 1;
    }
    assert!(seen >= 2);
}

#[test]
fn what_is_left_out_has_its_default() {
    let got = policy(BASE);
    assert_eq!(got.mode, Mode::Audit);
    assert_eq!(got.scopes[0].service.name.as_str(), "clouddeploy");
    assert_eq!(got.scopes[0].locations, Some(Locations::All));
    assert!(got.protect.is_empty());
    assert_eq!(got.rules[0].action, Action::Cancel);
    let want = Limits { max_cancellations: 25, max_share: None, when_exceeded: WhenExceeded::CancelOldest };
    assert_eq!(got.limits, want);
    assert_eq!(got.follow_up_for, Duration::from_secs(60));
}

#[test]
fn each_part_of_limits_has_its_own_default() {
    for (limits, want) in [
        ("{}", Limits::default()),
        ("{max_cancellations: 0}", Limits { max_cancellations: 0, ..Limits::default() }),
        ("{max_share: 0%}", Limits { max_share: Share::from_basis_points(0), ..Limits::default() }),
        ("{max_share: 12.5%}", Limits { max_share: Share::from_basis_points(1_250), ..Limits::default() }),
        ("{max_share: '100%'}", Limits { max_share: Share::from_basis_points(10_000), ..Limits::default() }),
        (
            "{when_exceeded: cancel_none}",
            Limits { when_exceeded: WhenExceeded::CancelNone, ..Limits::default() },
        ),
    ] {
        assert_eq!(policy(&format!("{BASE}limits: {limits}")).limits, want, "{limits}");
    }
}

#[test]
fn a_follow_up_may_be_nothing() {
    assert_eq!(policy(&format!("{BASE}follow_up: {{for: 0s}}")).follow_up_for, Duration::ZERO);
    assert_eq!(policy(&format!("{BASE}follow_up: {{}}")).follow_up_for, Duration::from_secs(60));
}

#[test]
fn max_running_needs_no_more_than_a_count() {
    for (running, want) in [
        ("{count: 0}", "max_running 0"),
        ("{count: 3, per: [kind], cancel: newest}", "max_running 3 per kind, cancel newest"),
    ] {
        let got = policy(&BASE.replace("max_age: 1h", &format!("max_running: {running}")));
        assert_eq!(got.rules[0].limit.to_string(), want);
    }
}

#[test]
fn a_match_nests_and_keeps_its_order() {
    for (text, want) in [
        ("{verb: on}", "verb: on"),
        ("{verb: yes}", "verb: yes"),
        ("{verb: '1'}", "verb: 1"),
        ("{cancellation_requested: true}", "cancellation_requested: true"),
        ("{verb: delete, project: [a, b-*]}", "all of (verb: delete; project: a or b-*)"),
        (
            "{any: [{verb: a}, {not: {location: l, name: '**'}}]}",
            "any of (verb: a; not (all of (location: l; name: **)))",
        ),
        ("{all: [{service: s}, {kind: '**.v1.*'}], not: {verb: x}}", ""),
        (
            "{metadata: {/a: 1, /b/0: [x*, true, '2', -1.5, 1e3]}}",
            "all of (metadata /a: 1; metadata /b/0: x* or true or 2 or -1.5 or 1000.0)",
        ),
    ] {
        let source = format!("{BASE}    match: {text}\n");
        if want.is_empty() {
            // `**` in the middle of a segment is no pattern, wherever it stands.
            assert!(Policy::parse(source.as_bytes(), "p").is_err(), "{text}");
        } else {
            assert_eq!(policy(&source).rules[0].matches.to_string(), want, "{text}");
        }
    }
}

#[test]
fn a_rule_and_a_protection_may_share_a_name() {
    policy(&format!("{BASE}protect: [{{name: r, match: {{verb: x}}}}]"));
}

#[test]
fn nothing_may_be_protected_in_so_many_words() {
    assert!(policy(&format!("{BASE}protect: []")).protect.is_empty());
}

#[test]
fn a_finding_is_accepted_by_name_with_a_reason_and_perhaps_for_one_rule() {
    let source = format!(
        "{BASE}lint: {{allow: [{{check: max-age-too-long, reason: they take months, rule: r}}, \
         {{check: unknown-verb, reason: it is new}}]}}"
    );
    let got: Vec<_> = policy(&source).allow.iter().map(|a| (a.check.clone(), a.rule.is_some())).collect();
    assert_eq!(got, [("max-age-too-long".into(), true), ("unknown-verb".into(), false)]);
    for nothing in ["lint: {}", "lint: {allow: []}"] {
        assert!(policy(&format!("{BASE}{nothing}")).allow.is_empty(), "{nothing}");
    }
}

#[test]
fn an_anchor_may_be_used_for_a_match_in_two_rules() {
    let source =
        format!("{BASE}    match: &web {{project: web}}\n  - name: s\n    max_age: 2h\n    match: *web\n");
    assert_eq!(policy(&source).rules[1].matches.to_string(), "project: web");
}

#[test]
fn the_digest_is_of_the_bytes_as_they_came() {
    // From `sha256sum` over the same bytes.
    let want = "sha256:137a29096837414da0059cfd2e250d8ca103ae7533d13ed5eac404d6442f5d90";
    assert_eq!(policy(BASE).digest, want);
    assert_ne!(policy(&format!("{BASE}\n")).digest, want);
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_change_nothing() {
    let got = policy(&format!("\u{feff}{}", EXAMPLE.replace('\n', "\r\n")));
    assert_eq!(got.rules.len(), 3);
}
