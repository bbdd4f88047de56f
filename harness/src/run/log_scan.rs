//! Looks through the members' logs for lines that a correct member never writes.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use stormglass_checkers::history::{Body, Environment};
use stormglass_checkers::logs::suspicious;

use crate::session::Session;

/// A crash can repeat its line many times.
const LINES_PER_MEMBER: usize = 10;
const LINE_CHARS: usize = 400;

/// Records the suspicious lines of every member's log.
pub(super) fn scan_logs(session: &Session) {
    for member in session.target.members() {
        let Some(path) = member.log_path() else { continue };
        let excused = |begins| session.excuses.cover_line(member.index(), begins);
        for line in lines(path, &excused) {
            let body = Body::Environment(Environment::LogFinding { line });
            session.recorder.environment(Some(member.index()), body);
        }
    }
}

/// The suspicious lines, but those that a fault excuses by where they begin.
fn lines(path: &Path, excused: &dyn Fn(u64) -> bool) -> Vec<String> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let mut next = 0;
    BufReader::new(file)
        .split(b'\n')
        .map_while(Result::ok)
        .filter(|line| {
            let begins = next;
            next += line.len() as u64 + 1;
            !excused(begins)
        })
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .filter(|line| suspicious(line).is_some())
        .take(LINES_PER_MEMBER)
        .map(|line| line.chars().take(LINE_CHARS).collect())
        .collect()
}
