//! SIGKILL, and a start on the same data directory.

use stormglass_checkers::history::{Body, Environment, MemberExit, MemberIndex};
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::restart;
use super::site::Site;
use crate::target::{Target, Unsupported};

/// The fault `kill`.
pub(super) struct Kill;

impl Injector for Kill {
    fn kind(&self) -> &'static str {
        "kill"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        target.members().iter().try_for_each(|member| member.kill().map(drop))
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        _fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let mut evidence = Evidence::new();
            for member in members {
                kill(site, *member, &mut evidence).await?;
            }
            let since = site.session.recorder.clock().now();
            Ok(Active { members: members.to_vec(), since, evidence })
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(restart_all(site, active))
    }
}

/// Kills one member and records its end.
pub(super) async fn kill(
    site: &Site,
    member: MemberIndex,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let end = site.with_kill(member, |power| power.kill()).await?;
    evidence.insert(format!("{member}-ended-with"), end.status.clone());
    let log = site.member(member);
    let log_tail = match log.log_path() {
        Some(path) if !end.expected => restart::log_tail(path, 20),
        _ => Vec::new(),
    };
    let exit = MemberExit { status: end.status, expected: end.expected, log_tail };
    let body = Body::Environment(Environment::MemberExited(exit));
    site.session.recorder.environment(Some(member), body);
    Ok(())
}

/// Starts all members of the fault concurrently, and waits until each answers.
pub(super) async fn restart_all(site: &Site, active: Active) -> Result<Evidence, InjectError> {
    let mut evidence = active.evidence;
    for member in &active.members {
        restart::start(site, *member).await?;
    }
    for member in active.members {
        let took = restart::ready(site, member).await?;
        evidence.insert(format!("{member}-answered-after-ms"), took.as_millis().to_string());
    }
    Ok(evidence)
}
