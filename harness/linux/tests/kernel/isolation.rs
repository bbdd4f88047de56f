//! Isolation end to end, on the real kernel, as whoever runs the tests and as an ordinary user.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use stormglass_linux::capability::Devices;

use crate::support::{Programs, User, command, processes_with, stat, text, wait_until};

/// Nothing of a run may be left this long after SIGKILL.
const GONE_LIMIT: Duration = Duration::from_millis(500);
const READY_LIMIT: Duration = Duration::from_secs(10);

/// A length of sleep that no other process on this machine has.
fn marker(salt: u32) -> String {
    format!("{}.{salt}", 80_000 + std::process::id() % 10_000)
}

/// A run whose command leaks in three ways; ready when it says so.
struct LeakyRun {
    outer: Child,
    marker: String,
    _programs: Programs,
}

impl LeakyRun {
    fn start(user: User, salt: u32) -> Self {
        let marker = marker(salt);
        let programs = Programs::new();
        let script = format!(
            "(setsid sh -c 'sleep {marker} & exec sleep {marker}' &) ; sleep {marker} & \
             echo ready; wait"
        );
        let mut outer = command(&programs.isolated(), user)
            .args(["run", "sh", "-c", &script])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the example can be started");
        let mut line = String::new();
        let stdout = outer.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the pipe can be read");
        assert_eq!(line, "ready\n");
        let run = Self { outer, marker, _programs: programs };
        let all_there = || run.left() == 3;
        assert!(wait_until(READY_LIMIT, all_there).is_some(), "{} of 3 started", run.left());
        run
    }

    fn left(&self) -> usize {
        processes_with(&self.marker).len()
    }

    /// The exit code of the outer process, once it ends.
    fn exit_code(&mut self) -> Option<i32> {
        let mut status = None;
        wait_until(READY_LIMIT, || {
            status = self.outer.try_wait().expect("it is our child");
            status.is_some()
        });
        status.expect("the outer process ends").code()
    }

    fn assert_gone(&self) {
        let gone = wait_until(GONE_LIMIT, || self.left() == 0);
        assert!(gone.is_some(), "{} processes outlived the run", self.left());
    }

    /// The oldest child of a process of the run: strays that init adopts come later. The
    /// kernel lists children by the thread that started them.
    fn child_of(pid: u32) -> u32 {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the process is there");
        let lists = tasks.flatten().filter_map(|task| {
            let list = fs::read_to_string(task.path().join("children")).ok()?;
            list.split_whitespace().next()?.parse().ok()
        });
        lists.min().expect("it has a child")
    }
}

impl Drop for LeakyRun {
    fn drop(&mut self) {
        // Also when an assertion fails: a test leaves nothing behind.
        for pid in processes_with(&self.marker) {
            // SAFETY: kill takes no pointers; the marker is in this run's processes only.
            unsafe { libc::kill(pid.cast_signed(), libc::SIGKILL) };
        }
        let _ = self.outer.kill();
        let _ = self.outer.wait();
    }
}

fn kill(pid: u32, signal: i32) {
    // SAFETY: kill takes no pointers; the pid is one that this test started.
    assert_eq!(unsafe { libc::kill(pid.cast_signed(), signal) }, 0);
}

#[test]
fn killing_the_outer_process_ends_everything() {
    for (user, salt) in [(User::Caller, 1), (User::Ordinary, 2)] {
        let mut run = LeakyRun::start(user, salt);
        run.outer.kill().expect("it runs");
        run.assert_gone();
    }
}

#[test]
fn killing_init_ends_everything() {
    let run = LeakyRun::start(User::Ordinary, 3);
    kill(LeakyRun::child_of(run.outer.id()), libc::SIGKILL);
    run.assert_gone();
}

#[test]
fn killing_the_harness_ends_everything_and_is_told() {
    let mut run = LeakyRun::start(User::Ordinary, 4);
    let init = LeakyRun::child_of(run.outer.id());
    kill(LeakyRun::child_of(init), libc::SIGKILL);
    run.assert_gone();
    assert_eq!(run.exit_code(), Some(137));
}

