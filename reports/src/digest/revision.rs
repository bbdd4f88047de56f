//! The store's revision as each member showed it over time.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Body, Event, Header, MemberIndex, Nanos, Outcome, Revision, Sample, WatchFrame,
};

/// Each member's revision over time, from every header that it sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Revisions(pub(crate) BTreeMap<MemberIndex, Vec<(Nanos, Revision)>>);

impl Revisions {
    /// Takes the next event.
    pub(crate) fn observe(&mut self, event: &Event) {
        let (Some(member), Some(header)) = (event.member, header(&event.body)) else { return };
        // 0 is "no revision": some members' frames and foreign servers send it.
        if !header.revision.is_zero() {
            self.0.entry(member).or_default().push((event.at, header.revision));
        }
    }

    /// The newest revision that the member showed last.
    pub(crate) fn last(&self, member: MemberIndex) -> Option<Revision> {
        self.0.get(&member).and_then(|seen| seen.last()).map(|(_, revision)| *revision)
    }
}

/// The header in an event, if it carries one.
fn header(body: &Body) -> Option<&Header> {
    match body {
        Body::Complete(Outcome::Ok(response)) => response.header(),
        Body::Sample(Sample::Status(status)) => status.header.as_ref(),
        Body::Watch(watch) => match &watch.frame {
            WatchFrame::Created(frame) | WatchFrame::Progress(frame) => frame.header.as_ref(),
            WatchFrame::Events(events) => events.header.as_ref(),
            WatchFrame::Canceled(canceled) => canceled.header.as_ref(),
            _ => None,
        },
        _ => None,
    }
}
