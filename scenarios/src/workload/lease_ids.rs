//! IDs of leases that a run chooses itself.

use stormglass_checkers::history::LeaseId;

/// Bits for the lease's number among its client's, and for the client's number.
const NUMBER_BITS: u32 = 32;
const CLIENT_BITS: u32 = 11;
/// Bits that are left for the run, in the lower half of the positive numbers.
const RUN_BITS: u32 = 62 - NUMBER_BITS - CLIENT_BITS;

/// IDs for the leases of one client. Where the store is shared, runs under different prefixes
/// take different ones, but for a chance in a quarter of a million.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeaseIds {
    first: i64,
}

impl LeaseIds {
    pub(super) fn new(prefix: &str, client: u32) -> Self {
        let run = i64::from(run(prefix)) << (NUMBER_BITS + CLIENT_BITS);
        Self { first: run | (i64::from(client) + 1) << NUMBER_BITS }
    }

    /// The ID of its lease of this number.
    pub(super) fn numbered(self, number: u32) -> LeaseId {
        LeaseId(self.first | i64::from(number))
    }
}

/// A number of the run; 0 where it has the store for itself.
fn run(prefix: &str) -> u32 {
    if prefix.is_empty() {
        return 0;
    }
    // FNV-1a: the same prefix must give the same IDs in every version.
    let hash = prefix
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash >> (u32::BITS - RUN_BITS)).max(1)
}

#[cfg(test)]
mod tests {
    use stormglass_checkers::history::LeaseId;

    use super::LeaseIds;

    fn lease_id(prefix: &str, client: u32, number: u32) -> LeaseId {
        LeaseIds::new(prefix, client).numbered(number)
    }

    #[test]
    fn ids_differ_by_run_client_and_number_and_are_positive() {
        let ids = [
            lease_id("", 0, 1),
            lease_id("", 0, 2),
            lease_id("", 1, 1),
            lease_id("a/", 0, 1),
            lease_id("b/", 0, 1),
            lease_id("b/", 999, u32::MAX),
        ];
        let mut sorted = ids.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), ids.len());
        assert!(ids.iter().all(|id| id.0 > 0));
        assert_eq!(lease_id("", 0, 1).0, 1 << 32 | 1);
    }
}
