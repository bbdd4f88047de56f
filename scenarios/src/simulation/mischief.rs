//! When a bug strikes.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;

use super::bug::Bug;
use crate::random;

/// The bugs that are switched on, each with a stream of its own, so that one does not
/// change when another strikes.
pub(super) struct Mischief {
    streams: BTreeMap<Bug, ChaCha8Rng>,
    struck: BTreeMap<Bug, u64>,
    /// Bugs strike during the traffic only: before it there is nothing to break.
    awake: bool,
}

impl Mischief {
    pub(super) fn new(seed: u64, bugs: &BTreeSet<Bug>) -> Self {
        let stream = |bug: &Bug| (*bug, random::stream(seed, &format!("simulation/bug/{bug}")));
        Self { streams: bugs.iter().map(stream).collect(), struck: BTreeMap::new(), awake: false }
    }

    /// From now on bugs strike, or no longer.
    pub(super) fn wake(&mut self, awake: bool) {
        self.awake = awake;
    }

    /// Whether a bug is switched on at all.
    pub(super) fn is_on(&self, bug: Bug) -> bool {
        self.streams.contains_key(&bug)
    }

    /// Whether the bug may strike now.
    pub(super) fn may_strike(&self, bug: Bug) -> bool {
        self.awake && self.is_on(bug)
    }

    /// Whether the bug strikes at this occasion.
    pub(super) fn strikes(&mut self, bug: Bug) -> bool {
        if !self.awake {
            return false;
        }
        let Some(stream) = self.streams.get_mut(&bug) else { return false };
        let strikes = stream.random_ratio(1, bug.entry().one_in);
        if strikes {
            *self.struck.entry(bug).or_default() += 1;
        }
        strikes
    }

    /// How often each bug struck.
    pub(super) fn into_struck(self) -> BTreeMap<Bug, u64> {
        self.struck
    }
}
