//! What a class of faults is.

use super::ground::Ground;
use super::mutant::Mutant;
use super::place::Place;

/// A class of faults: how one is planted, where, and why the result is invalid.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// Its name.
    pub name: &'static str,
    /// What goes wrong in the store, in one sentence.
    pub summary: &'static str,
    /// What a place must have, beyond a history that was valid before.
    pub precondition: &'static str,
    /// The proof: why no correct store can have made what is left, whatever else
    /// happened. It names the guarantee of `docs/guarantees.md`.
    pub why: &'static str,
    /// The checker that must catch it.
    pub caught_by: &'static str,
    /// The workload whose runs must have places for it.
    pub workload: &'static str,
    /// What has to come before it can be demanded that every mutant is caught.
    pub waiting: Option<Waiting>,
    /// Finds every place.
    pub places: fn(&Ground<'_>) -> Vec<Place>,
    /// Plants the fault; nothing if the place is not one of `places`.
    pub plant: fn(&Ground<'_>, Place) -> Option<Mutant>,
}

impl Class {
    /// Whether others who use the store too may have done what is planted: a revision that
    /// changes nothing of ours, or a compaction.
    pub fn is_hidden_by_others(&self) -> bool {
        ["revision-gap", "missing-previous-pair", "refused-as-compacted"].contains(&self.name)
    }
}

/// Why a class is not demanded yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Its checker is not in the registry.
    Checker,
    /// Its checker is there and does not look at this yet.
    Ability,
}
