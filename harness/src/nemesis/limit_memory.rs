//! A limit on the memory that a member may take: the kernel drops what it caches for it, and ends
//! it when that does not help.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::disks::{come_back, has_ended};
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::member_log::log_length;
use super::params::count;
use super::site::Site;
use crate::session::Wait;
use crate::target::{Memory, MemoryUse, Target, Unsupported};

const KIB: u64 = 1024;
/// Shorter than a member needs to take again what it has given back.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The fault `limit-memory`.
pub(super) struct LimitMemory;

impl Injector for LimitMemory {
    fn kind(&self) -> &'static str {
        "limit-memory"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        target.members().iter().try_for_each(|member| member.memory().map(drop))
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let mut evidence = Evidence::new();
            let since = site.session.recorder.clock().now();
            if let Err(error) = limit(site, fault, members, &mut evidence).await {
                for member in members {
                    lift(site, *member, &mut evidence).await?;
                }
                return Err(error);
            }
            Ok(Active::of(members.to_vec(), since, evidence))
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            let mut hits = 0;
            for member in active.members {
                hits += lift(site, member, &mut evidence).await?;
            }
            if hits == 0 {
                return Err(InjectError::Missed("no member wanted more than it had".to_owned()));
            }
            Ok(evidence)
        })
    }
}

/// Lets members take hardly more than they have, and their limits follow them down, until each
/// wanted more, or the fault's time is over.
async fn limit(
    site: &Site,
    fault: &PlannedFault,
    members: &[MemberIndex],
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let spare = count(fault, "spare") * KIB;
    let mut wait = Wait::new(&site.session, Duration::from_nanos(fault.duration.0), LOOK_AGAIN);
    let mut limited = Vec::new();
    for member in members {
        // That the kernel ends it, without a word, is what it should do.
        site.session.excuses.begin(*member, "", log_length(site, *member));
        let before = site.with_memory(*member, |memory| memory.memory()).await?;
        note(evidence, *member, "before", before);
        limited.push(Limited { member: *member, hits: before.hits, limit: u64::MAX });
    }
    while !limited.is_empty() && !site.session.stop.is_raised() && wait.look().await {
        let mut not_hit = Vec::new();
        for one in limited {
            not_hit.extend(one.lower(site, spare, evidence).await?);
        }
        limited = not_hit;
    }
    Ok(())
}

/// A member that has not yet wanted more than it may take.
struct Limited {
    member: MemberIndex,
    /// How often its limit was hit before the fault.
    hits: u64,
    /// In bytes.
    limit: u64,
}

impl Limited {
    /// Limits it to what it has now, if that is less than before; nothing if it was hit.
    async fn lower(
        self,
        site: &Site,
        spare: u64,
        evidence: &mut Evidence,
    ) -> Result<Option<Self>, InjectError> {
        let Self { member, hits, limit } = self;
        let lower = move |memory: &dyn Memory| {
            let is_hit = memory.memory()?.hits > hits;
            if is_hit { Ok(None) } else { memory.confine(spare, limit).map(Some) }
        };
        let Some(limit) = site.with_memory(member, lower).await? else { return Ok(None) };
        evidence.insert(format!("{member}-limit-kib"), (limit / KIB).to_string());
        Ok(Some(Self { member, hits, limit }))
    }
}

/// Lifts the limit of a member, and starts it if it has ended; returns how often it wanted more.
async fn lift(
    site: &Site,
    member: MemberIndex,
    evidence: &mut Evidence,
) -> Result<u64, InjectError> {
    let after = site
        .with_memory(member, |memory| {
            memory.limit(None)?;
            memory.memory()
        })
        .await?;
    let before = |name: &str| {
        let value = evidence.get(&format!("{member}-{name}-before"));
        // One that was never limited was not hit.
        value.and_then(|value| value.parse().ok()).unwrap_or(u64::MAX)
    };
    let hits = after.hits.saturating_sub(before("limit-hits"));
    let kills = after.kills.saturating_sub(before("kernel-kills"));
    note(evidence, member, "after", after);
    let ended = kills > 0 || has_ended(site, member);
    let back = come_back(site, member, ended, evidence).await;
    site.session.excuses.end(member);
    back.map(|()| hits)
}

fn note(evidence: &mut Evidence, member: MemberIndex, when: &str, memory: MemoryUse) {
    let MemoryUse { used, hits, kills } = memory;
    let facts = [("used-kib", used / KIB), ("limit-hits", hits), ("kernel-kills", kills)];
    for (name, value) in facts {
        evidence.insert(format!("{member}-{name}-{when}"), value.to_string());
    }
}
