//! The outer process enters its namespaces and starts the inner one.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::lifeline::{self, LIFELINE_VARIABLE};
use super::steps::Plan;
use super::supervise::{self, Inner};
use super::{IsolationRefused, explain_here, probe};

/// This process is in namespaces of its own; the next process that it starts is pid 1 there.
#[derive(Debug)]
pub struct Isolation {
    user_namespace: bool,
}

/// Moves this process into new net, mount and pid namespaces, and unless it is root's, a user
/// namespace in which it is root. Call it before any thread exists.
///
/// Everything is tried in a child first, and the namespaces are then made in one `unshare`:
/// when refused, this process is unchanged and may go on without isolation.
///
/// # Errors
/// One sentence that says what is refused and how to allow it.
pub fn enter() -> Result<Isolation, IsolationRefused> {
    lifeline::require_single_thread().map_err(|error| {
        IsolationRefused::new(error.to_string(), "this is a bug of Stormglass, please report it")
    })?;
    probe()?;
    let plan = Plan::for_this_process();
    let user_namespace = plan.has_user_namespace();
    plan.carry_out().map_err(|failure| explain_here(failure, user_namespace))?;
    Ok(Isolation { user_namespace })
}

impl Isolation {
    /// Whether a user namespace was made, that is whether this was not started by root.
    pub fn has_user_namespace(&self) -> bool {
        self.user_namespace
    }

    /// Starts the inner process, which must call [`super::settle`] first of all. From here on
    /// this process blocks the signals that [`super::supervise`] passes on, so none is lost.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn spawn_inner(self, mut command: Command) -> io::Result<Inner> {
        let (inherited, held) = lifeline::pipe()?;
        let signals = supervise::block_signals()?;
        let (fd, mask) = (inherited.as_raw_fd(), signals.previous());
        command.env(LIFELINE_VARIABLE, fd.to_string()).process_group(0);
        // SAFETY: the closure runs between fork and exec and only makes async-signal-safe
        // calls (pthread_sigmask, fcntl) on values it owns; it allocates on no path that
        // succeeds. The descriptor is open: `inherited` lives until after the spawn.
        unsafe {
            command.pre_exec(move || {
                mask.install_as_mask()?;
                if libc::fcntl(fd, libc::F_SETFD, 0) < 0 {
                    return Err(io::Error::last_os_error());
                }
                Ok(())
            });
        }
        match command.spawn() {
            Ok(child) => Ok(Inner { child, signals, lifeline: held }),
            Err(error) => {
                signals.restore()?;
                Err(error)
            }
        }
    }
}
