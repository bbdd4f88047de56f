//! Latency against time, by outcome, on a logarithmic scale.

use std::collections::{BTreeMap, BTreeSet};

use plotters::coord::ranged1d::Ranged;
use plotters::prelude::*;
use stormglass_checkers::history::Nanos;

use super::frame::{Axes, Chart, Frame, Refusal, Surface, chart, colour};
use super::legend::{Entry, Mark, faults};
use super::{bands, frame};
use crate::digest::{Digest, Operation, OutcomeKind, quantile};
use crate::renderer::ReportError;
use crate::svg::{Drawing, Paint};
use crate::text::length;

/// Side of a square that gathers answered operations, in pixels.
const CELL: i32 = 3;
/// Side of a square that gathers operations of the other outcomes, each with a mark.
const MARK: i32 = 9;

/// Draws the plot.
pub(crate) fn draw(digest: &Digest, wide: bool) -> Result<Drawing, ReportError> {
    let size = Frame::of(wide, 300);
    let mut legend = vec![
        Entry::new(Mark::Square(Paint::Ok), "answered"),
        Entry::new(Mark::Cross(Paint::Failed), "refused"),
        Entry::new(Mark::Triangle(Paint::Unknown), "outcome unknown"),
        Entry::new(Mark::Line(Paint::Ink, 2.0), "median"),
        Entry::new(Mark::Line(Paint::Ink, 1.0), "99th percentile"),
    ];
    legend.extend(faults(!digest.faults.is_empty()));
    let label = "Latency of every operation against time, by outcome".to_owned();
    frame::draw("latency", size, &legend, label, |surface| paint(surface, digest, size))
}

fn paint(surface: &Surface<'_>, digest: &Digest, frame: Frame) -> Result<(), Refusal> {
    let (lowest, highest) = bounds(&digest.operations);
    let axes = Axes {
        frame,
        vertical: (lowest..highest).log_scale(),
        format: &|seconds| length(nanos(*seconds)).replace(".00 ", " ").replace(".0 ", " "),
        labels: 8,
    };
    let chart = chart(surface, digest, &axes)?;
    bands::draw(surface, &chart, &digest.faults)?;
    draw_answered(surface, &chart, &digest.operations)?;
    draw_marks(surface, &chart, &digest.operations)?;
    draw_quantiles(surface, &chart, digest, frame)
}

