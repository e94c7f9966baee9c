//! A recording: what the function read and decided, carried in its answer when that is asked for.

use curfew::policy::Policy;
use curfew::replay::replay;

use crate::support::world::emulate;
use crate::{Deployment, POLICY, SCENARIO, plenty};

const RECORD: &str = r#"{"sweep": {"record": true}}"#;

#[tokio::test]
async fn the_function_s_decisions_can_be_made_again() {
    let emulator = emulate(SCENARIO).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let report = lambda.invoke(RECORD, plenty()).await.response();
    let policy = Policy::parse(POLICY.as_bytes(), "policy.yaml").unwrap();
    let got = replay(report.to_string().as_bytes(), &policy).unwrap();
    assert_eq!((got.decisions as u64, &got.differences), (report["seen"].as_u64().unwrap(), &Vec::new()));
    assert!(got.decisions > 0);

    let bare = lambda.invoke(r#"{"sweep": {}}"#, plenty()).await.response();
    assert!(bare.get("recording").is_none() && bare.get("recording_omitted").is_none(), "{bare}");
}

#[tokio::test]
async fn a_recording_that_lambda_would_refuse_is_left_out_and_the_run_still_answers() {
    let operations = (0..6_000).map(|n| {
        let id = format!("{}-{n}", "o".repeat(240));
        format!("  - {{ name: projects/acme-web/locations/europe-west1/operations/{id}, age: 1m }}\n")
    });
    let emulator = emulate(&format!("operations:\n{}", operations.collect::<String>())).await;
    let mut lambda = Deployment::new(&emulator, POLICY).start().await;
    let report = lambda.invoke(RECORD, plenty()).await.response();
    assert_eq!(report["seen"], 6_000);
    assert!(report.get("recording").is_none());
    assert!(report["recording_omitted"].as_u64().unwrap() > 6 * 1024 * 1024, "{report}");
}
