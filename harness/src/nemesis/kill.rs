//! SIGKILL, and a start on the same data directory.

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::params::span;
use super::restart::heal_by_restart;
use super::silence::must_be_silent;
use super::site::Site;
use crate::session::record_end;
use crate::target::{Target, Unsupported};

/// The fault `kill`.
pub(super) struct Kill;

impl Injector for Kill {
    fn kind(&self) -> &'static str {
        "kill"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_kill(target)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            tokio::time::sleep(span(fault, "after")).await;
            let mut evidence = Evidence::new();
            for member in members {
                kill(site, *member, &mut evidence).await?;
            }
            let since = site.session.recorder.clock().now();
            Ok(Active::of(members.to_vec(), since, evidence))
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        heal_by_restart(site, active)
    }
}

/// Whether every member can be killed and started.
pub(super) fn can_kill(target: &dyn Target) -> Result<(), Unsupported> {
    target.members().iter().try_for_each(|member| member.kill().map(drop))
}

/// Faults whose effect only a member's process or its log can show need members that this
/// program has started.
pub(super) fn started_here(target: &dyn Target) -> Result<(), Unsupported> {
    if target.runs_already() {
        let reason = "only a member's process and its log show its effect, and those of a cluster \
                      that runs already are out of reach";
        return Err(Unsupported::because(reason));
    }
    Ok(())
}

/// Kills one member and records its end.
pub(super) async fn kill(
    site: &Site,
    member: MemberIndex,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let end = site.with_kill(member, |power| power.kill()).await?;
    must_be_silent(site, member, evidence).await?;
    evidence.insert(format!("{member}-ended-with"), end.status.clone());
    record_end(&site.session, member, end);
    Ok(())
}
