//! Users who may speak to the engine and are not root.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::support::{NOBODY, Said, events, is_root, place, run, stormglass};
use super::{Turn, containers, landed, scenario_text};

/// Where the engine listens, as far as these tests go.
pub(super) const SOCKET: &str = "/var/run/docker.sock";

/// Such a user, with the program, a release and a folder of their own.
pub(super) struct User {
    turn: Turn,
}

impl User {
    /// Nobody where there is no engine, or no root to become another user from.
    pub(super) fn take() -> Option<Self> {
        let turn = Turn::take()?;
        if !is_root() || !Path::new(SOCKET).exists() {
            return None;
        }
        fs::set_permissions(turn.folder(), fs::Permissions::from_mode(0o777)).expect("opened");
        let user = Self { turn };
        run(&["etcd", "install", "3.5.16"]).expect(0);
        let etcd = run(&["etcd", "path", "3.5.16"]).expect(0);
        place(Path::new(etcd.out.trim()), &user.at("etcd"));
        place(Path::new(stormglass().get_program()), &user.at("stormglass"));
        Some(user)
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.turn.folder().join(name)
    }

    /// The program, as this user, who has the group of the engine's socket.
    pub(super) fn command(&self) -> Command {
        let group = fs::metadata(SOCKET).expect("the engine's socket").gid().to_string();
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--groups", &group]);
        command.arg(self.at("stormglass")).current_dir(self.turn.folder());
        command.env("STORMGLASS_CACHE", self.at("cache")).env("HOME", self.turn.folder());
        command.env_remove("GITHUB_ACTIONS").env_remove("STORMGLASS_ETCD");
        command
    }

    pub(super) fn run(&self, scenario: &str) -> Command {
        let mut command = self.command();
        command.args(["run", scenario, "--target", "docker", "--seed", "1"]);
        command.arg("--etcd").arg(self.at("etcd"));
        command.args(["--progress", "none", "--out", "rd"]);
        command
    }
}

#[test]
fn a_user_of_the_engine_has_faults_by_a_helper_and_owns_the_run() {
    let Some(user) = User::take() else { return };
    let faults = [
        ("kill", "500ms", "[\"m2\"]", ""),
        ("pause", "1500ms", "\"one\"", ""),
        ("partition", "2s", "\"leader\"", "shape = \"deaf\""),
        ("clock-wall", "1s", "\"one\"", "jump = \"-1h\""),
    ];
    fs::write(user.at("faults.toml"), scenario_text(&faults)).expect("written");
    let output = user.run("faults.toml").output().expect("setpriv runs");
    let said = Said::of(&output).expect(0);
    assert!(said.err.contains("a helper container does as root"), "{}", said.err);
    assert!(said.out.starts_with("✓ VALID"), "{}", said.out);
    let events = events(&user.at("rd"));
    for (kind, ..) in faults {
        landed(&events, kind);
    }
    for file in ["rd", "rd/report.html", "rd/members/m1/log.txt"] {
        let owner = fs::metadata(user.at(file)).expect("is there").uid();
        assert_eq!(owner.to_string(), NOBODY, "{file}");
    }
    assert_eq!(containers(), [""; 0]);
    // What is wrong is told as without a helper.
    let output = user.command().args(["run", "no-such", "--target", "docker"]).output();
    let said = Said::of(&output.expect("setpriv runs")).expect(2);
    assert!(said.err.contains("there is no scenario `no-such`"), "{}", said.err);
}

/// A run of a user's, which must not outlive its test.
pub(super) struct Started(pub(super) Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for up to half a minute.
pub(super) fn until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..300 {
        if done() {
            return;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("not within half a minute: {what}");
}

#[test]
fn a_helper_ends_with_whom_it_helps() {
    let Some(user) = User::take() else { return };
    let quiet = scenario_text(&[("kill", "500ms", "[\"m2\"]", ""); 12]);
    fs::write(user.at("long.toml"), quiet).expect("written");
    let mut command = user.run("long.toml");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut started = Started(command.spawn().expect("setpriv runs"));
    let history = user.at("rd/history.jsonl");
    until("traffic", || fs::metadata(&history).is_ok_and(|file| file.len() > 100_000));
    started.0.kill().expect("killed");
    started.0.wait().expect("reaped");
    // In its own time, as one that is terminated: members first, then what it recorded.
    until("the end of the run", || user.at("rd/verdicts.json").is_file());
    until("the end of the members", || containers().iter().all(|name| !name.contains("-m")));
    let output = user.command().arg("cleanup").output().expect("setpriv runs");
    Said::of(&output).expect(0);
    assert_eq!(containers(), [""; 0]);
    let code: serde_json::Value =
        serde_json::from_slice(&fs::read(user.at("rd/run.json")).expect("facts")).expect("JSON");
    assert_eq!(code["exit_code"], 143, "{code}");
}
