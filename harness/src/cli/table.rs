//! Tables for people: aligned columns, one line a row, so that `grep` finds whole rows.

use super::style::{Style, Tone};

/// What stands in a row's place of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A coloured cell.
    pub(super) fn toned(tone: Tone, text: impl Into<String>) -> Self {
        Self { text: text.into(), tone }
    }

    /// "yes" or "no".
    pub(super) fn answer(yes: bool) -> Self {
        if yes { Self::toned(Tone::Good, "yes") } else { Self::toned(Tone::Bad, "no") }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(Tone::Plain, text)
    }
}

/// A table of `COLUMNS` columns.
#[derive(Clone, Debug)]
pub(super) struct Table<const COLUMNS: usize> {
    rows: Vec<[Cell; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// A table with these headings.
    pub(super) fn new(headings: [&str; COLUMNS]) -> Self {
        Self { rows: vec![headings.map(|heading| Cell::toned(Tone::Strong, heading))] }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: [Cell; COLUMNS]) {
        self.rows.push(cells);
    }

    /// The lines, headings first.
    pub(super) fn lines(&self, style: Style) -> Vec<String> {
        let mut widths = [0; COLUMNS];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.chars().count());
            }
        }
        self.rows.iter().map(|row| line(row, &widths, style)).collect()
    }
}

/// The last column is not padded: no line ends with spaces.
fn line(row: &[Cell], widths: &[usize], style: Style) -> String {
    let mut line = String::new();
    let mut gap = 0;
    for (cell, width) in row.iter().zip(widths) {
        if !cell.text.is_empty() {
            line.push_str(&" ".repeat(gap));
            line.push_str(&style.paint(cell.tone, &cell.text));
            gap = 0;
        }
        // Counted in characters of the text: colours take no room.
        gap += width - cell.text.chars().count() + 2;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_with_their_text() {
        let mut table = Table::new(["NAME", "HERE", "WHAT"]);
        table.row(["a".into(), Cell::answer(true), "first".into()]);
        table.row(["longer".into(), "".into(), "second".into()]);
        table.row(["b".into(), Cell::answer(false), "".into()]);
        let expected =
            ["NAME    HERE  WHAT", "a       yes   first", "longer        second", "b       no"];
        assert_eq!(table.lines(Style::plain()), expected);
    }
}
