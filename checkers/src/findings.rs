//! A bounded collection of findings: the first few of each anomaly, and the true count.

use std::collections::BTreeMap;

use crate::verdict::Finding;

/// How many findings of one anomaly are kept. More of them prove nothing more.
const KEPT: usize = 5;

/// Findings of one checker.
#[derive(Clone, Debug, Default)]
pub struct FindingSet {
    kept: Vec<Finding>,
    counts: BTreeMap<&'static str, u64>,
}

impl FindingSet {
    /// Counts a finding, and keeps it if it is among the first of its anomaly. It is
    /// only written out when it is kept.
    pub fn add(&mut self, anomaly: &'static str, write: impl FnOnce() -> Finding) {
        let count = self.counts.entry(anomaly).or_default();
        *count += 1;
        if *count <= KEPT as u64 {
            self.kept.push(write());
        }
    }

    /// How many of an anomaly there are.
    pub fn count(&self, anomaly: &str) -> u64 {
        self.counts.get(anomaly).copied().unwrap_or_default()
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The kept ones: anomalies in the given order (the most telling first), each in
    /// the order in which they were found.
    pub fn into_sorted(mut self, order: &[&str]) -> Vec<Finding> {
        let rank = |finding: &Finding| order.iter().position(|name| *name == finding.anomaly);
        self.kept.sort_by_key(|finding| rank(finding).unwrap_or(order.len()));
        self.kept
    }
}
