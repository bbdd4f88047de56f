//! What a power failure loses.

use super::changes::Change;
use crate::dice::Dice;

/// How much of what was not synced a power failure loses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// All of it.
    All,
    /// All from some operation on: the disk had carried out the earlier ones by itself.
    Prefix,
    /// Sectors of 512 bytes here and there, each in a state that it had at some time since its
    /// last sync, and names from some operation on.
    Torn,
}

/// What a power failure has lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Operations that are undone, perhaps in part.
    pub operations: u64,
    /// Bytes that had been written and are gone.
    pub bytes: u64,
}

impl Loss {
    /// Parts what had not been synced into what stays and what is undone.
    pub(super) fn part(self, pending: Vec<Change>, dice: &mut Dice) -> (Vec<Change>, Vec<Change>) {
        match self {
            Self::All => (Vec::new(), pending),
            Self::Prefix => {
                let mut kept = pending;
                let first = dice.below(kept.len() as u64);
                let undone = kept.split_off(usize::try_from(first).unwrap_or(0));
                (kept, undone)
            }
            Self::Torn => {
                let names = pending.iter().filter(|change| change.file().is_none()).count();
                let mut stay = dice.below(names as u64 + 1);
                pending.into_iter().partition(|change| {
                    let stays = change.file().is_none() && stay > 0;
                    stay -= u64::from(stays);
                    stays
                })
            }
        }
    }
}
