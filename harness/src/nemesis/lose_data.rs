//! A start on an older copy of the data, or on none, as after a restore of a virtual machine or
//! a disk that was replaced. No store can survive that in a majority: its damage must be seen.

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::data::{STARTED, can_reach_data, reaction, start_excused, with_data};
use super::data_copy::{Kept, discard, keep, put_back};
use super::disks::has_ended;
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::kill::{can_kill, kill};
use super::member_log::{last_words, log_length};
use super::params::{span, text};
use super::pause::{STOP_LIMIT, can_pause};
use super::restart::restart_all;
use super::site::Site;
use crate::target::{Target, Unsupported, clear};

/// The fault `lose-data`.
pub(super) struct LoseData;

impl Injector for LoseData {
    fn kind(&self) -> &'static str {
        "lose-data"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_kill(target)?;
        can_pause(target)?;
        can_reach_data(target)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let stale = text(fault, "state") == "stale";
            if stale {
                copy_all(site, members).await?;
                site.session.stop.sleep(span(fault, "age")).await;
            }
            let since = site.session.recorder.clock().now();
            let mut active = Active::of(members.to_vec(), since, Evidence::new());
            for member in members {
                active.logs.push((*member, log_length(site, *member)));
            }
            if let Err(error) = lose_all(site, &active.logs, stale, &mut active.evidence).await {
                self.heal(site, active).await?;
                return Err(error);
            }
            Ok(active)
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            let mut ended = Vec::new();
            for (member, log) in active.logs {
                if put_back_if_ended(site, member, log, &mut evidence).await? {
                    ended.push(member);
                }
            }
            let restarted = restart_all(site, &ended, &mut evidence).await;
            for member in &active.members {
                site.session.excuses.end(*member);
            }
            restarted?;
            Ok(evidence)
        })
    }
}

/// Copies the data of all members aside as it is at one moment, in which none of them runs: a
/// kill at that moment would have left the same.
async fn copy_all(site: &Site, members: &[MemberIndex]) -> Result<(), InjectError> {
    let mut copied = Ok(());
    for member in members {
        if copied.is_ok() {
            copied = site.with_pause(*member, |power| power.pause(STOP_LIMIT)).await.map(drop);
        }
    }
    for member in members {
        if copied.is_ok() {
            copied = with_data(site, *member, |data| keep(data, Kept::Older)).await;
        }
    }
    for member in members {
        site.with_pause(*member, |power| power.resume()).await?;
    }
    copied
}

/// Kills all members, takes their newest data from them, and starts them: none must meet
/// another one that has its newest data still. Each comes with how long its log was.
async fn lose_all(
    site: &Site,
    logs: &[(MemberIndex, u64)],
    stale: bool,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    for (member, _) in logs {
        kill(site, *member, evidence).await?;
    }
    for (member, _) in logs {
        let lose = move |data: &std::path::Path| {
            keep(data, Kept::Newest)?;
            if stale { put_back(data, Kept::Older) } else { clear(data) }
        };
        with_data(site, *member, lose).await?;
    }
    for (member, log) in logs {
        start_excused(site, *member, *log).await?;
    }
    for (member, log) in logs {
        let what = reaction(site, *member, *log).await;
        evidence.insert(format!("{member}-without-its-data"), what.to_owned());
    }
    Ok(())
}

/// Puts back the newest data of a member that has ended, and of one that neither serves nor
/// ends; whether it did. One that went on is left with what it has: it may have promised things
/// since, which the copy knows nothing of.
async fn put_back_if_ended(
    site: &Site,
    index: MemberIndex,
    log: u64,
    evidence: &mut Evidence,
) -> Result<bool, InjectError> {
    let started = evidence.get(&format!("{index}-without-its-data"));
    let started = started.is_some_and(|what| what == STARTED);
    if !has_ended(site, index) {
        if started {
            with_data(site, index, |data| discard(data, Kept::Newest)).await?;
            return Ok(false);
        }
        kill(site, index, evidence).await?;
    }
    if let Some(words) = last_words(site, index, log) {
        evidence.insert(format!("{index}-says"), words);
    }
    with_data(site, index, |data| {
        discard(data, Kept::Older)?;
        put_back(data, Kept::Newest)
    })
    .await?;
    site.session.excuses.excuse_log(index, log..log_length(site, index));
    Ok(true)
}
