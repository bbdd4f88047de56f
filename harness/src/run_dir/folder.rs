//! The folder and its files' names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a run directory could not be made, read or written.
#[derive(Debug, thiserror::Error)]
pub enum RunDirError {
    /// It is not empty.
    #[error(
        "the directory {path} is not empty: give --out a new one, so that no run is overwritten"
    )]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{path} is not what Stormglass writes there ({reason})")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// It is no run directory.
    #[error("{path} is no run directory: it has no plan.json")]
    NotARun {
        /// The directory.
        path: PathBuf,
    },
}

/// The directory of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Makes `out`, or a directory named by time, scenario and seed below `runs`, which
    /// the link `latest` beside it then names.
    ///
    /// # Errors
    /// When it exists and is not empty, or cannot be made.
    pub fn create(
        out: Option<&Path>,
        scenario: &str,
        seed: u64,
        stamp: &str,
    ) -> Result<Self, RunDirError> {
        let path = match out {
            Some(out) => out.to_owned(),
            None => Path::new("runs").join(format!("{stamp}-{scenario}-{seed}")),
        };
        let failed = |source| RunDirError::Io { path: path.clone(), source };
        fs::create_dir_all(path.join("members")).map_err(failed)?;
        let filled = fs::read_dir(&path)
            .map_err(failed)?
            .filter_map(Result::ok)
            .any(|entry| entry.file_name() != "members");
        if filled {
            return Err(RunDirError::NotEmpty { path });
        }
        if out.is_none() {
            point_latest(&path);
        }
        let path = fs::canonicalize(&path).map_err(failed)?;
        Ok(Self { path })
    }

    /// A run directory that exists.
    ///
    /// # Errors
    /// When it has no plan.
    pub fn open(path: &Path) -> Result<Self, RunDirError> {
        let dir = Self { path: path.to_owned() };
        if dir.plan().is_file() { Ok(dir) } else { Err(RunDirError::NotARun { path: dir.path }) }
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is to be attempted.
    pub fn plan(&self) -> PathBuf {
        self.path.join("plan.json")
    }

    /// How the run was started: binary, version, commands.
    pub fn launch(&self) -> PathBuf {
        self.path.join("launch.json")
    }

    /// The history while it is written.
    pub fn history(&self) -> PathBuf {
        self.path.join("history.jsonl")
    }

    /// The history of a run that has ended.
    pub fn compressed_history(&self) -> PathBuf {
        self.path.join("history.jsonl.zst")
    }

    /// What the checkers say.
    pub fn verdicts(&self) -> PathBuf {
        self.path.join("verdicts.json")
    }

    /// What only the harness knows of the run.
    pub fn facts(&self) -> PathBuf {
        self.path.join("run.json")
    }

    /// Faults, before they are injected.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    /// The packets that the network delivered.
    pub fn capture(&self) -> PathBuf {
        self.path.join("capture.pcap")
    }

    /// The members' logs.
    pub fn members(&self) -> PathBuf {
        self.path.join("members")
    }

    /// The members' data while they run.
    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// The page for people.
    pub fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// The verdict in Markdown.
    pub fn summary(&self) -> PathBuf {
        self.path.join("summary.md")
    }

    /// Reads one of the JSON files.
    ///
    /// # Errors
    /// When it cannot be read or is something else.
    pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, RunDirError> {
        let bytes =
            fs::read(path).map_err(|source| RunDirError::Io { path: path.to_owned(), source })?;
        serde_json::from_slice(&bytes).map_err(|error| RunDirError::Malformed {
            path: path.to_owned(),
            reason: error.to_string(),
        })
    }

    /// Writes one of the JSON files, for people and programs.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), RunDirError> {
        let mut bytes = serde_json::to_vec_pretty(value)
            .map_err(|error| RunDirError::Io { path: path.to_owned(), source: error.into() })?;
        bytes.push(b'\n');
        Self::write_bytes(path, &bytes)
    }

    /// Writes a file beside its place and moves it there: whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), RunDirError> {
        let beside = path.with_extension("part");
        let written = match path.parent() {
            Some(parent) => fs::create_dir_all(parent),
            None => Ok(()),
        };
        written
            .and_then(|()| fs::write(&beside, bytes))
            .and_then(|()| fs::rename(&beside, path))
            .map_err(|source| RunDirError::Io { path: path.to_owned(), source })
    }
}

/// The newest run below `runs`.
pub fn latest() -> PathBuf {
    Path::new("runs").join("latest")
}

/// A convenience, so a failure to set it is not a failure of the run.
fn point_latest(path: &Path) {
    let (link, beside) = (latest(), latest().with_extension("new"));
    let Some(name) = path.file_name() else { return };
    let _ = fs::remove_file(&beside);
    #[cfg(unix)]
    let made = std::os::unix::fs::symlink(name, &beside);
    #[cfg(not(unix))]
    let made: io::Result<()> = Err(io::ErrorKind::Unsupported.into());
    if made.is_ok() {
        let _ = fs::rename(&beside, &link);
    }
}
