//! Whether an operation can be as some formulas say: a proof that none can, or one that is.
//!
//! The formulas are taken apart, alternative by alternative, and what each field would have to be is checked on the way.
//! "Never" is only said when every alternative has been shown to contradict itself; an operation is only given when the
//! formulas hold for it. In between is "unclear": the search was given up, or what was found could not be put together.
//!
//! What the names of one operation have to do with each other is not used for a proof, so less is proved, never more.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::Value;

use super::example::{Example, Places};
use super::formula::{Atom, Formula};
use super::language::{Constraint, Found, Language, find};
use super::value::{Possible, Wanted};
use crate::operation::Operation;
use crate::policy::{Field, Pattern, TYPE_PREFIX, Test};

/// How much work one question may be: formulas that are looked at, and moves of automata.
const MAX_WORK: usize = 10_000_000;

/// How much work all the questions about one policy may be together: a second or two. It is far more than any policy that
/// people keep by hand needs, and keeps one of hundreds of rules from taking hours.
const MAX_WORK_IN_ALL: usize = 100_000_000;

/// What a name between two slashes is made of.
const SEGMENT: &str = r"(?-u)^[A-Za-z0-9._~:()-]+$";

/// An answer.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// No operation is like that.
    Never,
    /// This one is.
    Example(Box<Operation>),
    /// It was not found out.
    Unclear,
}

impl Answer {
    /// Whether it is proved that there is none.
    pub(super) fn is_never(&self) -> bool {
        matches!(self, Self::Never)
    }
}

/// Answers questions about one policy, and keeps what it made for one answer for the next.
#[derive(Debug)]
pub(super) struct Solver {
    places: Places,
    /// By their expressions. `None`: too large.
    languages: RefCell<HashMap<String, Option<Rc<Language>>>>,
    /// What is left for all questions.
    left: Cell<usize>,
    /// What is left for the one that is being answered.
    left_now: Cell<usize>,
}

impl Solver {
    /// Examples are made of these places.
    pub(super) fn new(places: Places) -> Self {
        Self {
            places,
            languages: RefCell::default(),
            left: Cell::new(MAX_WORK_IN_ALL),
            left_now: Cell::default(),
        }
    }

    /// Whether all of these can be so for one operation.
    pub(super) fn solve(&self, formulas: &[&Formula]) -> Answer {
        let at_most = self.left.get().min(MAX_WORK);
        self.left_now.set(at_most);
        let mut search = Search { solver: self, formulas, fields: Vec::new() };
        let answer = search.go(formulas.to_vec());
        self.left.set(self.left.get() - (at_most - self.left_now.get()));
        answer
    }

    /// Takes note of some work; whether there was as much left.
    fn spend(&self, work: usize) -> bool {
        let left = self.left_now.get().checked_sub(work);
        self.left_now.set(left.unwrap_or_default());
        left.is_some()
    }

    fn language(&self, regex: String) -> Option<Rc<Language>> {
        if let Some(known) = self.languages.borrow().get(&regex) {
            return known.clone();
        }
        let made = Language::new(&regex).map(Rc::new);
        self.languages.borrow_mut().insert(regex, made.clone());
        made
    }

    fn pattern(&self, pattern: &Pattern, field: &Field) -> Option<Rc<Language>> {
        let regex = pattern.to_regex()?;
        if *field != Field::Kind {
            return self.language(regex);
        }
        // The type is also found without what it begins with.
        let inner = regex.strip_prefix("(?-u)^")?.strip_suffix('$')?;
        self.language(format!("(?-u)^(?:{})?(?:{inner})$", TYPE_PREFIX.replace('.', r"\.")))
    }

