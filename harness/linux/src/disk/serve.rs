//! The kernel's requests, handed on to the state and answered.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{
    AccessFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use super::data::read_up_to;
use super::inodes::Inode;
use super::state::Shared;

/// How long the kernel may remember names and attributes. Only it changes them, and after a
/// power failure it is told to forget.
const REMEMBER: Duration = Duration::from_secs(1);
const BLOCK_BYTES: u32 = 4096;
/// What the disk claims to have, in blocks: 128 GiB, half of it free.
const BLOCKS: u64 = 1 << 25;
const INODES: u64 = 1 << 20;
/// Inode numbers are never used twice.
const GENERATION: Generation = Generation(0);

/// Serves one disk.
pub(super) struct Served {
    pub(super) shared: Arc<Shared>,
}

impl Filesystem for Served {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        enter(reply, self.shared.lock().look_up(parent.0, name));
    }

    fn getattr(&self, _: &Request, ino: INodeNo, fh: Option<FileHandle>, reply: ReplyAttr) {
        let metadata = self.shared.lock().metadata(ino.0, fh.map(|fh| fh.0));
        attribute(reply, ino.0, metadata);
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut state = self.shared.lock();
        let open = fh.map(|fh| fh.0);
        let mode = mode.map_or(Ok(()), |mode| state.set_mode(ino.0, mode));
        let done = mode.and_then(|()| size.map_or(Ok(()), |size| state.resize(ino.0, open, size)));
        attribute(reply, ino.0, done.and_then(|()| state.metadata(ino.0, open)));
    }

    fn mkdir(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _umask: u32,
        reply: ReplyEntry,
    ) {
        enter(reply, self.shared.lock().make_directory(parent.0, name, mode));
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        acknowledge(reply, self.shared.lock().remove(parent.0, name));
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        acknowledge(reply, self.shared.lock().remove(parent.0, name));
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        if flags.intersects(RenameFlags::RENAME_EXCHANGE | RenameFlags::RENAME_WHITEOUT) {
            return reply.error(Errno::EINVAL);
        }
        let replace = !flags.contains(RenameFlags::RENAME_NOREPLACE);
        let (from, to) = ((parent.0, name), (newparent.0, newname));
        acknowledge(reply, self.shared.lock().rename(from, to, replace));
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        match self.shared.lock().create(parent.0, name, mode) {
            Ok((inode, metadata, number)) => {
                let attributes = attributes(inode, &metadata);
                let handle = FileHandle(number);
                reply.created(&REMEMBER, &attributes, GENERATION, handle, FopenFlags::empty());
            }
            Err(error) => reply.error(error.into()),
        }
    }

    fn open(&self, _: &Request, ino: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        let write = flags.0 & libc::O_ACCMODE != libc::O_RDONLY;
        match self.shared.lock().open(ino.0, write) {
            Ok(number) => reply.opened(FileHandle(number), FopenFlags::empty()),
            Err(error) => reply.error(error.into()),
        }
    }

    fn read(
        &self,
        _: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        size: u32,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let file = self.shared.lock().opened(fh.0);
        match file.and_then(|file| read_up_to(&file, offset, size as usize)) {
            Ok(bytes) => reply.data(&bytes),
            Err(error) => reply.error(error.into()),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        data: &[u8],
        _write_flags: WriteFlags,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let written = self.shared.lock().write(ino.0, fh.0, offset, data);
        match written.and_then(|()| u32::try_from(data.len()).map_err(io::Error::other)) {
            Ok(length) => reply.written(length),
            Err(error) => reply.error(error.into()),
        }
    }

    fn flush(
        &self,
        _: &Request,
        _ino: INodeNo,
        _fh: FileHandle,
        _lock_owner: LockOwner,
        reply: ReplyEmpty,
    ) {
        reply.ok();
    }

    fn release(
        &self,
        _: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        _flush: bool,
        reply: ReplyEmpty,
    ) {
        self.shared.lock().open.remove(&fh.0);
        reply.ok();
    }

    fn fsync(&self, _: &Request, ino: INodeNo, _fh: FileHandle, _data: bool, reply: ReplyEmpty) {
        self.shared.sync(ino.0, reply);
    }

    fn fsyncdir(&self, _: &Request, ino: INodeNo, _fh: FileHandle, _data: bool, reply: ReplyEmpty) {
        self.shared.sync(ino.0, reply);
    }

    fn opendir(&self, _: &Request, _ino: INodeNo, _flags: OpenFlags, reply: ReplyOpen) {
        let number = self.shared.lock().next_number();
        reply.opened(FileHandle(number), FopenFlags::empty());
    }

    fn readdir(
        &self,
        _: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let mut state = self.shared.lock();
        let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
        let listed = match state.listing(ino.0, fh.0, skipped) {
            Ok(listed) => listed,
            Err(error) => return reply.error(error.into()),
        };
        for (next, entry) in (offset + 1..).zip(listed) {
            let kind = if entry.directory { FileType::Directory } else { FileType::RegularFile };
            if reply.add(INodeNo(entry.inode), next, kind, &entry.name) {
                break;
            }
        }
        reply.ok();
    }

    fn releasedir(
        &self,
        _: &Request,
        _ino: INodeNo,
        fh: FileHandle,
        _flags: OpenFlags,
        reply: ReplyEmpty,
    ) {
        self.shared.lock().listings.remove(&fh.0);
        reply.ok();
    }

    fn statfs(&self, _: &Request, _ino: INodeNo, reply: ReplyStatfs) {
        let free = if self.shared.lock().faults.full { 0 } else { BLOCKS / 2 };
        reply.statfs(BLOCKS, free, free, INODES, INODES / 2, BLOCK_BYTES, 255, BLOCK_BYTES);
    }

    fn access(&self, _: &Request, _ino: INodeNo, _mask: AccessFlags, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fallocate(
        &self,
        _: &Request,
        ino: INodeNo,
        fh: FileHandle,
        offset: u64,
        length: u64,
        mode: i32,
        reply: ReplyEmpty,
    ) {
        acknowledge(reply, self.shared.lock().allocate(ino.0, fh.0, (offset, length), mode));
    }
}

fn acknowledge(reply: ReplyEmpty, result: io::Result<()>) {
    match result {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error.into()),
    }
}

