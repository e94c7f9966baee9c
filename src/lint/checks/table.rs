//! The table of the checks, in the order in which they are asked.

use super::super::finding::Check;
use super::{allowances, matches, names, numbers, reach, told};

/// Every check there is.
pub const CHECKS: &[Check] = &[
    Check {
        name: reach::UNREACHABLE,
        about: "a rule that no operation gets to",
        why: "The first rule whose match holds decides, and one whose match is unknown ends the search, too. What the \
              earlier rules take whole, a later one never sees. It is only reported when it is proved, and an example \
              shows which rule takes it.",
        run: reach::unreachable_rules,
    },
    Check {
        name: reach::PROTECTED,
        about: "a rule of which protections cover all",
        why: "A protection holds whatever a rule says. A rule of which every operation is protected selects nothing.",
        run: reach::protected_rules,
    },
    Check {
        name: matches::NEVER_TRUE,
        about: "a match that can never be true",
        why: "All entries of a match must hold at once. One that contradicts itself, or that asks for a name no operation \
              can have, covers nothing: a rule never acts, and a protection never protects.",
        run: matches::never_true,
    },
    Check {
        name: matches::OUTSIDE_SCOPES,
        about: "a match for places that no scope has",
        why: "Only the places in `scopes` are read. A match for another project or location is mostly a slip in its name.",
        run: matches::outside_scopes,
    },
    Check {
        name: matches::EVERYTHING,
        about: "a match, or a glob in it, that takes everything",
        why: "`**` alone as a target takes every target there is. In a protection, nothing is ever cancelled; in a rule, it \
              narrows nothing, but keeps operations without a target from all later rules.",
        run: matches::everything,
    },
    Check {
        name: numbers::TOO_SHORT,
        about: "a `max_age` under 5 minutes",
        why: "Ordinary work takes minutes. What is cancelled so early was hardly stuck.",
        run: numbers::too_short,
    },
    Check {
        name: numbers::TOO_LONG,
        about: "a `max_age` over 30 days",
        why: "Hardly anything runs for a month. Mostly the unit is not the one that was meant.",
        run: numbers::too_long,
    },
    Check {
        name: numbers::OF_NONE,
        about: "a `max_running` of 0 that cancels",
        why: "It cancels every operation that it matches as soon as it is seen, however young.",
        run: numbers::of_none,
    },
    Check {
        name: numbers::WITHOUT_LIMITS,
        about: "`mode: enforce` without limits",
        why: "Limits are what stands between a rule that matches too much and the damage. There is a default, but only \
              who runs the projects knows how much is too much.",
        run: numbers::without_limits,
    },
    Check {
        name: numbers::CANCELS_NOTHING,
        about: "`mode: enforce` in a policy that can cancel nothing",
        why: "Limits of 0 mean none, and rules that only report cancel nothing. Who reads `enforce` expects otherwise.",
        run: numbers::cancels_nothing,
    },
    Check {
        name: numbers::CANCELS_ANYTHING,
        about: "an enforced rule for everything, with nothing protected",
        why: "A rule without a match cancels whatever no rule above has taken, production included.",
        run: numbers::cancels_anything,
    },
    Check {
        name: names::SCOPE_TWICE,
        about: "a place that two scopes have",
        why: "Each place is read once, so it does no harm; but one of the two is mostly meant to be another.",
        run: names::scopes_twice,
    },
    Check {
        name: names::FOREIGN_HOST,
        about: "a service with a host that is none of Google's",
        why: "A policy may define services, but the account's token goes to hosts below googleapis.com alone, unless the \
              deployment names another endpoint. Without that, all of the service's places are gaps.",
        run: names::foreign_hosts,
    },
    Check {
        name: names::CASE,
        about: "a name that differs from another only in case",
        why: "Records, metrics and reasons name rules and protections. Two that look alike are taken for each other.",
        run: names::differ_only_in_case,
    },
    Check {
        name: numbers::FOLLOW_UP,
        about: "a `follow_up.for` longer than the function's timeout",
        why: "AWS ends the function at its timeout. What is left of the time to watch is never used.",
        run: numbers::follow_up,
    },
    Check {
        name: matches::UNKNOWN_VERB,
        about: "a verb that no operation has",
        why: "A rule or a protection for a misspelt verb covers nothing. The verbs follow from the methods that start \
              operations.",
        run: matches::unknown_verbs,
    },
    Check {
        name: told::NOT_TOLD,
        about: "what is asked for and operations of a service never tell",
        why: "Services tell different things of their operations: some no target, some no verb, some not even when they were \
              created. What is not told is unknown, so a rule that needs it selects nothing there, and a protection holds \
              for everything. Name the service in the match.",
        run: told::not_told,
    },
    Check {
        name: allowances::WITHOUT_EFFECT,
        about: "an allowance that silences nothing",
        why: "What was accepted is gone, or was never found. Left in the file, it would hide the next one of its kind.",
        run: allowances::without_effect,
    },
];