    /// What a text can be of which one of some patterns must take it, or none, for each entry.
    fn text(&self, field: &Field, wanted: &[(&[Pattern], bool)]) -> Found {
        let fits = |text: &str| {
            wanted.iter().all(|(patterns, taken)| {
                let short = text.strip_prefix(TYPE_PREFIX).filter(|_| *field == Field::Kind);
                let takes = |p: &Pattern| p.is_match(text) || short.is_some_and(|short| p.is_match(short));
                patterns.iter().any(takes) == *taken
            })
        };
        if let Some(text) = self.places.likely(field).into_iter().find(|text| fits(text)) {
            return Found::Text(text);
        }
        let mut constraints = Vec::new();
        let domain = match field {
            Field::Service | Field::Project | Field::Location => Some(SEGMENT.to_owned()),
            Field::Name => Some(self.places.every_name()),
            _ => None,
        };
        if let Some(domain) = domain {
            match self.language(domain) {
                Some(language) => constraints.push(Constraint { taken: true, by: vec![language] }),
                None => return Found::Unclear,
            }
        }
        for (patterns, taken) in wanted {
            let by: Option<Vec<_>> = patterns.iter().map(|pattern| self.pattern(pattern, field)).collect();
            match by {
                Some(by) => constraints.push(Constraint { taken: *taken, by }),
                None => return Found::Unclear,
            }
        }
        find(&constraints, |work| self.spend(work))
    }
}

/// What is asked of one field, and what it was found that it can be.
struct Asked {
    field: Field,
    atoms: Vec<Atom>,
    value: Option<Value>,
}

/// One question.
struct Search<'a> {
    solver: &'a Solver,
    formulas: &'a [&'a Formula],
    fields: Vec<Asked>,
}

impl Search<'_> {
    /// Looks at what is still to be taken apart. As deep as there are alternatives within each other.
    fn go(&mut self, pending: Vec<&Formula>) -> Answer {
        let known: usize = self.fields.iter().map(|asked| asked.atoms.len()).sum();
        if !self.solver.spend(1 + pending.len() + known) {
            return Answer::Unclear;
        }
        let Some((atoms, choices)) = taken_apart(pending) else { return Answer::Never };
        let Some(undo) = self.assume(&atoms) else { return Answer::Never };
        let answer = self.choose(choices);
        self.fields = undo;
        answer
    }

    fn choose(&mut self, mut choices: Vec<&Formula>) -> Answer {
        // The one with the fewest alternatives first: it contradicts itself the soonest.
        let fewest =
            (0..choices.len()).min_by_key(|index| choices.get(*index).map_or(0, |choice| width(choice)));
        let Some(fewest) = fewest else { return self.example() };
        let Formula::Or(alternatives) = choices.swap_remove(fewest) else { return Answer::Unclear };
        let mut answer = Answer::Never;
        for alternative in alternatives {
            let mut pending = choices.clone();
            pending.push(alternative);
            match self.go(pending) {
                Answer::Never => {}
                found @ Answer::Example(_) => return found,
                Answer::Unclear => answer = Answer::Unclear,
            }
        }
        answer
    }

    /// Takes up what is asked. `None` when a field cannot be all of it; else what was known before.
    fn assume(&mut self, atoms: &[&Atom]) -> Option<Vec<Asked>> {
        let mut fields: Vec<Asked> = Vec::with_capacity(self.fields.len());
        for Asked { field, atoms, value } in &self.fields {
            fields.push(Asked { field: field.clone(), atoms: atoms.clone(), value: value.clone() });
        }
        let mut changed = Vec::new();
        for atom in atoms {
            let field = &atom.predicate.field;
            let index = fields.iter().position(|asked| asked.field == *field).unwrap_or_else(|| {
                fields.push(Asked { field: field.clone(), atoms: Vec::new(), value: None });
                fields.len() - 1
            });
            if let Some(asked) = fields.get_mut(index) {
                asked.atoms.push((*atom).clone());
                changed.push(index);
            }
        }
        changed.sort_unstable();
        changed.dedup();
        for index in changed {
            let Some(asked) = fields.get_mut(index) else { continue };
            asked.value = match self.solver.field(asked) {
                Fits::Never => return None,
                Fits::As(value) => Some(value),
                Fits::Unclear => None,
            };
        }
        Some(std::mem::replace(&mut self.fields, fields))
    }

    /// An operation of the values that were found, if it is one for which the formulas hold.
    fn example(&self) -> Answer {
        let mut example = Example::new(&self.solver.places);
        for asked in &self.fields {
            match &asked.value {
                Some(value) => example.set(&asked.field, value),
                None => return Answer::Unclear,
            }
        }
        match example.operation() {
            Some(operation) if self.formulas.iter().all(|formula| formula.holds_for(&operation)) => {
                Answer::Example(Box::new(operation))
            }
            _ => Answer::Unclear,
        }
    }
}

