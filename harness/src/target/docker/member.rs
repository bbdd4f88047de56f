//! One member in containers, through all its lives.

use std::io::{self, Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stormglass_checkers::history::{Incarnation, MemberIndex, ProcessSample};
use stormglass_linux::disk::{Disk, Released};
use stormglass_linux::vdso::Skew;

use super::disk::Home;
use super::engine::Engine;
use super::image::Etcd;
use super::labels::Owner;
use super::life::{Birth, End, Life};
use super::memory::Account;
use super::snapshots;
use crate::target::clocks::clocks_allowed;
use crate::target::command::Addresses;
use crate::target::releases::Releases;
use crate::target::usage::sample;
use crate::target::{
    self, Clocks, Data, Kill, Member, MemberEnd, Memory, Pause, Seat, Snapshots, Unsupported,
    Upgrade,
};

/// Exit codes above this name the signal that ended the process.
const SIGNALLED: i64 = 128;
const SIGNALS: i64 = 64;

/// What a member needs to be started.
pub(super) struct MemberPlan {
    pub(super) index: MemberIndex,
    /// Where every member listens, in the order of their indices.
    pub(super) all: Arc<[Addresses]>,
    /// Where the harness reaches its clients' port.
    pub(super) reached: String,
    pub(super) releases: Releases<Etcd>,
    pub(super) arguments: Vec<String>,
    pub(super) owner: Owner,
    /// The container that holds its network.
    pub(super) pause: String,
    /// What its processes run as, unless the image says.
    pub(super) user: Option<String>,
    /// Whether its containers can be entered from outside.
    pub(super) entered: Result<(), Unsupported>,
    /// Its data, on this machine.
    pub(super) home: Home,
    /// Whether its memory can be limited.
    pub(super) memory: Result<(), Unsupported>,
    pub(super) log_path: PathBuf,
}

/// One member.
pub(super) struct DockerMember {
    pub(super) plan: MemberPlan,
    pub(super) engine: Arc<Engine>,
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) life: Option<Life>,
    /// Whether all its processes are frozen.
    pub(super) paused: bool,
    /// The process's clocks, once they have been moved.
    pub(super) clocks: Option<Skew>,
    /// What it is started with, once that has been chosen.
    pub(super) etcd: Option<Etcd>,
    pub(super) incarnation: Option<Incarnation>,
    pub(super) end: Option<MemberEnd>,
    /// Its arguments, once it is another one than the cluster was founded with.
    pub(super) joined: Option<Vec<String>>,
    /// How often its cluster was founded anew.
    pub(super) refounded: u32,
    pub(super) account: Account,
}

impl State {
    /// The life that runs.
    pub(super) fn life(&self) -> io::Result<&Life> {
        self.life.as_ref().ok_or_else(not_running)
    }

    /// Takes the life out: what follows is its end.
    pub(super) fn take_life(&mut self) -> Option<Life> {
        self.clocks = None;
        self.paused = false;
        let life = self.life.take()?;
        self.account.look(&life);
        Some(life)
    }
}

