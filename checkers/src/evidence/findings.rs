//! Findings, capped: one bug of a store can show itself a million times.

use std::collections::BTreeMap;

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

    /// The verdict; the true numbers go to the statistics.
    pub(crate) fn verdict(
        self,
        checker: &str,
        reasons: Vec<String>,
        mut stats: BTreeMap<String, u64>,
    ) -> Verdict {
        stats.insert("findings".to_owned(), self.counts.values().sum());
        for (anomaly, count) in self.counts {
            stats.insert(format!("findings of {anomaly}"), count);
        }
        Verdict::new(checker, self.kept, reasons, stats)
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
        for _ in 0..20 {
            findings.add("a", || finding(("a", "K1"), "s", "b", "h", Vec::new()));
        }
        assert_eq!(findings.count("a"), 20);
        let verdict = findings.verdict("test", Vec::new(), BTreeMap::new());
        assert_eq!(verdict.status, Status::Invalid);
        assert_eq!(verdict.findings.len(), 5);
        assert_eq!(verdict.stats["findings"], 20);
    }
}
