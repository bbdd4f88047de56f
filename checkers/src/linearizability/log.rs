//! The revisions as watches over every key of ours show them: what each one changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::floor::Sight;
use super::passages::Passages;
use crate::history::{
    Body, Event, KeyEvent, KeyEventKind, Territory, WatchEvent, WatchEvents, WatchFrame,
    WatchHeader, WatchId, WatchRequest,
};
use crate::model::{Change, Changes};

/// What one watch shows of a revision, looked at, and kept if it has to wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    events: &'a [KeyEvent],
    /// The event whose frame has them, and where they begin in it; none where they were put
    /// together from fragments.
    frame: Option<(&'a Arc<Event>, usize)>,
}

impl<'a> Part<'a> {
    /// What it shows.
    pub(super) fn events(&self) -> &'a [KeyEvent] {
        self.events
    }

    fn keep(self) -> Kept {
        match self.frame {
            Some((event, from)) => {
                Kept::Frame { event: Arc::clone(event), from, to: from + self.events.len() }
            }
            None => Kept::Own(self.events.into()),
        }
    }
}

/// The same, kept: shared with whoever made the event, not copied.
#[derive(Clone, Debug)]
enum Kept {
    Frame { event: Arc<Event>, from: usize, to: usize },
    Own(Box<[KeyEvent]>),
}

impl Kept {
    fn events(&self) -> &[KeyEvent] {
        match self {
            Self::Frame { event, from, to } => match &event.body {
                Body::Watch(WatchEvent { frame: WatchFrame::Events(events), .. }) => {
                    &events.events[*from..*to]
                }
                _ => unreachable!("only a frame with events is kept as one"),
            },
            Self::Own(events) => events,
        }
    }
}

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
    pub(super) fn new(sight: Sight, part: Part<'_>) -> Self {
        Self { account: Account::new(sight, part), others: Vec::new() }
    }

    /// The first sight of it.
    pub(super) fn first(&self) -> Sight {
        self.account.sight
    }

    /// Another watch shows it.
    pub(super) fn add(&mut self, sight: Sight, part: Part<'_>) {
        let mut known = std::iter::once(&mut self.account).chain(&mut self.others);
        match known.find(|known| same_events(known.kept.events(), part.events)) {
            Some(known) => known.watches += 1,
            None => self.others.push(Account::new(sight, part)),
        }
    }

    /// How many watches showed it.
    pub(super) fn accounts(&self) -> usize {
        self.account.watches + self.others.iter().map(|account| account.watches).sum::<usize>()
    }

    /// What most watches say; of equally many the first.
    pub(super) fn account(&self) -> (&[KeyEvent], Sight) {
        let mut best = &self.account;
        for account in &self.others {
            if account.watches > best.watches {
                best = account;
            }
        }
        (best.kept.events(), best.sight)
    }
}

/// What some watches say that a revision changed.
#[derive(Clone, Debug)]
struct Account {
    kept: Kept,
    /// The first of them.
    sight: Sight,
    watches: usize,
}

