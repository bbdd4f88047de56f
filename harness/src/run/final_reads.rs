//! The final reads: on every member, with nothing else under way.

use std::time::Duration;

use futures_util::future::join_all;
use stormglass_checkers::history::{
    HashKv, LeaseId, LeaseRef, MemberIndex, Outcome, Range, Request, Response, Revision,
    WatchFrame, WatchKind, WatchOpen, WatchRequest,
};

use crate::client::{Connection, WatchMessage};
use crate::clock::after;
use crate::session::{Session, header};

/// Bound on one read of the whole key space.
const READ_LIMIT: Duration = Duration::from_secs(10);
/// A healed member may need this long to catch up.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(8);
const AGAIN: Duration = Duration::from_millis(100);
/// A leader looks for expired leases every half second, and may be a new one.
const EXPIRY_GRACE: Duration = Duration::from_secs(3);
/// So often a final watch begins again behind a compaction of others.
const WATCHES_MOST: usize = 4;
/// Bound on a final watch from the oldest readable revision.
const WATCH_LIMIT: Duration = Duration::from_secs(6);

/// Revokes every lease of the run that is left, so that no key vanishes between two final reads.
pub(super) async fn revoke_leases(session: &Session, longest_seconds: u32) {
    let shared = session.target.runs_already();
    let mut listed_all = false;
    for member in session.members() {
        let mut connection = session.connect(member).await;
        let list = Request::LeaseList {};
        let listed = session.operate(&mut connection, member, list, READ_LIMIT).await;
        let Outcome::Ok(Response::LeaseList(listed)) = listed else { continue };
        listed_all = true;
        let ours = |lease: &LeaseId| !shared || session.recorder.granted().has(*lease);
        for lease in listed.leases.into_iter().filter(ours) {
            let revoke = Request::LeaseRevoke(LeaseRef { lease });
            session.operate(&mut connection, member, revoke, READ_LIMIT).await;
        }
    }
    if shared && !listed_all {
        // Who may not list leases waits for their end.
        tokio::time::sleep(Duration::from_secs(longest_seconds.into()) + EXPIRY_GRACE).await;
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
    let watched = session.target.can_be_watched();
    let mut last = Revision(0);
    for member in session.members() {
        let mut connection = session.connect(member).await;
        let outcome = if watched {
            read_until_ok(session, &mut connection, member, whole(session, false)).await
        } else {
            session.operate(&mut connection, member, whole(session, false), READ_LIMIT).await
        };
        if let Outcome::Ok(response) = outcome {
            last = last.max(response.header().map_or(Revision(0), |header| header.revision));
        }
    }
    if !watched {
        // What such a server has of revisions says nothing of how far a member is.
        return last;
    }
    // All at once: a member that never catches up is waited for, but not before the others.
    let alone = |member| Box::pin(read_alone(session, member, (start, last), above_compaction));
    join_all(session.members().map(alone)).await;
    last
}

/// What one member has and delivers, from the run's start to its final revision.
async fn read_alone(
    session: &Session,
    member: MemberIndex,
    (start, last): (Revision, Revision),
    above_compaction: bool,
) {
    let mut connection = session.connect(member).await;
    catch_up(session, &mut connection, member, last).await;
    // The hash is of all keys, and costs a store of others' more than a run of ours may.
    let ours = !session.target.runs_already();
    let compacted = if ours { hash(session, &mut connection, member, last).await } else { None };
    let status = Request::Status {};
    session.operate(&mut connection, member, status, READ_LIMIT).await;
    let oldest = match compacted {
        Some(revision) if above_compaction => revision.next(),
        Some(revision) => revision,
        None => start,
    };
    watch_all(session, &mut connection, member, oldest.max(start.next()), last).await;
}

/// A read of every key of the run.
fn whole(session: &Session, serializable: bool) -> Request {
    let (key, range_end) = session.keys.clone();
    Request::Range(Range { key, range_end, serializable, ..Range::default() })
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
        let told = header(session, member, AGAIN * 10).await;
        if told.is_some_and(|header| header.revision >= last) {
            break;
        }
        tokio::time::sleep(AGAIN).await;
    }
    read_until_ok(session, connection, member, whole(session, true)).await;
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

/// Watches everything that can still be read, until the final revision was delivered. Where
/// others compact meanwhile, it begins again behind that.
async fn watch_all(
    session: &Session,
    connection: &mut Connection,
    member: MemberIndex,
    mut from: Revision,
    last: Revision,
) {
    for _ in 0..WATCHES_MOST {
        match watch_from(session, connection, member, from, last).await {
            Some(compacted) => from = compacted.next(),
            None => return,
        }
    }
}

/// One such watch; returns the revision that it was cancelled for, if it was.
async fn watch_from(
    session: &Session,
    connection: &mut Connection,
    member: MemberIndex,
    from: Revision,
    last: Revision,
) -> Option<Revision> {
    let recorder = &session.recorder;
    let (process, watch) = (recorder.new_process(), recorder.new_watch());
    let request = WatchRequest {
        key: session.keys.0.clone(),
        range_end: session.keys.1.clone(),
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
            return None;
        }
    };
    let take = async {
        let mut stream = stream?;
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
            let compacted = match &frame {
                WatchFrame::Canceled(canceled) => Some(canceled.compact_revision),
                _ => None,
            };
            let ended = matches!(frame, WatchFrame::Broken { .. } | WatchFrame::Canceled(_));
            recorder.watch(process, member, watch, frame);
            if ended || delivered.is_some_and(|revision| revision >= last) {
                return compacted.filter(|revision| *revision >= from);
            }
        }
    };
    let compacted = tokio::time::timeout(WATCH_LIMIT, take).await.ok().flatten();
    let error = "closed by the harness".to_owned();
    recorder.watch(process, member, watch, WatchFrame::Broken { error });
    compacted
}
