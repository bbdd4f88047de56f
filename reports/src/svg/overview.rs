//! The run at a glance: which faults landed when, how the traffic fared, and where the
//! findings are.

use stormglass_checkers::history::Nanos;

use super::drawing::{Anchor, Drawing, Shape, TextStyle};
use super::measure::{LABEL, fitted, text_width};
use super::paint::Paint;
use super::scale::TimeScale;
use crate::digest::{Digest, Fault, FaultState, Rates};
use crate::text::{grouped, visible};

const ROW: f64 = 20.0;
const BAR: f64 = 14.0;
const CHART: f64 = 64.0;

/// Sizes of one of the two variants.
struct Variant {
    width: f64,
    gutter: f64,
    bins: u64,
    ticks: f64,
}

const WIDE: Variant = Variant { width: 1040.0, gutter: 126.0, bins: 180, ticks: 90.0 };
const NARROW: Variant = Variant { width: 330.0, gutter: 130.0, bins: 80, ticks: 56.0 };

/// Draws the run at a glance; `marks` are the findings' times with their numbers.
pub(crate) fn overview(digest: &Digest, marks: &[(Nanos, usize)], wide: bool) -> Drawing {
    let variant = if wide { WIDE } else { NARROW };
    let scale =
        TimeScale { window: digest.window, left: variant.gutter, right: variant.width - 14.0 };
    let kinds = kinds(&digest.faults);
    let mut drawing = Drawing::new(variant.width, 0.0, label(digest, &kinds));
    let top = draw_faults(&mut drawing, digest, &kinds, &scale);
    let bottom = top + CHART;
    draw_bands(&mut drawing, &digest.faults, &scale, (top, bottom));
    draw_rate(&mut drawing, digest, &scale, &variant, bottom);
    draw_axis(&mut drawing, &scale, variant.ticks, bottom);
    let height = draw_marks(&mut drawing, marks, &scale, (top, bottom));
    drawing.set_height(height);
    drawing
}

/// The kinds of faults in the order in which they come.
fn kinds(faults: &[Fault]) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    for fault in faults {
        if !kinds.contains(&fault.kind) {
            kinds.push(fault.kind.clone());
        }
    }
    // A scenario has a handful; more than that would only come from elsewhere.
    kinds.truncate(16);
    kinds
}

fn label(digest: &Digest, kinds: &[String]) -> String {
    format!(
        "The run at a glance: rate of answered operations over {:.0} seconds, with {} faults of {} \
         kinds and the findings",
        Nanos(digest.window.to.0 - digest.window.from.0).seconds(),
        digest.faults.len(),
        kinds.len()
    )
}

/// One row a kind of fault: planned outlined, landed filled. Returns where it ends.
fn draw_faults(drawing: &mut Drawing, digest: &Digest, kinds: &[String], scale: &TimeScale) -> f64 {
    let mut top = 6.0;
    for kind in kinds {
        let style = TextStyle::label(Paint::Dim).at(Anchor::End);
        let shown = fitted(&visible(kind), scale.left - 12.0, LABEL);
        drawing.text((scale.left - 10.0, top + 11.0), &shown, &style);
        for fault in digest.faults.iter().filter(|fault| fault.kind == *kind) {
            draw_fault(drawing, fault, scale, top);
        }
        top += ROW;
    }
    top + 6.0
}

fn draw_fault(drawing: &mut Drawing, fault: &Fault, scale: &TimeScale, top: f64) {
    let (planned_from, planned_to) = (scale.x(fault.planned.from), scale.x(fault.planned.to));
    let planned = Shape::outlined(Paint::Fault, 1.0);
    drawing.rect((planned_from, top), ((planned_to - planned_from).max(3.0), BAR), &planned);
    let Some(landed) = fault.landed else {
        let style = TextStyle::label(Paint::Fault);
        let middle = f64::midpoint(planned_from, planned_to.max(planned_from + 3.0));
        drawing.text((middle, top + 11.0), "×", &style.at(Anchor::Middle));
        return;
    };
    let (from, to) = (scale.x(landed.from), scale.x(landed.to));
    let width = (to - from).max(3.0);
    let opacity = if fault.state == FaultState::Landed { 1.0 } else { 0.6 };
    drawing.rect((from, top), (width, BAR), &Shape::filled(Paint::Fault, opacity));
    let members: Vec<_> = fault.members.iter().map(ToString::to_string).collect();
    let members = members.join(" ");
    if text_width(&members, 10.5) + 6.0 <= width && !members.is_empty() {
        let style = TextStyle { size: 10.5, ..TextStyle::label(Paint::Panel) };
        let middle = (from + width / 2.0, top + 10.8);
        drawing.text(middle, &members, &style.at(Anchor::Middle));
    }
}

/// The landed faults once more, softly behind the chart.
fn draw_bands(
    drawing: &mut Drawing,
    faults: &[Fault],
    scale: &TimeScale,
    (top, bottom): (f64, f64),
) {
    for landed in faults.iter().filter_map(|fault| fault.landed) {
        let (from, to) = (scale.x(landed.from), scale.x(landed.to));
        let shape = Shape::filled(Paint::Fault, 0.13);
        drawing.rect((from, top), ((to - from).max(2.0), bottom - top), &shape);
    }
}

