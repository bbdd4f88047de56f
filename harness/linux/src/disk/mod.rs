//! A disk in user space between a directory and whoever writes to it, which can lose what was
//! not synced, be slow to sync, be full, fail, and lie.
//!
//! It is a FUSE file system, mounted by ourselves: root can do it, and whoever is root of a user
//! namespace. Every operation is written through to a directory at once, and an undo journal
//! keeps what no sync has made durable yet. A power failure undoes the journal from its end.
//! The directory's own file system is never synced: the machine does not lose power, only the
//! member does.
//!
//! Durability is that of ext4 and its like: a sync makes the file's data and size durable, and
//! every earlier change of names (created, removed, renamed) on the whole disk. Strict POSIX,
//! where names need a sync of their directory, would lose what no usual file system loses.
//!
//! Not supported, and not needed by etcd: hard and symbolic links, extended attributes, holes
//! punched into files, writing through a shared memory map.

mod changes;
mod counters;
mod data;
mod faults;
mod handle;
mod held;
mod inodes;
mod leftover;
mod loss;
mod mount;
mod names;
mod serve;
mod state;
mod undo;

pub use counters::Counters;
pub use faults::{Errors, Faults};
pub use handle::{Disk, Places, Released};
pub use leftover::{Leftover, leftovers, seen_by};
pub use loss::{Loss, Lost};
pub(crate) use mount::try_device;

/// Where the FUSE device usually is.
pub const DEFAULT_DEVICE: &str = "/dev/fuse";
