//! The files and directories that the kernel knows, by numbers of our own.
//!
//! The directory's own inode numbers would not do: a file system gives the number of a removed
//! file to the next one, and the kernel would take the two for one.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The number of a file or directory.
pub(super) type Inode = u64;

/// The number of the disk's root directory.
pub(super) const ROOT: Inode = 1;

/// A name in a directory.
pub(super) type Name = (Inode, OsString);

/// Where the bytes of an inode are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// Below the disk's root.
    Named(PathBuf),
    /// Removed, and kept under this number until the removal is durable.
    Removed(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Named(Name),
    Removed(u64),
}

/// Every inode that was ever looked up and is not gone for good. There are as many as files in
/// a data directory, so none is forgotten earlier.
#[derive(Debug)]
pub(super) struct Inodes {
    nodes: BTreeMap<Inode, Node>,
    names: BTreeMap<Name, Inode>,
    last: Inode,
}

impl Inodes {
    pub(super) fn new() -> Self {
        Self { nodes: BTreeMap::new(), names: BTreeMap::new(), last: ROOT }
    }

    /// The inode that has this name; a new one if none had.
    pub(super) fn named(&mut self, parent: Inode, name: &OsStr) -> Inode {
        let name = (parent, name.to_owned());
        if let Some(inode) = self.names.get(&name) {
            return *inode;
        }
        self.last += 1;
        self.place(self.last, name);
        self.last
    }

    /// Gives an inode a name, in place of any that it had.
    pub(super) fn place(&mut self, inode: Inode, name: Name) {
        self.take_name(inode);
        self.names.insert(name.clone(), inode);
        self.nodes.insert(inode, Node::Named(name));
    }

    /// Notes that an inode has lost its name and is kept under a number.
    pub(super) fn remove(&mut self, inode: Inode, number: u64) {
        self.take_name(inode);
        self.nodes.insert(inode, Node::Removed(number));
    }

    /// Notes that an inode is gone for good.
    pub(super) fn forget(&mut self, inode: Inode) {
        self.take_name(inode);
        self.nodes.remove(&inode);
    }

    fn take_name(&mut self, inode: Inode) {
        if let Some(Node::Named(name)) = self.nodes.get(&inode) {
            self.names.remove(name);
        }
    }

    /// Where the bytes of an inode are; `None` when it is gone.
    pub(super) fn spot(&self, inode: Inode) -> Option<Spot> {
        let mut parts = Vec::new();
        let mut at = inode;
        while at != ROOT {
            match self.nodes.get(&at)? {
                Node::Named((parent, name)) => {
                    parts.push(name);
                    at = *parent;
                }
                // Directories are removed when they are empty: nothing is below one.
                Node::Removed(number) => return Some(Spot::Removed(*number)),
            }
        }
        Some(Spot::Named(parts.into_iter().rev().collect()))
    }

    /// Every name with its inode.
    pub(super) fn all(&self) -> Vec<(Name, Inode)> {
        self.names.iter().map(|(name, inode)| (name.clone(), *inode)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(inodes: &Inodes, inode: Inode) -> Option<Spot> {
        inodes.spot(inode)
    }

    #[test]
    fn what_is_in_a_renamed_directory_moves_with_it() {
        let mut inodes = Inodes::new();
        let wal = inodes.named(ROOT, OsStr::new("wal.tmp"));
        let file = inodes.named(wal, OsStr::new("0.wal"));
        inodes.place(wal, (ROOT, "wal".into()));
        assert_eq!(path(&inodes, file), Some(Spot::Named("wal/0.wal".into())));
        assert_eq!(inodes.named(wal, OsStr::new("0.wal")), file);
        assert_ne!(inodes.named(ROOT, OsStr::new("wal.tmp")), wal);
    }

    #[test]
    fn a_removed_name_is_free_for_another() {
        let mut inodes = Inodes::new();
        let old = inodes.named(ROOT, OsStr::new("db"));
        inodes.remove(old, 7);
        assert_eq!(path(&inodes, old), Some(Spot::Removed(7)));
        let new = inodes.named(ROOT, OsStr::new("db"));
        assert_ne!(old, new);
        inodes.forget(old);
        assert_eq!(path(&inodes, old), None);
        assert_eq!(path(&inodes, ROOT), Some(Spot::Named(PathBuf::new())));
        assert_eq!(inodes.all(), [((ROOT, "db".into()), new)]);
    }
}
