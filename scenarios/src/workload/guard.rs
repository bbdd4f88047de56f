//! Guards on one key, as several workloads have them.

use stormglass_checkers::history::{Bytes, Compare, CompareOperator, CompareTarget};

/// A guard: the key has exactly this.
pub(super) fn equal(key: &Bytes, target: CompareTarget) -> Compare {
    let (key, range_end) = (key.clone(), Bytes::default());
    Compare { key, range_end, operator: CompareOperator::Equal, target }
}
