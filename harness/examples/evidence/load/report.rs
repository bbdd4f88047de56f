//! The row of the load, its claim, and how it is printed.

use serde::{Deserialize, Serialize};

use super::whole_run::WholeRun;
use crate::ledger::Row;
use crate::provenance::Provenance;
use crate::traffic::Slice;

/// The traffic of both arms.
pub(crate) const SCENARIO: &str = include_str!("../load.toml");

/// A slice of each arm, one after the other on the same cluster.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Turn {
    /// Through Stormglass.
    pub(super) recorded: Slice,
    /// Without, beside watches on every member.
    pub(super) watched: Slice,
    /// Without.
    pub(super) bare: Slice,
}

/// What the process in the namespaces measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Slices {
    /// `switch` (a namespace a member), or `loopback`.
    pub(super) wiring: String,
    /// In the order in which they were measured.
    pub(super) turns: Vec<Turn>,
    /// The longest time from a slice's last event to its verdict, in seconds.
    pub(super) judge_lag_seconds: f64,
    /// How many slices' histories were judged to be invalid.
    pub(super) invalid: u32,
}

/// One measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LoadRow {
    pub(super) release: String,
    pub(super) members: u16,
    pub(super) clients: u32,
    /// Of all slices together.
    pub(super) seconds: u64,
    /// Median operations a second through Stormglass.
    pub(super) stormglass_rate: f64,
    /// Median operations a second without, beside watches on every member.
    pub(super) watched_rate: f64,
    /// Median operations a second without.
    pub(super) bare_rate: f64,
    /// Median of the turns' ratios of Stormglass to the bare loop, in percent.
    pub(super) ratio_percent: f64,
    /// The same of the loop beside watches to the bare loop: what the watches leave.
    pub(super) watches_percent: f64,
    /// Processor cores that the harness keeps busy (clients, and recorder, judge and switch).
    pub(super) harness_cores: f64,
    /// Processor cores that the bare loop's process keeps busy (clients and switch).
    pub(super) bare_cores: f64,
    /// Processor cores of the machine, which the members use too.
    pub(super) machine_cores: u32,
    pub(super) slices: Slices,
    pub(super) whole_run: WholeRun,
    #[serde(rename = "where")]
    pub(super) provenance: Provenance,
}

impl Row for LoadRow {
    fn commit(&self) -> &str {
        &self.provenance.commit
    }
}

impl LoadRow {
    /// Whether the row is what the project claims: so many percent, and nothing invalid.
    pub(super) fn holds(&self, percent: f64) -> bool {
        self.ratio_percent >= percent
            && self.slices.invalid == 0
            && self.whole_run.exit_code == Some(0)
    }

    /// The row for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let machine = f64::from(self.machine_cores);
        let share = |cores: f64| 100.0 * cores / machine;
        let run = &self.whole_run;
        let mut lines = vec![format!(
            "etcd {} × {}, {} clients, closed loop, {} s in slices, wired by {}, load {}",
            self.release,
            self.members,
            self.clients,
            self.seconds,
            self.slices.wiring,
            self.provenance.load_average
        )];
        lines.push(
            "recorded/s  watched/s     bare/s  recorded/bare  watched/bare  cores recorded, bare"
                .to_owned(),
        );
        lines.extend(self.slices.turns.iter().map(|turn| {
            let of_bare = |slice: Slice| 100.0 * slice.rate / turn.bare.rate;
            format!(
                "{:>10.0} {:>10.0} {:>10.0} {:>13.1}% {:>12.1}% {:>14.2}, {:.2}",
                turn.recorded.rate,
                turn.watched.rate,
                turn.bare.rate,
                of_bare(turn.recorded),
                of_bare(turn.watched),
                turn.recorded.cores,
                turn.bare.cores
            )
        }));
        lines.push(format!(
            "medians: {:.0} against {:.0} operations a second, ratio {:.1} %; with nothing but \
             watches on every member {:.0}, {:.1} %",
            self.stormglass_rate,
            self.bare_rate,
            self.ratio_percent,
            self.watched_rate,
            self.watches_percent
        ));
        lines.push(format!(
            "processor: {:.0} % of the machine's {} cores through Stormglass, {:.0} % bare",
            share(self.harness_cores),
            self.machine_cores,
            share(self.bare_cores)
        ));
        lines.push(format!(
            "a whole run of {} operations, {} events: verdict {:.1} s after the traffic, \
             check again {:.1} s, report {:.1} s",
            run.operations,
            run.events,
            run.seconds_to_verdict,
            run.seconds_of_check,
            run.seconds_of_report
        ));
        lines
    }
}

/// The median; zero of nothing.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.get(middle) {
        None => 0.0,
        Some(upper) if values.len() % 2 == 1 => *upper,
        Some(upper) => f64::midpoint(values[middle - 1], *upper),
    }
}
