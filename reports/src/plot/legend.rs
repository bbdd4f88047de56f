//! A plot's legend: marks as they are in the plot, with their names, in rows that fit.

use super::frame::Frame;
use crate::svg::{Anchor, Drawing, LABEL, Paint, Shape, TextStyle, text_width};

/// How an entry is marked in the plot.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mark {
    /// Small squares.
    Square(Paint),
    /// Crosses.
    Cross(Paint),
    /// Triangles.
    Triangle(Paint),
    /// A line of that width.
    Line(Paint, f64),
    /// A filled band.
    Band,
    /// An outlined band.
    Outline,
}

/// One entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its mark.
    pub(crate) mark: Mark,
    /// Its name.
    pub(crate) name: String,
}

impl Entry {
    /// An entry.
    pub(crate) fn new(mark: Mark, name: impl Into<String>) -> Self {
        Self { mark, name: name.into() }
    }
}

/// The entries that every plot with faults has.
pub(crate) fn faults(any: bool) -> Vec<Entry> {
    if !any {
        return Vec::new();
    }
    vec![Entry::new(Mark::Band, "fault held"), Entry::new(Mark::Outline, "fault planned")]
}

const ROW: f64 = 20.0;
const MARK: f64 = 24.0;

/// Draws the entries below the plot; returns where they end.
pub(crate) fn draw(drawing: &mut Drawing, entries: &[Entry], frame: Frame) -> f64 {
    let (left, right) = (f64::from(frame.gutter), f64::from(frame.width) - 8.0);
    let mut at = (left, f64::from(frame.height) + 14.0);
    for entry in entries {
        let width = MARK + text_width(&entry.name, LABEL) + 14.0;
        if at.0 > left && at.0 + width > right {
            at = (left, at.1 + ROW);
        }
        draw_mark(drawing, entry.mark, at);
        drawing.text(
            (at.0 + MARK, at.1 + 4.0),
            &entry.name,
            &TextStyle::label(Paint::Dim).at(Anchor::Start),
        );
        at.0 += width;
    }
    at.1 + 14.0
}

fn draw_mark(drawing: &mut Drawing, mark: Mark, (x, y): (f64, f64)) {
    let middle = x + 9.0;
    match mark {
        Mark::Square(paint) => {
            drawing.rect((middle - 4.0, y - 4.0), (8.0, 8.0), &Shape::filled(paint, 1.0));
        }
        Mark::Cross(paint) => {
            let shape = Shape::outlined(paint, 1.6);
            drawing.line((middle - 4.0, y - 4.0), (middle + 4.0, y + 4.0), &shape, "");
            drawing.line((middle - 4.0, y + 4.0), (middle + 4.0, y - 4.0), &shape, "");
        }
        Mark::Triangle(paint) => {
            let points = [(middle, y - 5.0), (middle + 5.0, y + 4.0), (middle - 5.0, y + 4.0)];
            drawing.polygon(&points, &Shape::filled(paint, 1.0));
        }
        Mark::Line(paint, width) => {
            drawing.line((x, y), (x + 18.0, y), &Shape::outlined(paint, width), "");
        }
        Mark::Band => {
            drawing.rect((x, y - 6.0), (18.0, 12.0), &Shape::filled(Paint::Fault, 0.25));
        }
        Mark::Outline => {
            drawing.rect((x, y - 6.0), (18.0, 12.0), &Shape::outlined(Paint::Fault, 1.0));
        }
    }
}
