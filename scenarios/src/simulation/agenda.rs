//! The virtual clock and what is still to come.

use std::collections::BTreeMap;

use stormglass_checkers::history::Nanos;

/// Nanoseconds of a microsecond.
pub(super) const MICROSECOND: u64 = 1_000;
/// Nanoseconds of a millisecond.
pub(super) const MILLISECOND: u64 = 1_000_000;
/// Nanoseconds of a second.
pub(super) const SECOND: u64 = 1_000_000_000;

/// What is still to come, by time and, at one time, by the order in which it was
/// planned: a total order, so that a run has exactly one course.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    now: u64,
    planned: u64,
    due: BTreeMap<(u64, u64), T>,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { now: 0, planned: 0, due: BTreeMap::new() }
    }
}

impl<T> Agenda<T> {
    /// The virtual time, in nanoseconds since the run's start.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// The virtual time, as histories have it.
    pub(super) fn nanos(&self) -> Nanos {
        Nanos(self.now)
    }

    /// Plans something for a time; what is past happens at once.
    pub(super) fn at(&mut self, time: u64, task: T) {
        self.planned += 1;
        self.due.insert((time.max(self.now), self.planned), task);
    }

    /// Plans something for so many nanoseconds from now.
    pub(super) fn after(&mut self, nanoseconds: u64, task: T) {
        self.at(self.now.saturating_add(nanoseconds), task);
    }

    /// The next thing, if it is due by a time; the clock moves there.
    pub(super) fn next_by(&mut self, limit: u64) -> Option<T> {
        let (time, _) = *self.due.first_key_value()?.0;
        if time > limit {
            return None;
        }
        let ((time, _), task) = self.due.pop_first()?;
        self.now = time;
        Some(task)
    }

    /// Lets time pass to `time`, before which nothing is due.
    pub(super) fn pass_to(&mut self, time: u64) {
        self.now = self.now.max(time);
    }
}

#[cfg(test)]
mod tests {
    use super::Agenda;

    #[test]
    fn what_is_due_comes_by_time_and_then_in_the_order_of_planning() {
        let mut agenda = Agenda::default();
        for (time, name) in [(5, "c"), (3, "a"), (3, "b"), (9, "d")] {
            agenda.at(time, name);
        }
        assert_eq!((agenda.next_by(4), agenda.now()), (Some("a"), 3));
        assert_eq!(agenda.next_by(4), Some("b"));
        assert_eq!((agenda.next_by(4), agenda.now()), (None, 3));
        agenda.at(1, "past");
        assert_eq!((agenda.next_by(8), agenda.now()), (Some("past"), 3));
        assert_eq!((agenda.next_by(8), agenda.now()), (Some("c"), 5));
        agenda.pass_to(7);
        assert_eq!((agenda.next_by(8), agenda.now()), (None, 7));
    }
}
