//! The process of a member in containers: killing, starting and pausing it.

use std::fs::OpenOptions;
use std::io::{self, Error, ErrorKind};
use std::time::Duration;

use stormglass_checkers::history::Incarnation;
use stormglass_linux::process::processor_time;

use super::life::{End, Life};
use super::member::{DockerMember, member_end, not_running, timed_out};
use crate::clock::Clock;
use crate::target::{Kill, MemberEnd, Pause};

/// How long the engine may take to end a killed container.
const KILL_LIMIT: Duration = Duration::from_secs(20);

impl DockerMember {
    /// Kills the process, which must not have to wait for a slow disk: the signal first, so that
    /// it never learns what becomes of its syncs.
    fn end(&self, life: &Life, paused: bool) -> io::Result<End> {
        life.kill(&self.engine)?;
        let _released = self.release_disk();
        if paused {
            // A frozen process does not even end when it is killed.
            life.resume(&self.engine)?;
        }
        let late = || timed_out(format!("its container runs {KILL_LIMIT:?} after SIGKILL"));
        life.await_end(KILL_LIMIT).ok_or_else(late)
    }
}

impl Kill for DockerMember {
    fn kill(&self) -> io::Result<MemberEnd> {
        let mut state = self.state();
        let paused = state.paused;
        let life = state.take_life().ok_or_else(not_running)?;
        // A member that crashed a moment before must not pass for one that we killed.
        let crashed = life.end();
        let ended = match crashed {
            Some(end) => Ok(end),
            None => self.end(&life, paused),
        };
        match ended {
            Ok(end) => {
                state.account.close(end);
                Ok(member_end(end, crashed.is_none()))
            }
            Err(error) => {
                // Nobody may start another one beside it.
                state.life = Some(life);
                Err(error)
            }
        }
    }

    fn stop(&self, limit: Duration) -> io::Result<MemberEnd> {
        // Taken out while it ends: nobody takes its end for a crash, and nobody has to wait.
        let life = self.state().take_life().ok_or_else(not_running)?;
        if let Some(end) = life.end() {
            self.state().account.close(end);
            return Ok(member_end(end, false));
        }
        let asked = life.signal(&self.engine, "SIGTERM");
        // One that is paused would not even hear of it.
        let ended = asked.and_then(|()| life.resume(&self.engine)).and_then(|()| {
            let late = || timed_out(format!("its container runs {limit:?} after SIGTERM"));
            life.await_end(limit).ok_or_else(late)
        });
        match ended {
            Ok(end) => {
                self.state().account.close(end);
                Ok(member_end(end, true))
            }
            Err(error) => {
                self.state().life = Some(life);
                Err(error)
            }
        }
    }

    fn start(&self) -> io::Result<Incarnation> {
        let mut state = self.state();
        if state.life.is_some() {
            return Err(Error::new(ErrorKind::AlreadyExists, "the member runs already"));
        }
        let log = OpenOptions::new().create(true).append(true).open(&self.plan.log_path)?;
        let number = state.incarnation.as_ref().map_or(1, |incarnation| incarnation.number + 1);
        let life = Life::begin(&self.engine, self.birth(&state, number), log)?;
        let etcd = state.etcd.as_ref().unwrap_or(self.plan.releases.first());
        let incarnation = Incarnation {
            number,
            version: etcd.version.clone(),
            pid: i64::from(life.pid),
            data_generation: 1 + state.refounded,
        };
        state.life = Some(life);
        state.incarnation = Some(incarnation.clone());
        Ok(incarnation)
    }
}

impl Pause for DockerMember {
    fn pause(&self, limit: Duration) -> io::Result<Duration> {
        let mut state = self.state();
        let clock = Clock::start();
        state.life()?.pause(&self.engine)?;
        state.paused = true;
        let took = Duration::from_nanos(clock.now().0);
        if took <= limit {
            return Ok(took);
        }
        // Whatever went wrong, it must not stay frozen.
        state.life()?.resume(&self.engine)?;
        state.paused = false;
        Err(timed_out(format!("the engine took {took:?} to pause it")))
    }

    fn resume(&self) -> io::Result<()> {
        let mut state = self.state();
        if let Some(life) = &state.life {
            life.resume(&self.engine)?;
            state.paused = false;
        }
        Ok(())
    }

    fn processor_time(&self) -> io::Result<Duration> {
        processor_time(self.state().life()?.pid)
    }
}
