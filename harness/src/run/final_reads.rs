//! The final reads: on every member, with nothing else under way.

use std::time::Duration;

use stormglass_checkers::history::{
    Bytes, HashKv, LeaseRef, MemberIndex, Outcome, Range, Request, Response, Revision, WatchFrame,
    WatchKind, WatchOpen, WatchRequest,
};

use crate::client::{Connection, WatchMessage};
use crate::clock::after;
use crate::session::{Session, status};

/// Bound on one read of the whole key space.
const READ_LIMIT: Duration = Duration::from_secs(10);
/// A healed member may need this long to catch up.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(8);
const AGAIN: Duration = Duration::from_millis(100);
/// Bound on a final watch from the oldest readable revision.
const WATCH_LIMIT: Duration = Duration::from_secs(6);

/// Revokes every lease that is left, so that no key vanishes between two final reads.
pub(super) async fn revoke_leases(session: &Session) {
    for member in session.members() {
        let mut connection = session.connect(member).await;
        let list = Request::LeaseList {};
        let listed = session.operate(&mut connection, member, list, READ_LIMIT).await;
        let Outcome::Ok(Response::LeaseList(listed)) = listed else { continue };
        for lease in listed.leases {
            let revoke = Request::LeaseRevoke(LeaseRef { lease });
            session.operate(&mut connection, member, revoke, READ_LIMIT).await;
        }
    }
}

/// Reads everything on every member, as recorded operations: the whole key space
/// linearizably and from the member alone, its hash at one revision, its status, and a
/// watch from the oldest readable revision. Returns the final revision.
pub(super) async fn read_all(
    session: &Session,
    start: Revision,
    above_compaction: bool,
) -> Revision {
    let mut last = Revision(0);
    for member in session.members() {
        let mut connection = session.connect(member).await;
        let outcome = read_until_ok(session, &mut connection, member, whole(false)).await;
        if let Outcome::Ok(response) = outcome {
            last = last.max(response.header().map_or(Revision(0), |header| header.revision));
        }
    }
    for member in session.members() {
        let mut connection = session.connect(member).await;
        catch_up(session, &mut connection, member, last).await;
        let compacted = hash(session, &mut connection, member, last).await;
        let status = Request::Status {};
        session.operate(&mut connection, member, status, READ_LIMIT).await;
        let oldest = match compacted {
            Some(revision) if above_compaction => revision.next(),
            Some(revision) => revision,
            None => start,
        };
        watch_all(session, &mut connection, member, oldest.max(start.next()), last).await;
    }
    last
}

fn whole(serializable: bool) -> Request {
    Request::Range(Range {
        key: Bytes::from("\0"),
        range_end: Bytes::from("\0"),
        serializable,
        ..Range::default()
    })
}

/// A read that fails right after a fault is tried again, as an operation of its own.
async fn read_until_ok(
    session: &Session,
    connection: &mut Connection,
    member: MemberIndex,
    request: Request,
) -> Outcome {
    let clock = session.recorder.clock();
    let end = after(clock.now(), CATCH_UP_LIMIT);
    loop {
        let outcome = session.operate(connection, member, request.clone(), READ_LIMIT).await;
        if matches!(outcome, Outcome::Ok(_)) || clock.now() >= end {
            return outcome;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Reads the whole key space from the member alone, until it is as far as the others.
async fn catch_up(
    session: &Session,
    connection: &mut Connection,
    member: MemberIndex,
    last: Revision,
) {
    let clock = session.recorder.clock();
    let end = after(clock.now(), CATCH_UP_LIMIT);
    while clock.now() < end {
        let revision = status(session, member, AGAIN * 10)
            .await
            .and_then(|status| status.header)
            .map(|header| header.revision);
        if revision.is_some_and(|revision| revision >= last) {
            break;
        }
        tokio::time::sleep(AGAIN).await;
    }
    read_until_ok(session, connection, member, whole(true)).await;
}

/// The member's hash at the final revision; returns its compact revision.
async fn hash(
    session: &Session,
    connection: &mut Connection,
    member: MemberIndex,
    revision: Revision,
) -> Option<Revision> {
    let request = Request::HashKv(HashKv { revision });
    match session.operate(connection, member, request, READ_LIMIT).await {
        Outcome::Ok(Response::HashKv(hash)) => Some(hash.compact_revision),
        _ => None,
    }
}

/// Watches everything that can still be read, until the final revision was delivered.
async fn watch_all(
    session: &Session,
    connection: &mut Connection,
    member: MemberIndex,
    from: Revision,
    last: Revision,
) {
    let recorder = &session.recorder;
    let (process, watch) = (recorder.new_process(), recorder.new_watch());
    let request = WatchRequest {
        key: Bytes::from("\0"),
        range_end: Bytes::from("\0"),
        start_revision: from,
        prev_kv: true,
        ..WatchRequest::default()
    };
    let kind = WatchKind::Final;
    let open = WatchOpen { kind, request: request.clone(), resumes: None };
    recorder.watch(process, member, watch, WatchFrame::Open(open));
    let stream = match connection.watch(&request, READ_LIMIT).await {
        Ok((_sender, stream)) if from <= last => Some(stream),
        Ok(_) => None,
        Err(error) => {
            recorder.watch(process, member, watch, WatchFrame::Broken { error });
            return;
        }
    };
    let take = async {
        let Some(mut stream) = stream else { return };
        loop {
            let frame = match stream.next().await {
                WatchMessage::Frame(frame) => frame,
                WatchMessage::Broken(error) => WatchFrame::Broken { error },
            };
            let delivered = match &frame {
                WatchFrame::Events(events) => {
                    events.events.last().map(|event| event.kv.mod_revision)
                }
                _ => None,
            };
            let ended = matches!(frame, WatchFrame::Broken { .. } | WatchFrame::Canceled(_));
            recorder.watch(process, member, watch, frame);
            if ended || delivered.is_some_and(|revision| revision >= last) {
                return;
            }
        }
    };
    let _ = tokio::time::timeout(WATCH_LIMIT, take).await;
    let error = "closed by the harness".to_owned();
    recorder.watch(process, member, watch, WatchFrame::Broken { error });
}
