//! Places of a text, drawn for a person: the line, a caret below it, and what would be right.
//!
//! It knows nothing of policies. What is drawn, and as how grave, says the caller.

use std::collections::BTreeMap;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::problem::quoted;

/// The longest line, in characters, that is shown whole. Nobody writes a longer one by hand.
const MAX_LINE: usize = 2_000;

/// How many characters around a place are shown of a line that is longer.
const EXCERPT: usize = 60;

/// How many notes on one file are drawn. More than a screen full helps nobody, and a broken generator can make ten
/// thousand.
const MAX_SHOWN: usize = 50;

/// Where something stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters from there on it takes up; what goes beyond the line is not underlined.
    pub width: usize,
}

impl Place {
    /// The beginning of a file.
    pub const START: Place = Place { line: 1, column: 1, width: 1 };
}

/// What is drawn at a place.
#[derive(Debug, Clone)]
pub(super) struct Note<'a> {
    pub(super) level: Level<'static>,
    pub(super) place: Place,
    pub(super) message: &'a str,
    /// Between the lines and the help.
    pub(super) note: Option<&'a str>,
    pub(super) help: &'a str,
}

/// The lines of a text that are needed to draw some places in it, and what the text is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawing {
    origin: String,
    /// By their number.
    lines: BTreeMap<usize, String>,
}

impl Drawing {
    /// Keeps the lines of these places, which go up, as far as they are drawn.
    pub(super) fn new(origin: &str, source: &str, places: impl IntoIterator<Item = Place>) -> Self {
        let mut lines = BTreeMap::new();
        // Places and lines both go up: one pass over the source finds all the lines.
        let mut source_lines = (1..).zip(lines_of(source)).peekable();
        for place in places.into_iter().take(MAX_SHOWN) {
            while let Some((number, line)) = source_lines.next_if(|(number, _)| *number <= place.line) {
                if number == place.line {
                    lines.insert(number, line.to_owned());
                }
            }
        }
        Self { origin: origin.to_owned(), lines }
    }

    /// Draws the first notes, and says how many more there are. No line break at the end.
    pub(super) fn render<'a>(
        &self,
        renderer: &Renderer,
        notes: impl ExactSizeIterator<Item = Note<'a>>,
    ) -> String {
        let more = notes.len().saturating_sub(MAX_SHOWN);
        let shown = notes.take(MAX_SHOWN);
        let mut parts: Vec<String> = shown.map(|note| renderer.render(&[self.group(&note)])).collect();
        if more > 0 {
            parts.push(format!("and {more} more"));
        }
        parts.join("\n\n")
    }

    fn group<'a>(&'a self, note: &Note<'a>) -> Group<'a> {
        let title = note.level.clone().primary_title(note.message);
        let help = Level::HELP.message(note.help);
        let Place { line: number, column, width } = note.place;
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
                let more = note.note.map(|note| Level::NOTE.message(note));
                title.element(snippet).elements(more).element(help)
            }
            line => {
                let origin = Origin::path(self.origin.as_str()).line(number).char_column(column);
                let near: String = line
                    .map(|line| {
                        line.chars().skip((column - 1).saturating_sub(EXCERPT)).take(2 * EXCERPT).collect()
                    })
                    .unwrap_or_default();
                let near = Level::NOTE.message(format!("in a very long line, near {}", quoted(&near)));
                let more = note.note.map(|note| Level::NOTE.message(note));
                title.element(origin).element(near).elements(more).element(help)
            }
        }
    }
}

/// The lines of a text as YAML counts them: a lone carriage return ends one, too.
pub(super) fn lines_of(source: &str) -> impl Iterator<Item = &str> {
    source.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// Where the character of this index begins; the end of the line when it has fewer.
fn byte_offset(line: &str, chars: usize) -> usize {
    line.char_indices().nth(chars).map_or(line.len(), |(offset, _)| offset)
}
