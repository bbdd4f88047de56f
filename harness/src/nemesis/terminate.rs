//! SIGTERM, and a start on the same data directory.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::kill::{can_kill, kill, started_here};
use super::kill_during::start_again;
use super::member_log::{log_length, log_line};
use super::restart::restart_all;
use super::site::{Site, blocking};
use crate::session::record_end;
use crate::target::{MemberEnd, Target, Unsupported};

/// etcd waits for open streams up to five seconds and two election timeouts, and a leader
/// first hands over its office.
const LIMIT: Duration = Duration::from_secs(25);
/// What every release says of the signal.
const SAYS: &str = "shutting down";

/// The fault `terminate`.
pub(super) struct Terminate;

impl Injector for Terminate {
    fn kind(&self) -> &'static str {
        "terminate"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_kill(target)?;
        started_here(target)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        _fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let mut evidence = Evidence::new();
            if let Err(error) = stop_all(site, members, &mut evidence).await {
                start_again(site, members, &mut evidence).await?;
                return Err(error);
            }
            let since = site.session.recorder.clock().now();
            Ok(Active::of(members.to_vec(), since, evidence))
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            restart_all(site, &active.members, &mut evidence).await?;
            let says = |member: &&MemberIndex| evidence.contains_key(&format!("{member}-says"));
            match active.members.iter().find(|member| !says(member)) {
                None => Ok(evidence),
                Some(member) => {
                    Err(InjectError::Missed(format!("the log of {member} tells of no signal")))
                }
            }
        })
    }
}

/// Asks all members to end at the same time, and waits for each. One that does not is killed.
pub(super) async fn stop_all(
    site: &Site,
    members: &[MemberIndex],
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let clock = site.session.recorder.clock();
    let began = clock.now();
    let mut ending = Vec::new();
    for index in members {
        let (member, log) = (site.member(*index), log_length(site, *index));
        let stop = blocking(move || Ok(member.kill()?.stop(LIMIT)?));
        ending.push((*index, log, tokio::spawn(stop)));
    }
    let mut result = Ok(());
    for (index, log, ended) in ending {
        let ended = ended.await.map_err(|error| InjectError::Failed(error.to_string()));
        match ended.and_then(|ended| ended) {
            Ok(end) => {
                let took = clock.now().0.saturating_sub(began.0) / 1_000_000;
                evidence.insert(format!("{index}-ended-after-ms"), took.to_string());
                note_end(site, index, log, end, evidence);
            }
            Err(error) => {
                if site.member(index).pid().is_some() {
                    kill(site, index, evidence).await?;
                }
                result = Err(error);
            }
        }
    }
    result
}

/// Records how a member ended and what it said of the signal.
fn note_end(site: &Site, index: MemberIndex, log: u64, end: MemberEnd, evidence: &mut Evidence) {
    evidence.insert(format!("{index}-ended-with"), end.status.clone());
    record_end(&site.session, index, end);
    if let Some(line) = log_line(site, index, log, SAYS) {
        evidence.insert(format!("{index}-says"), line);
    }
}
