//! SIGSTOP and SIGCONT in turn, so that a member runs only for a share of the time.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use stormglass_checkers::history::MemberIndex;
use stormglass_scenarios::plan::PlannedFault;

use super::clocks::lives;
use super::injector::{Active, Evidence, InjectError, Injection, Injector};
use super::kill::started_here;
use super::params::percent;
use super::pause::{STOP_LIMIT, can_pause};
use super::restart::await_back;
use super::site::Site;
use crate::target::{Member, Target, Unsupported};

/// One stop and one run together.
const PERIOD: Duration = Duration::from_millis(100);
/// A member that never runs is paused, and one that always runs is not starved.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(99);

/// The fault `starve`.
pub(super) struct Starve;

impl Injector for Starve {
    fn kind(&self) -> &'static str {
        "starve"
    }

    fn supports(&self, target: &dyn Target) -> Result<(), Unsupported> {
        can_pause(target)?;
        started_here(target)
    }

    fn inject<'a>(
        &'a self,
        site: &'a Site,
        fault: &'a PlannedFault,
        members: &'a [MemberIndex],
    ) -> Injection<'a, Active> {
        Box::pin(async move {
            let run = run_time(fault);
            let since = site.session.recorder.clock().now();
            let mut active = Active::of(members.to_vec(), since, Evidence::new());
            active.lives = lives(site, members);
            for member in members {
                if let Err(error) = site.starved.begin(site.member(*member), run) {
                    site.starved.end(members);
                    return Err(error.into());
                }
            }
            Ok(active)
        })
    }

    fn heal<'a>(&'a self, site: &'a Site, active: Active) -> Injection<'a, Evidence> {
        Box::pin(async move {
            let mut evidence = active.evidence;
            let clock = site.session.recorder.clock();
            let took = clock.now().0.saturating_sub(active.since.0) / 1_000_000;
            let mut stops = 0;
            for (member, fed) in site.starved.end(&active.members) {
                stops += fed.stops;
                evidence.insert(format!("{member}-stops"), fed.stops.to_string());
                evidence.insert(format!("{member}-took-ms"), took.to_string());
                if let Some(worked) = fed.worked {
                    let worked = worked.as_millis().to_string();
                    evidence.insert(format!("{member}-processor-ms"), worked);
                }
            }
            // One that another fault has ended is started by that one.
            let lives = lives(site, &active.members);
            for member in active.members {
                if lives.get(&member) == active.lives.get(&member) {
                    await_back(site, member, &mut evidence).await?;
                }
            }
            if stops == 0 {
                return Err(InjectError::Missed("no member was ever stopped".to_owned()));
            }
            Ok(evidence)
        })
    }
}

/// How long a member runs in each period.
fn run_time(fault: &PlannedFault) -> Duration {
    let share = percent(fault, "share").clamp(0.0, 100.0) / 100.0;
    PERIOD.mul_f64(share).clamp(SHORTEST, LONGEST)
}

/// Members that hardly run, each with a thread that stops it and lets it go on.
#[derive(Default)]
pub(super) struct Starved {
    threads: Mutex<BTreeMap<MemberIndex, Starving>>,
}

/// What became of a member that hardly ran.
struct Fed {
    /// How often it was stopped.
    stops: u64,
    /// How long processors worked for it meanwhile, where it was not started again.
    worked: Option<Duration>,
}

impl Starved {
    fn begin(&self, member: Arc<dyn Member>, run: Duration) -> io::Result<()> {
        let index = member.index();
        let worked = member.pause().map_err(io::Error::other)?.processor_time()?;
        let starving = Starving::begin(member, run, worked)?;
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.insert(index, starving);
        Ok(())
    }

    /// Lets members run again.
    fn end(&self, members: &[MemberIndex]) -> Vec<(MemberIndex, Fed)> {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let end = |member: &MemberIndex| Some((*member, threads.remove(member)?.end()));
        members.iter().filter_map(end).collect()
    }
}

/// A member and the thread that starves it. However it goes, the member runs afterwards; when
/// the harness itself dies, the member dies with it.
struct Starving {
    member: Arc<dyn Member>,
    /// How long processors had worked for it before.
    worked: Duration,
    /// Closed when it shall end.
    quit: Option<Sender<Infallible>>,
    thread: Option<JoinHandle<u64>>,
}

impl Starving {
    fn begin(member: Arc<dyn Member>, run: Duration, worked: Duration) -> io::Result<Self> {
        let (quit, closed) = channel();
        let starved = Arc::clone(&member);
        let thread = thread::Builder::new()
            .name("starve".to_owned())
            .spawn(move || cycle(starved.as_ref(), run, &closed))?;
        Ok(Self { member, worked, quit: Some(quit), thread: Some(thread) })
    }

    fn end(mut self) -> Fed {
        let worked = self.member.pause().ok().and_then(|power| power.processor_time().ok());
        let worked = worked.and_then(|now| now.checked_sub(self.worked));
        Fed { stops: self.join(), worked }
    }

    fn join(&mut self) -> u64 {
        self.quit = None;
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

impl Drop for Starving {
    fn drop(&mut self) {
        self.join();
    }
}

/// Stops the member and lets it go on, until it is told to end or the member lives another
/// life; returns how often. The member runs when this ends: whoever else stops it meanwhile
/// waits for the same lock.
fn cycle(member: &dyn Member, run: Duration, closed: &Receiver<Infallible>) -> u64 {
    let life = || member.incarnation().map(|life| life.number);
    let first = life();
    let mut stops = 0;
    let Ok(power) = member.pause() else { return stops };
    while life() == first && member.pid().is_some() {
        if power.pause(STOP_LIMIT).is_ok() {
            stops += 1;
        }
        let over = is_closed(closed, PERIOD.saturating_sub(run));
        // To a process that runs, as after another fault's restart, SIGCONT does nothing. One
        // that cannot be signalled has ended.
        let _ = power.resume();
        if over || is_closed(closed, run) {
            break;
        }
    }
    stops
}

/// Waits, and tells whether the channel was closed meanwhile.
fn is_closed(channel: &Receiver<Infallible>, wait: Duration) -> bool {
    !matches!(channel.recv_timeout(wait), Err(RecvTimeoutError::Timeout))
}
