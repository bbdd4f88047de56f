//! Starts `stormglass` as a user would, and waits for its end within a bound.

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::Duration;

use stormglass::clock::{Clock, after};
use stormglass::exit::ExitCode;

/// How often to look whether a run has ended; its seconds are no more exact than this.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ended {
    /// Its exit code; none if a signal ended it, which is what happens at the limit.
    pub(crate) code: Option<i32>,
    /// How long it took.
    pub(crate) seconds: f64,
}

/// The program, which Cargo builds into the folder above that of the examples.
pub(crate) fn program() -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(|examples| examples.parent());
    let name = format!("stormglass{}", std::env::consts::EXE_SUFFIX);
    folder
        .map(|folder| folder.join(name))
        .filter(|program| program.is_file())
        .ok_or_else(|| io::Error::other("there is no stormglass beside it: run `make build`"))
}

/// Runs a command to its end; at the limit it is killed, and its members die with it.
pub(crate) fn run(command: &mut Command, limit: Duration) -> io::Result<Ended> {
    let clock = Clock::start();
    let status = wait(&mut command.spawn()?, clock, limit)?;
    let seconds = Duration::from_nanos(clock.now().0).as_secs_f64();
    Ok(Ended { code: status.code(), seconds })
}

fn wait(child: &mut Child, clock: Clock, limit: Duration) -> io::Result<ExitStatus> {
    let deadline = after(clock.now(), limit);
    while !clock.until(deadline).is_zero() {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        thread::sleep(LOOK_AGAIN);
    }
    child.kill()?;
    child.wait()
}

impl Ended {
    /// Whether it ended with this exit code.
    pub(crate) fn with(self, code: ExitCode) -> bool {
        self.code == Some(code.number())
    }

    /// What its exit code means, for people.
    pub(crate) fn meaning(self) -> &'static str {
        let known = MEANINGS.iter().find(|(code, _)| self.with(*code));
        match (known, self.code) {
            (Some((_, meaning)), _) => meaning,
            (None, Some(_)) => "an exit code that is not documented",
            (None, None) => "ended by a signal or at its time limit",
        }
    }
}

const MEANINGS: [(ExitCode, &str); 8] = [
    (ExitCode::Valid, "valid"),
    (ExitCode::Invalid, "invalid"),
    (ExitCode::Usage, "usage error"),
    (ExitCode::Unknown, "unknown"),
    (ExitCode::Environment, "environment"),
    (ExitCode::Bug, "bug of Stormglass"),
    (ExitCode::Interrupted, "interrupted"),
    (ExitCode::Terminated, "terminated"),
];
