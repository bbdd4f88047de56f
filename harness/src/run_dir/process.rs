//! Processes that this program did not start: whether they are the ones that were noted, and
//! their end.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often a process is looked at before it counts as stuck: five seconds.
const LOOKS: u32 = 500;
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// When a process started, in the kernel's ticks since the machine's start; `None` when it
/// does not run (any more). Process ID and start time together name one process for ever.
///
/// # Errors
/// When the system does not say.
pub fn start_time(pid: u32) -> io::Result<Option<u64>> {
    let line = match fs::read(format!("/proc/{pid}/stat")) {
        Err(error) if is_gone(&error) => return Ok(None),
        line => line?,
    };
    let text = String::from_utf8_lossy(&line);
    let seen = parse(&text).ok_or_else(|| {
        let message = format!("/proc/{pid}/stat is not what Linux writes there");
        io::Error::new(io::ErrorKind::InvalidData, message)
    })?;
    Ok(seen.runs().then_some(seen.started))
}

/// What a `stat` line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen<'a> {
    state: &'a str,
    started: u64,
}

impl Seen<'_> {
    /// A process that has ended and whom only its parent has not noticed does not run.
    fn runs(self) -> bool {
        !matches!(self.state, "Z" | "X")
    }
}

/// The state (field 3) and the start time (field 22) of a `stat` line. The name (field 2) may
/// hold spaces and parentheses.
fn parse(line: &str) -> Option<Seen<'_>> {
    let (_, rest) = line.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?;
    // 18 fields lie between the two.
    let started = fields.nth(18)?.parse().ok()?;
    Some(Seen { state, started })
}

/// The process may go between opening the file and reading it, which is ESRCH.
fn is_gone(error: &io::Error) -> bool {
    const ESRCH: i32 = 3;
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH)
}

/// Whether a running process is one that was noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stray {
    /// It runs, and it is.
    Runs,
    /// It is gone, whoever has its process ID now.
    Gone,
    /// It runs, and its command line names nothing of the run: not ours to end.
    Stranger,
}

/// Looks at a process that was noted, without touching it. Its command line must name
/// something in `data`.
///
/// # Errors
/// When the system does not say.
pub fn look(pid: u32, started: u64, data: &Path) -> io::Result<Stray> {
    if start_time(pid)? != Some(started) {
        return Ok(Stray::Gone);
    }
    for _ in 0..LOOKS {
        let line = match fs::read(format!("/proc/{pid}/cmdline")) {
            Err(error) if is_gone(&error) => return Ok(Stray::Gone),
            line => line?,
        };
        if !line.is_empty() {
            return Ok(if names(&line, data) { Stray::Runs } else { Stray::Stranger });
        }
        // It is starting its program this very moment, or it has just ended.
        if start_time(pid)? != Some(started) {
            return Ok(Stray::Gone);
        }
        thread::sleep(LOOK_AGAIN);
    }
    Ok(Stray::Stranger)
}

/// Whether an argument is a path in `folder`, or an option whose value is one.
fn names(command_line: &[u8], folder: &Path) -> bool {
    let folder = folder.as_os_str().as_bytes();
    let is_in = |path: &[u8]| {
        path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    command_line.split(|byte| *byte == 0).any(|argument| {
        let value = argument.splitn(2, |byte| *byte == b'=').nth(1);
        is_in(argument) || value.is_some_and(is_in)
    })
}

/// Ends a process that was noted, paused or not, and waits until it is gone. Nothing is sent
/// to anybody else.
///
/// # Errors
/// When the system refuses, or the process is still there after five seconds.
#[cfg(target_os = "linux")]
pub fn end(pid: u32, started: u64, data: &Path) -> io::Result<Stray> {
    use rustix::io::Errno;
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

    let Some(handle) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return Ok(Stray::Gone);
    };
    // Opened before the look: from here on signals reach whom was looked at, or nobody.
    let handle = match pidfd_open(handle, PidfdFlags::empty()) {
        Err(Errno::SRCH) => return Ok(Stray::Gone),
        handle => handle?,
    };
    match look(pid, started, data)? {
        Stray::Runs => {}
        other => return Ok(other),
    }
    for signal in [Signal::CONT, Signal::KILL] {
        match pidfd_send_signal(&handle, signal) {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => return Err(error.into()),
        }
    }
    for _ in 0..LOOKS {
        if start_time(pid)? != Some(started) {
            return Ok(Stray::Runs);
        }
        thread::sleep(LOOK_AGAIN);
    }
    let message = format!("process {pid} is still there five seconds after SIGKILL");
    Err(io::Error::new(io::ErrorKind::TimedOut, message))
}

/// Refuses: local runs exist on Linux only.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn end(_pid: u32, _started: u64, _data: &Path) -> io::Result<Stray> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A process of a test, which must not outlive it.
    struct Started(Child);

    impl Drop for Started {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn this_process_has_one_start_time_and_an_ended_one_has_none() {
        let own = start_time(std::process::id()).expect("told");
        assert!(own.is_some());
        assert_eq!(own, start_time(std::process::id()).expect("told"));
        let mut ended = Command::new("true").spawn().expect("a process");
        let pid = ended.id();
        // Not waited for at first: a zombie does not run either.
        let zombie = (0..500).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(10));
            start_time(pid).expect("told").is_none()
        });
        assert!(zombie);
        ended.wait().expect("waited for");
        assert_eq!(start_time(pid).expect("told"), None);
    }

    #[test]
    fn a_name_with_parentheses_does_not_hide_the_start() {
        let fields = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        let line = format!("42 (a) S (b)) S {fields}");
        let seen = parse(&line).expect("a line of Linux");
        assert_eq!((seen.started, seen.runs()), (4711, true));
        let line = format!("42 (a) Z {fields}");
        assert!(!parse(&line).expect("a line of Linux").runs());
        assert_eq!(parse("42 (a) S 1"), None);
    }

    #[test]
    fn only_a_path_in_the_folder_counts() {
        let data = Path::new("/runs/a/data");
        assert!(names(b"etcd\0--data-dir=/runs/a/data/m1\0", data));
        assert!(names(b"tail\0/runs/a/data\0", data));
        for other in [&b"etcd\0--data-dir=/runs/a/data2/m1\0"[..], b"vi\0/x/runs/a/data\0", b""] {
            assert!(!names(other, data), "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn only_the_noted_process_is_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        fs::write(&log, "").expect("written");
        let mut command = Command::new("tail");
        command.arg("-f").arg(&log).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = Started(command.spawn().expect("a process"));
        let pid = child.0.id();
        let started = start_time(pid).expect("told").expect("it runs");
        let elsewhere = folder.path().join("other");
        assert_eq!(end(pid, started - 1, folder.path()).expect("looked"), Stray::Gone);
        assert_eq!(end(pid, started, &elsewhere).expect("looked"), Stray::Stranger);
        assert_eq!(child.0.try_wait().expect("asked"), None, "it must still run");
        assert_eq!(end(pid, started, folder.path()).expect("ended"), Stray::Runs);
        assert!(!child.0.wait().expect("waited for").success());
    }
}
