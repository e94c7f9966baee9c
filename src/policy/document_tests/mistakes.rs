//! Wrong policies: each mistake with its place, and with what would be right.

use super::{BASE, error, problems};

/// Appends to the right policy: a top-level section, or (indented) a part of its rule.
fn with(more: &str) -> Vec<String> {
    problems(&format!("{BASE}{more}"))
}

/// Changes one part of the right policy.
fn changed(from: &str, to: &str) -> Vec<String> {
    assert!(BASE.contains(from), "{from}");
    problems(&BASE.replace(from, to))
}

#[track_caller]
fn check(got: &[String], want: &str) {
    assert!(got.len() == 1 && got[0].starts_with(want), "\n got {got:#?}\nwant {want:?}");
}

#[test]
fn a_mistake_is_shown_as_a_person_needs_it() {
    let want = "\
error: unknown key `vrb` in a match
 --> policy.yaml:8:14
  |
8 |     match: { vrb: [create, update] }
  |              ^^^
  |
  = help: did you mean `verb`?";
    assert_eq!(error(&format!("{BASE}    match: {{ vrb: [create, update] }}\n")).to_string(), want);
}

#[test]
fn all_mistakes_of_a_file_are_named_at_once() {
    let source = "\
version: 2
mode: off
scopes:
  - service: run
    projects: [a/b, p, p]
    locations: [all]
protect:
  - name: x
rules:
  - name: a
    max_age: 90
    match: {}
  - name: a
    match: {target: 'x**', verb: []}
  - max_age: 1h
    max_running: {per: [name]}
    action: kill
limits: {max_share: 101%, max_cancellations: -1}
follow_up: {for: 1M}
surplus: 1
";
    let error = error(source);
    let got: Vec<(usize, usize)> = error.problems().iter().map(|p| (p.line(), p.column())).collect();
    let want = [
        (1, 10),  // version
        (2, 7),   // mode
        (4, 14),  // service
        (5, 16),  // slash
        (5, 24),  // twice
        (6, 17),  // all in a list
        (8, 5),   // no match
        (11, 14), // no unit
        (12, 12), // empty match
        (13, 5),  // no limit
        (13, 11), // name twice
        (14, 21), // pattern
        (14, 34), // empty list
        (15, 5),  // no name
        (16, 5),  // two limits
        (16, 18), // no count
        (16, 25), // name makes no groups
        (17, 13), // action
        (18, 21), // share
        (18, 46), // negative
        (19, 18), // month
        (20, 1),  // unknown key
    ];
    assert_eq!(got, want, "\n{error}");
    assert_eq!(error.to_string().matches("error: ").count(), want.len());
}

#[test]
fn a_version_is_one_and_a_number() {
    check(
        &changed("version: 1\n", ""),
        "1:1 the policy has no `version` | begin the policy with `version: 1`",
    );
    check(
        &changed("version: 1", "version: 2"),
        "1:10 `2` is not a version of the policy that is known | this curfew reads",
    );
    check(&changed("version: 1", "version: '1'"), "1:10 `version` must be a number, and this is in quotes");
    check(&changed("version: 1", "version: 1.0"), "1:10 `1.0` is not a version");
    check(&changed("version: 1", "version:"), "1:8 `version` has no value");
    check(&changed("version: 1", "version: [1]"), "1:10 `version` must be a number, and this is a list");
}

#[test]
fn a_policy_is_a_map_with_scopes_and_rules() {
    check(&problems("- version: 1"), "1:1 the policy must be a map, and this is a list");
    check(&problems("version"), "1:1 the policy must be a map, and this is the text `version`");
    let got = problems("version: 1");
    assert_eq!(got.len(), 2);
    assert!(
        got.iter().any(|p| p.starts_with("1:1 the policy has no `scopes` | say where to look")),
        "{got:?}"
    );
    assert!(got.iter().any(|p| p.starts_with("1:1 the policy has no `rules` | add a rule")), "{got:?}");
}

#[test]
fn an_unknown_key_names_the_right_one() {
    check(&with("    max_agee: 2h\n"), "8:5 unknown key `max_agee` in a rule | did you mean `max_age`?");
    check(
        &with("zzz: 1\n"),
        "8:1 unknown key `zzz` in the policy | the keys of the policy are `version`, `mode`, ",
    );
    check(&with("Limits: {}\n"), "8:1 unknown key `Limits` in the policy | did you mean `limits`?");
    check(&with("follow-up: {}\n"), "8:1 unknown key `follow-up` in the policy | did you mean `follow_up`?");
    check(
        &with("limits: {maxshare: 1%}\n"),
        "8:10 unknown key `maxshare` in `limits` | did you mean `max_share`?",
    );
    check(&with("    <<: {}\n"), "8:5 unknown key `<<` in a rule | merge keys are not read");
}

