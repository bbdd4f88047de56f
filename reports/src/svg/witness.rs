//! The drawing of a witness: its steps in lanes by process and member.

use stormglass_checkers::history::Nanos;

use super::drawing::{Anchor, Drawing, Shape, TextStyle};
use super::layout::{self, Box, Labels, Placed};
use super::measure::{LABEL, fitted, text_width};
use super::paint::Paint;
use crate::text::moments;

/// What a step is, which decides its colour and mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepKind {
    /// An answered operation.
    Ok,
    /// A refused operation.
    Failed,
    /// An operation whose outcome nobody knows.
    Unknown,
    /// A fault.
    Fault,
    /// Anything else, such as a watch's frame or a sample.
    Other,
}

impl StepKind {
    fn paint(self) -> Paint {
        match self {
            Self::Ok => Paint::Ok,
            Self::Failed => Paint::Failed,
            Self::Unknown => Paint::Unknown,
            Self::Fault => Paint::Fault,
            Self::Other => Paint::Dim,
        }
    }

    /// A mark that says without colour what the step is.
    pub(crate) fn mark(self, contradicts: bool) -> &'static str {
        match self {
            _ if contradicts => "✕",
            Self::Ok => "✓",
            Self::Failed => "–",
            Self::Unknown => "?",
            Self::Fault => "◆",
            Self::Other => "•",
        }
    }
}

/// A step to be drawn; its texts are visible-escaped already.
#[derive(Clone, Debug)]
pub(crate) struct StepView {
    /// The event that it begins with.
    pub(crate) event: u64,
    /// Whose it is.
    pub(crate) lane: String,
    /// When it began.
    pub(crate) from: Nanos,
    /// When it ended.
    pub(crate) to: Nanos,
    /// What was asked or what happened.
    pub(crate) what: String,
    /// What it shows.
    pub(crate) shows: String,
    /// What it is.
    pub(crate) kind: StepKind,
    /// Whether it contradicts the others.
    pub(crate) contradicts: bool,
}

/// A witness to be drawn, in order of time.
#[derive(Clone, Debug)]
pub(crate) struct WitnessView {
    /// What the drawing shows, in words.
    pub(crate) label: String,
    /// The steps.
    pub(crate) steps: Vec<StepView>,
}

/// Sizes of one of the two variants.
struct Variant {
    width: f64,
    left: f64,
    bar: f64,
    row: f64,
    lane_heading: f64,
    labels: Labels,
}

impl Variant {
    fn of(lanes: &[String], wide: bool) -> Self {
        if !wide {
            return Self {
                width: 330.0,
                left: 8.0,
                bar: 12.0,
                row: 52.0,
                lane_heading: 22.0,
                labels: Labels::Below,
            };
        }
        let widest = lanes.iter().map(|lane| text_width(lane, LABEL)).fold(0.0, f64::max);
        Self {
            width: 1040.0,
            left: widest.min(180.0) + 28.0,
            bar: 36.0,
            row: 46.0,
            lane_heading: 0.0,
            labels: Labels::Beside,
        }
    }
}

/// Draws a witness.
pub(crate) fn witness(view: &WitnessView, wide: bool) -> Drawing {
    let mut lanes: Vec<String> = Vec::new();
    let boxes: Vec<Box> = view.steps.iter().map(|step| boxed(step, &mut lanes)).collect();
    let variant = Variant::of(&lanes, wide);
    let room = (variant.left, variant.width - 10.0);
    let axis = layout::axis(&boxes, room.0, room.1 - if wide { 90.0 } else { 12.0 });
    let placed = layout::place(&boxes, &axis, room, variant.labels);
    let tops = tops(&layout::rows(&boxes, &placed, lanes.len()), &variant);
    let mut drawing = Drawing::new(variant.width, 0.0, &*view.label);
    let bottom = tops.last().copied().unwrap_or_default();
    draw_lanes(&mut drawing, &lanes, &tops, &variant);
    draw_axis(&mut drawing, &axis, bottom, room.1);
    for ((step, at), frame) in view.steps.iter().zip(&placed).zip(&boxes) {
        let top = tops[frame.lane] + variant.lane_heading + 5.0 + row_offset(at, &variant);
        drawing.step(step.event, |drawing| draw_step(drawing, step, at, top, &variant));
    }
    drawing.set_height(bottom + 26.0);
    drawing
}

