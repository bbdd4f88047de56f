//! Moves the monotonic clocks of members.

use std::io;
use std::time::Duration;

use stormglass_checkers::history::{MemberIndex, Nanos};
use stormglass_scenarios::plan::PlannedFault;

use super::clocks::{ask_all, can_move, change_all, lives, restore_all, unproven};
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::params::{jump, rate};
use super::site::Site;
use crate::client::Countdown;
use crate::clock::Clock;
use crate::session::Wait;
use crate::target::{Clocks, Rate, Target, Unsupported};

/// How long a rate is measured at most, in true time; and never shorter than the other.
const MEASURE: (Duration, Duration) = (Duration::from_millis(300), Duration::from_millis(1_500));
/// How often it is measured before it passes for unchanged: the machine may be busy.
const ATTEMPTS: u32 = 3;
/// A request is with the member so long after it was sent.
const ARRIVED: Duration = Duration::from_millis(100);
/// A jump shows at once; a busy machine takes its time to tell.
const JUMP_SHOWS: Duration = Duration::from_secs(2);
/// What a restored clock is measured with.
const HEALED: Duration = Duration::from_millis(500);
/// A member that was cut off meanwhile may be back so late.
const HEAL_LIMIT: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// The evidence of a member: how long it took on the true clock.
const TOOK: &str = "took-ms";

/// The fault `clock-mono`.
pub(super) struct ClockMono;

impl Injector for ClockMono {
    fn kind(&self) -> &'static str {
        "clock-mono"
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
            let jumping = begin_jumps(site, members, wrong.jump).await;
            let apply = move |clocks: &dyn Clocks| clocks.set_monotonic(wrong.rate, wrong.jump);
            change_all(site, members, apply, restore).await?;
            let since = site.session.recorder.clock().now();
            let lives = lives(site, members);
            let mut evidence = Evidence::new();
            see_jumps(site, jumping, wrong.jump, &mut evidence).await;
            let held = Duration::from_nanos(fault.duration.0);
            see_rates(site, members, wrong.rate, held, &mut evidence).await;
            Ok(Active { lives, ..Active::of(members.to_vec(), since, evidence) })
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence.clone();
            let restored = restore_all(site, &active, &mut evidence, restore).await?;
            await_true(site, &restored).await?;
            match unproven(&restored, &evidence, TOOK) {
                missing if missing.is_empty() => Ok(evidence),
                missing => Err(InjectError::Missed(format!(
                    "{} counted a time limit as a true clock would",
                    missing.join(" and ")
                ))),
            }
        })
    }
}

fn restore(clocks: &dyn Clocks) -> io::Result<()> {
    clocks.set_monotonic(Rate::TRUE, Duration::ZERO)
}

/// How a monotonic clock is to be wrong.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    rate: Rate,
    jump: Duration,
}

impl Wrong {
    fn of(fault: &PlannedFault) -> Result<Self, InjectError> {
        let jump = Duration::from_nanos(jump(fault, "jump").unsigned_abs());
        let wrong = Self { rate: rate(fault, "rate"), jump };
        if wrong.rate == Rate::TRUE && jump.is_zero() {
            let message = "its clock would stay true: give it a jump or a rate";
            return Err(InjectError::Failed(message.to_owned()));
        }
        Ok(wrong)
    }
}

/// A countdown under way, and since when.
type Running = (MemberIndex, Nanos, Countdown);

/// Lets every member begin to count half of the jump; one that cannot be reached is left out.
async fn begin_jumps(site: &Site, members: &[MemberIndex], jump: Duration) -> Vec<Running> {
    let mut running = Vec::new();
    if jump.is_zero() {
        return running;
    }
    for member in members {
        if let Ok((began, countdown)) = start(site, *member, jump / 2).await {
            running.push((*member, began, countdown));
        }
    }
    tokio::time::sleep(ARRIVED.min(jump / 8)).await;
    running
}

/// Whether half of the jump was over much earlier than on a true clock.
async fn see_jumps(site: &Site, running: Vec<Running>, jump: Duration, evidence: &mut Evidence) {
    let clock = site.session.recorder.clock();
    for (member, began, countdown) in running {
        if let Ok(took) = finish(clock, began, countdown, JUMP_SHOWS).await
            && took < jump.mul_f64(0.4)
        {
            note(evidence, member, jump / 2, took);
        }
    }
}

