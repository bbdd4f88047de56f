//! The leader hands over its office, as before a planned stop of its machine.

use std::time::Duration;

use stormglass_checkers::history::{HexId, MemberIndex, MemberRef, Outcome, Request};
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::site::Site;
use super::target_choice::some_leader;
use crate::session::{Wait, leader, status};
use crate::target::{Target, Unsupported};

/// The old leader waits for the new one, at most for an election timeout and some.
const ASK_LIMIT: Duration = Duration::from_secs(5);
const STATUS_LIMIT: Duration = Duration::from_millis(500);
/// Elections of other causes may come between.
const MOVE_LIMIT: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The fault `move-leader`.
pub(super) struct MoveLeader;

impl Injector for MoveLeader {
    fn kind(&self) -> &'static str {
        "move-leader"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        target.maintenance()?;
        match target.members().len() {
            0..2 => Err(Unsupported::because(
                "a single member has nobody to hand over to: set `members` in `[cluster]` to 2 or \
                 more",
            )),
            _ => Ok(()),
        }
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        _fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let since = site.session.recorder.clock().now();
            let mut evidence = Evidence::new();
            if let Some(member) = members.first() {
                hand_over(site, *member, &mut evidence).await?;
            }
            Ok(Active::of(members.to_vec(), since, evidence))
        })
    }

    fn heal<'a>(&'a self, _site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move { Ok(active.evidence) })
    }
}

/// Moves the office to a member; to the next one if that holds it already.
async fn hand_over(
    site: &Site,
    wanted: MemberIndex,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let old = some_leader(&site.session).await.map_err(InjectError::Failed)?;
    let new = if wanted == old { next(site, old) } else { wanted };
    move_office(site, old, new, evidence).await
}

/// Makes sure that a member does not lead.
pub(super) async fn relieve(
    site: &Site,
    member: MemberIndex,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let old = some_leader(&site.session).await.map_err(InjectError::Failed)?;
    if old == member {
        move_office(site, old, next(site, old), evidence).await?;
    }
    Ok(())
}

fn next(site: &Site, member: MemberIndex) -> MemberIndex {
    MemberIndex((member.0 + 1) % site.session.member_count())
}

async fn move_office(
    site: &Site,
    old: MemberIndex,
    new: MemberIndex,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let id = id(site, new).await?;
    let mut connection = site.session.connect(old).await;
    let request = Request::MoveLeader(MemberRef { member_id: id });
    let outcome = site.session.operate(&mut connection, old, request, ASK_LIMIT).await;
    if let Outcome::Failed(refusal) = &outcome {
        return Err(InjectError::Failed(format!("{old} answered {refusal:?}")));
    }
    evidence.insert("leader-before".to_owned(), old.to_string());
    let mut wait = Wait::new(&site.session, MOVE_LIMIT, LOOK_AGAIN);
    while wait.look().await {
        if leader(&site.session).await == Some(new) {
            evidence.insert("leader-after".to_owned(), new.to_string());
            return Ok(());
        }
    }
    Err(InjectError::Missed(format!("{new} did not become the leader")))
}

/// A member's ID in the cluster, as it says itself.
async fn id(site: &Site, member: MemberIndex) -> Result<HexId, InjectError> {
    let told = status(&site.session, member, STATUS_LIMIT).await.and_then(|told| told.header);
    let told = told.map(|header| header.member_id);
    told.ok_or_else(|| InjectError::Failed(format!("{member} does not answer")))
}
