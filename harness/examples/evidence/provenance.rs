//! Where a row comes from: the code, the machine and the day.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use stormglass::clock::utc_now;

/// Behind the commit of a tree with changes that no commit has.
const DIRTY: &str = "-dirty";

/// What of the repository a piece of evidence is about: other changes leave its rows true.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Code(&'static [&'static str]);

impl Code {
    /// Everything that is built. Evidence and texts are not.
    pub(crate) const ALL: Self =
        Self(&[".", ":(exclude)evidence", ":(exclude)docs", ":(exclude)*.md"]);
    /// What judges, and what makes the traffic that is judged.
    pub(crate) const JUDGING: Self = Self(&["checkers", "scenarios", ":(exclude)*.md"]);
}

/// Where a row comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Provenance {
    /// The last commit that changed what it is about.
    pub(crate) commit: String,
    /// When it was measured, in UTC.
    pub(crate) measured: String,
    /// The machine's load average over the minute before.
    pub(crate) load_average: f64,
}

impl Provenance {
    /// Of a row that is measured now.
    pub(crate) fn now(commit: &str) -> Self {
        let measured = utc_now().to_string().chars().take("2026-01-01T00:00:00".len()).collect();
        Self { commit: commit.to_owned(), measured, load_average: load_average() }
    }
}

/// The repository that this program was built in.
pub(crate) fn repository() -> PathBuf {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    harness.parent().unwrap_or(harness).to_owned()
}

/// Cargo, the one that runs this program where one does, in the repository.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(repository());
    command
}

/// The last commit of the code, marked where the tree has other changes of it.
pub(crate) fn commit(code: Code) -> io::Result<String> {
    let commit = git(&["rev-list", "--max-count=1", "HEAD"], code)?;
    let changes = git(&["status", "--porcelain"], code)?;
    let mark = if changes.is_empty() { "" } else { DIRTY };
    Ok(format!("{}{mark}", commit.chars().take(12).collect::<String>()))
}

/// Whether a commit says all about the code, so that its rows need not be measured again.
pub(crate) fn is_clean(commit: &str) -> bool {
    !commit.ends_with(DIRTY)
}

fn git(arguments: &[&str], code: Code) -> io::Result<String> {
    let mut command = Command::new("git");
    let output =
        command.current_dir(repository()).args(arguments).arg("--").args(code.0).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let reason = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("git does not tell the commit: {}", reason.trim())))
}

/// Zero where the system does not tell.
fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}
