//! One watch: what it was asked for, and everything that it delivered.

use std::collections::BTreeMap;

use super::change_log::ChangeLog;
use super::window::Window;
use crate::evidence::Place;
use crate::history::{
    Event, KeyEventKind, Nanos, Revision, WatchFrame, WatchHeader, WatchId, WatchOpen, WatchRequest,
};
use crate::keys::KeyRange;

/// A watch.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// Which watch.
    pub(super) id: WatchId,
    /// Where it was opened.
    pub(super) opened: Place,
    /// Its keys.
    pub(super) range: KeyRange,
    /// What else was asked for.
    pub(super) request: WatchRequest,
    /// The watch that it continues.
    pub(super) resumes: Option<WatchId>,
    /// The revisions that it covers.
    pub(super) window: Window,
    /// What it delivered, in the order in which it came.
    pub(super) delivered: Vec<Delivered>,
    /// Whether everything came in order and once.
    pub(super) orderly: bool,
    /// Whether the client has asked to cancel it. etcd then forgets at once that previous
    /// pairs were asked for, and still sends the events that wait in its buffer.
    pub(super) cancelling: bool,
    /// The newest progress notification, and its frame.
    pub(super) progress: Option<(Revision, usize)>,
    frames: Vec<Frame>,
    fragment_open: bool,
    /// The frame of each delivered change, kept once something came out of order.
    seen: Option<BTreeMap<(Revision, usize), usize>>,
}

/// A change that a watch delivered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delivered {
    /// Its revision.
    pub(super) revision: Revision,
    /// The key, by its number in the log.
    pub(super) key: usize,
    /// Its number in the log.
    pub(super) change: usize,
    /// The frame that brought it.
    pub(super) frame: usize,
    /// What the watch showed as the pair before.
    pub(super) prev: Prev,
}

/// What a watch showed as the pair before a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prev {
    /// It was not asked for.
    NotAsked,
    /// Nothing.
    Absent,
    /// Nothing, and a compaction or the watch's cancellation may be the reason.
    Forgotten,
    /// What the log has.
    Logged,
}

/// A frame with events or progress.
#[derive(Clone, Copy, Debug)]
struct Frame {
    index: u64,
    at: Nanos,
    /// Fragments share the response's number.
    response: usize,
}

impl Stream {
    /// A watch that is being opened.
    pub(super) fn open(event: &Event, id: WatchId, open: &WatchOpen) -> Self {
        let request = open.request.clone();
        Self {
            id,
            opened: Place::of(event),
            range: KeyRange::new(&request.key, &request.range_end),
            window: Window::open(&request),
            request,
            resumes: open.resumes,
            delivered: Vec::new(),
            orderly: true,
            cancelling: false,
            progress: None,
            frames: Vec::new(),
            fragment_open: false,
            seen: None,
        }
    }

    /// Begins a frame; its number.
    pub(super) fn begin_frame(&mut self, event: &Event, fragment: bool) -> usize {
        let last = self.frames.last().map_or(0, |frame| frame.response);
        let response = if self.fragment_open { last } else { last + 1 };
        self.fragment_open = fragment;
        self.frames.push(Frame { index: event.index, at: event.at, response });
        self.frames.len() - 1
    }

    /// Whether two frames belong to one response.
    pub(super) fn one_response(&self, one: usize, other: usize) -> bool {
        self.frames[one].response == self.frames[other].response
    }

    /// The place of a frame.
    pub(super) fn place(&self, frame: usize) -> Place {
        let Frame { index, at, .. } = self.frames[frame];
        self.opened.elsewhere(index, at)
    }

    /// The first frame by which the watch had passed a revision.
    pub(super) fn passed_by(&self, revision: Revision) -> Option<Place> {
        let event = self.delivered.iter().find(|delivered| delivered.revision >= revision);
        let progress = self.progress.filter(|(passed, _)| *passed >= revision);
        let frames = event.map(|delivered| delivered.frame).into_iter();
        let frame = frames.chain(progress.map(|(_, frame)| frame)).min()?;
        Some(self.place(frame))
    }

    /// The frame that delivered a change of this key at this revision, if one did.
    pub(super) fn has_delivered(&mut self, revision: Revision, key: usize) -> Option<usize> {
        let last = self.delivered.last()?.revision;
        if revision > last && self.seen.is_none() {
            return None;
        }
        if revision == last && self.seen.is_none() {
            let newest_first = self.delivered.iter().rev();
            return newest_first
                .take_while(|delivered| delivered.revision == revision)
                .find(|delivered| delivered.key == key)
                .map(|delivered| delivered.frame);
        }
        let delivered = &self.delivered;
        let seen = self.seen.get_or_insert_with(|| {
            delivered.iter().map(|one| ((one.revision, one.key), one.frame)).collect()
        });
        seen.get(&(revision, key)).copied()
    }

    /// Notes a delivered change.
    pub(super) fn deliver(&mut self, delivered: Delivered) {
        if let Some(seen) = &mut self.seen {
            seen.insert((delivered.revision, delivered.key), delivered.frame);
        }
        self.delivered.push(delivered);
    }

    /// Whether a change of a key of the range must be delivered.
    pub(super) fn wants(&self, kind: KeyEventKind) -> bool {
        match kind {
            KeyEventKind::Put => !self.request.no_put,
            KeyEventKind::Delete => !self.request.no_delete,
        }
    }

    /// Whether it delivers both puts and deletes.
    pub(super) fn unfiltered(&self) -> bool {
        !self.request.no_put && !self.request.no_delete
    }

    /// Whether it must have delivered a change, if there was one.
    pub(super) fn must_show(&self, log: &ChangeLog, change: usize) -> bool {
        let change = log.change(change);
        self.window.covers(change.revision)
            && self.wants(change.kind)
            && self.range.contains(log.name(change.key))
    }

    /// The revision of a progress notification that counts for this watch.
    pub(super) fn progress_of(header: &WatchHeader) -> Option<Revision> {
        header.header.map(|header| header.revision).filter(|revision| !revision.is_zero())
    }

    /// What was asked, for a witness.
    pub(super) fn opening(&self) -> String {
        let from = match self.window.start() {
            Some(start) => format!("from revision {start}"),
            None => "from now on".to_owned(),
        };
        let resumes = match self.resumes {
            Some(resumed) => format!(", resuming {resumed}"),
            None => String::new(),
        };
        let mut filters = String::new();
        if self.request.no_put {
            filters.push_str(", no puts");
        }
        if self.request.no_delete {
            filters.push_str(", no deletes");
        }
        format!("open watch {} on {} {from}{filters}{resumes}", self.id, self.range)
    }

    /// The watch, for a sentence: `watch w3 on m2`.
    pub(super) fn name(&self) -> String {
        format!("watch {} on {}", self.id, self.opened.member_name())
    }

    /// Whether a frame belongs to the checked life of the watch.
    pub(super) fn counts(&self, frame: &WatchFrame) -> bool {
        !self.window.ended() || !matches!(frame, WatchFrame::Events(_) | WatchFrame::Progress(_))
    }
}
