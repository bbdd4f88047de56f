//! Acknowledged writes, against which watches are held.

use super::change_log::Change;
use crate::evidence::{
    Acknowledged, Change as What, Effect, Fingerprint, Fingerprints, Place, RevisionMap, ValueMark,
    changes_of,
};
use crate::history::{Bytes, KeyEventKind, Request, Revision, Territory, TxnOp};

/// What clients wrote, and what the store acknowledged.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes {
    by_revision: RevisionMap<Write>,
    /// Fingerprints of the keys and values that requests put.
    asked: Fingerprints,
    /// Somebody may write values that no request names.
    others: bool,
    territory: Territory,
}

/// An acknowledged write.
#[derive(Clone, Debug)]
pub(super) struct Write {
    /// The operation.
    pub(super) place: Place,
    /// What it certainly changed.
    pub(super) effects: Vec<Effect>,
    /// Whether that is all.
    pub(super) complete: bool,
    /// Whether no order of its changes is promised.
    pub(super) nested: bool,
    /// A second write claims the same revision: that is another checker's finding, and
    /// neither is held against a watch.
    pub(super) contested: bool,
}

impl Writes {
    /// What is written to the run's own keys.
    pub(super) fn of(territory: &Territory) -> Self {
        Self { territory: territory.clone(), ..Self::default() }
    }

    /// Somebody else writes to the store too.
    pub(super) fn allow_others(&mut self) {
        self.others = true;
    }

    /// A request is about to be sent.
    pub(super) fn ask(&mut self, request: &Request) {
        match request {
            Request::Put(put) => self.ask_value(&put.key, &put.value),
            Request::Txn(_) => changes_of(request, &mut |op| {
                if let TxnOp::Put(put) = op {
                    self.ask_value(&put.key, &put.value);
                }
            }),
            Request::Lock(_) | Request::Campaign(_) | Request::Proclaim(_) => self.others = true,
            _ => {}
        }
    }

    /// A write was acknowledged.
    pub(super) fn acknowledge(&mut self, place: Place, write: Acknowledged) {
        let Acknowledged { revision, effects, complete, nested } = write;
        let write = Write { place, effects, complete, nested, contested: false };
        let (known, contested) = self.by_revision.entry(revision, || write);
        known.contested |= contested;
    }

    /// Every acknowledged write that nobody contests, by revision.
    pub(super) fn uncontested(&self) -> impl Iterator<Item = (Revision, &Write)> {
        self.by_revision.iter().filter(|(_, write)| !write.contested)
    }

    /// The acknowledged write of a revision, unless it is contested.
    pub(super) fn at(&self, revision: Revision) -> Option<&Write> {
        self.by_revision.get(revision).filter(|write| !write.contested)
    }

    /// Whether some request asked for this value of this key, or it cannot be known.
    pub(super) fn may_have_been_asked(&self, key: &Bytes, value: &ValueMark) -> bool {
        self.others || self.asked.contain(of_pair(key, value))
    }

    /// Whether a change can be the run's own.
    pub(super) fn may_have_made(&self, key: &Bytes, revision: Revision) -> bool {
        self.territory.has_made(key, revision)
    }

    fn ask_value(&mut self, key: &Bytes, value: &Bytes) {
        self.asked.insert(of_pair(key, &ValueMark::of(value)));
    }
}

fn of_pair(key: &Bytes, value: &ValueMark) -> Fingerprint {
    let mut fingerprint = value.fingerprint();
    fingerprint.bytes(key.as_slice());
    fingerprint
}

impl Write {
    /// Whether the write contradicts a change that a watch shows at its revision.
    pub(super) fn refutes(&self, key: &Bytes, change: &Change) -> bool {
        match self.effects.iter().find(|effect| effect.key == *key) {
            None => self.complete,
            Some(effect) => match (&effect.change, change.kind) {
                (What::Delete, KeyEventKind::Delete) => false,
                (What::Put { value, lease }, KeyEventKind::Put) => {
                    let other_value = value.as_ref().is_some_and(|value| {
                        change.pair.value.as_ref() != Some(&ValueMark::of(value))
                    });
                    other_value || lease.is_some_and(|lease| lease != change.pair.lease)
                }
                _ => true,
            },
        }
    }

    /// The operation that changed a key, where one operation alone did and the order of
    /// operations means something.
    pub(super) fn operation_on(&self, key: &Bytes) -> Option<usize> {
        let mut effects = self.effects.iter().filter(|effect| effect.key == *key);
        let effect = effects.next().filter(|_| !self.nested)?;
        effects.next().is_none().then_some(effect.operation)
    }

    /// For people: `put k1 = "v", delete k2`.
    pub(super) fn text(&self) -> String {
        let texts: Vec<String> = self.effects.iter().take(4).map(effect_text).collect();
        let more = if self.effects.len() > 4 { ", …" } else { "" };
        format!("{}{more}", texts.join(", "))
    }
}

/// For people: `put k1 = "v"`.
pub(super) fn effect_text(effect: &Effect) -> String {
    match &effect.change {
        What::Delete => format!("delete {}", effect.key),
        What::Put { value: None, .. } => format!("put {} with its old value", effect.key),
        What::Put { value: Some(value), .. } => {
            format!("put {} = {}", effect.key, ValueMark::of(value))
        }
    }
}
