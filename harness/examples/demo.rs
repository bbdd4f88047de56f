//! `make demo`: finds a data bug in etcd 3.5.1, then runs the same scenario on a release
//! that has it fixed.
//!
//! A real cluster is never the same twice, so up to five seeds are tried. Ends with exit
//! code 0 only if 3.5.1 was found invalid and the fixed release valid.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

#[path = "evidence/launch.rs"]
mod launch;

use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::Duration;

use launch::{Ended, program, run};
use stormglass::exit::ExitCode;
use stormglass::releases::Catalog;

/// The release in which a bug is to be found: it has #13766 and #14685.
const BROKEN: &str = "3.5.1";
/// What the fixed release must have fixed: those two, and the watch bug of #18089.
const FIXED: [u32; 3] = [13766, 14685, 18089];
const SEEDS_MAX: u64 = 5;
const INSTALL_LIMIT: Duration = Duration::from_secs(600);
const RUN_LIMIT: Duration = Duration::from_secs(240);

fn main() -> process::ExitCode {
    match demonstrate() {
        Ok(true) => process::ExitCode::SUCCESS,
        Ok(false) => process::ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the demonstration could not be run: {error}");
            process::ExitCode::from(4)
        }
    }
}

fn demonstrate() -> io::Result<bool> {
    let program = program()?;
    let fixed = Catalog::with(&FIXED, &[])
        .ok_or_else(|| io::Error::other("the catalogue has no release with the bugs fixed"))?
        .to_string();
    install(&program, &[BROKEN, &fixed])?;
    let mut lines = Vec::new();
    let found = find_bug(&program, &mut lines)?;
    let held = match found {
        None => false,
        Some(seed) => attempt(&program, &fixed, seed, &mut lines)?.with(ExitCode::Valid),
    };
    println!("\nThe demonstration's runs:");
    for line in &lines {
        println!("  {line}");
    }
    println!("{}", conclusion(found.is_some(), held, &fixed));
    Ok(found.is_some() && held)
}

/// Before any run, so that a release that cannot be had is one clear sentence.
fn install(program: &Path, releases: &[&str]) -> io::Result<()> {
    let mut command = Command::new(program);
    let ended = run(command.args(["etcd", "install"]).args(releases), INSTALL_LIMIT)?;
    if ended.with(ExitCode::Valid) {
        return Ok(());
    }
    Err(io::Error::other(format!("etcd {} could not be installed", releases.join(" and "))))
}

/// The first seed with which the broken release is found invalid.
fn find_bug(program: &Path, lines: &mut Vec<String>) -> io::Result<Option<u64>> {
    for seed in 1..=SEEDS_MAX {
        let ended = attempt(program, BROKEN, seed, lines)?;
        if ended.with(ExitCode::Invalid) {
            return Ok(Some(seed));
        }
        // Another seed helps where this one tested too little, but mends no environment.
        if !ended.with(ExitCode::Valid) && !ended.with(ExitCode::Unknown) {
            return Ok(None);
        }
    }
    Ok(None)
}

fn attempt(program: &Path, release: &str, seed: u64, lines: &mut Vec<String>) -> io::Result<Ended> {
    let out = free_folder(release, seed);
    println!("\n==> etcd {release}, seed {seed}");
    let mut command = Command::new(program);
    command.args(["run", "demo", "--etcd", release, "--seed", &seed.to_string(), "--out"]);
    let ended = run(command.arg(out), RUN_LIMIT)?;
    let code = ended.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
    let line = format!(
        "etcd {release}, seed {seed}: exit code {code} ({}) after {:.0} s",
        ended.meaning(),
        ended.seconds
    );
    println!("==> {line}");
    lines.push(line);
    Ok(ended)
}

/// A folder below `runs` that no demonstration before has used.
fn free_folder(release: &str, seed: u64) -> PathBuf {
    let name = format!("demo-{release}-seed-{seed}");
    let first = Path::new("runs").join(&name);
    let others = (2..u32::MAX).map(|number| Path::new("runs").join(format!("{name}-{number}")));
    std::iter::once(first.clone()).chain(others).find(|path| !path.exists()).unwrap_or(first)
}

fn conclusion(found: bool, held: bool, fixed: &str) -> String {
    match (found, held) {
        (false, _) => format!("Not shown: etcd {BROKEN} was not found invalid."),
        (true, false) => format!("Not shown: etcd {fixed} did not end valid."),
        (true, true) => {
            format!("Shown: a data bug in etcd {BROKEN}, and none in etcd {fixed}.")
        }
    }
}
