//! The scheduler's view of a process's threads.

use std::fs;
use std::io;
use std::time::Duration;

/// What the threads of a process are doing, taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// At least one thread can run.
    Running,
    /// Every living thread is stopped.
    Stopped,
    /// No thread lives.
    Ended,
}

/// Looks at every thread of the process once.
pub(crate) fn activity(pid: u32) -> io::Result<Activity> {
    let tasks = match fs::read_dir(format!("/proc/{pid}/task")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Activity::Ended),
        tasks => tasks?,
    };
    let mut states = Vec::new();
    for task in tasks {
        match fs::read_to_string(task?.path().join("stat")) {
            Ok(line) => states.extend(state(&line)),
            // This thread ended between the listing and the look.
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(judge(&states))
}

pub(crate) fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
}

fn judge(states: &[char]) -> Activity {
    let mut living = states.iter().filter(|state| !matches!(state, 'Z' | 'X')).peekable();
    if living.peek().is_none() {
        Activity::Ended
    } else if living.all(|state| matches!(state, 'T' | 't')) {
        Activity::Stopped
    } else {
        Activity::Running
    }
}

/// The state letter of a `stat` line. The name before it may hold spaces and parentheses.
pub(crate) fn state(line: &str) -> Option<char> {
    let (_, rest) = line.rsplit_once(')')?;
    rest.trim_start().chars().next()
}

/// How long processors have worked for the process, in user mode and in the kernel.
///
/// # Errors
/// When there is no such process, or the system does not tell.
pub fn processor_time(pid: u32) -> io::Result<Duration> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let ticks = ticks(&line).ok_or_else(|| io::Error::other("/proc tells no processor time"))?;
    // SAFETY: sysconf takes an integer only.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    let per_second = u32::try_from(per_second).unwrap_or(0).max(1);
    Ok(Duration::from_millis(ticks * 1_000 / u64::from(per_second)))
}

/// The fields `utime` and `stime` of a `stat` line together, which are the 14th and the 15th.
fn ticks(line: &str) -> Option<u64> {
    let (_, rest) = line.rsplit_once(')')?;
    // The state is the third field.
    let mut fields = rest.split_whitespace().skip(14 - 3);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::{Activity, activity, judge, processor_time, state, ticks};

    #[test]
    fn processor_time_is_that_of_user_and_kernel() {
        let line = "42 (a) b) S 1 42 42 0 -1 4194304 9 8 7 6 120 30 5 4 20 0 11 0 1";
        assert_eq!(ticks(line), Some(150));
        assert_eq!(ticks("42 (a) S 1"), None);
        assert!(processor_time(std::process::id()).is_ok());
    }

    #[test]
    fn one_running_thread_makes_a_process_run() {
        assert_eq!(judge(&['T', 'T']), Activity::Stopped);
        assert_eq!(judge(&['T', 'S', 'T']), Activity::Running);
        assert_eq!(judge(&['Z', 'T']), Activity::Stopped);
        assert_eq!(judge(&['Z']), Activity::Ended);
        assert_eq!(judge(&[]), Activity::Ended);
    }

    #[test]
    fn a_name_with_parentheses_does_not_hide_the_state() {
        assert_eq!(state("42 (a) T (b)) S 1 42"), Some('S'));
        assert_eq!(state("garbage"), None);
    }

    #[test]
    fn this_process_runs() {
        let found = activity(std::process::id()).expect("/proc is there");
        assert_eq!(found, Activity::Running);
    }
}