fn draw_rate(
    drawing: &mut Drawing,
    digest: &Digest,
    scale: &TimeScale,
    variant: &Variant,
    bottom: f64,
) {
    let rates = Rates::of(&digest.operations, digest.window, variant.bins);
    let highest = rates.bins.iter().map(|(_, rates)| rates[0]).fold(1.0, f64::max);
    let line: Vec<(f64, f64)> = rates
        .bins
        .iter()
        .map(|(at, rates)| (scale.x(*at), bottom - rates[0] / highest * (CHART - 6.0)))
        .collect();
    let mut area = vec![(scale.left, bottom)];
    area.extend(&line);
    area.push((line.last().map_or(scale.left, |(x, _)| *x), bottom));
    drawing.polygon(&area, &Shape::filled(Paint::Ok, 0.16));
    drawing.polyline(&line, &Shape::outlined(Paint::Ok, 1.6));
    let style = TextStyle::label(Paint::Dim).at(Anchor::End);
    drawing.text(
        (scale.left - 10.0, bottom - CHART + 12.0),
        &format!("{}/s", round(highest)),
        &style,
    );
    drawing.text((scale.left - 10.0, bottom), "answered", &style);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate for people: positive and small"
)]
fn round(rate: f64) -> String {
    grouped(rate.round() as u64)
}

fn draw_axis(drawing: &mut Drawing, scale: &TimeScale, apart: f64, bottom: f64) {
    let line = Shape::outlined(Paint::Dim, 1.0);
    drawing.line((scale.left, bottom + 0.5), (scale.right, bottom + 0.5), &line, "");
    for tick in scale.ticks(apart) {
        let x = scale.x(tick);
        drawing.line((x, bottom), (x, bottom + 4.0), &line, "");
        let style = TextStyle::label(Paint::Dim);
        let text = format!("{} s", tick.seconds());
        let half = text_width(&text, LABEL) / 2.0;
        let middle = x.min(scale.right + 12.0 - half);
        drawing.text((middle, bottom + 18.0), &text, &style.at(Anchor::Middle));
    }
}

/// The findings' marks below the axis, joined where they would meet. Returns the height.
fn draw_marks(
    drawing: &mut Drawing,
    marks: &[(Nanos, usize)],
    scale: &TimeScale,
    (top, bottom): (f64, f64),
) -> f64 {
    let joined = joined(marks, scale);
    if joined.is_empty() {
        return bottom + 26.0;
    }
    let base = bottom + 26.0;
    for x in marks.iter().map(|(at, _)| scale.x(*at)) {
        let line = Shape::outlined(Paint::Invalid, 1.6);
        drawing.line((x, top), (x, bottom), &line, "");
    }
    for mark in joined {
        let x = mark.x;
        let triangle = [(x, base), (x + 6.0, base + 10.0), (x - 6.0, base + 10.0)];
        drawing.polygon(&triangle, &Shape::filled(Paint::Invalid, 1.0));
        let at = (mark.label(scale).0, base + 10.0);
        drawing.text(at, &mark.text(), &TextStyle::label(Paint::Invalid));
    }
    base + 18.0
}

/// A mark below the axis, for one finding or several.
struct Mark {
    x: f64,
    first: usize,
    last: usize,
}

impl Mark {
    fn text(&self) -> String {
        if self.first == self.last {
            format!("finding {}", self.first)
        } else {
            format!("findings {}–{}", self.first, self.last)
        }
    }

    /// Where its label begins and ends: after the mark, or before it at the right edge.
    fn label(&self, scale: &TimeScale) -> (f64, f64) {
        let width = text_width(&self.text(), LABEL);
        let after = self.x + 10.0;
        let begin = if after + width <= scale.right + 12.0 { after } else { self.x - 10.0 - width };
        (begin, begin + width)
    }

    /// What no other mark may touch.
    fn extent(&self, scale: &TimeScale) -> (f64, f64) {
        let (begin, end) = self.label(scale);
        (begin.min(self.x - 6.0), end.max(self.x + 6.0))
    }

    /// Both as one, where the earlier is.
    fn with(self, other: &Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last), ..self }
    }
}

/// Marks with their places; those whose labels would meet become one.
fn joined(marks: &[(Nanos, usize)], scale: &TimeScale) -> Vec<Mark> {
    let mut marks = marks.to_vec();
    marks.sort_unstable();
    let mut joined: Vec<Mark> = Vec::new();
    for (at, number) in marks {
        let mut mark = Mark { x: scale.x(at), first: number, last: number };
        // A joined mark's label is longer and may meet the one before it, too.
        while let Some(last) = joined.pop() {
            if mark.extent(scale).0 >= last.extent(scale).1 + 8.0 {
                joined.push(last);
                break;
            }
            mark = last.with(&mark);
        }
        joined.push(mark);
    }
    joined
}

#[cfg(test)]
mod tests {
    use stormglass_checkers::history::Span;

    use super::*;

    #[test]
    fn labels_of_marks_never_meet() {
        let window = Span { from: Nanos(0), to: Nanos(1_000) };
        for right in [300.0, 1_000.0] {
            let scale = TimeScale { window, left: 100.0, right };
            let marks: Vec<_> = (0..20).map(|number| (Nanos(number * 53 % 1_000), 7)).collect();
            let joined = joined(&marks, &scale);
            let extents: Vec<_> = joined.iter().map(|mark| mark.extent(&scale)).collect();
            assert!(!extents.is_empty());
            assert!(extents.windows(2).all(|pair| pair[0].1 < pair[1].0), "{extents:?}");
        }
    }
}
