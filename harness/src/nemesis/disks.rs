//! What faults of disks have in common.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;

use super::injector::{Active, Evidence, HitDisk, InjectError};
use super::kill::kill;
use super::member_log::log_length;
use super::metrics::sync_times;
use super::restart::{await_back, restart_all};
use super::site::Site;
use crate::session::{Wait, record_end};
use crate::target::{DiskCounters, DiskFaults, Loss, Target, Unsupported};

/// A member that has hit an error is gone within this time, if it goes and the machine is quiet.
const GRACE: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// A member that ends while its heal waits for it is started again so often.
const ATTEMPTS: u32 = 3;

/// Whether the disk of every member can be touched.
pub(super) fn can_touch_disks(target: &dyn Target) -> Result<(), Unsupported> {
    target.members().iter().try_for_each(|member| member.disk().map(drop))
}

/// Makes faults hold on the disks of members, noting what was before.
pub(super) async fn hit(
    site: &Site,
    members: &[MemberIndex],
    faults: DiskFaults,
) -> Result<Active, InjectError> {
    let mut disks = Vec::new();
    for member in members {
        let syncs = sync_times(site, *member).await;
        let log = log_length(site, *member);
        let before = counters(site, *member).await?;
        disks.push(HitDisk { member: *member, before, syncs, log });
    }
    set(site, members, faults).await?;
    let since = site.session.recorder.clock().now();
    Ok(Active { disks, ..Active::of(members.to_vec(), since, Evidence::new()) })
}

/// Sets what is wrong with the disks of members.
pub(super) async fn set(
    site: &Site,
    members: &[MemberIndex],
    faults: DiskFaults,
) -> Result<(), InjectError> {
    for member in members {
        site.with_disk(*member, move |disk| {
            disk.set(faults);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// What a member's disk has done.
pub(super) async fn counters(
    site: &Site,
    member: MemberIndex,
) -> Result<DiskCounters, InjectError> {
    site.with_disk(member, |disk| Ok(disk.counters())).await
}

/// Fails the power of members at once: kills them all, then loses what they had not synced.
/// Their disks have nothing wrong with them afterwards.
pub(super) async fn fail_power(
    site: &Site,
    members: &[MemberIndex],
    (loss, seed): (Loss, u64),
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    for member in members {
        kill(site, *member, evidence).await?;
    }
    for member in members {
        let seed = seed ^ u64::from(member.0);
        let lost = site.with_disk(*member, move |disk| disk.power_failure(loss, seed)).await?;
        evidence.insert(format!("{member}-lost-operations"), lost.operations.to_string());
        evidence.insert(format!("{member}-lost-bytes"), lost.bytes.to_string());
    }
    set(site, members, DiskFaults::default()).await
}

/// Makes sure that a member answers whose disk is good again; one that was struck by an error
/// gets time to end, and is started again.
pub(super) async fn come_back(
    site: &Site,
    index: MemberIndex,
    struck: bool,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    await_end(site, index, if struck { GRACE } else { Duration::ZERO }).await;
    let mut result = Ok(());
    for _ in 0..ATTEMPTS {
        if has_ended(site, index) {
            evidence.insert(format!("{index}-ended"), "true".to_owned());
            result = restart_all(site, &[index], evidence).await;
        } else {
            result = await_back(site, index, evidence).await;
        }
        if result.is_ok() {
            break;
        }
    }
    result
}

/// Waits until a member's process has ended, at most for `limit`; whether it has.
pub(super) async fn await_end(site: &Site, index: MemberIndex, limit: Duration) -> bool {
    let mut wait = Wait::new(&site.session, limit, LOOK_AGAIN);
    while wait.look().await {
        if has_ended(site, index) {
            return true;
        }
    }
    false
}

/// Whether a member's process has ended; an end that nobody has seen yet is recorded.
pub(super) fn has_ended(site: &Site, index: MemberIndex) -> bool {
    let member = site.member(index);
    if let Some(end) = member.take_end() {
        record_end(&site.session, index, end);
    }
    member.pid().is_none()
}
