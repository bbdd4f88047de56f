//! `doctor`: what works on this machine, what does not, and how to get it.

use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stormglass_linux::capability::{self, Devices, Lever, LeverStatus};

use super::args::{DoctorArgs, Format};
use super::docker_powers::DockerPowers;
use super::error::CommandError;
use super::helper;
use super::output;
use super::style::{Style, Tone};
use crate::exit::ExitCode;
use crate::releases::{Listing, Release, Store, Version};
use crate::target::docker::Engine;

/// What a run and a release need at most, beyond the members' data in memory.
const FREE_BYTES_WANTED: u64 = 1 << 30;
/// Fetched by a run that names no release.
const USUAL_RELEASE: &str = "3.5.16";

/// One thing that was tried.
#[derive(Debug, Serialize)]
struct Examined {
    name: String,
    purpose: &'static str,
    /// Whether there is no local run without it.
    required: bool,
    available: bool,
    /// How it works, or why it does not.
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Examined {
    fn works(name: impl Into<String>, purpose: &'static str, detail: impl Into<String>) -> Self {
        let (name, detail) = (name.into(), detail.into());
        Self { name, purpose, required: false, available: true, detail, fix: None }
    }

    fn lacks(
        name: impl Into<String>,
        purpose: &'static str,
        why: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let fix = Some(fix.into());
        Self { available: false, fix, ..Self::works(name, purpose, why) }
    }

    fn required(self) -> Self {
        Self { required: true, ..self }
    }
}

impl From<Lever> for Examined {
    fn from(lever: Lever) -> Self {
        match lever.status {
            LeverStatus::Available { detail } => Self::works(lever.name, lever.purpose, detail),
            LeverStatus::Unavailable { why, fix } => {
                Self::lacks(lever.name, lever.purpose, why, fix)
            }
        }
    }
}

#[derive(Debug, Serialize)]
struct Report {
    /// Whether a local run is possible at all, degraded or not.
    local_runs: bool,
    examined: Vec<Examined>,
}

/// Tries everything that runs lean on.
pub(super) fn doctor(args: &DoctorArgs, format: Format) -> Result<ExitCode, CommandError> {
    let report = examine(&args.devices.devices());
    match format {
        Format::Json => output::json(&report)?,
        Format::Human => output::lines(&lines(&report, Style::of_stdout()))?,
    };
    Ok(if report.local_runs { ExitCode::Valid } else { ExitCode::Environment })
}

fn examine(devices: &Devices) -> Report {
    let mut examined = vec![system()];
    examined.extend(capability::report(devices).into_iter().map(Examined::from));
    match Store::open(None) {
        Ok(store) => {
            let cache = store.path(Version::new(0, 0, 0));
            // The store knows the folder of a release, CACHE/etcd/VERSION.
            let cache = cache.parent().unwrap_or(&cache);
            examined.push(writable("cache", "etcd releases, and live runs", cache).required());
            examined.push(free("free space in the cache", "etcd releases", cache));
            examined.push(installed(&store.list()));
        }
        Err(error) => {
            let (name, purpose) = ("cache", "etcd releases, and live runs");
            let fix = "set STORMGLASS_CACHE to a folder that you may write to";
            examined.push(Examined::lacks(name, purpose, error.to_string(), fix).required());
        }
    }
    examined.push(engine(devices));
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    examined.push(writable("current folder", "run directories, below `runs`", &here));
    examined.push(free("free space here", "histories and reports of runs", &here));
    let local_runs = examined.iter().all(|it| it.available || !it.required);
    Report { local_runs, examined }
}

fn system() -> Examined {
    let (name, purpose) = ("operating system", "clusters of local processes");
    let examined = if cfg!(target_os = "linux") {
        Examined::works(name, purpose, "Linux")
    } else {
        let why = format!("this is {}, and local clusters need Linux", std::env::consts::OS);
        Examined::lacks(name, purpose, why, "run Stormglass on Linux; `check` and `report` work")
    };
    examined.required()
}

/// Runs in containers need an engine, and all that they need of this machine.
fn engine(devices: &Devices) -> Examined {
    let (name, purpose) = ("container engine", "members in containers, `--target docker`");
    let lacks = |said: &str, otherwise: &str| {
        let (why, fix) = said.rsplit_once(": ").unwrap_or((said, otherwise));
        Examined::lacks(name, purpose, why, fix)
    };
    let engine = match Engine::connect() {
        Ok(engine) => engine,
        Err(error) => return lacks(&error.to_string(), "start Docker"),
    };
    if helper::is_wanted() {
        let by = "it answers; a helper container does what takes root, and `stormglass list faults \
                  --target docker` tries it";
        return Examined::works(name, purpose, by);
    }
    let powers = DockerPowers::probe(devices, &engine, Ok(()));
    match powers.target().map(|()| powers.missing()) {
        Ok(missing) if missing.is_empty() => {
            Examined::works(name, purpose, "it answers, and its containers take every fault")
        }
        Ok(missing) => {
            let missing = missing.join("; ");
            Examined::works(name, purpose, format!("it answers; not in its containers: {missing}"))
        }
        Err(said) => lacks(said, "run as root"),
    }
}

/// Tried by a file that is gone at once.
fn writable(name: &str, purpose: &'static str, folder: &Path) -> Examined {
    match tempfile::tempfile_in(folder) {
        Ok(_) => Examined::works(name, purpose, format!("{} is writable", folder.display())),
        Err(error) => {
            let why = format!("{} is not writable ({error})", folder.display());
            let fix = match name {
                "cache" => "set STORMGLASS_CACHE to a folder that you may write to",
                _ => "go to a folder that you may write to, or name one with `run --out`",
            };
            Examined::lacks(name, purpose, why, fix)
        }
    }
}

fn free(name: &str, purpose: &'static str, folder: &Path) -> Examined {
    match free_bytes(folder) {
        Ok(bytes) if bytes >= FREE_BYTES_WANTED => {
            Examined::works(name, purpose, format!("{} MiB", bytes >> 20))
        }
        Ok(bytes) => {
            let wanted = FREE_BYTES_WANTED >> 20;
            let why = format!("{} MiB, and {wanted} MiB are little", bytes >> 20);
            let fix = format!("free some space on the file system of {}", folder.display());
            Examined::lacks(name, purpose, why, fix)
        }
        Err(error) => {
            let why = format!("{} does not tell its free space ({error})", folder.display());
            Examined::lacks(name, purpose, why, "look at it with `df -h`")
        }
    }
}

/// What is left to users who are not root.
fn free_bytes(folder: &Path) -> io::Result<u64> {
    let file_system = rustix::fs::statvfs(folder)?;
    Ok(file_system.f_bavail.saturating_mul(file_system.f_frsize))
}

fn installed(releases: &[Listing]) -> Examined {
    let (name, purpose) = ("etcd releases", "members of local clusters");
    let versions: Vec<_> = releases
        .iter()
        .filter_map(|listing| listing.installed.as_ref())
        .map(|Release { version, .. }| version.to_string())
        .collect();
    if versions.is_empty() {
        let why = "none is installed; `run` fetches what it needs";
        let fix = format!("stormglass etcd install {USUAL_RELEASE}");
        return Examined::lacks(name, purpose, why, fix);
    }
    Examined::works(name, purpose, versions.join(", "))
}

fn lines(report: &Report, style: Style) -> Vec<String> {
    let width = report.examined.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for it in &report.examined {
        let (tone, mark) = if it.available { (Tone::Good, "ok") } else { (Tone::Bad, "missing") };
        let name = style.paint(Tone::Strong, &format!("{:width$}", it.name));
        let mark = style.paint(tone, &format!("{mark:7}"));
        lines.push(format!("{mark}  {name}  {}", it.detail));
        if let Some(fix) = &it.fix {
            lines.push(format!("{:9}for: {}", "", it.purpose));
            lines.push(format!("{:9}to get it: {fix}", ""));
        }
    }
    lines.push(String::new());
    lines.push(conclusion(report).to_owned());
    lines
}

fn conclusion(report: &Report) -> &'static str {
    match (report.local_runs, report.examined.iter().all(|it| it.available)) {
        (true, true) => "local runs are possible, with every fault",
        (true, false) => "local runs are possible, without what is missing above",
        (false, _) => "local runs are not possible before what is missing above is there",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(examined: Vec<Examined>) -> Report {
        let local_runs = examined.iter().all(|it| it.available || !it.required);
        Report { local_runs, examined }
    }

    #[test]
    fn what_is_missing_is_told_with_its_purpose_and_its_fix() {
        let examined = vec![
            Examined::works("cache", "releases", "writable").required(),
            Examined::lacks("TUN device", "network faults", "no such file", "mknod it"),
        ];
        let expected = [
            "ok       cache       writable",
            "missing  TUN device  no such file",
            "         for: network faults",
            "         to get it: mknod it",
            "",
            "local runs are possible, without what is missing above",
        ];
        assert_eq!(lines(&report(examined), Style::plain()), expected);
    }

    #[test]
    fn only_what_is_required_forbids_local_runs() {
        let lacks = || Examined::lacks("x", "y", "why", "fix");
        assert!(report(vec![lacks()]).local_runs);
        assert!(!report(vec![lacks().required()]).local_runs);
    }

    #[test]
    fn folders_are_tried() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(writable("cache", "", folder.path()).available);
        let gone = folder.path().join("gone");
        assert!(!writable("cache", "", &gone).available);
        assert!(!free("space", "", &gone).available);
        assert!(free_bytes(folder.path()).expect("told") > 0);
    }
}
