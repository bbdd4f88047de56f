//! The scheduler's view of a process's threads.

use std::fs;
use std::io;

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

#[cfg(test)]
mod tests {
    use super::{Activity, activity, judge, state};

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
