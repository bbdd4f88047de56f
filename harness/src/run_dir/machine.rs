//! Where a process ID means something.

use std::fs;

use serde::{Deserialize, Serialize};

/// Where a process ID means something. Homes, and so caches, are shared between machines and
/// mounted into containers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The machine's or container's name.
    pub host: String,
    /// The kernel's identity of this start of the machine.
    pub boot: String,
    /// The pid namespace, as the kernel names it.
    pub pid_namespace: String,
}

impl Machine {
    /// This one. What the system does not tell is empty, here and in every entry of here.
    pub fn here() -> Self {
        let line =
            |path| fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default();
        let namespace = fs::read_link("/proc/self/ns/pid");
        Self {
            host: line("/proc/sys/kernel/hostname"),
            boot: line("/proc/sys/kernel/random/boot_id"),
            pid_namespace: namespace.map(|it| it.display().to_string()).unwrap_or_default(),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::Machine;

    #[test]
    fn the_machine_is_the_same_twice_and_has_names() {
        let here = Machine::here();
        assert_eq!(here, Machine::here());
        assert!(!here.boot.is_empty() && here.pid_namespace.starts_with("pid:["), "{here:?}");
    }
}
