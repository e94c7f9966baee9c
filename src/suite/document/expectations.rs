//! `expect`: which operations a key names, and what is expected of them.

use super::super::expectation::Expectation;
use super::super::model::{Expected, Selector};
use crate::policy::Pattern;
use crate::policy::reading::fields::{listed, nearest};
use crate::policy::reading::{Entry, Node, Problems, Value, quoted, scalars};

/// The forms of an expectation, for whoever wrote something else.
const FORMS: &str =
    "`cancel by RULE`, `report`, `report by RULE`, `spare: REASON`, `withheld: REASON`, `ended`";

/// The first words of these forms.
const FIRST_WORDS: [&str; 5] = ["cancel", "report", "spare", "withheld", "ended"];

pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<Vec<Expected>> {
    let Value::Map(entries) = &node.value else {
        let help = "name operations by id: `expect: { op-1: \"cancel by RULE\" }`; `{}` expects no cancel";
        scalars::report_type(node, "expect", "a map", help, problems);
        return None;
    };
    let read: Vec<Option<Expected>> = entries.iter().map(|entry| read_entry(entry, problems)).collect();
    read.into_iter().collect()
}

fn read_entry(entry: &Entry, problems: &mut Problems) -> Option<Expected> {
    let Entry { key, key_place, value } = entry;
    let who = match Pattern::parse(key) {
        Ok(pattern) => Some(Selector { pattern, is_glob: key.contains(['*', '?', '[', '{']) }),
        Err(error) => {
            let help = "name an operation by its id, its whole name, or a glob over either: `op-*`";
            problems.report(*key_place, error.to_string(), help);
            None
        }
    };
    let what = read_expectation(value, problems);
    Some(Expected { who: who?, line: key_place.line, what: what? })
}

fn read_expectation(node: &Node, problems: &mut Problems) -> Option<Expectation> {
    if let Value::Map(entries) = &node.value
        && let [entry] = entries.as_slice()
        && let Value::Scalar(scalar) = &entry.value.value
    {
        let text = format!("{}: {}", entry.key, scalar.text);
        let help = format!("put the whole expectation into quotes: {text:?}");
        problems.report(node.place, "an expectation is one text, and YAML reads this as a map", help);
        return None;
    }
    let text = scalars::text(node, "an expectation", &format!("write {FORMS}"), problems)?;
    match parse(text.trim()) {
        Ok(expectation) => Some(expectation),
        Err(Mistake { message, help }) => {
            problems.report(node.place, message, help);
            None
        }
    }
}

/// What is wrong with an expectation, and what would be right.
struct Mistake {
    message: String,
    help: String,
}

fn parse(text: &str) -> Result<Expectation, Mistake> {
    let named = |prefix: &str| text.strip_prefix(prefix).map(str::trim).filter(|name| !name.is_empty());
    if let Some(rule) = named("cancel by ") {
        Ok(Expectation::Cancel { rule: rule.into() })
    } else if let Some(rule) = named("report by ") {
        Ok(Expectation::Report { rule: Some(rule.into()) })
    } else if let Some(reason) = named("spare:") {
        parse_spared(reason)
    } else if let Some(reason) = named("withheld:") {
        parse_withheld(reason)
    } else {
        match text {
            "report" => Ok(Expectation::Report { rule: None }),
            "ended" => Ok(Expectation::Ended),
            _ => Err(not_an_expectation(text)),
        }
    }
}

fn parse_spared(reason: &str) -> Result<Expectation, Mistake> {
    if let Some(name) = reason.strip_prefix("protected by ").map(str::trim).filter(|name| !name.is_empty()) {
        return Ok(Expectation::Protected { name: name.into() });
    }
    let found = Expectation::spared_words().find(|because| because.to_string() == reason);
    found.map(Expectation::Spare).ok_or_else(|| unknown_reason("spare", reason, &spared_words()))
}

fn parse_withheld(reason: &str) -> Result<Expectation, Mistake> {
    let found = Expectation::withheld_words().find(|withheld| withheld.to_string() == reason);
    found.map(Expectation::Withheld).ok_or_else(|| match reason {
        "report_only" => Mistake {
            message: "what a rule only reports is not withheld".to_owned(),
            help: "write `report`, or `report by RULE`".to_owned(),
        },
        _ => unknown_reason("withheld", reason, &withheld_words()),
    })
}

fn spared_words() -> Vec<String> {
    let protected = "protected by NAME".to_owned();
    [protected].into_iter().chain(Expectation::spared_words().map(|because| because.to_string())).collect()
}

fn withheld_words() -> Vec<String> {
    Expectation::withheld_words().map(|withheld| withheld.to_string()).collect()
}

fn unknown_reason(word: &str, reason: &str, words: &[String]) -> Mistake {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let all = format!("`{word}:` takes {}", listed(&words));
    let help = match nearest(reason, &words) {
        Some(meant) => format!("did you mean `{word}: {meant}`? {all}"),
        None => all,
    };
    Mistake { message: format!("unknown reason {} of `{word}`", quoted(reason)), help }
}

fn not_an_expectation(text: &str) -> Mistake {
    let first = text.split([' ', ':']).next().unwrap_or_default();
    // `cancelled` is further from `cancel` than a slip.
    let longer = || FIRST_WORDS.into_iter().find(|word| first.starts_with(word));
    let help = match nearest(first, &FIRST_WORDS).or_else(longer) {
        Some("cancel") => "say by which rule: `cancel by RULE`".to_owned(),
        Some("spare") => {
            format!("say why: `spare: REASON`, of which there are {}", in_backticks(&spared_words()))
        }
        Some("withheld") => {
            format!("say why: `withheld: REASON`, of which there are {}", in_backticks(&withheld_words()))
        }
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("write one of {FORMS}"),
    };
    Mistake { message: format!("{} is not an expectation", quoted(text)), help }
}

fn in_backticks(words: &[String]) -> String {
    listed(&words.iter().map(String::as_str).collect::<Vec<_>>())
}
