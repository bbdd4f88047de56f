//! What the tests share: isolation for a test's body, an ordinary user, and bounded waits.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use stormglass_linux::capability::Devices;

/// The user `nobody`, who has no rights at all.
const NOBODY: u32 = 65534;
/// Set where a test's body runs inside isolation.
const ISOLATED: &str = "STORMGLASS_TEST_ISOLATED";
/// Where that body finds the TUN device.
const TUN: &str = "STORMGLASS_TEST_TUN";
/// Where that body finds the FUSE device.
const FUSE: &str = "STORMGLASS_TEST_FUSE";

/// Who runs a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    /// Whoever runs the tests.
    Caller,
    /// An ordinary user. The caller where that is one already.
    Ordinary,
}

/// Copies of programs in a folder that every user can reach.
pub(crate) struct Programs {
    folder: tempfile::TempDir,
}

impl Programs {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder is to be had");
        open_to_all(folder.path());
        Self { folder }
    }

    /// Devices that every user may open. A machine without udev keeps its own for root: root
    /// makes other nodes of them here, and whoever is not root must be let in.
    pub(crate) fn devices(&self) -> Devices {
        let usual = Devices::default();
        Devices { tun: self.node(usual.tun, "200"), fuse: self.node(usual.fuse, "229") }
    }

    fn node(&self, usual: PathBuf, minor: &str) -> PathBuf {
        let node = self.folder.path().join(usual.file_name().expect("a device has a name"));
        let mut make = Command::new("mknod");
        make.arg("--mode=0666").arg(&node).args(["c", "10", minor]);
        if is_root() && make.status().is_ok_and(|status| status.success()) { node } else { usual }
    }

    /// A copy of the example that runs commands in isolation.
    pub(crate) fn isolated(&self) -> PathBuf {
        self.example("isolated")
    }

    /// A copy of an example.
    pub(crate) fn example(&self, name: &str) -> PathBuf {
        self.copy(&example(name))
    }

    pub(crate) fn copy(&self, program: &Path) -> PathBuf {
        let name = program.file_name().expect("a program has a name");
        let copy = self.folder.path().join(name);
        // Not written by this process: a child forked meanwhile by another test's thread
        // would hold the copy open for writing, and it could not be started ("text busy").
        let status = Command::new("cp").arg(program).arg(&copy).status();
        assert!(status.expect("cp can be started").success(), "the program can be read");
        open_to_all(&copy);
        copy
    }
}

/// A command of the user, in a folder that every user may enter.
pub(crate) fn command(program: &Path, user: User) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    // SAFETY: signal is async-signal-safe. A script's background jobs ignore SIGINT, those of
    // nohup SIGHUP, and tests that are started so would hand that on.
    unsafe {
        command.pre_exec(|| {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
            libc::signal(libc::SIGHUP, libc::SIG_DFL);
            Ok(())
        });
    }
    if user == User::Ordinary && is_root() {
        // The caller's PATH may lead through folders that only the caller may enter.
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

/// Runs the body of the test named `test` in isolation: the first call starts this test
/// binary again inside of it, and the second, there, calls the body.
pub(crate) fn in_isolation(test: &str, user: User, body: impl FnOnce()) {
    if env::var_os(ISOLATED).is_some() {
        return body();
    }
    let programs = Programs::new();
    let itself = programs.copy(&env::current_exe().expect("a test has a path"));
    let devices = programs.devices();
    let output = command(&programs.isolated(), user)
        .arg("run")
        .arg(itself)
        .args(["--exact", test, "--nocapture"])
        .env(ISOLATED, "1")
        .env(TUN, &devices.tun)
        .env(FUSE, &devices.fuse)
        .output()
        .expect("the example can be started");
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "the body did not run: {said}");
}

/// Runs the body of the test named `test` as a user, without isolation, as [`in_isolation`]
/// does with it.
#[cfg(target_arch = "x86_64")]
pub(crate) fn as_user(test: &str, user: User, body: impl FnOnce()) {
    if env::var_os(ISOLATED).is_some() {
        return body();
    }
    let programs = Programs::new();
    let itself = programs.copy(&env::current_exe().expect("a test has a path"));
    let output = command(&itself, user)
        .args(["--exact", test, "--nocapture"])
        .env(ISOLATED, "1")
        .output()
        .expect("this test can be started");
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "the body did not run: {said}");
}

/// The TUN device, inside of [`in_isolation`].
pub(crate) fn device() -> PathBuf {
    env::var_os(TUN).expect("asked inside isolation").into()
}

/// The FUSE device, inside of [`in_isolation`].
pub(crate) fn fuse_device() -> PathBuf {
    env::var_os(FUSE).expect("asked inside isolation").into()
}

/// Everything that a command said.
pub(crate) fn text(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

/// Waits until `done`, looking every few milliseconds; the time that it took, or `None` after
/// `limit`. The time is counted in sleeps, so a starved machine gets more of it.
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> Option<Duration> {
    let pause = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    while waited <= limit {
        if done() {
            return Some(waited);
        }
        std::thread::sleep(pause);
        waited += pause;
    }
    None
}

/// The pids of living processes with this argument.
pub(crate) fn processes_with(argument: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| has_argument(*pid, argument)).collect()
}

/// The fields of a process's `stat` after its name: state, parent, process group, ...
pub(crate) fn stat(pid: u32) -> io::Result<Vec<String>> {
    let line = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let rest = line.rsplit_once(')').map_or("", |(_, rest)| rest);
    Ok(rest.split_whitespace().map(str::to_owned).collect())
}

fn has_argument(pid: u32, argument: &str) -> bool {
    // A zombie's command line is empty.
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).any(|part| part == argument.as_bytes())
}

fn is_root() -> bool {
    // SAFETY: geteuid takes nothing and cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// The example that cargo builds beside the tests.
fn example(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a test has a path");
    let path = test.ancestors().nth(2).expect("in target/*/deps").join("examples").join(name);
    assert!(path.exists(), "{} is absent: build the examples with the tests", path.display());
    path
}

fn open_to_all(path: &Path) {
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(path, mode).expect("the owner may change the mode");
}
