//! Each check, with a policy in which it finds something and one that is nearly the same, in which it does not.

use std::collections::BTreeSet;
use std::time::Duration;

use curfew::lint::CHECKS;

use crate::{checks, findings, findings_for};

/// A policy that audits two projects in one location; parts are put in, or take the place of its own.
fn policy(sections: &str) -> String {
    let mut source = "version: 1\n".to_owned();
    for (key, default) in [
        ("scopes", "scopes: [{ projects: [acme-web, acme-data], locations: [europe-west1] }]"),
        ("rules", "rules: [{ name: old, max_age: 1d }]"),
    ] {
        if !sections.lines().any(|line| line.starts_with(&format!("{key}:"))) {
            source.push_str(&format!("{default}\n"));
        }
    }
    source + sections + "\n"
}

/// Rules, each as `name: what it says`.
fn rules(rules: &[&str]) -> String {
    let rules: Vec<String> = rules.iter().map(|rule| format!("  - {{ {rule} }}")).collect();
    format!("rules:\n{}", rules.join("\n"))
}

/// A check, where it finds something, and how much has to change that it does not.
fn cases() -> Vec<(&'static str, &'static str, String, String)> {
    let two = |first: &str, second: &str| {
        policy(&rules(&[
            &format!("name: a, max_age: 1h, match: {first}"),
            &format!("name: b, max_age: 1h{second}"),
        ]))
    };
    let protected = |protection: &str, rule: &str| {
        policy(&format!(
            "protect: [{{ name: p, match: {protection} }}]\n{}",
            rules(&[&format!("name: a, max_age: 1h{rule}")])
        ))
    };
    let one = |rule: &str| policy(&rules(&[&format!("name: a, {rule}")]));
    let matching = |text: &str| one(&format!("max_age: 1h, match: {text}"));
    let enforce = |more: &str| {
        policy(&format!("mode: enforce\nprotect: [{{ name: p, match: {{ verb: delete }} }}]\n{more}"))
    };
    // Of Vertex AI's operations neither a verb nor a target is told.
    let vertex = |of: &[&str]| {
        let places = "projects: [acme-web], locations: [europe-west1]";
        let scopes = format!("scopes: [{{ {places} }}, {{ service: aiplatform, {places} }}]");
        policy(&format!("{scopes}\n{}", rules(of)))
    };
    let allow =
        |what: &str| policy(&format!("{}\nlint: {{ allow: [{what}] }}", rules(&["name: a, max_age: 60d"])));
    vec![
        (
            "unreachable-rule",
            "rules[1].name",
            two("{ verb: 'c*' }", ", match: { verb: create, target: t }"),
            two("{ verb: 'cr*x' }", ", match: { verb: create, target: t }"),
        ),
        // What an earlier rule is unknown for does not get further either.
        (
            "unreachable-rule",
            "rules[2].name",
            policy(&rules(&[
                "name: a, max_age: 1h, match: { verb: create }",
                "name: b, max_age: 1h, match: { not: { verb: create } }",
                "name: c, max_age: 1h",
            ])),
            policy(&rules(&[
                "name: a, max_age: 1h, match: { verb: create }",
                "name: b, max_age: 1h, match: { verb: update }",
                "name: c, max_age: 1h",
            ])),
        ),
        // Two rules together.
        (
            "unreachable-rule",
            "rules[2].name",
            policy(&rules(&[
                "name: a, max_age: 1h, match: { verb: create }",
                "name: b, max_age: 1h, match: { verb: update }",
                "name: c, max_age: 1h, match: { verb: [update, create] }",
            ])),
            policy(&rules(&[
                "name: a, max_age: 1h, match: { verb: create }",
                "name: b, max_age: 1h, match: { verb: update }",
                "name: c, max_age: 1h, match: { verb: [update, delete] }",
            ])),
        ),
        (
            "unreachable-rule",
            "rules[1].name",
            policy(&rules(&[
                "name: a, max_age: 1h",
                "name: b, max_running: { count: 1 }, match: { target: '**/x' }",
            ])),
            policy(&rules(&[
                "name: b, max_running: { count: 1 }, match: { target: '**/x' }",
                "name: a, max_age: 1h",
            ])),
        ),
        (
            "unreachable-rule",
            "rules[1].name",
            two("{ kind: 'a.*' }", ", match: { kind: a.B }"),
            two("{ kind: 'b.*' }", ", match: { kind: a.B }"),
        ),
        (
            "unreachable-rule",
            "rules[1].name",
            two("{ metadata: { /a: ['x*', 1] } }", ", match: { metadata: { /a: xy } }"),
            two("{ metadata: { /b: ['x*', 1] } }", ", match: { metadata: { /a: xy } }"),
        ),
        (
            "rule-fully-protected",
            "rules[0].name",
            protected("{ target: '**/prod-*' }", ", match: { target: '**/targets/prod-*' }"),
            protected("{ target: '**/prod-*' }", ", match: { target: '**/targets/*' }"),
        ),
        (
            "rule-fully-protected",
            "rules[0].name",
            protected("{ any: [{ verb: create }, { not: { verb: create } }] }", ""),
            protected("{ verb: create }", ""),
        ),
        (
            "match-never-true",
            "rules[0].match",
            matching("{ verb: create, not: { verb: 'c*' } }"),
            matching("{ verb: create, not: { verb: 'd*' } }"),
        ),
        (
            "match-never-true",
            "rules[0].match",
            matching("{ name: 'operations/*' }"),
            matching("{ name: '**/operations/*' }"),
        ),
        (
            "match-never-true",
            "rules[0].match",
            matching("{ project: 'projects/acme-web' }"),
            matching("{ project: 'acme-web' }"),
        ),
        (
            "match-never-true",
            "rules[0].match",
            matching("{ all: [{ metadata: { /a: 1 } }, { metadata: { /a: true } }] }"),
            matching("{ all: [{ metadata: { /a: 1 } }, { metadata: { /b: true } }] }"),
        ),
        (
            "match-never-true",
            "protect[0].match",
            protected("{ all: [{ target: 'a/*' }, { target: 'b/*' }] }", ""),
            protected("{ any: [{ target: 'a/*' }, { target: 'b/*' }] }", ""),
        ),
        (
            "match-outside-scopes",
            "protect[0].match",
            protected("{ project: acme-wbe }", ""),
            protected("{ project: acme-web }", ""),
        ),
        (
            "match-outside-scopes",
            "rules[0].match",
            matching("{ location: 'us-*', verb: create }"),
            matching("{ location: 'eu*', verb: create }"),
        ),
        (
            "matches-everything",
            "protect[0].match",
            protected("{ target: '**' }", ""),
            protected("{ target: '**/x' }", ""),
        ),
        (
            "matches-everything",
            "rules[0].match.target",
            matching("{ target: '**', verb: create }"),
            matching("{ target: '**/*-*', verb: create }"),
        ),
        (
            "matches-everything",
            "rules[0].match.any[1].project[0]",
            matching("{ any: [{ verb: delete }, { project: ['*', acme-web], verb: create }] }"),
            matching("{ any: [{ verb: delete }, { project: ['acme-*'], verb: create }] }"),
        ),
        ("max-age-too-short", "rules[0].max_age", one("max_age: 4m59s"), one("max_age: 5m")),
        ("max-age-too-long", "rules[0].max_age", one("max_age: 30d1s"), one("max_age: 30d")),
        (
            "max-running-of-none",
            "rules[0].max_running.count",
            one("max_running: { count: 0 }"),
            one("max_running: { count: 0 }, action: report"),
        ),
        (
            "enforce-without-limits",
            "mode",
            enforce("limits: { when_exceeded: cancel_none }"),
            enforce("limits: { max_share: 10% }"),
        ),
        ("enforce-without-limits", "mode", enforce(""), policy("")),
        (
            "enforce-cancels-nothing",
            "limits.max_cancellations",
            enforce("limits: { max_cancellations: 0 }"),
            enforce("limits: { max_cancellations: 1 }"),
        ),
        (
            "enforce-cancels-nothing",
            "limits.max_share",
            enforce("limits: { max_share: 0% }"),
            enforce("limits: { max_share: 0.01% }"),
        ),
        (
            "enforce-cancels-nothing",
            "mode",
            enforce("rules: [{ name: a, max_age: 1h, action: report }]"),
            policy("rules: [{ name: a, max_age: 1h, action: report }]"),
        ),
        ("cancels-anything", "rules[0].name", policy("mode: enforce"), enforce("")),
        (
            "scope-listed-twice",
            "scopes[1].projects[1]",
            policy("scopes: [{ projects: [a], locations: all }, { projects: [b, a], locations: [l] }]"),
            policy("scopes: [{ projects: [a], locations: [k] }, { projects: [b, a], locations: [l] }]"),
        ),
        (
            "names-differ-only-in-case",
            "rules[1].name",
            policy(
                "rules: [{ name: Old, max_age: 1h, match: { verb: create } }, { name: old, max_age: 1h }]",
            ),
            policy(
                "rules: [{ name: older, max_age: 1h, match: { verb: create } }, { name: old, max_age: 1h }]",
            ),
        ),
        (
            "follow-up-beyond-timeout",
            "follow_up.for",
            policy("follow_up: { for: 241s }"),
            policy("follow_up: { for: 4m }"),
        ),
        (
            "unknown-verb",
            "rules[0].match.verb[1]",
            matching("{ verb: [create, updat] }"),
            matching("{ verb: [create, 'updat?'] }"),
        ),
        (
            "unknown-verb",
            "protect[0].match.not.verb",
            protected("{ not: { verb: Delete } }", ""),
            protected("{ not: { verb: delete } }", ""),
        ),
        (
            "host-not-googles",
            "services",
            policy(
                "services: [{ name: acme, host: acme.example }]\nscopes: [{ service: acme, projects: [p], locations: all }]",
            ),
            policy("services: [{ name: acme }]\nscopes: [{ service: acme, projects: [p], locations: all }]"),
        ),
        (
            "field-not-told",
            "rules[0].match",
            vertex(&["name: a, max_age: 1h, match: { target: '**/prod-*' }"]),
            vertex(&["name: a, max_age: 1h, match: { target: '**/prod-*', service: clouddeploy }"]),
        ),
        (
            "field-not-told",
            "rules[0].match",
            vertex(&["name: a, max_age: 1h, match: { not: { verb: delete } }"]),
            vertex(&[
                "name: a, max_age: 1h, match: { any: [{ not: { verb: delete } }, { service: aiplatform }] }",
            ]),
        ),
        // It is false of most, and can be true of none.
        (
            "field-not-told",
            "rules[0].match",
            policy(&format!(
                "scopes: [{{ service: vision }}]\n{}",
                rules(&["name: a, max_age: 1h, match: { kind: 'x*', project: p }", "name: b, max_age: 1h"])
            )),
            policy(&format!(
                "scopes: [{{ service: vision }}]\n{}",
                rules(&["name: a, max_age: 1h, match: { kind: 'x*' }", "name: b, max_age: 1h"])
            )),
        ),
        (
            "field-not-told",
            "protect[0].match",
            format!(
                "{}protect: [{{ name: p, match: {{ target: '**/prod-*' }} }}]\n",
                vertex(&["name: a, max_age: 1h"])
            ),
            format!(
                "{}protect: [{{ name: p, match: {{ target: '**/prod-*', service: clouddeploy }} }}]\n",
                vertex(&["name: a, max_age: 1h"])
            ),
        ),
        (
            "field-not-told",
            "rules[0].max_running",
            vertex(&["name: a, max_running: { count: 1, per: [target] }"]),
            vertex(&["name: a, max_running: { count: 1, per: [project] }"]),
        ),
        (
            "field-not-told",
            "rules[0].max_age",
            policy(&format!("scopes: [{{ service: serviceusage }}]\n{}", rules(&["name: a, max_age: 1h"]))),
            policy(&format!("scopes: [{{ service: vision }}]\n{}", rules(&["name: a, max_age: 1h"]))),
        ),
        (
            "allow-without-effect",
            "lint.allow[0].check",
            allow("{ check: max-age-too-short, reason: so it is }"),
            allow("{ check: max-age-too-long, reason: so it is }"),
        ),
        (
            "allow-without-effect",
            "lint.allow[0].check",
            allow("{ check: max-age-too-long, reason: so it is, rule: b }"),
            allow("{ check: max-age-too-long, reason: so it is, rule: a }"),
        ),
    ]
}

