//! Texts by key, with get, put and append: Porcupine's key-value histories.

use std::collections::BTreeMap;
use std::sync::Arc;

use stateright::semantics::SequentialSpec;

use crate::history::Bytes;
use crate::search::{Fingerprint, Object};
use crate::wording::quoted;

/// A text for each key; empty at first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Texts(BTreeMap<Bytes, Text>);

/// A text and its fingerprint, which would otherwise be computed at every step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Text {
    bytes: Arc<[u8]>,
    fingerprint: Fingerprint,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextsOp {
    /// The text of a key.
    Get(Bytes),
    /// Replace the text of a key.
    Put(Bytes, Bytes),
    /// Append to the text of a key.
    Append(Bytes, Bytes),
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextsRet {
    /// To a get: the text, empty where there is none.
    Text(Bytes),
    /// To a put or an append.
    Written,
}

impl SequentialSpec for Texts {
    type Op = TextsOp;
    type Ret = TextsRet;

    fn invoke(&mut self, op: &TextsOp) -> TextsRet {
        match op {
            TextsOp::Get(key) => return TextsRet::Text(self.text(key).into()),
            TextsOp::Put(key, value) => self.set(key, value.as_slice().into()),
            TextsOp::Append(key, value) => {
                self.set(key, [self.text(key), value.as_slice()].concat().into());
            }
        }
        TextsRet::Written
    }

    fn is_valid_step(&mut self, op: &TextsOp, ret: &TextsRet) -> bool {
        let fits = self.admits(op, ret);
        if fits && *ret == TextsRet::Written {
            self.invoke(op);
        }
        fits
    }
}

impl Texts {
    fn text(&self, key: &Bytes) -> &[u8] {
        self.0.get(key).map_or(&[], |text| &text.bytes)
    }

    fn set(&mut self, key: &Bytes, bytes: Arc<[u8]>) {
        let fingerprint = Fingerprint::of(key).then(Fingerprint::of(&bytes));
        self.0.insert(key.clone(), Text { bytes, fingerprint });
    }
}

impl Object for Texts {
    fn is_pure(op: &TextsOp, _: Option<&TextsRet>) -> bool {
        matches!(op, TextsOp::Get(_))
    }

    fn admits(&self, op: &TextsOp, ret: &TextsRet) -> bool {
        match (op, ret) {
            (TextsOp::Get(key), TextsRet::Text(text)) => self.text(key) == text.as_slice(),
            (TextsOp::Put(..) | TextsOp::Append(..), TextsRet::Written) => true,
            _ => false,
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        let texts = self.0.values().map(|text| text.fingerprint);
        texts.fold(Fingerprint::default(), Fingerprint::then)
    }

    fn bytes(&self) -> usize {
        let texts = self.0.iter().map(|(key, text)| key.len() + text.bytes.len() + 64);
        size_of::<Self>() + texts.sum::<usize>()
    }

    fn part(op: &TextsOp) -> Option<&[u8]> {
        let (TextsOp::Get(key) | TextsOp::Put(key, _) | TextsOp::Append(key, _)) = op;
        Some(key.as_slice())
    }

    fn call_in_words(op: &TextsOp) -> String {
        match op {
            TextsOp::Get(key) => format!("get {key}"),
            TextsOp::Put(key, value) => format!("put {key} = {}", quoted(value)),
            TextsOp::Append(key, value) => format!("append {} to {key}", quoted(value)),
        }
    }

    fn answer_in_words(ret: &TextsRet) -> String {
        match ret {
            TextsRet::Text(text) => end_of(text.as_slice()),
            TextsRet::Written => "ok".to_owned(),
        }
    }

    fn state_in_words(&self, op: &TextsOp) -> String {
        let (TextsOp::Get(key) | TextsOp::Put(key, _) | TextsOp::Append(key, _)) = op;
        format!("{key} is {}", end_of(self.text(key)))
    }
}

/// A text by its end, where appended texts differ.
fn end_of(text: &[u8]) -> String {
    const SHOWN: usize = 32;
    match text.len().checked_sub(SHOWN) {
        None | Some(0) => format!("\"{}\"", Bytes::from(text)),
        Some(hidden) => format!("\"…{}\" ({} bytes)", Bytes::from(&text[hidden..]), text.len()),
    }
}
