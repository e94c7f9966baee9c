//! Single values and lists of them: texts, counts, flags, durations, shares, choices.
//!
//! Nothing is converted on the quiet. A text in quotes is not a number, a number is not a text, and a value that is
//! not there is not a default.

use std::time::Duration;

use super::super::duration;
use super::super::model::Share;
use super::super::problem::{Problems, quoted};
use super::super::tree::{Node, Scalar, Value};
use super::fields::{listed, nearest};

/// Reports a node of the wrong type.
pub(crate) fn report_type(node: &Node, what: &str, wanted: &str, help: &str, problems: &mut Problems) {
    // A section is named with its backticks, or with its article; a key is bare.
    let what = if what.contains(['`', ' ']) { what.to_owned() } else { format!("`{what}`") };
    let got = match &node.value {
        _ if node.is_null() => return problems.report(node.place, format!("{what} has no value"), help),
        Value::Scalar(scalar) if looks_like_number(scalar) => format!("the number {}", scalar.text),
        Value::Scalar(scalar) if boolean(scalar).is_some() => scalar.text.clone(),
        Value::Scalar(scalar) => format!("the text {}", quoted(&scalar.text)),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
    };
    problems.report(node.place, format!("{what} must be {wanted}, and this is {got}"), help);
}

/// Whether YAML takes the scalar for a number, in any of its notations.
pub(crate) fn looks_like_number(scalar: &Scalar) -> bool {
    let unsigned = scalar.text.strip_prefix(['-', '+']).unwrap_or(&scalar.text);
    let lower = unsigned.to_ascii_lowercase();
    let based = |prefix, radix| {
        let digits = lower.strip_prefix(prefix);
        digits.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c: char| c.is_digit(radix)))
    };
    scalar.plain
        && (matches!(lower.as_str(), ".inf" | ".nan")
            || based("0o", 8)
            || based("0x", 16)
            || (lower.contains(|c: char| c.is_ascii_digit()) && lower.parse::<f64>().is_ok()))
}

/// The boolean that a scalar is, if it is one. `yes` and `on` are texts, as in YAML 1.2.
pub(crate) fn boolean(scalar: &Scalar) -> Option<bool> {
    match scalar.text.as_str() {
        "true" | "True" | "TRUE" if scalar.plain => Some(true),
        "false" | "False" | "FALSE" if scalar.plain => Some(false),
        _ => None,
    }
}

/// Whether the node is a scalar of this text.
pub(crate) fn is_text(node: &Node, text: &str) -> bool {
    matches!(&node.value, Value::Scalar(scalar) if scalar.text == text)
}

/// A text. What YAML takes for a number or a boolean is none: it must be quoted, so that it says what it seems to.
pub(crate) fn text<'a>(node: &'a Node, what: &str, help: &str, problems: &mut Problems) -> Option<&'a str> {
    match &node.value {
        Value::Scalar(scalar) if looks_like_number(scalar) || boolean(scalar).is_some() => {
            let help = format!("put it into quotes: \"{}\"", scalar.text);
            report_type(node, what, "a text", &help, problems);
            None
        }
        Value::Scalar(scalar) if !node.is_null() => Some(&scalar.text),
        _ => {
            report_type(node, what, "a text", help, problems);
            None
        }
    }
}

/// A list with something in it.
pub(crate) fn list<'a>(
    node: &'a Node,
    what: &str,
    help: &str,
    problems: &mut Problems,
) -> Option<&'a [Node]> {
    match &node.value {
        Value::List(items) if items.is_empty() => {
            problems.report(node.place, format!("`{what}` is an empty list"), help);
            None
        }
        Value::List(items) => Some(items),
        _ => {
            report_type(node, what, "a list", help, problems);
            None
        }
    }
}

/// Every item of a list, read; `None` when one of them is not right. All are read in any case.
pub(crate) fn each<'a, T>(
    items: &'a [Node],
    problems: &mut Problems,
    mut read: impl FnMut(&'a Node, &mut Problems) -> Option<T>,
) -> Option<Vec<T>> {
    let read: Vec<Option<T>> = items.iter().map(|item| read(item, problems)).collect();
    read.into_iter().collect()
}

/// A whole number from zero.
pub(crate) fn count(node: &Node, what: &str, problems: &mut Problems) -> Option<usize> {
    number(node, what, "0 means none", problems)
}

/// The same where 0 would make no sense. That it is none is left to the caller to check.
pub(crate) fn positive(node: &Node, what: &str, problems: &mut Problems) -> Option<usize> {
    number(node, what, "it must be at least 1", problems)
}

