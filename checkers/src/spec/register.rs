//! One register with compare-and-set: Jepsen's test of etcd.

use stateright::semantics::SequentialSpec;

use crate::search::{Fingerprint, Need, Object};

/// A register that holds a number, or nothing at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Register(pub Option<i64>);

/// What a register is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegisterOp {
    /// Read it.
    Read,
    /// Write a value.
    Write(i64),
    /// Write `new` if it holds `old`.
    CompareAndSet {
        /// The value that it must hold.
        old: i64,
        /// The value that it is to hold.
        new: i64,
    },
    /// Empty it.
    Delete,
}

/// What a register answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegisterRet {
    /// To a read: what it holds.
    Value(Option<i64>),
    /// To a write.
    Written,
    /// To a compare-and-set: whether it held the old value. To a deletion: whether it
    /// held any.
    Done(bool),
}

impl SequentialSpec for Register {
    type Op = RegisterOp;
    type Ret = RegisterRet;

    fn invoke(&mut self, op: &RegisterOp) -> RegisterRet {
        let (next, ret) = self.step(*op);
        *self = next;
        ret
    }

    fn is_valid_step(&mut self, op: &RegisterOp, ret: &RegisterRet) -> bool {
        let (next, expected) = self.step(*op);
        let fits = expected == *ret;
        if fits {
            *self = next;
        }
        fits
    }
}

impl Register {
    /// The register after an operation, and its answer.
    fn step(self, op: RegisterOp) -> (Self, RegisterRet) {
        match op {
            RegisterOp::Read => (self, RegisterRet::Value(self.0)),
            RegisterOp::Write(value) => (Self(Some(value)), RegisterRet::Written),
            RegisterOp::CompareAndSet { old, new } if self.0 == Some(old) => {
                (Self(Some(new)), RegisterRet::Done(true))
            }
            RegisterOp::CompareAndSet { .. } => (self, RegisterRet::Done(false)),
            RegisterOp::Delete => (Self(None), RegisterRet::Done(self.0.is_some())),
        }
    }
}

impl Object for Register {
    fn is_pure(op: &RegisterOp, ret: Option<&RegisterRet>) -> bool {
        matches!(op, RegisterOp::Read) || ret == Some(&RegisterRet::Done(false))
    }

    fn admits(&self, op: &RegisterOp, ret: &RegisterRet) -> bool {
        self.step(*op).1 == *ret
    }

    fn fingerprint(&self) -> Fingerprint {
        let held = self.0.map(|value| 1 << 64 | u128::from(value.cast_unsigned()));
        Fingerprint::of_word(held.unwrap_or(0))
    }

    fn mark(op: &RegisterOp) -> Option<Fingerprint> {
        let left = match *op {
            RegisterOp::Read => return None,
            RegisterOp::Write(value) | RegisterOp::CompareAndSet { new: value, .. } => Some(value),
            RegisterOp::Delete => None,
        };
        Some(Self(left).fingerprint())
    }

    /// What a register holds decides alone what a read and a compare-and-set answer. One
    /// that failed is content with every value but one, and a deletion with all or none.
    fn need(op: &RegisterOp, ret: Option<&RegisterRet>) -> Need {
        match (*op, ret.copied()) {
            (RegisterOp::Read, Some(RegisterRet::Value(value))) => {
                Need::Mark(Self(value).fingerprint())
            }
            (RegisterOp::Write(_), _) | (RegisterOp::Delete, None) => Need::Nothing,
            (RegisterOp::Delete, Some(RegisterRet::Done(false))) => {
                Need::Mark(Self(None).fingerprint())
            }
            (RegisterOp::CompareAndSet { old, .. }, None | Some(RegisterRet::Done(true))) => {
                Need::Mark(Self(Some(old)).fingerprint())
            }
            _ => Need::Anything,
        }
    }

    fn call_in_words(op: &RegisterOp) -> String {
        match op {
            RegisterOp::Read => "read".to_owned(),
            RegisterOp::Write(value) => format!("write {value}"),
            RegisterOp::CompareAndSet { old, new } => format!("compare-and-set {old} → {new}"),
            RegisterOp::Delete => "delete".to_owned(),
        }
    }

    fn answer_in_words(ret: &RegisterRet) -> String {
        match ret {
            RegisterRet::Value(value) => shown(*value),
            RegisterRet::Written => "ok".to_owned(),
            RegisterRet::Done(true) => "done".to_owned(),
            RegisterRet::Done(false) => "not done".to_owned(),
        }
    }

    fn state_in_words(&self, _: &RegisterOp) -> String {
        format!("the register holds {}", shown(self.0))
    }
}

fn shown(value: Option<i64>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
}
