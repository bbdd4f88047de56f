//! Runs a command in isolation, the way `stormglass run` runs a cluster:
//!
//! ```text
//! isolated run COMMAND [ARGUMENT...]     in namespaces of its own
//! isolated spawn COMMAND [ARGUMENT...]   without namespaces, dying with this process
//! isolated probe                         would `run` work? (exit code 4 when not)
//! isolated report [TUN [FUSE]]           every lever of the operating system
//! ```

#[cfg(target_os = "linux")]
mod linux {
    use std::env;
    use std::fs::File;
    use std::io::{self, Write};
    use std::os::fd::AsFd;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;
    use std::time::Duration;

    use stormglass_linux::capability::{self, Devices};
    use stormglass_linux::isolation;
    use stormglass_linux::process::{Exit, Launch, Spawner};

    const REFUSED: u8 = 4;
    const USAGE: u8 = 2;
    const LIMIT: Duration = Duration::from_secs(120);

    pub(crate) fn main() -> io::Result<u8> {
        let arguments: Vec<String> = env::args().skip(1).collect();
        // Asked before anything else: the inner process has to settle first of all.
        if isolation::is_inner() {
            isolation::settle()?;
            return spawn(&arguments[1..]);
        }
        match arguments.first().map(String::as_str) {
            Some("run") if arguments.len() > 1 => run(&arguments),
            Some("spawn") if arguments.len() > 1 => spawn(&arguments[1..]),
            Some("probe") => match isolation::probe() {
                Ok(()) => Ok(0),
                Err(refused) => refuse(&refused),
            },
            Some("report") => {
                let mut devices = Devices::default();
                arguments.get(1).inspect(|tun| devices.tun = tun.into());
                arguments.get(2).inspect(|fuse| devices.fuse = fuse.into());
                report(&devices)
            }
            _ => {
                writeln!(
                    io::stderr(),
                    "usage: isolated run|spawn COMMAND... | probe | report [TUN [FUSE]]"
                )?;
                Ok(USAGE)
            }
        }
    }

    /// The outer process: one thread, and it only waits.
    fn run(arguments: &[String]) -> io::Result<u8> {
        let isolation = match isolation::enter() {
            Ok(isolation) => isolation,
            Err(refused) => return refuse(&refused),
        };
        let mut itself = Command::new(env::current_exe()?);
        itself.args(arguments);
        let status = isolation::supervise(isolation.spawn_inner(itself)?)?;
        let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
        Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
    }

    fn spawn(command: &[String]) -> io::Result<u8> {
        let stdout = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let stderr = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        let launch = Launch::new(&command[0], stdout, stderr).args(&command[1..]);
        let spawner = Spawner::start()?;
        let exit = spawner.spawn(launch)?.wait_timeout(LIMIT)?;
        let code = match exit {
            Some(Exit::Code(code)) => code,
            Some(Exit::Signal(signal)) => 128 + signal,
            None => return Err(io::Error::new(io::ErrorKind::TimedOut, "the command hangs")),
        };
        Ok(u8::try_from(code).unwrap_or(u8::MAX))
    }

    fn refuse(refused: &isolation::IsolationRefused) -> io::Result<u8> {
        writeln!(io::stderr(), "{refused}")?;
        Ok(REFUSED)
    }

    fn report(devices: &Devices) -> io::Result<u8> {
        let mut out = io::stdout();
        for lever in capability::report(devices) {
            match lever.status {
                capability::LeverStatus::Available { detail } => {
                    writeln!(out, "yes  {} ({detail})", lever.name)?;
                }
                capability::LeverStatus::Unavailable { why, fix } => {
                    writeln!(out, "no   {}: {why}; {fix}", lever.name)?;
                }
            }
        }
        Ok(0)
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<std::process::ExitCode> {
    linux::main().map(std::process::ExitCode::from)
}

#[cfg(not(target_os = "linux"))]
fn main() {}
