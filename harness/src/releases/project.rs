//! Release archives as the etcd project publishes them: a `.tar.gz` with `SHA256SUMS` beside it.

use std::env::consts;
use std::fs::{self, File};
use std::path::Path;

use flate2::read::GzDecoder;

use super::archive::{Layout, unpack_tar};
use super::download::{Address, fetch, may_exist};
use super::error::{Miss, ReleaseError};
use super::install::Workshop;
use super::manifest::sha256_of;
use super::progress::Progress;
use super::release::Source;
use super::version::Version;

/// The environment variable with the address template of release archives: `{version}`, `{os}`
/// and `{arch}` in it are filled in; it may be an `http(s)` or `file` address or a plain path.
pub const URL_VARIABLE: &str = "STORMGLASS_ETCD_URL";

/// Where the project itself publishes its releases: the last resort.
pub(super) const UPSTREAM: &str = "https://github.com/etcd-io/etcd/releases/download/\
     v{version}/etcd-v{version}-{os}-{arch}.tar.gz";

/// Fetches the archive of `version`, verifies its checksum and unpacks the programs.
pub(super) fn obtain(
    template: &str,
    version: Version,
    workshop: &Workshop,
    progress: &mut dyn Progress,
) -> Result<Source, Miss> {
    let address = Address::parse(&fill(template, version)?);
    let expected = promised_checksum(&address, workshop, progress)?;
    progress.step(&format!("fetching {}", address.shown()));
    let archive = workshop.partials.join(format!("{}.part", address.file_name()));
    fetch_verified(&address, &archive, &expected, progress)?;
    let unpacked = File::open(&archive)
        .and_then(|file| unpack_tar(GzDecoder::new(file), Layout::Project, &workshop.programs));
    fs::remove_file(&archive).map_err(ReleaseError::io("remove", &archive))?;
    match unpacked {
        Ok(_) => Ok(Source::Archive { address: address.shown() }),
        Err(error) => Err(Miss::Absent(format!("{} cannot be unpacked: {error}", address.shown()))),
    }
}

/// The template with the version and this machine's names, as Go writes them, filled in.
fn fill(template: &str, version: Version) -> Result<String, ReleaseError> {
    if !template.contains("{version}") {
        return Err(ReleaseError::BadTemplate { template: Address::parse(template).shown() });
    }
    let os = if consts::OS == "macos" { "darwin" } else { consts::OS };
    let arch = match consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    Ok(template
        .replace("{version}", &version.to_string())
        .replace("{os}", os)
        .replace("{arch}", arch))
}

/// The checksum that `SHA256SUMS` beside the archive promises, hexadecimal.
fn promised_checksum(
    archive: &Address,
    workshop: &Workshop,
    progress: &mut dyn Progress,
) -> Result<String, Miss> {
    let address = archive.sibling("SHA256SUMS");
    progress.step(&format!("fetching {}", address.shown()));
    let path = workshop.scratch.join("SHA256SUMS");
    fetch(&address, &path, progress)?;
    let sums = fs::read(&path).map_err(ReleaseError::io("read", &path))?;
    match find_checksum(&String::from_utf8_lossy(&sums), &archive.file_name()) {
        Some(checksum) => Ok(checksum),
        None if may_exist(archive) => {
            Err(ReleaseError::ChecksumMissing { archive: archive.shown() }.into())
        }
        // One folder for all versions, and this one is not among them.
        None => Err(Miss::Absent(format!("{} is not there", archive.shown()))),
    }
}

/// The digest on the line of `file_name`; a `*` before the name means "binary".
fn find_checksum(sums: &str, file_name: &str) -> Option<String> {
    sums.lines()
        .filter_map(|line| line.trim().split_once(char::is_whitespace))
        .find(|(_, name)| name.trim_start().trim_start_matches('*') == file_name)
        .map(|(digest, _)| digest.to_ascii_lowercase())
}

/// Fetches the archive and compares its digest. An earlier try may have left the beginning of
/// another file, so a mismatch behind such a beginning is given one fresh download.
fn fetch_verified(
    address: &Address,
    archive: &Path,
    expected: &str,
    progress: &mut dyn Progress,
) -> Result<(), Miss> {
    let resumed = archive.exists();
    fetch(address, archive, progress)?;
    let mut actual = sha256_of(archive)?;
    if actual != expected && resumed {
        progress.step("the earlier part belongs to another file; fetching it afresh");
        fs::remove_file(archive).map_err(ReleaseError::io("remove", archive))?;
        fetch(address, archive, progress)?;
        actual = sha256_of(archive)?;
    }
    if actual == expected {
        return Ok(());
    }
    fs::remove_file(archive).map_err(ReleaseError::io("remove", archive))?;
    let expected = expected.to_owned();
    Err(ReleaseError::ChecksumMismatch { archive: address.shown(), expected, actual }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_and_must_name_the_version() {
        let version = Version::new(3, 5, 1);
        let filled = fill("/mirror/v{version}/etcd-v{version}.tar.gz", version).expect("filled");
        assert_eq!(filled, "/mirror/v3.5.1/etcd-v3.5.1.tar.gz");
        assert!(!fill(UPSTREAM, version).expect("filled").contains(['{', '}']));
        assert!(matches!(fill("/etcd.tar.gz", version), Err(ReleaseError::BadTemplate { .. })));
    }

    #[test]
    fn the_line_of_the_archive_is_found() {
        let sums = "AA11  etcd-a.tar.gz\nbb22 *etcd-b.tar.gz\ncc33  old/etcd-c.tar.gz\n";
        assert_eq!(find_checksum(sums, "etcd-a.tar.gz").as_deref(), Some("aa11"));
        assert_eq!(find_checksum(sums, "etcd-b.tar.gz").as_deref(), Some("bb22"));
        assert_eq!(find_checksum(sums, "etcd-c.tar.gz"), None);
    }
}
