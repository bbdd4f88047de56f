//! The members: how their processes ended, what their logs say, where they stand.

use stormglass_checkers::history::{MemberIndex, MemberPreamble, Preamble};

use crate::digest::{Digest, Exit, LogFinding};
use crate::text::{grouped, moment, visible};

/// Exits and log lines that the page lists, each.
pub(crate) const MOST_LINES: usize = 50;
/// Releases of a member that its row lists.
const MOST_VERSIONS: usize = 6;

/// A member's row.
#[derive(Debug)]
pub(crate) struct MemberRow {
    /// How the report calls it.
    pub(crate) name: String,
    /// What runs there.
    pub(crate) store: String,
    /// Ends of its process that were expected.
    pub(crate) expected_exits: usize,
    /// Ends that nobody expected.
    pub(crate) unexpected_exits: usize,
    /// Lines that a correct member never writes.
    pub(crate) log_findings: usize,
    /// The newest revision that it showed last.
    pub(crate) last_revision: String,
}

/// An end of a process that nobody expected.
#[derive(Debug)]
pub(crate) struct ExitView {
    /// When.
    pub(crate) when: String,
    /// Whose.
    pub(crate) who: String,
    /// How.
    pub(crate) status: String,
    /// The log's last lines.
    pub(crate) log_tail: Vec<String>,
}

/// A line of a member's log.
#[derive(Debug)]
pub(crate) struct LogRow {
    /// When it was seen.
    pub(crate) when: String,
    /// Whose.
    pub(crate) who: String,
    /// The line.
    pub(crate) line: String,
}

/// The members' section.
#[derive(Debug)]
pub(crate) struct MembersView {
    /// A row each.
    pub(crate) members: Vec<MemberRow>,
    /// Unexpected exits.
    pub(crate) exits: Vec<ExitView>,
    /// How many more there are.
    pub(crate) more_exits: usize,
    /// Lines of logs.
    pub(crate) logs: Vec<LogRow>,
    /// How many more there are.
    pub(crate) more_logs: usize,
    /// How often a process was started again.
    pub(crate) restarts: usize,
}

impl MembersView {
    /// The members' section.
    pub(crate) fn of(preamble: &Preamble, digest: &Digest) -> Self {
        let facts = &digest.members;
        let unexpected: Vec<_> = facts.exits.iter().filter(|exit| !exit.how.expected).collect();
        Self {
            members: rows(preamble, digest),
            exits: unexpected.iter().take(MOST_LINES).map(|exit| exit_view(exit)).collect(),
            more_exits: unexpected.len().saturating_sub(MOST_LINES),
            logs: facts.log_findings.iter().take(MOST_LINES).map(log_row).collect(),
            more_logs: facts.log_findings.len().saturating_sub(MOST_LINES),
            restarts: facts.restarts,
        }
    }
}

fn rows(preamble: &Preamble, digest: &Digest) -> Vec<MemberRow> {
    let members = preamble.members.iter().zip(0u16..);
    members
        .map(|(member, place)| {
            let index = MemberIndex(place);
            let exits = |expected: bool| {
                let exits = digest.members.exits.iter();
                let its = exits.filter(|exit| exit.member == Some(index));
                its.filter(|exit| exit.how.expected == expected).count()
            };
            let lines = digest.members.log_findings.iter();
            let last = digest.revisions.last(index);
            MemberRow {
                name: member_name(index, &member.name),
                store: visible(&format!("{} {}", member.store, versions(index, member, digest))),
                expected_exits: exits(true),
                unexpected_exits: exits(false),
                log_findings: lines.filter(|line| line.member == Some(index)).count(),
                last_revision: last.map_or_else(
                    || "–".to_owned(),
                    |revision| grouped(u64::try_from(revision.0).unwrap_or_default()),
                ),
            }
        })
        .collect()
}

/// What the member ran, one release after the other.
fn versions(index: MemberIndex, member: &MemberPreamble, digest: &Digest) -> String {
    match digest.members.versions.get(&index) {
        Some(ran) if ran.len() > MOST_VERSIONS => {
            format!("{} → … → {}", ran[0], ran[ran.len() - 1])
        }
        Some(ran) => ran.join(" → "),
        None => member.version.clone(),
    }
}

/// `m1`, with the member's own name where that is another.
fn member_name(index: MemberIndex, name: &str) -> String {
    let shown = index.to_string();
    if name == shown || name.is_empty() { shown } else { format!("{shown} ({})", visible(name)) }
}

fn exit_view(exit: &Exit) -> ExitView {
    ExitView {
        when: moment(exit.at),
        who: who(exit.member),
        status: visible(&exit.how.status),
        log_tail: exit.how.log_tail.iter().take(30).map(|line| visible(line)).collect(),
    }
}

fn log_row(finding: &LogFinding) -> LogRow {
    LogRow { when: moment(finding.at), who: who(finding.member), line: visible(&finding.line) }
}

fn who(member: Option<MemberIndex>) -> String {
    member.map_or_else(|| "–".to_owned(), |member| member.to_string())
}
