//! Signals by name, and sets of them that a thread blocks and waits for.

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::time::Duration;

use libc::c_int;

/// A signal that Stormglass sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// `SIGHUP`.
    Hangup,
    /// `SIGINT`, as from Ctrl-C.
    Interrupt,
    /// `SIGQUIT`: a Go program prints its goroutines and ends.
    Quit,
    /// `SIGKILL`: ends a process whatever it does.
    Kill,
    /// `SIGTERM`: asks for a graceful end.
    Terminate,
    /// `SIGSTOP`: pauses a process whatever it does.
    Stop,
    /// `SIGCONT`: lets a paused process go on.
    Continue,
}

impl Signal {
    /// The number of the signal on this machine.
    pub const fn number(self) -> i32 {
        match self {
            Self::Hangup => libc::SIGHUP,
            Self::Interrupt => libc::SIGINT,
            Self::Quit => libc::SIGQUIT,
            Self::Kill => libc::SIGKILL,
            Self::Terminate => libc::SIGTERM,
            Self::Stop => libc::SIGSTOP,
            Self::Continue => libc::SIGCONT,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Quit => "SIGQUIT",
            Self::Kill => "SIGKILL",
            Self::Terminate => "SIGTERM",
            Self::Stop => "SIGSTOP",
            Self::Continue => "SIGCONT",
        })
    }
}

/// A set of signals. It allocates nothing, so a forked child may use it.
#[derive(Clone, Copy)]
pub(crate) struct SignalSet(libc::sigset_t);

impl SignalSet {
    /// The set of exactly these signal numbers.
    pub(crate) fn of(signals: &[c_int]) -> Self {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: sigemptyset initialises the set that it is given a valid pointer to, and
        // cannot fail for one; sigaddset then writes into that initialised set only.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            for signal in signals {
                libc::sigaddset(set.as_mut_ptr(), *signal);
            }
            Self(set.assume_init())
        }
    }

    /// Blocks these signals in the calling thread and returns its previous mask.
    pub(crate) fn block(&self) -> io::Result<Self> {
        self.change_mask(libc::SIG_BLOCK)
    }

    /// Makes this the calling thread's mask. Async-signal-safe when it succeeds.
    pub(crate) fn install_as_mask(&self) -> io::Result<()> {
        self.change_mask(libc::SIG_SETMASK).map(|_| ())
    }

    fn change_mask(&self, how: c_int) -> io::Result<Self> {
        let mut previous = Self::of(&[]);
        // SAFETY: both pointers are to initialised sets that outlive the call.
        let error = unsafe { libc::pthread_sigmask(how, &raw const self.0, &raw mut previous.0) };
        if error == 0 { Ok(previous) } else { Err(io::Error::from_raw_os_error(error)) }
    }

    /// Takes one pending signal of the set, which must be blocked; `None` when none came in
    /// time or the wait was interrupted.
    pub(crate) fn wait(&self, limit: Duration) -> io::Result<Option<c_int>> {
        let limit = timespec(limit);
        // SAFETY: the set and the limit are initialised and outlive the call; a null info
        // pointer is allowed and means that the caller wants the number only.
        let signal = unsafe {
            libc::sigtimedwait(&raw const self.0, std::ptr::null_mut(), &raw const limit)
        };
        if signal >= 0 {
            return Ok(Some(signal));
        }
        let error = io::Error::last_os_error();
        match error.raw_os_error() {
            Some(libc::EAGAIN | libc::EINTR) => Ok(None),
            _ => Err(error),
        }
    }
}

fn timespec(duration: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: libc::time_t::try_from(duration.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(duration.subsec_nanos().cast_signed()),
    }
}

/// Whether this process ignores the signal, as under `nohup`.
pub(crate) fn is_ignored(signal: c_int) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null new action only asks; the kernel fills the old one, for which all zeroes
    // is a valid value should the call fail.
    let action = unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr());
        action.assume_init()
    };
    action.sa_sigaction == libc::SIG_IGN
}

/// Gives the signal its default action again.
pub(crate) fn restore_default(signal: c_int) {
    // SAFETY: SIG_DFL installs no code of ours; no handler of this package is replaced.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Signal, SignalSet};

    #[test]
    fn a_blocked_signal_is_taken_once_and_then_no_more() {
        let set = SignalSet::of(&[libc::SIGUSR1]);
        let previous = set.block().expect("a mask can always be changed");
        // SAFETY: raises a signal that this thread has blocked, so nothing runs.
        unsafe { libc::pthread_kill(libc::pthread_self(), libc::SIGUSR1) };
        let wait = Duration::from_millis(10);
        assert_eq!(set.wait(wait).expect("the set is valid"), Some(libc::SIGUSR1));
        assert_eq!(set.wait(wait).expect("the set is valid"), None);
        previous.install_as_mask().expect("a mask can always be changed");
    }

    #[test]
    fn signals_carry_their_usual_names() {
        assert_eq!(Signal::Kill.to_string(), "SIGKILL");
        assert_eq!(Signal::Kill.number(), 9);
    }
}
