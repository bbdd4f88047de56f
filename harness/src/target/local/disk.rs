//! The disk of a local member, as a power.

use std::io;

use stormglass_linux::disk::Disk;

use crate::target::{self, DiskCounters, DiskFaults, Loss, Lost};

impl target::Disk for Disk {
    fn set(&self, faults: DiskFaults) {
        Disk::set(self, faults);
    }

    fn counters(&self) -> DiskCounters {
        Disk::counters(self)
    }

    fn power_failure(&self, loss: Loss, seed: u64) -> io::Result<Lost> {
        Disk::power_failure(self, loss, seed)
    }
}
