//! A page of labelled lines in sections, as wide as the terminal. What they say is not decided here.

use std::fmt::Write;

use anstyle::Style;

use super::super::table::wrapped;

/// Before a label.
const INDENT: usize = 2;

/// Between the longest label of a section and the texts.
const GAP: usize = 2;

/// A page.
#[derive(Debug)]
pub(super) struct Sheet {
    width: Option<usize>,
    text: String,
}

impl Sheet {
    /// A page for lines of at most so many characters, with its title.
    #[must_use]
    pub(super) fn new(title: &str, width: Option<usize>) -> Self {
        let mut sheet = Self { width, text: String::new() };
        sheet.title(title);
        sheet
    }

    /// Adds a section: labels, each with its texts, which stand one below the other.
    pub(super) fn section<L: AsRef<str>>(&mut self, title: &str, rows: &[(L, Vec<String>)]) {
        self.begin(title);
        let longest = rows.iter().map(|(label, _)| label.as_ref().chars().count()).max().unwrap_or_default();
        let before = INDENT + longest + GAP;
        let room = self.width.map(|width| width.saturating_sub(before));
        for (label, texts) in rows {
            let mut label = label.as_ref();
            for line in texts.iter().flat_map(|text| wrapped(text, room)) {
                // Writing to a string cannot fail.
                let _ = writeln!(self.text, "  {label:<longest$}  {line}");
                label = "";
            }
        }
    }

    /// Adds a section with a text, broken between words.
    pub(super) fn paragraph(&mut self, title: &str, text: &str) {
        self.begin(title);
        self.remark(text);
    }

    /// Adds a text to a section, broken between words.
    pub(super) fn remark(&mut self, text: &str) {
        for line in wrapped(text, self.width.map(|width| width.saturating_sub(INDENT))) {
            let _ = writeln!(self.text, "  {line}");
        }
    }

    /// Adds a section with lines that stay as they are.
    pub(super) fn verbatim(&mut self, title: &str, text: &str) {
        self.begin(title);
        for line in text.lines() {
            let _ = writeln!(self.text, "  {line}");
        }
    }

    /// The page. No line break at the end.
    #[must_use]
    pub(super) fn finish(self) -> String {
        self.text.trim_end().to_owned()
    }

    fn begin(&mut self, title: &str) {
        self.text.push('\n');
        self.title(title);
    }

    fn title(&mut self, title: &str) {
        let bold = Style::new().bold();
        let _ = writeln!(self.text, "{bold}{title}{bold:#}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_below_each_other_behind_the_longest_label() {
        let mut sheet = Sheet::new("acme", Some(20));
        let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        sheet.section(
            "paths",
            &[("get", texts(&["one two three"])), ("cancel", texts(&["/{name}", "/a/very/long/path"]))],
        );
        sheet.paragraph("note", "some words that are longer");
        sheet.verbatim("scope", "- service: acme-with-a-long-name\n  projects: [p]");
        let want = "\
acme

paths
  get     one two
          three
  cancel  /{name}
          /a/very/long/path

note
  some words that
  are longer

scope
  - service: acme-with-a-long-name
    projects: [p]";
        assert_eq!(anstream::adapter::strip_str(&sheet.finish()).to_string(), want);
    }
}
