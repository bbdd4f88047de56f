//! The inner process makes itself at home in the new namespaces.

use std::io;

use super::{init, lifeline};
use crate::call::{check, named};
use crate::netns::TcpTuning;
use crate::{interface, mounts};

/// How the inner process found its namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Whether this kernel let TCP's retransmission timeout be bounded (6.15 and newer).
    /// Without it, connections may stay silent for many seconds after a partition heals.
    pub retransmission_bounded: bool,
}

/// Makes the inner process at home: it dies with the outer one, its mounts are its own, /proc
/// shows its own processes, `lo` is up, and TCP backs off for one second at most. Then it
/// forks: the parent stays as pid 1 and never returns, the harness is the child, in which
/// this returns.
///
/// Call it first of all, before any thread exists.
///
/// # Errors
/// When this process was not started by [`super::Isolation::spawn_inner`], when it has
/// threads, when the outer process is dead, or when the kernel refuses a step.
pub fn settle() -> io::Result<Settled> {
    let lifeline = lifeline::inherit()?;
    // In this order: who dies between the two lines is seen by the second.
    die_with_parent()?;
    lifeline::require_outer_alive(&lifeline)?;
    drop(lifeline);
    lifeline::require_first_in_namespace()?;
    in_words("cannot make mounts private", mounts::make_private())?;
    in_words("cannot mount a fresh /proc", mounts::mount_proc())?;
    interface::bring_up("lo")?;
    let retransmission_bounded = TcpTuning::default().apply();
    init::split()?;
    Ok(Settled { retransmission_bounded })
}

/// SIGKILL for this process when the thread that started it ends. Async-signal-safe when it
/// succeeds.
///
/// # Errors
/// When the kernel refuses.
pub fn die_with_parent() -> io::Result<()> {
    // SAFETY: this operation takes a signal number and no pointer.
    check(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) }, "prctl").map(|_| ())
}

fn in_words(attempt: &str, result: Result<(), i32>) -> io::Result<()> {
    result.map_err(|errno| named(attempt, &io::Error::from_raw_os_error(errno)))
}
