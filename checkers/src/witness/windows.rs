//! Which revisions a watch has passed, and what it delivered.

use super::context::Context;
use super::span::holds;
use crate::history::{
    Bytes, Event, KeyEvent, KeyEventKind, MemberIndex, Revision, WatchFrame, WatchId, WatchOpen,
};

/// A watch as its frames tell of it.
pub(super) struct Window<'a> {
    pub(super) open: &'a WatchOpen,
    pub(super) member: Option<MemberIndex>,
    /// The first revision that it has to deliver.
    pub(super) start: Option<Revision>,
    /// The last revision that it has passed.
    pub(super) passed: Revision,
    /// What it delivered before it ended.
    pub(super) delivered: Vec<(&'a Event, &'a KeyEvent)>,
}

impl<'a> Window<'a> {
    pub(super) fn of(context: &'a Context, watch: WatchId) -> Option<Self> {
        let (event, open) = context.opening(watch)?;
        let asked = open.request.start_revision;
        let mut window = Self {
            open,
            member: event.member,
            start: (!asked.is_zero()).then_some(asked),
            passed: Revision(0),
            delivered: Vec::new(),
        };
        for (event, frame) in context.frames(watch) {
            match frame {
                WatchFrame::Created(created) if window.start.is_none() => {
                    window.start = created.header.map(|header| header.revision.next());
                }
                WatchFrame::Events(events) => {
                    let first = events.events.iter().map(|one| one.kv.mod_revision).min();
                    if asked.is_zero() && window.passed.is_zero() {
                        // It had begun when the server said that it did, or before.
                        window.start = window.start.zip(first).map(|(start, one)| start.min(one));
                    }
                    window.delivered.extend(events.events.iter().map(|one| (event, one)));
                    let last = events.events.iter().map(|one| one.kv.mod_revision).max();
                    let last =
                        last.map(|last| if events.fragment { last.previous() } else { last });
                    window.passed = window.passed.max(last.unwrap_or_default());
                }
                WatchFrame::Progress(progress) => {
                    let passed = progress.header.map(|header| header.revision);
                    window.passed = window.passed.max(passed.unwrap_or_default());
                }
                WatchFrame::Canceled(_) | WatchFrame::Broken { .. } => break,
                _ => {}
            }
        }
        Some(window)
    }

    /// Whether it has said everything of a revision.
    pub(super) fn covers(&self, at: Revision) -> bool {
        self.start.is_some_and(|start| start <= at) && at <= self.passed
    }

    /// Whether it was asked for changes of this kind and key.
    pub(super) fn wants(&self, kind: KeyEventKind, key: &Bytes) -> bool {
        let request = &self.open.request;
        let kind = match kind {
            KeyEventKind::Put => !request.no_put,
            KeyEventKind::Delete => !request.no_delete,
        };
        kind && holds((&request.key, &request.range_end), key)
    }

    /// Whether it delivered a change of a key at a revision.
    pub(super) fn has(&self, key: &Bytes, at: Revision) -> bool {
        self.delivered.iter().any(|(_, one)| one.kv.mod_revision == at && one.kv.key == *key)
    }
}

/// The watches of a history, by their openings.
pub(super) fn watches(context: &Context) -> Vec<WatchId> {
    let opened = context.watches.iter().filter_map(|event| match &event.body {
        crate::history::Body::Watch(watch) => {
            matches!(watch.frame, WatchFrame::Open(_)).then_some(watch.watch)
        }
        _ => None,
    });
    opened.collect()
}
