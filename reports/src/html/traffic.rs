//! The traffic: latency by kind, pace with and without faults, and the plots.

use std::collections::BTreeSet;

use stormglass_checkers::history::Nanos;

use super::headline::Figure;
use crate::digest::{ASKED_BY_CLIENTS, Digest, Measure, pace, summarise};
use crate::plot::PLOTS;
use crate::renderer::ReportError;
use crate::svg::themed;
use crate::text::{grouped, length, moment};

/// A kind of operation's row.
#[derive(Debug)]
pub(crate) struct KindRow {
    /// The kind.
    pub(crate) kind: &'static str,
    /// Answered, refused, unknown.
    pub(crate) counts: [String; 3],
    /// Median, 95th and 99th percentile, maximum.
    pub(crate) quantiles: [String; 4],
}

/// A plot as the page shows it.
#[derive(Debug)]
pub(crate) struct PlotView {
    /// What it shows.
    pub(crate) title: &'static str,
    /// How to read it.
    pub(crate) caption: &'static str,
    /// The drawing.
    pub(crate) figure: Figure,
}

/// The traffic's section.
#[derive(Debug)]
pub(crate) struct Traffic {
    /// A row for each kind of operation.
    pub(crate) kinds: Vec<KindRow>,
    /// The pace in sentences.
    pub(crate) pace: Vec<String>,
    /// The plots; none without operations.
    pub(crate) plots: Vec<PlotView>,
}

impl Traffic {
    /// The traffic's section.
    pub(crate) fn of(digest: &Digest) -> Result<Self, ReportError> {
        let plots = if digest.operations.is_empty() { Vec::new() } else { plots(digest)? };
        Ok(Self { kinds: kinds(digest), pace: sentences(digest), plots })
    }
}

fn kinds(digest: &Digest) -> Vec<KindRow> {
    let none = || "–".to_owned();
    summarise(&digest.operations)
        .into_iter()
        .map(|(kind, summary)| KindRow {
            kind,
            counts: summary.counts.map(grouped),
            quantiles: summary
                .quantiles
                .map_or_else(|| [none(), none(), none(), none()], |values| values.map(length)),
        })
        .collect()
}

fn plots(digest: &Digest) -> Result<Vec<PlotView>, ReportError> {
    PLOTS
        .iter()
        .filter(|plot| plot.is_wanted(digest))
        .map(|plot| {
            let draw = |wide| plot.draw(digest, wide).map(|drawing| themed(&drawing.finish()));
            let figure = Figure { wide: draw(true)?, narrow: draw(false)? };
            Ok(PlotView { title: plot.title, caption: plot.caption, figure })
        })
        .collect()
}

fn sentences(digest: &Digest) -> Vec<String> {
    let pace = pace(&digest.operations, &digest.faults, digest.traffic);
    let mut sentences = Vec::new();
    if pace.calm.0 > 0 {
        sentences.push(rate("no fault held", pace.calm, pace.calm_ok));
    }
    if pace.faulty.0 > 0 {
        sentences.push(rate("a fault held", pace.faulty, pace.faulty_ok));
    }
    if let Some(gap) = pace.standstill {
        let lasted = Nanos(gap.to.0 - gap.from.0);
        let (lasted, from) = (length(lasted), moment(gap.from));
        sentences.push(format!("Longest time without a single answer: {lasted}, from {from} on."));
    }
    if digest.watches > 0 {
        let (watches, events) = (grouped(digest.watches), grouped(digest.watch_events));
        sentences.push(format!(
            "Watches that the workload opened: {watches}; events that all watches delivered, the \
             recorder's included: {events}."
        ));
    }
    sentences.extend(coverage(digest));
    sentences.extend(clocks(digest));
    sentences
}

/// What of etcd's API nobody asked for.
fn coverage(digest: &Digest) -> Option<String> {
    let asked: BTreeSet<&str> = digest.operations.iter().map(|operation| operation.kind).collect();
    let never = ASKED_BY_CLIENTS.iter().filter(|kind| !asked.contains(*kind));
    let mut never: Vec<&str> = never.copied().collect();
    if digest.watches == 0 {
        never.push("watch");
    }
    (!never.is_empty() && !asked.is_empty()).then(|| {
        format!("Not asked for in this run, so that it says nothing of them: {}.", never.join(", "))
    })
}

/// That no clock was wrong, where that was looked at: a plot tells the rest.
fn clocks(digest: &Digest) -> Option<String> {
    let looks = digest.series.of(Measure::Clock)?;
    let right = looks.values().flatten().all(|(_, off)| *off == 0.0);
    let number = looks.values().map(|points| points.len() as u64).sum();
    right.then(|| {
        format!(
            "Members' wall clocks agreed with the harness's, to the second, each of the {} times \
             that they were looked at.",
            grouped(number)
        )
    })
}

fn rate(when: &str, time: Nanos, answered: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = answered as f64 / time.seconds();
    let (answered, time) = (grouped(answered), length(time));
    format!("While {when} ({time}): {answered} operations answered, {rate:.0} a second.")
}
