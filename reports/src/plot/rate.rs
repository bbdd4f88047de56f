//! Operations a second against time, by outcome.

use plotters::coord::ranged1d::Ranged;
use plotters::prelude::*;

use super::frame::{Axes, Chart, Frame, Refusal, Surface, chart, colour};
use super::legend::{Entry, Mark, faults};
use super::{bands, frame};
use crate::digest::{Digest, OutcomeKind, Rates};
use crate::renderer::ReportError;
use crate::svg::{Drawing, Paint};

/// Draws the plot.
pub(crate) fn draw(digest: &Digest, wide: bool) -> Result<Drawing, ReportError> {
    let size = Frame::of(wide, 220);
    let mut legend = vec![
        Entry::new(Mark::Line(Paint::Ok, 2.0), "answered"),
        Entry::new(Mark::Cross(Paint::Failed), "refused"),
        Entry::new(Mark::Triangle(Paint::Unknown), "outcome unknown"),
    ];
    legend.extend(faults(!digest.faults.is_empty()));
    let rates = Rates::of(&digest.operations, digest.window, u64::from(size.inner() / 6));
    let label = format!(
        "Operations a second against time, by outcome, counted every {}",
        crate::text::length(rates.width)
    );
    frame::draw("rate", size, &legend, label, |surface| paint(surface, digest, size, &rates))
}

fn paint(
    surface: &Surface<'_>,
    digest: &Digest,
    frame: Frame,
    rates: &Rates,
) -> Result<(), Refusal> {
    let axes = Axes {
        frame,
        vertical: 0.0..(rates.highest() * 1.08).max(1.0),
        format: &|rate| format!("{rate}/s"),
        labels: 5,
    };
    let chart = chart(surface, digest, &axes)?;
    bands::draw(surface, &chart, &digest.faults)?;
    for outcome in OutcomeKind::ALL {
        draw_outcome(surface, &chart, rates, outcome)?;
    }
    Ok(())
}

fn draw_outcome<Y: Ranged<ValueType = f64>>(
    surface: &Surface<'_>,
    chart: &Chart<'_, '_, Y>,
    rates: &Rates,
    outcome: OutcomeKind,
) -> Result<(), Refusal> {
    let points: Vec<(f64, (i32, i32))> = rates
        .bins
        .iter()
        .map(|(at, rates)| {
            let rate = rates[outcome as usize];
            (rate, chart.backend_coord(&(at.seconds(), rate)))
        })
        .collect();
    // A line of zeros would only say that nothing of the kind happened.
    if points.iter().all(|(rate, _)| *rate <= 0.0) {
        return Ok(());
    }
    let paint = colour(match outcome {
        OutcomeKind::Ok => Paint::Ok,
        OutcomeKind::Failed => Paint::Failed,
        OutcomeKind::Unknown => Paint::Unknown,
    });
    if outcome == OutcomeKind::Ok {
        let line: Vec<_> = points.iter().map(|(_, point)| *point).collect();
        surface.draw(&PathElement::new(line, paint.stroke_width(2)))?;
    } else {
        // Only where there is something: a line along zero would hide the axis.
        let busy = points.windows(2).filter(|pair| pair.iter().any(|(rate, _)| *rate > 0.0));
        for pair in busy {
            let line = vec![pair[0].1, pair[1].1];
            surface.draw(&PathElement::new(line, paint.stroke_width(1)))?;
        }
    }
    for (_, point) in points.into_iter().filter(|(rate, _)| *rate > 0.0) {
        match outcome {
            OutcomeKind::Ok => {}
            OutcomeKind::Failed => surface.draw(&Cross::new(point, 3, paint.stroke_width(1)))?,
            OutcomeKind::Unknown => {
                surface.draw(&TriangleMarker::new(point, 4, paint.filled()))?;
            }
        }
    }
    Ok(())
}
