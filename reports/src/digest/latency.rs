//! Latencies, summarised.

use std::collections::BTreeMap;

use stormglass_checkers::history::Nanos;

use super::operation::{Operation, OutcomeKind};

/// Operations of one kind: how many ended how, and how long the answered ones took.
#[derive(Clone, Debug, Default)]
pub(crate) struct KindSummary {
    /// Number by outcome, in the order of [`OutcomeKind::ALL`].
    pub(crate) counts: [u64; 3],
    /// Median, 95th and 99th percentile and maximum of the answered ones; none where
    /// nothing was answered.
    pub(crate) quantiles: Option<[Nanos; 4]>,
}

/// A summary of each kind, in the order of names.
pub(crate) fn summarise(operations: &[Operation]) -> BTreeMap<&'static str, KindSummary> {
    let mut latencies: BTreeMap<&'static str, Vec<Nanos>> = BTreeMap::new();
    let mut summaries: BTreeMap<&'static str, KindSummary> = BTreeMap::new();
    for operation in operations {
        let summary = summaries.entry(operation.kind).or_default();
        summary.counts[operation.outcome as usize] += 1;
        if let (OutcomeKind::Ok, Some(latency)) = (operation.outcome, operation.latency()) {
            latencies.entry(operation.kind).or_default().push(latency);
        }
    }
    for (kind, mut latencies) in latencies {
        latencies.sort_unstable();
        if let Some(summary) = summaries.get_mut(kind) {
            let at = |per_mille| quantile(&latencies, per_mille);
            summary.quantiles = Some([at(500), at(950), at(990), at(1000)]);
        }
    }
    summaries
}

/// The smallest value that at least `per_mille` thousandths of the sorted values do not
/// exceed (nearest rank); zero of nothing.
pub(crate) fn quantile(sorted: &[Nanos], per_mille: usize) -> Nanos {
    let rank = (sorted.len() * per_mille).div_ceil(1000).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_nearest_ranks() {
        let values: Vec<_> = (1..=100).map(Nanos).collect();
        assert_eq!(quantile(&values, 500), Nanos(50));
        assert_eq!(quantile(&values, 990), Nanos(99));
        assert_eq!(quantile(&values, 1000), Nanos(100));
        assert_eq!(quantile(&values[..1], 500), Nanos(1));
        assert_eq!(quantile(&[], 500), Nanos(0));
    }
}
