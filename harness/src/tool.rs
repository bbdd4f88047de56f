//! Running other programs, bounded in time, with what they complained about kept.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// How often a running program is looked at. Time is counted in these ticks: the releases need
/// no clock, and a limit that is a little long on a loaded machine does no harm.
const TICK: Duration = Duration::from_millis(20);

/// A program just written can be "busy" for a moment while another thread's child still holds
/// its descriptor; it is started again this many times, a tick apart.
const BUSY_TRIES: u32 = 50;

/// How much of a program's complaints an error quotes, in bytes.
const TAIL: u64 = 600;

/// One run of one program.
pub(crate) struct Tool<'a> {
    command: Command,
    name: String,
    limit: Duration,
    scratch: &'a Path,
}

/// Why a program did not do what it was run for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ToolError {
    #[error("{name} is not installed")]
    NotInstalled { name: String },
    #[error("{name} cannot be started: {source}")]
    Start { name: String, source: io::Error },
    #[error("{name} ended with {status}{tail}")]
    Failed { name: String, status: ExitStatus, tail: String },
    #[error("{name} was stopped after {} s{tail}", .limit.as_secs())]
    TimedOut { name: String, limit: Duration, tail: String },
    #[error("the output of {name} cannot be kept: {source}")]
    Output { name: String, source: io::Error },
}

impl<'a> Tool<'a> {
    /// The program `program`, looked up in `search_path`, to be killed after `limit`. Its output
    /// is kept in unnamed files on the file system of `scratch`.
    pub(crate) fn new(
        program: impl AsRef<OsStr>,
        search_path: &OsStr,
        limit: Duration,
        scratch: &'a Path,
    ) -> Self {
        let program = program.as_ref();
        let mut command = Command::new(program);
        // Messages in English, so that the few that are read can be recognised.
        command.env("PATH", search_path).env("LC_ALL", "C").stdin(Stdio::null());
        Self { command, name: program.to_string_lossy().into_owned(), limit, scratch }
    }

    /// Adds arguments.
    pub(crate) fn args<I: IntoIterator<Item = S>, S: Into<OsString>>(mut self, args: I) -> Self {
        self.command.args(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs in this folder.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Runs the program to its end and yields its standard output, from the beginning.
    pub(crate) fn run(mut self) -> Result<File, ToolError> {
        let name = self.name.clone();
        let keep = |source| ToolError::Output { name: name.clone(), source };
        let mut stdout = tempfile::tempfile_in(self.scratch).map_err(keep)?;
        let mut stderr = tempfile::tempfile_in(self.scratch).map_err(keep)?;
        self.command.stdout(stdout.try_clone().map_err(keep)?);
        self.command.stderr(stderr.try_clone().map_err(keep)?);
        let mut child = self.start()?;
        match wait(&mut child, self.limit).map_err(keep)? {
            Some(status) if status.success() => {
                stdout.rewind().map_err(keep)?;
                Ok(stdout)
            }
            Some(status) => {
                Err(ToolError::Failed { name: self.name, status, tail: tail(&mut stderr) })
            }
            None => {
                let tail = tail(&mut stderr);
                Err(ToolError::TimedOut { name: self.name, limit: self.limit, tail })
            }
        }
    }

    /// Runs the program and yields its standard output as text.
    pub(crate) fn text(self) -> Result<String, ToolError> {
        let name = self.name.clone();
        let mut bytes = Vec::new();
        self.run()?.read_to_end(&mut bytes).map_err(|source| ToolError::Output { name, source })?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn start(&mut self) -> Result<Child, ToolError> {
        let mut busy_tries = BUSY_TRIES;
        loop {
            match self.command.spawn() {
                Ok(child) => return Ok(child),
                Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && busy_tries > 0 => {
                    busy_tries -= 1;
                    sleep(TICK);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Err(ToolError::NotInstalled { name: self.name.clone() });
                }
                Err(source) => return Err(ToolError::Start { name: self.name.clone(), source }),
            }
        }
    }
}

/// Waits for at most `limit`; past it the program is killed and `None` returned.
fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let ticks = limit.as_millis() / TICK.as_millis();
    for _ in 0..=ticks {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        sleep(TICK);
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

/// The last words of a program on one line, with `: ` before them; empty if there are none.
fn tail(stderr: &mut File) -> String {
    let mut bytes = Vec::new();
    let read = stderr.seek(SeekFrom::End(0)).and_then(|length| {
        stderr.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        stderr.read_to_end(&mut bytes)
    });
    let text = String::from_utf8_lossy(&bytes);
    let line = text.split_whitespace().map(without_credentials).collect::<Vec<_>>().join(" ");
    if read.is_err() || line.is_empty() { String::new() } else { format!(": {line}") }
}

/// A complaint may quote an address with a user name and a password: they are left out.
fn without_credentials(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let host_end = rest.find('/').unwrap_or(rest.len());
    let host = rest[..host_end].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", &rest[host..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<String, ToolError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Tool::new("sh", &path, limit, &std::env::temp_dir()).args(["-c", script]).text()
    }

    #[test]
    fn output_is_kept_and_complaints_are_quoted() {
        let limit = Duration::from_secs(10);
        assert_eq!(shell("echo out; echo noise >&2", limit).expect("it ran"), "out\n");
        let error = shell("echo first >&2; echo second >&2; exit 7", limit).expect_err("exit 7");
        assert_eq!(error.to_string(), "sh ended with exit status: 7: first second");
    }

    #[test]
    fn credentials_are_not_quoted() {
        let script = "echo no http://me:secret@x.invalid/a@b now >&2; exit 1";
        let error = shell(script, Duration::from_secs(10)).expect_err("exit 1").to_string();
        assert!(error.ends_with(": no http://x.invalid/a@b now"), "{error}");
    }

    #[test]
    fn a_program_that_hangs_is_stopped() {
        let error = shell("echo waiting >&2; exec sleep 600", Duration::from_millis(200))
            .expect_err("it hangs");
        assert_eq!(error.to_string(), "sh was stopped after 0 s: waiting");
    }

    #[test]
    fn a_missing_program_is_named() {
        let scratch = std::env::temp_dir();
        let tool = Tool::new("no-such-tool", OsStr::new("/"), Duration::from_secs(1), &scratch);
        assert_eq!(tool.run().expect_err("missing").to_string(), "no-such-tool is not installed");
    }
}
