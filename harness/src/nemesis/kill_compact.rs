//! SIGKILL while a compaction runs.

use std::time::Duration;

use stormglass_checkers::history::{Compact, MemberIndex, Outcome, Request};
use stormglass_scenarios::plan::PlannedFault;

use super::compact::behind_head;
use super::injector::Injection;
use super::kill_during::{KillDuring, Running};
use super::params::count;
use super::site::Site;
use super::work::Work;

/// A compaction of a large database may take long.
const LIMIT: Duration = Duration::from_secs(10);

/// The fault `kill-compact`.
pub(super) static KILL_COMPACT: KillDuring = KillDuring {
    kind: "kill-compact",
    work: Work::Compaction,
    first_guess: Duration::from_millis(25),
    begins: None,
    prepare,
};

/// A compaction is answered when the entries are gone from the file; the missing answer proves
/// that it was under way. A refusal is an answer: somebody had compacted that far already.
fn prepare<'a>(
    site: &'a Site,
    fault: &'a PlannedFault,
    member: MemberIndex,
) -> Injection<'a, Running<'a>> {
    Box::pin(async move {
        let revision = behind_head(site, member, count(fault, "lag")).await?;
        let mut connection = site.session.connect(member).await;
        // Connected now, so that the kill does not come before the request.
        let _ = connection.call_within(&Request::Status {}, LIMIT).await;
        let work = async move {
            let request = Request::Compact(Compact { revision, physical: true });
            let outcome = site.session.operate(&mut connection, member, request, LIMIT).await;
            !matches!(outcome, Outcome::Unknown(_))
        };
        Ok(Box::pin(work) as Running<'a>)
    })
}
