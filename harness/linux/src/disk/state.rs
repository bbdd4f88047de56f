//! What a disk is made of, behind one lock.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::changes::{Change, Changes};
use super::counters::Counters;
use super::faults::Faults;
use super::held::Held;
use super::inodes::{Inode, Inodes, Spot};
use super::names::Listed;
use crate::dice::Dice;

/// The state, and the bell of the thread that answers delayed syncs.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) changed: Condvar,
}

impl Shared {
    pub(super) fn new(files: &Path, removed: &Path, seed: u64) -> Self {
        let state = State {
            files: files.to_owned(),
            removed: removed.to_owned(),
            inodes: Inodes::new(),
            open: BTreeMap::new(),
            listings: BTreeMap::new(),
            last_number: 0,
            changes: Changes::default(),
            faults: Faults::default(),
            counters: Counters::default(),
            dice: Dice::new(seed),
            held: Vec::new(),
            released: 0,
            ended: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open file. It may outlive its name, and then its inode.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) inode: Inode,
    pub(super) file: Arc<File>,
}

/// What a disk is made of.
#[derive(Debug)]
pub(super) struct State {
    /// Where the files are.
    files: PathBuf,
    /// Where removed files are kept until their removal is durable.
    removed: PathBuf,
    pub(super) inodes: Inodes,
    /// Open files, by the numbers that the kernel knows them by.
    pub(super) open: BTreeMap<u64, Opened>,
    /// What open directories list, as it was when they were read from their beginning.
    pub(super) listings: BTreeMap<u64, Vec<Listed>>,
    last_number: u64,
    pub(super) changes: Changes,
    pub(super) faults: Faults,
    pub(super) counters: Counters,
    pub(super) dice: Dice,
    /// Syncs that wait for their time.
    pub(super) held: Vec<Held>,
    /// While above zero, syncs fail at once instead of waiting: who asked is being killed.
    pub(super) released: u32,
    /// Whether the disk is being unmounted.
    pub(super) ended: bool,
}

impl State {
    /// Where the files are.
    pub(super) fn files(&self) -> &Path {
        &self.files
    }

    /// A number for an open file or directory, or for a removed one.
    pub(super) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Where an inode's bytes are.
    pub(super) fn path(&self, inode: Inode) -> io::Result<PathBuf> {
        match self.inodes.spot(inode) {
            Some(Spot::Named(path)) => Ok(self.files.join(path)),
            Some(Spot::Removed(number)) => Ok(self.removed_path(number)),
            None => Err(os_error(libc::ENOENT)),
        }
    }

    /// Where a removed file is kept.
    pub(super) fn removed_path(&self, number: u64) -> PathBuf {
        self.removed.join(number.to_string())
    }

    /// Makes durable what a sync of `inode` covers that was asked for at `mark`.
    pub(super) fn make_durable(&mut self, inode: Inode, mark: u64) {
        if self.faults.lies {
            self.counters.syncs_lied += 1;
            return;
        }
        let durable = self.changes.synced(inode, mark);
        self.discard(&durable);
    }

    /// Removes for good what durable changes have left over.
    pub(super) fn discard(&mut self, durable: &[Change]) {
        for (inode, number) in durable.iter().filter_map(Change::leftover) {
            let path = self.removed_path(number);
            // Left behind it would be garbage in a folder that ends with the run.
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir(&path));
            self.inodes.forget(inode);
        }
    }

    /// Makes everything durable, lets somebody work on the files, and forgets what is gone then.
    pub(super) fn settle<T>(&mut self, work: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        let pending = self.changes.take();
        self.discard(&pending);
        let outcome = work(&self.files);
        for (_, inode) in self.inodes.all() {
            if self.path(inode).is_ok_and(|path| fs::symlink_metadata(path).is_err()) {
                self.inodes.forget(inode);
            }
        }
        outcome
    }

    /// Refuses what needs room while the disk is full.
    pub(super) fn need_room(&mut self) -> io::Result<()> {
        if !self.faults.full {
            return Ok(());
        }
        self.counters.refused_full += 1;
        Err(os_error(libc::ENOSPC))
    }
}

/// An error that the kernel hands on as it is.
pub(super) fn os_error(errno: i32) -> io::Error {
    io::Error::from_raw_os_error(errno)
}
