//! Transactions that write under guards, and local ones that only read.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Bytes, Delete, Put, Range, Txn, TxnOp};

use super::guards::guard;
use super::knowledge::Knowledge;
use super::ranges;
use super::settings::Settings;
use super::values::Values;

/// Most operations in a branch.
const OPERATIONS_MAX: usize = 4;
/// Tries to find a key that the transaction does not touch yet.
const KEY_TRIES: usize = 16;

/// Draws transactions for one client.
pub(super) struct Transactions<'a> {
    pub(super) settings: &'a Settings,
    pub(super) client: u32,
    pub(super) knowledge: &'a Knowledge,
    pub(super) values: &'a mut Values,
    pub(super) rng: &'a mut ChaCha8Rng,
}

impl Transactions<'_> {
    /// One or two guards, one to four operations when they hold, and reads when they do
    /// not. The first operation writes.
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
        if self.settings.triggers.txn_range_revision && self.rng.random_bool(0.03) {
            success.extend(self.range_at_revision());
        }
        let compare = self.compare(&guarded);
        let failure = guarded.into_iter().map(|key| read(key, false)).collect();
        Txn { compare, success, failure }
    }

    /// Serializable reads only: the member answers it alone, guards included.
    pub(super) fn local(mut self) -> Txn {
        let keys = self.distinct_keys(3);
        let compare = if self.rng.random_bool(0.5) { self.compare(&keys[..1]) } else { Vec::new() };
        let reads = |keys: &[Bytes]| keys.iter().map(|key| read(key.clone(), true)).collect();
        Txn { compare, success: reads(&keys), failure: reads(&keys[..1]) }
    }

    fn compare(&mut self, keys: &[Bytes]) -> Vec<stormglass_checkers::history::Compare> {
        if !self.settings.triggers.guarded_txn {
            return Vec::new();
        }
        let keys = keys.iter().cloned();
        keys.map(|key| guard(key, self.knowledge, self.rng)).collect()
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
    fn first_key(&mut self) -> Bytes {
        match self.rng.random_range(0..10) {
            0..3 => self.settings.keys.own(self.client, self.rng),
            3..6 => match self.knowledge.freshest() {
                Some(key) => key.clone(),
                None => self.settings.keys.hot(self.rng),
            },
            _ => self.settings.keys.hot(self.rng),
        }
    }

    fn untouched(&mut self, touched: &[Bytes]) -> Option<Bytes> {
        (0..KEY_TRIES).map(|_| self.settings.keys.hot(self.rng)).find(|key| !touched.contains(key))
    }

    fn operation(&mut self, touched: &mut Vec<Bytes>) -> Option<TxnOp> {
        if self.rng.random_bool(0.25) {
            let range = ranges::range(&self.settings.keys, self.knowledge, self.rng);
            return Some(TxnOp::Range(range));
        }
        let key = self.untouched(touched)?;
        touched.push(key.clone());
        Some(self.write(key))
    }

    fn write(&mut self, key: Bytes) -> TxnOp {
        if self.rng.random_bool(0.25) {
            let prev_kv = self.rng.random_bool(0.5);
            return TxnOp::Delete(Delete { key, prev_kv, ..Delete::default() });
        }
        let value = self.values.next(self.rng);
        let prev_kv = self.rng.random_bool(0.5);
        TxnOp::Put(Put { key, value, prev_kv, ..Put::default() })
    }

    /// The trigger of #18667 needs a revision that the member refuses; the one drawn
    /// here is readable as far as the client knows.
    fn range_at_revision(&mut self) -> Option<TxnOp> {
        let revision = ranges::past_revision(self.knowledge, self.rng)?;
        let range = ranges::get(&self.settings.keys, self.rng);
        Some(TxnOp::Range(Range { revision, ..range }))
    }
}

fn read(key: Bytes, serializable: bool) -> TxnOp {
    TxnOp::Range(Range { key, serializable, ..Range::default() })
}
