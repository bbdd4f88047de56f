//! Findings, capped: one bug of a store can show itself a million times.

use std::collections::BTreeMap;

use crate::registry::CheckerEntry;
use crate::verdict::{Finding, Status, Verdict, Witness, WitnessStep};

/// So many findings of each anomaly are kept.
const KEPT: u64 = 5;

/// The findings of one checker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<Finding>,
    counts: BTreeMap<&'static str, u64>,
}

impl Findings {
    /// Counts a finding, and keeps it while there are few of its anomaly.
    pub(crate) fn add(&mut self, anomaly: &'static str, finding: impl FnOnce() -> Finding) {
        let count = self.counts.entry(anomaly).or_default();
        *count += 1;
        if *count <= KEPT {
            self.kept.push(finding());
        }
    }

    /// How many were found of an anomaly.
    pub(crate) fn count(&self, anomaly: &str) -> u64 {
        self.counts.get(anomaly).copied().unwrap_or(0)
    }

    /// Invalid once there is a finding.
    pub(crate) fn status(&self) -> Status {
        if self.kept.is_empty() { Status::Valid } else { Status::Invalid }
    }

    /// The verdict of a checker, its findings in the order in which its entry names the
    /// anomalies (the most telling first); the true numbers go to the statistics.
    pub(crate) fn verdict(
        mut self,
        entry: &CheckerEntry,
        reasons: Vec<String>,
        mut stats: BTreeMap<String, u64>,
    ) -> Verdict {
        let rank = |finding: &Finding| {
            entry.anomalies.iter().position(|anomaly| *anomaly == finding.anomaly)
        };
        self.kept.sort_by_key(|finding| rank(finding).unwrap_or(usize::MAX));
        stats.insert("findings".to_owned(), self.counts.values().sum());
        for (anomaly, count) in self.counts {
            stats.insert(format!("findings of {anomaly}"), count);
        }
        Verdict::new(entry.name, self.kept, reasons, stats)
    }
}

/// A finding from its parts. The arguments are in the order in which a report tells
/// them: what is broken, then sentence, because, however, and the proof.
pub(crate) fn finding(
    (anomaly, guarantee): (&str, &str),
    sentence: impl Into<String>,
    because: impl Into<String>,
    however: impl Into<String>,
    mut steps: Vec<WitnessStep>,
) -> Finding {
    steps.sort_by_key(|step| step.index);
    Finding {
        anomaly: anomaly.to_owned(),
        guarantee: guarantee.to_owned(),
        sentence: sentence.into(),
        because: because.into(),
        however: however.into(),
        witness: Witness { steps },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_counted_beyond_what_is_kept() {
        let mut findings = Findings::default();
        let mut add = |anomaly: &'static str| {
            findings.add(anomaly, || finding((anomaly, "K12"), "s", "b", "h", Vec::new()));
        };
        add("hash-mismatch");
        (0..20).for_each(|_| add("diverged-members"));
        assert_eq!(findings.count("diverged-members"), 20);
        let entry = &crate::convergence::ENTRY;
        let verdict = findings.verdict(entry, Vec::new(), BTreeMap::new());
        assert_eq!(verdict.status, Status::Invalid);
        assert_eq!(verdict.findings.len(), 6);
        assert_eq!(verdict.findings[0].anomaly, "diverged-members");
        assert_eq!(verdict.stats["findings"], 21);
    }
}
