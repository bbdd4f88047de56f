//! `make gallery`: reports of real findings in real releases, kept in `docs/gallery/`.
//!
//! Each has a small scenario there. Where a finding's run is not kept yet, seeds are tried until one
//! shows it; the page of one that is kept is drawn again from its history.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

#[path = "evidence/launch.rs"]
mod launch;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::Duration;

use launch::{program, run};
use stormglass::exit::ExitCode;
use stormglass_checkers::verdict::{Finding, Judgement};

const GALLERY: &str = "docs/gallery";
const SEEDS_MAX: u64 = 20;
const LIMIT: Duration = Duration::from_secs(240);
/// A larger page is not kept: another seed may find the same earlier.
const LARGEST_PAGE: u64 = 700 << 10;
/// What is kept of a run: enough to judge it again and to draw it again.
const KEPT: [&str; 4] = ["history.jsonl.zst", "plan.json", "run.json", "verdicts.json"];
const PAGE: &str = "report.html";

/// A finding that is shown.
struct Exhibit {
    /// Of its scenario and its folder.
    name: &'static str,
    release: &'static str,
    /// Of etcd's own list.
    issue: u32,
    /// That the page tells first.
    anomaly: &'static str,
}

const EXHIBITS: [Exhibit; 5] = [
    Exhibit { name: "lost-write", release: "3.5.1", issue: 14370, anomaly: "lost-write" },
    Exhibit { name: "lost-delete", release: "3.5.1", issue: 18089, anomaly: "watch-gap" },
    Exhibit {
        name: "early-progress",
        release: "3.4.23",
        issue: 15220,
        anomaly: "watch-progress-early",
    },
    Exhibit {
        name: "revoked-lease",
        release: "3.5.30",
        issue: 15247,
        anomaly: "lease-early-expiry",
    },
    Exhibit { name: "refused-but-done", release: "3.5.30", issue: 18667, anomaly: "vanished-read" },
];

fn main() -> process::ExitCode {
    match build() {
        Ok(()) => process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the gallery could not be built: {error}");
            process::ExitCode::from(4)
        }
    }
}

fn build() -> io::Result<()> {
    let program = program()?;
    let mut rows = Vec::new();
    for exhibit in &EXHIBITS {
        if !exhibit.folder().join(KEPT[0]).exists() {
            exhibit.find(&program)?;
        }
        exhibit.draw(&program)?;
        let finding = exhibit.finding(&exhibit.folder())?.ok_or_else(|| exhibit.missing())?;
        rows.push(exhibit.row(&finding));
        println!("{}: {}", exhibit.name, finding.sentence);
    }
    fs::write(Path::new(GALLERY).join("README.md"), readme(&rows))
}

impl Exhibit {
    fn folder(&self) -> PathBuf {
        Path::new(GALLERY).join(self.name)
    }

    fn scenario(&self) -> String {
        format!("{GALLERY}/{}.toml", self.name)
    }

    fn missing(&self) -> io::Error {
        let Self { name, anomaly, .. } = self;
        io::Error::other(format!("{name} does not tell `{anomaly}` first: remove its folder"))
    }

    /// Runs seed after seed until one shows the finding on a page that is small enough.
    fn find(&self, program: &Path) -> io::Result<()> {
        for seed in 1..=SEEDS_MAX {
            let room = tempfile::tempdir()?;
            let out = room.path().join("run");
            let mut command = Command::new(program);
            command.args(["run", &self.scenario(), "--etcd", self.release]);
            command.args(["--seed", &seed.to_string(), "--stop-on-violation", "--out"]);
            let ended = run(command.arg(&out), LIMIT)?;
            println!("{}, seed {seed}: {}", self.name, ended.meaning());
            let small =
                || fs::metadata(out.join(PAGE)).is_ok_and(|page| page.len() <= LARGEST_PAGE);
            if ended.with(ExitCode::Invalid) && self.finding(&out)?.is_some() && small() {
                return copy(&KEPT, &out, &self.folder());
            }
        }
        Err(io::Error::other(format!("{SEEDS_MAX} seeds did not show {}", self.name)))
    }

    /// What the page tells first, if it is what is shown here.
    fn finding(&self, run: &Path) -> io::Result<Option<Finding>> {
        let judgement: Judgement = serde_json::from_slice(&fs::read(run.join("verdicts.json"))?)?;
        let mut findings = judgement.verdicts.into_iter().flat_map(|verdict| verdict.findings);
        Ok(findings.next().filter(|finding| finding.anomaly == self.anomaly))
    }

    /// Judges the kept history again and draws its page, in a copy: the other files of a run are not
    /// kept.
    fn draw(&self, program: &Path) -> io::Result<()> {
        let room = tempfile::tempdir()?;
        copy(&KEPT, &self.folder(), room.path())?;
        let mut command = Command::new(program);
        let ended = run(command.arg("check").arg(room.path()), LIMIT)?;
        if !ended.with(ExitCode::Invalid) {
            let Self { name, .. } = self;
            return Err(io::Error::other(format!("{name} is judged {}", ended.meaning())));
        }
        copy(&["verdicts.json", PAGE], room.path(), &self.folder())
    }

    fn row(&self, finding: &Finding) -> String {
        let Self { name, release, issue, anomaly } = self;
        format!(
            "| [{name}]({name}/{PAGE}) | {release} | #{issue} | `{anomaly}` | {} | \
             [{name}.toml]({name}.toml) |\n",
            finding.sentence.replace('|', "\\|")
        )
    }
}

fn copy(files: &[&str], from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for file in files {
        fs::copy(from.join(file), to.join(file))?;
    }
    Ok(())
}

fn readme(rows: &[String]) -> String {
    format!(
        "# Gallery\n\n\
         Real findings in real releases of etcd, each with its report, the history that it was drawn \
         from, and the scenario that found it. `make gallery` draws the pages again, and runs what is \
         not there; a folder that is removed is found again. GitHub shows a page's source: save it and \
         open the file, it needs nothing else. [How to read a report](../report.md).\n\n\
         | report | etcd | its issue | anomaly | sentence | scenario |\n|---|---|---|---|---|---|\n{}\n\
         `stormglass check docs/gallery/NAME/history.jsonl.zst` judges one again, and proves each \
         finding from its witness alone ([witnesses](../witnesses.md)).\n",
        rows.concat()
    )
}
