//! The release that a member runs: choosing it, starting it, and asking the member what it is.

use std::time::Duration;

use stormglass_checkers::history::{HexId, MemberIndex};

use super::data::{start_excused, starts};
use super::disks::has_ended;
use super::injector::{Evidence, InjectError};
use super::kill::kill;
use super::member_log::{last_words, log_from, log_length, log_line, shortened};
use super::site::{Site, blocking};
use crate::session::{Wait, await_answer, status};

/// A member that is up answers within this time, whatever else goes on.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// Bound on one answer about its state.
const STATUS_LIMIT: Duration = Duration::from_secs(2);
/// A member that has come back finds its leader within this time, if there is one.
const LEADER_LIMIT: Duration = Duration::from_secs(5);
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// In the last words of a release that is too old for the cluster.
const TOO_OLD: &str = "downgrade";

/// Chooses the release of a member's next start; returns the version that its binary reports.
pub(super) async fn choose(
    site: &Site,
    index: MemberIndex,
    release: &str,
) -> Result<String, InjectError> {
    let (member, release) = (site.member(index), release.to_owned());
    blocking(move || Ok(member.upgrade()?.set_release(&release)?)).await
}

/// The version that a member itself says it runs; waits until it answers.
pub(super) async fn running(site: &Site, index: MemberIndex) -> Result<String, InjectError> {
    await_answer(&site.session, index, ANSWER_LIMIT).await;
    match status(&site.session, index, STATUS_LIMIT).await {
        Some(status) => Ok(status.version),
        None => Err(InjectError::Failed(format!("{index} does not tell which release it runs"))),
    }
}

/// Starts a member that does not run with the binary that was chosen, and makes sure that it
/// runs. Where it refuses, it is left ended, and the error has its last words.
pub(super) async fn start_with(
    site: &Site,
    index: MemberIndex,
    version: &str,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let log = log_length(site, index);
    let started = match start_excused(site, index, log).await {
        Ok(()) if starts(site, index).await => Ok(()),
        Ok(()) => Err(refused(site, index, (version, log)).await),
        Err(error) => Err(error),
    };
    site.session.excuses.end(index);
    started?;
    let says = running(site, index).await?;
    if says != version {
        let message = format!("{index} says that it runs {says}, not {version}");
        return Err(InjectError::Missed(message));
    }
    evidence.insert(format!("{index}-release"), says);
    if let Some(line) = names_itself(site, index, version, log) {
        evidence.insert(format!("{index}-log-says"), line);
    }
    Ok(())
}

/// Why a member did not start. One that neither serves nor ends is ended.
async fn refused(site: &Site, index: MemberIndex, (version, log): (&str, u64)) -> InjectError {
    if !has_ended(site, index) {
        let _ = kill(site, index, &mut Evidence::new()).await;
        return InjectError::Failed(format!("{index} did not answer with etcd {version}"));
    }
    let words = log_line(site, index, log, TOO_OLD).map(|line| shortened(&line));
    if words.is_some() {
        // To refuse is what a release should do that is too old. A panic stays a finding.
        site.session.excuses.excuse_log(index, log..log_length(site, index));
    }
    let words = words.or_else(|| last_words(site, index, log));
    let last_line = || {
        let new = log_from(site, index, log)?;
        new.lines().rfind(|line| !line.trim().is_empty()).map(shortened)
    };
    let words = words.or_else(last_line).unwrap_or_else(|| "nothing".to_owned());
    InjectError::Failed(format!("{index} did not start with etcd {version}; its log says: {words}"))
}

/// The line of a member's log, from a byte on, in which it names its version.
fn names_itself(site: &Site, index: MemberIndex, version: &str, log: u64) -> Option<String> {
    // From 3.5 on, and before; a longer version must not pass for it.
    let new = log_line(site, index, log, &format!("\"etcd-version\":\"{version}\""));
    let old = || {
        let line = log_line(site, index, log, &format!("etcd Version: {version}"))?;
        line.ends_with(version).then_some(line)
    };
    new.or_else(old).map(|line| shortened(&line))
}

/// Waits until a member knows a leader, so that the next one does not leave it alone. Where the
/// cluster has none, that is another fault's doing.
pub(super) async fn await_leader(site: &Site, index: MemberIndex) {
    let mut wait = Wait::new(&site.session, LEADER_LIMIT, ASK_AGAIN);
    while wait.look().await {
        let status = status(&site.session, index, STATUS_LIMIT).await;
        if status.is_some_and(|status| status.leader != HexId(0)) {
            return;
        }
    }
}
