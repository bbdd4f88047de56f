//! The run at a glance: which faults landed when, how the traffic fared, and where the
//! findings are.

use stormglass_checkers::history::Nanos;

use super::drawing::{Anchor, Drawing, Shape, TextStyle};
use super::measure::{LABEL, text_width};
use super::paint::Paint;
use super::scale::TimeScale;
use crate::digest::{Digest, Fault, FaultState, Rates};
use crate::text::grouped;

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
const NARROW: Variant = Variant { width: 360.0, gutter: 112.0, bins: 80, ticks: 56.0 };

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
        let shown = crate::text::shortened(&crate::text::visible(kind), 15);
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
        drawing.text((planned_from + 6.0, top + 11.0), "×", &style);
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
    for (x, first, last) in joined {
        let line = Shape::outlined(Paint::Invalid, 1.6);
        drawing.line((x, top), (x, bottom), &line, "");
        let triangle = [(x, base), (x + 6.0, base + 10.0), (x - 6.0, base + 10.0)];
        drawing.polygon(&triangle, &Shape::filled(Paint::Invalid, 1.0));
        let text = if first == last {
            format!("finding {first}")
        } else {
            format!("findings {first}–{last}")
        };
        let style = TextStyle::label(Paint::Invalid);
        if x + 12.0 + text_width(&text, LABEL) <= scale.right + 12.0 {
            drawing.text((x + 10.0, base + 10.0), &text, &style);
        } else {
            drawing.text((x - 10.0, base + 10.0), &text, &style.at(Anchor::End));
        }
    }
    base + 18.0
}

/// Marks with their places; those too near each other become one.
fn joined(marks: &[(Nanos, usize)], scale: &TimeScale) -> Vec<(f64, usize, usize)> {
    const ROOM: f64 = 130.0;
    let mut marks = marks.to_vec();
    marks.sort_unstable();
    let mut joined: Vec<(f64, usize, usize)> = Vec::new();
    for (at, number) in marks {
        let x = scale.x(at);
        match joined.last_mut() {
            Some((last, first_number, last_number)) if x - *last < ROOM => {
                *first_number = number.min(*first_number);
                *last_number = number.max(*last_number);
            }
            _ => joined.push((x, number, number)),
        }
    }
    joined
}
