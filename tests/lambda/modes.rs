//! Both keys must turn before anything is cancelled, and a payload can only turn one back.

use serde_json::Value;

use crate::support::world::{assert_adds_up, cancelled, emulate};
use crate::{Deployment, POLICY, SCENARIO, SCHEDULE, ids, plenty, text};

/// Runs once with this policy, these variables and this payload: the report, and how many cancels came.
async fn run(policy: &str, ceiling: &str, payload: &'static str) -> (Value, usize) {
    let emulator = emulate(SCENARIO).await;
    let deployment = Deployment::new(&emulator, policy).with("CURFEW_MODE", ceiling);
    let report = deployment.start().await.invoke(payload, plenty()).await.response();
    assert_adds_up(&report);
    (report, cancelled(&emulator).len())
}

#[tokio::test]
async fn the_most_cautious_of_policy_function_and_payload_decides() {
    let enforcing = POLICY;
    let auditing = POLICY.replace("mode: enforce", "mode: audit");
    let silent = POLICY.replace("mode: enforce\n", "");
    let asks = |mode| match mode {
        "audit" => r#"{"sweep": {"mode": "audit"}}"#,
        _ => r#"{"sweep": {"mode": "enforce"}}"#,
    };
    for (policy, ceiling, payload, want) in [
        (enforcing, "enforce", SCHEDULE, "enforce"),
        (enforcing, "enforce", asks("enforce"), "enforce"),
        (enforcing, "enforce", asks("audit"), "audit"),
        (enforcing, "audit", SCHEDULE, "audit"),
        (enforcing, "audit", asks("enforce"), "audit"),
        (enforcing, "", SCHEDULE, "audit"),
        (&auditing, "enforce", SCHEDULE, "audit"),
        (&auditing, "enforce", asks("enforce"), "audit"),
        (&silent, "enforce", SCHEDULE, "audit"),
    ] {
        let case = format!("function {ceiling:?}, payload {payload}, policy:\n{policy}");
        let (report, cancels) = run(policy, ceiling, payload).await;
        assert_eq!(text(&report, "mode"), want, "{case}");
        assert_eq!(cancels, if want == "enforce" { 2 } else { 0 }, "{case}");
        let withheld = ids(&report, |record| record["withheld"] == "audit").len();
        assert_eq!(withheld, if want == "audit" { 2 } else { 0 }, "{case}");
    }
}

#[tokio::test]
async fn off_reads_nothing_and_sends_nothing_even_in_a_broken_deployment() {
    let emulator = emulate(SCENARIO).await;
    for deployment in [
        Deployment::new(&emulator, POLICY).with("CURFEW_MODE", "off"),
        Deployment::without_policy(&emulator)
            .with("CURFEW_MODE", "off")
            .with("CURFEW_POLICY", "nonsense")
            .with("CURFEW_CREDENTIALS", "file:/no/such/file"),
    ] {
        let mut lambda = deployment.start().await;
        for payload in [SCHEDULE, "not an event at all"] {
            let report = lambda.invoke(payload, plenty()).await.response();
            assert_eq!((text(&report, "mode"), &report["seen"]), ("off", &Value::from(0)), "{report}");
        }
    }
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let report = lambda.invoke(r#"{"sweep": {"mode": "off"}}"#, plenty()).await.response();
    assert_eq!(text(&report, "mode"), "off");
    assert_eq!(emulator.journal().requests, []);
}