#[test]
fn a_signal_to_the_outer_process_reaches_the_harness() {
    for (signal, salt) in [(libc::SIGTERM, 5), (libc::SIGINT, 6), (libc::SIGHUP, 7)] {
        let mut run = LeakyRun::start(User::Caller, salt);
        kill(run.outer.id(), signal);
        assert_eq!(run.exit_code(), Some(128 + signal));
        run.assert_gone();
    }
}

#[test]
fn the_inner_side_has_a_process_group_of_its_own() {
    let run = LeakyRun::start(User::Caller, 8);
    let init = LeakyRun::child_of(run.outer.id());
    let harness = LeakyRun::child_of(init);
    let group = |pid: u32| stat(pid).expect("the process is there")[2].clone();
    assert_eq!(group(init), init.to_string());
    assert_eq!(group(harness), init.to_string());
    assert_ne!(group(run.outer.id()), group(init));
    // Members are not in the harness's group either.
    assert_ne!(group(LeakyRun::child_of(harness)), group(harness));
}

#[test]
fn the_exit_code_of_the_harness_is_the_runs() {
    let programs = Programs::new();
    for user in [User::Caller, User::Ordinary] {
        let run = command(&programs.isolated(), user).args(["run", "sh", "-c", "exit 7"]).output();
        let run = run.expect("the example can be started");
        assert_eq!(run.status.code(), Some(7), "{}", text(&run));
    }
}

#[test]
fn strays_are_reaped_and_steal_no_exit_code() {
    let programs = Programs::new();
    let script = "i=0; while [ $i -lt 20 ]; do (setsid sleep 0.05 &); i=$((i + 1)); done; \
                  sleep 0.5; grep -l '^State:.Z' /proc/[0-9]*/status; exit 9";
    let run =
        command(&programs.isolated(), User::Caller).args(["run", "sh", "-c", script]).output();
    let run = run.expect("the example can be started");
    assert_eq!(text(&run), "", "zombies are left");
    assert_eq!(run.status.code(), Some(9));
}

#[test]
fn the_inside_is_a_world_of_its_own() {
    let programs = Programs::new();
    let script = "id -u; ls /proc | grep -c '^[0-9]'; ls /sys/class/net 2>/dev/null >/dev/null; \
                  grep -c : /proc/net/dev; mount -t tmpfs x /mnt && echo mounted";
    for user in [User::Caller, User::Ordinary] {
        let mounts = fs::read_to_string("/proc/self/mounts").expect("/proc is there");
        let run = command(&programs.isolated(), user).args(["run", "sh", "-c", script]).output();
        let said = text(&run.expect("the example can be started"));
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.first(), Some(&"0"), "root inside: {said}");
        let processes: u32 = lines[1].parse().expect("a count");
        assert!(processes < 10, "only the run's own processes are seen: {said}");
        assert!(lines.contains(&"mounted"), "{said}");
        let after = fs::read_to_string("/proc/self/mounts").expect("/proc is there");
        assert_eq!(mounts, after, "a mount leaked out");
    }
}

#[test]
fn a_probe_changes_nothing_and_agrees_with_the_run() {
    let namespaces = || {
        ["net", "mnt", "pid_for_children", "user"]
            .map(|kind| fs::read_link(format!("/proc/thread-self/ns/{kind}")).expect("it is there"))
    };
    let before = namespaces();
    stormglass_linux::isolation::probe().expect("this machine allows namespaces");
    assert_eq!(namespaces(), before);
    let programs = Programs::new();
    let probe = command(&programs.isolated(), User::Ordinary).arg("probe").output();
    let probe = probe.expect("the example can be started");
    assert!(probe.status.success(), "{}", text(&probe));
}

#[test]
fn entering_is_refused_to_a_process_with_threads() {
    let refused = stormglass_linux::isolation::enter().expect_err("tests have threads");
    assert!(refused.to_string().contains("before any is started"), "{refused}");
}

