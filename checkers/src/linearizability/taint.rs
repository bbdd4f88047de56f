//! Keys whose content is not known for a while, because it is not known who made a
//! revision. What touches them is not compared.

use std::collections::BTreeMap;

use crate::history::{Bytes, Revision};
use crate::keys::KeyRange;

/// Stretches of revisions in which a key's content is not known.
#[derive(Clone, Debug, Default)]
pub(super) struct Taint {
    keys: BTreeMap<Bytes, Vec<(Revision, Option<Revision>)>>,
}

impl Taint {
    /// From a revision on, a key's content is not known.
    pub(super) fn begin(&mut self, key: &Bytes, from: Revision) {
        let stretches = self.keys.entry(key.clone()).or_default();
        if !matches!(stretches.last(), Some((_, None))) {
            stretches.push((from, None));
        }
    }

    /// From a revision on, it is known again.
    pub(super) fn end(&mut self, key: &Bytes, at: Revision) {
        if let Some((_, end @ None)) = self.keys.get_mut(key).and_then(|all| all.last_mut()) {
            *end = Some(at);
        }
    }

    /// Whether a key of these ranges is unknown at a revision or (where `ever` is set)
    /// was at some earlier one.
    pub(super) fn touches(&self, ranges: &[KeyRange], at: Revision, ever: bool) -> bool {
        let unknown = |stretches: &[(Revision, Option<Revision>)]| {
            stretches.iter().any(|(from, to)| *from <= at && (ever || to.is_none_or(|to| at < to)))
        };
        self.keys.iter().any(|(key, stretches)| {
            unknown(stretches) && ranges.iter().any(|range| range.contains(key))
        })
    }

    /// Whether everything is known.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}