/// Lets every member count a time that takes as long as planned if its rate is the wanted one.
async fn see_rates(
    site: &Site,
    members: &[MemberIndex],
    rate: Rate,
    held: Duration,
    evidence: &mut Evidence,
) {
    if rate == Rate::TRUE {
        return;
    }
    let expected = (held / 2).clamp(MEASURE.0, MEASURE.1);
    let limit = expected.mul_f64(rate.as_f64());
    let mut missing = members.to_vec();
    for _ in 0..ATTEMPTS {
        for (member, took) in count_all(site, &missing, limit, expected * 3).await {
            if let Ok(took) = took
                && shows(rate, limit, took)
            {
                note(evidence, member, limit, took);
                missing.retain(|other| *other != member);
            }
        }
    }
}

/// Whether the time that a limit took is nearer to the wanted rate than to a true clock; both
/// as factors. A limit that was over at once was refused.
fn shows(rate: Rate, limit: Duration, took: Duration) -> bool {
    let wanted = rate.as_f64();
    let seen = limit.as_secs_f64() / took.as_secs_f64().max(1e-6);
    let between = wanted.sqrt();
    if wanted > 1.0 { seen > between && seen < wanted * 1.5 } else { seen < between }
}

fn note(evidence: &mut Evidence, member: MemberIndex, counted: Duration, took: Duration) {
    evidence.insert(format!("{member}-counted-ms"), counted.as_millis().to_string());
    evidence.insert(format!("{member}-{TOOK}"), took.as_millis().to_string());
}

/// Waits until members count time at the true rate again, as far as a busy machine can tell.
async fn await_true(site: &Site, members: &[MemberIndex]) -> Result<(), InjectError> {
    let mut wait = Wait::new(&site.session, HEAL_LIMIT, LOOK_AGAIN);
    let mut missing = members.to_vec();
    let mut last = String::new();
    while !missing.is_empty() && wait.look().await {
        for (member, took) in count_all(site, &missing, HEALED, HEALED * 4).await {
            match took {
                Ok(took) if took > HEALED.mul_f64(0.95) && took < HEALED.mul_f64(1.2) => {
                    missing.retain(|other| *other != member);
                }
                Ok(took) => last = format!("{member} counted {HEALED:?} in {took:?}"),
                Err(error) => last = format!("{member}: {error}"),
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let seconds = HEAL_LIMIT.as_secs();
    Err(InjectError::Failed(format!(
        "not every clock ran true within {seconds} s after the heal: {last}"
    )))
}

/// How long each member takes to count a time limit, all at once.
async fn count_all(
    site: &Site,
    members: &[MemberIndex],
    limit: Duration,
    patience: Duration,
) -> Vec<(MemberIndex, io::Result<Duration>)> {
    let clock = site.session.recorder.clock();
    let count = move |endpoint: &str| {
        let countdown = Countdown::start(endpoint, limit)?;
        wait(clock, clock.now(), countdown, patience)
    };
    ask_all(site, members, count).await
}

/// How long a countdown that began at an instant takes. It blocks.
fn wait(
    clock: Clock,
    began: Nanos,
    countdown: Countdown,
    patience: Duration,
) -> io::Result<Duration> {
    countdown.wait(patience)?;
    Ok(Duration::from_nanos(clock.now().0.saturating_sub(began.0)))
}

async fn start(
    site: &Site,
    member: MemberIndex,
    limit: Duration,
) -> io::Result<(Nanos, Countdown)> {
    let endpoint = site.member(member).client_url().to_owned();
    let clock = site.session.recorder.clock();
    let start = move || {
        let countdown = Countdown::start(&endpoint, limit)?;
        Ok((clock.now(), countdown))
    };
    tokio::task::spawn_blocking(start).await.map_err(io::Error::other)?
}

async fn finish(
    clock: Clock,
    began: Nanos,
    countdown: Countdown,
    patience: Duration,
) -> io::Result<Duration> {
    let wait = move || wait(clock, began, countdown, patience);
    tokio::task::spawn_blocking(wait).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::{Duration, Rate, shows};

    #[test]
    fn a_limit_shows_a_rate_that_it_is_nearer_to() {
        let shown = |rate, took| {
            let rate = Rate::new(rate).expect("a rate");
            shows(rate, Duration::from_secs(1), Duration::from_millis(took))
        };
        assert!(shown(2.0, 500));
        assert!(shown(2.0, 600));
        assert!(!shown(2.0, 900));
        assert!(!shown(2.0, 3), "it was refused");
        assert!(shown(0.5, 2_000));
        assert!(!shown(0.5, 1_100));
    }
}
