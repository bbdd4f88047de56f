//! Porcupine's logs of Jepsen's first test of etcd, and its key-value histories.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use super::measure::Bench;
use super::row::{CheckersRow, Part};
use crate::Rows;
use crate::launch::run;
use crate::provenance::{Provenance, repository};
use crate::ran::tenth;

const LIMIT: Duration = Duration::from_secs(300);

/// What `stormglass check --format porcupine-… --format json` prints.
#[derive(Debug, Deserialize)]
struct Printed {
    files: Vec<Judged>,
}

#[derive(Debug, Deserialize)]
struct Judged {
    file: PathBuf,
    verdict: Said,
}

#[derive(Debug, Deserialize)]
struct Said {
    status: String,
}

/// Both formats; for CI the first one only. Without the data there is nothing to measure,
/// which is said.
pub(super) fn measure(bench: &mut Bench) -> io::Result<Vec<CheckersRow>> {
    let Some(folder) = published() else {
        println!(
            "logs        NOT MEASURED  Porcupine's logs are not there: set STORMGLASS_PORCUPINE_DATA"
        );
        return Ok(Vec::new());
    };
    let formats = if bench.rows == Rows::Ci { &FORMATS[..1] } else { &FORMATS[..] };
    let mut rows = Vec::new();
    for format in formats {
        rows.push(bench.row(
            |row| row.part == Part::Logs && row.name == format.name,
            |bench| format.row(bench, &folder.join(format.folder)),
        )?);
    }
    Ok(rows)
}

/// The data that others have published, where it is present.
fn published() -> Option<PathBuf> {
    let asked = std::env::var_os("STORMGLASS_PORCUPINE_DATA").map(PathBuf::from);
    let beside = repository().join("../shared/data");
    let mut folders = asked.into_iter().chain([beside]);
    folders.find(|folder| folder.join("porcupine-etcd").is_dir())
}

struct Format {
    /// As the program calls it.
    name: &'static str,
    folder: &'static str,
    ending: &'static str,
    expected: fn(&Path) -> io::Result<BTreeMap<String, bool>>,
}

const FORMATS: [Format; 2] = [
    Format { name: "porcupine-etcd", folder: "porcupine-etcd", ending: "log", expected: listed },
    Format { name: "porcupine-kv", folder: "porcupine-kv", ending: "txt", expected: named },
];

impl Format {
    fn row(&self, bench: &Bench, folder: &Path) -> io::Result<CheckersRow> {
        let expected = (self.expected)(folder)?;
        let scratch = tempfile::Builder::new().prefix("stormglass-logs-").tempdir()?;
        let out = scratch.path().join("verdicts.json");
        let provenance = Provenance::now(&bench.commit);
        let mut command = Command::new(&bench.program);
        command.args(["check", "--format", self.name, "--format", "json"]);
        command.args(expected.keys().map(|name| folder.join(format!("{name}.{}", self.ending))));
        command.stdout(File::create(&out)?);
        let ended = run(&mut command, LIMIT)?;
        let printed: Printed = serde_json::from_slice(&fs::read(&out)?)?;
        let right = printed.files.iter().filter(|judged| {
            let name = judged.file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            let said = if expected.get(name) == Some(&true) { "valid" } else { "invalid" };
            judged.verdict.status == said
        });
        let (right, all) = (right.count(), expected.len());
        let legal = expected.values().filter(|legal| **legal).count();
        let mut row = CheckersRow::new(Part::Logs, self.name, provenance);
        row.result = format!("{right} of {all} verdicts as published, {legal} of them valid");
        row.holds = right == all && all > 0;
        row.seconds = tenth(ended.seconds);
        Ok(row)
    }
}

/// `expected.txt`: a number and `true` or `false` a line.
fn listed(folder: &Path) -> io::Result<BTreeMap<String, bool>> {
    let text = fs::read_to_string(folder.join("expected.txt"))?;
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    Ok(lines.map(|(number, legal)| (format!("etcd_{number:0>3}"), legal == "true")).collect())
}

/// The verdict is the end of a file's name.
fn named(folder: &Path) -> io::Result<BTreeMap<String, bool>> {
    let mut expected = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with("-ok") || name.ends_with("-bad") {
            expected.insert(name.to_owned(), name.ends_with("-ok"));
        }
    }
    Ok(expected)
}
