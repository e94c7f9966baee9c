//! What is fuzzed: every reader of a file that a stranger may have written. Each target takes any bytes and fails by
//! panicking. A fuzzer runs them, and the test suite does with input that it makes itself.

use std::sync::LazyLock;

use curfew::plan::{PlanFile, plan};
use curfew::policy::Policy;
use curfew::replay::replay;
use curfew::request::Narrow;
use curfew::snapshot::Snapshot;
use curfew::suite::{Coverage, Suite, run};

/// What was read of the demo's service.
static SNAPSHOT: LazyLock<Snapshot> =
    LazyLock::new(|| Snapshot::from_json(include_bytes!("seeds/snapshot/demo.json")).unwrap());

/// The policy that the recorded report was made under.
static POLICY: LazyLock<Policy> =
    LazyLock::new(|| Policy::parse(include_bytes!("seeds/policy/demo.yaml"), "demo.yaml").unwrap());

/// A policy is read or refused with at least one mistake that can be shown. What is read judges every operation, by
/// sums that hold, and never plans to cancel more than its own limit.
pub(crate) fn policy(bytes: &[u8]) {
    match Policy::parse(bytes, "policy.yaml") {
        Ok(policy) => {
            let plan = plan(&SNAPSHOT, &policy, &Narrow::default()).plan;
            assert_eq!(plan.seen, SNAPSHOT.operations.len());
            assert_eq!(plan.seen, plan.done + plan.spared + plan.violating.len());
            let cancels = plan.violating.iter().filter(|violator| violator.withheld.is_none()).count();
            assert!(cancels <= policy.limits.max_cancellations);
        }
        Err(error) => {
            assert!(!error.problems().is_empty());
            assert!(!error.to_string().is_empty() && !error.coloured().is_empty());
        }
    }
}

/// A snapshot is refused, or what is read of it is what is read of it again once it has been saved anew.
pub(crate) fn snapshot(bytes: &[u8]) {
    if let Ok(snapshot) = Snapshot::from_json(bytes) {
        let saved = snapshot.to_json().unwrap();
        assert_eq!(Snapshot::from_json(saved.as_bytes()).unwrap(), snapshot);
        let judged = plan(&snapshot, &POLICY, &Narrow::default());
        assert_eq!(judged.verdicts.len(), snapshot.operations.len());
    }
}

/// A plan is refused, or it is byte for byte what is written for it, and nothing is carried out that it does not have.
pub(crate) fn plan_file(bytes: &[u8]) {
    if let Ok(value) = serde_json::from_slice(bytes) {
        let _ = PlanFile::from_value(&value);
    }
    if let Ok(file) = PlanFile::from_bytes(bytes) {
        assert_eq!(format!("{}\n", file.to_json()).as_bytes(), bytes);
        let judged = plan(&SNAPSHOT, &POLICY, &Narrow::default());
        let left = file.shrink(&SNAPSHOT, &POLICY, &judged).plan.violating;
        let planned = |name| file.to_cancel().any(|planned| &planned.operation == name);
        assert!(left.iter().all(|violator| planned(&violator.operation)));
    }
}

/// A report is replayed or refused.
pub(crate) fn report(bytes: &[u8]) {
    if let Ok(replayed) = replay(bytes, &POLICY) {
        assert!(replayed.bytes > 0);
    }
}

/// A test file is refused with at least one mistake that can be shown, or its tests run: each passes, or says why not.
pub(crate) fn suite(bytes: &[u8]) {
    match Suite::parse(bytes, "policy.test.yaml") {
        Ok(suite) => {
            let mut coverage = Coverage::default();
            coverage.add("policy.yaml", &POLICY);
            for test in &suite.tests {
                let result = run(test, &POLICY, Some(&SNAPSHOT), &mut coverage);
                assert!(result.failures.iter().all(|failure| failure.want != failure.got));
            }
            assert!(coverage.policies().iter().all(|policy| policy.not_exercised.len() <= policy.parts));
        }
        Err(error) => {
            assert!(!error.problems().is_empty());
            assert!(!error.to_string().is_empty() && !error.coloured().is_empty());
        }
    }
}
