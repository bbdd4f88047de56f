//! The owner's commands for a member.

use std::fs::OpenOptions;
use std::io::{self, Error, ErrorKind};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Runs commands of the scenario for one member, and keeps what they say.
#[derive(Clone, Debug)]
pub(super) struct Commands {
    pub(super) member: String,
    pub(super) endpoint: String,
    pub(super) log: PathBuf,
}

impl Commands {
    /// Runs a command to its end, at most for so long.
    ///
    /// # Errors
    /// When it cannot be started, fails, or takes longer; then it is ended.
    pub(super) fn run(&self, name: &str, command: &str, limit: Duration) -> io::Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(command)
            .env("STORMGLASS_MEMBER", &self.member)
            .env("STORMGLASS_ENDPOINT", &self.endpoint)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let told = format!("the scenario's command `{name}` for {}", self.member);
        match wait(&mut child, limit)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => {
                Err(Error::other(format!("{told} ended with {status}: see {}", self.log.display())))
            }
            None => {
                child.kill()?;
                child.wait()?;
                let text = format!("{told} did not end within {} s", limit.as_secs());
                Err(Error::new(ErrorKind::TimedOut, text))
            }
        }
    }
}

/// A child's end, or nothing after the limit.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let looks = limit.as_millis() / LOOK_AGAIN.as_millis();
    for _ in 0..looks {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(LOOK_AGAIN);
    }
    Ok(None)
}
