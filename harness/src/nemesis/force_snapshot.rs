//! A member falls so far behind that the others cannot send it the log any more: it is sent a
//! snapshot of the whole store instead.
//!
//! A leader keeps some thousand entries behind its last snapshot in memory, and after a restart
//! only those from that snapshot on. So the others are restarted when they have taken one.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::kill::{can_kill, kill};
use super::kill_during::start_again;
use super::links::{around, hit, let_go};
use super::member_log::{log_length, log_line, log_lines, shortened};
use super::membership::can_spare_one;
use super::move_leader::relieve;
use super::params::span;
use super::restart::{await_back, restart_all};
use super::site::Site;
use crate::session::{Wait, status};
use crate::target::{Link, Target, Unsupported};

const STATUS_LIMIT: Duration = Duration::from_millis(500);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// The snapshot is asked for when the member is heard of again.
const SEND_LIMIT: Duration = Duration::from_secs(20);
/// What a member logs that has taken a snapshot of its own, by release: as JSON or as plain
/// text.
const SAVED: &str = "saved snapshot";
/// What a member logs that has been sent one and uses it.
const APPLIED: &str = "applied snapshot";
const APPLYING: &str = "finished applying incoming snapshot";

/// The fault `force-snapshot`.
pub(super) struct ForceSnapshot;

impl Injector for ForceSnapshot {
    fn kind(&self) -> &'static str {
        "force-snapshot"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_kill(target)?;
        can_spare_one(target)?;
        target.network().map(drop)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let mut evidence = Evidence::new();
            let Some(member) = members.first().copied() else {
                return Err(InjectError::Failed("no member to hit".to_owned()));
            };
            // A leader that is away for long may end leases early when it is back (#15247).
            relieve(site, member, &mut evidence).await?;
            let log = log_length(site, member);
            // Reset, not only cut: else the kernels would keep what the others had sent, and
            // deliver it in the end.
            let mut policy = Link::open();
            policy.reset = true;
            let mut active = hit(site, &[member], &around(site, &[member], false), policy)?;
            if let Err(error) = leave_behind(site, member, fault, &mut evidence).await {
                let others: Vec<_> = site.session.members().collect();
                let started = start_again(site, &others, &mut evidence).await;
                let_go(site, &active).await?;
                started?;
                return Err(error);
            }
            active.evidence = evidence;
            active.logs.push((member, log));
            Ok(active)
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let_go(site, &active).await?;
            let mut evidence = active.evidence;
            for (member, log) in active.logs {
                await_back(site, member, &mut evidence).await?;
                let applied = || {
                    let line = |named| log_line(site, member, log, named);
                    line(APPLIED).or_else(|| line(APPLYING))
                };
                let line = await_some(site, applied, SEND_LIMIT).await;
                let Some(line) = line else {
                    let missed = format!("{member} caught up without a snapshot");
                    return Err(InjectError::Missed(missed));
                };
                evidence.insert(format!("{member}-says"), shortened(&line));
            }
            Ok(evidence)
        })
    }
}

/// Waits until every other member has taken a snapshot of its own, then restarts them one after
/// the other.
async fn leave_behind(
    site: &Site,
    member: MemberIndex,
    fault: &PlannedFault,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let others = site.session.members().filter(|other| *other != member);
    let others: Vec<_> = others.map(|other| (other, log_length(site, other))).collect();
    // What the member has is not beyond what the others know of.
    let mut has = 0;
    for (other, _) in &others {
        let told = status(&site.session, *other, STATUS_LIMIT).await;
        has = told.map_or(has, |told| has.max(told.raft_index));
    }
    for (other, log) in &others {
        let beyond = || {
            let lines = log_lines(site, *other, *log, SAVED);
            lines.into_iter().find(|line| snapshot_index(line).is_some_and(|index| index > has))
        };
        if await_some(site, beyond, span(fault, "wait")).await.is_none() {
            return Err(InjectError::Failed(format!(
                "{other} took no snapshot of its own in time: set the flag `snapshot-count` lower, \
                 or write more"
            )));
        }
    }
    for (other, _) in &others {
        kill(site, *other, evidence).await?;
        restart_all(site, &[*other], evidence).await?;
    }
    Ok(())
}

/// Which entry of the raft log a snapshot is of, as the member logs it: 3.4 writes
/// `saved snapshot at index 500`, later releases `"snapshot-index":500`.
fn snapshot_index(line: &str) -> Option<u64> {
    let named = ["\"snapshot-index\":", "at index "];
    let rest = named.iter().find_map(|name| Some(line.split_once(name)?.1))?;
    let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// What somebody looks for, as soon as it is there.
async fn await_some(
    site: &Site,
    look: impl Fn() -> Option<String>,
    limit: Duration,
) -> Option<String> {
    let mut wait = Wait::new(&site.session, limit, LOOK_AGAIN);
    while wait.look().await {
        let found = look();
        if found.is_some() || site.session.stop.is_raised() {
            return found;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::snapshot_index;

    #[test]
    fn every_release_names_the_entry_of_its_snapshot() {
        let json = r#"{"level":"info","msg":"saved snapshot","snapshot-index":3575}"#;
        assert_eq!(snapshot_index(json), Some(3575));
        let text = "2026-11-29 13:11:11.5 I | etcdserver: saved snapshot at index 500";
        assert_eq!(snapshot_index(text), Some(500));
        assert_eq!(snapshot_index("saved snapshot"), None);
    }
}
