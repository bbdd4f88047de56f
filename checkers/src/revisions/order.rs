//! A member's revision never goes back while its process lives.

use std::collections::BTreeMap;

use crate::evidence::{Epochs, Findings, Place, finding};
use crate::history::{
    Event, Header, MemberIndex, Request, Response, Revision, WatchFrame, WatchId,
};

/// What was known of a member when it was asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    epoch: u32,
    floor: Option<Floor>,
}

/// The highest revision that a member had shown, and where.
#[derive(Clone, Copy, Debug)]
struct Floor {
    epoch: u32,
    revision: Revision,
    place: Place,
}

/// The order of the revisions that each member shows.
///
/// Only real time counts: a request that was sent after an answer of the same life of
/// the same member was received must not see an older revision. Answers of requests
/// under way at the same time may overtake each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    epochs: Epochs,
    floors: BTreeMap<MemberIndex, Floor>,
    watches: BTreeMap<WatchId, (Place, Asked)>,
}

impl Order {
    /// Takes the next event of any kind.
    pub(super) fn observe(&mut self, event: &Event) {
        self.epochs.observe(event);
    }

    /// A member is about to be asked.
    pub(super) fn ask(&self, member: Option<MemberIndex>) -> Asked {
        let epoch = member.map_or(0, |member| self.epochs.of(member));
        let floor = member.and_then(|member| self.floors.get(&member)).copied();
        Asked { epoch, floor: floor.filter(|floor| floor.epoch == epoch) }
    }

    /// A member has answered.
    pub(super) fn answer(
        &mut self,
        asked: Asked,
        (place, request): (Place, &Request),
        response: &Response,
        findings: &mut Findings,
    ) {
        let Some(header) = response.header().filter(|header| !header.revision.is_zero()) else {
            return;
        };
        let Some(member) = place.member.filter(|member| self.epochs.of(*member) == asked.epoch)
        else {
            return;
        };
        if shows_live_revision(response) {
            let local = matches!(request, Request::Range(range) if range.serializable);
            let guarantee = if local { "K8" } else { "K1" };
            compare(asked, place, header, (guarantee, kind(request)), findings);
        }
        // The header of a compaction is no position; etcd itself does not stand by it.
        if !matches!(response, Response::Compact(_)) {
            self.raise(member, Floor { epoch: asked.epoch, revision: header.revision, place });
        }
    }

    /// A watch's frame came.
    pub(super) fn frame(
        &mut self,
        event: &Event,
        watch: WatchId,
        frame: &WatchFrame,
        findings: &mut Findings,
    ) {
        if let WatchFrame::Open(_) = frame {
            self.watches.insert(watch, (Place::of(event), self.ask(event.member)));
            return;
        }
        let Some((opened, asked)) = self.watches.get(&watch).copied() else { return };
        let Some(member) = event.member.filter(|member| self.epochs.of(*member) == asked.epoch)
        else {
            return;
        };
        let header = match frame {
            WatchFrame::Created(created) => created.header,
            WatchFrame::Progress(progress) => progress.header,
            // etcd hands an event to its watches a moment before its revision becomes
            // readable; the revision before it is readable by then.
            WatchFrame::Events(events) => events
                .header
                .map(|header| Header { revision: header.revision.previous(), ..header }),
            _ => None,
        };
        let Some(header) = header.filter(|header| header.revision > Revision(0)) else { return };
        if matches!(frame, WatchFrame::Created(_)) {
            compare(
                asked,
                opened.until(event.index, event.at),
                &header,
                ("K8", "a new watch"),
                findings,
            );
        }
        let place = Place::of(event);
        self.raise(member, Floor { epoch: asked.epoch, revision: header.revision, place });
    }

    fn raise(&mut self, member: MemberIndex, floor: Floor) {
        match self.floors.get(&member) {
            Some(known) if known.epoch == floor.epoch && known.revision >= floor.revision => {}
            _ => {
                self.floors.insert(member, floor);
            }
        }
    }
}

/// Answers whose header is the member's own newest revision at some moment between
/// request and answer. A keepalive may be answered by the reply to an earlier ping.
fn shows_live_revision(response: &Response) -> bool {
    matches!(
        response,
        Response::Put(_)
            | Response::Range(_)
            | Response::Delete(_)
            | Response::Txn(_)
            | Response::LeaseGrant(_)
            | Response::LeaseRevoke(_)
            | Response::Status(_)
    )
}

fn kind(request: &Request) -> &'static str {
    match request {
        Request::Put(_) => "a put",
        Request::Range(range) if range.serializable => "a serializable read",
        Request::Range(_) => "a read",
        Request::Delete(_) => "a delete",
        Request::Txn(_) => "a transaction",
        Request::LeaseGrant(_) => "a lease grant",
        Request::LeaseRevoke(_) => "a lease revocation",
        _ => "a status request",
    }
}

fn compare(
    asked: Asked,
    place: Place,
    header: &Header,
    (guarantee, what): (&str, &str),
    findings: &mut Findings,
) {
    let revision = header.revision;
    let Some(floor) = asked.floor.filter(|floor| revision < floor.revision) else { return };
    findings.add("revision-went-back", || {
        let member = place.member_name();
        let before = floor.revision;
        finding(
            ("revision-went-back", guarantee),
            format!("the revision of {member} went back from {before} to {revision}"),
            format!("because {member} had shown revision {before} before {what} was sent to it"),
            format!("however it answered at revision {revision}, in the same life"),
            vec![
                floor.place.step("an answer or watch frame", format!("revision {before}")),
                place.step(what, format!("revision {revision}")).contradicting(),
            ],
        )
    });
}