/// The step as the layout needs it; its lane is added if it is new.
fn boxed(step: &StepView, lanes: &mut Vec<String>) -> Box {
    let lane = lanes.iter().position(|lane| *lane == step.lane).unwrap_or_else(|| {
        lanes.push(step.lane.clone());
        lanes.len() - 1
    });
    let mark = step.kind.mark(step.contradicts);
    let lines = [step.what.clone(), format!("{mark} {}", step.shows)];
    Box { lane, from: step.from, to: step.to, lines }
}

#[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
fn row_offset(placed: &Placed, variant: &Variant) -> f64 {
    placed.row as f64 * variant.row
}

/// The top of every lane, and of what comes below the last.
#[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
fn tops(rows: &[usize], variant: &Variant) -> Vec<f64> {
    let mut top = 4.0;
    let mut tops = vec![top];
    for &rows in rows {
        top += variant.lane_heading + rows as f64 * variant.row;
        tops.push(top);
    }
    tops
}

fn draw_lanes(drawing: &mut Drawing, lanes: &[String], tops: &[f64], variant: &Variant) {
    let line = Shape::outlined(Paint::Line, 1.0);
    for (lane, &top) in lanes.iter().zip(tops) {
        drawing.line((0.0, top), (variant.width, top), &line, "");
        let style = TextStyle::label(Paint::Dim);
        let base = if variant.lane_heading > 0.0 { 17.0 } else { 5.0 + variant.bar / 2.0 + 4.0 };
        drawing.text((8.0, top + base), &fitted(lane, 190.0, LABEL), &style);
    }
}

fn draw_axis(drawing: &mut Drawing, axis: &[(Nanos, f64)], bottom: f64, right: f64) {
    let line = Shape::outlined(Paint::Line, 1.0);
    drawing.line((0.0, bottom), (right + 10.0, bottom), &line, "");
    let write = moments(axis.iter().map(|(time, _)| *time));
    let mut free = 0.0;
    for &(time, x) in axis {
        let text = write(time);
        let width = text_width(&text, LABEL);
        let begin = (x - 2.0).min(right - width);
        if begin < free {
            continue;
        }
        free = begin + width + 10.0;
        drawing.line((x, bottom), (x, bottom + 5.0), &Shape::outlined(Paint::Dim, 1.0), "");
        drawing.text((begin, bottom + 19.0), &text, &TextStyle::label(Paint::Dim));
    }
}

fn draw_step(drawing: &mut Drawing, step: &StepView, at: &Placed, top: f64, variant: &Variant) {
    let paint = if step.contradicts { Paint::Invalid } else { step.kind.paint() };
    let shape = Shape {
        fill: Some(paint),
        fill_opacity: 0.16,
        stroke: Some(paint),
        width: if step.contradicts { 2.0 } else { 1.2 },
    };
    drawing.rect((at.bar.0, top), (at.bar.1 - at.bar.0, variant.bar), &shape);
    let first = if variant.labels == Labels::Below { top + variant.bar + 13.0 } else { top + 15.0 };
    let what = TextStyle { monospace: true, size: 11.5, ..TextStyle::label(Paint::Ink) };
    drawing.text((at.label, first), &at.lines[0], &what.at(Anchor::Start));
    let paint = if step.contradicts { Paint::Invalid } else { Paint::Dim };
    drawing.text((at.label, first + 15.0), &at.lines[1], &TextStyle::label(paint));
}
