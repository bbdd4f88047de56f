//! SIGKILL while a member works on something.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::disks::has_ended;
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::kill::{can_kill, kill, started_here};
use super::member_log::{log_length, log_line};
use super::params::span;
use super::restart::restart_all;
use super::site::Site;
use super::work::Work;
use crate::session::Wait;
use crate::target::{Target, Unsupported};

/// Of the measured duration: beyond it the work is likely to be over.
const SAFE_SHARE: f64 = 0.6;

/// A kill that comes after the work is tried again, knowing how long the work takes.
const ATTEMPTS: usize = 3;

/// A busy member takes up what it is asked for within this time.
const BEGIN_LIMIT: Duration = Duration::from_millis(500);
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// Work under way: it ends with the work or with the member, and tells whether the work was
/// over.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// A kind of fault that kills members within some work.
pub(super) struct KillDuring {
    pub(super) kind: &'static str,
    pub(super) work: Work,
    /// How long the work takes, before any was measured.
    pub(super) first_guess: Duration,
    /// What the member logs when it begins with it, where it does: a busy one begins late.
    pub(super) begins: Option<&'static str>,
    /// Prepares the work of one member; it begins when it is first polled.
    pub(super) prepare:
        for<'a> fn(&'a Site, &'a PlannedFault, MemberIndex) -> Injection<'a, Running<'a>>,
}

impl Injector for KillDuring {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_kill(target)?;
        started_here(target)
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
                match self.kill_in_time(site, fault, *member, &mut evidence).await {
                    Ok(true) => {}
                    Ok(false) => missed.push(member.to_string()),
                    Err(error) => {
                        start_again(site, members, &mut evidence).await?;
                        return Err(error);
                    }
                }
            }
            if !missed.is_empty() {
                evidence.insert(self.missed_key(), missed.join(" "));
            }
            let since = site.session.recorder.clock().now();
            Ok(Active::of(members.to_vec(), since, evidence))
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            restart_all(site, &active.members, &mut evidence).await?;
            match evidence.get(&self.missed_key()) {
                Some(who) => Err(InjectError::Missed(format!(
                    "the {} of {who} was over before the kill",
                    self.work
                ))),
                None => Ok(evidence),
            }
        })
    }
}

impl KillDuring {
    fn missed_key(&self) -> String {
        format!("{}-over-before-kill", self.work)
    }

    /// Kills the member within the work, in the first attempt that is not too late; returns
    /// whether there was one.
    async fn kill_in_time(
        &self,
        site: &Site,
        fault: &PlannedFault,
        member: MemberIndex,
        evidence: &mut Evidence,
    ) -> Result<bool, InjectError> {
        for attempt in 1..=ATTEMPTS {
            if self.kill_within(site, fault, member, evidence).await? {
                return Ok(true);
            }
            evidence.insert(format!("{member}-kills-too-late"), attempt.to_string());
            if attempt < ATTEMPTS {
                restart_all(site, &[member], evidence).await?;
            }
        }
        Ok(false)
    }

    /// Begins the work and kills the member in it; returns whether it was still under way.
    async fn kill_within(
        &self,
        site: &Site,
        fault: &PlannedFault,
        member: MemberIndex,
        evidence: &mut Evidence,
    ) -> Result<bool, InjectError> {
        let clock = site.session.recorder.clock();
        let work = (self.prepare)(site, fault, member).await?;
        let expected = site.durations.expected(self.work, member).unwrap_or(self.first_guess);
        let delay = delay(fault, expected);
        let log = log_length(site, member);
        let began = clock.now();
        let working = async { (work.await, clock.now()) };
        let killing = async {
            if let Some(line) = self.begins {
                await_line(site, member, log, line).await;
            }
            tokio::time::sleep(delay).await;
            kill(site, member, evidence).await
        };
        let ((over, ended), killed) = tokio::join!(working, killing);
        killed?;
        if over {
            let took = Duration::from_nanos(ended.0.saturating_sub(began.0));
            site.durations.learn(self.work, member, took);
        }
        evidence.insert(format!("{member}-killed-after-ms"), delay.as_millis().to_string());
        Ok(!over)
    }
}

/// Waits until a member's log has a line, from a byte on. Where it has none in time, nothing is
/// said about when the work began.
async fn await_line(site: &Site, member: MemberIndex, log: u64, line: &str) {
    let mut wait = Wait::new(&site.session, BEGIN_LIMIT, LOOK_AGAIN);
    while wait.look().await && log_line(site, member, log, line).is_none() {}
}

/// The plan's draw, scaled to how long the work takes here.
fn delay(fault: &PlannedFault, expected: Duration) -> Duration {
    let within = span(fault, "within").max(Duration::from_millis(1));
    let drawn = if fault.params.contains_key("kill-after") {
        span(fault, "kill-after").min(within)
    } else {
        within / 2
    };
    expected.mul_f64(SAFE_SHARE * drawn.as_secs_f64() / within.as_secs_f64())
}

/// Starts those that do not run: a fault that fails leaves nobody down.
pub(super) async fn start_again(
    site: &Site,
    members: &[MemberIndex],
    evidence: &mut Evidence,
) -> Result<(), InjectError> {
    let ended = members.iter().copied().filter(|member| has_ended(site, *member));
    let ended: Vec<MemberIndex> = ended.collect();
    restart_all(site, &ended, evidence).await
}