fn enter(reply: ReplyEntry, result: io::Result<(Inode, Metadata)>) {
    match result {
        Ok((inode, metadata)) => {
            reply.entry(&REMEMBER, &attributes(inode, &metadata), GENERATION);
        }
        Err(error) => reply.error(error.into()),
    }
}

fn attribute(reply: ReplyAttr, inode: Inode, result: io::Result<Metadata>) {
    match result {
        Ok(metadata) => reply.attr(&REMEMBER, &attributes(inode, &metadata)),
        Err(error) => reply.error(error.into()),
    }
}

fn attributes(inode: Inode, metadata: &Metadata) -> FileAttr {
    let kind = if metadata.is_dir() { FileType::Directory } else { FileType::RegularFile };
    FileAttr {
        ino: INodeNo(inode),
        size: metadata.len(),
        blocks: metadata.blocks(),
        atime: time(metadata.accessed()),
        mtime: time(metadata.modified()),
        ctime: time(metadata.modified()),
        crtime: UNIX_EPOCH,
        kind,
        perm: u16::try_from(metadata.mode() & 0o7777).unwrap_or(0o700),
        nlink: 1,
        uid: metadata.uid(),
        gid: metadata.gid(),
        rdev: 0,
        blksize: BLOCK_BYTES,
        flags: 0,
    }
}

fn time(told: io::Result<SystemTime>) -> SystemTime {
    told.unwrap_or(UNIX_EPOCH)
}
