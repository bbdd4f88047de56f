//! The revisions as watches over every key show them: what each one changed.

use std::collections::BTreeMap;

use super::floor::Sight;
use crate::history::{KeyEvent, WatchEvent, WatchEvents, WatchFrame, WatchId, WatchRequest};
use crate::keys::KeyRange;
use crate::model::{Change, Changes};

/// A revision as one or more watches showed it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// What it changed, by the first watch that showed it.
    account: Account,
    /// By those that show something else. Where watches agree, there are none.
    others: Vec<Account>,
}

impl Shown {
    /// A revision that one watch showed.
    pub(super) fn new(sight: Sight, events: &[KeyEvent]) -> Self {
        Self { account: Account::new(sight, events), others: Vec::new() }
    }

    /// The first sight of it.
    pub(super) fn first(&self) -> Sight {
        self.account.sight
    }

    /// Another watch shows it.
    pub(super) fn add(&mut self, sight: Sight, events: &[KeyEvent]) {
        let mut known = std::iter::once(&mut self.account).chain(&mut self.others);
        match known.find(|known| is_account_of(&known.changes, events)) {
            Some(known) => known.watches += 1,
            None => self.others.push(Account::new(sight, events)),
        }
    }

    /// How many watches showed it.
    pub(super) fn accounts(&self) -> usize {
        self.account.watches + self.others.iter().map(|account| account.watches).sum::<usize>()
    }

    /// What most watches say; of equally many the first.
    pub(super) fn account(&self) -> (&[Change], Sight) {
        let mut best = &self.account;
        for account in &self.others {
            if account.watches > best.watches {
                best = account;
            }
        }
        (&best.changes, best.sight)
    }
}

/// What some watches say that a revision changed.
#[derive(Clone, Debug)]
struct Account {
    changes: Changes,
    /// The first of them.
    sight: Sight,
    watches: usize,
}

impl Account {
    fn new(sight: Sight, events: &[KeyEvent]) -> Self {
        Self { changes: events.iter().map(Change::of).collect(), sight, watches: 1 }
    }
}

/// One watch's part in the log.
#[derive(Clone, Debug, Default)]
struct Stream {
    /// Whether it shows every change of every key.
    whole: bool,
    /// Events of a response that is not complete yet.
    fragments: Vec<KeyEvent>,
}

/// The watches that show every change of every key, and what of them is not complete.
#[derive(Clone, Debug, Default)]
pub(super) struct Streams {
    streams: BTreeMap<WatchId, Stream>,
}

impl Streams {
    /// Takes a frame of a watch. `take` is given the events of each revision that it
    /// completes, in order.
    pub(super) fn frame(&mut self, watch: &WatchEvent, mut take: impl FnMut(&[KeyEvent])) {
        match &watch.frame {
            WatchFrame::Open(open) => {
                let whole = is_whole(&open.request);
                self.streams.insert(watch.watch, Stream { whole, fragments: Vec::new() });
            }
            WatchFrame::Events(events) => self.events(watch.watch, events, &mut take),
            WatchFrame::Canceled(_) | WatchFrame::Broken { .. } => {
                self.streams.remove(&watch.watch);
            }
            _ => {}
        }
    }

    fn events(&mut self, watch: WatchId, events: &WatchEvents, take: &mut impl FnMut(&[KeyEvent])) {
        let Some(stream) = self.streams.get_mut(&watch).filter(|stream| stream.whole) else {
            return;
        };
        let mut whole = Vec::new();
        let mut complete = events.events.as_slice();
        if events.fragment || !stream.fragments.is_empty() {
            stream.fragments.extend(events.events.iter().cloned());
            if events.fragment {
                return;
            }
            whole.append(&mut stream.fragments);
            complete = &whole;
        }
        complete.chunk_by(|one, next| one.kv.mod_revision == next.kv.mod_revision).for_each(take);
    }
}

/// Whether a watch shows every change of every key.
fn is_whole(request: &WatchRequest) -> bool {
    KeyRange::new(&request.key, &request.range_end).is_everything()
        && !request.no_put
        && !request.no_delete
}

/// Whether a watch's events of one revision are these changes, in whatever order.
pub(super) fn is_account_of(changes: &[Change], events: &[KeyEvent]) -> bool {
    if changes.len() != events.len() {
        return false;
    }
    if changes.iter().zip(events).all(|(change, event)| change.is(event)) {
        return true;
    }
    same_changes(changes, &events.iter().map(Change::of).collect::<Vec<_>>())
}

/// Whether two lists of changes are the same but for their order.
pub(super) fn same_changes(one: &[Change], other: &[Change]) -> bool {
    if one == other {
        return true;
    }
    let sorted = |changes: &[Change]| {
        let mut changes = changes.to_vec();
        changes.sort_by(|one, other| one.key.cmp(&other.key));
        changes
    };
    one.len() == other.len() && sorted(one) == sorted(other)
}
