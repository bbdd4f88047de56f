//! Processes: their death with the program, pauses, waits and limits. No rights are needed.

use std::fs::{self, File};
use std::io;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::support::{Programs, User, command, in_isolation, processes_with, stat, wait_until};
use stormglass_linux::netns::{NetNs, TcpTuning};
use stormglass_linux::process::{Exit, Launch, Process, Signal, Spawner};

const LIMIT: Duration = Duration::from_secs(10);
const MOMENT: Duration = Duration::from_millis(200);

fn sleeper(spawner: &Spawner) -> Process {
    let launch = Launch::silent("sleep").expect("/dev/null is there").args(["60"]);
    spawner.spawn(launch).expect("sleep can be started")
}

/// What a shell script says, and how it ended.
fn run(script: &str, with: impl FnOnce(Launch<'_>) -> Launch<'_>) -> (String, Option<Exit>) {
    let folder = tempfile::tempdir().expect("a temporary folder is to be had");
    let path = folder.path().join("out");
    let out = File::create(&path).expect("the folder is ours");
    let copy = out.try_clone().expect("a descriptor");
    let launch = with(Launch::new("sh", out, copy).args(["-c", script]));
    let spawner = Spawner::start().expect("a thread is to be had");
    let process = spawner.spawn(launch).expect("sh can be started");
    let exit = process.wait_timeout(LIMIT).expect("it is our child");
    (fs::read_to_string(path).expect("it was written"), exit)
}

#[test]
fn a_process_outlives_the_thread_that_asked_for_it() {
    let spawner = Spawner::start().expect("a thread is to be had");
    let clone = spawner.clone();
    let process = thread::spawn(move || sleeper(&clone)).join().expect("it does not panic");
    assert_eq!(process.wait_timeout(MOMENT).expect("it is our child"), None);
}

#[test]
fn a_process_dies_with_the_spawners_thread() {
    let spawner = Spawner::start().expect("a thread is to be had");
    let process = sleeper(&spawner);
    assert_eq!(process.wait_timeout(MOMENT).expect("it is our child"), None);
    drop(spawner);
    let exit = process.wait_timeout(LIMIT).expect("it is our child");
    assert_eq!(exit, Some(Exit::Signal(libc::SIGKILL)));
}

#[test]
fn a_process_dies_with_the_program_without_any_namespace() {
    let programs = Programs::new();
    let marker = format!("{}.9", 70_000 + std::process::id() % 10_000);
    let mut program = command(&programs.isolated(), User::Ordinary)
        .args(["spawn", "sleep", &marker])
        .stdout(Stdio::null())
        .spawn()
        .expect("the example can be started");
    let started = wait_until(LIMIT, || find_sleep(&marker).is_some());
    program.kill().expect("it is our child");
    program.wait().expect("it is our child");
    assert!(started.is_some(), "sleep was not started");
    let gone = wait_until(Duration::from_millis(500), || find_sleep(&marker).is_none());
    if let Some(pid) = find_sleep(&marker) {
        // SAFETY: kill takes no pointers; only this test starts a sleep with this marker.
        unsafe { libc::kill(pid.cast_signed(), libc::SIGKILL) };
    }
    assert!(gone.is_some(), "sleep outlived the program");
}

/// The process that *is* the sleep, not the one that has it among its arguments.
fn find_sleep(marker: &str) -> Option<u32> {
    processes_with(marker).into_iter().find(|pid| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "sleep")
    })
}

#[test]
fn a_pause_stops_every_thread_and_a_resume_lets_go() {
    let programs = Programs::new();
    let spawner = Spawner::start().expect("a thread is to be had");
    // A program with two threads, the second of which starts the sleep.
    let launch = Launch::silent(programs.isolated()).expect("/dev/null is there");
    let launch = launch.args(["spawn", "sleep", "60"]);
    let process = spawner.spawn(launch).expect("the example can be started");
    assert!(wait_until(LIMIT, || thread_states(process.pid()).len() == 2).is_some());
    assert!(!thread_states(process.pid()).contains(&"T".to_owned()));
    let took = process.stop_and_wait(LIMIT).expect("it can be paused");
    assert!(took < LIMIT);
    assert_eq!(thread_states(process.pid()), ["T", "T"]);
    // A paused process neither ends by itself nor obeys SIGTERM.
    process.signal(Signal::Terminate).expect("it is there");
    assert_eq!(process.wait_timeout(MOMENT).expect("it is our child"), None);
    process.resume().expect("it is there");
    let exit = process.wait_timeout(LIMIT).expect("it is our child");
    assert_eq!(exit, Some(Exit::Signal(libc::SIGTERM)));
}

fn thread_states(pid: u32) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("the process is there");
    let threads = tasks.flatten().filter_map(|task| task.file_name().to_str()?.parse().ok());
    // A thread's own entry in /proc is not listed, but it is there.
    threads.filter_map(|thread| Some(stat(thread).ok()?[0].clone())).collect()
}

