//! One etcd process of the local target, through all its lives.

use std::fs::{File, OpenOptions};
use std::io::{self, Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stormglass_checkers::history::{Incarnation, MemberIndex, ProcessSample};
use stormglass_linux::disk::Disk;
use stormglass_linux::memory::Group;
use stormglass_linux::netns::NetNs;
use stormglass_linux::process::{Exit, Launch, Process, Signal, Spawner};
use stormglass_linux::vdso::Skew;

use super::releases::Binary;
use super::snapshots;
use crate::target::clocks::clocks_allowed;
use crate::target::command::{Addresses, joining};
use crate::target::releases::Releases;
use crate::target::usage::sample;
use crate::target::{
    self, Clocks, Data, Kill, Member, MemberEnd, Memory, Pause, Rate, Seat, Snapshots, Unsupported,
    Upgrade, Wall,
};

/// How long the system may take to remove a killed process.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// What a member needs to be started.
pub(super) struct MemberPlan {
    pub(super) index: MemberIndex,
    /// Where every member listens, in the order of their indices.
    pub(super) all: Arc<[Addresses]>,
    pub(super) releases: Releases<Binary>,
    pub(super) arguments: Vec<String>,
    pub(super) data_dir: PathBuf,
    pub(super) log_path: PathBuf,
    pub(super) netns: Option<Arc<NetNs>>,
    /// What the data directory is on, where it can be touched.
    pub(super) disk: Result<Disk, Unsupported>,
    /// What its processes take their memory in, where that can be limited.
    pub(super) memory: Result<Group, Unsupported>,
}

/// One member.
pub(super) struct LocalMember {
    plan: MemberPlan,
    spawner: Arc<Spawner>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    process: Option<Process>,
    /// The process's clocks, once they have been moved.
    clocks: Option<Skew>,
    /// What it is started with, once that has been chosen.
    binary: Option<Binary>,
    incarnation: Option<Incarnation>,
    end: Option<MemberEnd>,
    /// Its arguments, once it is another one than the cluster was founded with.
    joined: Option<Vec<String>>,
    /// How often its cluster was founded anew.
    refounded: u32,
}

impl LocalMember {
    pub(super) fn new(plan: MemberPlan, spawner: Arc<Spawner>) -> Self {
        Self { plan, spawner, state: Mutex::default() }
    }

    pub(super) fn releases(&self) -> &Releases<Binary> {
        &self.plan.releases
    }

    /// From its next start on it runs this.
    pub(super) fn choose(&self, binary: Binary) {
        self.state().binary = Some(binary);
    }

    /// What it is started with next.
    pub(super) fn binary(&self) -> Binary {
        self.state().binary.as_ref().unwrap_or(self.plan.releases.first()).clone()
    }

    /// Where all members listen, in the order of their indices.
    pub(super) fn all(&self) -> &[Addresses] {
        &self.plan.all
    }

    /// Where its own files are, beside its data.
    pub(super) fn folder(&self) -> io::Result<&Path> {
        let none = || Error::new(ErrorKind::NotFound, "the member's log is in no folder");
        self.plan.log_path.parent().ok_or_else(none)
    }

    /// From its next start on it is a member of another cluster.
    pub(super) fn refound(&self) {
        self.state().refounded += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills the process, which must not have to wait for a slow disk: the signal first, so that
    /// it never learns what becomes of its syncs.
    fn end(&self, process: &Process) -> io::Result<Exit> {
        process.signal(Signal::Kill)?;
        let _released = self.plan.disk.as_ref().ok().map(Disk::release);
        process.kill_and_wait(KILL_LIMIT)
    }

    /// Changes the process's clocks. The lock keeps everybody else from stopping and
    /// resuming it meanwhile.
    fn with_clocks(&self, change: impl FnOnce(&mut Skew) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.state();
        let State { process, clocks, .. } = &mut *state;
        let Some(process) = process else {
            return Err(Error::new(ErrorKind::NotFound, "the member does not run"));
        };
        let clocks = match clocks {
            Some(clocks) => clocks,
            None => clocks.insert(Skew::attach(process.pid())?),
        };
        change(clocks)
    }

    pub(super) fn addresses(&self) -> &Addresses {
        &self.plan.all[usize::from(self.plan.index.0)]
    }

    fn log(&self) -> io::Result<File> {
        OpenOptions::new().create(true).append(true).open(&self.plan.log_path)
    }
}

impl Member for LocalMember {
    fn index(&self) -> MemberIndex {
        self.plan.index
    }

    fn name(&self) -> &str {
        &self.addresses().name
    }

    fn client_url(&self) -> &str {
        &self.addresses().client_url
    }

    fn log_path(&self) -> Option<&Path> {
        Some(&self.plan.log_path)
    }

    fn pid(&self) -> Option<u32> {
        self.state().process.as_ref().map(Process::pid)
    }

    fn usage(&self) -> Option<ProcessSample> {
        let pid = self.pid()?;
        let files =
            self.plan.disk.as_ref().map_or_else(|_| self.plan.data_dir.clone(), Disk::files);
        sample(pid, &files)
    }

    fn incarnation(&self) -> Option<Incarnation> {
        self.state().incarnation.clone()
    }

    fn take_end(&self) -> Option<MemberEnd> {
        let mut state = self.state();
        if let Some(process) = &state.process
            && let Ok(Some(exit)) = process.try_wait()
        {
            state.process = None;
            state.clocks = None;
            state.end = Some(MemberEnd { status: describe(exit), expected: false });
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
        snapshots::tools(&self.binary())?;
        Ok(self)
    }

    fn disk(&self) -> Result<&dyn target::Disk, Unsupported> {
        match &self.plan.disk {
            Ok(disk) => Ok(disk),
            Err(reason) => Err(reason.clone()),
        }
    }

    fn clocks(&self) -> Result<&dyn Clocks, Unsupported> {
        clocks_allowed()?;
        Ok(self)
    }

    fn memory(&self) -> Result<&dyn Memory, Unsupported> {
        match &self.plan.memory {
            Ok(group) => Ok(group),
            Err(reason) => Err(reason.clone()),
        }
    }
}

impl Kill for LocalMember {
    fn kill(&self) -> io::Result<MemberEnd> {
        let mut state = self.state();
        let Some(process) = state.process.take() else {
            return Err(Error::new(ErrorKind::NotFound, "the member does not run"));
        };
        state.clocks = None;
        // A member that crashed a moment before must not pass for one that we killed.
        let crashed = process.try_wait()?;
        let exit = match crashed {
            Some(exit) => exit,
            None => self.end(&process)?,
        };
        Ok(MemberEnd { status: describe(exit), expected: crashed.is_none() })
    }

    fn stop(&self, limit: Duration) -> io::Result<MemberEnd> {
        // Taken out while it ends: nobody takes its end for a crash, and nobody has to wait.
        let process = {
            let mut state = self.state();
            state.clocks = None;
            state.process.take()
        };
        let Some(process) = process else {
            return Err(Error::new(ErrorKind::NotFound, "the member does not run"));
        };
        let crashed = process.try_wait()?.is_some();
        match terminate(&process, limit) {
            Ok(exit) => Ok(MemberEnd { status: describe(exit), expected: !crashed }),
            Err(error) => {
                self.state().process = Some(process);
                Err(error)
            }
        }
    }

    fn start(&self) -> io::Result<Incarnation> {
        let mut state = self.state();
        if state.process.is_some() {
            return Err(Error::new(ErrorKind::AlreadyExists, "the member runs already"));
        }
        let log = self.log()?;
        let binary = state.binary.as_ref().unwrap_or(self.plan.releases.first()).clone();
        let arguments = state.joined.as_ref().unwrap_or(&self.plan.arguments);
        let mut launch = Launch::new(&binary.path, log.try_clone()?, log)
            .args(arguments.iter().map(String::as_str));
        launch.netns = self.plan.netns.as_deref();
        let process = self.spawner.spawn(launch)?;
        if let Ok(group) = &self.plan.memory
            && let Err(error) = group.adopt(process.pid())
        {
            self.end(&process)?;
            return Err(error);
        }
        let number = state.incarnation.as_ref().map_or(1, |incarnation| incarnation.number + 1);
        let incarnation = Incarnation {
            number,
            version: binary.version,
            pid: i64::from(process.pid()),
            data_generation: 1 + state.refounded,
        };
        state.process = Some(process);
        state.incarnation = Some(incarnation.clone());
        Ok(incarnation)
    }
}

impl Pause for LocalMember {
    fn pause(&self, limit: Duration) -> io::Result<Duration> {
        let state = self.state();
        let Some(process) = &state.process else {
            return Err(Error::new(ErrorKind::NotFound, "the member does not run"));
        };
        let stopped = process.stop_and_wait(limit);
        if stopped.is_err() {
            // Whatever went wrong, it must not stay half stopped.
            let _ = process.resume();
        }
        stopped
    }

    fn resume(&self) -> io::Result<()> {
        self.state().process.as_ref().map_or(Ok(()), Process::resume)
    }

    fn processor_time(&self) -> io::Result<Duration> {
        let state = self.state();
        let Some(process) = &state.process else {
            return Err(Error::new(ErrorKind::NotFound, "the member does not run"));
        };
        process.processor_time()
    }
}

impl Data for LocalMember {
    fn with_data(&self, work: &mut dyn FnMut(&Path) -> io::Result<()>) -> io::Result<()> {
        match &self.plan.disk {
            // We serve it: we may not go through it ourselves.
            Ok(disk) => disk.with_files(work),
            Err(_) => work(&self.plan.data_dir),
        }
    }
}

impl Seat for LocalMember {
    fn peer_url(&self) -> &str {
        &self.addresses().peer_url
    }

    fn join(&self, cluster: &[MemberIndex]) -> io::Result<Incarnation> {
        if self.state().process.is_some() {
            return Err(Error::new(ErrorKind::AlreadyExists, "the member runs already"));
        }
        self.with_data(&mut target::clear)?;
        let members: Vec<_> =
            cluster.iter().filter_map(|index| self.plan.all.get(usize::from(index.0))).collect();
        self.state().joined = Some(joining(&self.plan.arguments, &members));
        Kill::start(self)
    }
}

impl Clocks for LocalMember {
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

/// Asks a process to end, and waits for it.
fn terminate(process: &Process, limit: Duration) -> io::Result<Exit> {
    if let Some(exit) = process.try_wait()? {
        return Ok(exit);
    }
    process.signal(Signal::Terminate)?;
    // A stopped process would not even hear of it.
    process.resume()?;
    process.wait_timeout(limit)?.ok_or_else(|| {
        let message = format!("process {} still runs {limit:?} after SIGTERM", process.pid());
        Error::new(ErrorKind::TimedOut, message)
    })
}

fn describe(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("code {code}"),
        Exit::Signal(signal) => format!("signal {signal}"),
    }
}