#[test]
fn a_misspelt_key_is_not_reported_as_missing_too() {
    check(&changed("max_age", "max_aeg"), "7:5 unknown key `max_aeg` in a rule | did you mean `max_age`?");
    check(&changed("rules", "rule"), "5:1 unknown key `rule` in the policy | did you mean `rules`?");
}

#[test]
fn a_mode_is_audit_or_enforce() {
    check(
        &with("mode: off\n"),
        "8:7 `off` is not a mode of a policy | take `audit` or `enforce`; the function itself",
    );
    check(
        &with("mode: enforced\n"),
        "8:7 unknown value `enforced` of `mode` | did you mean `enforce`? `mode` takes `audit`, `enforce`",
    );
    check(&with("mode: true\n"), "8:7 `mode` must be a text, and this is true");
    check(&with("mode:\n"), "8:5 `mode` has no value");
}

#[test]
fn a_scope_names_where_to_look() {
    check(&changed("\n  - projects: [p]\n    locations: all", " []"), "2:9 `scopes` is an empty list");
    check(&changed("\n  - projects: [p]\n    locations: all", ""), "2:7 `scopes` has no value");
    check(
        &changed("- projects: [p]", "- service: run\n    projects: [p]"),
        "3:14 unknown service `run` | curfew cannot police it: its operations can be listed, but not cancelled",
    );
    check(
        &changed("- projects: [p]", "- service: alloydbs\n    projects: [p]"),
        "3:14 unknown service `alloydbs` | did you mean `alloydb`?",
    );
    check(&changed("- projects: [p]\n    loc", "- loc"), "3:5 a scope has no `projects`");
    check(&changed("    locations: all\n", ""), "3:5 a scope has no `locations`");
    check(&changed("[p]", "[]"), "3:15 `projects` is an empty list");
    check(&changed("[p]", "p"), "3:15 `projects` must be a list, and this is the text `p`");
    check(&changed("[p]", "[p, q, p]"), "3:22 `p` is in this list twice");
    check(
        &changed("[p]", "[projects/p]"),
        "3:16 `projects/p` is not a project: it holds a slash | write the id or the number",
    );
    check(&changed("[p]", "['']"), "3:16 `` is not a project: it is empty");
    check(&changed("[p]", "['-']"), "3:16 `-` is not a project");
    check(&changed("[p]", "['*']"), "3:16 `*` is not a project: it holds a character");
    check(
        &changed("[p]", "[123]"),
        "3:16 a project must be a text, and this is the number 123 | put it into quotes: \"123\"",
    );
    check(&changed("[p]", "[~]"), "3:16 a project has no value");
    check(&changed("all", "[]"), "4:16 `locations` is an empty list");
    check(&changed("all", "[all]"), "4:17 `all` is not a location");
    check(&changed("all", "[a, '-']"), "4:20 `-` is not a location");
    check(&changed("all", "[a, a]"), "4:20 `a` is in this list twice");
    check(
        &changed("all", "europe-west1"),
        "4:16 `locations` must be a list, and this is the text `europe-west1`",
    );
    check(&changed("all", ""), "4:14 `locations` has no value");
}

#[test]
fn a_rule_has_a_name_of_its_own() {
    check(&changed("- name: r\n    max", "- max"), "6:5 a rule has no `name`");
    check(&changed("name: r", "name: ''"), "6:11 a name cannot be empty");
    check(&changed("name: r", "name: ' '"), "6:11 a name cannot be empty");
    check(
        &changed("name: r", "name: 1"),
        "6:11 `name` must be a text, and this is the number 1 | put it into quotes: \"1\"",
    );
    check(
        &changed("name: r", "name: no\n    action: true"),
        "7:13 `action` must be a text, and this is true",
    );
    check(&changed("name: r", "name: \"a\\nb\""), "6:11 a name is one line of plain text");
    check(
        &changed("name: r", &format!("name: {}", "r".repeat(101))),
        "6:11 a name has at most 100 characters",
    );
    check(
        &with("  - name: r\n    max_age: 2h\n"),
        "8:11 the name `r` is used twice | the first one is in line 6, column 11",
    );
    let twice = "protect: [{name: x, match: {verb: a}}, {name: x, match: {verb: b}}]\n";
    check(&with(twice), "8:47 the name `x` is used twice");
}

#[test]
fn a_rule_has_exactly_one_limit() {
    check(
        &changed("    max_age: 1h\n", ""),
        "6:5 this rule has no limit, and would cancel everything that it matches | add one",
    );
    check(&with("    max_running: {count: 1}\n"), "8:5 this rule has two limits");
    check(
        &changed("\n  - name: r\n    max_age: 1h", " []"),
        "5:8 `rules` is an empty list | a policy needs a rule",
    );
    check(&changed("\n  - name: r\n    max_age: 1h", ""), "5:6 `rules` has no value");
    check(
        &changed("\n  - name: r\n    max_age: 1h", " {r: 1h}"),
        "5:8 `rules` must be a list, and this is a map",
    );
}