#[test]
fn an_inner_process_whose_outer_died_early_ends() {
    let programs = Programs::new();
    // The inner process's lifeline is a pipe from a program that has ended, or still runs.
    let settle = |writer: &str| {
        let isolated = programs.isolated();
        let script = format!(
            "{writer} | (sleep 0.2; STORMGLASS_LIFELINE_FD=9 exec {} run true 9<&0)",
            isolated.display()
        );
        // Not as root: should the checks fail, the mounts to follow must fail, too.
        let run = command("sh".as_ref(), User::Ordinary).args(["-c", &script]).output();
        run.expect("sh can be started")
    };
    let orphan = settle("true");
    assert!(!orphan.status.success());
    assert!(text(&orphan).contains("the outer process died"), "{}", text(&orphan));
    let stranger = settle("sleep 1");
    assert!(!stranger.status.success());
    assert!(text(&stranger).contains("not started by spawn_inner"), "{}", text(&stranger));
}

/// The command inside a user namespace in which `user.max_user_namespaces` is 0, as an
/// ordinary user without capabilities.
fn where_namespaces_are_forbidden(command: &mut Command) -> &mut Command {
    // SAFETY: the closure runs between fork and exec and only makes system calls on string
    // literals; it allocates nothing.
    unsafe {
        command.pre_exec(|| {
            if libc::unshare(libc::CLONE_NEWUSER) < 0 {
                return Err(std::io::Error::last_os_error());
            }
            // Identity stays unmapped: the user is the overflow user, 65534, and exec takes
            // every capability away. The setting is of this user namespace only.
            let path = c"/proc/sys/user/max_user_namespaces";
            let fd = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
            if fd < 0 || libc::write(fd, c"0".as_ptr().cast(), 1) != 1 {
                return Err(std::io::Error::last_os_error());
            }
            Ok(())
        })
    }
}

#[test]
fn forbidden_namespaces_are_refused_in_one_sentence() {
    let programs = Programs::new();
    let isolated = programs.isolated();
    for argument in [&["probe"][..], &["run", "true"]] {
        let mut refused = command(&isolated, User::Ordinary);
        let refused = where_namespaces_are_forbidden(refused.args(argument)).output();
        let refused = refused.expect("the example can be started");
        assert_eq!(refused.status.code(), Some(4), "{}", text(&refused));
        assert_eq!(
            text(&refused),
            "namespaces are refused: unshare failed (No space left on device (os error 28)): \
             user.max_user_namespaces is 0; allow them with `sysctl -w \
             user.max_user_namespaces=15000` as root\n"
        );
    }
}

#[test]
fn the_report_tells_what_works_and_what_does_not() {
    let programs = Programs::new();
    let isolated = programs.isolated();
    let devices = programs.devices();
    let mut allowed = command(&isolated, User::Ordinary);
    let allowed = allowed.arg("report").arg(&devices.tun).arg(&devices.fuse).output();
    let allowed = text(&allowed.expect("the example can be started"));
    let levers = ["user namespaces", "pid namespace", "TUN device", "tmpfs", "FUSE device"];
    for name in levers.into_iter().chain(["open files"]) {
        assert!(allowed.contains(&format!("yes  {name}")), "{allowed}");
    }
    let mut forbidden = command(&isolated, User::Ordinary);
    let forbidden = where_namespaces_are_forbidden(forbidden.arg("report")).output();
    let forbidden = text(&forbidden.expect("the example can be started"));
    for name in levers {
        assert!(forbidden.contains(&format!("no   {name}: ")), "{forbidden}");
    }
    assert!(forbidden.contains("yes  open files"), "{forbidden}");
}

#[test]
fn an_absent_device_is_the_only_thing_blamed() {
    let missing = |devices: &Devices| {
        let levers = stormglass_linux::capability::report(devices);
        let missing = levers.iter().filter(|lever| !lever.is_available());
        missing.map(|lever| lever.name).collect::<Vec<_>>()
    };
    let none = || "/dev/no-such-device".into();
    let programs = Programs::new();
    let usual = programs.devices();
    assert_eq!(missing(&Devices { tun: none(), ..usual.clone() }), ["TUN device"]);
    assert_eq!(missing(&Devices { fuse: none(), ..usual }), ["FUSE device"]);
}
