//! What a program loads before it runs.

use std::ffi::OsStr;
use std::io::{self, Error, ErrorKind};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::tool::Tool;

/// A loader answers in milliseconds.
const LIMIT: Duration = Duration::from_secs(20);
/// The kind of the segment that names the loader.
const INTERPRETER: u32 = 3;

/// What a program needs beside it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Needed {
    /// The loader, where the program expects it.
    pub(super) loader: PathBuf,
    /// Shared libraries, where this machine has them.
    pub(super) libraries: Vec<PathBuf>,
}

/// What a program needs beside it; nothing if it is static.
pub(super) fn needed(program: &Path, bytes: &[u8]) -> io::Result<Option<Needed>> {
    let Some(loader) = interpreter(bytes)? else { return Ok(None) };
    // The loader itself says which libraries it takes, without running the program.
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    let scratch = std::env::temp_dir();
    let listed = Tool::new(&loader, &search_path, LIMIT, &scratch)
        .args([OsStr::new("--list"), program.as_os_str()])
        .text()
        .map_err(Error::other)?;
    Ok(Some(Needed { loader, libraries: libraries(&listed)? }))
}

/// The loader that a program of 64 bits names.
fn interpreter(bytes: &[u8]) -> io::Result<Option<PathBuf>> {
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        let message = "it is no program for Linux on a little-endian machine of 64 bits";
        return Err(Error::new(ErrorKind::InvalidData, message));
    }
    let cut = || Error::new(ErrorKind::UnexpectedEof, "the program is cut short");
    let segments = number(bytes, 32, 8).ok_or_else(cut)?;
    let size = number(bytes, 54, 2).ok_or_else(cut)?;
    let count = number(bytes, 56, 2).ok_or_else(cut)?;
    for index in 0..count {
        let at = segments + index * size;
        if number(bytes, at, 4).ok_or_else(cut)? != u64::from(INTERPRETER) {
            continue;
        }
        let from = number(bytes, at + 8, 8).ok_or_else(cut)?;
        let length = number(bytes, at + 32, 8).ok_or_else(cut)?;
        let text = slice(bytes, from, length).ok_or_else(cut)?;
        let text = text.strip_suffix(b"\0").unwrap_or(text);
        return Ok(Some(PathBuf::from(OsStr::from_bytes(text))));
    }
    Ok(None)
}

/// A number of so many bytes, if they are there.
fn number(bytes: &[u8], at: u64, length: u64) -> Option<u64> {
    let digits = slice(bytes, at, length)?;
    Some(digits.iter().rev().fold(0, |value, digit| value << 8 | u64::from(*digit)))
}

fn slice(bytes: &[u8], at: u64, length: u64) -> Option<&[u8]> {
    let (from, to) = (usize::try_from(at).ok()?, usize::try_from(at.checked_add(length)?).ok()?);
    bytes.get(from..to)
}

/// The paths of a loader's list: lines such as `libc.so.6 => /lib/libc.so.6 (0x7f00)`.
fn libraries(listed: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for (name, place) in listed.lines().filter_map(|line| line.split_once(" => ")) {
        let path = place.rsplit_once(" (").map_or(place, |(path, _)| path).trim();
        if !path.starts_with('/') {
            let message = format!("the shared library {} is not on this machine", name.trim());
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        found.push(PathBuf::from(path));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_program_needs_nothing() {
        let program = super::super::pause::program();
        assert_eq!(needed(Path::new("/pause"), &program).expect("read"), None);
    }

    #[test]
    fn a_dynamic_program_names_its_loader() {
        let shell = std::fs::canonicalize("/bin/sh").expect("a shell");
        let bytes = std::fs::read(&shell).expect("read");
        // A shell may be static too; those of the distributions are not.
        let needed = needed(&shell, &bytes).expect("read").expect("a loader");
        assert!(needed.loader.is_absolute());
        assert!(needed.libraries.iter().all(|library| library.is_file()), "{needed:?}");
    }

    #[test]
    fn a_list_is_read_and_a_missing_library_is_named() {
        let listed = "\tlinux-vdso.so.1 (0x7ffd)\n\
                      \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x7f00)\n\
                      \t/lib64/ld-linux-x86-64.so.2 (0x7f01)\n";
        let libc = PathBuf::from("/lib/x86_64-linux-gnu/libc.so.6");
        assert_eq!(libraries(listed).expect("read"), [libc]);
        let error = libraries("\tlibgone.so.1 => not found\n").expect_err("missing");
        assert!(error.to_string().contains("libgone.so.1"), "{error}");
    }

    #[test]
    fn what_is_no_program_is_refused() {
        assert!(interpreter(b"#!/bin/sh\n").is_err());
        assert!(interpreter(b"\x7fELF\x02\x01").is_err());
    }
}
