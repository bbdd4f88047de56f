//! At the end: the changes of one transaction come in the order of its operations.

use super::change_log::ChangeLog;
use super::delivery::shown;
use super::stream::{Delivered, Stream};
use super::writes::{Write, Writes};
use crate::evidence::{Findings, finding};

/// Holds the order of changes within one revision against the operations of the
/// acknowledged transaction that made them.
pub(super) struct Misorder<'a> {
    /// What all watches showed.
    pub(super) log: &'a ChangeLog,
    /// What was acknowledged.
    pub(super) writes: &'a Writes,
    /// Where findings go.
    pub(super) findings: &'a mut Findings,
}

impl<'a> Misorder<'a> {
    /// Checks every watch.
    pub(super) fn check(mut self, streams: impl Iterator<Item = &'a Stream>) {
        for stream in streams {
            let same = |one: &Delivered, two: &Delivered| one.revision == two.revision;
            for changes in stream.delivered.chunk_by(same).filter(|changes| changes.len() > 1) {
                if let Some(write) = self.writes.at(changes[0].revision) {
                    self.revision(stream, changes, write);
                }
            }
        }
    }

    /// Changes of one revision, as one watch delivered them. The order of what one operation
    /// has deleted is not promised, and changes that the write did not make are another
    /// finding.
    fn revision(&mut self, stream: &Stream, changes: &[Delivered], write: &Write) {
        let log = self.log;
        let foreign =
            |change: &Delivered| write.refutes(log.name(change.key), log.change(change.change));
        if changes.iter().any(foreign) {
            return;
        }
        let operation = |change: &Delivered| write.operation_on(log.name(change.key));
        let known = changes.iter().filter_map(|change| Some((operation(change)?, *change)));
        let known: Vec<(usize, Delivered)> = known.collect();
        let wrong = known.windows(2).find(|pair| pair[0].0 > pair[1].0);
        if let Some([(_, early), (_, late)]) = wrong {
            self.misordered(stream, *early, *late, write);
        }
    }

    fn misordered(&mut self, stream: &Stream, early: Delivered, late: Delivered, write: &Write) {
        let log = self.log;
        self.findings.add("watch-misordered", || {
            let (first, second) = (log.change(early.change), log.change(late.change));
            let (before, after) = (log.name(first.key), log.name(second.key));
            finding(
                ("watch-misordered", "W1"),
                format!(
                    "{} delivered the changes of revision {} in the wrong order: key {before} \
                     before key {after}",
                    stream.name(),
                    first.revision
                ),
                format!(
                    "because the transaction that made revision {} changed key {after} before \
                     key {before}: {}",
                    first.revision,
                    write.text()
                ),
                format!("however the change of key {before} came first"),
                vec![
                    write
                        .place
                        .step(write.text(), format!("acknowledged at revision {}", first.revision)),
                    shown(stream, log, first, early.frame),
                    shown(stream, log, second, late.frame).contradicting(),
                ],
            )
        });
    }
}
