//! What members say of themselves, outside the history: whether they answer, who leads.

use std::time::Duration;

use stormglass_checkers::history::{
    Header, MemberIndex, Outcome, Range, Request, Response, StatusResponse,
};

use super::shared::Session;
use crate::clock::after;

/// Bound on one member's answer.
const ASK_LIMIT: Duration = Duration::from_millis(500);
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// A member's own report of itself; not an operation of the history.
pub async fn status(
    session: &Session,
    member: MemberIndex,
    limit: Duration,
) -> Option<StatusResponse> {
    let mut connection = session.connect(member).await;
    match connection.call_within(&Request::Status {}, limit).await {
        Outcome::Ok(Response::Status(status)) => Some(status),
        _ => None,
    }
}

/// The header of whatever a member answers by itself; not an operation of the history. A store
/// with users may keep its status for root, so where the store is not ours it is asked for a key
/// of the run's instead.
pub async fn header(session: &Session, member: MemberIndex, limit: Duration) -> Option<Header> {
    if !session.target.runs_already() {
        return Box::pin(status(session, member, limit)).await?.header;
    }
    let key = session.keys.0.clone();
    let range = Range { key, count_only: true, serializable: true, ..Range::default() };
    let answered = Box::pin(async {
        session.connect(member).await.call_within(&Request::Range(range), limit).await
    });
    match answered.await {
        Outcome::Ok(Response::Range(answer)) => answer.header,
        _ => None,
    }
}

/// The member that says it leads, with the highest term where two say so: an old leader
/// that is cut off does not know better.
pub async fn leader(session: &Session) -> Option<MemberIndex> {
    let mut asked = Vec::new();
    for member in session.members() {
        let session = session.clone();
        asked.push(tokio::spawn(async move {
            let status = status(&session, member, ASK_LIMIT).await?;
            let own = status.header?.member_id;
            (status.leader == own).then_some((status.raft_term, member))
        }));
    }
    let mut best = None;
    for answer in asked {
        best = best.max(answer.await.ok().flatten());
    }
    best.map(|(_term, member)| member)
}

/// Waits until a member answers anything, at most for `limit`; returns how long it took.
pub async fn await_answer(
    session: &Session,
    member: MemberIndex,
    limit: Duration,
) -> Option<Duration> {
    let clock = session.recorder.clock();
    let began = clock.now();
    let end = after(began, limit);
    while clock.now() < end {
        if header(session, member, ASK_LIMIT).await.is_some() {
            return Some(Duration::from_nanos(clock.now().0.saturating_sub(began.0)));
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
    None
}