#[test]
fn an_ended_process_cannot_be_paused_or_signalled() {
    let spawner = Spawner::start().expect("a thread is to be had");
    let launch = Launch::silent("true").expect("/dev/null is there");
    let process = spawner.spawn(launch).expect("true can be started");
    let ended = || stat(process.pid()).is_ok_and(|fields| fields[0] == "Z");
    assert!(wait_until(LIMIT, ended).is_some());
    let error = process.stop_and_wait(LIMIT).expect_err("it has ended");
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert_eq!(process.try_wait().expect("it is our child"), Some(Exit::Code(0)));
    let error = process.signal(Signal::Terminate).expect_err("it was waited for");
    assert!(error.to_string().starts_with("cannot send SIGTERM to process "), "{error}");
}

#[test]
fn exits_are_told_apart_and_stay_known() {
    let (_, exit) = run("exit 3", |launch| launch);
    assert_eq!(exit, Some(Exit::Code(3)));
    let spawner = Spawner::start().expect("a thread is to be had");
    let process = sleeper(&spawner);
    let killed = Exit::Signal(libc::SIGKILL);
    assert_eq!(process.kill_and_wait(LIMIT).expect("it is our child"), killed);
    assert_eq!(process.try_wait().expect("the exit is kept"), Some(killed));
    assert_eq!(process.kill_and_wait(LIMIT).expect("the exit is kept"), killed);
}

#[test]
fn dropping_a_process_ends_it() {
    let spawner = Spawner::start().expect("a thread is to be had");
    let process = sleeper(&spawner);
    let pid = process.pid();
    drop(process);
    assert!(stat(pid).is_err(), "the process is still there");
}

#[test]
fn a_process_has_its_own_group_no_input_and_no_blocked_signals() {
    // What the harness blocks for itself, as `supervise` does, is no concern of members.
    // SAFETY: the set is initialised by sigemptyset and outlives the calls.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGTERM);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
    }
    // A shell blocks signals around a fork, so the last program takes its place.
    let script = "cat; cat /proc/$$/stat; echo $NAME; exec grep SigBlk /proc/self/status";
    let (said, exit) = run(script, |launch| launch.env("NAME", "value"));
    assert_eq!(exit, Some(Exit::Code(0)), "{said}");
    let fields: Vec<&str> = said.split_whitespace().collect();
    assert_eq!(fields[0], fields[4], "pid and process group: {said}");
    assert!(said.contains("SigBlk:\t0000000000000000"), "{said}");
    assert!(said.contains("\nvalue\n"), "{said}");
}

#[test]
fn a_process_gets_its_limit_and_directory() {
    let (said, _) = run("ulimit -n; pwd", |mut launch| {
        launch.open_files = Some(123);
        launch.directory = Some("/".into());
        launch
    });
    assert_eq!(said, "123\n/\n");
}

#[test]
fn a_process_runs_in_the_namespace_it_was_given() {
    in_isolation("process::a_process_runs_in_the_namespace_it_was_given", User::Ordinary, || {
        let netns = NetNs::create(TcpTuning::default()).expect("a netns");
        let link = || fs::read_link("/proc/thread-self/ns/net");
        let inside = netns.run(link).expect("/proc is there");
        let outside = link().expect("/proc is there");
        assert_ne!(inside, outside);
        let spawner = Spawner::start().expect("a thread is to be had");
        let launch = Launch::silent("sleep").expect("/dev/null is there").args(["60"]);
        let process = spawner.spawn(launch.netns(&netns)).expect("sleep can be started");
        let of_process = fs::read_link(format!("/proc/{}/ns/net", process.pid()));
        assert_eq!(of_process.expect("it runs"), inside);
    });
}

#[test]
fn a_tmpfs_holds_what_it_was_given_and_no_more() {
    in_isolation("process::a_tmpfs_holds_what_it_was_given_and_no_more", User::Ordinary, || {
        // Not on a folder of our own: under the mount, nobody could remove it afterwards.
        let folder = std::env::temp_dir();
        stormglass_linux::mounts::mount_tmpfs(&folder, 64 * 1024).expect("a tmpfs");
        assert_eq!(fs::read_dir(&folder).expect("it is mounted").count(), 0);
        let file = folder.join("file");
        fs::write(&file, vec![0; 32 * 1024]).expect("it fits");
        let error = fs::write(&file, vec![0; 128 * 1024]).expect_err("it does not fit");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        let absent = folder.join("absent");
        let error = stormglass_linux::mounts::mount_tmpfs(&absent, 4096).expect_err("no folder");
        assert!(error.to_string().starts_with("cannot mount a tmpfs on "), "{error}");
    });
}
