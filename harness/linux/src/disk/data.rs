//! Operations on the bytes of files: each is carried out at once, and noted so that it can be
//! undone.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::sync::Arc;

use super::changes::{Change, Resized, Written};
use super::inodes::Inode;
use super::state::{Opened, State, os_error};

impl State {
    /// Opens a file; its number.
    pub(super) fn open(&mut self, inode: Inode, write: bool) -> io::Result<u64> {
        let file = OpenOptions::new().read(true).write(write).open(self.path(inode)?)?;
        let number = self.next_number();
        self.open.insert(number, Opened { inode, file: Arc::new(file) });
        Ok(number)
    }

    /// An open file.
    pub(super) fn opened(&self, number: u64) -> io::Result<Arc<File>> {
        let opened = self.open.get(&number).map(|opened| Arc::clone(&opened.file));
        opened.ok_or_else(|| os_error(libc::EBADF))
    }

    /// What is known of a file, by its open number where there is one. The kernel asks for open
    /// files without it too, and one that was removed durably is nowhere but there.
    pub(super) fn metadata(&self, inode: Inode, open: Option<u64>) -> io::Result<Metadata> {
        let by_number = open.and_then(|number| self.open.get(&number));
        let by_name = || self.path(inode).and_then(fs::symlink_metadata);
        let by_inode = || self.open.values().find(|opened| opened.inode == inode);
        match by_number {
            Some(opened) => opened.file.metadata(),
            None => by_name().or_else(|gone| match by_inode() {
                Some(opened) => opened.file.metadata(),
                None => Err(gone),
            }),
        }
    }

    /// Sets permissions, which no power failure undoes: nothing depends on them.
    pub(super) fn set_mode(&self, inode: Inode, mode: u32) -> io::Result<()> {
        fs::set_permissions(self.path(inode)?, Permissions::from_mode(mode))
    }

    /// Writes.
    pub(super) fn write(
        &mut self,
        inode: Inode,
        number: u64,
        offset: u64,
        new: &[u8],
    ) -> io::Result<()> {
        let file = self.opened(number)?;
        self.need_room()?;
        if self.faults.write_errors.strike() {
            self.counters.failed += 1;
            return Err(os_error(libc::EIO));
        }
        let old_size = file.metadata()?.len();
        let reach = old_size.saturating_sub(offset).min(new.len() as u64);
        let old = read_at(&file, offset, reach)?;
        file.write_all_at(new, offset)?;
        self.counters.writes += 1;
        self.counters.bytes += new.len() as u64;
        let new = new.to_vec();
        self.changes.push(Change::Written(Written { inode, file, offset, old, old_size, new }));
        Ok(())
    }

    /// Sets a file's size, by its open number where there is one.
    pub(super) fn resize(&mut self, inode: Inode, open: Option<u64>, size: u64) -> io::Result<()> {
        let file = match open {
            Some(number) => self.opened(number)?,
            None => Arc::new(OpenOptions::new().read(true).write(true).open(self.path(inode)?)?),
        };
        let old_size = file.metadata()?.len();
        if size > old_size {
            self.need_room()?;
        }
        let mut tail = read_at(&file, size, old_size.saturating_sub(size))?;
        let kept = tail.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        tail.truncate(kept);
        tail.shrink_to_fit();
        file.set_len(size)?;
        self.resized(Resized { inode, file, old_size, new_size: size, tail });
        Ok(())
    }

    /// Takes room for a file, which may make it longer.
    pub(super) fn allocate(
        &mut self,
        inode: Inode,
        number: u64,
        range: (u64, u64),
        mode: i32,
    ) -> io::Result<()> {
        if mode & !libc::FALLOC_FL_KEEP_SIZE != 0 {
            return Err(os_error(libc::EOPNOTSUPP));
        }
        self.need_room()?;
        let file = self.opened(number)?;
        let old_size = file.metadata()?.len();
        let too_large = |_| os_error(libc::EFBIG);
        let offset = libc::off_t::try_from(range.0).map_err(too_large)?;
        let length = libc::off_t::try_from(range.1).map_err(too_large)?;
        // SAFETY: the descriptor is open, and the call takes no pointers.
        if unsafe { libc::fallocate(file.as_raw_fd(), mode, offset, length) } < 0 {
            return Err(io::Error::last_os_error());
        }
        let new_size = file.metadata()?.len();
        self.resized(Resized { inode, file, old_size, new_size, tail: Vec::new() });
        Ok(())
    }

    fn resized(&mut self, resized: Resized) {
        if resized.old_size != resized.new_size {
            self.changes.push(Change::Resized(resized));
        }
    }
}

/// Reads so many bytes, which are there.
fn read_at(file: &File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}

/// Reads up to so many bytes, as many as there are.
pub(super) fn read_up_to(file: &File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut read = 0;
    while read < length {
        match file.read_at(&mut bytes[read..], offset + read as u64)? {
            0 => break,
            more => read += more,
        }
    }
    bytes.truncate(read);
    Ok(bytes)
}
