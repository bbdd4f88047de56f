//! What all plots have in common: size, axes, colours, and the way to our drawings.

use std::ops::Range;

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::coord::{Shift, cartesian::Cartesian2d, ranged1d::Ranged};
use plotters::prelude::*;
use stormglass_checkers::history::Span;

use crate::digest::Digest;
use crate::renderer::ReportError;
use crate::svg::{Drawing, Paint, TimeScale};

/// The surface that plots are drawn on.
pub(crate) type Surface<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// The coordinates of a plot: seconds, and whatever it shows.
pub(crate) type Chart<'a, 'b, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, Y>>;
/// Why the drawing library refuses.
pub(crate) type Refusal = DrawingAreaErrorKind<std::io::Error>;

/// Size of one of the two variants of a plot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// Width in pixels.
    pub(crate) width: u32,
    /// Height in pixels, without the legend.
    pub(crate) height: u32,
    /// Room for the labels of the vertical axis; in the wide variant as in the overview,
    /// so that equal times stand below each other.
    pub(crate) gutter: u32,
    /// Least distance of ticks on the time axis.
    ticks: f64,
}

impl Frame {
    /// The wide variant or the phone's.
    pub(crate) fn of(wide: bool, height: u32) -> Self {
        if wide {
            Self { width: 1040, height, gutter: 126, ticks: 90.0 }
        } else {
            Self { width: 330, height: height * 4 / 5, gutter: 58, ticks: 56.0 }
        }
    }

    /// Width of the plotting area.
    pub(crate) fn inner(&self) -> u32 {
        self.width - self.gutter - MARGIN
    }
}

const MARGIN: u32 = 14;

/// The colour for the drawing library.
pub(crate) fn colour(paint: Paint) -> RGBColor {
    let (red, green, blue) = paint.rgb();
    RGBColor(red, green, blue)
}

/// The window as seconds, never empty.
pub(crate) fn seconds(window: Span) -> Range<f64> {
    let from = window.from.seconds();
    from..window.to.seconds().max(from + 1.0)
}

/// A plot's axes, with the vertical one given.
pub(crate) struct Axes<'a, R> {
    /// The frame.
    pub(crate) frame: Frame,
    /// What the vertical axis covers.
    pub(crate) vertical: R,
    /// How its labels are written.
    pub(crate) format: &'a dyn Fn(&f64) -> String,
    /// How many labels it has, at most about.
    pub(crate) labels: usize,
}

/// Draws the axes and gives the chart.
pub(crate) fn chart<'a, 'b, R>(
    surface: &Surface<'b>,
    digest: &Digest,
    axes: &Axes<'_, R>,
) -> Result<Chart<'a, 'b, R::CoordDescType>, Refusal>
where
    R: AsRangedCoord<Value = f64> + Clone,
    R::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let frame = axes.frame;
    let mut chart = ChartBuilder::on(surface)
        .margin_right(MARGIN)
        .margin_top(10)
        .x_label_area_size(26)
        .y_label_area_size(frame.gutter)
        .build_cartesian_2d(seconds(digest.window), axes.vertical.clone())?;
    let scale = TimeScale {
        window: digest.window,
        left: f64::from(frame.gutter),
        right: f64::from(frame.width - MARGIN),
    };
    let dim = colour(Paint::Dim);
    chart
        .configure_mesh()
        .x_labels(scale.ticks(frame.ticks).len().max(2))
        .y_labels(axes.labels)
        .x_label_formatter(&|at| format!("{} s", (at * 100.0).round() / 100.0))
        .y_label_formatter(axes.format)
        .label_style(("sans-serif", 15).into_font().color(&dim))
        .axis_style(colour(Paint::Line))
        .bold_line_style(colour(Paint::Line))
        .light_line_style(TRANSPARENT)
        .disable_x_mesh()
        .draw()?;
    Ok(chart)
}

/// Draws a plot and puts its legend below it.
pub(crate) fn draw(
    name: &'static str,
    frame: Frame,
    legend: &[super::legend::Entry],
    label: String,
    paint: impl FnOnce(&Surface<'_>) -> Result<(), Refusal>,
) -> Result<Drawing, ReportError> {
    let failed = |refusal: Refusal| ReportError::Plot { plot: name, reason: refusal.to_string() };
    let mut svg = String::new();
    {
        let surface =
            SVGBackend::with_string(&mut svg, (frame.width, frame.height)).into_drawing_area();
        paint(&surface).map_err(failed)?;
        surface.present().map_err(failed)?;
    }
    let mut drawing = Drawing::new(f64::from(frame.width), 0.0, label);
    drawing.elements(&elements(&svg));
    let bottom = super::legend::draw(&mut drawing, legend, frame);
    drawing.set_height(bottom);
    Ok(drawing)
}

/// The elements within the drawing library's SVG, without attributes that say nothing.
fn elements(svg: &str) -> String {
    let begin = svg.find('>').map_or(0, |end| end + 1);
    let end = svg.rfind("</svg>").unwrap_or(svg.len());
    svg[begin..end]
        .trim_start()
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\" stroke-width=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" font-family=\"sans-serif\"", "")
        .replace(" font-size=\"12.096774193548388\"", " font-size=\"12\"")
}
