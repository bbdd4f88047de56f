//! Something for each of many revisions, most of which come in order.

use std::collections::VecDeque;

use crate::history::Revision;

/// So many entries are moved at most for one that comes in between.
const CHUNK: usize = 128;

/// A map whose keys nearly always come in order, as revisions do: its entries lie one
/// behind the other, so that the newest are found and appended without a search. One that
/// comes out of order moves the rest of its chunk and no more, so that a store whose
/// members have parted costs little more than one that works.
#[derive(Clone, Debug)]
pub(crate) struct RevisionMap<T> {
    /// None is empty, and they are in order.
    chunks: VecDeque<Vec<(Revision, T)>>,
    count: usize,
}

impl<T> Default for RevisionMap<T> {
    fn default() -> Self {
        Self { chunks: VecDeque::new(), count: 0 }
    }
}

impl<T> RevisionMap<T> {
    /// What a revision has.
    pub(crate) fn get(&self, revision: Revision) -> Option<&T> {
        let (chunk, place) = self.find(revision).ok()?;
        Some(&self.chunks[chunk][place].1)
    }

    /// What a revision has; what `new` makes, if it had nothing. Whether it did.
    pub(crate) fn entry(&mut self, revision: Revision, new: impl FnOnce() -> T) -> (&mut T, bool) {
        let ((chunk, place), known) = match self.find(revision) {
            Ok(found) => (found, true),
            Err(place) => (self.make_room(place), false),
        };
        if !known {
            self.chunks[chunk].insert(place, (revision, new()));
            self.count += 1;
        }
        (&mut self.chunks[chunk][place].1, known)
    }

    /// The newest entry that is older than a revision.
    pub(crate) fn before(&self, revision: Revision) -> Option<&T> {
        let (chunk, place) = self.find(revision).unwrap_or_else(|place| place);
        let entry = match place.checked_sub(1) {
            Some(before) => &self.chunks[chunk][before],
            None => self.chunks.get(chunk.checked_sub(1)?)?.last()?,
        };
        Some(&entry.1)
    }

    /// The oldest entry that is newer than a revision.
    pub(crate) fn after(&self, revision: Revision) -> Option<&T> {
        let (chunk, place) = match self.find(revision) {
            Ok((chunk, place)) => (chunk, place + 1),
            Err(place) => place,
        };
        let entry = self.chunks.get(chunk).and_then(|entries| entries.get(place));
        let entry = entry.or_else(|| self.chunks.get(chunk + 1)?.first())?;
        Some(&entry.1)
    }

    /// All entries, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Revision, &T)> {
        self.chunks.iter().flatten().map(|(revision, entry)| (*revision, entry))
    }

    /// Forgets the oldest entries, for as long as at least so many are left.
    pub(crate) fn keep_newest(&mut self, many: usize) {
        while let Some(oldest) = self.chunks.front().filter(|it| self.count - it.len() >= many) {
            self.count -= oldest.len();
            self.chunks.pop_front();
        }
    }

    /// The chunk and the place in it of a revision, or of where it belongs.
    fn find(&self, revision: Revision) -> Result<(usize, usize), (usize, usize)> {
        let newest = self.chunks.len().saturating_sub(1);
        let chunk = match self.chunks.back() {
            None => return Err((0, 0)),
            Some(last) if last[0].0 <= revision => newest,
            Some(_) => {
                let begun = self.chunks.partition_point(|entries| entries[0].0 <= revision);
                begun.saturating_sub(1)
            }
        };
        let entries = &self.chunks[chunk];
        if entries.last().is_some_and(|(last, _)| *last < revision) {
            return Err((chunk, entries.len()));
        }
        let place = entries.binary_search_by_key(&revision, |(other, _)| *other);
        place.map(|place| (chunk, place)).map_err(|place| (chunk, place))
    }

    /// Makes room for one entry at a place: the place that it has then.
    fn make_room(&mut self, (chunk, place): (usize, usize)) -> (usize, usize) {
        let Some(entries) = self.chunks.get_mut(chunk) else {
            self.chunks.push_back(Vec::new());
            return (chunk, place);
        };
        if entries.len() < CHUNK {
            return (chunk, place);
        }
        if place == CHUNK {
            // In order: a full chunk stays full.
            self.chunks.insert(chunk + 1, Vec::new());
            return (chunk + 1, 0);
        }
        let upper = entries.split_off(CHUNK / 2);
        self.chunks.insert(chunk + 1, upper);
        if place > CHUNK / 2 { (chunk + 1, place - CHUNK / 2) } else { (chunk, place) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::RevisionMap;
    use crate::history::Revision;

    fn compare(map: &RevisionMap<i64>, plain: &BTreeMap<i64, i64>, asked: i64) {
        let one = Revision(asked);
        let before = plain.range(..asked).next_back().map(|(_, entry)| entry);
        let after = plain.range(asked + 1..).next().map(|(_, entry)| entry);
        assert_eq!(map.get(one), plain.get(&asked), "at {asked}");
        assert_eq!((map.before(one), map.after(one)), (before, after), "around {asked}");
    }

    proptest! {
        #[test]
        fn it_holds_what_a_map_holds(runs in prop::collection::vec((0_i64..2000, 1_i64..400), 0..12),
                                     asked in prop::collection::vec(-2_i64..2500, 0..40)) {
            let (mut map, mut plain) = (RevisionMap::default(), BTreeMap::new());
            for ((number, step), (first, length)) in (0..).zip((1..=3).cycle()).zip(runs) {
                for revision in (first..first + length).step_by(step) {
                    let known = plain.contains_key(&revision);
                    let entered = map.entry(Revision(revision), || number);
                    let expected = plain.entry(revision).or_insert(number);
                    prop_assert_eq!(entered, (expected, known));
                }
            }
            prop_assert_eq!(map.count, plain.len());
            for one in asked {
                compare(&map, &plain, one);
            }
            let all: Vec<(i64, i64)> = map.iter().map(|(one, entry)| (one.0, *entry)).collect();
            prop_assert_eq!(all, plain.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_oldest_are_forgotten_but_never_too_many() {
        let mut map = RevisionMap::default();
        for revision in 1..=10_000 {
            map.entry(Revision(revision), || revision);
            map.keep_newest(1000);
        }
        assert!((1000..1128).contains(&map.count), "{}", map.count);
        assert_eq!(map.get(Revision(9001)), Some(&9001));
        assert_eq!((map.get(Revision(8000)), map.before(Revision(8000))), (None, None));
        assert_eq!(map.after(Revision(10_000)), None);
    }
}
