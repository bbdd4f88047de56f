//! SIGKILL while a defragmentation runs (#14685 was found that way).

use std::time::Duration;

use stormglass_checkers::history::{MemberIndex, Outcome};
use stormglass_scenarios::plan::PlannedFault;

use super::defragment::defragment;
use super::injector::Injection;
use super::kill_during::{KillDuring, Running};
use super::site::Site;
use super::work::Work;

/// The fault `kill-defragment`.
pub(super) static KILL_DEFRAGMENT: KillDuring = KillDuring {
    kind: "kill-defragment",
    work: Work::Defragmentation,
    first_guess: Duration::from_millis(25),
    begins: None,
    prepare,
};

/// The missing answer proves that it was under way.
fn prepare<'a>(
    site: &'a Site,
    _fault: &'a PlannedFault,
    member: MemberIndex,
) -> Injection<'a, Running<'a>> {
    let work = async move { matches!(defragment(&site.session, member).await.0, Outcome::Ok(_)) };
    Box::pin(async move { Ok(Box::pin(work) as Running<'a>) })
}