/// What a field can be.
enum Fits {
    Never,
    As(Value),
    Unclear,
}

impl Solver {
    fn field(&self, asked: &Asked) -> Fits {
        match &asked.field {
            Field::CancellationRequested => {
                let mut flags = asked.atoms.iter().filter_map(|atom| match atom.predicate.test {
                    Test::Is(flag) => Some(flag == atom.holds),
                    Test::OneOf(_) | Test::Value(_) => None,
                });
                match flags.next() {
                    Some(first) if flags.all(|flag| flag == first) => Fits::As(Value::Bool(first)),
                    Some(_) => Fits::Never,
                    None => Fits::Unclear,
                }
            }
            Field::Metadata(_) => self.metadata(asked),
            field => {
                let wanted: Vec<(&[Pattern], bool)> = asked
                    .atoms
                    .iter()
                    .filter_map(|atom| match &atom.predicate.test {
                        Test::OneOf(patterns) => Some((patterns.as_slice(), atom.holds)),
                        Test::Is(_) | Test::Value(_) => None,
                    })
                    .collect();
                fits(self.text(field, &wanted))
            }
        }
    }

    fn metadata(&self, asked: &Asked) -> Fits {
        let wanted = Wanted::of(&asked.atoms);
        match wanted.possible() {
            Possible::Nothing => Fits::Never,
            Possible::Value(value) => Fits::As(value),
            Possible::Text(spelt) => {
                let texts: Vec<(&[Pattern], bool)> = wanted
                    .texts
                    .iter()
                    .map(|(pattern, holds)| (std::slice::from_ref(*pattern), *holds))
                    .collect();
                match (self.text(&asked.field, &texts), spelt) {
                    (Found::Nothing, _) => Fits::Never,
                    // Whether the number's text is one that the globs allow, the example will show.
                    (_, Some(number)) => Fits::As(Value::String(number)),
                    (found, None) => fits(found),
                }
            }
        }
    }
}

fn fits(found: Found) -> Fits {
    match found {
        Found::Text(text) => Fits::As(Value::String(text)),
        Found::Nothing => Fits::Never,
        Found::Unclear => Fits::Unclear,
    }
}

fn width(formula: &Formula) -> usize {
    match formula {
        Formula::Or(parts) => parts.len(),
        Formula::And(_) | Formula::Atom(_) => 1,
    }
}

/// What must be so at once, and the choices that are left. `None` when one of them has no alternative.
fn taken_apart(mut pending: Vec<&Formula>) -> Option<(Vec<&Atom>, Vec<&Formula>)> {
    let (mut atoms, mut choices) = (Vec::new(), Vec::new());
    while let Some(formula) = pending.pop() {
        match formula {
            Formula::Atom(atom) => atoms.push(atom),
            Formula::And(parts) => pending.extend(parts),
            Formula::Or(parts) => match parts.as_slice() {
                [] => return None,
                [only] => pending.push(only),
                _ => choices.push(formula),
            },
        }
    }
    Some((atoms, choices))
}

#[cfg(test)]
#[path = "solve_tests.rs"]
mod tests;
