//! A member of a cluster that runs already.

use std::io::{self, Error};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_checkers::history::{Incarnation, MemberIndex};
use stormglass_scenarios::scenario::ExternalSpec;

use super::cluster::ExternalOptions;
use super::commands::Commands;
use crate::target::{
    Clocks, Data, Disk, Kill, Member, MemberEnd, Memory, Pause, Seat, Snapshots, Unsupported,
    Upgrade,
};

/// Bound on each of the owner's commands, but for those with a limit of their own.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// A member as the run found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalStart {
    /// Its client URL.
    pub endpoint: String,
    /// The version that it reports.
    pub version: String,
}

/// A member that only its owner's commands can touch.
pub(super) struct ExternalMember {
    index: MemberIndex,
    name: String,
    start: ExternalStart,
    owned: bool,
    spec: ExternalSpec,
    commands: Commands,
    lives: AtomicU32,
}

/// What no command of an owner can do for us.
pub(super) fn out_of_reach(what: &str) -> Unsupported {
    Unsupported::because(format!(
        "{what} is out of reach: Stormglass has not started this cluster; `--target local` or \
         `--target docker` can test it"
    ))
}

/// Faults are for owners.
pub(super) fn not_owned() -> Unsupported {
    Unsupported::because("nobody has said that this cluster is theirs: add --i-own-this-cluster")
}

fn no_command(names: &str) -> Unsupported {
    Unsupported::because(format!(
        "the scenario has no command for it: add {names} to its section [external]"
    ))
}

impl ExternalMember {
    pub(super) fn new(position: u16, start: &ExternalStart, options: &ExternalOptions) -> Self {
        let index = MemberIndex(position);
        let name = index.to_string();
        let commands = Commands {
            log: options.log_root.join(&name).join("commands.txt"),
            member: name.clone(),
            endpoint: start.endpoint.clone(),
        };
        Self {
            index,
            name,
            start: start.clone(),
            owned: options.owned,
            spec: options.spec.clone(),
            commands,
            lives: AtomicU32::new(1),
        }
    }

    /// A command that the scenario has; it was looked for when the power was asked for.
    fn run(&self, name: &str, command: Option<&String>, limit: Duration) -> io::Result<()> {
        let command = command.ok_or_else(|| Error::other(no_command(name).reason))?;
        self.commands.run(name, command, limit)
    }

    fn life(&self) -> Incarnation {
        Incarnation {
            number: self.lives.load(Ordering::Relaxed),
            version: self.start.version.clone(),
            pid: 0,
            data_generation: 1,
        }
    }
}

impl Kill for ExternalMember {
    fn kill(&self) -> io::Result<MemberEnd> {
        self.run("kill", self.spec.kill.as_ref(), COMMAND_LIMIT)?;
        Ok(MemberEnd { status: "signal 9".to_owned(), expected: true })
    }

    fn stop(&self, _limit: Duration) -> io::Result<MemberEnd> {
        Err(Error::other("an external member is only killed: nobody tells what SIGTERM did"))
    }

    fn start(&self) -> io::Result<Incarnation> {
        self.run("start", self.spec.start.as_ref(), COMMAND_LIMIT)?;
        self.lives.fetch_add(1, Ordering::Relaxed);
        Ok(self.life())
    }
}

impl Pause for ExternalMember {
    fn pause(&self, limit: Duration) -> io::Result<Duration> {
        self.run("pause", self.spec.pause.as_ref(), limit.max(COMMAND_LIMIT))?;
        Ok(Duration::ZERO)
    }

    fn resume(&self) -> io::Result<()> {
        self.run("resume", self.spec.resume.as_ref(), COMMAND_LIMIT)
    }

    fn processor_time(&self) -> io::Result<Duration> {
        Err(Error::other("nobody tells how long processors have worked for an external member"))
    }
}

impl Member for ExternalMember {
    fn index(&self) -> MemberIndex {
        self.index
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn client_url(&self) -> &str {
        &self.start.endpoint
    }

    fn log_path(&self) -> Option<&Path> {
        None
    }

    fn pid(&self) -> Option<u32> {
        None
    }

    fn incarnation(&self) -> Option<Incarnation> {
        Some(self.life())
    }

    fn take_end(&self) -> Option<MemberEnd> {
        None
    }

    fn kill(&self) -> Result<&dyn Kill, Unsupported> {
        match (self.owned, &self.spec) {
            (false, _) => Err(not_owned()),
            (true, ExternalSpec { kill: Some(_), start: Some(_), .. }) => Ok(self),
            (true, _) => Err(no_command("`kill` and `start`")),
        }
    }

    fn pause(&self) -> Result<&dyn Pause, Unsupported> {
        match (self.owned, &self.spec) {
            (false, _) => Err(not_owned()),
            (true, ExternalSpec { pause: Some(_), resume: Some(_), .. }) => Ok(self),
            (true, _) => Err(no_command("`pause` and `resume`")),
        }
    }

    fn upgrade(&self) -> Result<&dyn Upgrade, Unsupported> {
        Err(out_of_reach("the release of its members"))
    }

    fn data(&self) -> Result<&dyn Data, Unsupported> {
        Err(out_of_reach("its data"))
    }

    fn seat(&self) -> Result<&dyn Seat, Unsupported> {
        Err(out_of_reach("its membership"))
    }

    fn snapshots(&self) -> Result<&dyn Snapshots, Unsupported> {
        Err(out_of_reach("its snapshots"))
    }

    fn disk(&self) -> Result<&dyn Disk, Unsupported> {
        Err(out_of_reach("its disks"))
    }

    fn clocks(&self) -> Result<&dyn Clocks, Unsupported> {
        Err(out_of_reach("its clocks"))
    }

    fn memory(&self) -> Result<&dyn Memory, Unsupported> {
        Err(out_of_reach("its memory"))
    }
}
