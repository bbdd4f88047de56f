//! What the search has tried already.

use super::fingerprint::Fingerprint;

/// Places of the first table.
const PLACES_AT_FIRST: usize = 64;

/// A set of fingerprints that only grows: 16 bytes a place, at most three of four taken.
/// A set of the standard library would have a random order and more to carry.
#[derive(Debug)]
pub(super) struct Memo {
    /// Open addressing; zero is an empty place.
    places: Vec<u128>,
    taken: usize,
}

impl Memo {
    pub(super) fn new() -> Self {
        Self { places: vec![0; PLACES_AT_FIRST], taken: 0 }
    }

    /// Whether a fingerprint is new.
    pub(super) fn insert(&mut self, Fingerprint(bits): Fingerprint) -> bool {
        if self.taken * 4 >= self.places.len() * 3 {
            self.grow();
        }
        // Zero means empty; that one fingerprint shares its place with another.
        let bits = bits.max(1);
        let at = place(&self.places, bits);
        let new = self.places[at] == 0;
        self.places[at] = bits;
        self.taken += usize::from(new);
        new
    }

    /// How many fingerprints it holds.
    pub(super) fn len(&self) -> usize {
        self.taken
    }

    /// Memory that it takes, and while it grows, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.places.len() * size_of::<u128>() * 3
    }

    fn grow(&mut self) {
        let mut larger = vec![0; self.places.len() * 2];
        for bits in self.places.drain(..).filter(|bits| *bits != 0) {
            let at = place(&larger, bits);
            larger[at] = bits;
        }
        self.places = larger;
    }
}

/// The place of a fingerprint, or the empty one where it belongs.
fn place(places: &[u128], bits: u128) -> usize {
    let mask = places.len() - 1;
    let mut at = bits as usize & mask;
    while places[at] != 0 && places[at] != bits {
        at = (at + 1) & mask;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_new_once() {
        let mut memo = Memo::new();
        for round in [true, false] {
            for number in 0..10_000 {
                assert_eq!(memo.insert(Fingerprint::of_number(number)), round, "{number}");
            }
        }
        assert_eq!(memo.len(), 10_000);
    }
}
