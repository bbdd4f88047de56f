//! SIGKILL while a defragmentation runs (#14685 was found that way).

use std::time::Duration;

use stormglass_checkers::history::{MemberIndex, Outcome};
use stormglass_scenarios::plan::PlannedFault;

use super::defragment::defragment;
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::kill::{can_kill, kill};
use super::restart::restart_all;
use super::site::Site;
use crate::target::{Target, Unsupported};

/// The plan's draw for the kill is relative to this, where nothing is said.
const DEFAULT_WITHIN: Duration = Duration::from_millis(100);
/// Assumed before any defragmentation was measured.
const FIRST_GUESS: Duration = Duration::from_millis(25);
/// Of the measured duration: beyond it the defragmentation is likely to be over.
const SAFE_SHARE: f64 = 0.6;

/// The fault `kill-defragment`.
pub(super) struct KillDefragment;

impl Injector for KillDefragment {
    fn kind(&self) -> &'static str {
        "kill-defragment"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_kill(target)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let mut evidence = Evidence::new();
            let mut missed = Vec::new();
            for member in members {
                if !kill_within(site, fault, *member, &mut evidence).await? {
                    missed.push(member.to_string());
                }
            }
            if !missed.is_empty() {
                evidence.insert("defragmentation-over-before-kill".to_owned(), missed.join(" "));
            }
            let since = site.session.recorder.clock().now();
            Ok(Active::of(members.to_vec(), since, evidence))
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            restart_all(site, &active.members, &mut evidence).await?;
            match evidence.get("defragmentation-over-before-kill") {
                Some(who) => Err(InjectError::Missed(format!(
                    "the defragmentation of {who} was over before the kill"
                ))),
                None => Ok(evidence),
            }
        })
    }
}

/// Starts a defragmentation and kills the member in it; returns whether it was still
/// running, which its missing answer proves.
async fn kill_within(
    site: &Site,
    fault: &PlannedFault,
    member: MemberIndex,
    evidence: &mut Evidence,
) -> Result<bool, InjectError> {
    let delay = delay(fault, site.defragmentation(member));
    let defragmenting = defragment(site, member);
    let killing = async {
        tokio::time::sleep(delay).await;
        kill(site, member, evidence).await
    };
    let ((outcome, took), killed) = tokio::join!(defragmenting, killing);
    killed?;
    let answered = matches!(outcome, Outcome::Ok(_));
    if answered {
        site.learn_defragmentation(member, took);
    }
    evidence.insert(format!("{member}-killed-after-ms"), delay.as_millis().to_string());
    Ok(!answered)
}

/// The plan's draw, scaled to how long a defragmentation takes here.
fn delay(fault: &PlannedFault, measured: Option<Duration>) -> Duration {
    let param =
        |name: &str| fault.params.get(name).and_then(|text| humantime::parse_duration(text).ok());
    let within = param("within").unwrap_or(DEFAULT_WITHIN).max(Duration::from_millis(1));
    let drawn = param("kill-after").unwrap_or(within / 2).min(within);
    let expected = measured.unwrap_or(FIRST_GUESS).mul_f64(SAFE_SHARE);
    expected.mul_f64(drawn.as_secs_f64() / within.as_secs_f64())
}
