//! What a disk has done.

/// What a disk has done since it was mounted, and what a power failure would lose now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Writes that were carried out.
    pub writes: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Syncs that were asked for, of files and directories.
    pub syncs: u64,
    /// Syncs that had to wait because the disk was slow.
    pub syncs_delayed: u64,
    /// Syncs that were answered without making anything durable.
    pub syncs_lied: u64,
    /// Operations that were refused because the disk was full.
    pub refused_full: u64,
    /// Operations that failed with an input/output error.
    pub failed: u64,
    /// Operations that no sync has made durable yet.
    pub unsynced: u64,
}
