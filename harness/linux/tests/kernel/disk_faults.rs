//! Slow, full and failing disks, as programs see them.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::thread;
use std::time::{Duration, Instant};

use crate::disk::Bench;
use crate::support::{User, in_isolation, wait_until};
use stormglass_linux::disk::{Errors, Faults, Loss};
use stormglass_linux::process::{Exit, Launch, Signal, Spawner};

const LIMIT: Duration = Duration::from_secs(10);

#[expect(clippy::disallowed_methods, reason = "a test measures how long something takes")]
fn took(what: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    what();
    begun.elapsed()
}

fn slow(milliseconds: u64) -> Faults {
    Faults { sync_delay: Duration::from_millis(milliseconds), ..Faults::default() }
}

#[test]
fn a_slow_disk_delays_syncs_and_nothing_else() {
    in_isolation("disk_faults::a_slow_disk_delays_syncs_and_nothing_else", User::Ordinary, || {
        let bench = Bench::new();
        let file = bench.create("log", b"x");
        bench.disk.set(slow(200));
        let waited = took(|| {
            thread::scope(|scope| {
                let sync = scope.spawn(|| file.sync_all().expect("synced"));
                let asked_for = || bench.disk.counters().syncs_delayed == 1;
                assert!(wait_until(LIMIT, asked_for).is_some());
                let others = took(|| drop(bench.create("other", b"y")));
                assert!(others < Duration::from_millis(150), "{others:?}");
                sync.join().expect("it does not panic");
            });
        });
        assert!(waited >= Duration::from_millis(200), "{waited:?}");
        assert_eq!(bench.disk.counters().syncs_delayed, 1);
        bench.fail(Loss::All, 0);
        assert_eq!(bench.read("log").as_deref(), Some(&b"x"[..]), "late, and still durable");
        assert_eq!(bench.read("other"), None, "it was made after the sync was asked for");
    });
}

#[test]
fn waiting_syncs_are_carried_out_when_the_disk_is_fast_again() {
    let test = "disk_faults::waiting_syncs_are_carried_out_when_the_disk_is_fast_again";
    in_isolation(test, User::Ordinary, || {
        let bench = Bench::new();
        let file = bench.create("log", b"x");
        bench.disk.set(slow(60_000));
        thread::scope(|scope| {
            let sync = scope.spawn(|| file.sync_all());
            let counters = || bench.disk.counters();
            assert!(wait_until(LIMIT, || counters().syncs_delayed == 1).is_some());
            assert!(!sync.is_finished());
            bench.disk.set(Faults::default());
            sync.join().expect("it does not panic").expect("synced");
        });
        assert_eq!(bench.disk.counters().unsynced, 0);
    });
}

#[test]
fn a_killed_process_does_not_wait_for_its_sync() {
    in_isolation(
        "disk_faults::a_killed_process_does_not_wait_for_its_sync",
        User::Ordinary,
        || {
            let bench = Bench::new();
            bench.create("log", b"durable").sync_all().expect("synced");
            bench.disk.set(slow(60_000));
            let script = format!("cd {}; echo more >> log; sync log", bench.path("").display());
            let launch = Launch::silent("sh").expect("/dev/null is there").args(["-c", &script]);
            let spawner = Spawner::start().expect("a thread is to be had");
            let process = spawner.spawn(launch).expect("sh can be started");
            let delayed = || bench.disk.counters().syncs_delayed == 1;
            assert!(wait_until(LIMIT, delayed).is_some());
            process.signal(Signal::Kill).expect("it is our child");
            let released = bench.disk.release();
            let exit = process.wait_timeout(LIMIT).expect("it is our child");
            assert_eq!(exit, Some(Exit::Signal(libc::SIGKILL)));
            drop(released);
            bench.fail(Loss::All, 0);
            assert_eq!(bench.read("log").as_deref(), Some(&b"durable"[..]));
        },
    );
}

#[test]
fn a_full_disk_takes_nothing_and_syncs_what_it_has() {
    let test = "disk_faults::a_full_disk_takes_nothing_and_syncs_what_it_has";
    in_isolation(test, User::Ordinary, || {
        let bench = Bench::new();
        let mut file = bench.create("log", b"x");
        bench.disk.set(Faults { full: true, ..Faults::default() });
        let refused = [
            file.write_all(b"y").expect_err("full"),
            file.set_len(100).expect_err("full"),
            File::create_new(bench.path("other")).expect_err("full"),
            std::fs::create_dir(bench.path("folder")).expect_err("full"),
        ];
        for error in &refused {
            assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
        }
        assert_eq!(bench.disk.counters().refused_full, refused.len() as u64);
        file.sync_all().expect("that needs no room");
        bench.disk.set(Faults::default());
        file.write_all(b"y").expect("there is room again");
        assert_eq!(bench.read("log").as_deref(), Some(&b"xy"[..]));
    });
}

#[test]
fn errors_hit_what_they_are_told_to() {
    in_isolation("disk_faults::errors_hit_what_they_are_told_to", User::Ordinary, || {
        let bench = Bench::new();
        let mut file = bench.create("log", b"x");
        bench.disk.set(Faults { sync_errors: Errors::Next(1), ..Faults::default() });
        file.write_all(b"y").expect("only syncs fail");
        let error = file.sync_data().expect_err("the next sync fails");
        assert_eq!(error.raw_os_error(), Some(libc::EIO));
        file.sync_data().expect("one error was asked for");
        bench.disk.set(Faults { write_errors: Errors::All, ..Faults::default() });
        for _ in 0..2 {
            let error = file.write_all(b"z").expect_err("every write fails");
            assert_eq!(error.raw_os_error(), Some(libc::EIO));
        }
        file.sync_data().expect("only writes fail");
        assert_eq!(bench.disk.counters().failed, 3);
    });
}
