//! Syncs that take long.

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::disks::{can_touch_disks, counters, hit, set};
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::metrics::sync_times;
use super::params::span;
use super::restart::await_back;
use super::site::Site;
use crate::target::{DiskFaults, Target, Unsupported};

/// The fault `slow-disk`.
pub(super) struct SlowDisk;

impl Injector for SlowDisk {
    fn kind(&self) -> &'static str {
        "slow-disk"
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
            let faults = DiskFaults {
                sync_delay: span(fault, "delay"),
                sync_spread: span(fault, "spread"),
                ..DiskFaults::default()
            };
            hit(site, members, faults).await
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            let mut delayed = 0;
            for disk in &active.disks {
                let member = disk.member;
                // Told while it is still slow: syncs that are fast again would not count.
                let syncs = sync_times(site, member).await.zip(disk.syncs);
                if let Some(mean) = syncs.and_then(|(now, before)| now.mean_since(before)) {
                    evidence.insert(format!("{member}-wal-fsync-mean-ms"), format!("{mean:.1}"));
                }
                let hit = counters(site, member).await?.syncs_delayed - disk.before.syncs_delayed;
                evidence.insert(format!("{member}-syncs-delayed"), hit.to_string());
                delayed += hit;
            }
            set(site, &active.members, DiskFaults::default()).await?;
            for member in &active.members {
                await_back(site, *member, &mut evidence).await?;
            }
            if delayed == 0 {
                return Err(InjectError::Missed("nothing was synced meanwhile".to_owned()));
            }
            Ok(evidence)
        })
    }
}
