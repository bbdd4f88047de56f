//! What a member's process takes of the machine, with its data.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use stormglass_checkers::history::ProcessSample;
use stormglass_linux::process::{Usage, usage};

/// The kernel counts what files take in these.
const BLOCK_BYTES: u64 = 512;

/// Of a process and the folder of its data; nothing where the kernel does not tell.
pub(super) fn sample(pid: u32, data: &Path) -> Option<ProcessSample> {
    let Usage { processor, resident_bytes, open_files } = usage(pid).ok()?;
    Some(ProcessSample {
        cpu_ms: u64::try_from(processor.as_millis()).unwrap_or(u64::MAX),
        resident_bytes,
        open_files,
        disk_bytes: taken(data),
    })
}

/// What everything in a folder takes on disk. Files come and go meanwhile: what cannot be looked at
/// takes nothing.
fn taken(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(found) if found.is_dir() => taken(&entry.path()),
        Ok(found) => found.blocks() * BLOCK_BYTES,
        Err(_) => 0,
    };
    entries.flatten().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_and_its_data_are_told() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("wal")).expect("a folder");
        fs::write(folder.path().join("wal/0"), vec![1; 70_000]).expect("written");
        let told = sample(std::process::id(), folder.path()).expect("it is ours");
        assert!(told.disk_bytes >= 70_000 && told.resident_bytes > 0, "{told:?}");
        assert_eq!(sample(u32::MAX, folder.path()), None);
    }
}
