//! The clocks of one process, in our hands.

use std::fs;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::freeze::Stoppable;
use super::hook::{SEQUENCE_AT, SLOT_BYTES, slot_at};
use super::line::Line;
use super::memory::Memory;
use super::patch::install;
use super::poke::poke;
use super::rate::{Rate, Wall};
use super::ticker::Ticker;
use crate::time::reading;

/// How far a fast clock may run on unseen: as long as a raft tick takes at the usual
/// settings, halved.
const UNSEEN: Duration = Duration::from_millis(50);
/// Between these bounds the process is woken.
const POKE_EVERY: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(10));

/// Moves the clocks of one process. Dropping it leaves them as they are.
///
/// The wall clock is `CLOCK_REALTIME` with its coarse form, TAI, `gettimeofday` and `time`;
/// the monotonic clock is `CLOCK_MONOTONIC` with its coarse form. Other clocks stay true.
#[derive(Debug)]
pub struct Skew {
    clocks: Arc<Clocks>,
    /// Flips the wall clock.
    strobe: Option<Ticker>,
    /// Wakes the process while its monotonic clock is fast.
    poker: Option<Ticker>,
}

impl Skew {
    /// Takes hold of a process's clocks, and moves none of them yet. Its threads are stopped
    /// for about a millisecond; nobody else may stop or resume it meanwhile. A process whose
    /// clocks have been moved before keeps them where they are.
    ///
    /// # Errors
    /// `NotFound` when the process has ended, otherwise in one sentence what is missing and
    /// how to get it.
    pub fn attach(pid: u32) -> io::Result<Self> {
        let process = Stoppable::new(pid)?;
        let memory = Memory::open(pid)?;
        require_same_clocks(pid)?;
        let at = install(&process, &memory)?;
        let lines = Lines::read(&memory, at)?;
        let clocks = Clocks { pid, process, memory, at, lines: Mutex::new(lines) };
        Ok(Self { clocks: Arc::new(clocks), strobe: None, poker: None })
    }

    /// Moves the wall clock; [`Wall::TRUE`] restores it.
    ///
    /// # Errors
    /// `NotFound` when the process has ended.
    pub fn set_wall(&mut self, wall: Wall) -> io::Result<()> {
        self.strobe = None;
        self.clocks.set_wall(wall)
    }

    /// Lets the wall clock jump to and fro, from `amplitude` ahead of the true time to as
    /// much behind it, once each in a period, until it is set or this is dropped.
    ///
    /// # Errors
    /// As [`Skew::set_wall`].
    pub fn strobe_wall(&mut self, amplitude: Duration, period: Duration) -> io::Result<()> {
        let mut offset = nanos(amplitude);
        self.set_wall(Wall { offset, rate: Rate::TRUE })?;
        let clocks = Arc::clone(&self.clocks);
        let flip = move || {
            offset = -offset;
            clocks.set_wall(Wall { offset, rate: Rate::TRUE })
        };
        self.strobe = Some(Ticker::start("strobe", period / 2, flip)?);
        Ok(())
    }

    /// Sets the rate of the monotonic clock, and lets it jump forward. It never steps back:
    /// what it has gained or lost stays when it is set to [`Rate::TRUE`].
    ///
    /// # Errors
    /// As [`Skew::set_wall`].
    pub fn set_monotonic(&mut self, rate: Rate, jump: Duration) -> io::Result<()> {
        self.poker = None;
        self.clocks.set_monotonic(rate, nanos(jump))?;
        let pid = self.clocks.pid;
        if rate > Rate::TRUE {
            let every = UNSEEN.div_f64(rate.as_f64()).clamp(POKE_EVERY.0, POKE_EVERY.1);
            self.poker = Some(Ticker::start("poker", every, move || poke(pid))?);
        } else if !jump.is_zero() {
            poke(pid)?;
        }
        Ok(())
    }
}

/// What the threads of [`Skew`] share.
#[derive(Debug)]
struct Clocks {
    pid: u32,
    process: Stoppable,
    memory: Memory,
    /// Where the hook is.
    at: u64,
    lines: Mutex<Lines>,
}

impl Clocks {
    fn set_wall(&self, wall: Wall) -> io::Result<()> {
        let mut lines = self.lines();
        lines.wall = Line::of_wall(wall, reading(libc::CLOCK_REALTIME));
        lines.write(&self.memory, self.at)
    }

    fn set_monotonic(&self, rate: Rate, jump: i64) -> io::Result<()> {
        let mut lines = self.lines();
        let slower = rate < lines.monotonic.rate();
        let mut turn = || {
            let now = reading(libc::CLOCK_MONOTONIC);
            lines.monotonic = lines.monotonic.turned(now, rate, jump);
            lines.write(&self.memory, self.at)
        };
        // From our look at the clock to the write the process goes on by the old line. Had
        // that been the faster one, it might see more of it than the new line starts with.
        if slower { self.process.while_stopped(&[], turn) } else { turn() }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lines that hold in the process.
#[derive(Debug)]
struct Lines {
    sequence: u64,
    wall: Line,
    monotonic: Line,
}

impl Lines {
    fn read(memory: &Memory, hook: u64) -> io::Result<Self> {
        let mut bytes = [0; 8];
        memory.read(&mut bytes, hook + SEQUENCE_AT as u64)?;
        let sequence = u64::from_le_bytes(bytes);
        let mut slot = [0; SLOT_BYTES];
        memory.read(&mut slot, hook + slot_at(sequence) as u64)?;
        let (wall, monotonic) = slot.split_at(Line::BYTES);
        match (Line::decode(wall), Line::decode(monotonic)) {
            (Some(wall), Some(monotonic)) => Ok(Self { sequence, wall, monotonic }),
            _ => Err(io::Error::other("the clocks' hook is damaged: this is a bug")),
        }
    }

    /// Fills the slot that does not hold, and then lets it hold.
    fn write(&mut self, memory: &Memory, hook: u64) -> io::Result<()> {
        let sequence = self.sequence.wrapping_add(1);
        let mut slot = [0; SLOT_BYTES];
        slot[..Line::BYTES].copy_from_slice(&self.wall.encode());
        slot[Line::BYTES..].copy_from_slice(&self.monotonic.encode());
        memory.write(&slot, hook + slot_at(sequence) as u64)?;
        memory.write(&sequence.to_le_bytes(), hook + SEQUENCE_AT as u64)?;
        self.sequence = sequence;
        Ok(())
    }
}

/// Lines are over the time that this program reads: in another time namespace the process
/// has another monotonic clock.
fn require_same_clocks(pid: u32) -> io::Result<()> {
    let namespace = |of: &str| fs::read_link(format!("/proc/{of}/ns/time"));
    match (namespace("self"), namespace(&pid.to_string())) {
        (Ok(own), Ok(other)) if own != other => {
            let message =
                format!("process {pid} is in a time namespace of its own: start it without one");
            Err(io::Error::new(io::ErrorKind::Unsupported, message))
        }
        // A kernel without such namespaces has one clock for all.
        _ => Ok(()),
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
