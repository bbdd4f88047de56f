//! The clocks of a member in containers.

use std::io::{self, Error, ErrorKind};
use std::time::Duration;

use stormglass_linux::vdso::Skew;

use super::member::DockerMember;
use crate::target::{Clocks, Rate, Wall};

impl DockerMember {
    /// Changes the process's clocks. The lock keeps everybody else from pausing and resuming it
    /// meanwhile.
    fn with_clocks(&self, change: impl FnOnce(&mut Skew) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.state();
        let pid = state.life()?.pid;
        if state.paused {
            // Frozen threads would never show themselves stopped.
            let message = "the clocks of a paused container cannot be moved";
            return Err(Error::new(ErrorKind::ResourceBusy, message));
        }
        let clocks = match &mut state.clocks {
            Some(clocks) => clocks,
            clocks @ None => clocks.insert(Skew::attach(pid)?),
        };
        change(clocks)
    }
}

impl Clocks for DockerMember {
    fn set_wall(&self, wall: Wall) -> io::Result<()> {
        self.with_clocks(|clocks| clocks.set_wall(wall))
    }

    fn strobe_wall(&self, amplitude: Duration, period: Duration) -> io::Result<()> {
        self.with_clocks(|clocks| clocks.strobe_wall(amplitude, period))
    }

    fn set_monotonic(&self, rate: Rate, jump: Duration) -> io::Result<()> {
        self.with_clocks(|clocks| clocks.set_monotonic(rate, jump))
    }
}