#[test]
fn a_duration_has_its_unit() {
    let age = |age: &str| changed("1h", age);
    let unit = "7:14 a duration needs a unit: `90m`, `2h`, `1h30m`, `3d` | do you mean `90m` or `90h`?";
    check(&age("90"), unit);
    check(&age("'90'"), unit);
    check(&age("0s"), "7:14 `max_age` must be longer than nothing");
    check(&age("-1h"), "7:14 not a duration");
    check(&age("2M"), "7:14 `M` is not a unit");
    check(&age("1month"), "7:14 `month` is not a unit");
    check(&age("1.5h"), "7:14 not a duration");
    check(&age("1e3"), "7:14 `e` is not a unit");
    check(&age("99999999d"), "7:14 the duration is longer than 100 years");
    check(&age("[1h]"), "7:14 `max_age` must be a duration, and this is a list");
    check(&age(""), "7:12 `max_age` has no value");
    check(&with("follow_up: {for: 60}"), "8:18 a duration needs a unit");
    check(&with("follow_up: 60s"), "8:12 `follow_up` must be a map, and this is the text `60s`");
}

#[test]
fn max_running_has_a_count_and_fields_that_make_groups() {
    let running = |text: &str| changed("max_age: 1h", &format!("max_running: {text}"));
    check(&running("{per: [verb]}"), "7:18 `max_running` has no `count`");
    check(&running("1"), "7:18 `max_running` must be a map, and this is the number 1");
    check(
        &running("{count: '1'}"),
        "7:26 `count` must be a whole number from 0, and this is the text `1` | leave the quotes out: `count: 1`",
    );
    check(&running("{count: -1}"), "7:26 `count` cannot be negative");
    for wrong in ["0o7", "0x7", "07", "1e3", "1.0", "+1", "1_000", "one", ".inf", "true"] {
        check(
            &running(&format!("{{count: {wrong}}}")),
            "7:26 `count` must be a whole number from 0, and this is ",
        );
    }
    check(&running("{count: }"), "7:24 `count` has no value");
    check(&running("{count: 99999999999999999999}"), "7:26 `count` is too large");
    check(&running("{count: 1, per: []}"), "7:34 `per` is an empty list");
    check(&running("{count: 1, per: verb}"), "7:34 `per` must be a list");
    check(&running("{count: 1, per: [verb, verb]}"), "7:41 `verb` is in this list twice");
    for wrong in ["name", "cancellation_requested", "metadata", "x"] {
        check(
            &running(&format!("{{count: 1, per: [{wrong}]}}")),
            &format!("7:35 unknown value `{wrong}` of `per` | "),
        );
    }
    check(
        &running("{count: 1, cancel: newer}"),
        "7:37 unknown value `newer` of `cancel` | did you mean `newest`?",
    );
}

#[test]
fn limits_are_numbers_and_shares() {
    let limits = |text: &str| with(&format!("limits: {{{text}}}"));
    check(&limits("max_cancellations: '5'"), "8:29 `max_cancellations` must be a whole number from 0");
    check(
        &limits("max_cancellations: 5%"),
        "8:29 `max_cancellations` must be a whole number from 0, and this is the text `5%`",
    );
    check(&limits("max_cancellations: -5"), "8:29 `max_cancellations` cannot be negative");
    for wrong in ["25", "0.25", "'25'", "all"] {
        check(
            &limits(&format!("max_share: {wrong}")),
            "8:21 a share needs a percent sign | write it in percent",
        );
    }
    for wrong in ["101%", "100.01%", "99999999999999999999999%"] {
        check(&limits(&format!("max_share: {wrong}")), "8:21 a share cannot be more than 100%");
    }
    for wrong in ["-5%", "1e1%", "'%'", "'5 %'", "1.234%", ".5%", "5.%", "+5%"] {
        let quoted = wrong.trim_matches('\'');
        check(&limits(&format!("max_share: {wrong}")), &format!("8:21 `{quoted}` is not a share"));
    }
    check(&limits("max_share: "), "8:19 `max_share` has no value");
    check(&limits("when_exceeded: cancel_newest"), "8:25 unknown value `cancel_newest` of `when_exceeded`");
    check(&with("limits:"), "8:7 `limits` has no value");
}

