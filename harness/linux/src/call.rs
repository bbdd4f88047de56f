//! System calls as `io::Result`, with the name of what was tried in the message.

use std::io;

/// Turns the `-1` of a system call into the current `errno`, named by `attempt`.
pub(crate) fn check(result: libc::c_int, attempt: &str) -> io::Result<libc::c_int> {
    if result < 0 { Err(named(attempt, &io::Error::last_os_error())) } else { Ok(result) }
}

/// The same error with what was tried in front; the kind is kept.
pub(crate) fn named(attempt: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{attempt}: {error}"))
}

/// The calling thread's `errno`.
pub(crate) fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// The value when the system call worked, or its `errno`; allocates nothing, so a forked
/// child of a process with threads may use it.
pub(crate) fn or_errno(result: libc::c_int) -> Result<libc::c_int, i32> {
    if result < 0 { Err(errno()) } else { Ok(result) }
}
