//! What was installed, so that a release in the cache can be trusted or found damaged.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::ReleaseError;
use super::release::{PROGRAMS, Source};
use super::version::Version;

/// Name of the manifest in a release's folder.
const FILE_NAME: &str = "manifest.json";

/// The record of one installed release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The version that the binary reported when it was installed.
    pub(super) version: Version,
    /// Where the binaries came from.
    pub(super) source: Source,
    /// Each program by its file name.
    pub(super) programs: BTreeMap<String, Program>,
}

/// One program as it was installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Program {
    /// Size of the file.
    bytes: u64,
    /// SHA-256 of the file, hexadecimal.
    sha256: String,
}

impl Manifest {
    /// Describes the programs that are in `folder`.
    pub(super) fn describe(
        folder: &Path,
        version: Version,
        source: Source,
    ) -> Result<Self, ReleaseError> {
        let mut programs = BTreeMap::new();
        for name in PROGRAMS {
            let path = folder.join(name);
            if path.is_file() {
                let bytes = path.metadata().map_err(ReleaseError::io("read", &path))?.len();
                let sha256 = sha256_of(&path)?;
                programs.insert(name.to_owned(), Program { bytes, sha256 });
            }
        }
        Ok(Self { version, source, programs })
    }

    /// Writes the manifest into `folder`, durably.
    pub(super) fn write(&self, folder: &Path) -> Result<(), ReleaseError> {
        let path = folder.join(FILE_NAME);
        let file = File::create(&path).map_err(ReleaseError::io("create", &path))?;
        serde_json::to_writer_pretty(&file, self)
            .map_err(io::Error::from)
            .and_then(|()| file.sync_all())
            .map_err(ReleaseError::io("write", &path))
    }

    /// Reads the manifest of `folder`; the error is a reason in words.
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let bytes = fs::read(folder.join(FILE_NAME))
            .map_err(|error| format!("its {FILE_NAME} cannot be read: {error}"))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| format!("its {FILE_NAME} is not a manifest: {error}"))
    }

    /// Whether every program is still there, executable and of its size. Quick: done on use.
    pub(super) fn verify(&self, folder: &Path) -> Result<(), String> {
        if !self.programs.contains_key("etcd") {
            return Err("its manifest names no etcd".to_owned());
        }
        for (name, program) in &self.programs {
            let found = folder.join(name).metadata().map_err(|error| format!("{name}: {error}"))?;
            if !found.is_file() || !is_executable(&found) {
                return Err(format!("{name} is not an executable file"));
            }
            if found.len() != program.bytes {
                return Err(format!("{name} has {} bytes, not {}", found.len(), program.bytes));
            }
        }
        Ok(())
    }

    /// As [`Manifest::verify`], and every byte as it was installed.
    pub(super) fn verify_contents(&self, folder: &Path) -> Result<(), String> {
        self.verify(folder)?;
        for (name, program) in &self.programs {
            let found = sha256_of(&folder.join(name)).map_err(|error| error.to_string())?;
            if found != program.sha256 {
                return Err(format!("{name} has SHA-256 {found}, not {}", program.sha256));
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn is_executable(file: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_file: &fs::Metadata) -> bool {
    true
}

/// SHA-256 of a file, hexadecimal.
pub(super) fn sha256_of(path: &Path) -> Result<String, ReleaseError> {
    let mut file = File::open(path).map_err(ReleaseError::io("read", path))?;
    let mut hasher = Hasher(Sha256::new());
    io::copy(&mut file, &mut hasher).map_err(ReleaseError::io("read", path))?;
    Ok(hexadecimal(&hasher.0.finalize()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Lets `io::copy` feed the digest.
struct Hasher(Sha256);

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed() -> (tempfile::TempDir, Manifest) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::copy("/bin/true", folder.path().join("etcd")).expect("a program");
        let manifest =
            Manifest::describe(folder.path(), Version::new(3, 5, 1), Source::Given).expect("it");
        manifest.write(folder.path()).expect("written");
        (folder, manifest)
    }

    #[test]
    fn a_manifest_comes_back_and_accepts_what_it_describes() {
        let (folder, manifest) = installed();
        assert_eq!(Manifest::read(folder.path()).as_ref(), Ok(&manifest));
        assert_eq!(manifest.verify_contents(folder.path()), Ok(()));
    }

    #[test]
    fn a_change_of_size_is_seen_at_once_and_one_of_content_on_demand() {
        let (folder, manifest) = installed();
        let path = folder.path().join("etcd");
        let mut bytes = fs::read(&path).expect("the program");
        bytes[0] ^= 1;
        fs::write(&path, &bytes).expect("changed");
        assert_eq!(manifest.verify(folder.path()), Ok(()));
        let reason = manifest.verify_contents(folder.path()).expect_err("changed");
        assert!(reason.starts_with("etcd has SHA-256"), "{reason}");
        bytes.push(0);
        fs::write(&path, &bytes).expect("changed");
        let reason = manifest.verify(folder.path()).expect_err("longer");
        assert!(reason.contains("bytes, not"), "{reason}");
        fs::remove_file(&path).expect("removed");
        assert!(manifest.verify(folder.path()).is_err());
    }

    #[test]
    fn a_digest_is_the_known_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("abc");
        fs::write(&path, "abc").expect("written");
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_of(&path).expect("a digest"), known);
    }
}
