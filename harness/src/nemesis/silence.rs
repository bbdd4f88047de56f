//! Proof that a member of a cluster that we have not started is out of service.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;

use super::injector::{Evidence, InjectError};
use super::site::Site;
use crate::session::header;

/// A member that serves answers sooner.
const LIMIT: Duration = Duration::from_millis(500);

/// Where only an owner's command says that a member is out of service, it must not answer.
pub(super) async fn must_be_silent(
    site: &Site,
    member: MemberIndex,
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    if !site.session.target.runs_already() {
        return Ok(());
    }
    if header(&site.session, member, LIMIT).await.is_some() {
        let message = format!("{member} still answers after the command that the scenario gives");
        return Err(InjectError::Missed(message));
    }
    evidence.insert(format!("{member}-silent"), "true".to_owned());
    Ok(())
}
