//! The thread that starts every process of a run.
//!
//! `PR_SET_PDEATHSIG` is bound to the *thread* that forks: a member started from a worker of
//! an async runtime would be killed when that worker ends, while the program lives. So one
//! thread starts them all, and lives until the last [`Spawner`] is dropped.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::handle::Process;
use super::launch::Launch;
use crate::call::named;
use crate::isolation::die_with_parent;
use crate::limits;
use crate::netns;
use crate::pidfd;
use crate::signal::SignalSet;

/// Starts processes that die with this program, however it ends.
///
/// Clones share one thread. Dropping the last one ends the thread, and the kernel then kills
/// every process that it started: keep one for as long as the run lasts.
#[derive(Clone, Debug)]
pub struct Spawner {
    orders: Sender<Order>,
}

#[derive(Debug)]
struct Order {
    command: Command,
    reply: Sender<io::Result<Process>>,
}

impl Spawner {
    /// Starts the thread.
    ///
    /// # Errors
    /// When a thread is not to be had.
    pub fn start() -> io::Result<Self> {
        let (orders, received) = channel();
        thread::Builder::new().name("spawner".to_owned()).spawn(move || serve(&received))?;
        Ok(Self { orders })
    }

    /// Starts a process: with SIGKILL at this program's end, in a process group of its own (a
    /// terminal's Ctrl-C is for the harness alone), with no signal blocked, and inside the
    /// network namespace that was asked for.
    ///
    /// # Errors
    /// When the program is not there or may not be run, or the namespace may not be joined.
    pub fn spawn(&self, launch: Launch<'_>) -> io::Result<Process> {
        let attempt = format!("cannot start {}", launch.program.display());
        let command = prepare(launch)?;
        let (reply, answer) = channel();
        let gone = || io::Error::other("the spawner's thread is gone: this is a bug");
        self.orders.send(Order { command, reply }).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?.map_err(|error| named(&attempt, &error))
    }
}

fn serve(orders: &Receiver<Order>) {
    // Ends when the last Spawner is dropped.
    for Order { mut command, reply } in orders {
        // Nobody waits for the answer any more: then dropping the process ends it.
        let _ = reply.send(command.spawn().and_then(adopt));
    }
}

/// The command with everything that is done between fork and exec.
fn prepare(launch: Launch<'_>) -> io::Result<Command> {
    let namespace = launch.netns.map(netns::NetNs::handle).transpose()?;
    let open_files = launch.open_files;
    let mut command = launch.into_command();
    command.process_group(0);
    let parent = std::process::id();
    let no_signals = SignalSet::of(&[]);
    // SAFETY: the closure runs between fork and exec. It makes async-signal-safe system calls
    // on values that it owns and allocates on no path that succeeds.
    unsafe {
        command.pre_exec(move || {
            die_with_parent()?;
            // The parent may have died before the line above.
            if libc::getppid().cast_unsigned() != parent {
                return Err(io::Error::from_raw_os_error(libc::ECHILD));
            }
            no_signals.install_as_mask()?;
            if let Some(soft) = open_files {
                limits::set_open_files(soft)?;
            }
            match &namespace {
                Some(handle) => netns::join(handle.as_fd()).map_err(io::Error::from_raw_os_error),
                None => Ok(()),
            }
        });
    }
    Ok(command)
}

/// Takes the child over from the standard library, by pidfd.
fn adopt(mut child: Child) -> io::Result<Process> {
    let pid = child.id();
    // The child has not been waited for, so the pid is its own.
    match pidfd::open(pid) {
        Ok(pidfd) => Ok(Process::new(pid, pidfd)),
        Err(error) => {
            child.kill()?;
            child.wait()?;
            Err(named("pidfd_open", &error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Launch, Spawner};

    #[test]
    fn a_missing_program_is_named() {
        let spawner = Spawner::start().expect("a thread is to be had");
        let launch = Launch::silent("/no/such/program").expect("/dev/null is there");
        let error = spawner.spawn(launch).expect_err("there is no such program");
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        assert!(error.to_string().starts_with("cannot start /no/such/program: "), "{error}");
    }
}
