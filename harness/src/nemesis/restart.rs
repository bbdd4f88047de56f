//! Starting members again, and knowing that they are back.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;

use super::injector::{Active, Evidence, InjectError, Injection};
use super::site::Site;
use crate::session::{await_answer, record_ready, record_start, start_member};

/// How long a member may take to answer after it starts or goes on.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// Starts members one after the other, and waits until each answers.
pub(super) async fn restart_all(
    site: &Site,
    members: &[MemberIndex],
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    for member in members {
        start(site, *member).await?;
    }
    for member in members {
        await_back(site, *member, evidence).await?;
        record_ready(&site.session, *member);
    }
    Ok(())
}

/// Starts a member.
pub(super) async fn start(site: &Site, member: MemberIndex) -> Result<(), InjectError> {
    let started = start_member(&site.session, member).await;
    let incarnation = started.map_err(|error| InjectError::Failed(error.to_string()))?;
    record_start(&site.session, member, incarnation);
    Ok(())
}

/// Heals by starting again whom a fault has ended.
pub(super) fn heal_by_restart(site: &Site, active: Active) -> Injection<'_, Evidence> {
    Box::pin(async move {
        let mut evidence = active.evidence;
        restart_all(site, &active.members, &mut evidence).await?;
        Ok(evidence)
    })
}

/// Waits until a member answers; how long that took is evidence of its absence's end.
pub(super) async fn await_back(
    site: &Site,
    member: MemberIndex,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let Some(took) = await_answer(&site.session, member, ANSWER_LIMIT).await else {
        let seconds = ANSWER_LIMIT.as_secs();
        return Err(InjectError::Failed(format!("{member} did not answer within {seconds} s")));
    };
    evidence.insert(format!("{member}-answered-after-ms"), took.as_millis().to_string());
    Ok(())
}
