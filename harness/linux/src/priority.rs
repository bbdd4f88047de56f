//! Threads that can wait.

use std::io;

use crate::call::check;

/// How much the calling thread gives way: half as much processor time as its neighbours
/// where all are busy.
const NICE: libc::c_int = 5;

/// Lets the calling thread give way to everything else on a busy machine. It cannot be
/// taken back without privileges.
///
/// # Errors
///
/// When the system refuses.
pub fn give_way() -> io::Result<()> {
    // SAFETY: plain integers; on Linux 0 means the calling thread, not its process.
    check(unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) }, "setpriority").map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::{NICE, give_way};

    #[test]
    fn only_the_calling_thread_gives_way() {
        // SAFETY: as in `give_way`.
        let nice = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let before = nice();
        let lowered = std::thread::spawn(move || give_way().map(|()| nice()));
        let lowered = lowered.join().expect("no panic").expect("lowering is always allowed");
        assert_eq!(lowered, before.max(NICE));
        assert_eq!(nice(), before);
    }
}
