//! Whether a value of the metadata can be what several tests say of it.
//!
//! A test looks at values of its own type only; of any other it is unknown. So one test that holds, or that certainly
//! does not, already says of which type the value is. A number is also found in a text that spells a whole one.

use serde_json::{Number, Value};

use super::formula::Atom;
use crate::policy::{Pattern, Test, ValueTest};

/// What the tests ask for, by type.
#[derive(Debug, Default)]
pub(super) struct Wanted<'a> {
    /// Globs, and whether they take the text.
    pub(super) texts: Vec<(&'a Pattern, bool)>,
    numbers: Vec<(&'a Number, bool)>,
    flags: Vec<bool>,
}

/// What can be said without looking at globs.
#[derive(Debug, PartialEq)]
pub(super) enum Possible {
    /// No value is all of it.
    Nothing,
    /// This may be it.
    Value(Value),
    /// A text that the globs allow; and if a number is asked for, too, one that spells it.
    Text(Option<String>),
}

impl<'a> Wanted<'a> {
    /// Sorts the tests on one value.
    pub(super) fn of(atoms: impl IntoIterator<Item = &'a Atom>) -> Self {
        let mut wanted = Self::default();
        for Atom { predicate, holds } in atoms {
            let Test::Value(tests) = &predicate.test else { continue };
            for test in tests {
                match test {
                    ValueTest::Text(pattern) => wanted.texts.push((pattern, *holds)),
                    ValueTest::Equals(Value::Number(number)) => wanted.numbers.push((number, *holds)),
                    ValueTest::Equals(Value::Bool(flag)) => wanted.flags.push(*flag == *holds),
                    // A policy that was read has no other.
                    ValueTest::Equals(_) => {}
                }
            }
        }
        wanted
    }

    /// What the value can be.
    pub(super) fn possible(&self) -> Possible {
        let Self { texts, numbers, flags } = self;
        if let Some(flag) = flags.first() {
            let agree = flags.iter().all(|other| other == flag);
            let alone = texts.is_empty() && numbers.is_empty();
            return if agree && alone { Possible::Value(Value::Bool(*flag)) } else { Possible::Nothing };
        }
        let one = numbers.iter().find(|(_, holds)| *holds).map(|(number, _)| *number);
        if let Some(one) = one
            && numbers.iter().any(|(other, holds)| (*other == one) != *holds && are_told_apart(one, other))
        {
            return Possible::Nothing;
        }
        if !texts.is_empty() {
            return Possible::Text((!numbers.is_empty()).then(|| one.unwrap_or(&spare(numbers)).to_string()));
        }
        Possible::Value(Value::Number(one.cloned().unwrap_or_else(|| spare(numbers))))
    }
}

/// Whether it is beyond doubt whether two numbers are the same. Whole ones are compared digit by digit, but what a float
/// equals depends on how it was written.
fn are_told_apart(a: &Number, b: &Number) -> bool {
    a == b || (a.as_i128().is_some() && b.as_i128().is_some())
}

/// A small number that is none of these.
fn spare(numbers: &[(&Number, bool)]) -> Number {
    let taken = |n: &u64| numbers.iter().any(|(number, _)| number.as_u64() == Some(*n));
    (0_u64..).find(|n| !taken(n)).unwrap_or_default().into()
}
