//! Moves the wall clocks of members.

use std::io;
use std::time::Duration;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::clocks::{ask_all, can_move, change_all, lives, restore_all, unproven};
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::params::{jump, rate};
use super::site::Site;
use crate::client::off_by_ms;
use crate::clock::after;
use crate::session::Wait;
use crate::target::{Clocks, Target, Unsupported, Wall};

/// Dates have whole seconds, so an error below one shows within one.
const LOOK: Duration = Duration::from_millis(1_200);
const LOOK_AGAIN: Duration = Duration::from_millis(15);
/// For so long every date must be right before a clock passes for restored.
const RIGHT_FOR: Duration = Duration::from_secs(1);
/// A member that was paused or cut off meanwhile may be back so late.
const HEAL_LIMIT: Duration = Duration::from_secs(20);
const ASK_LIMIT: Duration = Duration::from_millis(500);
/// Flipping more often would only keep the machine busy.
const PERIOD_MIN: Duration = Duration::from_millis(2);
/// The evidence of a member.
const OFF_BY: &str = "date-off-by-ms";

/// The fault `clock-wall`.
pub(super) struct ClockWall;

impl Injector for ClockWall {
    fn kind(&self) -> &'static str {
        "clock-wall"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_move(target)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let wrong = Wrong::of(fault)?;
            change_all(site, members, move |clocks| wrong.apply(clocks), restore).await?;
            let since = site.session.recorder.clock().now();
            let lives = lives(site, members);
            let mut evidence = Evidence::new();
            let look = LOOK.min(Duration::from_nanos(fault.duration.0));
            see_wrong(site, members, look, &mut evidence).await;
            Ok(Active { lives, ..Active::of(members.to_vec(), since, evidence) })
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence.clone();
            // A drift may have needed its time.
            see_wrong(site, &active.members, LOOK, &mut evidence).await;
            let restored = restore_all(site, &active, &mut evidence, restore).await?;
            await_right(site, &restored).await?;
            match unproven(&restored, &evidence, OFF_BY) {
                missing if missing.is_empty() => Ok(evidence),
                missing => Err(InjectError::Missed(format!(
                    "no date that {} told was wrong",
                    missing.join(" and ")
                ))),
            }
        })
    }
}

fn restore(clocks: &dyn Clocks) -> io::Result<()> {
    clocks.set_wall(Wall::TRUE)
}

/// How a wall clock is to be wrong.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    Moved(Wall),
    Strobing { amplitude: Duration, period: Duration },
}

impl Wrong {
    fn of(fault: &PlannedFault) -> Result<Self, InjectError> {
        let span = |name| Duration::from_nanos(jump(fault, name).unsigned_abs());
        let amplitude = span("strobe");
        if !amplitude.is_zero() {
            return Ok(Self::Strobing { amplitude, period: span("period").max(PERIOD_MIN) });
        }
        let wall = Wall { offset: jump(fault, "jump"), rate: rate(fault, "rate") };
        if wall == Wall::TRUE {
            let message = "its clock would stay true: give it a jump, a rate or a strobe";
            return Err(InjectError::Failed(message.to_owned()));
        }
        Ok(Self::Moved(wall))
    }

    fn apply(self, clocks: &dyn Clocks) -> io::Result<()> {
        match self {
            Self::Moved(wall) => clocks.set_wall(wall),
            Self::Strobing { amplitude, period } => clocks.strobe_wall(amplitude, period),
        }
    }
}

/// Looks at the date of each member until it is wrong, where it was not seen wrong before.
async fn see_wrong(site: &Site, members: &[MemberIndex], limit: Duration, evidence: &mut Evidence) {
    let mut wait = Wait::new(&site.session, limit, LOOK_AGAIN);
    let mut missing = members.to_vec();
    while wait.look().await {
        missing.retain(|member| !evidence.contains_key(&format!("{member}-{OFF_BY}")));
        if missing.is_empty() {
            return;
        }
        for (member, off) in look_all(site, &missing).await {
            if let Ok(off) = off
                && off != 0
            {
                evidence.insert(format!("{member}-{OFF_BY}"), off.to_string());
            }
        }
    }
}

/// Waits until every date that members tell has been right for a while.
async fn await_right(site: &Site, members: &[MemberIndex]) -> Result<(), InjectError> {
    let clock = site.session.recorder.clock();
    let end = after(clock.now(), HEAL_LIMIT);
    let mut right_since = clock.now();
    while !members.is_empty() && clock.now() < after(right_since, RIGHT_FOR) {
        let asked = clock.now();
        for (member, off) in look_all(site, members).await {
            match off {
                Ok(0) => {}
                Ok(off) => {
                    let message = format!("the date of {member} is off by {off} ms after the heal");
                    return Err(InjectError::Failed(message));
                }
                Err(error) if asked >= end => {
                    let seconds = HEAL_LIMIT.as_secs();
                    return Err(InjectError::Failed(format!(
                        "{member} told no date within {seconds} s after the heal ({error})"
                    )));
                }
                Err(_) => right_since = clock.now(),
            }
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

/// By how many milliseconds the date that each member tells is wrong at least; 0 when it can
/// be right.
async fn look_all(site: &Site, members: &[MemberIndex]) -> Vec<(MemberIndex, io::Result<i64>)> {
    let off = |endpoint: &str| off_by_ms(endpoint, ASK_LIMIT);
    ask_all(site, members, off).await
}
