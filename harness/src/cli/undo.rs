//! Undoing what one dead run left behind: its members' processes, their data, its entry.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use stormglass_linux::memory;

use crate::nemesis::Journal;
use crate::run_dir::{ActiveEntry, Launch, NotedMember, RunDir, Stray, end, look};

/// The kernel empties the namespaces of a run that was killed this very moment; until then
/// its members may still write.
const REMOVALS: u32 = 10;
const REMOVE_AGAIN: Duration = Duration::from_millis(100);

/// What was undone of a dead run, or would be.
#[derive(Debug, Default, Serialize)]
pub(super) struct Undone {
    /// The run directory.
    pub(super) run_dir: PathBuf,
    /// Members whose processes had outlived the run and were ended.
    pub(super) ended: Vec<EndedMember>,
    /// The members' data and control groups, where there were any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) removed: Vec<PathBuf>,
    /// Faults that held when the run died; they ended with the members.
    pub(super) unhealed: Vec<UnhealedFault>,
    /// What could not be undone, a sentence each.
    pub(super) problems: Vec<String>,
}

/// A member's process that was ended.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct EndedMember {
    pub(super) name: String,
    pub(super) pid: u32,
}

/// A fault that held when the run died.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct UnhealedFault {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) members: Vec<String>,
}

/// Undoes what a dead run left, or only says what there is when `dry_run`. The entry goes
/// last, and only when everything else went.
pub(super) fn undo(entry: &ActiveEntry, dry_run: bool) -> Undone {
    let dir = &entry.run.run_dir;
    let mut undone = Undone { run_dir: dir.clone(), ..Undone::default() };
    // A directory that somebody else has put in its place is not ours to touch.
    match RunDir::open(dir) {
        Ok(run_dir) => undone.undo_directory(&run_dir, &entry.members, dry_run),
        Err(error) if dir.exists() => {
            undone.problems.push(format!("{error}; nothing in it was touched"));
        }
        Err(_) => undone.end_members(&entry.members, &dir.join("data"), dry_run),
    }
    if !dry_run && undone.problems.is_empty() {
        undone.note(remove_entry(&entry.file), &entry.file);
    }
    undone
}

impl Undone {
    fn undo_directory(&mut self, dir: &RunDir, members: &[NotedMember], dry_run: bool) {
        let data = dir.data();
        self.end_members(members, &data, dry_run);
        self.list_unhealed(&dir.journal());
        // Of members that still run, the data stays.
        if !self.problems.is_empty() {
            return;
        }
        self.remove(&data, remove_folder, dry_run);
        // A run that died before it was launched had none.
        let launch = RunDir::read::<Launch>(&dir.launch()).ok();
        if let Some(groups) = launch.and_then(|launch| launch.memory_groups) {
            self.remove(&groups, memory::remove, dry_run);
        }
    }

    fn remove(&mut self, folder: &Path, remove: fn(&Path) -> io::Result<()>, dry_run: bool) {
        if fs::symlink_metadata(folder).is_err() {
            return;
        }
        let removed = if dry_run { Ok(()) } else { remove(folder) };
        if self.note(removed, folder) {
            self.removed.push(folder.to_owned());
        }
    }

    fn end_members(&mut self, members: &[NotedMember], data: &Path, dry_run: bool) {
        for NotedMember { name, pid, start_time } in members {
            let found =
                if dry_run { look(*pid, *start_time, data) } else { end(*pid, *start_time, data) };
            match found {
                Ok(Stray::Runs) => self.ended.push(EndedMember { name: name.clone(), pid: *pid }),
                Ok(Stray::Gone) => {}
                Ok(Stray::Stranger) => self.problems.push(format!(
                    "process {pid} was noted as member {name}, but its command line names \
                     nothing of the run, so it was left alone: end it by hand if it is yours"
                )),
                Err(error) => self.problems.push(format!(
                    "member {name} (process {pid}) could not be ended ({error}): end it by hand"
                )),
            }
        }
    }

    fn list_unhealed(&mut self, journal: &Path) {
        match Journal::unhealed(journal) {
            Ok(faults) => {
                self.unhealed.extend(faults.into_iter().map(|fault| UnhealedFault {
                    id: fault.id.to_string(),
                    kind: fault.kind,
                    members: fault.members.iter().map(ToString::to_string).collect(),
                }));
            }
            // The run died before its first fault.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.problems.push(format!(
                "{} could not be read ({error}): look there for faults that held",
                journal.display()
            )),
        }
    }

    /// Whether it went well; otherwise it is a problem.
    fn note(&mut self, result: io::Result<()>, path: &Path) -> bool {
        match result {
            Ok(()) => true,
            Err(error) => {
                let path = path.display();
                self.problems
                    .push(format!("{path} could not be removed ({error}): remove it by hand"));
                false
            }
        }
    }
}

fn remove_entry(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        // Another cleanup was quicker.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    let mut removed = fs::remove_dir_all(folder);
    for _ in 1..REMOVALS {
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(_) => thread::sleep(REMOVE_AGAIN),
            Ok(()) => break,
        }
        removed = fs::remove_dir_all(folder);
    }
    removed
}
