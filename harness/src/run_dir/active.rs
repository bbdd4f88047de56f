//! The registry of live runs: an entry is written before a cluster starts and removed when
//! its run ends, so that `cleanup` finds what a killed harness left behind.
//!
//! An entry is a file of JSON lines: first the run, then each member that runs without
//! namespaces. It lives in the folder `active` of the cache.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::{Deserialize, Serialize};

use super::folder::RunDir;
use super::launch::Launch;
use super::machine::Machine;
use super::process::start_time;
use super::run_process::{RunProcess, Standing};
use crate::releases::{Store, Version};

/// How the files of entries end; while one is written it has another name.
const EXTENSION: &str = "jsonl";

/// The registration of a live run; dropping it says that nothing is left to undo.
#[derive(Debug)]
pub struct ActiveRun {
    file: PathBuf,
    pid: u32,
}

impl ActiveRun {
    /// Registers a run of this process in the cache. To be called when `launch.json` is
    /// written and before the first member starts.
    ///
    /// # Errors
    /// When the entry cannot be written: then the run must not begin.
    pub fn register(run_dir: &Path) -> io::Result<Self> {
        Self::register_in(&registry_folder()?, run_dir)
    }

    /// As [`ActiveRun::register`], in a registry of the caller's choice.
    ///
    /// # Errors
    /// When the entry cannot be written.
    pub fn register_in(folder: &Path, run_dir: &Path) -> io::Result<Self> {
        static REGISTERED: AtomicU32 = AtomicU32::new(0);
        fs::create_dir_all(folder)?;
        let run_dir = fs::canonicalize(run_dir)?;
        let RunProcess { pid, start_time, machine } = RunProcess::here()?;
        let isolated = RunDir::open(&run_dir)
            .and_then(|dir| RunDir::read::<Launch>(&dir.launch()))
            .is_ok_and(|launch| launch.isolated);
        let run = RegisteredRun { pid, start_time, machine, run_dir, isolated };
        let number = REGISTERED.fetch_add(1, Ordering::Relaxed);
        let file = folder.join(format!("{pid}-{start_time}-{number}.{EXTENSION}"));
        let beside = file.with_extension("part");
        // Whole or not at all: an entry that is half there would name no run.
        write_line(&mut File::create(&beside)?, &run)?;
        fs::rename(&beside, &file)?;
        Ok(Self { file, pid })
    }

    /// Notes a member's process, so that `cleanup` can end it if it outlives this one. Only
    /// for members without namespaces: the kernel ends the others, and their process IDs mean
    /// nothing outside.
    ///
    /// # Errors
    /// When the entry cannot be written, or no such process runs.
    pub fn note_member(&self, name: &str, pid: u32) -> io::Result<()> {
        let Some(start_time) = start_time(pid)? else {
            let message = format!("member {name} ended before it could be noted");
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        };
        let member = NotedMember { name: name.to_owned(), pid, start_time };
        write_line(&mut OpenOptions::new().append(true).open(&self.file)?, &member)
    }
}

impl Drop for ActiveRun {
    fn drop(&mut self) {
        // A forked child holds a copy; the run is the parent's.
        if process::id() == self.pid {
            // What stays is found dead by the next cleanup, which then has nothing to undo.
            let _ = fs::remove_file(&self.file);
        }
    }
}

/// One line in one write, so that a killed writer leaves at most a torn last line.
fn write_line(file: &mut File, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    file.write_all(&line)
}

/// The first line of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredRun {
    /// The process that the user started.
    pub pid: u32,
    /// When it started, in the kernel's ticks since the machine's start: with it a process
    /// ID names one process for ever.
    pub start_time: u64,
    /// Where its process ID means something.
    pub machine: Machine,
    /// The run directory, absolute.
    pub run_dir: PathBuf,
    /// Whether the members have namespaces of their own, which the kernel empties.
    pub isolated: bool,
}

/// A member's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedMember {
    /// The member.
    pub name: String,
    /// Its process.
    pub pid: u32,
    /// When that started, as in [`RegisteredRun::start_time`].
    pub start_time: u64,
}

/// An entry of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveEntry {
    /// The entry's own file.
    pub file: PathBuf,
    /// The run.
    pub run: RegisteredRun,
    /// Its members' processes of all their lives, where they have no namespaces.
    pub members: Vec<NotedMember>,
}

/// An entry that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{file} is no entry of a run ({reason}): remove it by hand", file = .file.display())]
pub struct UnreadableEntry {
    /// The entry's file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

impl ActiveEntry {
    /// Every entry of the cache's registry, by file name.
    ///
    /// # Errors
    /// When the registry's folder cannot be read.
    pub fn all() -> io::Result<Vec<Result<Self, UnreadableEntry>>> {
        Self::all_in(&registry_folder()?)
    }

