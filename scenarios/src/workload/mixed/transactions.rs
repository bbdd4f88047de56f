//! Transactions that write under guards, and those that only read.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Bytes, Compare, Delete, LeaseId, Put, Range, Txn, TxnOp};

use super::draws::percent;
use super::guards::{guard, guard_of_all, guard_of_range};
use super::keys::contains;
use super::knowledge::Knowledge;
use super::ranges;
use super::settings::Settings;
use crate::scenario::TxnSpec;
use crate::workload::values::Values;

/// Most operations in a branch.
const OPERATIONS_MAX: usize = 4;
/// Tries to find a key that the transaction does not touch yet.
const KEY_TRIES: usize = 16;
/// Guards of a wide transaction: each makes a member read every key.
const WIDE_GUARDS: usize = 5;

/// Draws transactions for one client.
pub(super) struct Transactions<'a> {
    pub(super) settings: &'a Settings,
    pub(super) client: u32,
    pub(super) knowledge: &'a Knowledge,
    pub(super) values: &'a mut Values,
    /// A lease that puts may attach their keys to.
    pub(super) lease: Option<LeaseId>,
    pub(super) rng: &'a mut ChaCha8Rng,
}

impl Transactions<'_> {
    /// One or two guards, one to four operations when they hold, and mostly reads when
    /// they do not. The first operation writes.
    pub(super) fn writing(mut self) -> Txn {
        let guards = if self.rng.random_bool(0.25) { 2 } else { 1 };
        let guarded = self.distinct_keys(guards);
        let more = self.rng.random_range(0..OPERATIONS_MAX);
        let mut success = Vec::with_capacity(more + 1);
        // etcd refuses a transaction that writes a key twice, so each key has one
        // operation, and none deletes a range that another one may write.
        let mut touched = guarded.clone();
        success.push(self.write(guarded[0].clone()));
        for _ in 0..more {
            let operation = self.operation(&mut touched);
            success.extend(operation);
        }
        success.extend(self.delete_range(&touched));
        success.extend(self.range_at_revision());
        let compare = self.compare(&guarded);
        let failure = self.failure(guarded);
        Txn { compare, success, failure }
    }

    /// Guards over every key, which hold, and a write: most of the time that it takes to apply
    /// goes to the guards.
    pub(super) fn wide(mut self) -> Txn {
        let guards =
            (0..WIDE_GUARDS).map(|_| guard_of_all(&self.settings.keys, self.knowledge, self.rng));
        let compare = guards.collect();
        let key = self.first_key();
        let failure = vec![read(key.clone(), false)];
        Txn { compare, success: vec![self.write(key)], failure }
    }

    /// Linearizable reads only, some at a revision: the member makes sure that it is not
    /// behind, and writes nothing to the log.
    pub(super) fn reading(mut self) -> Txn {
        let keys = self.distinct_keys(3);
        let compare = if self.rng.random_bool(0.5) { self.compare(&keys[..1]) } else { Vec::new() };
        let mut success: Vec<TxnOp> = keys.iter().map(|key| read(key.clone(), false)).collect();
        success.push(TxnOp::Range(ranges::range(&self.settings.keys, self.knowledge, self.rng)));
        success.extend(self.read_at_revision());
        let failure = keys[..1].iter().map(|key| read(key.clone(), self.rng.random_bool(0.5)));
        Txn { compare, success, failure: failure.collect() }
    }

    /// Serializable reads only: the member answers it alone, guards included.
    pub(super) fn local(mut self) -> Txn {
        let keys = self.distinct_keys(3);
        let compare = if self.rng.random_bool(0.5) { self.compare(&keys[..1]) } else { Vec::new() };
        let reads = |keys: &[Bytes]| keys.iter().map(|key| read(key.clone(), true)).collect();
        Txn { compare, success: reads(&keys), failure: reads(&keys[..1]) }
    }

    pub(super) fn spec(&self) -> &TxnSpec {
        &self.settings.spec.txn
    }

    pub(super) fn percent(&mut self, share: u32) -> bool {
        percent(share, self.rng)
    }

    /// Guards on the keys, and at times one on a range.
    pub(super) fn compare(&mut self, keys: &[Bytes]) -> Vec<Compare> {
        if !self.settings.triggers.guarded_txn {
            return Vec::new();
        }
        let (spec, knowledge) = (&self.settings.spec.txn, self.knowledge);
        let keys = keys.iter().cloned();
        let mut guards: Vec<Compare> =
            keys.map(|key| guard(key, knowledge, spec, self.rng)).collect();
        if percent(spec.range_guard, self.rng) {
            guards.push(guard_of_range(&self.settings.keys, knowledge, self.rng));
        }
        guards
    }

    /// At least one key, at most `count`, none twice.
    fn distinct_keys(&mut self, count: usize) -> Vec<Bytes> {
        let mut keys = vec![self.first_key()];
        for _ in 1..count {
            keys.extend(self.untouched(&keys));
        }
        keys
    }

    /// Often one of which the client knows much: then its guard holds.
    pub(super) fn first_key(&mut self) -> Bytes {
        match self.rng.random_range(0..10) {
            0..3 => self.settings.keys.own(self.client, self.rng),
            3..6 => match self.knowledge.freshest() {
                Some(key) => key.clone(),
                None => self.settings.keys.hot(self.rng),
            },
            _ => self.settings.keys.hot(self.rng),
        }
    }

    pub(super) fn untouched(&mut self, touched: &[Bytes]) -> Option<Bytes> {
        (0..KEY_TRIES).map(|_| self.settings.keys.hot(self.rng)).find(|key| !touched.contains(key))
    }

    /// A range, or a write of a key that nothing touches yet.
    pub(super) fn operation(&mut self, touched: &mut Vec<Bytes>) -> Option<TxnOp> {
        if self.rng.random_bool(0.25) {
            let range = ranges::range(&self.settings.keys, self.knowledge, self.rng);
            return Some(TxnOp::Range(range));
        }
        let key = self.untouched(touched)?;
        touched.push(key.clone());
        Some(self.write(key))
    }

    pub(super) fn write(&mut self, key: Bytes) -> TxnOp {
        if self.rng.random_bool(0.25) {
            let prev_kv = self.rng.random_bool(0.5);
            return TxnOp::Delete(Delete { key, prev_kv, ..Delete::default() });
        }
        let value = self.values.next(self.rng);
        let prev_kv = self.rng.random_bool(0.5);
        let attach = percent(self.settings.spec.txn.lease, self.rng);
        let lease = self.lease.filter(|_| attach).unwrap_or_default();
        TxnOp::Put(Put { key, value, lease, prev_kv, ..Put::default() })
    }

    /// What happens where the guards do not hold: reads, at times behind a write.
    fn failure(&mut self, guarded: Vec<Bytes>) -> Vec<TxnOp> {
        let writes = self.percent(self.spec().failure_write);
        let first = writes.then(|| self.write(guarded[0].clone()));
        first.into_iter().chain(guarded.into_iter().map(|key| read(key, false))).collect()
    }

    fn delete_range(&mut self, touched: &[Bytes]) -> Option<TxnOp> {
        if !self.percent(self.spec().delete_range) {
            return None;
        }
        let range = self.settings.keys.neighbours(3, self.rng);
        if touched.iter().any(|key| contains(&range, key)) {
            return None;
        }
        let ((key, range_end), prev_kv) = (range, self.rng.random_bool(0.5));
        Some(TxnOp::Delete(Delete { key, range_end, prev_kv }))
    }

    /// A range at a revision in a transaction that writes: refused, it is the trigger of
    /// #18667.
    pub(super) fn range_at_revision(&mut self) -> Option<TxnOp> {
        let wanted = self.percent(self.spec().range_revision);
        if !wanted || !self.settings.triggers.txn_range_revision {
            return None;
        }
        self.read_at_revision()
    }

    /// A range at a past revision, or at one that the store should refuse.
    pub(super) fn read_at_revision(&mut self) -> Option<TxnOp> {
        let revision = if self.percent(self.spec().refused_revision) {
            ranges::refused_revision(self.knowledge, self.rng)
        } else {
            ranges::past_revision(self.knowledge, self.rng)?
        };
        let range = ranges::get(&self.settings.keys, self.rng);
        Some(TxnOp::Range(Range { revision, ..range }))
    }
}

pub(super) fn read(key: Bytes, serializable: bool) -> TxnOp {
    TxnOp::Range(Range { key, serializable, ..Range::default() })
}
