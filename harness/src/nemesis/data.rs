//! What faults that change a member's data while it is down have in common.

use std::io;
use std::path::Path;
use std::time::Duration;

use stormglass_checkers::history::MemberIndex;

use super::disks::has_ended;
use super::injector::InjectError;
use super::site::{Site, blocking};
use crate::clock::after;
use crate::session::{await_answer, record_ready};
use crate::target::{Target, Unsupported};

/// Within this time a member answers, or has refused what it found.
const START_LIMIT: Duration = Duration::from_secs(20);
/// Asked again and again, in between it is looked whether the member has ended.
const ANSWER_LIMIT: Duration = Duration::from_millis(300);
/// Every end is excused while the damage holds.
pub(super) const ANY_CAUSE: &str = "";

/// Of a member that takes what it finds.
pub(super) const STARTED: &str = "it started";

/// Whether the data directory of every member is in reach.
pub(super) fn can_reach_data(target: &dyn Target) -> Result<(), Unsupported> {
    match target.members().iter().find(|member| member.data_dir().is_none()) {
        None => Ok(()),
        Some(member) => Err(Unsupported::because(format!(
            "the data directory of {} is not in reach of the harness: choose `--target local`",
            member.name()
        ))),
    }
}

/// Works on a member's data directory, where blocking hurts nobody.
pub(super) async fn with_data<T: Send + 'static>(
    site: &Site,
    index: MemberIndex,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T, InjectError> {
    let member = site.member(index);
    blocking(move || {
        Ok(work(member.data_dir().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?)?)
    })
    .await
}

/// Whether a member answers rather than end.
pub(super) async fn starts(site: &Site, index: MemberIndex) -> bool {
    let clock = site.session.recorder.clock();
    let end = after(clock.now(), START_LIMIT);
    while clock.now() < end {
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
