//! Defragments a member's database file; the member is blocked meanwhile.

use std::time::Duration;

use stormglass_checkers::history::{MemberIndex, Outcome, Request};
use stormglass_scenarios::plan::PlannedFault;

use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::params::flag;
use super::site::Site;
use super::work::Work;
use crate::session::Session;
use crate::target::{Target, Unsupported};

/// A defragmentation may take long on a large database.
const LIMIT: Duration = Duration::from_secs(30);

/// The fault `defragment`.
pub(super) struct Defragment;

impl Injector for Defragment {
    fn kind(&self) -> &'static str {
        "defragment"
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
            let mut evidence = Evidence::new();
            let mut together = Vec::new();
            for member in members {
                let (session, member) = (site.session.clone(), *member);
                let work = async move { (member, defragment(&session, member).await) };
                if flag(fault, "together") {
                    together.push(tokio::spawn(work));
                } else {
                    let (member, done) = work.await;
                    note(site, member, done, &mut evidence)?;
                }
            }
            for work in together {
                let done = work.await;
                let (member, done) =
                    done.map_err(|error| InjectError::Failed(error.to_string()))?;
                note(site, member, done, &mut evidence)?;
            }
            Ok(Active::of(members.to_vec(), since, evidence))
        })
    }

    fn heal<'a>(&'a self, _site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move { Ok(active.evidence) })
    }
}

fn note(
    site: &Site,
    member: MemberIndex,
    (outcome, took): (Outcome, Duration),
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let Outcome::Ok(_) = outcome else {
        return Err(InjectError::Failed(format!("{member} answered {outcome:?}")));
    };
    site.durations.learn(Work::Defragmentation, member, took);
    evidence.insert(format!("{member}-took-ms"), took.as_millis().to_string());
    Ok(())
}

/// One recorded defragmentation, and how long it took.
pub(super) async fn defragment(session: &Session, member: MemberIndex) -> (Outcome, Duration) {
    let clock = session.recorder.clock();
    let mut connection = session.connect(member).await;
    let began = clock.now();
    let request = Request::Defragment {};
    let outcome = session.operate(&mut connection, member, request, LIMIT).await;
    (outcome, Duration::from_nanos(clock.now().0.saturating_sub(began.0)))
}
