//! What to start.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::isolation::LIFELINE_VARIABLE;
use crate::netns::NetNs;

/// A program to start: where, with what, and where its output goes. Standard input is empty.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The program; a bare name is looked up on the path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Set on top of this process's own environment.
    pub env: Vec<(OsString, OsString)>,
    /// Where it starts; `None` for this process's own directory.
    pub directory: Option<PathBuf>,
    /// The network namespace that it is in; `None` for this process's own.
    pub netns: Option<&'a NetNs>,
    /// Where its output goes.
    pub stdout: File,
    /// Where its messages go.
    pub stderr: File,
    /// The most files that it may have open, cut to the hard limit; `None` for this process's
    /// own limit.
    pub open_files: Option<u64>,
}

impl<'a> Launch<'a> {
    /// A program without arguments, in this process's own environment, directory and network.
    pub fn new(program: impl Into<PathBuf>, stdout: File, stderr: File) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            directory: None,
            netns: None,
            stdout,
            stderr,
            open_files: None,
        }
    }

    /// A program whose output nobody wants.
    ///
    /// # Errors
    /// When /dev/null cannot be opened.
    pub fn silent(program: impl Into<PathBuf>) -> io::Result<Self> {
        let null = File::options().write(true).open("/dev/null")?;
        Ok(Self::new(program, null.try_clone()?, null))
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Puts the program into a network namespace.
    #[must_use]
    pub fn netns(mut self, netns: &'a NetNs) -> Self {
        self.netns = Some(netns);
        self
    }

    /// The command for what the standard library can do itself.
    pub(super) fn into_command(self) -> Command {
        let mut command = Command::new(self.program);
        command
            .args(self.args)
            .env_remove(LIFELINE_VARIABLE)
            .envs(self.env)
            .stdin(Stdio::null())
            .stdout(self.stdout)
            .stderr(self.stderr);
        if let Some(directory) = self.directory {
            command.current_dir(directory);
        }
        command
    }
}
