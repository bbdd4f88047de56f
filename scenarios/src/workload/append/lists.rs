//! What a client knows of the lists.

use stormglass_checkers::append::{LIST_KEYS, list_elements, list_value};
use stormglass_checkers::history::{
    Bytes, Compare, CompareOperator, CompareTarget, KeyValue, Put, Range, RangeResponse, Revision,
    TxnOp,
};

use super::settings::Settings;

/// A list that has so many elements is full: its slot goes on with a new one, because
/// each read shows the whole list.
const FULL: usize = 40;

/// How a list is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// In the value of one key: an append rewrites it, guarded.
    OneValue,
    /// In one key for each element: an append is a put.
    ManyKeys,
}

/// What a client knows of the list in one slot: the newest that it has seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    generation: u32,
    /// Of a list in one value its elements, of one in many keys the last that were seen.
    elements: Vec<Bytes>,
    revision: Revision,
}

/// The name of a list, as `list/SLOT-GENERATION`, with a slash where it is many keys.
fn name(settings: &Settings, slot: u32, generation: u32) -> String {
    let slash = match settings.kind(slot) {
        Kind::OneValue => "",
        Kind::ManyKeys => "/",
    };
    format!("{}{LIST_KEYS}{slot:02}-{generation}{slash}", settings.prefix())
}

/// A read of the list in a slot.
fn range(settings: &Settings, slot: u32, generation: u32, serializable: bool) -> Range {
    let name = name(settings, slot, generation);
    // `0` is the character behind the slash that ends the name.
    let range_end = name.strip_suffix('/').map(|bare| Bytes::from(format!("{bare}0")));
    let range_end = range_end.unwrap_or_default();
    Range { key: name.into(), range_end, serializable, ..Range::default() }
}

impl Known {
    /// A read of the list, or of the one that was in the slot before.
    pub(super) fn read(&self, settings: &Settings, slot: u32, old: bool, local: bool) -> Range {
        let generation = self.generation.saturating_sub(u32::from(old));
        range(settings, slot, generation, local)
    }

    /// What appends elements, and the guard that it needs.
    pub(super) fn append(
        &self,
        settings: &Settings,
        slot: u32,
        elements: &[Bytes],
    ) -> (Vec<TxnOp>, Option<Compare>) {
        let name = name(settings, slot, self.generation);
        let put = |key: Bytes, value| TxnOp::Put(Put { key, value, ..Put::default() });
        if settings.kind(slot) == Kind::ManyKeys {
            let put = |one: &Bytes| put(format!("{name}{one}").into(), one.clone());
            return (elements.iter().map(put).collect(), None);
        }
        let key = Bytes::from(name);
        let guard = Compare {
            key: key.clone(),
            range_end: Bytes::default(),
            operator: CompareOperator::Equal,
            target: CompareTarget::ModRevision(self.revision),
        };
        let value = list_value(self.elements.iter().chain(elements));
        (vec![put(key, value)], Some(guard))
    }

    /// The list was read.
    pub(super) fn learn(
        &mut self,
        settings: &Settings,
        slot: u32,
        asked: &Range,
        answer: &RangeResponse,
    ) {
        if asked.key.as_slice() != name(settings, slot, self.generation).as_bytes() {
            return;
        }
        let newest = answer.kvs.iter().map(|pair| pair.mod_revision).max();
        let newest = newest.unwrap_or(Revision(0));
        // A member that answers alone may be behind what is known.
        if newest < self.revision {
            return;
        }
        self.elements = match settings.kind(slot) {
            Kind::ManyKeys => answer.kvs.iter().map(|pair| pair.value.clone()).collect(),
            Kind::OneValue => answer.kvs.first().and_then(elements_of).unwrap_or_default(),
        };
        self.revision = newest;
        self.rotate();
    }

    /// The list was written, and became this.
    pub(super) fn wrote(&mut self, settings: &Settings, slot: u32, put: &Put, at: Revision) {
        let name = name(settings, slot, self.generation);
        if !put.key.as_slice().starts_with(name.as_bytes()) || at < self.revision {
            return;
        }
        match settings.kind(slot) {
            Kind::ManyKeys => self.elements.push(put.value.clone()),
            Kind::OneValue => self.elements = list_elements(&put.value).unwrap_or_default(),
        }
        self.revision = at;
        self.rotate();
    }

    fn rotate(&mut self) {
        if self.elements.len() >= FULL {
            *self = Self { generation: self.generation + 1, ..Self::default() };
        }
    }
}

fn elements_of(pair: &KeyValue) -> Option<Vec<Bytes>> {
    list_elements(&pair.value)
}
