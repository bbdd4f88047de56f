//! A member's own log, as evidence: what it says of a fault.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};

use stormglass_checkers::history::MemberIndex;

use super::site::Site;

/// Of a log line, as evidence.
const LINE_CHARS: usize = 300;

/// How long a member's log is, in bytes.
pub(super) fn log_length(site: &Site, member: MemberIndex) -> u64 {
    let member = site.member(member);
    let metadata = member.log_path().and_then(|path| fs::metadata(path).ok());
    metadata.map_or(0, |metadata| metadata.len())
}

/// The first line of a member's log, from a byte on, that names a cause.
pub(super) fn log_line(site: &Site, member: MemberIndex, from: u64, cause: &str) -> Option<String> {
    log_lines(site, member, from, cause).into_iter().next()
}

/// The lines of a member's log, from a byte on, that name something.
pub(super) fn log_lines(site: &Site, member: MemberIndex, from: u64, named: &str) -> Vec<String> {
    let new = log_from(site, member, from).unwrap_or_default();
    new.lines().filter(|line| line.contains(named)).map(str::to_owned).collect()
}

/// The last line of a member's log, from a byte on, that says why it ended.
pub(super) fn last_words(site: &Site, member: MemberIndex, from: u64) -> Option<String> {
    let new = log_from(site, member, from)?;
    let says = |line: &&str| line.contains("panic") || line.contains("fatal");
    new.lines().rfind(says).map(shortened)
}

/// A log line, short enough to be evidence.
pub(super) fn shortened(line: &str) -> String {
    line.chars().take(LINE_CHARS).collect()
}

/// A member's log from a byte on.
pub(super) fn log_from(site: &Site, member: MemberIndex, from: u64) -> Option<String> {
    let mut log = File::open(site.member(member).log_path()?).ok()?;
    log.seek(SeekFrom::Start(from)).ok()?;
    let mut new = Vec::new();
    log.read_to_end(&mut new).ok()?;
    Some(String::from_utf8_lossy(&new).into_owned())
}
