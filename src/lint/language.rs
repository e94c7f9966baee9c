//! Sets of texts: whether there is a text that some globs take and others do not.
//!
//! A glob is the set of the texts that it takes. Each is made into a finite automaton, of the very expression with which
//! it is matched, and the automata are walked side by side. When every state that can be reached has been seen and none
//! of them is an answer, there is none: that is a proof, not a search that was given up. A walk that grows too large is
//! given up, and says so.

use std::collections::HashMap;
use std::rc::Rc;

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

/// The largest automaton, in bytes. That of an ordinary glob has a few thousand.
const MAX_AUTOMATON: usize = 1 << 20;

/// How many states of all automata together are looked at. Ordinary globs need some hundreds.
const MAX_STATES: usize = 5_000;

/// The order in which bytes are tried, so that what is found looks like a name. All others follow.
const PREFERRED: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-/._~:ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The texts that an expression takes from the first character to the last.
#[derive(Debug)]
pub(super) struct Language(dense::DFA<Vec<u32>>);

impl Language {
    /// `None` when its automaton would be too large.
    pub(super) fn new(regex: &str) -> Option<Self> {
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .match_kind(MatchKind::All)
            .dfa_size_limit(Some(MAX_AUTOMATON))
            .determinize_size_limit(Some(MAX_AUTOMATON));
        // As globset compiles it: a name is bytes, and a line break is one like any other.
        let syntax =
            regex_automata::util::syntax::Config::new().unicode(false).utf8(false).dot_matches_new_line(true);
        let thompson =
            regex_automata::nfa::thompson::Config::new().utf8(false).nfa_size_limit(Some(MAX_AUTOMATON));
        let built = dense::Builder::new().configure(config).syntax(syntax).thompson(thompson).build(regex);
        built.ok().map(Self)
    }

    fn start(&self) -> Option<StateID> {
        self.0.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()
    }

    /// Whether a text may end here.
    fn ends_in(&self, state: StateID) -> bool {
        self.0.is_match_state(self.0.next_eoi_state(state))
    }
}

/// What a text must be: taken by one of these, or by none of them.
#[derive(Debug, Clone)]
pub(super) struct Constraint {
    /// Whether one must take it.
    pub(super) taken: bool,
    /// Which.
    pub(super) by: Vec<Rc<Language>>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// This, one of the shortest.
    Text(String),
    /// There is none.
    Nothing,
    /// It was given up.
    Unclear,
}

/// Looks for a text under all of these constraints. The empty one only when there is no other. `spend` is told how many
/// moves are to be made, and says whether they may be.
pub(super) fn find(constraints: &[Constraint], spend: impl Fn(usize) -> bool) -> Found {
    let languages: Vec<&Language> =
        constraints.iter().flat_map(|constraint| constraint.by.iter().map(AsRef::as_ref)).collect();
    let start: Option<Vec<StateID>> = languages.iter().map(|language| language.start()).collect();
    let Some(start) = start else { return Found::Unclear };
    if !spend(256 * languages.len()) {
        return Found::Unclear;
    }
    let bytes = representatives(&languages);
    let empty_will_do = accepts(constraints, &start);
    let mut seen = vec![Seen { states: start.clone(), from: 0, byte: 0 }];
    let mut known: HashMap<Vec<StateID>, ()> = HashMap::from([(start, ())]);
    let mut next = 0;
    while let Some(at) = seen.get(next).map(|seen| seen.states.clone()) {
        if !spend(bytes.len() * languages.len()) {
            return Found::Unclear;
        }
        for byte in &bytes {
            let states: Vec<StateID> = languages
                .iter()
                .zip(&at)
                .map(|(language, state)| language.0.next_state(*state, *byte))
                .collect();
            if known.contains_key(&states) || is_lost(constraints, &states) {
                continue;
            }
            let found = accepts(constraints, &states);
            known.insert(states.clone(), ());
            seen.push(Seen { states, from: next, byte: *byte });
            if found {
                return spelt(&seen);
            }
            if seen.len() > MAX_STATES {
                return Found::Unclear;
            }
        }
        next += 1;
    }
    if empty_will_do { Found::Text(String::new()) } else { Found::Nothing }
}

/// A state that was reached, and how.
struct Seen {
    states: Vec<StateID>,
    /// The index of the one before it. The first leads to itself.
    from: usize,
    byte: u8,
}

/// The text that led to the last state.
fn spelt(seen: &[Seen]) -> Found {
    let mut bytes = Vec::new();
    let mut at = seen.len().saturating_sub(1);
    while at > 0 {
        let Some(step) = seen.get(at) else { return Found::Unclear };
        bytes.push(step.byte);
        at = step.from;
    }
    bytes.reverse();
    // A text of bytes that are no characters is none that a service could send.
    String::from_utf8(bytes).map_or(Found::Unclear, Found::Text)
}

