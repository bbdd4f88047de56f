//! What a disk keeps and what it loses when power fails, as its users see it.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use crate::support::{User, fuse_device, in_isolation};
use stormglass_linux::disk::{Disk, Faults, Leftover, Loss, Lost, Places, leftovers, seen_by};

const SECTOR: usize = 512;

/// A disk on a folder of its own.
pub(crate) struct Bench {
    pub(crate) disk: Disk,
    folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::named(None)
    }

    /// One that is listed by a name.
    fn named(name: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder is to be had");
        let place = |place: &str| {
            let path = folder.path().join(place);
            fs::create_dir(&path).expect("the folder is ours");
            path
        };
        let places = Places {
            device: fuse_device(),
            files: place("files"),
            removed: place("removed"),
            mountpoint: place("disk"),
            name: name.map(ToOwned::to_owned),
        };
        let disk = Disk::mount(&places, 1).expect("a disk can be mounted");
        Self { disk, folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.disk.mountpoint().join(name)
    }

    pub(crate) fn create(&self, name: &str, bytes: &[u8]) -> File {
        let mut file = File::create_new(self.path(name)).expect("the disk takes a file");
        file.write_all(bytes).expect("the disk takes bytes");
        file
    }

    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.path(name)).ok()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.disk.mountpoint()).expect("the disk lists its files");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("our own names");
        let mut names: Vec<String> = entries.flatten().map(name).collect();
        names.sort();
        names
    }

    pub(crate) fn fail(&self, loss: Loss, seed: u64) -> Lost {
        self.disk.power_failure(loss, seed).expect("the disk can be set back")
    }
}

fn synced_stays_and_the_rest_goes() {
    let bench = Bench::new();
    let mut file = bench.create("log", b"durable");
    file.sync_data().expect("synced");
    file.write_all(b", not durable").expect("written");
    file.seek(SeekFrom::Start(0)).expect("sought");
    file.write_all(b"DURABLE").expect("written");
    assert_eq!(bench.read("log").as_deref(), Some(&b"DURABLE, not durable"[..]));
    assert_eq!(bench.disk.counters().unsynced, 2);
    drop(file);
    assert_eq!(bench.fail(Loss::All, 0), Lost { operations: 2, bytes: 20 });
    assert_eq!(bench.read("log").as_deref(), Some(&b"durable"[..]));
    assert_eq!(bench.fail(Loss::All, 0), Lost::default(), "nothing is lost twice");
}

#[test]
fn what_is_not_synced_is_lost() {
    in_isolation("disk::what_is_not_synced_is_lost", User::Ordinary, || {
        synced_stays_and_the_rest_goes();
    });
}

#[test]
fn what_is_not_synced_is_lost_to_whoever_runs_the_tests() {
    let test = "disk::what_is_not_synced_is_lost_to_whoever_runs_the_tests";
    in_isolation(test, User::Caller, synced_stays_and_the_rest_goes);
}

#[test]
fn a_sync_makes_every_earlier_name_durable_and_no_other_data() {
    let test = "disk::a_sync_makes_every_earlier_name_durable_and_no_other_data";
    in_isolation(test, User::Ordinary, || {
        let bench = Bench::new();
        fs::create_dir(bench.path("wal.tmp")).expect("made");
        bench.create("wal.tmp/0", b"entries").sync_all().expect("synced");
        fs::rename(bench.path("wal.tmp"), bench.path("wal")).expect("renamed");
        bench.create("other", b"bytes");
        // No directory is ever synced, and the rename is as durable as on ext4.
        let file = bench.create("last", b"x");
        file.sync_all().expect("synced");
        bench.create("too late", b"");
        bench.fail(Loss::All, 0);
        assert_eq!(bench.names(), ["last", "other", "wal"]);
        assert_eq!(bench.read("wal/0").as_deref(), Some(&b"entries"[..]));
        assert_eq!(bench.read("other").as_deref(), Some(&b""[..]), "its data was not synced");
    });
}

#[test]
fn names_come_back_when_their_change_is_lost() {
    in_isolation("disk::names_come_back_when_their_change_is_lost", User::Ordinary, || {
        let bench = Bench::new();
        for (name, bytes) in [("old", b"old"), ("target", b"tgt"), ("gone", b"bye")] {
            bench.create(name, bytes).sync_all().expect("synced");
        }
        fs::create_dir(bench.path("empty")).expect("made");
        File::open(bench.path("empty")).and_then(|folder| folder.sync_all()).expect("synced");
        fs::rename(bench.path("old"), bench.path("target")).expect("renamed");
        fs::remove_file(bench.path("gone")).expect("removed");
        fs::remove_dir(bench.path("empty")).expect("removed");
        bench.create("gone", b"another of that name");
        fs::create_dir(bench.path("new")).expect("made");
        bench.create("new/file", b"x");
        assert_eq!(bench.names(), ["gone", "new", "target"]);
        bench.fail(Loss::All, 0);
        assert_eq!(bench.names(), ["empty", "gone", "old", "target"]);
        for (name, bytes) in [("old", b"old"), ("target", b"tgt"), ("gone", b"bye")] {
            assert_eq!(bench.read(name).as_deref(), Some(&bytes[..]));
        }
        let kept = fs::read_dir(bench.folder.path().join("removed")).expect("listed").count();
        assert_eq!(kept, 0, "nothing is kept aside any more");
    });
}

