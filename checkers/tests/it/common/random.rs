//! Random requests and random legal runs, from a seed.

use stormglass_checkers::history::{
    Bytes, Compact, Compare, CompareOperator, CompareTarget, Delete, History, LeaseId, Put, Range,
    Request, Revision, Sort, SortOrder, SortTarget, Txn, TxnOp,
};

use super::cluster::{Cluster, Op};
use super::requests::{grant, revoke};
use super::store::within;

/// A stream of random numbers from a seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below a bound (0 for the bound 0).
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }

    /// True in so many of a hundred throws.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let at = usize::try_from(self.below(choices.len() as u64)).unwrap_or(0);
        choices[at].clone()
    }
}

/// Makes requests on a small key space; every written value is new.
#[derive(Clone, Debug)]
pub struct Requests {
    /// The numbers.
    pub dice: Dice,
    /// How many keys there are.
    pub keys: u64,
    /// How many leases there are (0: none are used).
    pub leases: u64,
    /// Whether transactions may change a key twice, which etcd refuses.
    pub twice: bool,
    values: u64,
}

impl Requests {
    /// Requests on so many keys.
    pub fn new(seed: u64, keys: u64, leases: u64) -> Self {
        Self { dice: Dice(seed), keys, leases, twice: false, values: 0 }
    }

    fn key(&mut self) -> Bytes {
        format!("k{}", self.dice.below(self.keys)).into()
    }

    fn range_end(&mut self, key: &Bytes) -> Bytes {
        match self.dice.below(10) {
            0..=5 => Bytes::default(),
            6 => Bytes::from(&b"\0"[..]),
            7 => format!("{key}\0").into(),
            _ => self.key(),
        }
    }

    fn put(&mut self) -> Put {
        self.values += 1;
        let old = self.dice.percent(8);
        let lease = if self.leases > 0 && self.dice.percent(20) {
            i64::try_from(1 + self.dice.below(self.leases)).unwrap_or(1)
        } else {
            0
        };
        let ignore_lease = lease == 0 && self.dice.percent(5);
        Put {
            key: self.key(),
            value: if old { Bytes::default() } else { format!("v{}", self.values).into() },
            lease: LeaseId(lease),
            prev_kv: self.dice.percent(30),
            ignore_value: old,
            ignore_lease,
        }
    }

    fn range(&mut self, revision: i64) -> Range {
        let key = self.key();
        let mut bound = |percent| {
            let bound = i64::try_from(self.dice.below(revision.unsigned_abs() + 1)).unwrap_or(0);
            Revision(if self.dice.percent(percent) { bound } else { 0 })
        };
        let (past, min_mod_revision, max_mod_revision) = (bound(25), bound(5), bound(5));
        let (min_create_revision, max_create_revision) = (bound(5), bound(5));
        let targets = [
            SortTarget::Key,
            SortTarget::Key,
            SortTarget::Version,
            SortTarget::CreateRevision,
            SortTarget::ModRevision,
            SortTarget::Value,
        ];
        let orders = [SortOrder::None, SortOrder::None, SortOrder::Ascend, SortOrder::Descend];
        Range {
            range_end: self.range_end(&key),
            key,
            revision: past,
            limit: if self.dice.percent(30) { self.dice.pick(&[1, 2, 3]) } else { 0 },
            serializable: self.dice.percent(30),
            sort: Sort { target: self.dice.pick(&targets), order: self.dice.pick(&orders) },
            keys_only: self.dice.percent(10),
            count_only: self.dice.percent(10),
            min_mod_revision,
            max_mod_revision,
            min_create_revision,
            max_create_revision,
        }
    }

    fn delete(&mut self) -> Delete {
        let key = self.key();
        Delete { range_end: self.range_end(&key), key, prev_kv: self.dice.percent(40) }
    }

    fn guard(&mut self, revision: i64) -> Compare {
        let key = self.key();
        let number = i64::try_from(self.dice.below(revision.unsigned_abs() + 2)).unwrap_or(0);
        let value = format!("v{}", self.dice.below(self.values + 1));
        let target = match self.dice.below(5) {
            0 => CompareTarget::Version(number % 4),
            1 => CompareTarget::CreateRevision(Revision(number)),
            2 => CompareTarget::ModRevision(Revision(number)),
            3 => CompareTarget::Value(value.into()),
            _ => CompareTarget::Lease(LeaseId(number % 3)),
        };
        let operator = self.dice.pick(&[
            CompareOperator::Equal,
            CompareOperator::NotEqual,
            CompareOperator::Greater,
            CompareOperator::Less,
        ]);
        Compare { range_end: self.range_end(&key), key, operator, target }
    }

    /// Operations of a branch; `taken` are the ranges that it changes so far.
    fn ops(&mut self, revision: i64, depth: u32, taken: &mut Vec<(Bytes, Bytes)>) -> Vec<TxnOp> {
        let many = self.dice.below(4);
        let mut ops = Vec::new();
        for _ in 0..many {
            let op = match self.dice.below(8) {
                0..=2 => TxnOp::Put(self.put()),
                3..=4 => TxnOp::Range(self.range(revision)),
                5..=6 => TxnOp::Delete(self.delete()),
                _ if depth > 0 => TxnOp::Txn(self.txn(revision, depth - 1, taken)),
                _ => TxnOp::Put(self.put()),
            };
            let changed = match &op {
                TxnOp::Put(put) => Some((put.key.clone(), Bytes::default())),
                TxnOp::Delete(delete) => Some((delete.key.clone(), delete.range_end.clone())),
                TxnOp::Range(_) | TxnOp::Txn(_) => None,
            };
            match changed {
                Some(range) if self.twice || !self.overlaps(&range, taken) => {
                    taken.push(range);
                    ops.push(op);
                }
                Some(_) => {}
                None => ops.push(op),
            }
        }
        ops
    }

