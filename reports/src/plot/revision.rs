//! The store's revision against time, as each member showed it.

use plotters::coord::ranged1d::Ranged;
use plotters::prelude::*;
use stormglass_checkers::history::{Nanos, Revision};

use super::frame::{Axes, Chart, Frame, Refusal, Surface, chart, colour};
use super::legend::{Entry, Mark, faults};
use super::series::stepped;
use super::{bands, frame};
use crate::digest::Digest;
use crate::renderer::ReportError;
use crate::svg::{Drawing, Paint};
use crate::text::grouped;

/// Draws the plot.
pub(crate) fn draw(digest: &Digest, wide: bool) -> Result<Drawing, ReportError> {
    let size = Frame::of(wide, 240);
    let members = digest.revisions.0.len();
    let entries = digest.revisions.0.keys().enumerate().map(|(place, member)| {
        let mark = Mark::Line(Paint::Member(place), f64::from(width(place, members)));
        Entry::new(mark, member.to_string())
    });
    let mut legend: Vec<_> = entries.collect();
    legend.extend(faults(!digest.faults.is_empty()));
    let label = "Revision of the store against time, as each member showed it".to_owned();
    frame::draw("revision", size, &legend, label, |surface| paint(surface, digest, size))
}

/// Width of a member's line: the first's is the widest, so that all stay visible where
/// they are equal.
fn width(place: usize, members: usize) -> u32 {
    let thinner = members.saturating_sub(place + 1);
    u32::try_from(1 + 2 * thinner).unwrap_or(1).min(13)
}

fn paint(surface: &Surface<'_>, digest: &Digest, frame: Frame) -> Result<(), Refusal> {
    let (lowest, highest) = bounds(digest);
    let axes =
        Axes { frame, vertical: lowest..highest, format: &|revision| whole(*revision), labels: 6 };
    let chart = chart(surface, digest, &axes)?;
    bands::draw(surface, &chart, &digest.faults)?;
    let members = digest.revisions.0.len();
    for (place, seen) in digest.revisions.0.values().enumerate() {
        let style = colour(Paint::Member(place)).stroke_width(width(place, members));
        surface.draw(&PathElement::new(steps(&chart, digest, seen), style))?;
    }
    Ok(())
}

/// The revisions that the window holds.
fn bounds(digest: &Digest) -> (f64, f64) {
    let seen = || digest.revisions.0.values().flatten().map(|(_, revision)| number(*revision));
    let (lowest, highest) = (seen().fold(f64::INFINITY, f64::min), seen().fold(1.0, f64::max));
    let lowest = if lowest.is_finite() { lowest } else { 0.0 };
    (lowest, highest.max(lowest + 1.0) + (highest - lowest).max(1.0) * 0.05)
}

#[expect(clippy::cast_precision_loss, reason = "a place in a plot")]
fn number(revision: Revision) -> f64 {
    revision.0 as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an axis label")]
fn whole(revision: f64) -> String {
    grouped(revision.round().max(0.0) as u64)
}

/// A line in steps: in each column of pixels the highest revision seen, held until the
/// member shows another.
fn steps<Y: Ranged<ValueType = f64>>(
    chart: &Chart<'_, '_, Y>,
    digest: &Digest,
    seen: &[(Nanos, Revision)],
) -> Vec<(i32, i32)> {
    let mut columns: Vec<(i32, i32)> = Vec::new();
    for &(at, revision) in seen.iter().filter(|(at, _)| *at >= digest.window.from) {
        let (x, y) = chart.backend_coord(&(at.seconds(), number(revision)));
        match columns.last_mut() {
            // Upwards is less in pixels.
            Some((column, highest)) if *column == x => *highest = y.min(*highest),
            _ => columns.push((x, y)),
        }
    }
    stepped(columns)
}
