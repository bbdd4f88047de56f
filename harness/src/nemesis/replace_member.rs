//! A member leaves the cluster for good, and a new one joins in its place.

use std::time::Duration;

use stormglass_checkers::history::{MemberIndex, StatusResponse};
use stormglass_scenarios::plan::PlannedFault;

use super::disks::{await_end, has_ended};
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::kill::{can_kill, kill};
use super::member_log::{log_length, log_line, shortened};
use super::membership::{add, can_spare_one, is_out, promote, record, remove};
use super::params::flag;
use super::restart::await_back;
use super::site::{Site, blocking};
use crate::session::{Wait, leader, record_ready, record_start, status};
use crate::target::{Target, Unsupported};

/// A member that was removed ends by itself, if it learns of it.
const LEAVE_LIMIT: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const STATUS_LIMIT: Duration = Duration::from_millis(500);
/// A new member is sent everything.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(30);
/// What every release says in its last words.
const REMOVED: &str = "removed";

/// The fault `replace-member`.
pub(super) struct ReplaceMember;

impl Injector for ReplaceMember {
    fn kind(&self) -> &'static str {
        "replace-member"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_kill(target)?;
        can_spare_one(target)?;
        target.members().iter().try_for_each(|member| member.seat().map(drop))
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let mut evidence = Evidence::new();
            evidence.insert("learner".to_owned(), flag(fault, "learner").to_string());
            let mut left = Vec::new();
            for member in members {
                if let Err(error) = leave(site, *member, &mut evidence).await {
                    if is_out(site, *member).await {
                        left.push(*member);
                    } else {
                        site.session.excuses.end(*member);
                    }
                    let since = site.session.recorder.clock().now();
                    self.heal(site, Active::of(left, since, evidence)).await?;
                    return Err(error);
                }
                left.push(*member);
            }
            let since = site.session.recorder.clock().now();
            Ok(Active::of(left, since, evidence))
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            let learner = evidence.get("learner").is_some_and(|learner| learner == "true");
            for member in active.members {
                let joined = join(site, member, learner, &mut evidence).await;
                site.session.excuses.end(member);
                joined?;
            }
            Ok(evidence)
        })
    }
}

/// Removes a member, and waits until its process has ended.
async fn leave(
    site: &Site,
    index: MemberIndex,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    // One change of the membership at a time: who joins has to name all others.
    let _alone = site.membership.lock().await;
    let log = log_length(site, index);
    // That it ends, and whatever it says of it, is what it should do.
    site.session.excuses.begin(index, "", log);
    let id = remove(site, index).await?;
    evidence.insert(format!("{index}-id-before"), id.to_string());
    if !await_end(site, index, LEAVE_LIMIT).await {
        kill(site, index, evidence).await?;
    }
    site.session.excuses.excuse_log(index, log..log_length(site, index));
    if let Some(line) = log_line(site, index, log, REMOVED) {
        evidence.insert(format!("{index}-says"), shortened(&line));
    }
    Ok(())
}

/// Lets a new member join in the place of one that has left, and waits until it has caught up.
async fn join(
    site: &Site,
    index: MemberIndex,
    learner: bool,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let _alone = site.membership.lock().await;
    // After a removal that failed it may run still.
    if !has_ended(site, index) {
        kill(site, index, evidence).await?;
    }
    let old = evidence.get(&format!("{index}-id-before")).cloned().unwrap_or_default();
    let cluster = add(site, (index, &old), learner).await?;
    let member = site.member(index);
    let started = blocking(move || Ok(member.seat()?.join(&cluster)?)).await?;
    record_start(&site.session, index, started);
    await_back(site, index, evidence).await?;
    if learner {
        promote(site, index).await?;
    }
    let status = catch_up(site, index).await?;
    record(site, index).await;
    record_ready(&site.session, index);
    let id = status.header.map(|header| header.member_id.to_string());
    evidence.insert(format!("{index}-id-after"), id.unwrap_or_default());
    Ok(())
}

/// Waits until a member has applied all that the leader had when it was first asked.
async fn catch_up(site: &Site, index: MemberIndex) -> Result<StatusResponse, InjectError> {
    let mut wait = Wait::new(&site.session, CATCH_UP_LIMIT, LOOK_AGAIN);
    let mut goal = None;
    while wait.look().await {
        if goal.is_none()
            && let Some(leader) = leader(&site.session).await
        {
            goal = status(&site.session, leader, STATUS_LIMIT).await.map(|told| told.raft_index);
        }
        if let (Some(goal), Some(told)) = (goal, status(&site.session, index, STATUS_LIMIT).await)
            && told.raft_applied_index.max(told.raft_index) >= goal
            && !told.learner
        {
            return Ok(told);
        }
    }
    let seconds = CATCH_UP_LIMIT.as_secs();
    Err(InjectError::Failed(format!("the new {index} did not catch up within {seconds} s")))
}
