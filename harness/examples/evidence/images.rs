//! The images, and `docker/compose.yaml`: a Stormglass in a container judges three members, honest
//! ones and ones that lie. `make image` has built the images.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use stormglass::exit::ExitCode;

use crate::Rows;
use crate::docker::listed_by;
use crate::launch::{program, run};
use crate::ledger::{Ledger, Row};
use crate::provenance::{Code, Provenance, commit, repository};
use crate::ran::tenth;

const STORMGLASS: &str = "stormglass:local";
const HONEST: &str = "stormglass/etcd:local";
/// The image of `examples/lying_store.rs`.
const LYING: &str = "stormglass/lying:local";
/// Whose known bugs are spared on a store that has no version.
const RELEASE: &str = "3.5.30";
const UP_LIMIT: Duration = Duration::from_secs(240);
const DOWN_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(crate) struct ImagesArguments {
    /// How much to measure.
    #[arg(long, value_enum, default_value_t)]
    rows: Rows,
}

/// One `docker-compose up`, and `down`.
#[derive(Debug, Serialize, Deserialize)]
struct ImagesRow {
    /// The image of the three members.
    store: String,
    /// What the verdict's exit code has to be.
    expected: i32,
    /// What `up --exit-code-from stormglass` ended with.
    exit_code: Option<i32>,
    /// From `up` to its end, 20 s of traffic among them.
    seconds: f64,
    /// Whether the report is on this machine.
    report: bool,
    /// The size of the image of the members and of that of Stormglass, in megabytes.
    megabytes: [f64; 2],
    /// Containers, networks and volumes that are there after `down --volumes`.
    left: BTreeSet<String>,
    #[serde(rename = "where")]
    provenance: Provenance,
}

impl Row for ImagesRow {
    fn commit(&self) -> &str {
        &self.provenance.commit
    }
}

impl ImagesRow {
    fn holds(&self) -> bool {
        self.exit_code == Some(self.expected) && self.report && self.left.is_empty()
    }
}

/// Measures what is not measured yet; returns whether every verdict came through.
pub(crate) fn measure(arguments: &ImagesArguments) -> io::Result<bool> {
    let (program, commit) = (program()?, commit(Code::ALL)?);
    let mut ledger = match arguments.rows {
        Rows::All => Ledger::resume("images", &commit)?,
        Rows::Ci => Ledger::unwritten(),
    };
    build_liar(&program)?;
    println!(
        "members                exit  expected  seconds  report  left  MB  Stormglass MB  load"
    );
    let mut holds = true;
    for (store, expected) in [(HONEST, ExitCode::Valid), (LYING, ExitCode::Invalid)] {
        if ledger.find(|row: &ImagesRow| row.store == store).is_none() {
            ledger.add(compose(store, expected, &commit)?)?;
        }
        let row = ledger.find(|row| row.store == store);
        let row = row.ok_or_else(|| io::Error::other("a row was not kept"))?;
        show(row);
        holds &= row.holds();
    }
    Ok(holds)
}

fn show(row: &ImagesRow) {
    let code = row.exit_code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    let left = row.left.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    println!(
        "{:<22} {code:>4}  {:>8}  {:>7}  {:<6}  {:<4}  {:>4} {:>12}  {:>6.1}",
        row.store,
        row.expected,
        row.seconds,
        if row.report { "yes" } else { "NO" },
        if left.is_empty() { "none" } else { &left },
        row.megabytes[0],
        row.megabytes[1],
        row.provenance.load_average
    );
}

/// The example's program under the names of etcd's own, as an image.
fn build_liar(program: &Path) -> io::Result<()> {
    let folder = tempfile::Builder::new().prefix("stormglass-evidence-").tempdir()?;
    let liar = std::env::current_exe()?.with_file_name("lying_store");
    for name in ["etcd", "etcdctl"] {
        fs::copy(&liar, folder.path().join(name))?;
    }
    let mut command = Command::new(program);
    command.args(["etcd", "image"]).arg(folder.path().join("etcd")).args(["--tag", LYING]);
    said(&mut command).map(drop)
}

/// Brings three members and a Stormglass up, and everything down again.
fn compose(store: &str, expected: ExitCode, commit: &str) -> io::Result<ImagesRow> {
    let provenance = Provenance::now(commit);
    let folder = tempfile::Builder::new().prefix("stormglass-evidence-").tempdir()?;
    let project = Project { name: format!("stormglass-evidence-{}", std::process::id()) };
    let runs = folder.path().join("runs");
    fs::create_dir(&runs)?;
    let mut up = project.command()?;
    up.env("ETCD_IMAGE", store).env("RUNS", &runs);
    if store == LYING {
        // It does not say which etcd it is like.
        up.env("STORMGLASS_ETCD", RELEASE);
    }
    up.args(["up", "--exit-code-from", "stormglass"]);
    up.stdout(File::create(folder.path().join("stdout.txt"))?);
    up.stderr(File::create(folder.path().join("stderr.txt"))?);
    let ended = run(&mut up, UP_LIMIT);
    let left = project.down();
    let (ended, left) = (ended?, left?);
    let row = ImagesRow {
        store: store.to_owned(),
        expected: expected.number(),
        exit_code: ended.code,
        seconds: tenth(ended.seconds),
        report: runs.join("latest/report.html").is_file(),
        megabytes: [size(store)?, size(STORMGLASS)?],
        left,
        provenance,
    };
    if !row.holds() {
        println!("            kept: {}", folder.keep().display());
    }
    Ok(row)
}

/// The containers of one `docker-compose`.
struct Project {
    name: String,
}

impl Project {
    /// `docker-compose`, or the plugin where only that is there.
    fn command(&self) -> io::Result<Command> {
        let standalone = Command::new("docker-compose").arg("version").output();
        let mut command = match standalone {
            Ok(_) => Command::new("docker-compose"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut command = Command::new("docker");
                command.arg("compose");
                command
            }
            Err(error) => return Err(error),
        };
        let file: PathBuf = repository().join("docker/compose.yaml");
        command.arg("--file").arg(file).args(["--project-name", &self.name]);
        Ok(command)
    }

    /// Takes everything down; returns what is there still.
    fn down(&self) -> io::Result<BTreeSet<String>> {
        let mut down = self.command()?;
        down.args(["down", "--volumes", "--timeout", "0"]);
        down.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        run(&mut down, DOWN_LIMIT)?;
        let label = format!("label=com.docker.compose.project={}", self.name);
        let kinds: [&[&str]; 3] = [
            &["ps", "--all", "--quiet"],
            &["network", "ls", "--quiet"],
            &["volume", "ls", "--quiet"],
        ];
        let mut left = BTreeSet::new();
        for kind in kinds {
            left.extend(listed_by(&[kind, &["--filter", &label]].concat())?);
        }
        Ok(left)
    }
}

/// The size of an image, in megabytes.
fn size(image: &str) -> io::Result<f64> {
    let mut command = Command::new("docker");
    command.args(["image", "inspect", "--format", "{{.Size}}", image]);
    let bytes: f64 = said(&mut command)?.trim().parse().map_err(io::Error::other)?;
    Ok(tenth(bytes / 1e6))
}

/// What a command says that has to succeed.
fn said(command: &mut Command) -> io::Result<String> {
    let Output { status, stdout, stderr } = command.output()?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&stdout).into_owned());
    }
    let reason = String::from_utf8_lossy(&stderr);
    Err(io::Error::other(format!("{}: {}", command.get_program().display(), reason.trim())))
}
