//! A moment in which no thread of a process runs.
//!
//! Code that a thread is in the middle of may not be written: the thread would go on with
//! half an instruction. So every thread is stopped, and it is looked where each will go on.

use std::fs;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::thread;
use std::time::Duration;

use crate::call::named;
use crate::pidfd;
use crate::process::tasks::{is_gone, state};
use crate::signal::Signal;
use crate::time::Deadline;

/// Threads stop within a few milliseconds, under load too.
const LIMIT: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_micros(100);

/// A process whose threads can be stopped for a moment.
#[derive(Debug)]
pub(super) struct Stoppable {
    pid: u32,
    pidfd: OwnedFd,
}

/// What the threads are doing, taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// At least one can run.
    Running,
    /// None runs, but one would go on within the addresses to keep out of.
    Inside,
    /// None runs, and none is inside.
    Clear,
    /// There is none.
    Ended,
}

impl Stoppable {
    /// The process that has this pid now.
    pub(super) fn new(pid: u32) -> io::Result<Self> {
        match pidfd::open(pid) {
            Ok(pidfd) => Ok(Self { pid, pidfd }),
            Err(error) if is_gone(&error) => Err(ended(pid)),
            Err(error) => Err(named("pidfd_open", &error)),
        }
    }

    /// Makes a change while no thread runs and none is inside of these addresses. A process
    /// that somebody has stopped before stays stopped.
    pub(super) fn while_stopped<T>(
        &self,
        keep_out: &[Range<u64>],
        change: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let deadline = Deadline::after(LIMIT);
        let stopped_before = self.is_stopped()?;
        loop {
            let resumed = (!stopped_before).then(|| self.stop()).transpose()?;
            match self.settle(keep_out, &deadline)? {
                Look::Ended => return Err(ended(self.pid)),
                Look::Clear => return change(),
                Look::Running | Look::Inside if deadline.remaining().is_zero() => {
                    let message = format!("the threads of process {} do not stop", self.pid);
                    return Err(io::Error::new(io::ErrorKind::TimedOut, message));
                }
                // Let them go on a little: a thread leaves in nanoseconds.
                Look::Running | Look::Inside => {}
            }
            drop(resumed);
            thread::sleep(LOOK_AGAIN);
        }
    }

    fn stop(&self) -> io::Result<Resume<'_>> {
        match pidfd::send(self.pidfd.as_fd(), Signal::Stop) {
            Ok(()) => Ok(Resume(self)),
            Err(error) if is_gone(&error) => Err(ended(self.pid)),
            Err(error) => Err(named(&format!("cannot stop process {}", self.pid), &error)),
        }
    }

    /// Waits until no thread runs.
    fn settle(&self, keep_out: &[Range<u64>], deadline: &Deadline) -> io::Result<Look> {
        loop {
            match self.look(keep_out)? {
                Look::Running if !deadline.remaining().is_zero() => thread::sleep(LOOK_AGAIN),
                look => return Ok(look),
            }
        }
    }

    fn is_stopped(&self) -> io::Result<bool> {
        Ok(matches!(self.look(&[])?, Look::Clear | Look::Inside))
    }

    fn look(&self, keep_out: &[Range<u64>]) -> io::Result<Look> {
        let tasks = match fs::read_dir(format!("/proc/{}/task", self.pid)) {
            Err(error) if is_gone(&error) => return Ok(Look::Ended),
            tasks => tasks?,
        };
        let mut threads = Vec::new();
        for task in tasks {
            let task = task?.path();
            let read = |name| fs::read_to_string(task.join(name));
            match read("stat").and_then(|stat| Ok((stat, read("syscall")?))) {
                Ok((stat, call)) => threads.push(Thread::read(&stat, &call)),
                // This thread ended between the listing and the look.
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(judge(&threads, keep_out))
    }
}

/// Lets the process go on when dropped.
struct Resume<'a>(&'a Stoppable);

impl Drop for Resume<'_> {
    fn drop(&mut self) {
        // It fails when the process has ended: then nothing has to go on.
        let _ = pidfd::send(self.0.pidfd.as_fd(), Signal::Continue);
    }
}

/// A thread as the kernel tells of it.
#[derive(Clone, Copy, Debug)]
struct Thread {
    state: char,
    /// Where it will go on; `None` while it runs.
    address: Option<u64>,
}

impl Thread {
    /// From its `stat` and `syscall`, whose last word is the address.
    fn read(stat: &str, call: &str) -> Self {
        let address = call.split_whitespace().next_back().and_then(|word| word.strip_prefix("0x"));
        let address = address.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        Self { state: state(stat).unwrap_or('R'), address }
    }
}

fn judge(threads: &[Thread], keep_out: &[Range<u64>]) -> Look {
    let mut living = threads.iter().filter(|thread| !matches!(thread.state, 'Z' | 'X')).peekable();
    if living.peek().is_none() {
        return Look::Ended;
    }
    // One that sleeps in the kernel, as for a disk, stops before it comes back from there,
    // once the stop has reached another.
    let stopped = living.clone().any(|thread| matches!(thread.state, 'T' | 't'));
    let still = |thread: &Thread| matches!(thread.state, 'T' | 't' | 'D');
    if !stopped || !living.clone().all(still) {
        return Look::Running;
    }
    let inside = |address: u64| keep_out.iter().any(|range| range.contains(&address));
    // Where it is not known where a thread is, it may be inside.
    if living.any(|thread| thread.address.is_none_or(inside)) { Look::Inside } else { Look::Clear }
}

fn ended(pid: u32) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("process {pid} has ended"))
}

#[cfg(test)]
mod tests {
    use super::{Look, Stoppable, Thread, judge};

    fn thread(state: char, call: &str) -> Thread {
        Thread::read(&format!("42 (a) T (b)) {state} 1 42"), call)
    }

    #[test]
    fn threads_are_clear_when_all_are_stopped_outside() {
        let inside = 0x101..0x105;
        let keep_out = std::slice::from_ref(&inside);
        let waits = "202 0x1 0x80 0x0 0x0 0x0 0x0 0x7ffc 0x7f00";
        let stopped = thread('T', "-1 0x7ffd14f8 0x100");
        assert_eq!(judge(&[stopped, thread('T', waits)], keep_out), Look::Clear);
        assert_eq!(judge(&[stopped, thread('D', waits)], keep_out), Look::Clear);
        assert_eq!(judge(&[stopped, thread('Z', "")], keep_out), Look::Clear);
        assert_eq!(judge(&[stopped, thread('S', waits)], keep_out), Look::Running);
        assert_eq!(judge(&[thread('D', waits)], keep_out), Look::Running);
        assert_eq!(judge(&[stopped, thread('T', "-1 0x7ffd 0x104")], keep_out), Look::Inside);
        assert_eq!(judge(&[stopped, thread('T', "running")], keep_out), Look::Inside);
        assert_eq!(judge(&[thread('Z', "")], keep_out), Look::Ended);
        assert_eq!(judge(&[], keep_out), Look::Ended);
    }

    #[test]
    fn a_process_that_is_not_there_has_ended() {
        // No pid is as large.
        let error = Stoppable::new(1 << 30).expect_err("no such process");
        assert_eq!(error.to_string(), "process 1073741824 has ended");
    }
}
