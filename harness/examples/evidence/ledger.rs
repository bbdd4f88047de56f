//! The rows that have been measured, on disk after each one.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::provenance::{is_clean, repository};

/// A row of a ledger.
pub(crate) trait Row: Serialize + DeserializeOwned {
    /// The commit that it was measured at.
    fn commit(&self) -> &str;
}

/// The rows of one piece of evidence.
pub(crate) struct Ledger<R> {
    file: Option<PathBuf>,
    rows: Vec<R>,
}

impl<R: Row> Ledger<R> {
    /// The rows of `evidence/NAME.json` that were measured at this commit. Others are
    /// dropped, and so are those of an older form: a table never mixes two states of the
    /// code.
    pub(crate) fn resume(name: &str, commit: &str) -> io::Result<Self> {
        let file = repository().join("evidence").join(format!("{name}.json"));
        let kept: Vec<serde_json::Value> = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut rows: Vec<R> =
            kept.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect();
        rows.retain(|row| row.commit() == commit && is_clean(commit));
        Ok(Self { file: Some(file), rows })
    }

    /// Rows that are printed only.
    pub(crate) fn unwritten() -> Self {
        Self { file: None, rows: Vec::new() }
    }

    /// A row that is there already.
    pub(crate) fn find(&self, wanted: impl Fn(&R) -> bool) -> Option<&R> {
        self.rows.iter().find(|row| wanted(row))
    }

    /// Every row that is there already and belongs to something.
    pub(crate) fn all(&self, wanted: impl Fn(&R) -> bool) -> impl Iterator<Item = &R> {
        self.rows.iter().filter(move |row| wanted(row))
    }

    /// Adds a row and writes the file, whole or not at all.
    pub(crate) fn add(&mut self, row: R) -> io::Result<()> {
        self.add_all(vec![row])
    }

    /// Adds rows that were measured together, as [`Ledger::add`] adds one.
    pub(crate) fn add_all(&mut self, rows: Vec<R>) -> io::Result<()> {
        self.rows.extend(rows);
        let Some(file) = &self.file else { return Ok(()) };
        let mut bytes = serde_json::to_vec_pretty(&self.rows)?;
        bytes.push(b'\n');
        let beside = file.with_extension("json.part");
        fs::write(&beside, bytes)?;
        fs::rename(&beside, file)
    }
}
