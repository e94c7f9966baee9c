//! What is wrong with a policy, or with another file that people write by hand, shown to the person who wrote it: the line, a caret, and what would be right.
//!
//! Problems are collected, never returned one by one: a file is mended in one go. Nothing here knows what a policy
//! may say; it only knows where things stand in a text and how to show them.

use std::collections::BTreeMap;
use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// How many problems of one file are shown. More than a screen full helps nobody, and a broken generator can make
/// ten thousand.
const MAX_SHOWN: usize = 50;

/// The longest line, in characters, that is shown whole. Nobody writes a longer one by hand.
const MAX_LINE: usize = 2_000;

/// How many characters around a problem are shown of a line that is longer.
const EXCERPT: usize = 60;

/// How many characters of a text from the file are quoted in a message.
const MAX_QUOTED: usize = 80;

/// Where something stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// From 1.
    pub(crate) line: usize,
    /// From 1, in characters.
    pub(crate) column: usize,
    /// How many characters from there on it takes up; what goes beyond the line is not underlined.
    pub(crate) width: usize,
}

impl Place {
    /// The beginning of a file.
    pub(crate) const START: Place = Place { line: 1, column: 1, width: 1 };
}

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
    origin: String,
    problems: Vec<Problem>,
    /// The offending lines, by their number.
    lines: BTreeMap<usize, String>,
}

impl PolicyError {
    /// Puts the problems in order and keeps the lines of the source that they point at.
    pub(crate) fn new(origin: &str, source: &str, problems: Problems) -> Self {
        let Problems(mut problems) = problems;
        problems.sort_by_key(|problem| problem.place);
        // What stands behind an anchor is read once for each alias, and is wrong every time.
        problems.dedup();
        let mut lines = BTreeMap::new();
        // Problems and lines both go up: one pass over the source finds all the lines.
        let mut source_lines = (1..).zip(lines_of(source)).peekable();
        for problem in problems.iter().take(MAX_SHOWN) {
            while let Some((number, line)) = source_lines.next_if(|(number, _)| *number <= problem.line()) {
                if number == problem.line() {
                    lines.insert(number, line.to_owned());
                }
            }
        }
        Self { origin: origin.to_owned(), problems, lines }
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
        let shown = self.problems.iter().take(MAX_SHOWN);
        let mut parts: Vec<String> = shown.map(|problem| renderer.render(&[self.group(problem)])).collect();
        let more = self.problems.len().saturating_sub(MAX_SHOWN);
        if more > 0 {
            parts.push(format!("and {more} more"));
        }
        parts.join("\n\n")
    }

    /// One problem as annotate-snippets takes it.
    fn group<'a>(&'a self, problem: &'a Problem) -> Group<'a> {
        let title = Level::ERROR.primary_title(problem.message.as_str());
        let help = Level::HELP.message(problem.help.as_str());
        let Place { line: number, column, width } = problem.place;
        match self.lines.get(&number) {
            Some(line) if line.chars().nth(MAX_LINE).is_none() => {
                let start = byte_offset(line, column - 1);
                let end = byte_offset(line, (column - 1).saturating_add(width.max(1)));
                // A bracket's place takes in the blanks behind it.
                let trimmed = line.get(start..end).unwrap_or_default().trim_end().len();
                let first = byte_offset(line, column).min(end);
                let end = (start + trimmed).max(first);
                let annotation = AnnotationKind::Primary.span(start..end);
                let snippet = Snippet::source(line.as_str())
                    .path(self.origin.as_str())
                    .line_start(number)
                    .annotation(annotation);
                title.element(snippet).element(help)
            }
            line => {
                let origin = Origin::path(self.origin.as_str()).line(number).char_column(column);
                let near: String = line
                    .map(|line| {
                        line.chars().skip((column - 1).saturating_sub(EXCERPT)).take(2 * EXCERPT).collect()
                    })
                    .unwrap_or_default();
                let near = Level::NOTE.message(format!("in a very long line, near {}", quoted(&near)));
                title.element(origin).element(near).element(help)
            }
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

impl std::error::Error for PolicyError {}

/// The lines of a text as YAML counts them: a lone carriage return ends one, too.
fn lines_of(source: &str) -> impl Iterator<Item = &str> {
    source.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// Where the character of this index begins; the end of the line when it has fewer.
fn byte_offset(line: &str, chars: usize) -> usize {
    line.char_indices().nth(chars).map_or(line.len(), |(offset, _)| offset)
}

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
