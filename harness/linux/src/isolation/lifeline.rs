//! The pipe by which the inner process learns whether the outer one is still alive.
//!
//! `PR_SET_PDEATHSIG` says nothing about a parent that died before it was set, and in a new
//! pid namespace `getppid` is 0 either way. The outer process holds the write end and closes
//! it only by dying; the inner one looks for the end of the pipe after setting the signal.

use std::env;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::call::check;

/// Names the inherited descriptor; its presence marks the inner process.
pub(crate) const LIFELINE_VARIABLE: &str = "STORMGLASS_LIFELINE_FD";

/// Whether this process was started by [`super::Isolation::spawn_inner`] and has not settled
/// yet: then [`super::settle`] is to be called first.
pub fn is_inner() -> bool {
    env::var_os(LIFELINE_VARIABLE).is_some()
}

/// The read and the write end, both closed on exec.
pub(super) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [-1; 2];
    // SAFETY: the pointer is to two integers, which is what pipe2 writes.
    check(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) }, "pipe2")?;
    // SAFETY: the kernel just returned both descriptors, and nobody else owns them.
    Ok(unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) })
}

/// Takes the inherited read end; the variable is removed, so nothing started later sees it.
/// The caller must be the only thread of this process.
pub(super) fn inherit() -> io::Result<OwnedFd> {
    let value = env::var(LIFELINE_VARIABLE).map_err(|_| not_inner())?;
    require_single_thread()?;
    // SAFETY: this is the only thread (checked above), so nobody reads the environment.
    unsafe { env::remove_var(LIFELINE_VARIABLE) };
    let fd: i32 = value.parse().map_err(|_| not_inner())?;
    let link = fs::read_link(format!("/proc/self/fd/{fd}")).map_err(|_| not_inner())?;
    if fd <= libc::STDERR_FILENO || !link.to_string_lossy().starts_with("pipe:") {
        return Err(not_inner());
    }
    // SAFETY: the descriptor is open (its link was read), was left open for this function by
    // spawn_inner, and is taken once: the variable that names it is gone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Fails when the write end is closed, that is when the outer process is dead.
pub(super) fn require_outer_alive(lifeline: &OwnedFd) -> io::Result<()> {
    let mut poll = libc::pollfd { fd: lifeline.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: the pointer is to one pollfd, as the count says; a zero timeout only looks.
    check(unsafe { libc::poll(&raw mut poll, 1, 0) }, "poll")?;
    if poll.revents == 0 {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::BrokenPipe, "the outer process died: start the run again"))
}

/// Fails outside of a new pid namespace: there the mounts that follow would be the host's.
pub(super) fn require_first_in_namespace() -> io::Result<()> {
    if std::process::id() == 1 { Ok(()) } else { Err(not_inner()) }
}

/// Fails when this process has more than one thread.
pub(super) fn require_single_thread() -> io::Result<()> {
    let threads = fs::read_dir("/proc/self/task")?.count();
    if threads == 1 {
        return Ok(());
    }
    let message = format!("this process has {threads} threads: isolate it before any is started");
    Err(io::Error::other(message))
}

fn not_inner() -> io::Error {
    let message = "this process was not started by spawn_inner: enter isolation first";
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(test)]
mod tests {
    use super::{pipe, require_outer_alive};

    #[test]
    fn the_lifeline_ends_with_its_holder() {
        let (read, write) = pipe().expect("two descriptors are to be had");
        require_outer_alive(&read).expect("the write end is open");
        drop(write);
        let error = require_outer_alive(&read).expect_err("the write end is closed");
        assert!(error.to_string().contains("outer process died"));
    }

    #[test]
    fn settling_is_refused_outside_of_isolation() {
        let error = crate::isolation::settle().expect_err("this is a test process");
        assert!(error.to_string().contains("enter isolation first"), "{error}");
    }
}
