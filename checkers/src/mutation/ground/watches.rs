//! Watches, each with its frames.

use std::collections::BTreeMap;

use crate::history::{
    Body, Event, KeyEvent, KeyEventKind, MemberIndex, Revision, Territory, WatchEvents, WatchFrame,
    WatchId, WatchOpen, WatchRequest,
};

/// One watch, up to its end or the client's wish to end it.
#[derive(Clone, Debug)]
pub(in crate::mutation) struct Watch<'a> {
    /// Its member.
    pub(in crate::mutation) member: Option<MemberIndex>,
    /// Index of its opening.
    pub(in crate::mutation) opened: usize,
    /// How it was opened.
    pub(in crate::mutation) open: &'a WatchOpen,
    /// Its frames after the opening, in order.
    pub(in crate::mutation) frames: Vec<(usize, &'a WatchFrame)>,
    /// Index of the frame that ended it.
    pub(in crate::mutation) ended: Option<usize>,
    /// Index of the frame after which it is no longer looked at.
    closing: bool,
}

impl<'a> Watch<'a> {
    /// What was asked.
    pub(in crate::mutation) fn request(&self) -> &'a WatchRequest {
        &self.open.request
    }

    /// Whether it shows every change of the run's keys.
    pub(in crate::mutation) fn is_whole(&self, territory: &Territory) -> bool {
        let WatchRequest { key, range_end, no_put, no_delete, .. } = self.request();
        territory.is_covered_by(key, range_end) && !no_put && !no_delete
    }

    /// Its responses with events.
    pub(in crate::mutation) fn deliveries(
        &self,
    ) -> impl Iterator<Item = (usize, &'a WatchEvents)> + Clone + '_ {
        self.frames.iter().filter_map(|(index, frame)| match frame {
            WatchFrame::Events(events) if !events.events.is_empty() => Some((*index, events)),
            _ => None,
        })
    }

    /// Its responses with events, each with the one after it, where neither has to do
    /// with a fragment.
    pub(in crate::mutation) fn whole_pairs(&self) -> Vec<[(usize, &'a WatchEvents); 2]> {
        let all: Vec<_> = self.deliveries().collect();
        let mut pairs = Vec::new();
        for (number, pair) in all.windows(2).enumerate() {
            let [one, two] = pair else { continue };
            let after_fragment = number > 0 && all[number - 1].1.fragment;
            if !after_fragment && !one.1.fragment && !two.1.fragment {
                pairs.push([*one, *two]);
            }
        }
        pairs
    }

    /// Index of the created frame.
    pub(in crate::mutation) fn created(&self) -> Option<usize> {
        let mut frames = self.frames.iter();
        frames.find(|(_, frame)| matches!(frame, WatchFrame::Created(_))).map(|(index, _)| *index)
    }

    /// Whether a kind of change was asked for.
    pub(in crate::mutation) fn wants(&self, kind: KeyEventKind) -> bool {
        match kind {
            KeyEventKind::Put => !self.request().no_put,
            KeyEventKind::Delete => !self.request().no_delete,
        }
    }
}

/// The first and the last revision of a response with events.
pub(in crate::mutation) fn span(events: &WatchEvents) -> (Revision, Revision) {
    let revisions = events.events.iter().map(|event: &KeyEvent| event.kv.mod_revision);
    let first = revisions.clone().min().unwrap_or_default();
    (first, revisions.max().unwrap_or_default())
}

/// All watches, by the order of their openings.
pub(super) fn watches(events: &[Event]) -> Vec<Watch<'_>> {
    let mut places: BTreeMap<WatchId, usize> = BTreeMap::new();
    let mut watches: Vec<Watch<'_>> = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let Body::Watch(watch) = &event.body else { continue };
        if let WatchFrame::Open(open) = &watch.frame {
            places.insert(watch.watch, watches.len());
            watches.push(Watch {
                member: event.member,
                opened: index,
                open,
                frames: Vec::new(),
                ended: None,
                closing: false,
            });
            continue;
        }
        let Some(place) = places.get(&watch.watch) else { continue };
        let known = &mut watches[*place];
        if known.ended.is_some() || known.closing {
            continue;
        }
        match &watch.frame {
            WatchFrame::Canceled(_) | WatchFrame::Broken { .. } => known.ended = Some(index),
            WatchFrame::Cancel {} => known.closing = true,
            frame => known.frames.push((index, frame)),
        }
    }
    watches
}
