//! What deserves a second look in a policy that is right, drawn as its mistakes would be.

use std::fmt;

use annotate_snippets::{Level, Renderer};

use super::drawing::{Drawing, Note, Place};

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
        let drawing = Drawing::new(origin, source, warnings.iter().map(|warning| warning.place));
        Self { warnings, drawing }
    }

    /// The same text as `Display`, with ANSI colours.
    #[must_use]
    pub fn coloured(&self) -> String {
        self.render(&Renderer::styled())
    }

    fn render(&self, renderer: &Renderer) -> String {
        let notes = self.warnings.iter().map(|warning| Note {
            level: Level::WARNING,
            place: warning.place,
            message: &warning.message,
            note: warning.note.as_deref(),
            help: &warning.help,
        });
        self.drawing.render(renderer, notes)
    }
}

impl fmt::Display for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}
