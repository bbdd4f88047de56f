//! The revisions as watches over every key show them: what each one changed.

use std::collections::BTreeMap;

use super::floor::Sight;
use crate::history::{
    KeyEvent, Revision, WatchEvent, WatchEvents, WatchFrame, WatchId, WatchRequest,
};
use crate::keys::KeyRange;
use crate::model::Change;

/// A revision as one or more watches showed it.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// The first sight of it.
    pub(super) first: Sight,
    /// What it changed, by the watches' accounts. Where they agree, there is one.
    accounts: Vec<(Vec<Change>, Sight, usize)>,
}

impl Shown {
    /// A revision that one watch showed.
    pub(super) fn new(account: Account) -> Self {
        let Account { changes, sight, .. } = account;
        Self { first: sight, accounts: vec![(changes, sight, 1)] }
    }

    /// Another watch shows it.
    pub(super) fn add(&mut self, account: Account) {
        let Account { changes, sight, .. } = account;
        match self.accounts.iter_mut().find(|known| same_changes(&known.0, &changes)) {
            Some(known) => known.2 += 1,
            None => self.accounts.push((changes, sight, 1)),
        }
    }

    /// How many watches showed it.
    pub(super) fn accounts(&self) -> usize {
        self.accounts.iter().map(|account| account.2).sum()
    }

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

/// One revision of one response, complete.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) revision: Revision,
    pub(super) changes: Vec<Change>,
    pub(super) sight: Sight,
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
