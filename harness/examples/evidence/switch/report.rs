//! The row of the switch, its claim, and how it is printed.

use serde::{Deserialize, Serialize};

use crate::ledger::Row;
use crate::provenance::Provenance;

/// At least so much of loopback's throughput, in percent.
pub(super) const CLAIM_PERCENT: f64 = 90.0;
/// At most so much more for one client's median, in milliseconds.
pub(super) const CLAIM_MILLISECONDS: f64 = 0.5;

/// One wiring in one turn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Side {
    /// Operations a second.
    pub(super) rate: f64,
    /// Median of the operations' times, in milliseconds.
    pub(super) median_ms: f64,
}

/// Both, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) switch: Side,
    pub(super) loopback: Side,
}

/// So many clients in a closed loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SwitchRow {
    pub(super) release: String,
    pub(super) clients: usize,
    /// Of one side of a pair.
    pub(super) seconds: u64,
    pub(super) pairs: Vec<Pair>,
    /// Median of the pairs' ratios of throughput, in percent.
    pub(super) ratio_percent: f64,
    /// Median of the pairs' differences of medians, in milliseconds.
    pub(super) added_ms: f64,
    #[serde(rename = "where")]
    pub(super) provenance: Provenance,
}

impl Row for SwitchRow {
    fn commit(&self) -> &str {
        &self.provenance.commit
    }
}

impl SwitchRow {
    /// Whether the claim holds: of one client it is about time, of several about throughput.
    pub(super) fn holds(&self, percent: f64, milliseconds: f64) -> bool {
        if self.clients == 1 {
            self.added_ms <= milliseconds
        } else {
            self.ratio_percent >= percent
        }
    }

    /// The row for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { release, clients, seconds, pairs, ratio_percent, added_ms, .. } = self;
        let load = self.provenance.load_average;
        let title = format!(
            "etcd {release} × 3, {clients} clients in a closed loop, {} pairs of {seconds} s each, \
             load {load}",
            pairs.len()
        );
        let head = "switch/s  loopback/s    ratio  switch ms  loopback ms".to_owned();
        let pair = |Pair { switch, loopback }: &Pair| {
            format!(
                "{:>8.0} {:>11.0} {:>7.1}% {:>10.2} {:>12.2}",
                switch.rate,
                loopback.rate,
                100.0 * switch.rate / loopback.rate,
                switch.median_ms,
                loopback.median_ms
            )
        };
        let medians = format!(
            "medians: {ratio_percent:.1} % of the throughput, {added_ms:+.2} ms an operation"
        );
        let mut lines = vec![title, head];
        lines.extend(pairs.iter().map(pair));
        lines.push(medians);
        lines
    }
}
