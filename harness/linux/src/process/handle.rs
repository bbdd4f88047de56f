//! A process that was started here.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::exit::Exit;
use super::tasks::{self, Activity};
use crate::call::{check, named};
use crate::pidfd;
use crate::signal::Signal;
use crate::time::Deadline;

/// How long a dropped process may take to die; then it is left to init.
const DROP_LIMIT: Duration = Duration::from_secs(2);
/// SIGSTOP is obeyed within microseconds unless a thread is in the middle of a system call.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// A running or ended process. Dropping it kills it and waits.
#[derive(Debug)]
pub struct Process {
    pid: u32,
    pidfd: OwnedFd,
    /// Known once the process has been waited for; the lock makes that happen once.
    exit: Mutex<Option<Exit>>,
}

impl Process {
    pub(super) fn new(pid: u32, pidfd: OwnedFd) -> Self {
        Self { pid, pidfd, exit: Mutex::new(None) }
    }

    /// The pid, in this program's pid namespace.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the process has been waited for, or may not be signalled.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        pidfd::send(self.pidfd.as_fd(), signal).map_err(|error| {
            named(&format!("cannot send {signal} to process {}", self.pid), &error)
        })
    }

    /// Pauses the process and waits until each of its threads is stopped: `kill` returns
    /// before that. Returns how long it took.
    ///
    /// # Errors
    /// `TimedOut` when a thread still ran after `limit` (the process stays signalled),
    /// `NotFound` when the process has ended.
    pub fn stop_and_wait(&self, limit: Duration) -> io::Result<Duration> {
        let deadline = Deadline::after(limit);
        self.signal(Signal::Stop)?;
        loop {
            let elapsed = deadline.elapsed();
            match tasks::activity(self.pid)? {
                Activity::Stopped => return Ok(elapsed),
                Activity::Ended => {
                    let message = format!("process {} ended before it could be paused", self.pid);
                    return Err(io::Error::new(io::ErrorKind::NotFound, message));
                }
                Activity::Running if deadline.remaining().is_zero() => {
                    let message = format!("process {} is not paused after {limit:?}", self.pid);
                    return Err(io::Error::new(io::ErrorKind::TimedOut, message));
                }
                Activity::Running => thread::sleep(LOOK_AGAIN),
            }
        }
    }

    /// Lets a paused process go on.
    ///
    /// # Errors
    /// As [`Process::signal`].
    pub fn resume(&self) -> io::Result<()> {
        self.signal(Signal::Continue)
    }

    /// How long processors have worked for the process, all its threads together.
    ///
    /// # Errors
    /// When the system does not tell, as after the end.
    pub fn processor_time(&self) -> io::Result<Duration> {
        tasks::processor_time(self.pid)
    }

    /// How the process ended, or `None` while it runs.
    ///
    /// # Errors
    /// When the process was waited for by somebody else.
    pub fn try_wait(&self) -> io::Result<Option<Exit>> {
        let mut exit = self.exit.lock().unwrap_or_else(PoisonError::into_inner);
        if exit.is_none() {
            *exit = reap(self.pidfd.as_fd())?;
        }
        Ok(*exit)
    }

    /// How the process ended, or `None` when it still runs after `limit`.
    ///
    /// # Errors
    /// As [`Process::try_wait`].
    pub fn wait_timeout(&self, limit: Duration) -> io::Result<Option<Exit>> {
        let deadline = Deadline::after(limit);
        loop {
            if let Some(exit) = self.try_wait()? {
                return Ok(Some(exit));
            }
            let remaining = deadline.remaining();
            if remaining.is_zero() {
                return Ok(None);
            }
            wait_readable(self.pidfd.as_fd(), remaining)?;
        }
    }

    /// Sends SIGKILL and waits for the end.
    ///
    /// # Errors
    /// `TimedOut` when the kernel has not ended the process after `limit`.
    pub fn kill_and_wait(&self, limit: Duration) -> io::Result<Exit> {
        if let Some(exit) = self.try_wait()? {
            return Ok(exit);
        }
        self.signal(Signal::Kill)?;
        self.wait_timeout(limit)?.ok_or_else(|| {
            let message = format!("process {} still there {limit:?} after SIGKILL", self.pid);
            io::Error::new(io::ErrorKind::TimedOut, message)
        })
    }
}

/// The pidfd: readable once the process has ended.
impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nobody is left to tell; `kill_and_wait` is for who wants to know.
        let _ = self.kill_and_wait(DROP_LIMIT);
    }
}

fn reap(pidfd: BorrowedFd<'_>) -> io::Result<Option<Exit>> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let id = pidfd.as_raw_fd().cast_unsigned();
    let options = libc::WEXITED | libc::WNOHANG;
    // SAFETY: the descriptor is open and the pointer is to one siginfo that outlives the call.
    check(unsafe { libc::waitid(libc::P_PIDFD, id, info.as_mut_ptr(), options) }, "waitid")?;
    // SAFETY: all zeroes is a valid siginfo, and the kernel wrote over it if a child ended.
    let info = unsafe { info.assume_init() };
    // SAFETY: waitid fills the fields of SIGCHLD, or leaves the zeroes.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    Ok(match (pid, info.si_code) {
        (0, _) => None,
        (_, libc::CLD_EXITED) => Some(Exit::Code(status)),
        (_, _) => Some(Exit::Signal(status)),
    })
}

/// Waits until the descriptor is readable, for at most about `limit`.
fn wait_readable(descriptor: BorrowedFd<'_>, limit: Duration) -> io::Result<()> {
    // Rounded up, so that a rest below a millisecond does not spin.
    let milliseconds = i32::try_from(limit.as_millis()).unwrap_or(i32::MAX - 1) + 1;
    let mut poll = libc::pollfd { fd: descriptor.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: the pointer is to one pollfd, as the count says.
    let result = check(unsafe { libc::poll(&raw mut poll, 1, milliseconds) }, "poll");
    match result {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
        result => result.map(|_| ()),
    }
}
