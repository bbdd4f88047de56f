//! SIGKILL, and another one while the member starts.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Evidence, Injection};
use super::kill::kill;
use super::kill_during::{KillDuring, Running};
use super::member_log::{log_length, log_line};
use super::restart::start;
use super::site::Site;
use super::work::Work;

const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// What every release says when it begins to serve.
const SERVES: &str = "ready to serve client requests";

/// The fault `kill-start`.
pub(super) static KILL_START: KillDuring = KillDuring {
    kind: "kill-start",
    work: Work::Start,
    first_guess: Duration::from_millis(150),
    begins: None,
    prepare,
};

/// Kills and starts the member. Its start is over when its log says that it serves.
fn prepare<'a>(
    site: &'a Site,
    _fault: &'a PlannedFault,
    member: MemberIndex,
) -> Injection<'a, Running<'a>> {
    Box::pin(async move {
        kill(site, member, &mut Evidence::new()).await?;
        let log = log_length(site, member);
        start(site, member).await?;
        Ok(Box::pin(serves(site, member, log)) as Running<'a>)
    })
}

/// Waits until the member says in its log, from a byte on, that it serves, or has ended.
async fn serves(site: &Site, member: MemberIndex, log: u64) -> bool {
    loop {
        // Looked at first: what an ended process had to say is in its log.
        let ended = site.member(member).pid().is_none();
        if log_line(site, member, log, SERVES).is_some() {
            return true;
        }
        if ended {
            return false;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
