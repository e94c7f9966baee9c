//! What deserves a second look in a policy that is right, drawn as its mistakes would be.

use std::fmt;

use annotate_snippets::{Level, Renderer};

use super::drawing::{Drawing, Note, Place};

/// How many warnings of one file are drawn. More than a screen full helps nobody.
const MAX_SHOWN: usize = 50;

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Where.
    pub place: Place,
    /// What: one line, lower case.
    pub message: String,
    /// More about it, if there is more.
    pub note: Option<String>,
    /// What to do.
    pub help: String,
}

/// Warnings about one file. `Display` draws them in plain text; nothing for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warnings {
    warnings: Vec<Warning>,
    drawing: Drawing,
}

impl Warnings {
    /// Warnings about a text, from its top to its end. `origin` is what it is called.
    #[must_use]
    pub fn new(origin: &str, source: &str, mut warnings: Vec<Warning>) -> Self {
        warnings.sort_by_key(|warning| warning.place);
        let drawing =
            Drawing::new(origin, source, warnings.iter().take(MAX_SHOWN).map(|warning| warning.place));
        Self { warnings, drawing }
    }

    /// The same text as `Display`, with ANSI colours.
    #[must_use]
    pub fn coloured(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let notes = self.warnings.iter().take(MAX_SHOWN).map(|warning| Note {
            level: Level::WARNING,
            place: warning.place,
            message: &warning.message,
            note: warning.note.as_deref(),
            help: &warning.help,
        });
        let mut parts: Vec<String> = notes.map(|note| self.drawing.render(renderer, &note)).collect();
        let more = self.warnings.len().saturating_sub(MAX_SHOWN);
        if more > 0 {
            parts.push(format!("and {more} more"));
        }
        parts.join("\n\n")
    }
}

impl fmt::Display for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}
