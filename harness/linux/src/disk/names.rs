//! Operations on names: each is carried out at once, and noted so that it can be undone.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;

use super::changes::Change;
use super::inodes::{Inode, ROOT};
use super::state::{Opened, State, os_error};

/// An entry of a directory.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) inode: Inode,
    pub(super) name: OsString,
    pub(super) directory: bool,
}

impl State {
    /// What has this name.
    pub(super) fn look_up(&mut self, parent: Inode, name: &OsStr) -> io::Result<(Inode, Metadata)> {
        let metadata = fs::symlink_metadata(self.child(parent, name)?)?;
        Ok((self.inodes.named(parent, name), metadata))
    }

    /// Makes a directory.
    pub(super) fn make_directory(
        &mut self,
        parent: Inode,
        name: &OsStr,
        mode: u32,
    ) -> io::Result<(Inode, Metadata)> {
        self.need_room()?;
        DirBuilder::new().mode(mode).create(self.child(parent, name)?)?;
        self.created(parent, name, true)
    }

    /// Makes a file and opens it; the third is the number of the open file.
    pub(super) fn create(
        &mut self,
        parent: Inode,
        name: &OsStr,
        mode: u32,
    ) -> io::Result<(Inode, Metadata, u64)> {
        self.need_room()?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(mode);
        let file = options.open(self.child(parent, name)?)?;
        let (inode, metadata) = self.created(parent, name, false)?;
        let number = self.next_number();
        self.open.insert(number, Opened { inode, file: Arc::new(file) });
        Ok((inode, metadata, number))
    }

    fn created(
        &mut self,
        parent: Inode,
        name: &OsStr,
        directory: bool,
    ) -> io::Result<(Inode, Metadata)> {
        let (inode, metadata) = self.look_up(parent, name)?;
        self.changes.push(Change::Created { inode, directory });
        Ok((inode, metadata))
    }

    /// Removes a file, or an empty directory.
    pub(super) fn remove(&mut self, parent: Inode, name: &OsStr) -> io::Result<()> {
        let path = self.child(parent, name)?;
        let inode = self.inodes.named(parent, name);
        let number = self.put_aside(&path, inode)?;
        self.changes.push(Change::Removed { inode, name: (parent, name.to_owned()), number });
        Ok(())
    }

    /// Renames; `replace` says whether the new name may be taken.
    pub(super) fn rename(
        &mut self,
        from: (Inode, &OsStr),
        to: (Inode, &OsStr),
        replace: bool,
    ) -> io::Result<()> {
        let (old, new) = (self.child(from.0, from.1)?, self.child(to.0, to.1)?);
        fs::symlink_metadata(&old)?;
        let taken = fs::symlink_metadata(&new).is_ok();
        if taken && !replace {
            return Err(os_error(libc::EEXIST));
        }
        let inode = self.inodes.named(from.0, from.1);
        let over = if taken {
            let other = self.inodes.named(to.0, to.1);
            Some((other, self.put_aside(&new, other)?))
        } else {
            None
        };
        fs::rename(&old, &new)?;
        let (from, to) = ((from.0, from.1.to_owned()), (to.0, to.1.to_owned()));
        self.inodes.place(inode, to.clone());
        self.changes.push(Change::Renamed { inode, from, to, over });
        Ok(())
    }

    /// Takes a name off a file or an empty directory, keeping its bytes under a number.
    fn put_aside(&mut self, path: &PathBuf, inode: Inode) -> io::Result<u64> {
        let directory = fs::symlink_metadata(path)?.is_dir();
        if directory && fs::read_dir(path)?.next().is_some() {
            return Err(os_error(libc::ENOTEMPTY));
        }
        let number = self.next_number();
        fs::rename(path, self.removed_path(number))?;
        self.inodes.remove(inode, number);
        Ok(number)
    }

    /// What an open directory lists from one of its entries on. It is a list of one time, made
    /// when it is read from its beginning: names that come and go meanwhile move no others.
    pub(super) fn listing(
        &mut self,
        directory: Inode,
        number: u64,
        from: usize,
    ) -> io::Result<&[Listed]> {
        if from == 0 {
            let listed = self.list(directory)?;
            self.listings.insert(number, listed);
        }
        let listed = self.listings.get(&number).map_or(&[][..], Vec::as_slice);
        Ok(listed.get(from..).unwrap_or_default())
    }

    /// What is in a directory, itself and its parent included.
    fn list(&mut self, directory: Inode) -> io::Result<Vec<Listed>> {
        let itself = |name: &str| Listed { inode: ROOT, name: name.into(), directory: true };
        let mut listed = vec![Listed { inode: directory, ..itself(".") }, itself("..")];
        for entry in fs::read_dir(self.path(directory)?)? {
            let entry = entry?;
            let name = entry.file_name();
            let inode = self.inodes.named(directory, &name);
            listed.push(Listed { inode, name, directory: entry.file_type()?.is_dir() });
        }
        Ok(listed)
    }

    fn child(&self, parent: Inode, name: &OsStr) -> io::Result<PathBuf> {
        Ok(self.path(parent)?.join(name))
    }
}
