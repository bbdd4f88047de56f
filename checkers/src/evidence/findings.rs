//! Findings on their way to a verdict.

use std::collections::BTreeMap;

use crate::findings::FindingSet;
use crate::registry::CheckerEntry;
use crate::verdict::{Finding, Status, Verdict, Witness, WitnessStep};

/// The findings of one checker, capped: one bug of a store can show itself a million
/// times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings(FindingSet);

impl Findings {
    /// Counts a finding, and keeps it while there are few of its anomaly.
    pub(crate) fn add(&mut self, anomaly: &'static str, finding: impl FnOnce() -> Finding) {
        self.0.add(anomaly, finding);
    }

    /// How many were found of an anomaly.
    pub(crate) fn count(&self, anomaly: &str) -> u64 {
        self.0.count(anomaly)
    }

    /// Invalid once there is a finding.
    pub(crate) fn status(&self) -> Status {
        if self.0.is_empty() { Status::Valid } else { Status::Invalid }
    }

    /// The verdict of a checker, its findings in the order in which its entry names the
    /// anomalies (the most telling first); the true numbers go to the statistics.
    pub(crate) fn verdict(
        self,
        entry: &CheckerEntry,
        reasons: Vec<String>,
        mut stats: BTreeMap<String, u64>,
    ) -> Verdict {
        stats.insert("findings".to_owned(), self.0.total());
        for anomaly in entry.anomalies {
            let count = self.0.count(anomaly);
            if count > 0 {
                stats.insert(format!("findings of {anomaly}"), count);
            }
        }
        Verdict::new(entry.name, self.0.into_sorted(entry.anomalies), reasons, stats)
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
