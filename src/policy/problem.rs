//! What is wrong with a policy, or with another file that people write by hand, shown to the person who wrote it: the
//! line, a caret, and what would be right.
//!
//! Problems are collected, never returned one by one: a file is mended in one go. Nothing here knows what a policy
//! may say. How a place in a text is shown is in `drawing`.

use std::fmt;

use annotate_snippets::{Level, Renderer};

pub(super) use super::drawing::Place;
use super::drawing::{Drawing, Note};

/// How many characters of a text from the file are quoted in a message.
const MAX_QUOTED: usize = 80;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    place: Place,
    message: String,
    help: String,
}

impl Problem {
    /// The line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.place.line
    }

    /// The column, from 1, in characters.
    #[must_use]
    pub fn column(&self) -> usize {
        self.place.column
    }

    /// What is wrong: one line, lower case.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would be right.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }
}

/// Takes up problems while a file is read.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// Notes what is wrong at a place, and what would be right.
    pub(crate) fn report(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.0.push(Problem { place, message: message.into(), help: help.into() });
    }

    /// Whether nothing was wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A text from the file, fit for a message: in backticks, on one line, not too long.
pub(crate) fn quoted(text: &str) -> String {
    let mut chars = text.chars();
    let shown: String = chars.by_ref().take(MAX_QUOTED).flat_map(escaped).collect();
    let more = if chars.next().is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
}

/// A character as it is, unless it would move the cursor of a terminal.
fn escaped(c: char) -> impl Iterator<Item = char> {
    let (plain, escape) = if c.is_control() { (None, Some(c.escape_default())) } else { (Some(c), None) };
    plain.into_iter().chain(escape.into_iter().flatten())
}

/// A policy that cannot be used, or another file that is read like one, with everything that is wrong with it.
///
/// `Display` shows each problem with its line and a caret, in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    problems: Vec<Problem>,
    drawing: Drawing,
}

impl PolicyError {
    /// Puts the problems in order and keeps the lines of the source that they point at.
    pub(crate) fn new(origin: &str, source: &str, problems: Problems) -> Self {
        let Problems(mut problems) = problems;
        problems.sort_by_key(|problem| problem.place);
        // What stands behind an anchor is read once for each alias, and is wrong every time.
        problems.dedup();
        let drawing = Drawing::new(origin, source, problems.iter().map(|problem| problem.place));
        Self { problems, drawing }
    }

    /// Everything that is wrong, from the top of the file to its end. Never empty.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The same text as `Display`, with ANSI colours.
    #[must_use]
    pub fn coloured(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let notes = self.problems.iter().map(|problem| Note {
            level: Level::ERROR,
            place: problem.place,
            message: &problem.message,
            note: None,
            help: &problem.help,
        });
        self.drawing.render(renderer, notes)
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for PolicyError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(source: &str, places: &[(usize, usize, usize)]) -> PolicyError {
        let mut problems = Problems::default();
        for (line, column, width) in places {
            let place = Place { line: *line, column: *column, width: *width };
            problems.report(place, format!("wrong at {line}"), "do it right");
        }
        PolicyError::new("policy.yaml", source, problems)
    }

    #[test]
    fn a_problem_is_shown_with_its_line_and_a_caret() {
        let want = "\
error: wrong at 2
 --> policy.yaml:2:8
  |
2 | ö: ä + vrb
  |        ^^^
  |
  = help: do it right";
        assert_eq!(error("a\nö: ä + vrb\nc", &[(2, 8, 3)]).to_string(), want);
        assert_eq!(error("a\r\nö: ä + vrb\r\nc", &[(2, 8, 3)]).to_string(), want);
        assert_eq!(error("a\rö: ä + vrb\rc", &[(2, 8, 3)]).to_string(), want);
    }

    #[test]
    fn a_place_beyond_the_end_of_its_line_or_of_the_file_is_still_shown() {
        for (source, place) in [
            ("match:", (1, 7, 0)),
            ("match:", (1, 99, 5)),
            ("a\n", (2, 1, 1)),
            ("", (1, 1, 1)),
            ("a", (7, 3, 1)),
            // Blanks of more than one byte, which is all that is marked.
            ("a\u{2028}\u{2028}b", (1, 2, 2)),
        ] {
            let got = error(source, &[place]).to_string();
            assert!(got.contains("policy.yaml:") && got.ends_with("do it right"), "{got}");
        }
    }

    #[test]
    fn problems_are_shown_from_top_to_bottom_and_each_once() {
        let got = error("a\nb\nc", &[(3, 1, 1), (1, 1, 1), (3, 1, 1)]);
        let lines: Vec<usize> = got.problems().iter().map(Problem::line).collect();
        assert_eq!(lines, [1, 3]);
        assert_eq!(got.to_string().matches("error: ").count(), 2);
    }

    #[test]
    fn a_very_long_line_does_not_flood_the_output() {
        let source = format!("{}HERE{}", "ü".repeat(500_000), "x".repeat(500_000));
        let got = error(&source, &[(1, 500_001, 4)]).to_string();
        assert!(got.len() < 1_000 && got.contains("HERE") && got.contains("policy.yaml:1:500001"), "{got}");
    }

    #[test]
    fn a_great_many_problems_are_cut_and_counted() {
        let places: Vec<_> = (1..=80).map(|line| (line, 1, 1)).collect();
        let got = error(&"x\n".repeat(80), &places);
        assert!(got.to_string().ends_with("and 30 more"));
        assert_eq!(got.problems().len(), 80);
    }

    #[test]
    fn colour_is_only_there_when_asked_for() {
        let error = error("abc", &[(1, 1, 1)]);
        assert!(!error.to_string().contains('\u{1b}') && error.coloured().contains('\u{1b}'));
    }

    #[test]
    fn a_quoted_text_is_short_and_cannot_move_the_cursor() {
        assert_eq!(quoted("a\u{1b}[31mb\n"), r"`a\u{1b}[31mb\n`");
        assert_eq!(quoted(&"ö".repeat(200)).chars().count(), 83);
    }
}