impl Account {
    fn new(sight: Sight, part: Part<'_>) -> Self {
        Self { kept: part.keep(), sight, watches: 1 }
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

/// The watches that show every change of every key of ours, and what of them is not complete.
#[derive(Clone, Debug, Default)]
pub(super) struct Streams {
    open: BTreeMap<WatchId, Stream>,
    territory: Territory,
    /// How far they went, where revisions may be others'.
    pub(super) passages: Passages,
}

impl Streams {
    /// No watch is open yet.
    pub(super) fn of(territory: &Territory) -> Self {
        Self { territory: territory.clone(), ..Self::default() }
    }

    /// Takes a frame of a watch. `take` is given the events of each revision that it
    /// completes, in order.
    pub(super) fn frame(
        &mut self,
        event: &Arc<Event>,
        watch: &WatchEvent,
        take: impl FnMut(Part<'_>),
    ) {
        match &watch.frame {
            WatchFrame::Open(open) => {
                let whole = self.is_whole(&open.request);
                if whole && self.territory.is_shared() && !open.request.start_revision.is_zero() {
                    self.passages.open(watch.watch, open.request.start_revision);
                }
                self.open.insert(watch.watch, Stream { whole, fragments: Vec::new() });
            }
            WatchFrame::Events(events) => self.events(event, watch.watch, events, take),
            WatchFrame::Progress(WatchHeader { header: Some(header) }) => {
                self.passages.reach(watch.watch, header.revision, event.index);
            }
            WatchFrame::Canceled(_) | WatchFrame::Broken { .. } => {
                self.open.remove(&watch.watch);
                self.passages.close(watch.watch);
            }
            _ => {}
        }
    }

    fn events(
        &mut self,
        event: &Arc<Event>,
        watch: WatchId,
        events: &WatchEvents,
        mut take: impl FnMut(Part<'_>),
    ) {
        let Some(stream) = self.open.get_mut(&watch).filter(|stream| stream.whole) else {
            return;
        };
        if events.fragment || !stream.fragments.is_empty() {
            stream.fragments.extend(events.events.iter().cloned());
            if !events.fragment {
                let whole = std::mem::take(&mut stream.fragments);
                self.own(event, watch, &whole, take);
            }
            return;
        }
        if self.territory.is_shared() {
            self.own(event, watch, &events.events, take);
            return;
        }
        let mut from = 0;
        for part in by_revision(&events.events) {
            take(Part { events: part, frame: Some((event, from)) });
            from += part.len();
        }
    }

    /// Those of a complete response that are about keys of ours.
    fn own(
        &mut self,
        event: &Arc<Event>,
        watch: WatchId,
        events: &[KeyEvent],
        mut take: impl FnMut(Part<'_>),
    ) {
        let mut from = 0;
        for part in by_revision(events) {
            let to = from + part.len();
            if part.iter().all(|one| self.territory.owns(&one.kv.key)) {
                let frame = is_frame(event, events).then_some((event, from));
                take(Part { events: part, frame });
            } else {
                let own = part.iter().filter(|one| self.territory.owns(&one.kv.key));
                let own: Vec<KeyEvent> = own.cloned().collect();
                if !own.is_empty() {
                    take(Part { events: &own, frame: None });
                }
            }
            from = to;
        }
        if let Some(last) = events.last().filter(|_| self.territory.is_shared()) {
            self.passages.reach(watch, last.kv.mod_revision, event.index);
        }
    }

    /// Whether a watch shows every change of every key of ours.
    fn is_whole(&self, request: &WatchRequest) -> bool {
        self.territory.is_covered_by(&request.key, &request.range_end)
            && !request.no_put
            && !request.no_delete
    }
}

/// Whether these are the very events of an event's frame.
fn is_frame(event: &Event, events: &[KeyEvent]) -> bool {
    match &event.body {
        Body::Watch(WatchEvent { frame: WatchFrame::Events(frame), .. }) => {
            std::ptr::eq(frame.events.as_slice(), events)
        }
        _ => false,
    }
}

/// Events, those of one revision together.
fn by_revision(events: &[KeyEvent]) -> impl Iterator<Item = &[KeyEvent]> {
    events.chunk_by(|one, next| one.kv.mod_revision == next.kv.mod_revision)
}

/// What events change.
pub(super) fn changes_of(events: &[KeyEvent]) -> Changes {
    events.iter().map(Change::of).collect()
}

/// Whether the events of two watches show the same changes, in whatever order.
fn same_events(one: &[KeyEvent], other: &[KeyEvent]) -> bool {
    let same = |(one, other): (&KeyEvent, &KeyEvent)| {
        one.kind == other.kind
            && one.kv.key == other.kv.key
            && (one.kind == KeyEventKind::Delete || one.kv == other.kv)
    };
    one.len() == other.len()
        && (one.iter().zip(other).all(same) || is_account_of(&changes_of(one), other))
}

/// Whether a watch's events of one revision are these changes, in whatever order.
pub(super) fn is_account_of(changes: &[Change], events: &[KeyEvent]) -> bool {
    if changes.len() != events.len() {
        return false;
    }
    if changes.iter().zip(events).all(|(change, event)| change.is(event)) {
        return true;
    }
    same_changes(changes, &changes_of(events))
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
