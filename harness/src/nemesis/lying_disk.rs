//! Disks that say that they have synced, and a failure of power that finds them out. No store
//! can survive it: what it damages must be seen.

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::disks::{can_touch_disks, counters, fail_power, hit};
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::restart::restart_all;
use super::site::Site;
use crate::target::{DiskFaults, Loss, Target, Unsupported};

/// The fault `lying-disk`.
pub(super) struct LyingDisk;

impl Injector for LyingDisk {
    fn kind(&self) -> &'static str {
        "lying-disk"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_touch_disks(target)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        _fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let faults = DiskFaults { lies: true, ..DiskFaults::default() };
            hit(site, members, faults).await
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            let mut lies = 0;
            for disk in &active.disks {
                let told = counters(site, disk.member).await?.syncs_lied - disk.before.syncs_lied;
                evidence.insert(format!("{}-syncs-lied", disk.member), told.to_string());
                lies += told;
            }
            let all = (Loss::All, 0);
            fail_power(site, &active.members, all, &mut evidence).await?;
            restart_all(site, &active.members, &mut evidence).await?;
            if lies == 0 {
                return Err(InjectError::Missed("nothing was synced meanwhile".to_owned()));
            }
            Ok(evidence)
        })
    }
}
