//! The memory of a local member, as a power.

use std::io;

use stormglass_linux::memory::Group;

use crate::target::{Memory, MemoryUse};

impl Memory for Group {
    fn limit(&self, bytes: Option<u64>) -> io::Result<()> {
        Group::limit(self, bytes)
    }

    fn confine(&self, spare: u64, most: u64) -> io::Result<u64> {
        Group::confine(self, spare, most)
    }

    fn memory(&self) -> io::Result<MemoryUse> {
        Group::memory(self)
    }
}
