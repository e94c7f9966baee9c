//! An approved plan as a payload: the function carries it out, or says why not.

use curfew::clock::Clock;
use curfew::emulator::Emulator;
use curfew::google::{Client, CredentialSource, Credentials, Endpoint};
use curfew::plan::PlanFile;
use curfew::policy::{Mode, Policy};
use curfew::request::{Request, Trigger};
use curfew::sweep::{Deadlines, REQUESTS_AT_ONCE, Settings, Silent, assess};
use curfew::trust::Trust;
use serde_json::{Value, json};

use crate::forged::forged;
use crate::support::world::{assert_adds_up, cancelled, emulate};
use crate::{Deployment, POLICY, SCENARIO, ids, plenty, text};

/// The plan that a person makes at a desk with this policy.
async fn plan(emulator: &Emulator, policy: &str) -> String {
    let credentials = Credentials::new(CredentialSource::None);
    let endpoint = Endpoint::parse(&emulator.url()).unwrap();
    let client = Client::new(endpoint, credentials, Trust::Machine).unwrap();
    let policy = Policy::parse(policy.as_bytes(), "policy.yaml").unwrap();
    let settings = Settings {
        sweep_id: "desk".to_owned(),
        policy_source: None,
        ceiling: Mode::Audit,
        deadlines: Deadlines::default(),
        requests_at_once: REQUESTS_AT_ONCE,
    };
    let request = Request::everything(Trigger::CommandLine);
    let (snapshot, assessment) =
        assess(&client, &policy, &request, &settings, &Clock::system(), &Silent).await;
    format!("{}\n", PlanFile::new(&assessment.plan, &snapshot.gaps, "file:policy.yaml").to_json())
}

fn payload(plan: &str) -> String {
    // As a caller's tools hand it on: without the white space, the keys in another order.
    json!({"apply": serde_json::from_str::<Value>(plan).unwrap()}).to_string()
}

#[tokio::test]
async fn a_plan_is_carried_out_and_a_violator_that_it_does_not_have_is_left_alone() {
    let emulator = emulate(SCENARIO).await;
    let limited = format!("{POLICY}limits: {{ max_cancellations: 1 }}\n");
    let plan = plan(&emulator, &limited).await;
    let mut lambda = Deployment::new(&emulator, &limited).start().await;
    let report = lambda.invoke(payload(&plan), plenty()).await.response();
    assert_adds_up(&report);
    assert_eq!((text(&report, "mode"), text(&report, "trigger")), ("enforce", "direct"));
    assert_eq!(report["plan_digest"], serde_json::from_str::<Value>(&plan).unwrap()["digest"]);
    assert_eq!(ids(&report, |record| record["state"] == "cancelled"), ["older"].into());
    assert_eq!((&report["seen"], &report["withheld"]), (&json!(1), &json!({})));

    // The same once more: `old` is the oldest now, and still it was not approved.
    let again = lambda.invoke(payload(&plan), plenty()).await.response();
    assert_adds_up(&again);
    assert_eq!((&again["withheld"], &again["attempted"]), (&json!({"changed": 1}), &json!(0)));
    assert_eq!(cancelled(&emulator), ["older".to_owned()].into());
}

#[tokio::test]
async fn both_keys_count_and_the_payload_can_only_turn_one_back() {
    let emulator = emulate(SCENARIO).await;
    let plan = plan(&emulator, POLICY).await;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    for (ceiling, mode, want) in [
        ("audit", "enforce", "audit"),
        ("enforce", "audit", "audit"),
        ("", "enforce", "audit"),
        ("enforce", "off", "off"),
        ("off", "enforce", "off"),
    ] {
        let mut lambda = Deployment::new(&emulator, POLICY).with("CURFEW_MODE", ceiling).start().await;
        let before = emulator.journal().requests.len();
        let payload = json!({"apply": plan, "mode": mode}).to_string();
        let report = lambda.invoke(payload, plenty()).await.response();
        assert_eq!(text(&report, "mode"), want, "{ceiling} {mode}");
        let withheld = if want == "audit" { json!({"audit": 2}) } else { json!({}) };
        assert_eq!(report["withheld"], withheld, "{ceiling} {mode}");
        assert!(want == "audit" || emulator.journal().requests.len() == before, "{ceiling} {mode}");
    }
    assert_eq!(emulator.journal().count("POST"), 0);
}

#[tokio::test]
async fn a_plan_that_may_not_be_carried_out_fails_under_its_own_type_and_nothing_is_sent() {
    let emulator = emulate(SCENARIO).await;
    let plan = plan(&emulator, POLICY).await;
    let other_policy = self::plan(&emulator, &format!("{POLICY}# a comment\n")).await;
    let value: Value = serde_json::from_str(&plan).unwrap();
    let snapshot_at = value["snapshot_at"].to_string();
    let sent = emulator.journal().requests.len();
    let operation = "locations/europe-west1/operations/older";
    let cases = [
        (json!({"apply": {}}).to_string(), "missing field `curfew_plan`"),
        (json!({"apply": null}).to_string(), "it is not a plan that `curfew plan` wrote"),
        (json!({"apply": "plan.json"}).to_string(), "it is not a plan that `curfew plan` wrote"),
        (json!({"apply": {"curfew_plan": 7}}).to_string(), "it is a plan of version 7"),
        (payload(&plan).replace("an-hour", "an-hous"), "its digest does not fit the rest of it"),
        (payload(&plan.replace("\"seen\"", "\"saw\"")), "unknown field `saw`"),
        (payload(&forged(&plan, operation, "locations/europe-west1/operations/old")), "more than once"),
        (
            payload(&forged(&plan, operation, "locations/moon/operations/older")),
            "outside of the policy's scopes",
        ),
        (payload(&forged(&plan, &snapshot_at, "\"2026-01-01T00:00:00Z\"")), "a plan may be 1h old at most"),
        (payload(&forged(&plan, &snapshot_at, "\"2999-01-01T00:00:00Z\"")), "in the future"),
        (payload(&other_policy), "it was made under the policy sha256:"),
        (json!({"apply": value, "max_age": "0s"}).to_string(), "a plan may be 0s old at most"),
    ];
    // A credential that is not there: nobody is asked for one.
    let deployment = Deployment::new(&emulator, POLICY).with("CURFEW_CREDENTIALS", "file:no-such-key.json");
    let mut lambda = deployment.start().await;
    for (payload, want) in cases {
        let (error_type, message) = lambda.invoke(payload, plenty()).await.error();
        assert_eq!(error_type, "Curfew.PlanRefused", "{want}: {message}");
        assert!(message.starts_with("the plan is refused: ") && message.contains(want), "{want}: {message}");
        assert!(message.len() < 2_000 && !message.contains('\n'), "{message}");
    }
    // A key that is given twice, or has no meaning, is no payload of curfew's at all.
    let twice = payload(&plan).replacen("\"seen\":", "\"seen\":0,\"seen\":", 1);
    for payload in [twice, json!({"apply": value, "scopes": []}).to_string()] {
        let (error_type, _) = lambda.invoke(payload, plenty()).await.error();
        assert_eq!(error_type, "Curfew.EventNotUnderstood");
    }
    assert_eq!(emulator.journal().requests.len(), sent);
}
