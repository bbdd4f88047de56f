//! A power failure: the journal is undone from its end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;

use super::changes::{Change, Resized, Written};
use super::inodes::Inode;
use super::loss::{Loss, Lost};
use super::state::State;
use crate::dice::Dice;

/// What a disk writes as a whole or not at all.
const SECTOR: u64 = 512;

impl State {
    /// Loses what was not synced.
    pub(super) fn lose(&mut self, loss: Loss, seed: u64) -> io::Result<Lost> {
        let pending = self.changes.take();
        let (kept, undone) = loss.part(pending, &mut Dice::new(seed));
        self.discard(&kept);
        for change in undone.iter().rev() {
            self.undo(change)?;
        }
        let written: u64 = undone.iter().map(bytes).sum();
        let survived = if loss == Loss::Torn { self.tear(&undone, seed)? } else { 0 };
        Ok(Lost { operations: undone.len() as u64, bytes: written - survived })
    }

    fn undo(&mut self, change: &Change) -> io::Result<()> {
        match change {
            Change::Written(Written { file, offset, old, old_size, .. }) => {
                file.write_all_at(old, *offset)?;
                if file.metadata()?.len() > *old_size {
                    file.set_len(*old_size)?;
                }
            }
            Change::Resized(Resized { file, old_size, new_size, tail, .. }) => {
                file.set_len(*old_size)?;
                file.write_all_at(tail, *new_size)?;
            }
            Change::Created { inode, directory, .. } => {
                let path = self.path(*inode)?;
                let removed = if *directory { fs::remove_dir(path) } else { fs::remove_file(path) };
                removed?;
                self.inodes.forget(*inode);
            }
            Change::Removed { inode, name, number } => {
                self.inodes.place(*inode, name.clone());
                fs::rename(self.removed_path(*number), self.path(*inode)?)?;
            }
            Change::Renamed { inode, from, to, over } => {
                let new = self.path(*inode)?;
                self.inodes.place(*inode, from.clone());
                fs::rename(&new, self.path(*inode)?)?;
                if let Some((other, number)) = over {
                    self.inodes.place(*other, to.clone());
                    fs::rename(self.removed_path(*number), new)?;
                }
            }
        }
        Ok(())
    }

    /// Does some of the undone writes again, sector by sector; the bytes that survive so.
    ///
    /// A sector has the content that it had after some of the writes to it, and never that of a
    /// later write without an earlier one: a disk writes what was in memory at one time.
    fn tear(&mut self, undone: &[Change], seed: u64) -> io::Result<u64> {
        let mut totals: BTreeMap<Inode, u64> = BTreeMap::new();
        for inode in undone.iter().filter_map(Change::file) {
            *totals.entry(inode).or_default() += 1;
        }
        let mut done: BTreeMap<Inode, u64> = BTreeMap::new();
        let mut cut_off = BTreeSet::new();
        let mut survived = 0;
        for change in undone {
            let Some(inode) = change.file() else { continue };
            let position = done.entry(inode).or_default();
            *position += 1;
            if cut_off.contains(&inode) || self.inodes.spot(inode).is_none() {
                continue;
            }
            let torn = Torn { seed, inode, total: totals[&inode], position: *position };
            match change {
                Change::Written(written) => survived += torn.write(written)?,
                Change::Resized(resized) if torn.keeps(u64::MAX) => {
                    resized.file.set_len(resized.new_size)?;
                }
                // What is written after a cut that is lost lies in blocks that nothing names.
                Change::Resized(Resized { old_size, new_size, .. }) if new_size < old_size => {
                    cut_off.insert(inode);
                }
                _ => {}
            }
        }
        Ok(survived)
    }
}

fn bytes(change: &Change) -> u64 {
    match change {
        Change::Written(written) => written.new.len() as u64,
        _ => 0,
    }
}

/// One undone change of a file among all of that file.
struct Torn {
    seed: u64,
    inode: Inode,
    /// How many there are.
    total: u64,
    /// Which one this is, from 1.
    position: u64,
}

impl Torn {
    /// Whether the disk had come as far as this change for a sector.
    fn keeps(&self, sector: u64) -> bool {
        let mut file = Dice::new(self.seed ^ self.inode);
        let mut dice = Dice::new(file.draw() ^ sector);
        self.position <= dice.below(self.total + 1)
    }

    /// Does the surviving sectors of a write again; their bytes.
    fn write(&self, written: &Written) -> io::Result<u64> {
        let mut survived = 0;
        let (mut at, mut rest) = (written.offset, written.new.as_slice());
        while !rest.is_empty() {
            let room = usize::try_from(SECTOR - at % SECTOR).unwrap_or(rest.len());
            let (part, later) = rest.split_at(room.min(rest.len()));
            if self.keeps(at / SECTOR) {
                written.file.write_all_at(part, at)?;
                survived += part.len() as u64;
            }
            at += part.len() as u64;
            rest = later;
        }
        Ok(survived)
    }
}
