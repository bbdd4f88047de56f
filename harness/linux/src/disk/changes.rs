//! The undo journal: what was done to the disk and no sync has made durable.

use std::fs::File;
use std::sync::Arc;

use super::inodes::{Inode, Name};

/// What it takes to undo one operation, and to do its data again.
#[derive(Debug)]
pub(super) enum Change {
    /// Bytes were written.
    Written(Written),
    /// A file's size was set.
    Resized(Resized),
    /// A file or directory was made.
    Created { inode: Inode, directory: bool },
    /// One was removed, and is kept under a number.
    Removed { inode: Inode, name: Name, number: u64 },
    /// One got another name, perhaps in place of one that is kept under a number.
    Renamed { inode: Inode, from: Name, to: Name, over: Option<(Inode, u64)> },
}

/// Bytes were written to a file.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) inode: Inode,
    /// Open for writing, whatever the file's name is by then.
    pub(super) file: Arc<File>,
    pub(super) offset: u64,
    /// What was there before, as far as the file reached.
    pub(super) old: Vec<u8>,
    pub(super) old_size: u64,
    pub(super) new: Vec<u8>,
}

/// A file's size was set.
#[derive(Debug)]
pub(super) struct Resized {
    pub(super) inode: Inode,
    /// Open for writing.
    pub(super) file: Arc<File>,
    pub(super) old_size: u64,
    pub(super) new_size: u64,
    /// What was cut off, without zeros at its end.
    pub(super) tail: Vec<u8>,
}

impl Change {
    /// The file whose data or size it is about; `None` for a change of names.
    pub(super) fn file(&self) -> Option<Inode> {
        match self {
            Self::Written(written) => Some(written.inode),
            Self::Resized(resized) => Some(resized.inode),
            Self::Created { .. } | Self::Removed { .. } | Self::Renamed { .. } => None,
        }
    }

    /// The inode that is gone for good once this is durable, and the number it is kept under.
    pub(super) fn leftover(&self) -> Option<(Inode, u64)> {
        match self {
            Self::Removed { inode, number, .. } => Some((*inode, *number)),
            Self::Renamed { over, .. } => *over,
            _ => None,
        }
    }
}

/// The journal, in the order in which things were done.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pending: Vec<(u64, Change)>,
    last: u64,
}

impl Changes {
    /// Notes a change.
    pub(super) fn push(&mut self, change: Change) {
        self.last += 1;
        self.pending.push((self.last, change));
    }

    /// The last change so far: a sync covers what was done before it was asked for.
    pub(super) fn mark(&self) -> u64 {
        self.last
    }

    /// Takes out what a sync of `inode` makes durable: its data up to `mark`, and every change
    /// of names up to there.
    pub(super) fn synced(&mut self, inode: Inode, mark: u64) -> Vec<Change> {
        let durable = |(number, change): &mut (u64, Change)| {
            *number <= mark && change.file().is_none_or(|file| file == inode)
        };
        self.pending.extract_if(.., durable).map(|(_, change)| change).collect()
    }

    /// Takes everything out.
    pub(super) fn take(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.pending).into_iter().map(|(_, change)| change).collect()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn created(inode: Inode) -> Change {
        Change::Created { inode, directory: false }
    }

    fn resized(inode: Inode) -> Change {
        let file = Arc::new(tempfile::tempfile().expect("a file"));
        Change::Resized(Resized { inode, file, old_size: 0, new_size: 1, tail: Vec::new() })
    }

    #[test]
    fn a_sync_takes_its_files_data_and_every_earlier_name() {
        let mut changes = Changes::default();
        for change in [created(2), resized(2), created(3), resized(3)] {
            changes.push(change);
        }
        let mark = changes.mark();
        changes.push(resized(2));
        changes.push(created(4));
        assert_eq!(changes.synced(2, mark).len(), 3, "two names and the data of one file");
        let left = changes.take();
        assert_eq!(left.iter().map(Change::file).collect::<Vec<_>>(), [Some(3), Some(2), None]);
        assert_eq!(changes.len(), 0);
    }
}
