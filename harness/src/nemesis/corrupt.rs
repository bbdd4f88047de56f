//! A file that is spoilt while its member is down. A member that refuses to start then does
//! what it should; one that starts may go on with wrong data.

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::damage::{Damage, spoil};
use super::data::{STARTED, can_reach_data, reaction, start_excused, with_data};
use super::data_copy::{Kept, discard, keep, put_back};
use super::disks::has_ended;
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::kill::{can_kill, kill};
use super::member_log::log_length;
use super::params::{seed, text};
use super::restart::restart_all;
use super::site::Site;
use crate::target::{Target, Unsupported};

/// The fault `corrupt`.
pub(super) struct Corrupt;

impl Injector for Corrupt {
    fn kind(&self) -> &'static str {
        "corrupt"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_kill(target)?;
        can_reach_data(target)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let since = site.session.recorder.clock().now();
            let mut active = Active::of(members.to_vec(), since, Evidence::new());
            for member in members {
                let whom = (*member, log_length(site, *member));
                active.logs.push(whom);
                if let Err(error) = spoil_member(site, fault, whom, &mut active.evidence).await {
                    self.heal(site, active).await?;
                    return Err(error);
                }
            }
            Ok(active)
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            for (member, log) in active.logs {
                let healed = heal_member(site, member, log, &mut evidence).await;
                site.session.excuses.end(member);
                healed?;
            }
            Ok(evidence)
        })
    }
}

/// Kills a member, spoils a file of it, starts it again, and waits for what it does.
async fn spoil_member(
    site: &Site,
    fault: &PlannedFault,
    (index, log): (MemberIndex, u64),
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    kill(site, index, evidence).await?;
    let sort = text(fault, "file").to_owned();
    let damage = if text(fault, "damage") == "cut" { Damage::Cut } else { Damage::Flip };
    let seed = seed(fault) ^ u64::from(index.0);
    let done = with_data(site, index, move |data| {
        keep(data, Kept::Newest)?;
        spoil(data, &sort, damage, seed)
    })
    .await?;
    let file = done.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    evidence.insert(format!("{index}-spoilt"), format!("{file} at byte {}", done.at));
    start_excused(site, index, log).await?;
    let what = reaction(site, index, log).await;
    evidence.insert(format!("{index}-on-the-spoilt-file"), what.to_owned());
    Ok(())
}

/// Puts back what a member refused. One that went on with what it found is left with it: it
/// may have promised things since, which the copy knows nothing of.
async fn heal_member(
    site: &Site,
    index: MemberIndex,
    log: u64,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let went_on = evidence.get(&format!("{index}-on-the-spoilt-file"));
    let went_on = went_on.is_some_and(|what| what == STARTED);
    if went_on {
        with_data(site, index, |data| discard(data, Kept::Newest)).await?;
    } else {
        if !has_ended(site, index) {
            kill(site, index, evidence).await?;
        }
        with_data(site, index, |data| put_back(data, Kept::Newest)).await?;
        site.session.excuses.excuse_log(index, log..log_length(site, index));
    }
    if went_on && !has_ended(site, index) {
        return Ok(());
    }
    restart_all(site, &[index], evidence).await
}
