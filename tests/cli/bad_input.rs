//! Policies that nobody should have written: each is a clear error, soon, and nothing is sent.

use std::fmt::Write as _;
use std::fs;

use crate::{Desk, POLICY, SCENARIO};

/// A person reads it: more would scroll the beginning away.
const LONGEST_ERROR: usize = 20_000;

/// Ten levels of ten references each: ten thousand million values, when resolved.
fn exploding_anchors() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let references = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{references}]").unwrap();
    }
    text + POLICY
}

#[tokio::test]
async fn each_bad_policy_is_a_clear_error_and_nothing_is_sent() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    let instead = |old: &str, new: &str| {
        assert!(POLICY.contains(old), "the policy has no {old}");
        POLICY.replacen(old, new, 1).into_bytes()
    };
    let cases: [(&str, Vec<u8>, &str); 18] = [
        ("an empty policy", Vec::new(), "empty"),
        ("only a comment", b"# nothing\n".to_vec(), "policy.yaml"),
        ("10 MB", [POLICY.as_bytes(), &vec![b'#'; 10_000_000]].concat(), "bytes"),
        ("exploding anchors", exploding_anchors().into_bytes(), "use fewer aliases"),
        ("a duplicate key", instead("mode: enforce", "mode: audit\nmode: enforce"), "mode"),
        ("a duplicate rule", instead("name: anything-else", "name: stuck-changes"), "stuck-changes"),
        ("a duration without unit", instead("max_age: 2h", "max_age: 120"), "a duration needs a unit"),
        ("a rule with no limit", instead("    max_age: 2h\n", ""), "max_age"),
        ("a glob that does not compile", instead("\"**/targets/prod-*\"", "\"prod-[a\""), "prod-[a"),
        (
            "a misspelt service",
            instead("- projects:", "- service: clouddploy\n    projects:"),
            "`clouddeploy`?",
        ),
        ("an unknown service", instead("- projects:", "- service: acme\n    projects:"), "curfew services"),
        (
            "a service without cancels",
            instead("- projects:", "- service: run\n    projects:"),
            "not cancelled",
        ),
        ("a project with a slash", instead("[acme-web]", "[acme/web]"), "acme/web"),
        ("non-UTF-8", b"version: 1\nmode: \xff\xfe\n".to_vec(), "UTF-8"),
        ("an unknown key", instead("max_age: 2h", "max_age: 2h\n    dry_run: true"), "dry_run"),
        ("no rules", POLICY.split("rules:").next().unwrap().as_bytes().to_vec(), "rules"),
        ("empty scopes", instead("projects: [acme-web]", "projects: []"), "projects"),
        ("two limits", instead("max_age: 2h", "max_age: 2h\n    max_running: { count: 1 }"), "max_running"),
    ];
    for (what, policy, says) in cases {
        fs::write(desk.path().join("policy.yaml"), policy).unwrap();
        for arguments in [&["sweep", "--mode", "enforce"][..], &["explain"], &["validate", "policy.yaml"]] {
            let ran = desk.run(arguments).await.exits(2);
            assert!(ran.err.contains(says), "{what}: want {says:?} in:\n{}", ran.err);
            assert!(ran.err.contains("policy.yaml:"), "{what}: no place in:\n{}", ran.err);
            assert!(ran.err.len() < LONGEST_ERROR, "{what}: an error of {} bytes", ran.err.len());
            assert_eq!(ran.out, "", "{what}");
        }
    }
    assert_eq!(desk.emulator.journal().requests, []);
}

#[tokio::test]
async fn a_hostile_operation_name_is_refused_and_nothing_is_sent() {
    let desk = Desk::new(POLICY, SCENARIO).await;
    for id in ["..", "a?b", "a%2fb", "a\nb", "a/b", "a:cancel", "", "a#b"] {
        let name = crate::name(id);
        for arguments in [&["sweep", "--mode", "enforce", "--operation", &name][..], &["explain", &name]] {
            desk.run(arguments).await.exits(2).complains("is not an operation name");
        }
    }
    assert_eq!(desk.emulator.journal().requests, []);
}
