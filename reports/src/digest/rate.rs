//! Operations a second over time.

use stormglass_checkers::history::{Nanos, Span};

use super::operation::Operation;

/// Widths of a bin that make its rate easy to understand, in milliseconds.
const WIDTHS: [u64; 14] = [
    100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
    3_600_000,
];

/// Operations a second, by outcome, in bins of equal width.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rates {
    /// Width of a bin.
    pub(crate) width: Nanos,
    /// For each bin its middle and the rates in the order of the outcomes.
    pub(crate) bins: Vec<(Nanos, [f64; 3])>,
}

impl Rates {
    /// The rates within a window, in at most about `most` bins. An operation counts when
    /// it ended; one that never ended, when it was sent.
    pub(crate) fn of(operations: &[Operation], window: Span, most: u64) -> Self {
        let length = window.to.0.saturating_sub(window.from.0).max(1);
        let fits = |width: &u64| length / (width * 1_000_000) <= most;
        let longest = WIDTHS[WIDTHS.len() - 1];
        let width = WIDTHS.into_iter().find(fits).unwrap_or(longest.max(length / most / 1_000_000));
        let width = Nanos(width * 1_000_000);
        let mut counts: Vec<[u32; 3]> = Vec::new();
        let number = usize::try_from(length.div_ceil(width.0)).unwrap_or(usize::MAX);
        counts.resize(number.max(1), [0; 3]);
        for operation in operations {
            let at = operation.ended.unwrap_or(operation.intended);
            let offset = at.0.saturating_sub(window.from.0) / width.0;
            let bin = usize::try_from(offset).unwrap_or(usize::MAX).min(counts.len() - 1);
            counts[bin][operation.outcome as usize] += 1;
        }
        let bins = counts.iter().zip(0u64..).map(|(counts, bin)| {
            let from = window.from.0 + bin * width.0;
            // The last bin may be cut short by the end of the run.
            let to = (from + width.0).min(window.to.0).max(from + 1);
            let seconds = Nanos((to - from).max(width.0 / 4)).seconds();
            (Nanos(u64::midpoint(from, to)), counts.map(|count| f64::from(count) / seconds))
        });
        Self { width, bins: bins.collect() }
    }

    /// The highest rate of any outcome.
    pub(crate) fn highest(&self) -> f64 {
        self.bins.iter().flat_map(|(_, rates)| rates).copied().fold(0.0, f64::max)
    }
}
