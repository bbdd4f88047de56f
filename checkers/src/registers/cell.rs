//! One key as a register: what it is asked, what it answers, what it holds.

use stateright::semantics::SequentialSpec;

use crate::history::Bytes;
use crate::search::{Fingerprint, Need, Object};
use crate::wording::quoted;

/// A key: its value, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Cell(pub(super) Option<Bytes>);

/// What a key is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum CellOp {
    /// A linearizable read of it alone.
    Get,
    /// A put.
    Put(Bytes),
    /// A delete.
    Delete,
}

/// What a key answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum CellRet {
    /// To a read: its value.
    Value(Option<Bytes>),
    /// To a put.
    Done,
    /// To a delete: whether it was there.
    Deleted(bool),
}

impl Cell {
    /// What it answers, and holds afterwards.
    fn step(&self, op: &CellOp) -> (CellRet, Self) {
        match op {
            CellOp::Get => (CellRet::Value(self.0.clone()), self.clone()),
            CellOp::Put(value) => (CellRet::Done, Self(Some(value.clone()))),
            CellOp::Delete => (CellRet::Deleted(self.0.is_some()), Self(None)),
        }
    }
}

impl SequentialSpec for Cell {
    type Op = CellOp;
    type Ret = CellRet;

    fn invoke(&mut self, op: &CellOp) -> CellRet {
        let (ret, next) = self.step(op);
        *self = next;
        ret
    }

    fn is_valid_step(&mut self, op: &CellOp, ret: &CellRet) -> bool {
        let (expected, next) = self.step(op);
        let fits = expected == *ret;
        if fits {
            *self = next;
        }
        fits
    }
}

impl Object for Cell {
    fn is_pure(op: &CellOp, ret: Option<&CellRet>) -> bool {
        *op == CellOp::Get || ret == Some(&CellRet::Deleted(false))
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self)
    }

    fn mark(op: &CellOp) -> Option<Fingerprint> {
        match op {
            CellOp::Get => None,
            CellOp::Put(value) => Some(Self(Some(value.clone())).fingerprint()),
            CellOp::Delete => Some(Self(None).fingerprint()),
        }
    }

    fn need(op: &CellOp, ret: Option<&CellRet>) -> Need {
        match (op, ret) {
            (CellOp::Get, Some(CellRet::Value(value))) => {
                Need::Mark(Self(value.clone()).fingerprint())
            }
            (CellOp::Put(_), _) | (CellOp::Delete, None) => Need::Nothing,
            (CellOp::Delete, Some(CellRet::Deleted(false))) => Need::Mark(Self(None).fingerprint()),
            _ => Need::Anything,
        }
    }

    fn call_in_words(op: &CellOp) -> String {
        match op {
            CellOp::Get => "get".to_owned(),
            CellOp::Put(value) => format!("put {}", quoted(value)),
            CellOp::Delete => "delete".to_owned(),
        }
    }

    fn answer_in_words(ret: &CellRet) -> String {
        match ret {
            CellRet::Value(value) => shown(value.as_ref()),
            CellRet::Done => "ok".to_owned(),
            CellRet::Deleted(true) => "deleted".to_owned(),
            CellRet::Deleted(false) => "was not there".to_owned(),
        }
    }

    fn state_in_words(&self, _: &CellOp) -> String {
        format!("the key holds {}", shown(self.0.as_ref()))
    }
}

/// A value, for people.
fn shown(value: Option<&Bytes>) -> String {
    value.map_or_else(|| "nothing".to_owned(), quoted)
}
