//! SIGKILL, the loss of what was not synced, and a start on what is left.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::disks::{can_touch_disks, counters, fail_power, set};
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::params::{seed, text};
use super::restart::heal_by_restart;
use super::site::Site;
use crate::session::Wait;
use crate::target::{DiskFaults, Loss, Target, Unsupported};

/// Syncs that are asked for in the last moment are under way when the power fails. Without
/// this most failures would lose nothing: a good disk syncs in no time.
const LAST_MOMENT: Duration = Duration::from_millis(30);
/// It lasts longer where a member has written nothing yet; one with nothing to write at all is
/// not waited for.
const LONGEST_MOMENT: Duration = Duration::from_secs(1);
/// They are never carried out.
const NEVER: Duration = Duration::from_secs(3_600);

/// The fault `power-failure`.
pub(super) struct PowerFailure;

impl Injector for PowerFailure {
    fn kind(&self) -> &'static str {
        "power-failure"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_touch_disks(target)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let mut evidence = Evidence::new();
            set(site, members, DiskFaults { sync_delay: NEVER, ..DiskFaults::default() }).await?;
            await_writes(site, members).await?;
            let failed = fail_power(site, members, loss(fault), &mut evidence).await;
            if failed.is_err() {
                set(site, members, DiskFaults::default()).await?;
            }
            failed?;
            let since = site.session.recorder.clock().now();
            Ok(Active::of(members.to_vec(), since, evidence))
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        heal_by_restart(site, active)
    }
}

/// Waits until every member has written something that it cannot sync.
async fn await_writes(site: &Site, members: &[MemberIndex]) -> Result<(), InjectError> {
    let mut wait = Wait::new(&site.session, LONGEST_MOMENT, LAST_MOMENT);
    tokio::time::sleep(LAST_MOMENT).await;
    while wait.look().await {
        let mut all = true;
        for member in members {
            all &= counters(site, *member).await?.unsynced > 0;
        }
        if all {
            break;
        }
    }
    Ok(())
}

/// What is lost, and the seed that decides the rest.
fn loss(fault: &PlannedFault) -> (Loss, u64) {
    let loss = match text(fault, "lost") {
        "prefix" => Loss::Prefix,
        "torn" => Loss::Torn,
        _ => Loss::All,
    };
    (loss, seed(fault))
}
