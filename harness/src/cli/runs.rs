//! `runs`: the runs on this disk, and their removal.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stormglass_checkers::verdict::{Judgement, Status};
use stormglass_reports::RunFacts;
use stormglass_scenarios::plan::Plan;

use super::args::Format;
use super::error::CommandError;
use super::output;
use super::reading_args::{PruneArgs, RunsAction, RunsArgs};
use super::style::{Style, Tone};
use super::table::{Cell, Table};
use crate::exit::ExitCode;
use crate::run_dir::{ActiveEntry, RunDir, Standing};

/// A stored run.
#[derive(Debug, Serialize)]
struct StoredRun {
    path: PathBuf,
    scenario: String,
    release: String,
    seed: u64,
    /// When it began, in UTC; empty where it never got so far.
    started: String,
    state: State,
    seconds: f64,
    bytes: u64,
    sentence: String,
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Valid,
    Unknown,
    Invalid,
    /// It goes on.
    Running,
    /// It was never judged: its harness was killed, or there was no cluster.
    Unjudged,
}

impl State {
    fn cell(self) -> Cell {
        let (tone, text) = match self {
            Self::Valid => (Tone::Good, "✓ valid"),
            Self::Unknown => (Tone::Strong, "? unknown"),
            Self::Invalid => (Tone::Bad, "✕ invalid"),
            Self::Running => (Tone::Plain, "… running"),
            Self::Unjudged => (Tone::Strong, "? unjudged"),
        };
        Cell::toned(tone, text)
    }
}

/// Lists them, or removes old ones.
pub(super) fn runs(args: &RunsArgs, format: Format) -> Result<ExitCode, CommandError> {
    let runs = stored(&args.folder)?;
    match &args.action {
        None => list(&runs, &args.folder, format),
        Some(RunsAction::Prune(prune)) => remove(runs, *prune, format),
    }
}

/// The runs of a folder, the newest first.
fn stored(folder: &Path) -> Result<Vec<StoredRun>, CommandError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let folder = folder.display();
            let message = format!("{folder} could not be read ({error}): name another by --folder");
            return Err(CommandError::environment(message));
        }
    };
    let live = live();
    let mut found = Vec::new();
    for entry in entries.flatten() {
        // `latest` is a link to one of the others.
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Ok(dir) = RunDir::open(&entry.path())
        {
            found.push((changed(&dir), read(&dir, &live)));
        }
    }
    found.sort_by(|(one, first), (other, second)| {
        other.cmp(one).then_with(|| second.path.cmp(&first.path))
    });
    Ok(found.into_iter().map(|(_, run)| run).collect())
}

/// When its plan was written: when it began.
fn changed(dir: &RunDir) -> Option<std::time::SystemTime> {
    fs::metadata(dir.plan()).and_then(|plan| plan.modified()).ok()
}

/// The directories of runs that go on.
fn live() -> Vec<PathBuf> {
    let entries = ActiveEntry::all().unwrap_or_default();
    let is_live = |entry: &ActiveEntry| entry.standing().is_ok_and(|it| it != Standing::Dead);
    entries.into_iter().flatten().filter(is_live).map(|entry| entry.run.run_dir).collect()
}

fn read(dir: &RunDir, live: &[PathBuf]) -> StoredRun {
    let plan = RunDir::read::<Plan>(&dir.plan()).ok();
    let judgement = RunDir::read::<Judgement>(&dir.verdicts()).ok();
    let facts = RunDir::read::<RunFacts>(&dir.facts()).unwrap_or_default();
    let runs = fs::canonicalize(dir.path()).is_ok_and(|path| live.contains(&path));
    let state = match (runs, &judgement) {
        (true, _) => State::Running,
        (false, None) => State::Unjudged,
        (false, Some(judgement)) => match judgement.status {
            Status::Valid => State::Valid,
            Status::Unknown => State::Unknown,
            Status::Invalid => State::Invalid,
        },
    };
    let name = |plan: &Plan| plan.scenario.name.clone();
    StoredRun {
        path: dir.path().to_owned(),
        scenario: plan.as_ref().map(name).unwrap_or_default(),
        release: plan.as_ref().map(|plan| plan.release.clone()).unwrap_or_default(),
        seed: plan.as_ref().map(|plan| plan.seed).unwrap_or_default(),
        started: facts.started,
        state,
        seconds: facts.duration.seconds(),
        bytes: size(dir.path()),
        sentence: judgement.map(|judgement| judgement.sentence).unwrap_or_default(),
    }
}

/// What a directory takes; what cannot be read counts as nothing.
fn size(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => size(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

fn list(runs: &[StoredRun], folder: &Path, format: Format) -> Result<ExitCode, CommandError> {
    if format == Format::Json {
        return output::json(&runs);
    }
    if runs.is_empty() {
        return output::lines(&[format!("no run is in {}", folder.display())]);
    }
    let mut table = Table::new(["RUN", "VERDICT", "RELEASE", "SEED", "SECONDS", "MIB", "SENTENCE"]);
    for run in runs {
        table.row([
            Cell::toned(Tone::Strong, run.path.display().to_string()),
            run.state.cell(),
            run.release.clone().into(),
            run.seed.to_string().into(),
            format!("{:.0}", run.seconds).into(),
            mebibytes(run.bytes).into(),
            short(&run.sentence).into(),
        ]);
    }
    output::lines(&table.lines(Style::of_stdout()))
}

fn mebibytes(bytes: u64) -> String {
    let tenths = bytes * 10 / (1 << 20);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A sentence that fits on a line beside the rest.
fn short(sentence: &str) -> String {
    const MOST: usize = 70;
    match sentence.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &sentence[..end]),
        None => sentence.to_owned(),
    }
}

#[derive(Serialize)]
struct Pruned {
    removed: Vec<PathBuf>,
    bytes: u64,
    kept: usize,
    problems: Vec<String>,
}

fn remove(
    runs: Vec<StoredRun>,
    prune: PruneArgs,
    format: Format,
) -> Result<ExitCode, CommandError> {
    let mut pruned = Pruned { removed: Vec::new(), bytes: 0, kept: 0, problems: Vec::new() };
    for (place, run) in runs.into_iter().enumerate() {
        let failed = prune.keep_failed && run.state != State::Valid;
        if place < prune.keep || failed || run.state == State::Running {
            pruned.kept += 1;
            continue;
        }
        let removed = if prune.dry_run { Ok(()) } else { fs::remove_dir_all(&run.path) };
        match removed {
            Ok(()) => {
                pruned.bytes += run.bytes;
                pruned.removed.push(run.path);
            }
            Err(error) => {
                let path = run.path.display();
                pruned.problems.push(format!("{path} could not be removed ({error})"));
            }
        }
    }
    match format {
        Format::Json => output::json(&pruned)?,
        Format::Human => output::lines(&told(&pruned, prune.dry_run))?,
    };
    Ok(if pruned.problems.is_empty() { ExitCode::Valid } else { ExitCode::Environment })
}

fn told(pruned: &Pruned, dry_run: bool) -> Vec<String> {
    let verb = if dry_run { "would remove" } else { "removed" };
    let mut lines: Vec<String> =
        pruned.removed.iter().map(|path| format!("{verb} {}", path.display())).collect();
    lines.extend(pruned.problems.iter().cloned());
    let (number, freed) = (pruned.removed.len(), mebibytes(pruned.bytes));
    lines.push(format!("{verb} {number} runs, {freed} MiB; {} stay", pruned.kept));
    lines
}
