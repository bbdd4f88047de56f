//! Key-value pairs kept small.

use std::fmt;

use crate::history::{KeyValue, LeaseId, Revision};

use super::value_mark::ValueMark;

/// A pair without its key, its value as a mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PairMark {
    /// Revision of the creation.
    pub(crate) create: Revision,
    /// Revision of the last put.
    pub(crate) modified: Revision,
    /// Puts since the creation.
    pub(crate) version: i64,
    /// The value; absent where only keys were asked for.
    pub(crate) value: Option<ValueMark>,
    /// The lease.
    pub(crate) lease: LeaseId,
}

impl PairMark {
    /// The mark of a pair; `valued` says whether its value was asked for.
    pub(crate) fn of(pair: &KeyValue, valued: bool) -> Self {
        Self {
            create: pair.create_revision,
            modified: pair.mod_revision,
            version: pair.version,
            value: valued.then(|| ValueMark::of(&pair.value)),
            lease: pair.lease,
        }
    }

    /// Whether both can be the same state of one key; a value that was not asked for
    /// agrees with every value.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let values = match (&self.value, &other.value) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        values
            && self.create == other.create
            && self.modified == other.modified
            && self.version == other.version
            && self.lease == other.lease
    }
}

impl fmt::Display for PairMark {
    /// For people: `"v1" (mod revision 7, version 2, create revision 5)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(formatter, "{value} ")?,
            None => formatter.write_str("a value not asked for ")?,
        }
        let Self { create, modified, version, lease, .. } = self;
        write!(formatter, "(mod revision {modified}, version {version}, create revision {create}")?;
        if !lease.is_none() {
            write!(formatter, ", lease {lease}")?;
        }
        formatter.write_str(")")
    }
}
