//! The requests of the mix.

use super::dice::Dice;
use super::store::Store;
use crate::history::{
    Bytes, Compare, CompareOperator, CompareTarget, Delete, LeaseGrant, LeaseId, LeaseRef, Put,
    Range, Request, Txn, TxnOp,
};

/// So many leases are alive at a time.
const LEASES: usize = 40;

/// Draws requests; every written value is new, and so is every lease.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    values: u64,
    leases: i64,
}

impl Requests {
    pub(super) fn new() -> Self {
        Self { values: 0, leases: 0 }
    }

    /// The next request.
    pub(super) fn draw(&mut self, dice: &mut Dice, store: &Store) -> Request {
        match dice.below(100) {
            0..=39 => Request::Put(self.put(dice, store, None)),
            40..=49 => {
                let at = dice.place(store.size());
                Request::Delete(delete(dice, store.key(at)))
            }
            50..=64 => Request::Txn(self.txn(dice, store)),
            65..=89 => Request::Range(range(dice, store)),
            _ => self.lease(dice, store),
        }
    }

    fn put(&mut self, dice: &mut Dice, store: &Store, at: Option<usize>) -> Put {
        self.values += 1;
        let at = at.unwrap_or_else(|| dice.place(store.size()));
        let lease = if dice.mille(50) { store.some_lease(dice) } else { LeaseId(0) };
        let value = value(self.values);
        Put { key: store.key(at), value, lease, prev_kv: dice.mille(200), ..Put::default() }
    }

    /// Up to four operations on different keys, some behind a guard that may fail.
    fn txn(&mut self, dice: &mut Dice, store: &Store) -> Txn {
        let many = 1 + dice.place(4);
        let first = dice.place(store.size());
        let key = |number: usize| (first + number * 7) % store.size();
        let mut success = Vec::with_capacity(many);
        for number in 0..many {
            let key = key(number);
            success.push(match dice.below(10) {
                0..=5 => TxnOp::Put(self.put(dice, store, Some(key))),
                6..=8 => TxnOp::Range(Range { key: store.key(key), ..Range::default() }),
                _ => TxnOp::Delete(delete(dice, store.key(key))),
            });
        }
        let mut txn = Txn { success, ..Txn::default() };
        if dice.mille(500) {
            let revision = store.mod_revision(first);
            txn.compare.push(Compare {
                key: store.key(first),
                range_end: Bytes::default(),
                operator: CompareOperator::Equal,
                target: CompareTarget::ModRevision(revision),
            });
            txn.failure.push(TxnOp::Range(Range { key: store.key(first), ..Range::default() }));
        }
        txn
    }

    fn lease(&mut self, dice: &mut Dice, store: &Store) -> Request {
        let some = store.some_lease(dice);
        match dice.below(10) {
            0..=4 if !some.is_none() => Request::LeaseKeepAlive(LeaseRef { lease: some }),
            5..=6 if store.leases() > LEASES / 2 => Request::LeaseRevoke(LeaseRef { lease: some }),
            _ if store.leases() >= LEASES => Request::LeaseKeepAlive(LeaseRef { lease: some }),
            _ => {
                self.leases += 1;
                Request::LeaseGrant(LeaseGrant { lease: LeaseId(self.leases), ttl_seconds: 30 })
            }
        }
    }
}

/// A value of 16 bytes, which no other write has.
fn value(number: u64) -> Bytes {
    let mut text = *b"v...............";
    let (mut rest, mut at) = (number, text.len());
    while rest > 0 && at > 1 {
        at -= 1;
        text[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    Bytes::from(&text[..])
}

fn delete(dice: &mut Dice, key: Bytes) -> Delete {
    Delete { key, range_end: Bytes::default(), prev_kv: dice.mille(300) }
}

fn range(dice: &mut Dice, store: &Store) -> Range {
    let first = dice.place(store.size());
    let end = (first + 1 + dice.place(15)).min(store.size() - 1);
    let range_end = if end > first { store.key(end) } else { Bytes::default() };
    Range { key: store.key(first), range_end, ..Range::default() }
}