    /// As [`ActiveEntry::all`], of a registry of the caller's choice.
    ///
    /// # Errors
    /// When the folder cannot be read; one that does not exist is empty.
    pub fn all_in(folder: &Path) -> io::Result<Vec<Result<Self, UnreadableEntry>>> {
        let listed = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listed => listed?,
        };
        let mut files = Vec::new();
        for entry in listed {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files.into_iter().filter_map(|file| Self::read(file).transpose()).collect())
    }

    /// `None` when the run ended and took its entry away after the folder was listed.
    fn read(file: PathBuf) -> Result<Option<Self>, UnreadableEntry> {
        let text = match fs::read_to_string(&file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(UnreadableEntry { file, reason: error.to_string() }),
            Ok(text) => text,
        };
        let mut lines = text.lines();
        match serde_json::from_str(lines.next().unwrap_or_default()) {
            Ok(run) => {
                // A torn last line is of a member that the run was about to note.
                let members = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
                Ok(Some(Self { file, run, members }))
            }
            Err(error) => Err(UnreadableEntry { file, reason: error.to_string() }),
        }
    }

    /// Whether the run's process still runs.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn standing(&self) -> io::Result<Standing> {
        let RegisteredRun { pid, start_time, ref machine, .. } = self.run;
        RunProcess { pid, start_time, machine: machine.clone() }.standing()
    }
}

/// The registry's folder in the cache.
fn registry_folder() -> io::Result<PathBuf> {
    let store = Store::open(None).map_err(io::Error::other)?;
    // The store knows the folder of a release, CACHE/etcd/VERSION.
    let release = store.path(Version::new(0, 0, 0));
    let cache = release.ancestors().nth(2).unwrap_or(&release);
    Ok(cache.join("active"))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    /// A registry and a run directory.
    fn folders() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let root = tempfile::tempdir().expect("a folder");
        let (registry, run_dir) = (root.path().join("active"), root.path().join("run"));
        fs::create_dir(&run_dir).expect("a run directory");
        (root, registry, run_dir)
    }

    fn entries(registry: &Path) -> Vec<ActiveEntry> {
        let all = ActiveEntry::all_in(registry).expect("listed");
        all.into_iter().map(|entry| entry.expect("readable")).collect()
    }

    #[test]
    fn a_run_is_registered_while_it_lives() {
        let (_root, registry, run_dir) = folders();
        assert!(entries(&registry).is_empty());
        let first = ActiveRun::register_in(&registry, &run_dir).expect("registered");
        let second = ActiveRun::register_in(&registry, &run_dir).expect("registered");
        let listed = entries(&registry);
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0].run.run_dir, fs::canonicalize(&run_dir).expect("absolute"));
        assert_eq!(listed[0].run.pid, process::id());
        assert_eq!(listed[0].standing().expect("known"), Standing::Live);
        drop((first, second));
        assert!(entries(&registry).is_empty());
    }

    #[test]
    fn members_are_noted_and_a_torn_line_is_left_out() {
        let (_root, registry, run_dir) = folders();
        let active = ActiveRun::register_in(&registry, &run_dir).expect("registered");
        active.note_member("m1", process::id()).expect("noted");
        let mut file = OpenOptions::new().append(true).open(&active.file).expect("the entry");
        file.write_all(b"{\"name\":\"m2\",\"pi").expect("written");
        let listed = entries(&registry);
        assert_eq!(listed[0].members.len(), 1);
        assert_eq!((listed[0].members[0].name.as_str(), listed[0].members[0].pid), {
            ("m1", process::id())
        });
    }

    #[test]
    fn a_pid_that_was_given_again_is_not_the_run() {
        let (_root, registry, run_dir) = folders();
        let _active = ActiveRun::register_in(&registry, &run_dir).expect("registered");
        let mut entry = entries(&registry).remove(0);
        entry.run.start_time -= 1;
        assert_eq!(entry.standing().expect("known"), Standing::Dead);
    }

    #[test]
    fn nothing_is_said_of_other_machines_and_containers() {
        let (_root, registry, run_dir) = folders();
        let _active = ActiveRun::register_in(&registry, &run_dir).expect("registered");
        let entry = entries(&registry).remove(0);
        let standing = |change: fn(&mut Machine)| {
            let mut other = entry.clone();
            change(&mut other.run.machine);
            other.standing().expect("known")
        };
        assert_eq!(standing(|it| it.host.push('x')), Standing::Elsewhere);
        assert_eq!(standing(|it| it.pid_namespace.push('x')), Standing::Elsewhere);
        assert_eq!(standing(|it| it.boot.push('x')), Standing::Dead);
    }

    #[test]
    fn what_is_no_entry_is_named() {
        let (_root, registry, _) = folders();
        fs::create_dir(&registry).expect("a registry");
        fs::write(registry.join("7-7-0.jsonl"), "{}\n").expect("written");
        fs::write(registry.join("8-8-0.part"), "being written").expect("written");
        let mut all = ActiveEntry::all_in(&registry).expect("listed");
        assert_eq!(all.len(), 1);
        let error = all.remove(0).expect_err("no entry").to_string();
        assert!(error.contains("7-7-0.jsonl") && error.contains("by hand"), "{error}");
    }
}
