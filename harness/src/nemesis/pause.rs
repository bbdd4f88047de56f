//! SIGSTOP and SIGCONT.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::restart::await_back;
use super::silence::must_be_silent;
use super::site::Site;
use crate::target::{Target, Unsupported};

/// How long the system may take to stop every thread.
pub(super) const STOP_LIMIT: Duration = Duration::from_secs(2);

/// The fault `pause`.
pub(super) struct Pause;

impl Injector for Pause {
    fn kind(&self) -> &'static str {
        "pause"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_pause(target)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        _fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let mut evidence = Evidence::new();
            let mut paused = Vec::new();
            for member in members {
                let stopped = site.with_pause(*member, |power| power.pause(STOP_LIMIT)).await;
                paused.extend(stopped.is_ok().then_some(*member));
                let silent = match stopped {
                    Ok(took) => must_be_silent(site, *member, &mut evidence).await.map(|()| took),
                    Err(error) => Err(error),
                };
                match silent {
                    Ok(took) => {
                        evidence.insert(
                            format!("{member}-stopped-after-us"),
                            took.as_micros().to_string(),
                        );
                    }
                    Err(error) => {
                        resume(site, &paused).await?;
                        return Err(error);
                    }
                }
            }
            let since = site.session.recorder.clock().now();
            Ok(Active::of(paused, since, evidence))
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            resume(site, &active.members).await?;
            for member in active.members {
                await_back(site, member, &mut evidence).await?;
            }
            Ok(evidence)
        })
    }
}

/// Whether every member can be paused.
pub(super) fn can_pause(target: &dyn Target) -> Result<(), Unsupported> {
    target.members().iter().try_for_each(|member| member.pause().map(drop))
}

async fn resume(site: &Site, members: &[MemberIndex]) -> Result<(), InjectError> {
    for member in members {
        site.with_pause(*member, |power| power.resume()).await?;
    }
    Ok(())
}
