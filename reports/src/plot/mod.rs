//! Plots against time: latency, rate, revision; each with the faults behind it.

mod bands;
mod frame;
mod latency;
mod legend;
mod rate;
mod revision;

use crate::artifact::Artifact;
use crate::digest::Digest;
use crate::record::RunRecord;
use crate::renderer::{Renderer, ReportError};
use crate::svg::{Drawing, standalone};
use crate::text;

/// One plot: how it is called and how it is drawn, wide or for a phone.
pub(crate) struct Plot {
    /// Its name, also the file's.
    pub(crate) name: &'static str,
    /// What it shows.
    pub(crate) title: &'static str,
    /// How to read it.
    pub(crate) caption: &'static str,
    /// Draws it: `true` for the wide variant.
    pub(crate) draw: fn(&Digest, bool) -> Result<Drawing, ReportError>,
}

/// Every plot in the order in which the page shows them.
pub(crate) const PLOTS: [Plot; 3] = [
    Plot {
        name: "latency",
        title: "Latency by outcome",
        caption: "From the moment an operation was meant to be sent, on a logarithmic scale. \
                  Points are gathered to pixels: a stronger one stands for more operations.",
        draw: latency::draw,
    },
    Plot {
        name: "rate",
        title: "Operations a second by outcome",
        caption: "Counted when they ended.",
        draw: rate::draw,
    },
    Plot {
        name: "revision",
        title: "Revision of the store as each member showed it",
        caption: "From the header of every response, watch frame and status sample. The \
                  members' lines differ in width, so that equal ones stay visible under each \
                  other.",
        draw: revision::draw,
    },
];

/// Writes every plot as a file of its own.
pub(crate) struct Plots;

impl Renderer for Plots {
    fn name(&self) -> &'static str {
        "plots"
    }

    fn render(&self, record: &RunRecord<'_>) -> Result<Vec<Artifact>, ReportError> {
        let digest = Digest::of(record);
        let versions = crate::html::versions(record.preamble);
        let subtitle = text::visible(&format!(
            "{} · {versions} · seed {} · violet: a fault held, outlined: it was planned",
            record.preamble.scenario,
            text::seed(record.preamble.seed)
        ));
        PLOTS
            .iter()
            .map(|plot| {
                let drawing = (plot.draw)(&digest, true)?;
                let svg = standalone(&drawing, plot.title, &subtitle);
                Ok(Artifact::text(format!("plots/{}.svg", plot.name), svg))
            })
            .collect()
    }
}
