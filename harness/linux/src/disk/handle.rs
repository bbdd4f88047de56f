//! A mounted disk.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use fuser::{BackgroundSession, Config, INodeNo, Notifier, Session, SessionACL};

use super::counters::Counters;
use super::faults::Faults;
use super::inodes::Inode;
use super::loss::{Loss, Lost};
use super::mount::{mount, unmount};
use super::serve::Served;
use super::state::Shared;
use crate::call::named;

/// Where a disk is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The FUSE device; without udev it may be elsewhere, or not be open to all.
    pub device: PathBuf,
    /// The directory that holds the files, on any file system. Nobody else may change it.
    pub files: PathBuf,
    /// An empty directory on the same file system, for what was removed and may come back.
    pub removed: PathBuf,
    /// Where the disk is mounted: an empty directory.
    pub mountpoint: PathBuf,
    /// Where it is mounted for others too: what it is listed by, so that it is found when the
    /// program that served it was killed. Processes of every user may use it then.
    pub name: Option<String>,
}

/// A mounted disk. Dropping it unmounts it; files that are still open work until they are
/// closed, or until this program ends.
#[derive(Debug)]
pub struct Disk {
    shared: Arc<Shared>,
    mountpoint: PathBuf,
    unmounted: AtomicBool,
    session: BackgroundSession,
}

impl Disk {
    /// Mounts a disk in the calling thread's mount namespace, with nothing wrong and nothing
    /// unsynced. The seed draws the delays of syncs.
    ///
    /// # Errors
    /// When the device cannot be opened, the mount is refused, or threads are not to be had.
    pub fn mount(places: &Places, seed: u64) -> io::Result<Self> {
        let shared = Arc::new(Shared::new(&places.files, &places.removed, seed));
        let fd = mount(&places.device, &places.mountpoint, places.name.as_deref())?;
        let disk = serve(fd, &shared, &places.mountpoint);
        if disk.is_err() {
            // The first error is the one that tells.
            let _ = unmount(&places.mountpoint);
        }
        disk
    }

    /// Where its files really are: to be looked at, and changed by [`Disk::with_files`] only.
    pub fn files(&self) -> PathBuf {
        self.shared.lock().files().to_owned()
    }

    /// Where it is mounted.
    pub fn mountpoint(&self) -> &Path {
        &self.mountpoint
    }

    /// Sets what is wrong with it, from the next operation on. Syncs that are waiting are
    /// carried out at once when it is not slow any more.
    pub fn set(&self, faults: Faults) {
        self.shared.set(faults);
    }

    /// What is wrong with it.
    pub fn faults(&self) -> Faults {
        self.shared.lock().faults
    }

    /// What it has done.
    pub fn counters(&self) -> Counters {
        let state = self.shared.lock();
        Counters { unsynced: state.changes.len() as u64, ..state.counters }
    }

    /// Lets syncs that wait, and those that would, fail at once for as long as the guard lives.
    /// A process that was sent SIGKILL does not end before its system calls have.
    pub fn release(&self) -> Released<'_> {
        self.shared.fail_held(|state| state.released += 1);
        Released { shared: &self.shared }
    }

    /// Works on the files themselves, past the kernel, with everything durable that was done to
    /// them; what is changed there is what the disk has from then on. Whoever has files open on
    /// the disk must have ended before, or hold still while they are only read.
    ///
    /// A process that serves a disk must do it so: killed in the middle of a system call on its
    /// own disk it would wait for an answer of its own for ever.
    ///
    /// # Errors
    /// Those of the work.
    pub fn with_files<T>(&self, work: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.shared.lock();
        let known = state.inodes.all();
        let outcome = state.settle(work);
        drop(state);
        forget(&self.session.notifier(), &known);
        outcome
    }

    /// The power fails: loses of what was not synced what `loss` says. Whoever has files open on
    /// the disk must have ended before. The same operations and seed lose the same.
    ///
    /// # Errors
    /// When the directory of the files was changed by somebody else.
    pub fn power_failure(&self, loss: Loss, seed: u64) -> io::Result<Lost> {
        let mut known = Vec::new();
        let mut outcome = Ok(Lost::default());
        self.shared.fail_held(|state| {
            known.extend(state.inodes.all());
            outcome = state.lose(loss, seed);
            known.extend(state.inodes.all());
        });
        forget(&self.session.notifier(), &known);
        outcome.map_err(|error| named("the disk could not be set back", &error))
    }

    /// Takes it out of sight, before it is dropped: nobody finds it at its place any more. Files
    /// that are still open work on.
    ///
    /// # Errors
    /// When the system refuses; not when it was taken out of sight before.
    pub fn unmount(&self) -> io::Result<()> {
        if self.unmounted.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        unmount(&self.mountpoint).map_err(|error| {
            self.unmounted.store(false, Ordering::SeqCst);
            named(&format!("cannot unmount the disk on {}", self.mountpoint.display()), &error)
        })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.shared.fail_held(|state| {
            state.released += 1;
            state.ended = true;
        });
        self.shared.changed.notify_all();
        // Nobody is left to tell, and the mount goes away with the namespace anyway.
        let _ = self.unmount();
    }
}

/// While it lives, syncs that would have to wait fail at once.
#[must_use = "syncs wait again when it is dropped"]
#[derive(Debug)]
pub struct Released<'a> {
    shared: &'a Shared,
}

impl Drop for Released<'_> {
    fn drop(&mut self) {
        self.shared.lock().released -= 1;
    }
}

fn serve(fd: std::os::fd::OwnedFd, shared: &Arc<Shared>, mountpoint: &Path) -> io::Result<Disk> {
    // The mount decides whom the kernel lets in.
    let served = Served { shared: Arc::clone(shared) };
    let session = Session::from_fd(served, fd, SessionACL::All, Config::default())?.spawn()?;
    let disk = Disk {
        shared: Arc::clone(shared),
        mountpoint: mountpoint.to_owned(),
        unmounted: AtomicBool::new(false),
        session,
    };
    let answering = Arc::clone(shared);
    thread::Builder::new().name("slow syncs".to_owned()).spawn(move || answering.answer_held())?;
    Ok(disk)
}

/// Makes the kernel forget what it remembers of names and bytes: some are undone.
fn forget(notifier: &Notifier, known: &[((Inode, OsString), Inode)]) {
    for ((parent, name), inode) in known {
        // What the kernel does not remember needs no forgetting, and is an error here.
        let _ = notifier.inval_inode(INodeNo(*inode), 0, 0);
        let _ = notifier.inval_entry(INodeNo(*parent), name);
    }
}
