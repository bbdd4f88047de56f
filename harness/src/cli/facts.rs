//! What only the harness knows of a run, and the files that come of it.

use std::fs;
use std::io;
use std::path::Path;

use stormglass_checkers::history::History;
use stormglass_checkers::verdict::Judgement;
use stormglass_reports::{FileEntry, RunFacts, RunRecord, render_all};
use stormglass_scenarios::plan::Plan;

use super::error::CommandError;
use super::summary::Ended;
use crate::exit::ExitCode;
use crate::run_dir::{Launch, RunDir, RunDirError, open_history};

/// The facts of a run that has ended.
pub(super) fn of_run(
    plan: &Plan,
    launch: &Launch,
    started: &str,
    ended: &Ended,
    code: ExitCode,
) -> RunFacts {
    let mut environment = launch.settings.clone();
    if launch.external.is_none() {
        environment.push(("binary".to_owned(), launch.binary.display().to_string()));
    }
    if let Some(images) = &launch.images {
        environment.push(("image".to_owned(), format!("{} ({})", images.name, images.etcd)));
    }
    for other in &launch.other_releases {
        let name = format!("binary of {}", other.requested);
        environment.push((name, other.binary.display().to_string()));
    }
    environment.push(("members".to_owned(), plan.scenario.cluster.members.to_string()));
    environment.push(("isolated".to_owned(), launch.isolated.to_string()));
    environment.push(("machine".to_owned(), machine()));
    RunFacts {
        command: launch.command.clone(),
        check_command: launch.check_command.clone(),
        exit_code: code.number(),
        started: started.to_owned(),
        duration: ended.duration,
        files: files(),
        not_tested: not_tested(launch),
        interrupted: ended.interrupted.is_some(),
        releases: release_notes(launch),
        environment,
        server: launch.external.iter().flat_map(|external| external.features.clone()).collect(),
    }
}

/// What stands in for releases that are not to be had.
fn release_notes(launch: &Launch) -> Vec<String> {
    let others = launch.other_releases.iter().filter_map(|other| other.note.as_ref());
    launch.release_note.iter().chain(others).cloned().collect()
}

fn not_tested(launch: &Launch) -> Vec<String> {
    let network = launch.network_refused.iter();
    let network = network.map(|reason| format!("Network faults were not tested: {reason}."));
    let disks = launch.disk_refused.iter();
    let disks = disks.map(|reason| format!("Faults of disks were not tested: {reason}."));
    let memory = launch.memory_refused.iter();
    let memory = memory.map(|reason| format!("Limits of memory were not tested: {reason}."));
    let left_out = launch.external.iter().flat_map(|external| external.left_out.clone());
    network.chain(disks).chain(memory).chain(left_out).collect()
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    format!("{cores} cores, load {load}, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

fn files() -> Vec<FileEntry> {
    let entry = |path: &str, what: &str| FileEntry { path: path.to_owned(), what: what.to_owned() };
    vec![
        entry("plan.json", "what was to be attempted"),
        entry("history.jsonl.zst", "every event, in order (zstd, JSON Lines)"),
        entry("verdicts.json", "what the checkers say"),
        entry("report.html", "this page"),
        entry("junit.xml", "the verdicts for CI"),
        entry("summary.md", "the verdicts as Markdown"),
        entry("metrics.prom", "the run's numbers as OpenMetrics text"),
        entry("plots/", "each plot as a file"),
        entry("members/", "the members' logs; their data too where something was found"),
        entry("journal.jsonl", "faults, written before they were injected"),
    ]
}

/// Writes the JSON files of a run that has ended.
pub(super) fn write_all(
    dir: &RunDir,
    judgement: &Judgement,
    facts: &RunFacts,
) -> Result<(), RunDirError> {
    RunDir::write(&dir.verdicts(), judgement)?;
    RunDir::write(&dir.facts(), facts)
}

/// Draws the report from the files of the directory alone.
pub(super) fn render(dir: &RunDir) -> Result<(), CommandError> {
    let reader = open_history(dir.path()).map_err(CommandError::usage)?;
    let history = History::read(reader).map_err(CommandError::usage)?;
    draw(dir, &history)
}

/// Draws the report of a history that has been read already.
pub(super) fn draw(dir: &RunDir, history: &History) -> Result<(), CommandError> {
    let plan: Plan = RunDir::read(&dir.plan()).map_err(CommandError::usage)?;
    let judgement: Judgement = RunDir::read(&dir.verdicts()).map_err(CommandError::usage)?;
    let facts: RunFacts = RunDir::read(&dir.facts()).map_err(CommandError::usage)?;
    let record = RunRecord {
        plan: &plan,
        preamble: &history.preamble,
        events: &history.events,
        judgement: &judgement,
        facts: &facts,
    };
    let artifacts = render_all(&record).map_err(CommandError::bug)?;
    for artifact in artifacts {
        let path = dir.path().join(&artifact.path);
        RunDir::write_bytes(&path, &artifact.bytes).map_err(CommandError::environment)?;
    }
    Ok(())
}

/// Copies the members' data directories beside their logs.
pub(super) fn copy_data(data: &Path, members: &Path) -> io::Result<()> {
    for member in fs::read_dir(data)? {
        let member = member?;
        copy_tree(&member.path(), &members.join(member.file_name()))?;
    }
    Ok(())
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
