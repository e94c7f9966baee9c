//! What holds of every plan, over generated policies and generated readings.
//!
//! Three kinds of tests stand here. Explanations are held to their causes (`causes`). The plan is compared with a second
//! opinion (`oracle`), and readings of which something is missing are compared with the whole ones: to know less must
//! never select more.

#![cfg(test)]

#[path = "properties/causes.rs"]
mod causes;
#[path = "support/generated.rs"]
mod generated;
#[path = "support/oracle.rs"]
mod oracle;
#[path = "support/policies.rs"]
mod policies;

use std::collections::BTreeSet;

use curfew::operation::{Ending, Progress};
use curfew::plan::{Plan, Withheld, plan};
use curfew::policy::{Mode, Policy};
use curfew::request::Narrow;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use generated::{World, limits, now, policy, world};
use policies::{LimitsSpec, PolicySpec};

/// How many policies and readings each test looks at.
const CASES: u32 = 400;

fn config() -> ProptestConfig {
    let seeds = FileFailurePersistence::Direct("proptest-regressions/properties.txt");
    ProptestConfig { cases: CASES, failure_persistence: Some(Box::new(seeds)), ..ProptestConfig::default() }
}

fn planned(world: &World, policy: &Policy) -> Plan {
    plan(&world.snapshot(), policy, &Narrow::default()).plan
}

fn violating(plan: &Plan) -> BTreeSet<String> {
    plan.violating.iter().map(|violator| format!("{} {}", violator.service, violator.operation)).collect()
}

fn to_be_cancelled(plan: &Plan) -> Vec<String> {
    let cancelled = plan.violating.iter().filter(|violator| violator.withheld.is_none());
    cancelled.map(|violator| format!("{} {}", violator.service, violator.operation)).collect()
}

fn withheld_by_window(plan: &Plan) -> Vec<String> {
    let held = plan.violating.iter().filter(|violator| violator.withheld == Some(Withheld::Window));
    held.map(|violator| format!("{} {}", violator.service, violator.operation)).collect()
}

/// Whether a violator is left as it is for a reason that has nothing to do with how many there are.
fn is_left_alone(withheld: Option<Withheld>) -> bool {
    matches!(withheld, Some(Withheld::ReportOnly | Withheld::Window))
}

/// What is left when every operation in `ended` has ended.
fn after_ending(world: &World, ended: impl Fn(&str) -> bool) -> World {
    let mut world = world.clone();
    for placed in &mut world.operations {
        if ended(&oracle::key(&placed.operation)) {
            placed.operation.progress = Progress::Ended(Ending::Cancelled);
        }
    }
    world
}