/// The decades that hold every latency, in seconds.
fn bounds(operations: &[Operation]) -> (f64, f64) {
    let latencies = || operations.iter().filter_map(Operation::latency);
    let (Some(least), Some(most)) = (latencies().min(), latencies().max()) else {
        return (1e-3, 1.0);
    };
    let decade = |nanos: Nanos| nanos.seconds().max(1e-6).log10();
    let (low, high) = (decade(least).floor(), decade(most).ceil());
    (10f64.powf(low), 10f64.powf(high.max(low + 1.0)))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an axis label")]
fn nanos(seconds: f64) -> Nanos {
    Nanos((seconds * 1e9).round() as u64)
}

/// The pixel of an operation that ended.
fn pixel<Y: Ranged<ValueType = f64>>(
    chart: &Chart<'_, '_, Y>,
    operation: &Operation,
) -> Option<(i32, i32)> {
    let (ended, latency) = (operation.ended?, operation.latency()?);
    Some(chart.backend_coord(&(ended.seconds(), latency.seconds().max(1e-6))))
}

/// Answered operations: squares of pixels, stronger where there are more; equal ones below
/// each other become one rectangle, so that the drawing's size has a bound.
fn draw_answered<Y: Ranged<ValueType = f64>>(
    surface: &Surface<'_>,
    chart: &Chart<'_, '_, Y>,
    operations: &[Operation],
) -> Result<(), Refusal> {
    let mut cells: BTreeMap<(i32, i32), u32> = BTreeMap::new();
    for operation in operations.iter().filter(|operation| operation.outcome == OutcomeKind::Ok) {
        if let Some((x, y)) = pixel(chart, operation) {
            *cells.entry((x / CELL, y / CELL)).or_default() += 1;
        }
    }
    let mut runs: Vec<(i32, i32, i32, u8)> = Vec::new();
    for ((column, row), count) in cells {
        let level = level(count);
        match runs.last_mut() {
            Some((last_column, _, end, last_level))
                if (*last_column, *end, *last_level) == (column, row, level) =>
            {
                *end += 1;
            }
            _ => runs.push((column, row, row + 1, level)),
        }
    }
    let ok = colour(Paint::Ok);
    for (column, from, to, level) in runs {
        let corners = [(column * CELL, from * CELL), ((column + 1) * CELL, to * CELL)];
        let style = ok.mix([0.45, 0.7, 1.0][usize::from(level)]).filled();
        surface.draw(&Rectangle::new(corners, style))?;
    }
    Ok(())
}

/// How strong a square is: one operation, a few, many.
fn level(count: u32) -> u8 {
    match count {
        0..=1 => 0,
        2..=5 => 1,
        _ => 2,
    }
}

/// Operations of the other outcomes, each square with the outcome's own mark.
fn draw_marks<Y: Ranged<ValueType = f64>>(
    surface: &Surface<'_>,
    chart: &Chart<'_, '_, Y>,
    operations: &[Operation],
) -> Result<(), Refusal> {
    let mut marks: BTreeSet<(OutcomeKind, i32, i32)> = BTreeSet::new();
    for operation in operations.iter().filter(|operation| operation.outcome != OutcomeKind::Ok) {
        if let Some((x, y)) = pixel(chart, operation) {
            marks.insert((operation.outcome, x / MARK, y / MARK));
        }
    }
    let (failed, unknown) = (colour(Paint::Failed), colour(Paint::Unknown));
    for (outcome, column, row) in marks {
        let at = (column * MARK + MARK / 2, row * MARK + MARK / 2);
        if outcome == OutcomeKind::Failed {
            surface.draw(&Cross::new(at, 3, failed.stroke_width(1)))?;
        } else {
            surface.draw(&TriangleMarker::new(at, 4, unknown.filled()))?;
        }
    }
    Ok(())
}

/// Median and 99th percentile of answered operations over time.
fn draw_quantiles<Y: Ranged<ValueType = f64>>(
    surface: &Surface<'_>,
    chart: &Chart<'_, '_, Y>,
    digest: &Digest,
    frame: Frame,
) -> Result<(), Refusal> {
    const COLUMN: i32 = 12;
    let mut columns: BTreeMap<i32, Vec<Nanos>> = BTreeMap::new();
    for operation in &digest.operations {
        let latency = operation.latency().filter(|_| operation.outcome == OutcomeKind::Ok);
        if let (Some(latency), Some((x, _))) = (latency, pixel(chart, operation)) {
            columns.entry(x / COLUMN).or_default().push(latency);
        }
    }
    for latencies in columns.values_mut() {
        latencies.sort_unstable();
    }
    let ink = colour(Paint::Ink);
    for (per_mille, width) in [(500, 2), (990, 1)] {
        let points = columns.iter().map(|(column, latencies)| {
            let seconds = quantile(latencies, per_mille).seconds().max(1e-6);
            let (_, y) = chart.backend_coord(&(chart.x_range().start, seconds));
            ((column * COLUMN + COLUMN / 2).max(to_pixels(frame.gutter)), y)
        });
        for line in segments(points, 2 * COLUMN) {
            surface.draw(&PathElement::new(line, ink.stroke_width(width)))?;
        }
    }
    Ok(())
}

/// The points as lines, interrupted where nothing was answered for longer than `gap`
/// pixels.
fn segments(points: impl Iterator<Item = (i32, i32)>, gap: i32) -> Vec<Vec<(i32, i32)>> {
    let mut lines: Vec<Vec<(i32, i32)>> = Vec::new();
    for (x, y) in points {
        match lines.last_mut() {
            Some(line) if line.last().is_some_and(|(last, _)| x - last <= gap) => line.push((x, y)),
            _ => lines.push(vec![(x, y)]),
        }
    }
    lines.retain(|line| line.len() > 1);
    lines
}

/// Pixels as the drawing library counts them.
fn to_pixels(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use stormglass_checkers::history::ProcessId;

    use super::*;

    #[test]
    fn lines_are_interrupted_where_nothing_was_answered() {
        let points = [(0, 1), (10, 2), (20, 3), (90, 4), (100, 5), (300, 6)];
        let lines = segments(points.into_iter(), 30);
        assert_eq!(lines, [vec![(0, 1), (10, 2), (20, 3)], vec![(90, 4), (100, 5)]]);
    }

    #[test]
    fn decades_hold_every_latency() {
        let operation = |latency: u64| Operation {
            index: 0,
            completion: None,
            process: ProcessId(0),
            kind: "put",
            member: None,
            intended: Nanos(0),
            sent: Nanos(0),
            ended: Some(Nanos(latency)),
            outcome: OutcomeKind::Ok,
        };
        let (low, high) = bounds(&[operation(1_200_000), operation(2_000_000_000)]);
        assert!((low - 1e-3).abs() < 1e-9 && (high - 10.0).abs() < 1e-9, "{low} {high}");
        let (low, high) = bounds(&[operation(0)]);
        assert!(low > 0.0 && high > low);
        assert!(bounds(&[]).0 > 0.0);
    }
}
