//! Whether the cluster serves: our own barrier, since a member cannot be healthy without
//! a quorum and so must not be waited for one by one.

use std::time::Duration;

use stormglass_checkers::history::{
    HexId, MemberIndex, Outcome, Range, Request, Response, Revision,
};

use crate::clock::after;
use crate::session::Session;

/// Bound on one probe.
const PROBE_LIMIT: Duration = Duration::from_secs(1);
const PROBE_AGAIN: Duration = Duration::from_millis(50);

/// A member that served a linearizable read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Healthy {
    /// The cluster that it belongs to.
    pub cluster_id: HexId,
    /// Its own ID.
    pub member_id: HexId,
    /// The revision that it read.
    pub revision: Revision,
}

/// Waits until every member serves a linearizable read, at most for `limit`. The probes
/// are not operations of the history.
///
/// # Errors
/// What each member did, when not all are healthy in time.
pub async fn await_healthy(session: &Session, limit: Duration) -> Result<Vec<Healthy>, String> {
    let clock = session.recorder.clock();
    let end = after(clock.now(), limit);
    let mut probes = Vec::new();
    for member in session.members() {
        let session = session.clone();
        probes.push(tokio::spawn(async move {
            let mut last = "was never asked".to_owned();
            while clock.now() < end {
                match probe(&session, member).await {
                    Ok(healthy) => return Ok(healthy),
                    Err(reason) => last = reason,
                }
                tokio::time::sleep(PROBE_AGAIN).await;
            }
            Err(format!("{member} {last}"))
        }));
    }
    let mut healthy = Vec::new();
    let mut failures = Vec::new();
    for probe in probes {
        match probe.await {
            Ok(Ok(member)) => healthy.push(member),
            Ok(Err(reason)) => failures.push(reason),
            Err(error) => failures.push(format!("a probe panicked: {error}")),
        }
    }
    if failures.is_empty() { Ok(healthy) } else { Err(failures.join(", ")) }
}

async fn probe(session: &Session, member: MemberIndex) -> Result<Healthy, String> {
    let mut connection = session.connect(member).await;
    // A key of the run's: others' may be out of bounds.
    let key = session.keys.0.clone();
    let range = Range { key, count_only: true, ..Range::default() };
    match connection.call_within(&Request::Range(range), PROBE_LIMIT).await {
        Outcome::Ok(Response::Range(response)) => match response.header {
            Some(header) => Ok(Healthy {
                cluster_id: header.cluster_id,
                member_id: header.member_id,
                revision: header.revision,
            }),
            // Some servers of the API send none; those that we start do.
            None if session.target.runs_already() => {
                Ok(Healthy { cluster_id: HexId(0), member_id: HexId(0), revision: Revision(0) })
            }
            None => Err("answered without a header".to_owned()),
        },
        Outcome::Ok(_) => Err("answered something else".to_owned()),
        Outcome::Failed(failure) => Err(format!("said {}", failure.message)),
        Outcome::Unknown(failure) => Err(format!("said {}", failure.message)),
    }
}
