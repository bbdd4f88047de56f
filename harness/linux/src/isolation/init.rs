//! Pid 1 of the run: starts the harness, reaps every stray, passes signals on, and ends when
//! the harness ends, which makes the kernel kill all that is left.

use std::io;
use std::time::Duration;

use super::FORWARDED;
use super::settle::die_with_parent;
use crate::call::check;
use crate::signal::{self, SignalSet};

/// A lost SIGCHLD must not hang the run: children are looked at this often anyway.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The shell's way to show a death by signal as an exit code.
const SIGNAL_BASE: libc::c_int = 128;
/// `EX_SOFTWARE`: the harness is gone and nobody knows how.
const LOST: libc::c_int = 70;

/// Forks. The parent becomes init and never returns; the child returns, as the harness.
///
/// The caller must be the only thread of this process: [`super::lifeline::inherit`] has seen
/// to that.
pub(super) fn split() -> io::Result<()> {
    signal::restore_default(libc::SIGCHLD);
    let mut numbers = FORWARDED.to_vec();
    numbers.push(libc::SIGCHLD);
    let signals = SignalSet::of(&numbers);
    let previous = signals.block()?;
    // SAFETY: this process has one thread, so the child has a whole copy of its state.
    let harness = check(unsafe { libc::fork() }, "fork")?;
    if harness != 0 {
        // SAFETY: the name is NUL-terminated and at most 15 bytes long.
        unsafe { libc::prctl(libc::PR_SET_NAME, c"stormglass-init".as_ptr()) };
        serve(harness, &signals);
    }
    previous.install_as_mask()?;
    die_with_parent()
}

/// Reaps and forwards until the harness ends. Not a busy loop: each turn waits for a signal.
fn serve(harness: libc::pid_t, signals: &SignalSet) -> ! {
    loop {
        if let Some(code) = reap(harness) {
            // SAFETY: ends this process without running destructors or flushing buffers that
            // the harness has its own copy of.
            unsafe { libc::_exit(code) }
        }
        match signals.wait(LOOK_AGAIN) {
            Ok(None | Some(libc::SIGCHLD)) => {}
            // SAFETY: kill takes no pointers; the harness has not been waited for, so the pid
            // is still its own.
            Ok(Some(signal)) => unsafe {
                libc::kill(harness, signal);
            },
            Err(_) => std::thread::sleep(LOOK_AGAIN),
        }
    }
}

/// Takes every child that has ended; the exit code once the harness is among them.
fn reap(harness: libc::pid_t) -> Option<libc::c_int> {
    loop {
        let mut status = 0;
        // SAFETY: the pointer is to one integer that outlives the call.
        match unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) } {
            0 => return None,
            -1 => return Some(LOST),
            child if child == harness => return Some(exit_code(status)),
            _stray => {}
        }
    }
}

fn exit_code(status: libc::c_int) -> libc::c_int {
    if libc::WIFSIGNALED(status) {
        SIGNAL_BASE + libc::WTERMSIG(status)
    } else {
        libc::WEXITSTATUS(status)
    }
}

#[cfg(test)]
mod tests {
    use super::exit_code;

    #[test]
    fn a_death_by_signal_is_told_from_an_exit() {
        assert_eq!(exit_code(3 << 8), 3);
        assert_eq!(exit_code(libc::SIGKILL), 137);
    }
}
