//! Whether clocks can be moved here: tried on a child that ends at once.

use std::io;

use super::rate::Wall;
use super::skew::Skew;
use crate::call::check;

/// The child ends by itself after so many seconds, should this program die meanwhile.
const CHILD_SECONDS: libc::c_uint = 10;

/// Moves the clock of a child, to nothing.
///
/// # Errors
/// One sentence that says what is missing and how to get it.
pub fn probe() -> io::Result<()> {
    // SAFETY: the child (also of a process with threads) makes async-signal-safe calls only,
    // and leaves by _exit.
    let child = check(unsafe { libc::fork() }, "fork")?;
    if child == 0 {
        // SAFETY: as above.
        unsafe {
            libc::alarm(CHILD_SECONDS);
            libc::pause();
            libc::_exit(0);
        }
    }
    let tried = Skew::attach(child.cast_unsigned()).and_then(|mut skew| skew.set_wall(Wall::TRUE));
    // SAFETY: both take integers, and the child is ours and was not waited for. A null status
    // is allowed.
    unsafe {
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
    tried
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_machine_lets_clocks_be_moved_or_says_why_not() {
        if let Err(error) = super::probe() {
            assert!(error.to_string().contains(':'), "no remedy: {error}");
        }
    }
}
