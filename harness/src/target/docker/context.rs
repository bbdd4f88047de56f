//! What an image is built from: a Dockerfile and the files beside it, as one archive.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tar::{Builder, EntryType, Header};

use super::{elf, pause};

const ETCD_DOCKERFILE: &str = include_str!("../../../../docker/etcd.Dockerfile");
const HELPER_DOCKERFILE: &str = include_str!("../../../../docker/helper.Dockerfile");
const PAUSE_DOCKERFILE: &str = include_str!("../../../../docker/pause.Dockerfile");
/// Programs of a release beside the server's own, where they came along.
const TOOLS: [&str; 2] = ["etcdctl", "etcdutl"];

/// An archive to build an image from.
pub(super) struct Context {
    pub(super) archive: Vec<u8>,
    /// The beginning of its checksum: the same files give the same.
    pub(super) digest: String,
}

/// The image of a release: its programs, and what they load.
pub(super) fn of_release(etcd: &Path) -> io::Result<Context> {
    let mut files = Files::with(ETCD_DOCKERFILE)?;
    files.add_program("etcd", etcd)?;
    for name in TOOLS {
        let tool = etcd.with_file_name(name);
        if tool.is_file() {
            files.add_program(name, &tool)?;
        }
    }
    files.finish()
}

/// The image of this program.
pub(super) fn of_helper(program: &Path) -> io::Result<Context> {
    let mut files = Files::with(HELPER_DOCKERFILE)?;
    files.add_program("stormglass", program)?;
    files.finish()
}

/// The image that holds a member's network.
pub(super) fn of_pause() -> io::Result<Context> {
    let mut files = Files::with(PAUSE_DOCKERFILE)?;
    files.add("pause", &pause::program())?;
    files.finish()
}

struct Files {
    archive: Builder<Vec<u8>>,
    added: Vec<String>,
}

impl Files {
    fn with(dockerfile: &str) -> io::Result<Self> {
        let mut files = Self { archive: Builder::new(Vec::new()), added: Vec::new() };
        files.add("Dockerfile", dockerfile.as_bytes())?;
        Ok(files)
    }

    /// A program under `/usr/local/bin`, its loader where it looks for it, and its libraries
    /// in the one folder that the image names to the loader.
    fn add_program(&mut self, name: &str, program: &Path) -> io::Result<()> {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", program.display()))
        };
        let bytes = std::fs::read(program).map_err(named)?;
        if let Some(needed) = elf::needed(program, &bytes).map_err(named)? {
            let loader = needed.loader.to_string_lossy().into_owned();
            self.add(&format!("root{loader}"), &std::fs::read(&needed.loader)?)?;
            for library in needed.libraries {
                let name = library.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.add(&format!("root/usr/local/lib/{name}"), &std::fs::read(&library)?)?;
            }
        }
        self.add(&format!("root/usr/local/bin/{name}"), &bytes)
    }

    /// An executable file, once; without times, so that the same files make the same archive.
    fn add(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        if self.added.iter().any(|added| added == path) {
            return Ok(());
        }
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o755);
        self.archive.append_data(&mut header, path, bytes)?;
        self.added.push(path.to_owned());
        Ok(())
    }

    fn finish(self) -> io::Result<Context> {
        let archive = self.archive.into_inner()?;
        let mut digest = String::new();
        for byte in Sha256::digest(&archive).iter().take(6) {
            // Writing to a string does not fail.
            let _ = write!(digest, "{byte:02x}");
        }
        Ok(Context { archive, digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_are_the_same_image_and_others_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let etcd = folder.path().join("etcd");
        std::fs::write(&etcd, super::pause::program()).expect("written");
        let first = of_release(&etcd).expect("packed");
        assert_eq!(first.digest, of_release(&etcd).expect("packed").digest);
        assert_eq!(first.digest.len(), 12);
        std::fs::copy(&etcd, folder.path().join("etcdctl")).expect("copied");
        assert_ne!(first.digest, of_release(&etcd).expect("packed").digest);
        assert_ne!(first.digest, of_pause().expect("packed").digest);
    }
}
