//! The revisions as watches over every key show them: what each one changed.

use std::collections::BTreeMap;

use super::floor::Sight;
use crate::history::{
    Event, KeyEvent, Revision, WatchEvent, WatchEvents, WatchFrame, WatchId, WatchRequest,
};
use crate::keys::KeyRange;
use crate::model::Change;

/// A revision as one or more watches showed it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// The first sight of it.
    pub(super) first: Sight,
    /// What it changed, by the watches' accounts. Where they agree, there is one.
    accounts: Vec<(Vec<Change>, Sight, u32)>,
}

impl Shown {
    /// What most watches say; of equally many the first.
    pub(super) fn account(&self) -> (&[Change], Sight) {
        let mut best = &self.accounts[0];
        for account in &self.accounts[1..] {
            if account.2 > best.2 {
                best = account;
            }
        }
        (&best.0, best.1)
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

/// The log of revisions that are not yet part of the model.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    streams: BTreeMap<WatchId, Stream>,
    shown: BTreeMap<Revision, Shown>,
}

/// One revision of one response, complete.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) revision: Revision,
    pub(super) changes: Vec<Change>,
    pub(super) sight: Sight,
}

impl Log {
    /// Takes a frame of a watch. What it completes comes back.
    pub(super) fn frame(&mut self, event: &Event, watch: &WatchEvent) -> Vec<Account> {
        match &watch.frame {
            WatchFrame::Open(open) => {
                let whole = is_whole(&open.request);
                self.streams.insert(watch.watch, Stream { whole, fragments: Vec::new() });
                Vec::new()
            }
            WatchFrame::Events(events) => self.events(event, watch.watch, events),
            WatchFrame::Canceled(_) | WatchFrame::Broken { .. } => {
                self.streams.remove(&watch.watch);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn events(&mut self, event: &Event, watch: WatchId, events: &WatchEvents) -> Vec<Account> {
        let Some(stream) = self.streams.get_mut(&watch).filter(|stream| stream.whole) else {
            return Vec::new();
        };
        stream.fragments.extend(events.events.iter().cloned());
        if events.fragment {
            return Vec::new();
        }
        let sight = Sight { index: event.index, at: event.at, member: event.member, watch };
        let mut accounts: Vec<Account> = Vec::new();
        for event in std::mem::take(&mut stream.fragments) {
            let (revision, change) = (event.kv.mod_revision, Change::of(&event));
            match accounts.last_mut().filter(|last| last.revision == revision) {
                Some(account) => account.changes.push(change),
                None => accounts.push(Account { revision, changes: vec![change], sight }),
            }
        }
        accounts
    }

    /// Keeps an account of a revision that is not part of the model yet.
    pub(super) fn keep(&mut self, account: Account) {
        let Account { revision, changes, sight } = account;
        let Some(shown) = self.shown.get_mut(&revision) else {
            let accounts = vec![(changes, sight, 1)];
            self.shown.insert(revision, Shown { first: sight, accounts });
            return;
        };
        match shown.accounts.iter_mut().find(|known| same_changes(&known.0, &changes)) {
            Some(known) => known.2 += 1,
            None => shown.accounts.push((changes, sight, 1)),
        }
    }

    /// A revision, as it was shown.
    pub(super) fn get(&self, revision: Revision) -> Option<&Shown> {
        self.shown.get(&revision)
    }

    /// Takes a revision out, since it becomes part of the model.
    pub(super) fn take(&mut self, revision: Revision) -> Option<Shown> {
        self.shown.remove(&revision)
    }

    /// All that is left.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Revision, &Shown)> {
        self.shown.iter().map(|(revision, shown)| (*revision, shown))
    }
}

/// Whether a watch shows every change of every key.
fn is_whole(request: &WatchRequest) -> bool {
    KeyRange::new(&request.key, &request.range_end).is_everything()
        && !request.no_put
        && !request.no_delete
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
