//! Transactions inside transactions.

use rand::RngExt as _;
use stormglass_checkers::history::{Bytes, Txn, TxnOp};

use super::ranges;
use super::transactions::{Transactions, read};

/// Most levels below the outermost transaction.
const DEPTH_MAX: u32 = 2;
/// How often a transaction reads on all its levels: it goes through the log all the same.
const READS: f64 = 0.2;
/// How often an inner guard is on a key that the transaction has written by then: all
/// guards are held against the state before the outermost transaction.
const WRITTEN: f64 = 0.3;
/// How often a branch has a second inner transaction.
const SECOND: f64 = 0.25;

impl Transactions<'_> {
    /// A transaction with others inside. No key is written twice on any path.
    pub(super) fn nested(mut self) -> Txn {
        let key = self.first_key();
        let mut touched = vec![key.clone()];
        let writes = !self.rng.random_bool(READS);
        let depth = self.rng.random_range(1..=DEPTH_MAX);
        self.level(key, depth, writes, &mut touched)
    }

    fn level(&mut self, key: Bytes, depth: u32, writes: bool, touched: &mut Vec<Bytes>) -> Txn {
        let guarded = if self.rng.random_bool(WRITTEN) { touched[0].clone() } else { key.clone() };
        let compare = self.compare(&[guarded]);
        let mut success = vec![self.step(key.clone(), writes)];
        self.inner(depth, writes, touched, &mut success);
        if writes {
            success.extend(self.operation(touched));
            success.extend(self.range_at_revision());
        } else {
            success.push(TxnOp::Range(ranges::range(
                &self.settings.keys,
                self.knowledge,
                self.rng,
            )));
            success.extend(self.read_at_revision());
        }
        let mut failure = vec![read(key, false)];
        if self.rng.random_bool(0.5) {
            self.inner(depth, writes, touched, &mut failure);
        }
        Txn { compare, success, failure }
    }

    /// One or two transactions, each on a key of its own.
    fn inner(
        &mut self,
        depth: u32,
        writes: bool,
        touched: &mut Vec<Bytes>,
        branch: &mut Vec<TxnOp>,
    ) {
        let Some(below) = depth.checked_sub(1) else { return };
        let count = if self.rng.random_bool(SECOND) { 2 } else { 1 };
        for _ in 0..count {
            let Some(key) = self.untouched(touched) else { return };
            touched.push(key.clone());
            branch.push(TxnOp::Txn(self.level(key, below, writes, touched)));
        }
    }

    fn step(&mut self, key: Bytes, writes: bool) -> TxnOp {
        if writes { self.write(key) } else { read(key, false) }
    }
}
