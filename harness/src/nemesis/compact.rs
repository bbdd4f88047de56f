//! Compacts the store's history, some revisions behind its head.

use std::time::Duration;

use stormglass_checkers::history::{self, MemberIndex, Outcome, Request, Revision};
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::params::{count, flag};
use super::site::Site;
use crate::session::header;
use crate::target::{Target, Unsupported};

const ASK_LIMIT: Duration = Duration::from_secs(1);
const COMPACT_LIMIT: Duration = Duration::from_secs(10);

/// The fault `compact`.
pub(super) struct Compact;

impl Injector for Compact {
    fn kind(&self) -> &'static str {
        "compact"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        target.maintenance()
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let since = site.session.recorder.clock().now();
            // One request is enough: a compaction goes through raft to every member.
            let Some(member) = members.first().copied() else {
                return Err(InjectError::Failed("no member was chosen".to_owned()));
            };
            let revision = compact(site, fault, member).await?;
            let evidence = Evidence::from([("compacted-to".to_owned(), revision.to_string())]);
            Ok(Active::of(vec![member], since, evidence))
        })
    }

    fn heal<'a>(&'a self, _site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move { Ok(active.evidence) })
    }
}

async fn compact(
    site: &Site,
    fault: &PlannedFault,
    member: MemberIndex,
) -> Result<Revision, InjectError> {
    let revision = behind_head(site, member, count(fault, "lag")).await?;
    let mut connection = site.session.connect(member).await;
    let request =
        Request::Compact(history::Compact { revision, physical: flag(fault, "physical") });
    match site.session.operate(&mut connection, member, request, COMPACT_LIMIT).await {
        Outcome::Ok(_) => Ok(revision),
        outcome => Err(InjectError::Failed(format!("{member} answered {outcome:?}"))),
    }
}

/// The revision that is so far behind a member's newest, or the last one up to which the recorder
/// watches have shown everything: what is compacted before anybody has seen it can never be judged.
pub(super) async fn behind_head(
    site: &Site,
    member: MemberIndex,
    lag: u64,
) -> Result<Revision, InjectError> {
    let head = header(&site.session, member, ASK_LIMIT).await;
    let Some(head) = head else {
        return Err(InjectError::Failed(format!("{member} did not tell its revision")));
    };
    let behind = Revision(head.revision.0.saturating_sub(i64::try_from(lag).unwrap_or(i64::MAX)));
    let witnessed = site.session.recorder.moments().witnessed();
    let revision = witnessed.map_or(behind, |witnessed| behind.min(witnessed));
    if revision.0 < 1 {
        let message = format!("revision {} is too young to compact {lag} behind it", head.revision);
        return Err(InjectError::Failed(message));
    }
    Ok(revision)
}
