//! Histories as files: plain while they are written, compressed when a run has ended.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use stormglass_checkers::history::{CodecError, HistoryReader};

/// zstd level: 1 is both smaller and faster than 3 on histories (measured).
const LEVEL: i32 = 1;
/// How every zstd frame begins.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A history that is being read.
pub type HistoryFile = HistoryReader<Box<dyn BufRead + Send>>;

/// Why a history file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryFileError {
    /// There is none, or it cannot be opened.
    #[error("{path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is neither form of it in a run directory.
    #[error("{path} has neither history.jsonl nor history.jsonl.zst: the run never began")]
    Missing {
        /// The run directory.
        path: PathBuf,
    },
    /// What it holds is not a history.
    #[error("{path}: {source}")]
    Codec {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: CodecError,
    },
}

/// Opens a history file, plain or compressed, or a run directory's.
///
/// # Errors
/// When there is none or its first line is not a history's.
pub fn open_history(path: &Path) -> Result<HistoryFile, HistoryFileError> {
    let path = if path.is_dir() { in_dir(path)? } else { path.to_owned() };
    let open = |source| HistoryFileError::Open { path: path.clone(), source };
    let mut file = File::open(&path).map_err(open)?;
    let mut start = [0; 4];
    let mut filled = 0;
    while filled < start.len() {
        match file.read(&mut start[filled..]).map_err(open)? {
            0 => break,
            count => filled += count,
        }
    }
    let whole = io::Cursor::new(start[..filled].to_vec()).chain(file);
    let input: Box<dyn BufRead + Send> = if start == MAGIC {
        Box::new(BufReader::with_capacity(1 << 18, zstd::Decoder::new(whole).map_err(open)?))
    } else {
        Box::new(BufReader::with_capacity(1 << 20, whole))
    };
    HistoryReader::new(input)
        .map_err(|source| HistoryFileError::Codec { path: path.clone(), source })
}

/// A run that was killed leaves the plain file; one killed while it compressed leaves
/// both, and then the plain one is whole.
fn in_dir(dir: &Path) -> Result<PathBuf, HistoryFileError> {
    ["history.jsonl", "history.jsonl.zst"]
        .into_iter()
        .map(|name| dir.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| HistoryFileError::Missing { path: dir.to_owned() })
}

/// Compresses a finished history and removes the plain file.
///
/// # Errors
/// When the system refuses; the plain file is then still there.
pub fn compress(plain: &Path, compressed: &Path) -> io::Result<()> {
    let beside = compressed.with_extension("part");
    let mut input = BufReader::new(File::open(plain)?);
    let output = BufWriter::new(File::create(&beside)?);
    let mut encoder = zstd::Encoder::new(output, LEVEL)?;
    io::copy(&mut input, &mut encoder)?;
    encoder.finish()?.flush()?;
    fs::rename(&beside, compressed)?;
    fs::remove_file(plain)
}
