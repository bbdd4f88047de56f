//! Rows for things that overlap: each gets the first row that is free.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use stormglass_checkers::history::{Nanos, ProcessId, Span};

use crate::digest::Operation;

/// Assigns rows. What begins later is to be asked for later.
#[derive(Debug, Default)]
pub(super) struct Rows {
    free: BTreeSet<usize>,
    busy: BinaryHeap<Reverse<(Nanos, usize)>>,
    number: usize,
}

impl Rows {
    /// The first row that nothing holds at the beginning of a span.
    pub(super) fn take(&mut self, span: Span) -> usize {
        while let Some(Reverse((until, row))) = self.busy.peek().copied() {
            if until > span.from {
                break;
            }
            self.busy.pop();
            self.free.insert(row);
        }
        let row = self.free.pop_first().unwrap_or_else(|| {
            self.number += 1;
            self.number - 1
        });
        self.busy.push(Reverse((span.to, row)));
        row
    }

    /// How many there are.
    pub(super) fn number(&self) -> usize {
        self.number
    }
}

/// The row of each process of a history, and how many rows there are. A client goes on under a
/// new process after an outcome that nobody knows, which mostly gives it its old row again.
pub(super) fn of_processes(
    operations: &[Operation],
    end: Nanos,
) -> (BTreeMap<ProcessId, usize>, usize) {
    let mut lives: BTreeMap<ProcessId, Span> = BTreeMap::new();
    for operation in operations {
        let until = operation.ended.unwrap_or(end);
        let life =
            lives.entry(operation.process).or_insert(Span { from: operation.sent, to: until });
        life.to = life.to.max(until);
    }
    let mut born: Vec<(Nanos, ProcessId, Span)> =
        lives.into_iter().map(|(process, life)| (life.from, process, life)).collect();
    born.sort_by_key(|(from, process, _)| (*from, *process));
    let mut rows = Rows::default();
    let row = |(_, process, life)| (process, rows.take(life));
    let taken = born.into_iter().map(row).collect();
    (taken, rows.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: u64, to: u64) -> Span {
        Span { from: Nanos(from), to: Nanos(to) }
    }

    #[test]
    fn a_row_is_used_again_once_it_is_free() {
        let mut rows = Rows::default();
        let taken = [span(0, 10), span(5, 20), span(10, 12), span(11, 30), span(40, 50)]
            .map(|span| rows.take(span));
        assert_eq!(taken, [0, 1, 0, 2, 0]);
        assert_eq!(rows.number(), 3);
    }
}
