//! What a transaction knows from itself, which its own reads must not contradict.

use std::collections::BTreeMap;

use super::version::{ElementId, KeyId, VersionId, Versions};
use super::wording::{list, texts};
use crate::history::Bytes;

/// A part of an answer that concerns a list.
pub(super) enum Part {
    /// A version is shown.
    Read(VersionId),
    /// To a list in one value, or of an element to one in many keys.
    Append(KeyId, Option<Bytes>),
}

/// What a transaction knows of the lists that it touches, part after part.
#[derive(Default)]
pub(super) struct Inside {
    /// Lists as they are, without what follows.
    pub(super) known: BTreeMap<KeyId, VersionId>,
    /// What it appended itself to lists in many keys, as a reader sees it.
    pub(super) own: BTreeMap<KeyId, Vec<ElementId>>,
}

impl Inside {
    /// A version is shown. If it is the first of a list of which nothing is known, it goes
    /// to `reads`.
    ///
    /// # Errors
    /// What should have been shown, in words.
    pub(super) fn read(
        &mut self,
        version: VersionId,
        versions: &mut Versions,
        reads: &mut Vec<VersionId>,
    ) -> Result<(), String> {
        let key = versions.get(version).key;
        let own = self.own.get(&key).map_or(&[][..], Vec::as_slice);
        if let Some(known) = self.known.get(&key) {
            let right = own.iter().fold(*known, |right, element| versions.extend(right, *element));
            return if right == version { Ok(()) } else { Err(list(versions, right)) };
        }
        let mut before = version;
        for element in own.iter().rev() {
            if versions.get(before).element != Some(*element) {
                return Err(format!("[…, {}]", texts(versions, own)));
            }
            before = versions.get(before).parent;
        }
        self.known.insert(key, before);
        // With its own elements too: it is where they are.
        reads.push(version);
        Ok(())
    }
}