#[test]
fn a_match_is_never_empty() {
    let matching = |text: &str| with(&format!("    match: {text}\n"));
    check(&matching("{}"), "8:12 `match` is empty | leave `match` out if the rule is for everything");
    check(&matching(""), "8:10 `match` has no value | leave `match` out");
    check(&matching("[]"), "8:12 a match must be a map, and this is a list");
    check(&matching("{verb: []}"), "8:19 `verb` is an empty list");
    check(&matching("{verb: }"), "8:17 `verb` has no value");
    check(&matching("{verb: ''}"), "8:19 an empty pattern matches nothing");
    check(&matching("{any: []}"), "8:18 `any` is an empty list");
    check(&matching("{all: []}"), "8:18 `all` is an empty list");
    check(&matching("{any: {verb: x}}"), "8:18 `any` must be a list, and this is a map");
    check(&matching("{any: [{}]}"), "8:19 `any` is empty");
    check(&matching("{not: {}}"), "8:18 `not` is empty");
    check(&matching("{not: }"), "8:16 `not` has no value");
    check(&matching("{metadata: {}}"), "8:23 `metadata` is empty");
    check(&matching("{metadata: {/a: []}}"), "8:28 `/a` is an empty list");
    check(&with("protect: [{name: x}]"), "8:11 a protection has no `match`");
    check(&with("protect: [{name: x, match: {}}]"), "8:28 `match` is empty | say what is protected");
    check(&with("protect:"), "8:8 `protect` has no value");
}

#[test]
fn a_match_takes_values_of_the_right_type() {
    let matching = |text: &str| with(&format!("    match: {text}\n"));
    check(
        &matching("{verb: 1}"),
        "8:19 `verb` must be a text, and this is the number 1 | put it into quotes: \"1\"",
    );
    check(&matching("{verb: 1e3}"), "8:19 `verb` must be a text, and this is the number 1e3");
    check(&matching("{verb: true}"), "8:19 `verb` must be a text, and this is true | put it into quotes");
    check(&matching("{verb: ~}"), "8:19 `verb` has no value");
    check(&matching("{verb: {a: b}}"), "8:19 `verb` must be a text, and this is a map");
    check(&matching("{verb: [[a]]}"), "8:20 `verb` must be a text, and this is a list");
    for wrong in ["yes", "'true'", "1", "[true]"] {
        let got = matching(&format!("{{cancellation_requested: {wrong}}}"));
        check(&got, "8:37 `cancellation_requested` must be true or false, and this is ");
    }
    check(&matching("{target: '[a'}"), "8:21 not a pattern: unclosed character class");
    check(&matching("{target: 'prod**'}"), "8:21 `**` must stand alone between slashes");
    check(&matching("{metadata: {a: 1}}"), "8:24 `a` is not a JSON pointer");
    check(&matching("{metadata: {'': 1}}"), "8:24 `` is not a JSON pointer");
    check(&matching("{metadata: {/a~2: 1}}"), "8:24 `/a~2` is not a JSON pointer");
    check(&matching("{metadata: {/a: }}"), "8:26 `/a` has no value");
    check(
        &matching("{metadata: {/a: {b: 1}}}"),
        "8:28 `/a` must be a glob, a number, true or false, and this is a map",
    );
    for wrong in ["0o7", "0x7", "007", "+1", ".5", ".inf", "1e999"] {
        let got = matching(&format!("{{metadata: {{/a: {wrong}}}}}"));
        check(&got, &format!("8:28 `{wrong}` is not a number as JSON writes it"));
    }
}

#[test]
fn a_finding_is_accepted_with_a_reason_and_by_the_name_of_a_check() {
    let allow = |text: &str| with(&format!("lint: {{allow: [{{{text}}}]}}"));
    check(
        &allow("check: unknown-verb"),
        "8:16 an allowance has no `reason` | say why the finding is accepted",
    );
    check(&allow("check: unknown-verb, reason: ' '"), "8:46 `reason` is empty | say why");
    check(&allow("reason: so it is"), "8:16 an allowance has no `check` | name the check that is silenced");
    check(
        &allow("check: unreachable_rules, reason: so it is"),
        "8:24 there is no check `unreachable_rules` | did you mean `unreachable-rule`?",
    );
    check(
        &allow("check: everything, reason: so it is"),
        "8:24 there is no check `everything` | the checks are `unreachable-rule`, ",
    );
    check(
        &allow("check: unknown-verb, reason: so it is, rules: [r]"),
        "8:56 unknown key `rules` in an allowance",
    );
    check(&with("lint: {deny: []}"), "8:8 unknown key `deny` in `lint` | the keys of `lint` are `allow`");
    check(&with("lint: {allow: all}"), "8:15 `allow` must be a list");
}

#[test]
fn a_mistake_behind_an_anchor_is_named_once() {
    let source = format!("{BASE}    match: &m {{vrb: x}}\n  - {{name: s, max_age: 1h, match: *m}}\n");
    check(&problems(&source), "8:16 unknown key `vrb` in a match");
}
