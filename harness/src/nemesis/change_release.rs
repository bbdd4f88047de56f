//! SIGTERM, and a start on the same data directory with the binary of another release: a rolling
//! upgrade, or a step back.

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::kill::can_kill;
use super::kill_during::start_again;
use super::params::{flag, text};
use super::release::{await_leader, choose, running, start_with};
use super::site::Site;
use super::terminate::stop_all;
use crate::target::{Target, Unsupported};

/// The fault `change-release`.
pub(super) struct ChangeRelease;

impl Injector for ChangeRelease {
    fn kind(&self) -> &'static str {
        "change-release"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_kill(target)?;
        target.members().iter().try_for_each(|member| member.upgrade().map(drop))
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
            let (release, back) = (text(fault, "to"), flag(fault, "back"));
            let changed = change_all(site, release, &mut active).await;
            if !back {
                active.before.clear();
            }
            if let Err(error) = changed {
                go_back(site, &mut active).await?;
                return Err(error);
            }
            // Only now all of them run it.
            active.since = site.session.recorder.clock().now();
            Ok(active)
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, mut active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            go_back(site, &mut active).await?;
            for member in &active.members {
                let key = format!("{member}-release-at-the-end");
                active.evidence.insert(key, running(site, *member).await?);
            }
            Ok(active.evidence)
        })
    }
}

/// Changes the members one after the other, noting what each ran before.
async fn change_all(site: &Site, release: &str, active: &mut Active) -> Result<(), InjectError> {
    for member in active.members.clone() {
        let before = running(site, member).await?;
        active.evidence.insert(format!("{member}-release-before"), before);
        let own = site.member(member).incarnation().map(|life| life.version).unwrap_or_default();
        if change(site, member, (&own, release), &mut active.evidence).await? {
            active.before.insert(member, own);
        }
    }
    if active.before.is_empty() {
        return Err(InjectError::Missed(format!("the members run {release} already")));
    }
    Ok(())
}

/// Lets members run again what they ran before, where the fault says so. One that cannot keeps
/// the others from nothing.
async fn go_back(site: &Site, active: &mut Active) -> Result<(), InjectError> {
    let mut result = Ok(());
    for (member, before) in std::mem::take(&mut active.before) {
        let now = site.member(member).incarnation().map(|life| life.version).unwrap_or_default();
        let mut evidence = Evidence::new();
        let changed = change(site, member, (&now, &before), &mut evidence).await;
        // Beside what showed that it had changed.
        let evidence = evidence.into_iter().map(|(name, value)| (format!("{name}-back"), value));
        active.evidence.extend(evidence);
        result = result.and(changed.map(drop));
    }
    result
}

/// Changes one member from one release to another; whether it had to be changed. Where it does
/// not start, it gets its own release back.
async fn change(
    site: &Site,
    index: MemberIndex,
    (own, release): (&str, &str),
    evidence: &mut Evidence,
) -> Result<bool, InjectError> {
    let version = choose(site, index, release).await?;
    if version == own {
        return Ok(false);
    }
    let mut changed = stop_all(site, &[index], evidence).await;
    if changed.is_ok() {
        changed = start_with(site, index, &version, evidence).await;
    }
    if let Err(error) = changed {
        choose(site, index, own).await?;
        start_again(site, &[index], evidence).await?;
        return Err(error);
    }
    await_leader(site, index).await;
    Ok(true)
}
