//! The layout of tables: a name, a few short columns and a note for each row.
//!
//! A row is one line where nothing limits the line: in a pipe, or on a terminal that is wide enough. On a narrower
//! one the note goes below its row, and then the name too, so that no column is ever broken: a name that was cut into
//! pieces could not be copied. What the rows say is not decided here.
//!
//! Tables are always made with colour; the stream that they are printed to takes it away when nobody would see it.

use std::fmt::Write;
use std::io;

use anstyle::{AnsiColor, Style};
use terminal_size::{Width, terminal_size_of};

/// Between two columns.
const GAP: usize = 2;

/// Before what stands below its row.
const INDENT: usize = 4;

/// What stands where there is nothing to say.
pub(super) const NOTHING: &str = "–";

/// A table. Its first column is the name, its last one the note.
#[derive(Debug)]
pub(super) struct Table {
    name: &'static str,
    columns: Vec<&'static str>,
    note: &'static str,
    rows: Vec<Row>,
}

/// A row of it.
#[derive(Debug)]
pub(super) struct Row {
    /// What the row is about.
    pub(super) name: String,
    /// One for each column.
    pub(super) cells: Vec<Cell>,
    /// The note of a row that has it on the same line.
    pub(super) note: String,
    /// The note of a row that has it below: only what is worth a line of its own.
    pub(super) note_below: Option<String>,
}

/// A short text and how it looks.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A text like any other.
    #[must_use]
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: Style::new() }
    }

    /// A text in a colour.
    #[must_use]
    pub(super) fn coloured(text: impl Into<String>, colour: AnsiColor) -> Self {
        Self { text: text.into(), style: colour.on_default() }
    }

    /// The same in bold.
    #[must_use]
    pub(super) fn bold(self) -> Self {
        Self { style: self.style.bold(), ..self }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// Where the parts of a row go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Everything on one line.
    OneLine,
    /// The note below the row.
    NoteBelow,
    /// The name and the note below the row.
    NameBelow,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub(super) fn new(name: &'static str, columns: &[&'static str], note: &'static str) -> Self {
        Self { name, columns: columns.to_vec(), note, rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// The table for standard output, as it is: a terminal of some width, or none.
    #[must_use]
    pub(super) fn for_stdout(&self) -> String {
        self.render(stdout_width())
    }

    /// The table for lines of at most `width` characters. No line break at the end.
    fn render(&self, width: Option<usize>) -> String {
        let name_width = widest(self.rows.iter().map(|row| row.name.chars().count()), self.name);
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|index| {
                let cells = self.rows.iter().filter_map(|row| row.cells.get(index));
                widest(cells.map(Cell::width), self.columns.get(index).copied().unwrap_or_default())
            })
            .collect();
        let note_width = widest(self.rows.iter().map(|row| row.note.chars().count()), self.note);
        let columns_width = widths.iter().map(|width| width + GAP).sum::<usize>();
        let fits = |needed| width.is_none_or(|width| needed <= width);
        let layout = if fits(name_width + GAP + columns_width + note_width) {
            Layout::OneLine
        } else if fits(name_width + columns_width) {
            Layout::NoteBelow
        } else {
            Layout::NameBelow
        };
        let mut out = String::new();
        self.header(&mut out, layout, name_width, &widths);
        for row in &self.rows {
            out.push('\n');
            row.write(&mut out, layout, name_width, &widths, width);
        }
        out
    }

    fn header(&self, out: &mut String, layout: Layout, name_width: usize, widths: &[usize]) {
        let titles = self.columns.iter().map(|title| Cell::plain(*title).bold());
        let mut line = Line::default();
        if layout != Layout::NameBelow {
            line.put(&Cell::plain(self.name).bold(), name_width);
        }
        titles.zip(widths).for_each(|(title, width)| line.put(&title, *width));
        if layout == Layout::OneLine {
            line.put(&Cell::plain(self.note).bold(), 0);
        }
        out.push_str(&line.text);
        let columns = widths.iter().map(|width| width + GAP).sum::<usize>().saturating_sub(GAP);
        let ruled = match layout {
            Layout::OneLine => name_width + GAP + columns + GAP + self.note.chars().count(),
            Layout::NoteBelow => name_width + GAP + columns,
            Layout::NameBelow => columns,
        };
        out.push('\n');
        out.extend(std::iter::repeat_n('─', ruled));
    }
}

