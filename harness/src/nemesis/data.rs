//! What faults that change a member's data while it is down have in common.

use std::io;
use std::path::Path;
use std::time::Duration;

use stormglass_checkers::history::MemberIndex;

use super::disks::has_ended;
use super::injector::InjectError;
use super::member_log::log_length;
use super::restart::start;
use super::site::{Site, blocking};
use crate::session::{Wait, await_answer, record_ready};
use crate::target::{Target, Unsupported};

/// Within this time a member answers, or has refused what it found.
const START_LIMIT: Duration = Duration::from_secs(20);
/// Asked again and again, in between it is looked whether the member has ended.
const ANSWER_LIMIT: Duration = Duration::from_millis(300);
/// Every end is excused while the damage holds.
const ANY_CAUSE: &str = "";

/// Of a member that takes what it finds.
pub(super) const STARTED: &str = "it started";

/// Whether the data of every member is in reach.
pub(super) fn can_reach_data(target: &dyn Target) -> Result<(), Unsupported> {
    target.members().iter().try_for_each(|member| member.data().map(drop))
}

/// Works on a member's data directory, where blocking hurts nobody.
pub(super) async fn with_data<T: Send + 'static>(
    site: &Site,
    index: MemberIndex,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T, InjectError> {
    let member = site.member(index);
    blocking(move || {
        let mut work = Some(work);
        let mut done = None;
        member.data()?.with_data(&mut |data| {
            done = work.take().map(|work| work(data)).transpose()?;
            Ok(())
        })?;
        done.ok_or_else(|| InjectError::Failed("nobody worked on the data".to_owned()))
    })
    .await
}

/// Starts a member on data that is not what it left: whatever becomes of it is excused. `log`
/// is how long its log was before, in bytes.
pub(super) async fn start_excused(
    site: &Site,
    index: MemberIndex,
    log: u64,
) -> Result<(), InjectError> {
    site.session.excuses.begin(index, ANY_CAUSE, log);
    start(site, index).await
}

/// What a member does that was started so, in words.
pub(super) async fn reaction(site: &Site, index: MemberIndex, log: u64) -> &'static str {
    if !starts(site, index).await {
        return "it refused";
    }
    // What it says of the damage on its way up is what it should say.
    site.session.excuses.excuse_log(index, log..log_length(site, index));
    STARTED
}

/// Whether a member answers rather than end.
pub(super) async fn starts(site: &Site, index: MemberIndex) -> bool {
    let mut wait = Wait::new(&site.session, START_LIMIT, Duration::ZERO);
    while wait.look().await {
        if has_ended(site, index) {
            return false;
        }
        if await_answer(&site.session, index, ANSWER_LIMIT).await.is_some() {
            record_ready(&site.session, index);
            return true;
        }
    }
    false
}
