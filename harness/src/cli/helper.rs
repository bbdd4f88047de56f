//! Commands of ordinary users that take root, by way of a helper container.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use clap::Parser as _;
use rustix::process::{Signal, chroot, getegid, geteuid, getpid, kill_process};

use super::args::{Cli, HelperArgs};
use super::containers;
use super::error::CommandError;
use super::execute;
use super::output;
use crate::exit::ExitCode;
use crate::run_dir::start_time;
use crate::target::docker::{self, Engine, Help, Helped, MACHINE, UNFIT};

/// Set in the container: `UID:GID` of the user who is helped.
const MARK: &str = "STORMGLASS_HELPER";
/// What of the user's environment the helper has too, beside `STORMGLASS_…`.
const PASSED_ON: [&str; 10] = [
    "HOME",
    "PATH",
    "XDG_CACHE_HOME",
    "DOCKER_HOST",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_OUTPUT",
];
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Whether this process lacks what the target `docker` takes, and a helper would have it.
pub(super) fn is_wanted() -> bool {
    !geteuid().is_root()
}

/// What came of a command that was carried out again.
pub(super) enum Again {
    /// It is done.
    Done(ExitCode),
    /// Nothing of it is, and why no helper can do it.
    Unfit(String),
}

/// Carries out this command again, as root, in a helper container.
pub(super) fn again(engine: &Engine, devices: Vec<PathBuf>) -> Result<Again, CommandError> {
    let here = std::env::current_dir().map_err(CommandError::environment)?;
    let own = std::process::id().to_string();
    let mut arguments = vec!["helper".to_owned(), own];
    arguments.push(here.to_string_lossy().into_owned());
    arguments.push("--".to_owned());
    arguments.extend(std::env::args().skip(1));
    let passed_on = |name: &str| PASSED_ON.contains(&name) || name.starts_with("STORMGLASS_");
    let mut environment: Vec<String> = std::env::vars()
        .filter(|(name, _)| passed_on(name))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    environment.push(format!("{MARK}={}:{}", geteuid().as_raw(), getegid().as_raw()));
    let owner = containers::owner().map_err(CommandError::environment)?;
    let helped = docker::help(engine, Help { owner, arguments, environment, devices });
    let code = match helped.map_err(CommandError::environment)? {
        Helped::Ended(code) => code,
        Helped::Unfit(why) => return Ok(Again::Unfit(why)),
    };
    let number = i32::try_from(code).ok();
    let code = number.and_then(ExitCode::of_number).ok_or_else(|| {
        CommandError::environment(format!(
            "the helper container ended with {code}: run it as root (`sudo`), or without a helper, \
             by `--isolation none`"
        ))
    })?;
    Ok(Again::Done(code))
}

/// In the container: takes the machine's files for its own, and carries out the user's command.
pub(super) fn helper(args: &HelperArgs) -> Result<ExitCode, CommandError> {
    let user = start_time(args.user_process).ok().flatten();
    let settled = chroot(MACHINE).is_ok() && std::env::set_current_dir(&args.folder).is_ok();
    let (Some(begun), true) = (user, settled) else {
        // An engine in a virtual machine has neither the user's process nor the folder.
        std::process::exit(UNFIT);
    };
    end_with(args.user_process, begun);
    let words = std::iter::once("stormglass").chain(args.command.iter().map(String::as_str));
    let cli = Cli::try_parse_from(words).map_err(CommandError::usage)?;
    execute(&cli)
}

/// Ends the helper in its own time when whom it helps has ended.
fn end_with(user: u32, begun: u64) {
    thread::spawn(move || {
        while start_time(user).ok().flatten() == Some(begun) {
            thread::sleep(LOOK_AGAIN);
        }
        // It cannot fail: it is ours.
        let _ = kill_process(getpid(), Signal::TERM);
    });
}

/// Gives what was made in a helper to the user who is helped. Without a helper it is theirs.
pub(super) fn hand_over(made: &Path) {
    let Ok(mark) = std::env::var(MARK) else { return };
    let numbers = mark
        .split_once(':')
        .and_then(|(user, group)| Some((user.parse::<u32>().ok()?, group.parse::<u32>().ok()?)));
    let Some((user, group)) = numbers else { return };
    if let Err(error) = give(made, user, group) {
        let made = made.display();
        output::narrate(format_args!("note: {made} could not be given to its user ({error})"));
    }
}

fn give(path: &Path, user: u32, group: u32) -> std::io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    if found.uid() != user {
        std::os::unix::fs::lchown(path, Some(user), Some(group))?;
    }
    if found.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), user, group)?;
        }
    }
    Ok(())
}
