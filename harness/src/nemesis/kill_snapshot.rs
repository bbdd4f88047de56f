//! SIGKILL while a member streams a snapshot to a client.

use std::time::Duration;

use stormglass_checkers::history::{MemberIndex, Outcome, Request};
use stormglass_scenarios::plan::PlannedFault;

use super::injector::Injection;
use super::kill_during::{KillDuring, Running};
use super::site::Site;
use super::work::Work;

/// A snapshot of a large database may take long.
const LIMIT: Duration = Duration::from_secs(30);

/// The fault `kill-snapshot`.
pub(super) static KILL_SNAPSHOT: KillDuring = KillDuring {
    kind: "kill-snapshot",
    work: Work::Snapshot,
    first_guess: Duration::from_millis(10),
    begins: Some("sending database snapshot to client"),
    prepare,
};

/// The broken stream proves that it was under way.
fn prepare<'a>(
    site: &'a Site,
    _fault: &'a PlannedFault,
    member: MemberIndex,
) -> Injection<'a, Running<'a>> {
    Box::pin(async move {
        let mut connection = site.session.connect(member).await;
        // Connected now, so that the kill does not come before the request.
        let _ = connection.call_within(&Request::Status {}, LIMIT).await;
        let work = async move {
            let request = Request::Snapshot {};
            let outcome = site.session.operate(&mut connection, member, request, LIMIT).await;
            matches!(outcome, Outcome::Ok(_))
        };
        Ok(Box::pin(work) as Running<'a>)
    })
}