    fn overlaps(&self, range: &(Bytes, Bytes), taken: &[(Bytes, Bytes)]) -> bool {
        (0..self.keys).map(|key| Bytes::from(format!("k{key}"))).any(|key| {
            within(&key, &range.0, &range.1)
                && taken.iter().any(|other| within(&key, &other.0, &other.1))
        })
    }

    fn txn(&mut self, revision: i64, depth: u32, taken: &mut Vec<(Bytes, Bytes)>) -> Txn {
        let guards = self.dice.below(3);
        let compare = (0..guards).map(|_| self.guard(revision)).collect();
        let mut other = taken.clone();
        let success = self.ops(revision, depth, taken);
        let failure = self.ops(revision, depth, &mut other);
        taken.extend(other);
        Txn { compare, success, failure }
    }

    /// The next request; `revision` is about the store's.
    pub fn next(&mut self, revision: i64) -> Request {
        match self.dice.below(100) {
            0..=34 => Request::Put(self.put()),
            35..=64 => Request::Range(self.range(revision)),
            65..=77 => Request::Delete(self.delete()),
            78..=94 => Request::Txn(self.txn(revision, 1, &mut Vec::new())),
            95 if self.dice.percent(30) => {
                let low = revision / 3;
                let revision = Revision(low + i64::from(self.dice.percent(50)));
                Request::Compact(Compact { revision, physical: false })
            }
            _ if self.leases == 0 => Request::Put(self.put()),
            96..=97 => {
                let lease = 1 + self.dice.below(self.leases);
                revoke(i64::try_from(lease).unwrap_or(1))
            }
            _ => grant(i64::try_from(1 + self.dice.below(self.leases)).unwrap_or(1), 10),
        }
    }
}

/// A legal run: overlapping clients on three members, unknown outcomes, late effects,
/// leases that end by themselves, lagging members, restarts.
#[derive(Clone, Copy, Debug)]
pub struct Legal {
    /// The seed.
    pub seed: u64,
    /// How many operations.
    pub operations: u64,
    /// How many keys.
    pub keys: u64,
    /// How many operations overlap at most.
    pub open: usize,
    /// How many of a hundred operations have an unknown outcome.
    pub unknown: u64,
    /// Whether members lag and restart.
    pub disturbed: bool,
}

impl Legal {
    /// The run, before its final phase.
    pub fn traffic(&self) -> Cluster {
        let mut run = Run {
            cluster: Cluster::new(3),
            requests: Requests::new(self.seed, self.keys, 3),
            open: Vec::new(),
            late: Vec::new(),
        };
        for _ in 0..self.operations {
            run.step(self);
        }
        while !run.open.is_empty() {
            run.end_one(self);
        }
        run.cluster
    }

    /// The whole run.
    pub fn history(&self) -> History {
        self.traffic().finish()
    }
}

struct Run {
    cluster: Cluster,
    requests: Requests,
    /// Open operations, with their answer once they took effect.
    open: Vec<(Op, Option<super::cluster::Answer>)>,
    /// Operations that were given up and may still take effect.
    late: Vec<Op>,
}

impl Run {
    fn step(&mut self, shape: &Legal) {
        if shape.disturbed {
            self.disturb();
        }
        let first = u16::try_from(self.requests.dice.below(3)).unwrap_or(0);
        let up = (0..3).map(|next| (first + next) % 3).find(|next| self.cluster.is_up(*next));
        let process = self.cluster.client(up.unwrap_or(first));
        let request = self.requests.next(self.cluster.store.revision());
        let op = self.cluster.invoke(process, request);
        self.open.push((op, None));
        while self.open.len() >= shape.open.max(1) {
            self.end_one(shape);
        }
    }

    /// Some open operation takes effect, or ends.
    fn end_one(&mut self, shape: &Legal) {
        if !self.late.is_empty() && self.requests.dice.percent(30) {
            let at = self.requests.dice.below(self.late.len() as u64);
            let op = self.late.swap_remove(usize::try_from(at).unwrap_or(0));
            let _ = self.cluster.take_effect(&op);
        }
        let at = usize::try_from(self.requests.dice.below(self.open.len() as u64)).unwrap_or(0);
        if self.open[at].1.is_none() && self.requests.dice.percent(shape.unknown) {
            let (op, _) = self.open.swap_remove(at);
            if self.requests.dice.percent(50) {
                self.late.push(op.clone());
            }
            self.cluster.give_up(&op);
            return;
        }
        let (op, answer) = &mut self.open[at];
        match answer.take() {
            None => *answer = Some(self.cluster.take_effect(op)),
            Some(answer) if self.requests.dice.percent(shape.unknown) => {
                drop(answer);
                let (op, _) = self.open.swap_remove(at);
                self.cluster.give_up(&op);
            }
            Some(answer) => {
                let (op, _) = self.open.swap_remove(at);
                self.cluster.answer(&op, answer);
            }
        }
    }

    fn disturb(&mut self) {
        let member = u16::try_from(self.requests.dice.below(3)).unwrap_or(0);
        match self.requests.dice.below(60) {
            0 => self.cluster.lag(member),
            1 | 2 => self.cluster.catch_up(member),
            3 if (0..3).all(|member| self.cluster.is_up(member)) => self.cluster.kill(member),
            4 if !self.cluster.is_up(member) => self.cluster.restart(member),
            5 => {
                let lease = 1 + self.requests.dice.below(3);
                // Longer than any lease lives here.
                self.cluster.pass(11);
                self.cluster.expire(i64::try_from(lease).unwrap_or(1));
            }
            _ => {}
        }
    }
}