/// A policy without limits: what it selects is what it cancels.
fn unlimited() -> impl Strategy<Value = PolicySpec> {
    policy(Just(LimitsSpec::NONE))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_plan_is_what_a_second_opinion_says(spec in policy(limits()), world in world()) {
        let got = planned(&world, &spec.policy());
        let want = oracle::select(&spec, &world.snapshot(), |_| true);
        prop_assert_eq!(to_be_cancelled(&got), want.cancelled);
        prop_assert_eq!(withheld_by_window(&got), want.in_window);
        let order: Vec<_> = got.violating.iter().map(|v| format!("{} {}", v.service, v.operation)).collect();
        prop_assert_eq!(order, want.violating);
    }

    /// Both the operations that break a rule and those that are to be cancelled. Limits are left out: what one
    /// violator does not use up, another may.
    #[test]
    fn to_know_less_never_selects_more(spec in unlimited(), world in world()) {
        let policy = spec.policy();
        let whole = planned(&world, &policy);
        let (selected, cancelled) = (violating(&whole), to_be_cancelled(&whole));
        for less in world.with_one_thing_less() {
            let got = planned(&less, &policy);
            prop_assert!(violating(&got).is_subset(&selected), "{:?}\nby {:?}", violating(&got), less);
            for name in to_be_cancelled(&got) {
                prop_assert!(cancelled.contains(&name), "{name}\nby {less:?}");
            }
        }
    }

    #[test]
    fn to_lose_several_things_never_selects_more(
        spec in unlimited(),
        world in world(),
        losses in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let policy = spec.policy();
        let mut less = world.clone();
        for loss in losses {
            let choices = less.with_one_thing_less();
            if !choices.is_empty() {
                less = loss.get(&choices).clone();
            }
        }
        let (whole, got) = (planned(&world, &policy), planned(&less, &policy));
        prop_assert!(violating(&got).is_subset(&violating(&whole)), "{:?}", less);
    }

    #[test]
    fn the_plan_does_not_know_the_mode(spec in policy(limits()), world in world()) {
        let mut policy = spec.policy();
        let bytes = [Mode::Off, Mode::Audit, Mode::Enforce].map(|mode| {
            policy.mode = mode;
            serde_json::to_vec(&planned(&world, &policy)).unwrap()
        });
        prop_assert!(bytes[0] == bytes[1] && bytes[1] == bytes[2]);
    }

    /// A window only ever takes away: what is cancelled with it would be cancelled without it.
    #[test]
    fn windows_select_nothing_and_decide_about_no_rule(spec in unlimited(), world in world()) {
        let mut always = spec.clone();
        always.windows.clear();
        always.rules.iter_mut().for_each(|rule| rule.windows.clear());
        let (got, whole) = (planned(&world, &spec.policy()), planned(&world, &always.policy()));
        prop_assert_eq!(violating(&got), violating(&whole));
        let mut either = [to_be_cancelled(&got), withheld_by_window(&got)].concat();
        let mut all = to_be_cancelled(&whole);
        either.sort();
        all.sort();
        prop_assert_eq!(either, all);
    }

    #[test]
    fn the_order_of_the_reading_does_not_matter(
        spec in policy(limits()),
        (world, shuffled) in world().prop_flat_map(|world| {
            let shuffled = Just(world.operations.clone()).prop_shuffle();
            (Just(world), shuffled)
        }),
    ) {
        let policy = spec.policy();
        let other = World { operations: shuffled, gaps: world.gaps.clone() };
        prop_assert_eq!(planned(&world, &policy), planned(&other, &policy));
    }

    /// Operations that were cancelled or were already on their way out have ended; a rule that only reports goes on
    /// reporting, one that a window holds back is still held back, and nothing else is left.
    #[test]
    fn once_a_plan_is_carried_out_and_settled_nothing_is_selected(spec in unlimited(), world in world()) {
        let policy = spec.policy();
        let first = planned(&world, &policy);
        let dealt_with: BTreeSet<String> = first
            .violating
            .iter()
            .filter(|violator| !is_left_alone(violator.withheld))
            .map(|violator| format!("{} {}", violator.service, violator.operation))
            .collect();
        let second = planned(&after_ending(&world, |name| dealt_with.contains(name)), &policy);
        prop_assert!(to_be_cancelled(&second).is_empty(), "{:?}", second.violating);
        prop_assert!(second.violating.iter().all(|v| is_left_alone(v.withheld)));
        prop_assert!(violating(&second).is_subset(&violating(&first)));
    }

    /// A cancel that worked never makes another operation a violator, whichever cancels worked.
    #[test]
    fn what_has_ended_never_selects_another(spec in unlimited(), world in world(), ended in any::<u16>()) {
        let policy = spec.policy();
        let first = planned(&world, &policy);
        let names: Vec<String> = violating(&first).into_iter().collect();
        let ended = |name: &str| {
            names.iter().position(|known| known == name).is_some_and(|index| ended >> (index % 16) & 1 == 1)
        };
        let second = planned(&after_ending(&world, ended), &policy);
        prop_assert!(violating(&second).is_subset(&violating(&first)));
        prop_assert!(violating(&second).iter().all(|name| !ended(name)));
    }

    /// With a limit of one at least, each run gets further, and the last one finds nothing more to cancel.
    #[test]
    fn runs_under_a_limit_come_to_an_end(
        spec in policy((1..4_usize).prop_map(|max| LimitsSpec { max_cancellations: max, ..LimitsSpec::NONE })),
        world in world(),
    ) {
        let policy = spec.policy();
        let mut world = world;
        let mut left = usize::MAX;
        loop {
            let plan = planned(&world, &policy);
            let cancelled = to_be_cancelled(&plan);
            let wanted = cancelled.len()
                + plan.violating.iter().filter(|v| v.withheld == Some(Withheld::Limit)).count();
            prop_assert!(wanted < left || wanted == 0, "{wanted} after {left}");
            prop_assert_eq!(cancelled.is_empty(), wanted == 0);
            if wanted == 0 {
                break;
            }
            left = wanted;
            world = after_ending(&world, |name| cancelled.iter().any(|known| known == name));
        }
    }

    #[test]
    fn nothing_under_protect_is_ever_selected(spec in policy(limits()), world in world()) {
        let snapshot = world.snapshot();
        let selected = violating(&planned(&world, &spec.policy()));
        for operation in &snapshot.operations {
            if oracle::is_protected(&spec, operation) {
                prop_assert!(!selected.contains(&oracle::key(operation)), "{:?}", operation);
            }
        }
    }

    #[test]
    fn limits_are_never_exceeded_and_never_left_unused(spec in policy(limits()), world in world()) {
        let plan = planned(&world, &spec.policy());
        let cancelled = to_be_cancelled(&plan).len();
        let withheld = plan.violating.iter().filter(|v| v.withheld == Some(Withheld::Limit)).count();
        let running = world.snapshot().running();
        prop_assert!(cancelled <= spec.limits.max_cancellations);
        if let Some(share) = spec.limits.max_share {
            prop_assert!(cancelled * 10_000 <= running * usize::from(share), "{cancelled} of {running}");
        }
        let allowed = oracle::allowed(&spec, running);
        prop_assert_eq!(withheld > 0, plan.limit.is_some());
        let asked = cancelled + withheld;
        let counted = if spec.limits.cancel_none { asked + withheld_by_window(&plan).len() } else { asked };
        prop_assert_eq!(withheld > 0, asked > 0 && counted > allowed);
        match (withheld > 0, spec.limits.cancel_none) {
            (true, true) => prop_assert_eq!(cancelled, 0),
            (true, false) => prop_assert_eq!(cancelled, allowed),
            (false, _) => {}
        }
        // Those that are withheld are younger than any that is cancelled.
        let first_withheld = plan.violating.iter().position(|v| v.withheld == Some(Withheld::Limit));
        let last_cancelled = plan.violating.iter().rposition(|v| v.withheld.is_none());
        if let (Some(first), Some(last)) = (first_withheld, last_cancelled) {
            prop_assert!(last < first);
        }
    }

    #[test]
    fn a_limit_of_zero_cancels_nothing(spec in policy(limits()), world in world(), share in any::<bool>()) {
        let mut spec = spec;
        if share {
            spec.limits.max_share = Some(0);
        } else {
            spec.limits.max_cancellations = 0;
        }
        prop_assert!(to_be_cancelled(&planned(&world, &spec.policy())).is_empty());
    }

    #[test]
    fn the_sums_of_a_plan_hold(spec in policy(limits()), world in world()) {
        let plan = planned(&world, &spec.policy());
        prop_assert_eq!(plan.seen, world.operations.len());
        prop_assert_eq!(plan.seen, plan.done + plan.spared + plan.violating.len());
        prop_assert_eq!(plan.spared, plan.spared_because.values().sum::<usize>());
    }

    /// What a run is asked for can only take away from what the policy selects.
    #[test]
    fn a_narrowed_run_selects_exactly_its_part(spec in unlimited(), world in world(), asked in any::<u16>()) {
        let policy = spec.policy();
        let snapshot = world.snapshot();
        let chosen = snapshot.operations.iter().enumerate().filter(|(n, _)| asked >> (n % 16) & 1 == 1);
        let chosen: BTreeSet<_> =
            chosen.map(|(_, operation)| (operation.service.clone(), operation.name.clone())).collect();
        let want: BTreeSet<String> = violating(&planned(&world, &policy))
            .into_iter()
            .filter(|name| chosen.iter().any(|(service, known)| *name == format!("{service} {known}")))
            .collect();
        let narrow = Narrow { scopes: None, operations: Some(chosen) };
        prop_assert_eq!(violating(&plan(&snapshot, &policy, &narrow).plan), want);
    }
}

/// The generators are worth nothing if what they make never breaks a rule, is never spared and never limited.
#[test]
fn generated_cases_are_of_every_kind() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut found = BTreeSet::new();
    for _ in 0..400 {
        let spec = policy(limits()).new_tree(&mut runner).unwrap().current();
        let world = world().new_tree(&mut runner).unwrap().current();
        let plan = planned(&world, &spec.policy());
        assert_eq!(plan.now, now());
        found.extend(plan.spared_because.keys().map(ToString::to_string));
        for violator in &plan.violating {
            found.insert(format!("withheld {:?}", violator.withheld));
            found.insert(if violator.why.contains("max_age") { "max_age" } else { "max_running" }.to_owned());
        }
    }
    for want in [
        "protected",
        "within_max_age",
        "within_max_running",
        "no_rule",
        "undecidable",
        "withheld None",
        "withheld Some(ReportOnly)",
        "withheld Some(Limit)",
        "withheld Some(Window)",
        "withheld Some(AlreadyRequested)",
        "max_age",
        "max_running",
    ] {
        assert!(found.contains(want), "no case of {want} among {found:?}");
    }
}
