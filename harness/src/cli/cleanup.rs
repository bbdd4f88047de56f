//! `cleanup`: undoes what killed runs left behind, and touches nothing else.

use std::path::PathBuf;

use serde::Serialize;

use super::args::{CleanupArgs, Format};
use super::containers::{self, Removed, Swept};
use super::error::CommandError;
use super::helper::{self, Again};
use super::output;
use super::undo::{Undone, undo};
use crate::exit::ExitCode;
use crate::run_dir::{ActiveEntry, Launch, RunDir, Standing};
use crate::target::docker::Engine;

/// A run that was left alone.
#[derive(Debug, Serialize)]
struct LeftAlone {
    run_dir: PathBuf,
    pid: u32,
    why: String,
}

#[derive(Debug, Default, Serialize)]
struct Cleanup {
    dry_run: bool,
    undone: Vec<Undone>,
    /// Containers of dead runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    containers: Vec<Removed>,
    /// Where disks of dead runs were mounted on this machine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    disks: Vec<PathBuf>,
    left_alone: Vec<LeftAlone>,
    /// What could not be undone, a sentence each; those of single runs are with them.
    problems: Vec<String>,
}

/// Walks the registry of live runs.
pub(super) fn cleanup(args: &CleanupArgs, format: Format) -> Result<ExitCode, CommandError> {
    let entries = ActiveEntry::all().map_err(|error| {
        CommandError::environment(format!(
            "the registry of runs in the cache could not be read ({error}): check its permissions"
        ))
    })?;
    // What a helper has made is root's.
    if helper::is_wanted()
        && entries.iter().flatten().any(in_containers)
        && let Ok(engine) = Engine::connect()
        && let Again::Done(code) = helper::again(&engine, Vec::new())?
    {
        return Ok(code);
    }
    let mut cleanup = Cleanup { dry_run: args.dry_run, ..Cleanup::default() };
    // First: what runs in them writes to folders that are removed afterwards.
    cleanup.sweep_containers(entries.iter().flatten());
    cleanup.sweep_disks();
    for entry in entries {
        match entry {
            Ok(entry) => cleanup.visit(&entry),
            Err(error) => cleanup.problems.push(error.to_string()),
        }
    }
    match format {
        Format::Human => output::lines(&cleanup.lines())?,
        Format::Json => output::json(&cleanup)?,
    };
    Ok(if cleanup.went_well() { ExitCode::Valid } else { ExitCode::Environment })
}

impl Cleanup {
    /// Without an engine nothing is said, unless a run was in its containers.
    fn sweep_containers<'a>(&mut self, mut entries: impl Iterator<Item = &'a ActiveEntry>) {
        let engine = match Engine::connect() {
            Ok(engine) => engine,
            Err(error) => {
                if entries.any(in_containers) {
                    self.problems.push(error.to_string());
                }
                return;
            }
        };
        match containers::sweep(&engine, self.dry_run) {
            Ok(Swept { removed, problems, .. }) => {
                self.containers = removed;
                self.problems.extend(problems);
            }
            Err(error) => self.problems.push(error.to_string()),
        }
    }

    fn sweep_disks(&mut self) {
        let mut swept = Swept::default();
        if let Err(error) = containers::sweep_disks(self.dry_run, &mut swept) {
            self.problems.push(error.to_string());
        }
        self.disks = swept.unmounted;
        self.problems.extend(swept.problems);
    }

    fn visit(&mut self, entry: &ActiveEntry) {
        match entry.standing() {
            Ok(Standing::Dead) => self.undone.push(undo(entry, self.dry_run)),
            Ok(Standing::Live) => self.leave_alone(entry, "it runs".to_owned()),
            Ok(Standing::Elsewhere) => {
                let why = format!(
                    "it belongs to `{}` or to a container there; clean up there, or remove {}",
                    entry.run.machine.host,
                    entry.file.display()
                );
                self.leave_alone(entry, why);
            }
            Err(error) => self.problems.push(format!(
                "process {} of {} could not be looked at ({error}): try again as its user",
                entry.run.pid,
                entry.run.run_dir.display()
            )),
        }
    }

    fn leave_alone(&mut self, entry: &ActiveEntry, why: String) {
        let run_dir = entry.run.run_dir.clone();
        self.left_alone.push(LeftAlone { run_dir, pid: entry.run.pid, why });
    }

    fn went_well(&self) -> bool {
        self.problems.is_empty() && self.undone.iter().all(|undone| undone.problems.is_empty())
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let removed = if self.dry_run { "would remove" } else { "removed" };
        for Removed { run, containers, networks } in &self.containers {
            for (what, names) in [("containers", containers), ("networks", networks)] {
                if !names.is_empty() {
                    lines.push(format!("{removed} {what} of run {run}: {}", names.join(", ")));
                }
            }
        }
        let unmounted = if self.dry_run { "would unmount" } else { "unmounted" };
        for place in &self.disks {
            lines.push(format!("{unmounted} the disk of a dead run: {}", place.display()));
        }
        for undone in &self.undone {
            lines.push(format!("{}: its process is gone", undone.run_dir.display()));
            lines.extend(self.deeds(undone).into_iter().map(|deed| format!("  {deed}")));
        }
        for run in &self.left_alone {
            let LeftAlone { run_dir, pid, why } = run;
            lines.push(format!("{}: left alone (process {pid}): {why}", run_dir.display()));
        }
        lines.extend(self.problems.iter().cloned());
        let undone = self.undone.is_empty() && self.containers.is_empty();
        if undone && self.disks.is_empty() && self.problems.is_empty() {
            lines.push("nothing to clean up".to_owned());
        }
        lines
    }

    /// What was done for one run, a line each.
    fn deeds(&self, undone: &Undone) -> Vec<String> {
        let (ended, removed, entry) = if self.dry_run {
            ("would end", "would remove", "would take it off the register")
        } else {
            ("ended", "removed", "took it off the register")
        };
        let mut deeds = Vec::new();
        for member in &undone.ended {
            deeds.push(format!("{ended} member {} (process {})", member.name, member.pid));
        }
        deeds.extend(undone.removed.iter().map(|path| format!("{removed} {}", path.display())));
        for fault in &undone.unhealed {
            let members = fault.members.join(", ");
            deeds.push(format!(
                "fault {} ({} on {members}) held when the run died; it ended with its members",
                fault.id, fault.kind
            ));
        }
        deeds.extend(undone.problems.iter().cloned());
        if undone.problems.is_empty() {
            deeds.push(entry.to_owned());
        }
        deeds
    }
}

/// Whether the members of a dead run are in containers.
fn in_containers(entry: &ActiveEntry) -> bool {
    let launch =
        RunDir::open(&entry.run.run_dir).and_then(|dir| RunDir::read::<Launch>(&dir.launch()));
    let dead = entry.standing().is_ok_and(|standing| standing == Standing::Dead);
    dead && launch.is_ok_and(|launch| launch.images.is_some())
}