impl DockerMember {
    pub(super) fn new(plan: MemberPlan, engine: Arc<Engine>) -> Self {
        Self { plan, engine, state: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn addresses(&self) -> &Addresses {
        &self.plan.all[usize::from(self.plan.index.0)]
    }

    /// What it is started with next.
    pub(super) fn etcd(&self) -> Etcd {
        self.state().etcd.as_ref().unwrap_or(self.plan.releases.first()).clone()
    }

    /// Syncs that its disk holds back fail for as long as the guard lives.
    pub(super) fn release_disk(&self) -> Option<Released<'_>> {
        self.plan.home.disk.as_ref().ok().map(Disk::release)
    }

    /// Takes its disk out of sight, if it has one.
    pub(super) fn unmount(&self) -> io::Result<()> {
        self.plan.home.disk.as_ref().map_or(Ok(()), Disk::unmount)
    }

    /// The container of its next life.
    pub(super) fn birth(&self, state: &State, number: u32) -> Birth {
        let (plan, member) = (&self.plan, &self.addresses().name);
        let images = &state.etcd.as_ref().unwrap_or(plan.releases.first()).images;
        Birth {
            owner: plan.owner.clone(),
            member: member.clone(),
            name: format!("stormglass-{}-{member}-{number}", plan.owner.run),
            image: images.etcd.clone(),
            program: Some(images.program.clone()),
            arguments: state.joined.as_ref().unwrap_or(&plan.arguments).clone(),
            network: format!("container:{}", plan.pause),
            publishes: false,
            user: plan.user.clone(),
            data: plan.home.place().to_owned(),
            memory: state.account.limit(),
        }
    }
}

impl Member for DockerMember {
    fn index(&self) -> MemberIndex {
        self.plan.index
    }

    fn name(&self) -> &str {
        &self.addresses().name
    }

    fn client_url(&self) -> &str {
        &self.plan.reached
    }

    fn log_path(&self) -> Option<&Path> {
        Some(&self.plan.log_path)
    }

    fn pid(&self) -> Option<u32> {
        self.state().life.as_ref().map(|life| life.pid)
    }

    fn usage(&self) -> Option<ProcessSample> {
        let pid = self.state().life.as_ref().and_then(Life::pid_here)?;
        sample(pid, &self.plan.home.files)
    }

    fn incarnation(&self) -> Option<Incarnation> {
        self.state().incarnation.clone()
    }

    fn take_end(&self) -> Option<MemberEnd> {
        let mut state = self.state();
        if let Some(end) = state.life.as_ref().and_then(Life::end) {
            state.take_life();
            state.account.close(end);
            state.end = Some(member_end(end, false));
        }
        state.end.take()
    }

    fn kill(&self) -> Result<&dyn Kill, Unsupported> {
        Ok(self)
    }

    fn pause(&self) -> Result<&dyn Pause, Unsupported> {
        Ok(self)
    }

    fn upgrade(&self) -> Result<&dyn Upgrade, Unsupported> {
        Ok(self)
    }

    fn data(&self) -> Result<&dyn Data, Unsupported> {
        Ok(self)
    }

    fn seat(&self) -> Result<&dyn Seat, Unsupported> {
        Ok(self)
    }

    fn snapshots(&self) -> Result<&dyn Snapshots, Unsupported> {
        snapshots::tools(&self.etcd())?;
        Ok(self)
    }

    fn disk(&self) -> Result<&dyn target::Disk, Unsupported> {
        match &self.plan.home.disk {
            Ok(disk) => Ok(disk),
            Err(reason) => Err(reason.clone()),
        }
    }

    fn clocks(&self) -> Result<&dyn Clocks, Unsupported> {
        self.plan.entered.clone()?;
        clocks_allowed()?;
        Ok(self)
    }

    fn memory(&self) -> Result<&dyn Memory, Unsupported> {
        self.plan.memory.clone()?;
        Ok(self)
    }
}

pub(super) fn not_running() -> Error {
    Error::new(ErrorKind::NotFound, "the member does not run")
}

pub(super) fn timed_out(message: String) -> Error {
    Error::new(ErrorKind::TimedOut, message)
}

/// The end of a container as that of its member.
pub(super) fn member_end(end: End, expected: bool) -> MemberEnd {
    MemberEnd { status: describe(end.code), expected }
}

/// An exit code, told as the operating system tells the end of a process.
fn describe(code: i64) -> String {
    match code - SIGNALLED {
        signal @ 1..=SIGNALS => format!("signal {signal}"),
        _ => format!("code {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn exit_codes_name_signals() {
        assert_eq!(describe(0), "code 0");
        assert_eq!(describe(2), "code 2");
        assert_eq!(describe(137), "signal 9");
    }
}