/// The constraints, each with its part of the states.
fn parts<'a>(
    constraints: &'a [Constraint],
    states: &'a [StateID],
) -> impl Iterator<Item = (&'a Constraint, impl Iterator<Item = (&'a Language, StateID)>)> {
    let mut rest = states;
    constraints.iter().map(move |constraint| {
        let (own, others) = rest.split_at_checked(constraint.by.len()).unwrap_or((rest, &[]));
        rest = others;
        (constraint, constraint.by.iter().map(AsRef::as_ref).zip(own.iter().copied()))
    })
}

fn accepts(constraints: &[Constraint], states: &[StateID]) -> bool {
    parts(constraints, states).all(|(constraint, mut languages)| {
        languages.any(|(language, state)| language.ends_in(state)) == constraint.taken
    })
}

/// Whether nothing that follows can be an answer.
fn is_lost(constraints: &[Constraint], states: &[StateID]) -> bool {
    parts(constraints, states).any(|(constraint, mut languages)| {
        constraint.taken && languages.all(|(language, state)| language.0.is_dead_state(state))
    })
}

/// One byte of each kind: bytes that no automaton tells apart lead to the same answers.
fn representatives(languages: &[&Language]) -> Vec<u8> {
    let mut kinds: HashMap<Vec<u8>, ()> = HashMap::new();
    let rest = (0..=u8::MAX).filter(|byte| !PREFERRED.contains(byte));
    let ordered = PREFERRED.iter().copied().chain(rest);
    let kind = |byte: u8| languages.iter().map(|language| language.0.byte_classes().get(byte)).collect();
    ordered.filter(|byte| kinds.insert(kind(*byte), ()).is_none()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::Pattern;

    fn one(glob: &str) -> Rc<Language> {
        Rc::new(Language::new(&Pattern::parse(glob).unwrap().to_regex().unwrap()).unwrap())
    }

    fn search(taken: &[&str], not: &[&str]) -> Found {
        let taken = taken.iter().map(|glob| Constraint { taken: true, by: vec![one(glob)] });
        let not = Constraint { taken: false, by: not.iter().map(|glob| one(glob)).collect() };
        find(&taken.chain([not]).collect::<Vec<_>>(), |_| true)
    }

    #[test]
    fn a_glob_that_another_contains_leaves_nothing() {
        for (inner, outer) in [
            ("create", "create"),
            ("create", "c*"),
            ("a*", "*"),
            ("**/targets/prod-*", "**/prod-*"),
            ("**/targets/prod-*", "**"),
            ("projects/*/x", "projects/**"),
            ("{a,b}-*", "?-*"),
            ("[ab]", "?"),
            ("**/a/**", "**"),
            ("a\n*", "**"),
        ] {
            assert_eq!(search(&[inner], &[outer]), Found::Nothing, "{inner} in {outer}");
        }
        assert_eq!(search(&["{a,b}x"], &["ax", "b*"]), Found::Nothing);
    }

    #[test]
    fn a_glob_that_takes_more_says_what() {
        for (outer, inner) in
            [("c*", "create"), ("**", "**/*-*"), ("?", "[ab]"), ("**/x", "*/x"), ("a/**", "a/*")]
        {
            let Found::Text(text) = search(&[outer], &[inner]) else { panic!("{outer} without {inner}") };
            let matches = |glob: &str| Pattern::parse(glob).unwrap().is_match(&text);
            assert!(matches(outer) && !matches(inner), "{text}");
        }
    }

    #[test]
    fn globs_that_have_nothing_in_common_are_found_out() {
        assert_eq!(search(&["a*", "b*"], &[]), Found::Nothing);
        assert_eq!(search(&["a*", "*b"], &[]), Found::Text("ab".to_owned()));
        assert_eq!(search(&["*/*", "*"], &[]), Found::Nothing);
    }

    #[test]
    fn an_automaton_that_is_too_large_is_given_up() {
        let wide = format!("*a{}", "?".repeat(40));
        assert!(Language::new(&Pattern::parse(&wide).unwrap().to_regex().unwrap()).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn what_is_said_of_two_globs_is_true_of_every_text(
            a in prop::collection::vec("\\*\\*|\\*|a|b|a\\*|\\*b|a\\?|\\{a,b\\}|[ab]a", 1..4),
            b in prop::collection::vec("\\*\\*|\\*|a|b|a\\*|\\*b|a\\?|\\{a,b\\}|[ab]a", 1..4),
            text in "(a|b|ab|ba|aba)(/(a|b|ab|ba|aba)){0,3}",
        ) {
            let (a, b) = (a.join("/"), b.join("/"));
            let matches = |glob: &str, text: &str| Pattern::parse(glob).unwrap().is_match(text);
            match search(&[&a], &[&b]) {
                Found::Nothing => prop_assert!(!matches(&a, &text) || matches(&b, &text)),
                Found::Text(text) => prop_assert!(matches(&a, &text) && !matches(&b, &text), "{}", text),
                Found::Unclear => {}
            }
        }
    }
}
