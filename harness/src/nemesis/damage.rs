//! Spoiling one file of a data directory, as bad hardware and bad people do.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rand::RngExt as _;
use stormglass_scenarios::random::stream;

/// What a disk writes as a whole.
const SECTOR: u64 = 512;
/// Damage is done in the middle of what is used of a file.
const MIDDLE: std::ops::Range<f64> = 0.3..0.7;
const CHUNK: usize = 1 << 20;

/// What to do to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// Flip one bit.
    Flip,
    /// Cut the file at a sector.
    Cut,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) file: PathBuf,
    /// The byte that was spoilt, or the first that is gone.
    pub(super) at: u64,
}

/// Spoils the newest file of a sort (`wal`, `snapshot`, `database`) in etcd's data directory.
pub(super) fn spoil(data: &Path, sort: &str, damage: Damage, seed: u64) -> io::Result<Done> {
    let file = newest(data, sort)?;
    let bytes = OpenOptions::new().read(true).write(true).open(&file)?;
    let used = used(&bytes)?;
    let share = stream(seed, "damage").random_range(MIDDLE);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place within a file, of which no byte is better than another"
    )]
    let place = (used as f64 * share) as u64;
    let at = match damage {
        Damage::Flip => {
            let mut byte = [0];
            bytes.read_exact_at(&mut byte, place)?;
            bytes.write_all_at(&[byte[0] ^ 0x10], place)?;
            place
        }
        Damage::Cut => {
            let at = place / SECTOR * SECTOR;
            bytes.set_len(at)?;
            at
        }
    };
    bytes.sync_all()?;
    Ok(Done { file, at })
}

/// etcd names the files of a sort so that the last in the alphabet is the newest.
fn newest(data: &Path, sort: &str) -> io::Result<PathBuf> {
    let (folder, suffix) = match sort {
        "wal" => ("member/wal", ".wal"),
        "snapshot" => ("member/snap", ".snap"),
        _ => ("member/snap", "db"),
    };
    let folder = data.join(folder);
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let fits = if sort == "database" { name == suffix } else { name.ends_with(suffix) };
        if fits {
            found.push(path);
        }
    }
    found.into_iter().max().ok_or_else(|| {
        let message = format!("there is no {sort} in {} yet", folder.display());
        io::Error::new(io::ErrorKind::NotFound, message)
    })
}

/// How much of a file is used: logs are as long as they may become, and zero at their end.
fn used(file: &File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut bytes = vec![0; CHUNK];
    while end > 0 {
        let length = end.min(CHUNK as u64);
        let chunk = &mut bytes[..usize::try_from(length).unwrap_or(CHUNK)];
        file.read_exact_at(chunk, end - length)?;
        if let Some(last) = chunk.iter().rposition(|byte| *byte != 0) {
            return Ok(end - length + last as u64 + 1);
        }
        end -= length;
    }
    Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file holds nothing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let wal = folder.path().join("member/wal");
        fs::create_dir_all(&wal).expect("made");
        fs::write(wal.join("0000000000000000-0000000000000000.wal"), b"old").expect("written");
        let mut newest = vec![b'x'; 10_000];
        newest.resize(3 << 20, 0);
        fs::write(wal.join("0000000000000001-0000000000000009.wal"), newest).expect("written");
        fs::write(wal.join("1.tmp"), b"not one").expect("written");
        folder
    }

    #[test]
    fn one_bit_is_flipped_in_the_middle_of_what_is_used() {
        let folder = data();
        let done = spoil(folder.path(), "wal", Damage::Flip, 7).expect("spoilt");
        assert!(done.file.ends_with("0000000000000001-0000000000000009.wal"), "{done:?}");
        assert!((3_000..7_000).contains(&done.at), "{done:?}");
        let bytes = fs::read(&done.file).expect("there");
        let spoilt: Vec<_> = (0..10_000).filter(|at| bytes[*at] != b'x').collect();
        assert_eq!(spoilt, [usize::try_from(done.at).expect("small")]);
    }

    #[test]
    fn a_cut_is_at_a_sector() {
        let folder = data();
        let done = spoil(folder.path(), "wal", Damage::Cut, 7).expect("spoilt");
        let length = fs::metadata(&done.file).expect("there").len();
        assert_eq!((length, length % SECTOR), (done.at, 0));
        assert!((2_500..7_000).contains(&length), "{length}");
    }

    #[test]
    fn what_is_not_there_is_named() {
        let folder = data();
        fs::create_dir_all(folder.path().join("member/snap")).expect("made");
        let error = spoil(folder.path(), "snapshot", Damage::Flip, 7).expect_err("there is none");
        assert!(error.to_string().starts_with("there is no snapshot in "), "{error}");
    }
}
