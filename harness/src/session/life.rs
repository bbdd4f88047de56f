//! A member's life as the history tells it: started, ready, ended.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use stormglass_checkers::history::{Body, Environment, Incarnation, MemberExit, MemberIndex};

use super::shared::Session;
use crate::target::{MemberEnd, TargetError};

/// Of a log, for people who want to know why a member ended.
const TAIL_LINES: usize = 20;
const TAIL_BYTES: u64 = 16 << 10;
const LINE_CHARS: usize = 400;

/// Starts a member, where blocking hurts nobody. The caller records it: members that
/// start at once are recorded in the order of their indices.
///
/// # Errors
/// When the target does not grant it or the system refuses.
pub async fn start_member(
    session: &Session,
    index: MemberIndex,
) -> Result<Incarnation, TargetError> {
    let member = Arc::clone(session.member(index));
    let what = format!("member {} could not be started", member.name());
    let start = move || match member.kill() {
        Ok(power) => power.start(),
        Err(unsupported) => Err(io::Error::other(unsupported.reason)),
    };
    let started = tokio::task::spawn_blocking(start).await.map_err(io::Error::other);
    started.and_then(|started| started).map_err(TargetError::io(what))
}

/// Records that a member's process runs, and notes it for `cleanup` where it could outlive
/// the harness.
pub fn record_start(session: &Session, index: MemberIndex, incarnation: Incarnation) {
    if let (Some(register), Ok(pid @ 1..)) = (&session.register, u32::try_from(incarnation.pid))
        && let Err(error) = register.note_member(session.member(index).name(), pid)
    {
        session.recorder.note(format!("{index} is not noted for cleanup: {error}"));
    }
    record(session, index, Environment::MemberStarted(incarnation));
}

/// Records that a member answers.
pub fn record_ready(session: &Session, index: MemberIndex) {
    record(session, index, Environment::MemberReady {});
}

/// What is known of a member's end.
pub struct Ended {
    /// The last lines of its log, where nobody had asked it to end.
    pub log_tail: Vec<String>,
    /// Whether it ended by itself because of a fault.
    pub excused: bool,
}

/// Records that a member's process ended; where nobody asked it to, with the last lines
/// of its log.
pub fn record_end(session: &Session, index: MemberIndex, end: MemberEnd) -> Ended {
    let log_tail = match session.member(index).log_path() {
        Some(path) if !end.expected => log_tail(path),
        _ => Vec::new(),
    };
    let excused = !end.expected && excuse(session, index, &log_tail);
    let expected = end.expected || excused;
    let exit = MemberExit { status: end.status, expected, log_tail: log_tail.clone() };
    record(session, index, Environment::MemberExited(exit));
    Ended { log_tail, excused }
}

/// Whether a fault explains that a member ended by itself. What it wrote from the cause on is
/// then excused too: the trace of a panic need not name the cause again.
fn excuse(session: &Session, index: MemberIndex, last_words: &[String]) -> bool {
    if let (Some((cause, from)), Some(path)) =
        (session.excuses.cause(index), session.member(index).log_path())
        && !cause.is_empty()
        && let Some(part) = part_from(path, cause, from)
    {
        session.excuses.excuse_log(index, part);
        return true;
    }
    session.excuses.cover(index, last_words)
}

/// The part of a log that begins with the first line, from a byte on, that names a cause.
fn part_from(path: &Path, cause: &str, from: u64) -> Option<Range<u64>> {
    let log = std::fs::read(path).ok()?;
    let new = log.get(usize::try_from(from).ok()?..)?;
    let mut begins = from;
    for line in new.split_inclusive(|byte| *byte == b'\n') {
        if String::from_utf8_lossy(line).contains(cause) {
            return Some(begins..log.len() as u64);
        }
        begins += line.len() as u64;
    }
    None
}

fn record(session: &Session, index: MemberIndex, what: Environment) {
    session.recorder.environment(Some(index), Body::Environment(what));
}

fn log_tail(path: &Path) -> Vec<String> {
    let read = || -> io::Result<String> {
        use std::io::{Read as _, Seek as _, SeekFrom};
        let mut file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    let tail = &all[all.len().saturating_sub(TAIL_LINES)..];
    tail.iter().map(|line| line.chars().take(LINE_CHARS).collect()).collect()
}
