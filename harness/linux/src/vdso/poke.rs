//! Waking a process, so that it looks at its clock.
//!
//! Sleeps are the kernel's, and so true: a program with a fast clock would sleep too long by
//! its own account. A signal ends them early, and Go then works out anew how long to sleep.
//! SIGURG is Go's own signal to its threads, and other programs ignore it unless they ask.

use std::fs;
use std::io;

use crate::process::tasks::is_gone;

/// Sends SIGURG to every thread.
pub(super) fn poke(pid: u32) -> io::Result<()> {
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let name = task?.file_name();
        let Some(thread) = name.to_str().and_then(|name| name.parse::<libc::pid_t>().ok()) else {
            continue;
        };
        // SAFETY: tgkill takes integers only. By its two numbers it hits this thread of this
        // process or nobody.
        let sent = unsafe { libc::syscall(libc::SYS_tgkill, pid, thread, libc::SIGURG) };
        let error = io::Error::last_os_error();
        if sent != 0 && !is_gone(&error) {
            return Err(error);
        }
    }
    Ok(())
}
