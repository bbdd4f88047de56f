//! Disks that refuse what the member writes: a correct store ends then, rather than go on
//! without its log, and the heal starts it again.

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::disks::{can_touch_disks, come_back, counters, hit, set};
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::member_log::{log_length, log_line, shortened};
use super::params::{count, text};
use super::site::Site;
use crate::target::{DiskCounters, DiskErrors, DiskFaults, Target, Unsupported};

/// A kind of fault of disks.
pub(super) struct DiskFault {
    kind: &'static str,
    /// What a member says that ends because of it.
    cause: &'static str,
    faults: fn(&PlannedFault) -> DiskFaults,
    /// How many operations were hit.
    struck: fn(DiskCounters) -> u64,
}

/// The fault `disk-full`.
pub(super) static DISK_FULL: DiskFault = DiskFault {
    kind: "disk-full",
    cause: "no space left on device",
    faults: |_| DiskFaults { full: true, ..DiskFaults::default() },
    struck: |counters| counters.refused_full,
};

/// The fault `disk-error`.
pub(super) static DISK_ERROR: DiskFault = DiskFault {
    kind: "disk-error",
    cause: "input/output error",
    faults: |fault| {
        let errors = match count(fault, "times") {
            0 => DiskErrors::All,
            times => DiskErrors::Next(u32::try_from(times).unwrap_or(u32::MAX)),
        };
        match text(fault, "on") {
            "write" => DiskFaults { write_errors: errors, ..DiskFaults::default() },
            _ => DiskFaults { sync_errors: errors, ..DiskFaults::default() },
        }
    },
    struck: |counters| counters.failed,
};

impl Injector for DiskFault {
    fn kind(&self) -> &'static str {
        self.kind
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
            for member in members {
                site.session.excuses.begin(*member, self.cause, log_length(site, *member));
            }
            hit(site, members, (self.faults)(fault)).await
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            set(site, &active.members, DiskFaults::default()).await?;
            let mut struck = 0;
            for disk in &active.disks {
                let member = disk.member;
                let hit = (self.struck)(counters(site, member).await?);
                let hit = hit - (self.struck)(disk.before);
                evidence.insert(format!("{member}-operations-refused"), hit.to_string());
                struck += hit;
                let back = come_back(site, member, hit > 0, &mut evidence).await;
                site.session.excuses.end(member);
                if let Some(line) = log_line(site, member, disk.log, self.cause) {
                    evidence.insert(format!("{member}-says"), shortened(&line));
                }
                back?;
            }
            if struck == 0 {
                return Err(InjectError::Missed("nothing was written meanwhile".to_owned()));
            }
            Ok(evidence)
        })
    }
}
