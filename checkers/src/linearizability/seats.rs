//! One thing for each process, found without a search.

use std::collections::BTreeMap;

use crate::history::ProcessId;

/// Processes are numbered from 0 on; one with a number beyond this is an oddity.
const NEAR: usize = 1 << 16;

/// At most one thing for each process.
#[derive(Clone, Debug)]
pub(super) struct Seats<T> {
    near: Vec<Option<T>>,
    far: BTreeMap<ProcessId, T>,
}

impl<T> Default for Seats<T> {
    fn default() -> Self {
        Self { near: Vec::new(), far: BTreeMap::new() }
    }
}

impl<T> Seats<T> {
    /// Gives a process a thing; the one that it had.
    pub(super) fn insert(&mut self, process: ProcessId, thing: T) -> Option<T> {
        let Some(place) = place(process) else { return self.far.insert(process, thing) };
        if place >= self.near.len() {
            self.near.resize_with(place + 1, || None);
        }
        self.near[place].replace(thing)
    }

    /// Takes a process's thing.
    pub(super) fn remove(&mut self, process: ProcessId) -> Option<T> {
        match place(process) {
            Some(place) => self.near.get_mut(place)?.take(),
            None => self.far.remove(&process),
        }
    }

    /// Every thing, by process.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.near.iter().flatten().chain(self.far.values())
    }

    /// Every thing, by process.
    pub(super) fn into_iter(self) -> impl Iterator<Item = T> {
        self.near.into_iter().flatten().chain(self.far.into_values())
    }
}

fn place(process: ProcessId) -> Option<usize> {
    usize::try_from(process.0).ok().filter(|place| *place < NEAR)
}

#[cfg(test)]
mod tests {
    use super::{ProcessId, Seats};

    #[test]
    fn every_process_has_one_seat_however_it_is_numbered() {
        let mut seats = Seats::default();
        let processes = [0, 7, 65_535, 65_536, u32::MAX].map(ProcessId);
        assert!(processes.iter().all(|process| seats.insert(*process, process.0).is_none()));
        assert!(seats.iter().copied().eq(processes.iter().map(|process| process.0)));
        for process in processes {
            assert_eq!(seats.insert(process, 1), Some(process.0));
            assert_eq!((seats.remove(process), seats.remove(process)), (Some(1), None));
        }
        assert_eq!(seats.into_iter().next(), None);
    }
}
