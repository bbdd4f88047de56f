//! Where a fault can be planted, and a choice of such places.

use serde::Serialize;

/// One place for one fault. What the numbers mean is up to the class: they are what its
/// `places` found and its `plant` needs again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Index of the event that the fault is about.
    pub at: usize,
    /// Index of a second event that it leans on.
    pub with: usize,
    /// Which one, where there are several in one event.
    pub item: usize,
}

impl Place {
    /// A place at one event.
    pub(super) fn at(at: usize) -> Self {
        Self { at, ..Self::default() }
    }

    /// The same place, leaning on a second event.
    #[must_use]
    pub(super) fn with(self, with: usize) -> Self {
        Self { with, ..self }
    }

    /// The same place, about one of several things.
    #[must_use]
    pub(super) fn item(self, item: usize) -> Self {
        Self { item, ..self }
    }
}

/// Chooses places from a seed, spread over the run: as many strata of equal size as
/// places are wanted, and one place out of each.
pub fn spread(places: &[Place], wanted: usize, seed: u64) -> Vec<Place> {
    let mut sorted = places.to_vec();
    sorted.sort_unstable();
    if sorted.len() <= wanted {
        return sorted;
    }
    let mut random = seed;
    let total = sorted.len();
    let chosen = (0..wanted).map(|stratum| {
        let (from, to) = (stratum * total / wanted, (stratum + 1) * total / wanted);
        random = mixed(random);
        let within = random % (to - from).max(1) as u64;
        from + usize::try_from(within).unwrap_or(0)
    });
    chosen.filter_map(|at| sorted.get(at).copied()).collect()
}

/// The next number of splitmix64 (Steele, Lea, Flood 2014): even choices need no better.
fn mixed(seed: u64) -> u64 {
    let next = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_spread_and_repeatable() {
        let all: Vec<Place> = (0..1_000).map(Place::at).collect();
        let chosen = spread(&all, 10, 7);
        assert_eq!(chosen, spread(&all, 10, 7));
        assert_ne!(chosen, spread(&all, 10, 8));
        for (stratum, place) in chosen.iter().enumerate() {
            assert_eq!(place.at / 100, stratum, "{chosen:?}");
        }
    }

    #[test]
    fn few_places_are_all_taken() {
        let all: Vec<Place> = (0..3).map(Place::at).collect();
        assert_eq!(spread(&all, 20, 1), all);
    }
}
