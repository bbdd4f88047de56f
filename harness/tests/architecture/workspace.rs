//! The workspace's folder, its files and what Cargo says of it.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};

/// Folders that hold nothing that we wrote.
const NOT_OURS: [&str; 4] = [".git", "target", "runs", "snapshots"];

const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    harness.parent().expect("harness/ lies in the repository").to_owned()
}

/// What Cargo says, from the lock file and without a network: of the platforms on which we
/// run, since the packages of others need not have been fetched.
pub(crate) fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(
            ["--locked", "--offline", "--filter-platform", PLATFORM].map(str::to_owned).to_vec(),
        )
        .exec()
        .expect("cargo metadata describes the workspace")
}

/// Every file that we wrote and that ends so, as path below the root and text.
pub(crate) fn files(endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root(), &mut |path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if endings.iter().any(|ending| name.ends_with(ending)) {
            let text = fs::read_to_string(path).expect("our sources are UTF-8");
            let relative = path.strip_prefix(root()).expect("it lies below the root");
            found.push((relative.display().to_string(), text));
        }
    });
    found.sort();
    assert!(!found.is_empty(), "there are files that end with one of {endings:?}");
    found
}

fn collect(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("our folders can be read") {
        let entry = entry.expect("our folders can be read");
        let name = entry.file_name();
        let kind = entry.file_type().expect("an entry has a type");
        if kind.is_dir() && !NOT_OURS.iter().any(|other| name == *other) {
            collect(&entry.path(), visit);
        } else if kind.is_file() {
            visit(&entry.path());
        }
    }
}
