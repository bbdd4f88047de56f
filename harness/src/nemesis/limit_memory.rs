//! A limit on the memory that a member may take: the kernel drops what it caches for it, and ends
//! it when that does not help.

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::disks::{come_back, has_ended};
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::member_log::log_length;
use super::params::count;
use super::site::Site;
use crate::target::{MemoryUse, Target, Unsupported};

const KIB: u64 = 1024;

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
            let mut limited = Vec::new();
            for member in members {
                // That the kernel ends it, without a word, is what it should do.
                site.session.excuses.begin(*member, "", log_length(site, *member));
                limited.push(*member);
                if let Err(error) = limit(site, *member, count(fault, "spare"), &mut evidence).await
                {
                    for member in limited {
                        lift(site, member, &mut evidence).await?;
                    }
                    return Err(error);
                }
            }
            let since = site.session.recorder.clock().now();
            Ok(Active::of(limited, since, evidence))
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

/// Lets a member take this much more than it has, in KiB.
async fn limit(
    site: &Site,
    member: MemberIndex,
    spare: u64,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let before = site
        .with_memory(member, move |memory| {
            let before = memory.memory()?;
            memory.limit(Some(before.used + spare * KIB))?;
            Ok(before)
        })
        .await?;
    note(evidence, member, "before", before);
    let limit = (before.used / KIB + spare).to_string();
    evidence.insert(format!("{member}-limit-kib"), limit);
    Ok(())
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
        value.and_then(|value| value.parse().ok()).unwrap_or(0)
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
