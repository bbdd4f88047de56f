//! Processes by descriptor: a signal sent through one can never hit a stranger that got the
//! pid.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use crate::signal::Signal;

/// A descriptor of the process that has this pid now.
pub(crate) fn open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open takes integers only.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.cast_signed(), 0) };
    let Ok(fd @ 0..) = i32::try_from(fd) else {
        return Err(io::Error::last_os_error());
    };
    // SAFETY: the kernel just returned this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sends a signal; fails when the process has been waited for, or may not be signalled.
pub(crate) fn send(pidfd: BorrowedFd<'_>, signal: Signal) -> io::Result<()> {
    let fd = pidfd.as_raw_fd();
    let info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: the descriptor is open; a null info is allowed and means what kill(2) does.
    let result =
        unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, signal.number(), info, 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
