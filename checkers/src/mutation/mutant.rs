//! A history with one fault in it, as its differences from the history without.

use std::collections::BTreeMap;

use super::ground::Ground;
use crate::history::{
    Body, Doubt, Event, History, Indefinite, Outcome, ProcessId, Response, WatchEvents, WatchFrame,
};

/// The differences between a history and the same history with a fault. Hundreds of
/// mutants of one long history are judged, and most of them differ in one event.
#[derive(Clone, Debug, Default)]
pub struct Mutant {
    /// Events that are others (or gone), by their index in the original.
    changed: BTreeMap<usize, Option<Event>>,
    /// Events that come right before the one at an index of the original.
    inserted: BTreeMap<usize, Vec<Event>>,
}

/// An event of a mutant.
pub(super) enum Shown {
    /// That of the original at an index.
    Original(usize),
    /// Another.
    Other(Event),
}

impl Mutant {
    /// Changes an event; changes of one event add up.
    #[must_use]
    pub(super) fn edit(
        mut self,
        ground: &Ground<'_>,
        at: usize,
        change: impl FnOnce(&mut Event),
    ) -> Self {
        let original = || ground.history.events.get(at).cloned();
        let event = self.changed.entry(at).or_insert_with(original);
        if let Some(event) = event {
            change(event);
        }
        self
    }

    /// Changes the answer that an event is.
    #[must_use]
    pub(super) fn answer(
        self,
        ground: &Ground<'_>,
        at: usize,
        change: impl FnOnce(&mut Response),
    ) -> Self {
        self.edit(ground, at, |event| {
            if let Body::Complete(Outcome::Ok(response)) = &mut event.body {
                change(response);
            }
        })
    }

    /// Changes the watch's response with events that an event is.
    #[must_use]
    pub(super) fn events(
        self,
        ground: &Ground<'_>,
        at: usize,
        change: impl FnOnce(&mut WatchEvents),
    ) -> Self {
        self.edit(ground, at, |event| {
            if let Body::Watch(watch) = &mut event.body
                && let WatchFrame::Events(events) = &mut watch.frame
            {
                change(events);
            }
        })
    }

    /// Gives the operation that completes at an index another outcome.
    #[must_use]
    pub(super) fn outcome(self, ground: &Ground<'_>, at: usize, outcome: Outcome) -> Self {
        self.edit(ground, at, |event| event.body = Body::Complete(outcome))
    }

    /// Makes the outcome of the operation that completes at an index unknown. As the
    /// harness does it, its client goes on as a new process.
    #[must_use]
    pub(super) fn give_up(mut self, ground: &Ground<'_>, at: usize) -> Self {
        let doubt = Indefinite { reason: Doubt::Timeout, message: "deadline".to_owned() };
        self = self.outcome(ground, at, Outcome::Unknown(doubt));
        let events = &ground.history.events;
        let Some(process) = events.get(at).and_then(|event| event.process) else { return self };
        let fresh = ground.fresh_process();
        for later in events.iter().skip(at + 1).filter(|event| event.process == Some(process)) {
            let index = usize::try_from(later.index).unwrap_or(usize::MAX);
            self = self.edit(ground, index, |event| event.process = Some(fresh));
        }
        self
    }

    /// Takes an event out.
    #[must_use]
    pub(super) fn remove(mut self, at: usize) -> Self {
        self.changed.insert(at, None);
        self
    }

    /// Puts an event right before the one at an index, at the time of the one that it
    /// follows.
    #[must_use]
    pub(super) fn insert(mut self, before: usize, event: Event) -> Self {
        self.inserted.entry(before).or_default().push(event);
        self
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.inserted.is_empty()
    }

    /// Hands every event of the mutant on, in order, with dense indices.
    pub(super) fn show(&self, original: &[Event], mut show: impl FnMut(Shown)) {
        let mut next: u64 = 0;
        let mut tell = |event: &Event, at, same: Option<usize>| {
            match same.filter(|_| event.index == next) {
                Some(index) => show(Shown::Original(index)),
                None => show(Shown::Other(Event { index: next, at, ..event.clone() })),
            }
            next += 1;
        };
        let mut before = crate::history::Nanos::default();
        for (at, event) in original.iter().enumerate() {
            for inserted in self.inserted.get(&at).into_iter().flatten() {
                tell(inserted, before, None);
            }
            match self.changed.get(&at) {
                None => tell(event, event.at, Some(at)),
                Some(Some(changed)) => tell(changed, event.at, None),
                Some(None) => {}
            }
            before = event.at;
        }
        for inserted in self.inserted.range(original.len()..).flat_map(|(_, events)| events) {
            tell(inserted, before, None);
        }
    }

    /// The mutant as a history of its own.
    #[must_use]
    pub fn history(&self, original: &History) -> History {
        let mut events = Vec::with_capacity(original.events.len());
        self.show(&original.events, |shown| {
            events.push(match shown {
                Shown::Original(at) => original.events[at].clone(),
                Shown::Other(event) => event,
            });
        });
        History { events, ..original.clone() }
    }
}

/// An event that is like another one, with another body.
pub(super) fn like(event: &Event, body: Body) -> Event {
    Event { body, ..event.clone() }
}

/// An event of a process that asks nobody else's operation to wait.
pub(super) fn by(event: &Event, process: ProcessId, body: Body) -> Event {
    Event { process: Some(process), body, ..event.clone() }
}
