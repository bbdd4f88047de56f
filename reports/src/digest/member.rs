//! What happened to the members' processes.

use std::collections::BTreeMap;

use stormglass_checkers::history::{Environment, Incarnation, MemberExit, MemberIndex, Nanos};

/// The end of a member's process.
#[derive(Clone, Debug)]
pub(crate) struct Exit {
    /// When.
    pub(crate) at: Nanos,
    /// Whose.
    pub(crate) member: Option<MemberIndex>,
    /// How it ended.
    pub(crate) how: MemberExit,
}

/// A line of a member's log that a correct member never writes.
#[derive(Clone, Debug)]
pub(crate) struct LogFinding {
    /// When.
    pub(crate) at: Nanos,
    /// Whose.
    pub(crate) member: Option<MemberIndex>,
    /// The line.
    pub(crate) line: String,
}

/// What happened to the members' processes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    /// How often a process was started again.
    pub(crate) restarts: usize,
    /// The versions that each member ran, in order, where it changed.
    pub(crate) versions: BTreeMap<MemberIndex, Vec<String>>,
    /// Ends of processes.
    pub(crate) exits: Vec<Exit>,
    /// Lines of logs.
    pub(crate) log_findings: Vec<LogFinding>,
}

impl Members {
    /// Takes what happened around the store.
    pub(crate) fn observe(
        &mut self,
        at: Nanos,
        member: Option<MemberIndex>,
        environment: &Environment,
    ) {
        match environment {
            Environment::MemberStarted(incarnation) => self.start(member, incarnation),
            Environment::MemberExited(exit) => {
                self.exits.push(Exit { at, member, how: exit.clone() });
            }
            Environment::LogFinding { line } => {
                self.log_findings.push(LogFinding { at, member, line: line.clone() });
            }
            _ => {}
        }
    }

    fn start(&mut self, member: Option<MemberIndex>, incarnation: &Incarnation) {
        if incarnation.number > 1 {
            self.restarts += 1;
        }
        let Some(member) = member else { return };
        let versions = self.versions.entry(member).or_default();
        if versions.last() != Some(&incarnation.version) {
            versions.push(incarnation.version.clone());
        }
    }
}
