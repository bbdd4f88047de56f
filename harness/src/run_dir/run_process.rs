//! The process of a run: whether it still runs.

use std::io;
use std::process;

use serde::{Deserialize, Serialize};

use super::machine::Machine;
use super::process::start_time;

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its process runs.
    Live,
    /// Its process is gone, and whatever is left can be undone.
    Dead,
    /// It belongs to another machine or container that shares this cache or this container
    /// engine; nothing can be said about its process from here.
    Elsewhere,
}

/// The process of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunProcess {
    /// The process that the user started.
    pub pid: u32,
    /// When it started, in the kernel's ticks since the machine's start: with it a process ID
    /// names one process for ever.
    pub start_time: u64,
    /// Where its process ID means something.
    pub machine: Machine,
}

impl RunProcess {
    /// This process.
    ///
    /// # Errors
    /// When the system does not tell when it started.
    pub fn here() -> io::Result<Self> {
        let pid = process::id();
        let start_time = start_time(pid)?.unwrap_or(0);
        Ok(Self { pid, start_time, machine: Machine::here() })
    }

    /// What no other run of this machine is called.
    pub fn name(&self) -> String {
        format!("{}-{}", self.pid, self.start_time)
    }

    /// The run of this machine that is called so.
    pub fn named_here(name: &str) -> Option<Self> {
        let (pid, start_time) = name.split_once('-')?;
        let (pid, start_time) = (pid.parse().ok()?, start_time.parse().ok()?);
        Some(Self { pid, start_time, machine: Machine::here() })
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn standing(&self) -> io::Result<Standing> {
        let (here, there) = (Machine::here(), &self.machine);
        if here.host != there.host {
            return Ok(Standing::Elsewhere);
        }
        if here.boot != there.boot {
            // The machine was started anew since.
            return Ok(Standing::Dead);
        }
        if here.pid_namespace != there.pid_namespace {
            return Ok(Standing::Elsewhere);
        }
        let runs = start_time(self.pid)? == Some(self.start_time);
        Ok(if runs { Standing::Live } else { Standing::Dead })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{RunProcess, Standing};

    #[test]
    fn a_run_is_found_by_its_name() {
        let here = RunProcess::here().expect("told");
        assert_eq!(RunProcess::named_here(&here.name()), Some(here.clone()));
        assert_eq!(here.standing().expect("told"), Standing::Live);
        let another = RunProcess { start_time: here.start_time + 1, ..here };
        let found = RunProcess::named_here(&another.name()).expect("a name");
        assert_eq!(found.standing().expect("told"), Standing::Dead);
        assert_eq!(RunProcess::named_here("backup"), None);
    }
}
