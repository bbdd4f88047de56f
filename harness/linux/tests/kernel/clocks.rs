//! The clocks of a child are moved while it reads them. No rights are needed.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::thread;
use std::time::Duration;

use crate::support::{Programs, User, in_isolation, stat, wait_until};
use stormglass_linux::process::{Launch, Process, Spawner};
use stormglass_linux::vdso::{Rate, Skew, Wall};

const LIMIT: Duration = Duration::from_secs(10);
const SECOND: i64 = 1_000_000_000;
/// Two readings of a clock are so close together, on a busy machine too.
const EXACT: i64 = SECOND / 500;
/// A coarse clock is behind by as much as a tick of the slowest kernel.
const COARSE: i64 = SECOND / 50;

/// How far the clocks of the child are off, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Off {
    wall: i64,
    monotonic: i64,
    wall_coarse: i64,
    monotonic_coarse: i64,
    time_of_day: i64,
    seconds: i64,
    boot: i64,
    steps_back: i64,
}

/// A child that reads its clocks all the time, and tells.
struct Child {
    process: Process,
    folder: tempfile::TempDir,
    /// Ends the child when dropped, so it is kept.
    _spawner: Spawner,
}

impl Child {
    fn start(how: &str) -> Self {
        let programs = Programs::new();
        let folder = tempfile::tempdir().expect("a temporary folder is to be had");
        let out = File::create(folder.path().join("out")).expect("the folder is ours");
        let err = out.try_clone().expect("a descriptor");
        let spawner = Spawner::start().expect("a thread is to be had");
        let launch = Launch::new(programs.example("clocks"), out, err).args([how]);
        let process = spawner.spawn(launch).expect("the example can be started");
        let child = Self { process, folder, _spawner: spawner };
        child.off();
        child
    }

    fn attach(&self) -> Skew {
        Skew::attach(self.process.pid()).expect("a child's clocks can be moved")
    }

    /// What the child says that it saw after this was asked.
    fn off(&self) -> Off {
        let lines = || {
            let said = fs::read_to_string(self.folder.path().join("out")).expect("it is ours");
            let whole = said.rfind('\n').map_or(0, |end| end + 1);
            said[..whole].lines().map(ToOwned::to_owned).collect::<Vec<_>>()
        };
        let before = lines().len();
        // The next line may have been begun already.
        let told = wait_until(LIMIT, || lines().len() >= before + 2);
        assert!(told.is_some(), "the child says nothing: {:?}", lines());
        let lines = lines();
        let words: Vec<i64> = lines[before + 1].split(' ').flat_map(str::parse).collect();
        let [
            wall,
            monotonic,
            wall_coarse,
            monotonic_coarse,
            time_of_day,
            seconds,
            boot,
            steps_back,
        ] = words[..]
        else {
            panic!("the child says {lines:?}");
        };
        Off {
            wall,
            monotonic,
            wall_coarse,
            monotonic_coarse,
            time_of_day,
            seconds,
            boot,
            steps_back,
        }
    }
}

#[track_caller]
fn near(found: i64, expected: i64, tolerance: i64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected} ± {tolerance}");
}

fn rate(rate: f64) -> Rate {
    Rate::new(rate).expect("within bounds")
}

fn ahead(seconds: i64) -> Wall {
    Wall { offset: seconds * SECOND, rate: Rate::TRUE }
}

#[test]
fn the_wall_clock_jumps_either_way_and_is_restored() {
    let child = Child::start("2");
    let mut skew = child.attach();
    near(child.off().wall, 0, EXACT);
    for seconds in [3_600, -86_400, 1] {
        skew.set_wall(ahead(seconds)).expect("the child runs");
        let off = child.off();
        near(off.wall, seconds * SECOND, EXACT);
        near(off.time_of_day, seconds * SECOND, EXACT);
        near(off.wall_coarse, seconds * SECOND, COARSE);
        near(off.seconds, seconds * SECOND, SECOND + COARSE);
        near(off.monotonic, 0, EXACT);
        near(off.boot, 0, EXACT);
    }
    skew.set_wall(Wall::TRUE).expect("the child runs");
    let off = child.off();
    near(off.wall, 0, EXACT);
    near(off.time_of_day, 0, EXACT);
    assert_eq!(off.steps_back, 0);
}

#[test]
fn the_wall_clock_drifts_and_strobes() {
    let child = Child::start("1");
    let mut skew = child.attach();
    skew.set_wall(Wall { offset: 0, rate: rate(3.0) }).expect("the child runs");
    let one = child.off();
    thread::sleep(Duration::from_millis(200));
    let other = child.off();
    assert!(one.wall > 0 && other.wall - one.wall >= SECOND * 2 / 5, "{one:?} {other:?}");
    let amplitude = Duration::from_secs(5);
    skew.strobe_wall(amplitude, Duration::from_millis(40)).expect("the child runs");
    for side in [5, -5, 5] {
        let there = |off: i64| (off - side * SECOND).abs() < EXACT;
        assert!(wait_until(LIMIT, || there(child.off().wall)).is_some(), "never {side} s off");
    }
    skew.set_wall(Wall::TRUE).expect("the child runs");
    for _ in 0..10 {
        near(child.off().wall, 0, EXACT);
    }
}

