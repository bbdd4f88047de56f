//! Faults behind a plot: planned outlined, landed filled.

use plotters::coord::ranged1d::Ranged;
use plotters::prelude::*;
use stormglass_checkers::history::{Nanos, Span};

use super::frame::{Chart, Refusal, Surface, colour};
use crate::digest::Fault;
use crate::svg::Paint;

/// More bands than this cannot be told apart.
const MOST: usize = 400;

/// Draws the faults over the whole height of the plot.
pub(crate) fn draw<Y: Ranged<ValueType = f64>>(
    surface: &Surface<'_>,
    chart: &Chart<'_, '_, Y>,
    faults: &[Fault],
) -> Result<(), Refusal> {
    let fault = colour(Paint::Fault);
    for span in faults.iter().take(MOST).filter_map(|fault| fault.landed) {
        surface.draw(&Rectangle::new(corners(chart, span), fault.mix(0.16).filled()))?;
    }
    for planned in faults.iter().take(MOST).map(|fault| fault.planned) {
        surface.draw(&Rectangle::new(corners(chart, planned), fault.mix(0.55).stroke_width(1)))?;
    }
    Ok(())
}

/// The corners of a stretch of time, in pixels, at least two wide.
fn corners<Y: Ranged<ValueType = f64>>(chart: &Chart<'_, '_, Y>, span: Span) -> [(i32, i32); 2] {
    let area = chart.plotting_area();
    let (horizontal, vertical) = area.get_pixel_range();
    let x = |at: Nanos| {
        let (from, to) = (chart.x_range().start, chart.x_range().end);
        let share = ((at.seconds() - from) / (to - from)).clamp(0.0, 1.0);
        horizontal.start + pixels(share * f64::from(horizontal.end - horizontal.start))
    };
    let from = x(span.from);
    [(from, vertical.start), (x(span.to).max(from + 2), vertical.end)]
}

/// Pixels as a whole number.
#[expect(clippy::cast_possible_truncation, reason = "a place within a drawing")]
pub(crate) fn pixels(number: f64) -> i32 {
    number.round() as i32
}
