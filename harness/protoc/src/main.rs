//! Links the vendored `protoc` and its well-known protos into a folder, where
//! `.cargo/config.toml` expects them.
//!
//! `etcd-client` compiles etcd's protocol files at build time and needs both. The
//! crate `protoc-bin-vendored` carries them for Linux, macOS and Windows, so that
//! a machine with Cargo alone can build Stormglass, without root.

use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

fn main() {
    let folder =
        env::args_os().nth(1).map_or_else(|| PathBuf::from("target/protoc"), PathBuf::from);
    if let Err(error) = install(&folder) {
        #[expect(clippy::print_stderr, reason = "the message is this program's output")]
        {
            eprintln!("protoc could not be put into {}: {error}", folder.display());
        }
        process::exit(4);
    }
}

fn install(folder: &Path) -> io::Result<()> {
    let protoc = protoc_bin_vendored::protoc_bin_path().map_err(io::Error::other)?;
    let include = protoc_bin_vendored::include_path().map_err(io::Error::other)?;
    fs::create_dir_all(folder.join("bin"))?;
    let name = protoc.file_name().ok_or_else(|| io::Error::other("protoc has no file name"))?;
    replace(&folder.join("bin").join(name), |to| fs::copy(&protoc, to).map(drop))?;
    copy_tree(&include, &folder.join("include"))
}

/// Copies every file below `from`; a folder that exists is filled up.
fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            replace(&target, |to| fs::copy(entry.path(), to).map(drop))?;
        }
    }
    Ok(())
}

/// Writes beside the target and renames, so that a build that reads the file at
/// the same moment sees the old one or the new one, never half of it.
fn replace(target: &Path, write: impl Fn(&Path) -> io::Result<()>) -> io::Result<()> {
    let beside = target.with_extension(format!("new-{}", process::id()));
    write(&beside)?;
    fs::rename(&beside, target)
}
