//! Plots against time: traffic, revisions, measurements; each with the faults behind it.

mod bands;
mod frame;
mod latency;
mod legend;
mod rate;
mod revision;
mod series;

use self::series::Lines;
use crate::artifact::Artifact;
use crate::digest::{Digest, Measure};
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
    /// What is drawn.
    drawn: Drawn,
}

/// What a plot draws.
enum Drawn {
    /// By a function of its own: `true` for the wide variant.
    Own(fn(&Digest, bool) -> Result<Drawing, ReportError>),
    /// Measurements, where there are any.
    Lines(Lines),
}

impl Plot {
    /// Whether there is anything to draw.
    pub(crate) fn is_wanted(&self, digest: &Digest) -> bool {
        match &self.drawn {
            Drawn::Own(_) => true,
            Drawn::Lines(lines) => lines.is_measured(digest),
        }
    }

    /// Draws it: `true` for the wide variant.
    pub(crate) fn draw(&self, digest: &Digest, wide: bool) -> Result<Drawing, ReportError> {
        match &self.drawn {
            Drawn::Own(draw) => draw(digest, wide),
            Drawn::Lines(lines) => lines.draw(digest, wide),
        }
    }
}

const fn lines(
    name: &'static str,
    title: &'static str,
    caption: &'static str,
    measure: Measure,
    format: fn(f64) -> String,
) -> Plot {
    Plot {
        name,
        title,
        caption,
        drawn: Drawn::Lines(Lines { name, label: title, measure, format }),
    }
}

/// Every plot in the order in which the page shows them.
pub(crate) const PLOTS: [Plot; 13] = [
    Plot {
        name: "latency",
        title: "Latency by outcome",
        caption: "From the moment an operation was meant to be sent, on a logarithmic scale. \
                  Points are gathered to pixels: a stronger one stands for more operations.",
        drawn: Drawn::Own(latency::draw),
    },
    Plot {
        name: "rate",
        title: "Operations a second by outcome",
        caption: "Counted when they ended.",
        drawn: Drawn::Own(rate::draw),
    },
    Plot {
        name: "revision",
        title: "Revision of the store as each member showed it",
        caption: "From the header of every response, watch frame and status sample. The \
                  members' lines differ in width, so that equal ones stay visible under each \
                  other.",
        drawn: Drawn::Own(revision::draw),
    },
    lines(
        "watch-lag",
        "How far watches are behind",
        "Revisions between the newest that anybody has shown and the last that the recorder's watch \
         on each member has delivered.",
        Measure::WatchLag,
        series::whole,
    ),
    lines(
        "leader",
        "Whom each member takes for the leader",
        "From its own status. A line that differs from the others is a member that knows of no \
         change yet.",
        Measure::Leader,
        series::member,
    ),
    lines(
        "term",
        "Raft term of each member",
        "From its own status: every step is an election.",
        Measure::Term,
        series::whole,
    ),
    lines(
        "clock",
        "How far each member's wall clock is off",
        "Against the harness's, as the dates of its answers tell it: at least so much. They have \
         whole seconds, so that less shows as nothing.",
        Measure::Clock,
        series::offset,
    ),
    lines(
        "database",
        "Size of each member's database file",
        "From its own status. Defragmentation makes it smaller, compaction does not.",
        Measure::Database,
        series::mebibytes,
    ),
    lines(
        "processors",
        "Processors that each member keeps busy",
        "As the operating system counts it, between two looks.",
        Measure::Processors,
        series::share,
    ),
    lines(
        "memory",
        "Resident memory of each member",
        "As the operating system counts it.",
        Measure::Memory,
        series::mebibytes,
    ),
    lines(
        "files",
        "Open files of each member",
        "Connections are files too.",
        Measure::Files,
        series::whole,
    ),
    lines(
        "disk",
        "Data of each member on disk",
        "Everything in its data directory: log, snapshots, database.",
        Measure::Disk,
        series::mebibytes,
    ),
    lines(
        "timer-lag",
        "How late the harness's own timers fire",
        "The longest of every half second. While it is large, latencies are the harness's fault.",
        Measure::TimerLag,
        series::time,
    ),
];

/// Writes every plot as a file of its own.
pub(crate) struct Plots;

impl Renderer for Plots {
    fn name(&self) -> &'static str {
        "plots"
    }

    fn render(
        &self,
        record: &RunRecord<'_>,
        digest: &Digest,
    ) -> Result<Vec<Artifact>, ReportError> {
        let versions = crate::html::versions(record.preamble);
        let subtitle = text::visible(&format!(
            "{} · {versions} · seed {} · violet: a fault held, outlined: it was planned",
            record.preamble.scenario,
            text::seed(record.preamble.seed)
        ));
        PLOTS
            .iter()
            .filter(|plot| plot.is_wanted(digest))
            .map(|plot| {
                let drawing = plot.draw(digest, true)?;
                let svg = standalone(&drawing, plot.title, &subtitle);
                Ok(Artifact::text(format!("plots/{}.svg", plot.name), svg))
            })
            .collect()
    }
}
