//! One run of a scenario through the program, and what came of it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use stormglass::exit::ExitCode;
use stormglass_checkers::verdict::Judgement;

use crate::launch::{Ended, run};

/// Where the clusters of most runs are.
pub(crate) const USUAL_TARGET: &str = "local";
/// The traffic of most runs.
pub(crate) const USUAL_DURATION: &str = "30s";
const INSTALL_LIMIT: Duration = Duration::from_secs(600);
const RUN_LIMIT: Duration = Duration::from_secs(240);

/// What came of a run.
pub(crate) struct Ran {
    /// How the program ended, and when.
    pub(crate) ended: Ended,
    /// What was found, as `checker: anomaly`, each once.
    pub(crate) findings: BTreeSet<String>,
    /// Why it is unknown, where it is.
    pub(crate) reasons: Vec<String>,
    /// Operations that the checker `coverage` counted.
    pub(crate) operations: u64,
}

/// Before any run, so that installing is in no row's time.
pub(crate) fn install<'a>(
    program: &Path,
    releases: impl IntoIterator<Item = &'a String>,
) -> io::Result<()> {
    let mut command = Command::new(program);
    command.args(["etcd", "install"]).args(releases);
    if run(&mut command, INSTALL_LIMIT)?.with(ExitCode::Valid) {
        return Ok(());
    }
    Err(io::Error::other("the releases of etcd could not be installed"))
}

/// What is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run<'a> {
    /// The scenario of the catalogue.
    pub(crate) scenario: &'a str,
    /// Where the cluster is.
    pub(crate) target: &'a str,
    /// The traffic.
    pub(crate) duration: &'a str,
    /// The release of etcd.
    pub(crate) release: &'a str,
    /// The seed.
    pub(crate) seed: u64,
}

/// Runs a scenario into `FOLDER/run`; what the program says is kept beside it.
pub(crate) fn run_scenario(program: &Path, wanted: Run<'_>, folder: &Path) -> io::Result<Ran> {
    let Run { scenario, target, duration, release, seed } = wanted;
    let out = folder.join("run");
    let mut command = Command::new(program);
    command.args(["run", scenario, "--target", target]);
    command.args(["--etcd", release, "--duration", duration]);
    command.args(["--seed", &seed.to_string(), "--progress", "plain", "--out"]).arg(&out);
    command.stdout(File::create(folder.join("stdout.txt"))?);
    command.stderr(File::create(folder.join("stderr.txt"))?);
    let ended = run(&mut command, RUN_LIMIT)?;
    Ok(ran(ended, &out))
}

fn ran(ended: Ended, out: &Path) -> Ran {
    // A run that ended early has no verdicts; its exit code says so.
    let judgement = fs::read(out.join("verdicts.json"))
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Judgement>(&bytes).ok());
    let verdicts = judgement.as_ref().map(|judgement| &judgement.verdicts[..]).unwrap_or_default();
    let findings = verdicts.iter().flat_map(|verdict| {
        let name = &verdict.checker;
        verdict.findings.iter().map(move |finding| format!("{name}: {}", finding.anomaly))
    });
    let counted = verdicts.iter().flat_map(|verdict| &verdict.properties);
    let operations = counted.filter(|property| property.name.starts_with("operations"));
    Ran {
        ended,
        findings: findings.collect(),
        reasons: verdicts.iter().flat_map(|verdict| verdict.reasons.clone()).collect(),
        operations: operations.map(|property| property.count).max().unwrap_or(0),
    }
}

/// Where the binary of an installed release is.
pub(crate) fn binary(program: &Path, release: &str) -> io::Result<PathBuf> {
    let told = Command::new(program).args(["etcd", "path", release]).output()?;
    if told.status.success() {
        return Ok(String::from_utf8_lossy(&told.stdout).trim().into());
    }
    Err(io::Error::other(format!("etcd {release} is not installed")))
}

/// Rounded to tenths: more would pretend.
pub(crate) fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
