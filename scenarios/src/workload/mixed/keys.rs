//! The key space of `mixed`, all of it below the run's prefix.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Bytes, LeaseId};

use crate::workload::keys_below::keys_below;

/// A first key and a range end, as in etcd's requests.
pub(super) type Interval = (Bytes, Bytes);

/// Keys that one client alone writes, so that its guards hold nearly always.
const OWN_KEYS: u32 = 2;

/// The key space: hot keys `k…` that all clients share, keys `l…` for leases, `own-…`
/// for one client alone, and `fill-…` written once before the traffic.
pub(super) struct KeySpace {
    prefix: String,
    hot: u32,
    width: usize,
}

impl KeySpace {
    pub(super) fn new(prefix: &str, hot: u32) -> Self {
        Self { prefix: prefix.to_owned(), hot, width: hot.to_string().len() }
    }

    /// What every key begins with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A hot key.
    pub(super) fn hot(&self, rng: &mut ChaCha8Rng) -> Bytes {
        self.numbered('k', rng.random_range(0..self.hot))
    }

    /// A key of the leases.
    pub(super) fn leased(&self, rng: &mut ChaCha8Rng) -> Bytes {
        self.numbered('l', rng.random_range(0..self.hot))
    }

    /// The key of one lease alone.
    pub(super) fn of_lease(&self, lease: LeaseId) -> Bytes {
        Bytes::from(format!("{}lease-{:x}", self.prefix, lease.0))
    }

    /// A key that only this client writes.
    pub(super) fn own(&self, client: u32, rng: &mut ChaCha8Rng) -> Bytes {
        let number = rng.random_range(0..OWN_KEYS);
        Bytes::from(format!("{}own-{client:04}-{number}", self.prefix))
    }

    /// A key of the data that is written before the traffic.
    pub(super) fn fill(&self, number: u32) -> Bytes {
        Bytes::from(format!("{}fill-{number:06}", self.prefix))
    }

    /// One to `most` neighbouring hot keys.
    pub(super) fn neighbours(&self, most: u32, rng: &mut ChaCha8Rng) -> Interval {
        let first = rng.random_range(0..self.hot);
        let count = rng.random_range(1..=most.max(1));
        (self.numbered('k', first), self.numbered('k', first.saturating_add(count)))
    }

    /// Every hot key.
    pub(super) fn all_hot(&self) -> Interval {
        (Bytes::from(format!("{}k", self.prefix)), Bytes::from(format!("{}l", self.prefix)))
    }

    /// Every key from a hot one on; where there is a prefix, every key below it.
    pub(super) fn onwards(&self, rng: &mut ChaCha8Rng) -> Interval {
        if self.prefix.is_empty() {
            return (self.hot(rng), Bytes::from(&b"\0"[..]));
        }
        self.everything()
    }

    /// Every key of the leases.
    pub(super) fn all_leased(&self) -> Interval {
        (Bytes::from(format!("{}l", self.prefix)), Bytes::from(format!("{}m", self.prefix)))
    }

    /// Every key of the run.
    pub(super) fn everything(&self) -> Interval {
        keys_below(&self.prefix)
    }

    /// Whether what is known of this key is worth remembering: the fill is too much.
    pub(super) fn remembers(&self, key: &Bytes) -> bool {
        !key.as_slice()
            .strip_prefix(self.prefix.as_bytes())
            .is_some_and(|rest| rest.starts_with(b"fill-"))
    }

    fn numbered(&self, letter: char, number: u32) -> Bytes {
        Bytes::from(format!("{}{letter}{number:0width$}", self.prefix, width = self.width))
    }
}

/// Whether an interval of etcd's requests has this key.
pub(super) fn contains((first, end): &Interval, key: &Bytes) -> bool {
    match end.as_slice() {
        [] => key == first,
        [0] => key >= first,
        _ => key >= first && key < end,
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::ChaCha8Rng;

    use super::{KeySpace, contains};

    #[test]
    fn every_kind_of_key_is_in_its_interval_and_below_the_prefix() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for prefix in ["", "run/"] {
            let keys = KeySpace::new(prefix, 12);
            let all = keys.everything();
            for _ in 0..100 {
                let (hot, leased) = (keys.hot(&mut rng), keys.leased(&mut rng));
                assert!(contains(&keys.all_hot(), &hot) && !contains(&keys.all_hot(), &leased));
                assert!(contains(&keys.all_leased(), &leased));
                let neighbours = keys.neighbours(3, &mut rng);
                assert!(contains(&neighbours, &neighbours.0));
                for key in [hot, leased, keys.own(3, &mut rng), keys.fill(7), neighbours.0] {
                    assert!(contains(&all, &key), "{key}");
                }
            }
            assert!(!keys.remembers(&keys.fill(7)) && keys.remembers(&keys.hot(&mut rng)));
        }
    }
}
