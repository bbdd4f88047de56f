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
use crate::target::docker::{self, Engine, Help, MACHINE};

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

/// Carries out this command again, as root, in a helper container.
pub(super) fn again(engine: &Engine, devices: Vec<PathBuf>) -> Result<ExitCode, CommandError> {
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
    let code = docker::help(engine, Help { owner, arguments, environment, devices });
    let code = code.map_err(|error| {
        CommandError::environment(format!(
            "the target `docker` enters its containers from outside, which takes root, and the \
             helper container that would have it cannot be had ({error}): run it as root (`sudo`), \
             or use `--target local`, which needs no root"
        ))
    })?;
    let number = i32::try_from(code).ok();
    number.and_then(ExitCode::of_number).ok_or_else(|| {
        CommandError::environment(format!(
            "the helper container ended with {code}: run it as root (`sudo`), or use \
             `--target local`, which needs no root"
        ))
    })
}

/// In the container: takes the machine's files for its own, and carries out the user's command.
pub(super) fn helper(args: &HelperArgs) -> Result<ExitCode, CommandError> {
    end_with(args.user_process);
    chroot(MACHINE).map_err(CommandError::environment)?;
    std::env::set_current_dir(&args.folder).map_err(CommandError::environment)?;
    let words = std::iter::once("stormglass").chain(args.command.iter().map(String::as_str));
    let cli = Cli::try_parse_from(words).map_err(CommandError::usage)?;
    execute(&cli)
}

/// Ends the helper in its own time when whom it helps has ended.
fn end_with(user: u32) {
    let begun = start_time(user).ok().flatten();
    thread::spawn(move || {
        while begun.is_some() && start_time(user).ok().flatten() == begun {
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
