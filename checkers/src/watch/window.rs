//! The revisions about which a watch has said everything that it has to say.

use crate::history::{Revision, WatchEvents, WatchFrame, WatchRequest};

/// The window that a watch covers: from its start to the last revision that it has
/// passed, by an event or by a progress notification. Beyond it nothing is promised.
///
/// A watch with a start of 0 begins when the server takes it up, which no response tells:
/// from 3.5.22 on the created frame's revision is read a moment after that. So it begins
/// with that frame at the latest, or with what it delivers first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    start: Option<Revision>,
    /// Whether the start is that of the created frame.
    latest: bool,
    passed: Revision,
    ended: bool,
}

impl Window {
    /// The window of a watch that is being opened. A start of 0 is settled by the
    /// created frame.
    pub(crate) fn open(request: &WatchRequest) -> Self {
        let start = (!request.start_revision.is_zero()).then_some(request.start_revision);
        Self { start, latest: false, passed: Revision(0), ended: false }
    }

    /// Takes the watch's next frame.
    pub(crate) fn observe(&mut self, frame: &WatchFrame) {
        if self.ended {
            return;
        }
        match frame {
            WatchFrame::Created(created) if self.start.is_none() => {
                self.start = created.header.map(|header| header.revision.next());
                self.latest = true;
            }
            WatchFrame::Events(events) => self.events(events),
            WatchFrame::Progress(progress) => {
                if let Some(header) = progress.header {
                    self.pass(header.revision);
                }
            }
            WatchFrame::Canceled(_) | WatchFrame::Broken { .. } => self.ended = true,
            _ => {}
        }
    }

    /// Whether the watch is over.
    pub(crate) fn ended(&self) -> bool {
        self.ended
    }

    /// The first revision that the watch has to deliver, where it is known.
    pub(crate) fn start(&self) -> Option<Revision> {
        self.start
    }

    /// The covered revisions, both ends included; nothing when there are none.
    pub(crate) fn covered(&self) -> Option<(Revision, Revision)> {
        self.start.filter(|start| *start <= self.passed).map(|start| (start, self.passed))
    }

    /// Whether it covers a revision.
    pub(crate) fn covers(&self, revision: Revision) -> bool {
        self.covered().is_some_and(|(from, to)| from <= revision && revision <= to)
    }

    fn events(&mut self, events: &WatchEvents) {
        let Some(last) = events.events.iter().map(|event| event.kv.mod_revision).max() else {
            return;
        };
        let first = events.events.iter().map(|event| event.kv.mod_revision).min();
        if self.latest && self.passed.is_zero() {
            self.start = self.start.min(first);
        }
        // The next fragment may go on with the last revision of this one.
        self.pass(if events.fragment { last.previous() } else { last });
    }

    fn pass(&mut self, revision: Revision) {
        self.passed = self.passed.max(revision);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Header, KeyEvent, KeyEventKind, KeyValue, WatchHeader};

    fn header(revision: i64) -> WatchHeader {
        let header = Header { revision: Revision(revision), ..Header::default() };
        WatchHeader { header: Some(header) }
    }

    fn events(revision: i64, fragment: bool) -> WatchFrame {
        let kv = KeyValue { mod_revision: Revision(revision), ..KeyValue::default() };
        let event = KeyEvent { kind: KeyEventKind::Put, kv, prev_kv: None };
        WatchFrame::Events(WatchEvents { header: None, fragment, events: vec![event] })
    }

    #[test]
    fn a_window_grows_with_events_and_progress_and_stops_at_the_end() {
        let request = WatchRequest { start_revision: Revision(5), ..WatchRequest::default() };
        let mut window = Window::open(&request);
        window.observe(&WatchFrame::Created(header(40)));
        assert_eq!(window.covered(), None);
        window.observe(&events(7, false));
        assert_eq!(window.covered(), Some((Revision(5), Revision(7))));
        window.observe(&WatchFrame::Progress(header(9)));
        assert!(window.covers(Revision(9)) && !window.covers(Revision(10)));
        window.observe(&WatchFrame::Broken { error: String::new() });
        window.observe(&events(12, false));
        assert!(window.ended() && !window.covers(Revision(12)));
    }

    #[test]
    fn a_start_of_zero_begins_after_the_created_frame() {
        let mut window = Window::open(&WatchRequest::default());
        window.observe(&WatchFrame::Created(header(40)));
        assert_eq!(window.start(), Some(Revision(41)));
    }

    #[test]
    fn a_fragment_does_not_settle_its_last_revision() {
        let request = WatchRequest { start_revision: Revision(5), ..WatchRequest::default() };
        let mut window = Window::open(&request);
        window.observe(&events(7, true));
        assert!(window.covers(Revision(6)) && !window.covers(Revision(7)));
        window.observe(&events(7, false));
        assert!(window.covers(Revision(7)));
    }
}