impl Row {
    fn write(
        &self,
        out: &mut String,
        layout: Layout,
        name_width: usize,
        widths: &[usize],
        width: Option<usize>,
    ) {
        let mut line = Line::default();
        if layout != Layout::NameBelow {
            line.put(&Cell::plain(self.name.as_str()), name_width);
        }
        self.cells.iter().zip(widths).for_each(|(cell, width)| line.put(cell, *width));
        if layout == Layout::OneLine {
            line.put(&Cell::plain(self.note.as_str()), 0);
        }
        out.push_str(&line.text);
        if layout == Layout::NameBelow {
            below(out, &self.name, Style::new(), width);
        }
        if let (Layout::NoteBelow | Layout::NameBelow, Some(note)) = (layout, &self.note_below) {
            below(out, note, Style::new().dimmed(), width);
        }
    }
}

/// A line that grows by a cell at a time. Blanks are written only when something follows them.
#[derive(Default)]
struct Line {
    text: String,
    blanks: usize,
}

impl Line {
    fn put(&mut self, cell: &Cell, width: usize) {
        if !cell.text.is_empty() {
            self.text.extend(std::iter::repeat_n(' ', self.blanks));
            self.blanks = 0;
            let style = cell.style;
            // Writing to a string cannot fail.
            let _ = write!(self.text, "{style}{}{style:#}", cell.text);
        }
        self.blanks += width.saturating_sub(cell.width()) + GAP;
    }
}

/// Writes a text below a row, broken between words.
fn below(out: &mut String, text: &str, style: Style, width: Option<usize>) {
    for line in wrapped(text, width.map(|width| width.saturating_sub(INDENT))) {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', INDENT));
        // Writing to a string cannot fail.
        let _ = write!(out, "{style}{line}{style:#}");
    }
}

/// A text in lines of at most so many characters, broken between words. A word that is longer than that is left whole.
#[must_use]
pub(super) fn wrapped(text: &str, room: Option<usize>) -> Vec<String> {
    let room = room.unwrap_or(usize::MAX);
    let mut lines: Vec<String> = Vec::new();
    let mut used = room;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if used.saturating_add(1 + length) <= room => {
                line.push(' ');
                line.push_str(word);
                used += 1 + length;
            }
            _ => {
                lines.push(word.to_owned());
                used = length;
            }
        }
    }
    lines
}

/// How many characters a line of standard output takes, if it is a terminal.
#[must_use]
pub(super) fn stdout_width() -> Option<usize> {
    terminal_size_of(io::stdout()).map(|(Width(columns), _)| usize::from(columns))
}

fn widest(widths: impl Iterator<Item = usize>, title: &str) -> usize {
    widths.chain([title.chars().count()]).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new("NAME", &["AGE", "STATE"], "NOTE");
        table.push(Row {
            name: "project/place/first".to_owned(),
            cells: vec![Cell::plain("3h"), Cell::plain("cancelled")],
            note: String::new(),
            note_below: None,
        });
        table.push(Row {
            name: "project/place/second".to_owned(),
            cells: vec![Cell::plain("12h 30m"), Cell::plain(NOTHING)],
            note: "why; and some more words".to_owned(),
            note_below: Some("and some more words".to_owned()),
        });
        table
    }

    fn plain(width: Option<usize>) -> String {
        anstream::adapter::strip_str(&table().render(width)).to_string()
    }

    #[test]
    fn in_a_pipe_a_row_is_one_line_without_blanks_at_its_end() {
        let want = "\
NAME                  AGE      STATE      NOTE
──────────────────────────────────────────────
project/place/first   3h       cancelled
project/place/second  12h 30m  –          why; and some more words";
        assert_eq!(plain(None), want);
        assert_eq!(plain(Some(66)), want);
    }

    #[test]
    fn where_the_note_does_not_fit_it_goes_below_its_row() {
        let want = "\
NAME                  AGE      STATE
────────────────────────────────────────
project/place/first   3h       cancelled
project/place/second  12h 30m  –
    and some more words";
        assert_eq!(plain(Some(65)), want);
        assert_eq!(plain(Some(42)), want);
    }

    #[test]
    fn where_the_name_does_not_fit_either_it_goes_below_and_is_never_broken() {
        let want = "\
AGE      STATE
──────────────────
3h       cancelled
    project/place/first
12h 30m  –
    project/place/second
    and some more
    words";
        assert_eq!(plain(Some(18)), want);
    }
}
