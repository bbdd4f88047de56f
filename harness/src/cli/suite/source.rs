//! Where a suite comes from, and where its results go.

use std::fs;
use std::path::{Path, PathBuf};

use stormglass_scenarios::suite::{Suite, catalog_suite, suites};

use crate::cli::error::CommandError;
use crate::cli::run::dir_error;
use crate::run_dir::RunDirError;

/// A built-in suite, or a file's with the folder that its scenarios are relative to.
pub(super) fn load(name: &str) -> Result<(Suite, Option<PathBuf>), CommandError> {
    if suites().iter().any(|entry| entry.name == name) {
        return Ok((catalog_suite(name).map_err(CommandError::bug)?, None));
    }
    let path = Path::new(name);
    if !path.is_file() {
        let known: Vec<_> = suites().iter().map(|entry| entry.name).collect();
        let message = format!(
            "there is no suite `{name}`: name a built-in one ({}) or a TOML file",
            known.join(", ")
        );
        return Err(CommandError::usage(message));
    }
    let text = fs::read_to_string(path)
        .map_err(|error| CommandError::usage(format!("{name}: {error}")))?;
    let suite = Suite::parse(&text, name).map_err(CommandError::usage)?;
    Ok((suite, path.parent().map(Path::to_owned)))
}

/// Makes the suite's directory, which must be new or empty.
pub(super) fn make(dir: &Path) -> Result<(), CommandError> {
    let failed = |source| dir_error(&RunDirError::Io { path: dir.to_owned(), source });
    fs::create_dir_all(dir).map_err(failed)?;
    let mut entries = fs::read_dir(dir).map_err(failed)?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(dir_error(&RunDirError::NotEmpty { path: dir.to_owned() })),
    }
}