#[test]
fn each_check_finds_what_it_is_for_where_it_stands() {
    for (check, path, wrong, _) in cases() {
        let findings = findings(&wrong);
        let found = findings.found.iter().find(|located| located.finding.check == check);
        let found = found.unwrap_or_else(|| panic!("no {check} in\n{wrong}\n{}", findings.warnings()));
        assert_eq!(found.finding.path.to_string(), path, "{wrong}");
        let line = wrong.lines().nth(found.place.line - 1).unwrap();
        assert!(
            line.chars().count() >= found.place.column + found.place.width - 1,
            "{:?} in {line:?}",
            found.place
        );
    }
}

#[test]
fn no_check_finds_anything_in_what_is_nearly_the_same() {
    for (check, _, _, right) in cases() {
        let findings = findings(&right);
        assert!(!checks(&findings).contains(&check), "{check} in\n{right}\n{}", findings.warnings());
    }
}

#[test]
fn every_check_has_both_policies_and_is_one_that_can_be_silenced() {
    let tried: BTreeSet<&str> = cases().iter().map(|(check, ..)| *check).collect();
    let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(tried, names.iter().copied().collect::<BTreeSet<_>>());
    assert_eq!(names, curfew::policy::LINT_CHECKS);
}

#[test]
fn a_rule_that_is_never_reached_comes_with_an_operation_and_the_rule_that_takes_it() {
    let source = policy(&rules(&[
        "name: changes, max_age: 1h, match: { verb: [create, update] }",
        "name: production, max_age: 1h, match: { verb: update, target: '**/targets/prod-*' }",
    ]));
    let findings = findings(&source);
    let [located] = findings.found.as_slice() else { panic!("{}", findings.warnings()) };
    assert_eq!(
        located.finding.message,
        "this rule is never reached: `changes` takes every operation that it matches"
    );
    assert_eq!(
        located.finding.example.as_deref().unwrap(),
        "verb `update`, target `projects/acme-web/locations/europe-west1/targets/prod-1`: taken by `changes`"
    );
}