#[test]
fn the_monotonic_clock_gains_and_keeps_what_it_gained() {
    let child = Child::start("2");
    let mut skew = child.attach();
    skew.set_monotonic(Rate::TRUE, Duration::from_secs(30)).expect("the child runs");
    let off = child.off();
    near(off.monotonic, 30 * SECOND, EXACT);
    near(off.monotonic_coarse, 30 * SECOND, COARSE);
    near(off.wall, 0, EXACT);
    skew.set_monotonic(rate(11.0), Duration::ZERO).expect("the child runs");
    let one = child.off().monotonic;
    thread::sleep(Duration::from_millis(200));
    let other = child.off().monotonic;
    assert!(other - one >= 2 * SECOND, "{one} {other}");
    skew.set_monotonic(Rate::TRUE, Duration::ZERO).expect("the child runs");
    let kept = child.off().monotonic;
    assert!(kept >= other, "{other} {kept}");
    thread::sleep(Duration::from_millis(50));
    near(child.off().monotonic, kept, EXACT);
    skew.set_monotonic(rate(0.01), Duration::ZERO).expect("the child runs");
    thread::sleep(Duration::from_millis(200));
    assert!(child.off().monotonic < kept - SECOND / 5, "it did not fall behind");
    assert_eq!(child.off().steps_back, 0);
}

#[test]
fn the_monotonic_clock_never_steps_back_whatever_is_done_to_it() {
    let child = Child::start("3");
    let mut skew = child.attach();
    for round in 0..60_u32 {
        let rate = rate([10.0, 0.01, 1.0, 1_000.0, 0.001, 3.0][round as usize % 6]);
        let jump = Duration::from_millis(u64::from(round % 3));
        skew.set_monotonic(rate, jump).expect("the child runs");
        skew.set_wall(ahead(i64::from(round % 7) - 3)).expect("the child runs");
        thread::sleep(Duration::from_millis(u64::from(round % 4)));
    }
    skew.set_monotonic(Rate::TRUE, Duration::ZERO).expect("the child runs");
    assert_eq!(child.off().steps_back, 0);
}

#[test]
fn a_second_attachment_goes_on_where_the_first_one_was() {
    let child = Child::start("2");
    let mut skew = child.attach();
    skew.set_wall(ahead(100)).expect("the child runs");
    skew.set_monotonic(Rate::TRUE, Duration::from_secs(7)).expect("the child runs");
    drop(skew);
    near(child.off().wall, 100 * SECOND, EXACT);
    let mut skew = child.attach();
    near(child.off().wall, 100 * SECOND, EXACT);
    skew.set_monotonic(Rate::TRUE, Duration::from_secs(3)).expect("the child runs");
    skew.set_wall(Wall::TRUE).expect("the child runs");
    let off = child.off();
    near(off.monotonic, 10 * SECOND, EXACT);
    near(off.wall, 0, EXACT);
    assert_eq!(off.steps_back, 0);
}

#[test]
fn children_of_the_process_inherit_its_clocks() {
    let child = Child::start("forked");
    let mut skew = child.attach();
    skew.set_wall(ahead(1_000)).expect("the child runs");
    near(child.off().wall, 1_000 * SECOND, EXACT);
}

#[test]
fn a_stopped_process_stays_stopped_and_has_its_clocks_moved() {
    let child = Child::start("2");
    child.process.stop_and_wait(LIMIT).expect("it can be paused");
    let mut skew = child.attach();
    skew.set_wall(ahead(50)).expect("the child is there");
    skew.set_monotonic(rate(0.5), Duration::ZERO).expect("the child is there");
    assert_eq!(stat(child.process.pid()).expect("it is there")[0], "T");
    child.process.resume().expect("it is there");
    near(child.off().wall, 50 * SECOND, EXACT);
}

#[test]
fn threads_are_patched_while_they_read_their_clocks() {
    // Each attachment stops three threads that do nothing but read.
    for _ in 0..3 {
        let child = Child::start("3");
        child.attach().set_wall(ahead(2)).expect("the child runs");
        near(child.off().wall, 2 * SECOND, EXACT);
        assert_eq!(child.process.try_wait().expect("it is our child"), None);
    }
}

#[test]
fn a_process_that_has_ended_is_said_to_have() {
    let child = Child::start("0");
    let mut skew = child.attach();
    child.process.kill_and_wait(LIMIT).expect("it can be killed");
    let pid = child.process.pid();
    let error = skew.set_wall(ahead(1)).expect_err("it has ended");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.to_string(), format!("process {pid} has ended"));
    let error = skew.set_monotonic(rate(0.5), Duration::ZERO).expect_err("it has ended");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = Skew::attach(pid).expect_err("it has ended");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}

#[test]
fn an_ordinary_user_moves_the_clocks_of_a_child_and_of_nobody_else() {
    let name = "clocks::an_ordinary_user_moves_the_clocks_of_a_child_and_of_nobody_else";
    crate::support::as_user(name, User::Ordinary, || {
        stormglass_linux::vdso::probe().expect("a child's clocks can be moved");
        // The first process is root's, but in some containers.
        let owner = |pid: &str| fs::metadata(format!("/proc/{pid}")).expect("/proc").uid();
        if owner("1") == owner("self") {
            return;
        }
        let error = Skew::attach(1).expect_err("it is no child of ours");
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        assert!(error.to_string().contains("child of this program"), "{error}");
    });
}

#[test]
fn clocks_are_moved_in_isolation_as_an_ordinary_user() {
    let name = "clocks::clocks_are_moved_in_isolation_as_an_ordinary_user";
    in_isolation(name, User::Ordinary, || {
        stormglass_linux::vdso::probe().expect("a child's clocks can be moved");
    });
}
