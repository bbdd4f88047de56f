//! Which options of watches showed themselves, on the watches of the workload.

use std::collections::BTreeMap;

use crate::history::{WatchEvent, WatchEvents, WatchFrame, WatchId, WatchKind, WatchRequest};

/// Counts what options of watches brought.
#[derive(Clone, Debug, Default)]
pub(super) struct WatchOptions {
    requests: BTreeMap<WatchId, WatchRequest>,
    past: u64,
    future: u64,
    filtered: u64,
    previous: u64,
    fragments: u64,
    progress: u64,
}

impl WatchOptions {
    /// A frame came.
    pub(super) fn frame(&mut self, watch: &WatchEvent) {
        if let WatchFrame::Open(open) = &watch.frame
            && open.kind == WatchKind::Workload
        {
            self.requests.insert(watch.watch, open.request.clone());
        }
        let Some(request) = self.requests.get(&watch.watch) else { return };
        match &watch.frame {
            WatchFrame::Created(created) => {
                let newest = created.header.map(|header| header.revision);
                let start = request.start_revision;
                if let Some(newest) = newest.filter(|_| !start.is_zero()) {
                    self.past += u64::from(start <= newest);
                    self.future += u64::from(start > newest.next());
                }
            }
            WatchFrame::Events(events) => {
                let filtered = request.no_put || request.no_delete;
                self.events(events, filtered);
            }
            WatchFrame::Progress(_) => self.progress += 1,
            // Nothing more comes: what ended is forgotten.
            WatchFrame::Canceled(_) | WatchFrame::Broken { .. } => {
                self.requests.remove(&watch.watch);
            }
            _ => {}
        }
    }

    fn events(&mut self, events: &WatchEvents, filtered: bool) {
        let count = events.events.len() as u64;
        self.filtered += if filtered { count } else { 0 };
        let previous = events.events.iter().filter(|event| event.prev_kv.is_some());
        self.previous += previous.count() as u64;
        self.fragments += u64::from(events.fragment);
    }

    /// The counts, by the names of their properties.
    pub(super) fn counts(&self) -> [(&'static str, u64); 6] {
        [
            ("watch-past", self.past),
            ("watch-future", self.future),
            ("watch-filtered", self.filtered),
            ("watch-previous", self.previous),
            ("watch-fragment", self.fragments),
            ("watch-progress", self.progress),
        ]
    }
}