#[test]
fn a_finding_is_silenced_by_name_and_only_for_its_rule() {
    let source = |allow: &str| {
        policy(&format!(
            "{}\nlint: {{ allow: [{{ check: max-age-too-long, reason: they take months{allow} }}] }}",
            rules(&["name: a, max_age: 60d, match: { verb: create }", "name: b, max_age: 90d"])
        ))
    };
    let all = findings(&source(""));
    assert_eq!((all.found.len(), all.silenced.len()), (0, 2));
    assert_eq!(&*all.silenced[0].1, "they take months");
    let one = findings(&source(", rule: a"));
    assert_eq!((checks(&one), one.silenced.len()), (vec!["max-age-too-long"], 1));
    assert_eq!(one.found[0].finding.rule.as_deref(), Some("b"));
}

#[test]
fn an_allowance_without_effect_can_itself_be_accepted() {
    let source = policy(
        "lint: { allow: [{ check: unknown-verb, reason: a }, { check: allow-without-effect, reason: shared file }] }",
    );
    let findings = findings(&source);
    assert_eq!((checks(&findings), findings.silenced.len()), (vec![], 1));
}

#[test]
fn the_functions_timeout_is_a_parameter() {
    let source = policy("follow_up: { for: 5m }");
    assert_eq!(checks(&findings_for(&source, Duration::from_secs(300))), Vec::<&str>::new());
    assert_eq!(checks(&findings_for(&source, Duration::from_secs(299))), ["follow-up-beyond-timeout"]);
}

/// The limits of every search hold: a policy that no person wrote ends soon, and nothing is claimed of it.
#[test]
fn a_policy_that_is_too_large_to_reason_about_ends_soon() {
    let wide: Vec<String> = (0..60)
        .map(|n| {
            format!("name: r{n}, max_age: 1h, match: {{ target: '**/a{n}-*/**', metadata: {{ /a/{n}: x, /b/{n}: 'y*' }} }}")
        })
        .collect();
    let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
    let heavy = format!("{{ target: '*a{}', verb: '*b{}' }}", "?".repeat(60), "?".repeat(60));
    let started = std::time::Instant::now();
    for source in [policy(&rules(&wide)), policy(&rules(&[&format!("name: a, max_age: 1h, match: {heavy}")]))]
    {
        findings(&source);
    }
    // It takes a fraction of it; what is exponential takes years.
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}