#[test]
fn an_open_file_outlives_its_name() {
    in_isolation("disk::an_open_file_outlives_its_name", User::Ordinary, || {
        let bench = Bench::new();
        let mut old = bench.create("db", b"old");
        old.sync_all().expect("synced");
        let new = bench.create("snap.db", b"new bytes");
        fs::rename(bench.path("snap.db"), bench.path("db")).expect("renamed");
        // Durable: no power failure brings the old one back.
        new.sync_all().expect("synced");
        // What the kernel remembers of it, it has forgotten.
        std::thread::sleep(std::time::Duration::from_millis(1_200));
        old.write_all(b" and more").expect("an open file takes bytes");
        assert_eq!(old.metadata().expect("an open file has attributes").len(), 12);
        old.sync_all().expect("and syncs");
        assert_eq!(bench.read("db").as_deref(), Some(&b"new bytes"[..]));
    });
}

#[test]
fn sizes_come_back_with_what_was_cut_off() {
    in_isolation("disk::sizes_come_back_with_what_was_cut_off", User::Ordinary, || {
        let bench = Bench::new();
        let file = bench.create("log", b"0123456789");
        file.sync_all().expect("synced");
        file.set_len(4).expect("cut");
        // SAFETY: the descriptor is open, and the call takes no pointers.
        let grown = unsafe { libc::fallocate(file.as_raw_fd(), 0, 0, 1 << 20) };
        assert_eq!(grown, 0);
        assert_eq!(file.metadata().expect("known").len(), 1 << 20);
        drop(file);
        assert_eq!(bench.fail(Loss::All, 0).operations, 2);
        assert_eq!(bench.read("log").as_deref(), Some(&b"0123456789"[..]));
    });
}

#[test]
fn a_prefix_of_the_operations_survives() {
    in_isolation("disk::a_prefix_of_the_operations_survives", User::Ordinary, || {
        let mut lengths = Vec::new();
        for seed in 0..8 {
            let bench = Bench::new();
            let mut file = bench.create("log", b"");
            file.sync_all().expect("synced");
            for digit in b"0123456789" {
                file.write_all(&[*digit]).expect("written");
            }
            drop(file);
            bench.fail(Loss::Prefix, seed);
            let left = bench.read("log").expect("it was synced");
            assert!(b"0123456789".starts_with(&left), "{left:?}");
            lengths.push(left.len());
        }
        assert!(lengths.iter().any(|length| *length > 0), "{lengths:?}");
        assert!(lengths.iter().all(|length| *length < 10), "something is always lost");
        lengths.dedup();
        assert!(lengths.len() > 2, "{lengths:?}");
    });
}

/// What is left of `before` when 64 sectors of `after` are torn, with what was lost.
fn torn(seed: u64) -> (Vec<u8>, Lost) {
    let bench = Bench::new();
    let mut file = bench.create("pages", &vec![b'o'; 64 * SECTOR]);
    file.sync_all().expect("synced");
    file.seek(SeekFrom::Start(0)).expect("sought");
    file.write_all(&vec![b'1'; 64 * SECTOR]).expect("written");
    // In two steps, the border within a sector.
    file.seek(SeekFrom::Start(100)).expect("sought");
    file.write_all(&vec![b'2'; 63 * SECTOR]).expect("written");
    drop(file);
    let lost = bench.fail(Loss::Torn, seed);
    (bench.read("pages").expect("it was synced"), lost)
}

#[test]
fn a_torn_write_survives_by_whole_sectors_of_one_time() {
    in_isolation(
        "disk::a_torn_write_survives_by_whole_sectors_of_one_time",
        User::Ordinary,
        || {
            let (left, lost) = torn(7);
            let mut kinds = [0; 3];
            for (number, sector) in left.chunks(SECTOR).enumerate() {
                let first = [&[b'1'; 100][..], &[b'2'; SECTOR - 100]].concat();
                let end = [&[b'2'; 100][..], &[b'1'; SECTOR - 100]].concat();
                let second = match number {
                    0 => &first[..],
                    63 => &end[..],
                    _ => &[b'2'; SECTOR],
                };
                let times = [&[b'o'; SECTOR][..], &[b'1'; SECTOR], second];
                let time = times.iter().position(|time| *time == sector);
                kinds[time.unwrap_or_else(|| panic!("sector {number} is of no time"))] += 1;
            }
            assert!(kinds.iter().all(|count| *count > 8), "{kinds:?}");
            assert!(lost.operations == 2 && lost.bytes > 0, "{lost:?}");
            assert_eq!(torn(7), (left.clone(), lost), "the seed decides");
            assert_ne!(torn(8).0, left);
        },
    );
}

