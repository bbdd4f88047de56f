//! Who leads.

use std::time::Duration;

use stormglass_checkers::history::{MemberIndex, Outcome, Request, Response, StatusResponse};

use crate::run::Session;

/// Bound on one member's answer.
const ASK_LIMIT: Duration = Duration::from_millis(500);

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
