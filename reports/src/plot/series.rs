//! Measurements against time: a line for each member, or one of the harness.

use std::collections::BTreeMap;

use plotters::coord::ranged1d::Ranged;
use plotters::prelude::*;
use stormglass_checkers::history::Nanos;

use super::frame::{Axes, Chart, Frame, Refusal, Surface, chart, colour};
use super::legend::{Entry, Mark, faults};
use super::{bands, frame};
use crate::digest::{Digest, Measure, Points, Subject};
use crate::renderer::ReportError;
use crate::svg::{Drawing, Paint};
use crate::text::{grouped, length};

/// How a measurement is drawn.
pub(crate) struct Lines {
    /// The plot's name.
    pub(crate) name: &'static str,
    /// What it shows, for those who hear it.
    pub(crate) label: &'static str,
    /// What was measured.
    pub(crate) measure: Measure,
    /// How a value is written.
    pub(crate) format: fn(f64) -> String,
}

impl Lines {
    /// Whether anything of it was measured; of clocks, whether one was wrong.
    pub(crate) fn is_measured(&self, digest: &Digest) -> bool {
        let shows = |points: &Points| match self.measure {
            Measure::Clock => points.iter().any(|(_, value)| *value != 0.0),
            _ => points.len() > 1,
        };
        digest.series.of(self.measure).is_some_and(|all| all.values().any(shows))
    }

    /// Draws the plot.
    pub(crate) fn draw(&self, digest: &Digest, wide: bool) -> Result<Drawing, ReportError> {
        let size = Frame::of(wide, 160);
        let lines = self.lines(digest);
        let entries = lines.iter().map(|line| {
            let mark = Mark::Line(line.paint, f64::from(line.width));
            let name = line.subject.map_or_else(|| "harness".to_owned(), |it| it.to_string());
            Entry::new(mark, name)
        });
        let mut legend: Vec<_> = entries.collect();
        legend.extend(faults(!digest.faults.is_empty()));
        let label = self.label.to_owned();
        frame::draw(self.name, size, &legend, label, |surface| {
            self.paint(surface, digest, size, &lines)
        })
    }

    fn lines<'a>(&self, digest: &'a Digest) -> Vec<Line<'a>> {
        let all = digest.series.of(self.measure).into_iter().flatten();
        let number = digest.series.of(self.measure).map_or(0, BTreeMap::len);
        all.enumerate()
            .map(|(place, (subject, points))| Line {
                subject: *subject,
                points,
                paint: subject.map_or(Paint::Ink, |_| Paint::Member(place)),
                // The first's is the widest, so that equal ones stay visible under each other.
                width: u32::try_from(1 + 2 * (number - place - 1)).unwrap_or(1).min(7),
            })
            .collect()
    }

    fn paint(
        &self,
        surface: &Surface<'_>,
        digest: &Digest,
        frame: Frame,
        lines: &[Line<'_>],
    ) -> Result<(), Refusal> {
        let values = lines.iter().flat_map(|line| line.points.iter().map(|(_, value)| *value));
        let (lowest, highest) = values
            .fold((0.0, 0.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)));
        let none = lowest >= highest;
        let vertical = lowest * 1.08..if none { 1.0 } else { highest * 1.08 };
        let axes = Axes { frame, vertical, format: &|value| (self.format)(*value), labels: 4 };
        let chart = chart(surface, digest, &axes)?;
        bands::draw(surface, &chart, &digest.faults)?;
        for line in lines {
            let style = colour(line.paint).stroke_width(line.width);
            for stretch in stretches(&chart, digest.window.from, line.points) {
                let stretch = if self.measure.jumps() { stepped(stretch) } else { stretch };
                surface.draw(&PathElement::new(stretch, style))?;
            }
        }
        Ok(())
    }
}

struct Line<'a> {
    subject: Subject,
    points: &'a Points,
    paint: Paint,
    width: u32,
}

/// Longer without a measurement means that there was nothing to measure.
const GAP: Nanos = Nanos(3_000_000_000);

/// The line in stretches, broken where nothing was measured; in each column of pixels the highest.
fn stretches<Y: Ranged<ValueType = f64>>(
    chart: &Chart<'_, '_, Y>,
    from: Nanos,
    points: &Points,
) -> Vec<Vec<(i32, i32)>> {
    let mut stretches: Vec<Vec<(i32, i32)>> = Vec::new();
    let mut last = None;
    for (at, value) in points.iter().filter(|(at, _)| *at >= from) {
        let (x, y) = chart.backend_coord(&(at.seconds(), *value));
        let broken = last.is_none_or(|last: Nanos| at.0.saturating_sub(last.0) > GAP.0);
        last = Some(*at);
        if broken {
            stretches.push(Vec::new());
        }
        let Some(stretch) = stretches.last_mut() else { continue };
        match stretch.last_mut() {
            // Upwards is less in pixels.
            Some((column, highest)) if *column == x => *highest = y.min(*highest),
            _ => stretch.push((x, y)),
        }
    }
    stretches.retain(|stretch| stretch.len() > 1);
    stretches
}

/// The same in steps: a value holds until there is another.
pub(crate) fn stepped(line: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    let mut steps: Vec<(i32, i32)> = Vec::with_capacity(line.len() * 2);
    for (x, y) in line {
        if let Some(&(_, last)) = steps.last().filter(|(_, last)| *last != y) {
            steps.push((x, last));
        }
        steps.push((x, y));
    }
    steps
}

/// A whole number.
pub(crate) fn whole(value: f64) -> String {
    if (value - value.round()).abs() > 0.05 { String::new() } else { grouped(rounded(value)) }
}

/// MiB.
pub(crate) fn mebibytes(value: f64) -> String {
    format!("{} MiB", share(value))
}

/// A number with two decimals at most.
pub(crate) fn share(value: f64) -> String {
    format!("{}", (value * 100.0).round() / 100.0)
}

/// A member by its place.
pub(crate) fn member(value: f64) -> String {
    match whole(value).as_str() {
        "" => String::new(),
        "0" => "none".to_owned(),
        place => format!("m{place}"),
    }
}

/// Seconds ahead (+) or behind (−).
pub(crate) fn offset(value: f64) -> String {
    let size = value.abs();
    let text = match size {
        0.0 => return "0".to_owned(),
        size if size < 120.0 => time(size),
        size if size < 7200.0 => format!("{} min", share(size / 60.0)),
        size => format!("{} h", share(size / 3600.0)),
    };
    format!("{}{text}", if value < 0.0 { '−' } else { '+' })
}

/// Seconds.
pub(crate) fn time(value: f64) -> String {
    length(Nanos(rounded(value * 1e9))).replace(".00 ", " ").replace(".0 ", " ")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an axis label")]
fn rounded(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_goes_up_where_the_next_value_is() {
        assert_eq!(stepped(vec![(0, 5), (4, 5), (9, 2)]), [(0, 5), (4, 5), (9, 5), (9, 2)]);
    }

    #[test]
    fn values_read_well() {
        assert_eq!(whole(12_000.0), "12,000");
        assert_eq!(whole(1.5), "");
        assert_eq!(mebibytes(1.5), "1.5 MiB");
        assert_eq!(mebibytes(50.0), "50 MiB");
        assert_eq!(share(0.256), "0.26");
        assert_eq!([member(0.0), member(2.0), member(0.5)], ["none", "m2", ""]);
        assert_eq!(time(0.02), "20 ms");
        assert_eq!([offset(7200.0), offset(-0.1), offset(0.0)], ["+2 h", "−100 ms", "0"]);
    }
}