#[test]
fn a_shared_memory_map_sees_writes() {
    in_isolation("disk::a_shared_memory_map_sees_writes", User::Ordinary, || {
        let bench = Bench::new();
        let mut file = bench.create("db", &[b'a'; 4096]);
        let mapped = OpenOptions::new().read(true).open(bench.path("db")).expect("opened");
        // SAFETY: a fresh mapping of one page of a file that long; null lets the kernel choose.
        let page = unsafe {
            let shared = libc::MAP_SHARED;
            libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ, shared, mapped.as_raw_fd(), 0)
        };
        assert_ne!(page, libc::MAP_FAILED);
        // SAFETY: the mapping is one page, readable, and never unmapped.
        let first = || unsafe { page.cast::<u8>().read_volatile() };
        assert_eq!(first(), b'a');
        file.seek(SeekFrom::Start(0)).expect("sought");
        file.write_all(b"b").expect("written");
        assert_eq!(first(), b'b');
    });
}

#[test]
fn a_directory_lists_every_file_once_while_others_come_and_go() {
    let test = "disk::a_directory_lists_every_file_once_while_others_come_and_go";
    in_isolation(test, User::Ordinary, || {
        let bench = Bench::new();
        let stay: Vec<String> = (0..300).map(|number| format!("stays-{number:03}")).collect();
        for name in &stay {
            bench.create(name, b"");
        }
        bench.create("goes", b"");
        let mut entries = fs::read_dir(bench.disk.mountpoint()).expect("listed");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("our own names");
        let mut seen: Vec<String> = entries.next().into_iter().flatten().map(name).collect();
        // After each part of the list that the kernel asks for.
        for (number, entry) in entries.flatten().enumerate() {
            seen.push(name(entry));
            bench.create(&format!("comes-{number}"), b"");
            let _ = fs::remove_file(bench.path("goes"));
        }
        seen.retain(|name| name.starts_with("stays"));
        seen.sort();
        assert_eq!(seen, stay);
    });
}

#[test]
fn a_disk_that_is_dropped_leaves_its_files() {
    in_isolation("disk::a_disk_that_is_dropped_leaves_its_files", User::Ordinary, || {
        let bench = Bench::new();
        bench.create("file", b"x").sync_all().expect("synced");
        let mut open = File::open(bench.path("file")).expect("opened");
        let Bench { disk, folder } = bench;
        drop(disk);
        let names = |name: &str| fs::read_dir(folder.path().join(name)).expect("listed").count();
        assert_eq!((names("disk"), names("files")), (0, 1));
        let mut read = String::new();
        open.read_to_string(&mut read).expect("what is open still works");
        assert_eq!(read, "x");
    });
}

#[test]
fn a_lying_disk_loses_what_it_said_was_synced() {
    in_isolation("disk::a_lying_disk_loses_what_it_said_was_synced", User::Ordinary, || {
        let bench = Bench::new();
        let mut file = bench.create("log", b"true");
        file.sync_all().expect("synced");
        bench.disk.set(Faults { lies: true, ..Faults::default() });
        file.write_all(b", false").expect("written");
        file.sync_all().expect("it says so");
        drop(file);
        assert_eq!(bench.disk.counters().syncs_lied, 1);
        bench.fail(Loss::All, 0);
        assert_eq!(bench.read("log").as_deref(), Some(&b"true"[..]));
    });
}

#[test]
fn files_may_be_changed_behind_the_disks_back() {
    in_isolation("disk::files_may_be_changed_behind_the_disks_back", User::Ordinary, || {
        let bench = Bench::new();
        fs::create_dir(bench.path("wal")).expect("made");
        bench.create("wal/0", b"old");
        bench.create("gone", b"bye");
        assert!(bench.disk.counters().unsynced > 0);
        bench
            .disk
            .with_files(|files| {
                fs::write(files.join("wal/0"), b"and newer")?;
                fs::remove_file(files.join("gone"))?;
                fs::write(files.join("came"), b"hello")
            })
            .expect("worked on");
        let seen = || {
            assert_eq!(bench.names(), ["came", "wal"]);
            assert_eq!(bench.read("wal/0").as_deref(), Some(&b"and newer"[..]));
            assert_eq!(bench.read("gone"), None);
            assert_eq!(bench.read("came").as_deref(), Some(&b"hello"[..]));
        };
        seen();
        assert_eq!(bench.fail(Loss::All, 0), Lost::default(), "all of that is durable");
        seen();
    });
}

#[test]
fn one_with_a_name_is_listed_until_it_is_unmounted() {
    in_isolation("disk::one_with_a_name_is_listed_until_it_is_unmounted", User::Ordinary, || {
        let name = "stormglass-test-7";
        let bench = Bench::named(Some(name));
        let mountpoint = bench.disk.mountpoint().to_owned();
        let seen = || seen_by(std::process::id(), &mountpoint, name).expect("listed");
        assert!(seen());
        let listed = leftovers("stormglass-test-").expect("listed");
        assert_eq!(listed, [Leftover { name: name.to_owned(), mountpoint: mountpoint.clone() }]);
        assert!(!listed[0].is_dead(), "it is served");
        bench.disk.unmount().expect("it is there");
        bench.disk.unmount().expect("twice is once");
        assert!(!seen() && leftovers("stormglass-test-").expect("listed").is_empty());
    });
}
