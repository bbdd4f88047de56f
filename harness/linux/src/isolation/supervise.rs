//! The outer process waits for the inner one and passes signals on.

use std::io;
use std::os::fd::OwnedFd;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use super::FORWARDED;
use crate::signal::{self, SignalSet};

/// A lost SIGCHLD must not hang the wait: the child is looked at this often anyway.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The inner process; hand it to [`supervise`]. It dies when the outer process ends.
#[must_use = "the outer process must wait for the inner one"]
#[derive(Debug)]
pub struct Inner {
    pub(super) child: Child,
    pub(super) signals: BlockedSignals,
    /// Open for as long as the outer process lives.
    pub(super) lifeline: OwnedFd,
}

impl Inner {
    /// The pid of the inner process as seen from outside.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

/// Waits for the inner process and returns its status: the harness's exit code, or 128 + N
/// when signal N ended the harness.
///
/// SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on to the inner process. It has a process
/// group of its own, so a terminal's Ctrl-C reaches it this way only, and once. Signals that
/// were ignored from the start (`nohup`) are neither taken nor passed on.
///
/// # Errors
/// When waiting fails, which the kernel does not do for a child of ours.
pub fn supervise(inner: Inner) -> io::Result<ExitStatus> {
    let Inner { mut child, signals, lifeline } = inner;
    // Not a busy loop: each turn waits for a signal. It ends with the inner process, and that
    // is bounded by the harness's own limits.
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        match signals.set.wait(LOOK_AGAIN)? {
            None | Some(libc::SIGCHLD) => {}
            Some(signal) => forward(child.id(), signal),
        }
    };
    drop(lifeline);
    signals.restore()?;
    Ok(status)
}

/// The signals that the outer process takes one by one, and what its mask was before.
pub(super) struct BlockedSignals {
    set: SignalSet,
    previous: SignalSet,
}

impl std::fmt::Debug for BlockedSignals {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("BlockedSignals").finish_non_exhaustive()
    }
}

impl BlockedSignals {
    pub(super) fn previous(&self) -> SignalSet {
        self.previous
    }

    pub(super) fn restore(&self) -> io::Result<()> {
        self.previous.install_as_mask()
    }
}

pub(super) fn block_signals() -> io::Result<BlockedSignals> {
    // With SIGCHLD ignored the kernel would reap the child and its status be lost.
    signal::restore_default(libc::SIGCHLD);
    let heeded = FORWARDED.into_iter().filter(|signal| !signal::is_ignored(*signal));
    let numbers: Vec<_> = heeded.chain([libc::SIGCHLD]).collect();
    let set = SignalSet::of(&numbers);
    Ok(BlockedSignals { set, previous: set.block()? })
}

fn forward(pid: u32, signal: libc::c_int) {
    // SAFETY: kill takes no pointers. The child has not been waited for, so its pid cannot
    // belong to anybody else; a failure means that it just ended, which the next turn sees.
    unsafe { libc::kill(pid.cast_signed(), signal) };
}
