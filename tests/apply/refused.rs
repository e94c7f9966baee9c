//! Plans that may not be carried out: those that were changed, in any way, and those that do not fit the run.

use std::time::Duration;

use curfew::clock::Clock;
use curfew::emulator::InProcess;
use curfew::google::retry::RetryPolicy;
use curfew::plan::{Approval, DEFAULT_MAX_AGE, PlanFile, PlanRefused};
use curfew::policy::Mode;
use curfew::sweep::{Deadlines, Settings, Silent, apply};
use serde_json::{Value, json};

use crate::forged::signed;
use crate::policies::{LimitsSpec, PolicySpec};
use crate::worlds::Case;
use crate::{armed, in_virtual_time, noon, planned, request, settings};

#[test]
fn a_plan_with_any_byte_changed_left_out_or_put_in_is_refused() {
    let case = (0..).map(Case::new).find(|case| case.scenario.operations.len() > 8).unwrap();
    let spec = PolicySpec { limits: LimitsSpec { max_cancellations: 2, ..LimitsSpec::NONE }, ..case.spec };
    let plan = in_virtual_time(planned(&spec, &case.scenario));
    assert!(plan.operations.len() > 2, "{plan:?}");
    let written = format!("{}\n", plan.to_json()).into_bytes();
    assert_eq!(PlanFile::from_bytes(&written), Ok(plan));
    let refused = |bytes: &[u8], at: usize| {
        let read = PlanFile::from_bytes(bytes);
        assert!(read.is_err(), "at {at}: {}", String::from_utf8_lossy(bytes));
    };
    for (at, byte) in written.iter().copied().enumerate() {
        for other in [byte ^ 1, byte ^ 0x20, byte.wrapping_add(1), b' ', b'\n', b'0', b'"', b'}', 0, 0xff] {
            if other != byte {
                let mut bytes = written.clone();
                bytes[at] = other;
                refused(&bytes, at);
            }
        }
        let mut bytes = written.clone();
        bytes.remove(at);
        refused(&bytes, at);
        for other in [b' ', b'\n', b'0', byte] {
            let mut bytes = written.clone();
            bytes.insert(at, other);
            refused(&bytes, at);
        }
        refused(&written[..at], at);
    }
}

#[test]
fn a_value_that_was_changed_is_refused_by_its_digest_alone() {
    let case = (0..).map(Case::new).find(|case| case.scenario.operations.len() > 8).unwrap();
    let plan = in_virtual_time(planned(&case.spec, &case.scenario));
    let value: Value = serde_json::from_str(&plan.to_json()).unwrap();
    assert_eq!(PlanFile::from_value(&value), Ok(plan.clone()));
    let mut changed = 0;
    for (pointer, other) in [
        ("/policy_digest", json!("sha256:00")),
        ("/policy_source", json!("file:other.yaml")),
        ("/snapshot_at", json!("2026-11-24T12:30:00Z")),
        ("/seen", json!(0)),
        ("/done", json!(99)),
        ("/spared", json!(99)),
        ("/limit", json!("none")),
        ("/operations", json!([])),
        ("/operations/0/operation", json!("projects/p/locations/l/operations/other")),
        ("/operations/0/created_at", json!("2026-11-24T00:00:00Z")),
        ("/operations/0/rule", json!("other")),
        ("/operations/0/action", json!("report")),
        ("/operations/0/why", json!("because")),
        ("/operations/0/withheld", json!("limit")),
        ("/digest", json!(format!("sha256:{}", "0".repeat(64)))),
    ] {
        let mut value = value.clone();
        let place = value.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}"));
        if *place != other {
            *place = other;
            assert_eq!(PlanFile::from_value(&value), Err(PlanRefused::Digest), "{pointer}");
            changed += 1;
        }
    }
    assert!(changed > 12, "{changed}");
}

#[test]
fn the_digest_is_over_the_rest_as_compact_json() {
    let case = Case::new(3);
    let plan = in_virtual_time(planned(&case.spec, &case.scenario));
    let written = format!("{}\n", plan.to_json());
    assert_eq!(signed(&written), written);
}

#[test]
fn a_plan_that_is_refused_sends_nothing_and_switched_off_not_even_that_is_told() {
    let case = Case::new(1);
    let spec = armed(&case.spec);
    let plan = in_virtual_time(planned(&spec, &case.scenario));
    let run = |spec: PolicySpec, ceiling: Mode, after: Duration| {
        in_virtual_time(async {
            let clock = Clock::starting_at(noon() + after);
            let world = InProcess::new(&case.scenario, clock, RetryPolicy::GOOGLE);
            let approval = Approval { plan: plan.clone(), max_age: DEFAULT_MAX_AGE };
            let settings = Settings { ceiling, ..settings(8, Deadlines::default()) };
            let applied =
                apply(&world, &spec.policy(), &request(), &approval, &settings, &clock, &Silent).await;
            (applied, world.journal().requests.len())
        })
    };
    let hours = |n: u64| Duration::from_secs(n * 3600);
    let (applied, requests) = run(spec.clone(), Mode::Enforce, hours(2));
    assert!(matches!(applied, Err(PlanRefused::TooOld { .. })), "{applied:?}");
    assert_eq!(requests, 0);
    let other = PolicySpec { follow_up_s: spec.follow_up_s + 1, ..spec.clone() };
    let (applied, requests) = run(other, Mode::Enforce, Duration::ZERO);
    assert!(matches!(applied, Err(PlanRefused::OtherPolicy { .. })), "{applied:?}");
    assert_eq!(requests, 0);
    let (applied, requests) = run(spec, Mode::Off, hours(2));
    assert_eq!((applied.unwrap().mode, requests), (Mode::Off, 0));
}