fn number(node: &Node, what: &str, least: &str, problems: &mut Problems) -> Option<usize> {
    const WANTED: &str = "a whole number from 0";
    let help = format!("write it in plain digits: `{what}: 20`");
    let Value::Scalar(scalar) = &node.value else {
        report_type(node, what, WANTED, &help, problems);
        return None;
    };
    let digits = !scalar.text.is_empty() && scalar.text.chars().all(|c| c.is_ascii_digit());
    // A leading zero means octal to some readers of YAML.
    let plain = scalar.plain && (scalar.text == "0" || !scalar.text.starts_with('0'));
    match scalar.text.parse() {
        Ok(count) if digits && plain => return Some(count),
        Err(_) if digits && plain => {
            problems.report(node.place, format!("`{what}` is too large"), help);
        }
        _ if digits && !scalar.plain => {
            let help = format!("leave the quotes out: `{what}: {}`", scalar.text);
            report_type(node, what, WANTED, &help, problems);
        }
        _ if scalar.plain && scalar.text.starts_with('-') && looks_like_number(scalar) => {
            problems.report(node.place, format!("`{what}` cannot be negative"), least);
        }
        _ => report_type(node, what, WANTED, &help, problems),
    }
    None
}

/// `true` or `false`.
pub(crate) fn flag(node: &Node, what: &str, problems: &mut Problems) -> Option<bool> {
    let flag = match &node.value {
        Value::Scalar(scalar) => boolean(scalar),
        Value::List(_) | Value::Map(_) => None,
    };
    if flag.is_none() {
        let help = format!("write `{what}: true` or `{what}: false`");
        report_type(node, what, "true or false", &help, problems);
    }
    flag
}

/// A duration with its units.
pub(crate) fn duration(node: &Node, what: &str, problems: &mut Problems) -> Option<Duration> {
    const RIGHT: &str = "write it with its unit: `90m`, `2h`, `1h30m`, `3d`";
    let Value::Scalar(Scalar { text, .. }) = &node.value else {
        report_type(node, what, "a duration", RIGHT, problems);
        return None;
    };
    if node.is_null() {
        report_type(node, what, "a duration", RIGHT, problems);
        return None;
    }
    match duration::parse(text) {
        Ok(duration) => Some(duration),
        Err(error @ duration::DurationError::NoUnit) => {
            let number = text.trim();
            problems.report(
                node.place,
                error.to_string(),
                format!("do you mean `{number}m` or `{number}h`?"),
            );
            None
        }
        Err(error) => {
            problems.report(node.place, error.to_string(), RIGHT);
            None
        }
    }
}

/// A share in percent, with up to two decimals.
pub(crate) fn share(node: &Node, what: &str, problems: &mut Problems) -> Option<Share> {
    let help = format!("write it in percent, from 0% to 100%: `{what}: 25%`");
    let Value::Scalar(scalar) = &node.value else {
        report_type(node, what, "a share", &help, problems);
        return None;
    };
    if node.is_null() {
        report_type(node, what, "a share", &help, problems);
        return None;
    }
    let Some(number) = scalar.text.strip_suffix('%') else {
        problems.report(node.place, "a share needs a percent sign", help);
        return None;
    };
    match basis_points(number) {
        Some(basis_points) => {
            let share = u16::try_from(basis_points).ok().and_then(Share::from_basis_points);
            if share.is_none() {
                problems.report(node.place, "a share cannot be more than 100%", help);
            }
            share
        }
        None => {
            let message = format!("{} is not a share", quoted(&scalar.text));
            problems.report(node.place, message, help);
            None
        }
    }
}

/// Hundredths of a percent; `None` for what is no number with up to two decimals.
fn basis_points(number: &str) -> Option<u64> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if !is_digits(whole) || !is_digits(decimals) || decimals.len() > 2 {
        return None;
    }
    // Too large to be read is too large in any case.
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    let hundredths: u64 = format!("{decimals:0<2}").parse().ok()?;
    Some(whole.saturating_mul(100).saturating_add(hundredths))
}

/// One of some words, each with what it stands for.
pub(crate) fn choice<T: Clone>(
    node: &Node,
    what: &str,
    of: &[(&str, T)],
    problems: &mut Problems,
) -> Option<T> {
    let words: Vec<&str> = of.iter().map(|(word, _)| *word).collect();
    let help = format!("`{what}` takes {}", listed(&words));
    let given = text(node, what, &help, problems)?;
    let found = of.iter().find(|(word, _)| *word == given);
    if found.is_none() {
        let help = match nearest(given, &words) {
            Some(meant) => format!("did you mean `{meant}`? {help}"),
            None => help,
        };
        problems.report(node.place, format!("unknown value {} of `{what}`", quoted(given)), help);
    }
    found.map(|(_, value)| value.clone())
}
