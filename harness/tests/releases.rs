//! Finding and installing etcd releases: real binaries, a local file server, the real package
//! clients. Only `the_catalogue_is_obtainable` and the binary that the others serve need a
//! network, and only until the shared cache has them. No test reaches the upstream project.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use std::{env, fs, thread};

use stormglass::releases::{
    CACHE_VARIABLE, Catalog, InstallOptions, Progress, Release, ReleaseError, Silent, Source,
    Store, Version, VersionRequest,
};
use tempfile::TempDir;

#[path = "releases/mirror.rs"]
mod mirror;
use mirror::Mirror;

const SERVED: Version = Version::new(3, 5, 1);

/// The cache that all tests of a build share, so that releases are fetched once.
fn shared_store() -> Store {
    let own = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("releases");
    let folder = env::var_os(CACHE_VARIABLE).map_or(own, PathBuf::from);
    Store::open(Some(&folder)).expect("the shared cache")
}

/// A release of the catalogue from the package clients, and from nowhere else: the template
/// names a folder where nothing is, which also keeps the upstream project out of it.
fn from_packages(version: Version) -> Release {
    let nowhere = tempfile::tempdir().expect("a folder");
    let template = nowhere.path().join("{version}.tar.gz").display().to_string();
    let mut progress = Steps::default();
    let installed = shared_store().install(&version.into(), options(&template, &mut progress));
    installed.unwrap_or_else(|error| panic!("{error}; steps: {:?}", progress.0))
}

/// The binary that the mirrors serve.
fn served_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| from_packages(SERVED).etcd)
}

/// A cache of a test's own, and nothing on the search path: no etcd, no pip, no apt-get.
fn empty_store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(Some(folder.path())).expect("a store").with_search_path("");
    (folder, store)
}

fn options<'a>(template: &str, progress: &'a mut dyn Progress) -> InstallOptions<'a> {
    InstallOptions {
        offline: false,
        url_template: Some(template.to_owned()),
        patience: Duration::from_secs(600),
        progress,
    }
}

fn offline(progress: &mut dyn Progress) -> InstallOptions<'_> {
    InstallOptions { offline: true, ..options("", progress) }
}

/// Collects the steps.
#[derive(Default)]
struct Steps(Vec<String>);

impl Progress for Steps {
    fn step(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }

    fn bytes(&mut self, done: u64, total: Option<u64>) {
        assert!(total.is_none_or(|total| done <= total), "{done} of {total:?} bytes");
    }
}

/// Nothing is installed and nothing lies about but locks and partial downloads.
fn assert_nothing_installed(store: &Store) {
    assert!(matches!(store.verify(SERVED), Err(ReleaseError::NotInstalled { .. })));
    assert!(!store.path(SERVED).exists(), "{SERVED} is in the cache");
    assert!(store.list().iter().all(|listing| listing.installed.is_none()));
    assert_no_workshop(store);
}

fn assert_no_workshop(store: &Store) {
    let folder = store.path(SERVED).parent().expect("the folder of releases").to_owned();
    for entry in fs::read_dir(folder).expect("listing") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        assert!(!name.starts_with(".building-"), "{name} was left behind");
    }
}

#[test]
fn the_catalogue_is_obtainable() {
    for entry in Catalog::all() {
        let release = from_packages(entry.version);
        match &release.note {
            None => assert_eq!(release.version, entry.version),
            Some(note) => {
                assert!(release.version > entry.version, "{note}");
                assert!(note.contains(&entry.version.to_string()), "{note}");
            }
        }
        assert_eq!(release.requested, entry.version.into());
        assert!(release.etcdctl.is_some(), "{} came without etcdctl", release.version);
        shared_store().verify(release.version).unwrap_or_else(|error| panic!("{error}"));
        let again = shared_store().find(&VersionRequest::Path(release.etcd));
        assert_eq!(again.expect("it runs").expect("it is there").version, release.version);
    }
}

#[test]
fn a_release_archive_is_installed_once() {
    let mirror = Mirror::of(SERVED, served_binary());
    let (_folder, store) = empty_store();
    let mut steps = Steps::default();
    let release =
        store.install(&SERVED.into(), options(&mirror.template(), &mut steps)).expect("installed");
    assert_eq!((release.version, release.note.as_deref()), (SERVED, None));
    assert!(matches!(&release.source, Source::Archive { address } if address.contains("3.5.1")));
    assert_eq!(release.etcdctl, None, "the archive has none");
    store.verify(SERVED).expect("whole");
    assert_no_workshop(&store);
    assert!(steps.0.iter().any(|step| step.starts_with("fetching http://")), "{:?}", steps.0);

    let requests = mirror.requests().len();
    assert_eq!(store.install(&SERVED.into(), offline(&mut Silent)).expect("cached"), release);
    assert_eq!(store.find(&SERVED.into()).expect("looked"), Some(release.clone()));
    assert_eq!(mirror.requests().len(), requests, "the cache was not used");
    let listed = store.list();
    let listing = listed.iter().find(|listing| listing.version == SERVED).expect("listed");
    assert_eq!(listing.installed.as_ref(), Some(&release));
}

#[test]
fn a_folder_of_archives_will_do() {
    let mirror = Mirror::of(SERVED, served_binary());
    for template in [mirror.folder_template(), format!("file://{}", mirror.folder_template())] {
        let (_folder, store) = empty_store();
        let release =
            store.install(&SERVED.into(), options(&template, &mut Silent)).expect("installed");
        assert_eq!(release.version, SERVED, "{template}");
    }
}

#[test]
fn a_wrong_checksum_is_refused() {
    let mirror = Mirror::of(SERVED, served_binary());
    mirror.damage_archive();
    let (_folder, store) = empty_store();
    for template in [mirror.template(), mirror.folder_template()] {
        let error = store
            .install(&SERVED.into(), options(&template, &mut Silent))
            .expect_err("the checksum differs");
        assert!(matches!(error, ReleaseError::ChecksumMismatch { .. }), "{error}");
        assert!(error.to_string().contains("nothing was installed"), "{error}");
        assert_nothing_installed(&store);
    }
    mirror.repair_archive();
    store.install(&SERVED.into(), options(&mirror.template(), &mut Silent)).expect("repaired");
    store.verify(SERVED).expect("whole");
}

#[test]
fn an_archive_without_a_checksum_is_refused() {
    let mirror = Mirror::of(SERVED, served_binary());
    mirror.write_checksums("");
    let (_folder, store) = empty_store();
    let error = store
        .install(&SERVED.into(), options(&mirror.template(), &mut Silent))
        .expect_err("no checksum");
    assert!(matches!(error, ReleaseError::ChecksumMissing { .. }), "{error}");
    assert_nothing_installed(&store);
}

#[test]
fn an_archive_of_another_release_is_refused() {
    let mirror = Mirror::of(Version::new(3, 5, 2), served_binary());
    let (_folder, store) = empty_store();
    let wanted = Version::new(3, 5, 2);
    let error = store
        .install(&wanted.into(), options(&mirror.template(), &mut Silent))
        .expect_err("the archive holds 3.5.1");
    assert!(error.to_string().contains("it gave etcd 3.5.1"), "{error}");
    assert!(!store.path(wanted).exists());
    assert_nothing_installed(&store);
}

#[test]
fn a_download_that_breaks_off_is_gone_on_with() {
    let mirror = Mirror::of(SERVED, served_binary());
    mirror.cut_next_archives(1);
    let (_folder, store) = empty_store();
    let mut steps = Steps::default();
    store.install(&SERVED.into(), options(&mirror.template(), &mut steps)).expect("installed");
    assert!(steps.0.iter().any(|step| step.contains("broke off")), "{:?}", steps.0);
    let ranges = mirror.archive_ranges();
    assert_eq!(ranges.len(), 2, "{ranges:?}");
    assert!(ranges[0] == 0 && ranges[1] > 0, "the second try began afresh: {ranges:?}");
    store.verify(SERVED).expect("whole");
}

#[test]
fn an_installation_that_failed_is_repeated_safely() {
    let mirror = Mirror::of(SERVED, served_binary());
    mirror.cut_next_archives(usize::MAX);
    let (_folder, store) = empty_store();
    let error = store
        .install(&SERVED.into(), options(&mirror.template(), &mut Silent))
        .expect_err("every transfer breaks off");
    assert!(matches!(error, ReleaseError::NotObtainable { .. }), "{error}");
    assert!(error.to_string().contains("broke off 4 times"), "{error}");
    assert_nothing_installed(&store);

    mirror.cut_next_archives(0);
    let before = mirror.archive_ranges().len();
    store.install(&SERVED.into(), options(&mirror.template(), &mut Silent)).expect("installed");
    assert!(mirror.archive_ranges()[before] > 0, "what was there was fetched again");
    store.verify(SERVED).expect("whole");
}

#[test]
fn the_remains_of_another_file_do_no_harm() {
    let mirror = Mirror::of(SERVED, served_binary());
    let (folder, store) = empty_store();
    let partials = folder.path().join("etcd/.partial");
    fs::create_dir_all(&partials).expect("a folder");
    fs::write(partials.join(mirror.archive_name() + ".part"), "remains").expect("written");
    let dead = folder.path().join("etcd/.building-3.5.1-killed/programs");
    fs::create_dir_all(&dead).expect("a folder");
    fs::write(dead.join("etcd"), "half a binary").expect("written");
    store.install(&SERVED.into(), options(&mirror.template(), &mut Silent)).expect("installed");
    store.verify(SERVED).expect("whole");
    assert_no_workshop(&store);
}

#[test]
fn installations_at_once_do_the_work_once() {
    let mirror = Mirror::of(SERVED, served_binary());
    let (_folder, store) = empty_store();
    let releases: Vec<Release> = thread::scope(|scope| {
        let install = || store.install(&SERVED.into(), options(&mirror.template(), &mut Silent));
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(install)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic").expect("installed"))
            .collect()
    });
    assert!(releases.iter().all(|release| *release == releases[0]), "{releases:?}");
    assert_eq!(mirror.archive_ranges(), [0], "the archive was fetched more than once");
    store.verify(SERVED).expect("whole");
    assert_no_workshop(&store);
}

#[test]
fn offline_refuses_in_one_sentence() {
    let mirror = Mirror::of(SERVED, served_binary());
    let (_folder, store) = empty_store();
    let refuse = |wanted: Version| {
        let (template, mut silent) = (mirror.template(), Silent);
        let options = InstallOptions { offline: true, ..options(&template, &mut silent) };
        store.install(&wanted.into(), options).expect_err("not there")
    };
    let error = refuse(Version::new(3, 6, 99));
    assert_eq!(
        error.to_string(),
        "etcd 3.6.99 is not in the cache and --offline forbids fetching it; \
         run `stormglass etcd install 3.6.99` with a network"
    );
    assert!(matches!(refuse(SERVED), ReleaseError::Offline { version: SERVED }));
    assert!(mirror.requests().is_empty(), "the network was used: {:?}", mirror.requests());
    assert_nothing_installed(&store);
}

#[test]
fn a_damaged_release_is_named_and_replaced() {
    let mirror = Mirror::of(SERVED, served_binary());
    let (_folder, store) = empty_store();
    let install = |offline| {
        let (template, mut silent) = (mirror.template(), Silent);
        let options = options(&template, &mut silent);
        store.install(&SERVED.into(), InstallOptions { offline, ..options }).map(drop)
    };
    install(false).expect("installed");
    fs::write(store.path(SERVED).join("etcd"), "half a binary").expect("damaged");
    assert_eq!(store.find(&SERVED.into()).expect("looked"), None);
    let error = install(true).expect_err("damaged").to_string();
    assert!(error.contains("is damaged (etcd has 13 bytes"), "{error}");
    install(false).expect("replaced");
    store.verify(SERVED).expect("whole");
    assert_no_workshop(&store);
}

#[test]
fn what_is_nowhere_names_each_place_that_was_tried() {
    let mirror = Mirror::of(SERVED, served_binary());
    let (_folder, store) = empty_store();
    let wanted = Version::new(3, 6, 99);
    let error = store
        .install(&wanted.into(), options(&mirror.template(), &mut Silent))
        .expect_err("nobody has it")
        .to_string();
    assert!(
        error.starts_with("etcd 3.6.99 could not be had (release archives: http://"),
        "{error}"
    );
    assert!(error.contains("etcd-v3.6.99-test.tar.gz is not there;"), "{error}");
    assert!(error.contains(" pip: python3 is not installed; apt-get: "), "{error}");
    assert_nothing_installed(&store);
}

#[test]
fn a_path_and_the_search_path_come_first() {
    let binary = served_binary();
    let (_folder, store) = empty_store();
    for path in [binary, binary.parent().expect("its folder")] {
        let request = VersionRequest::Path(path.to_owned());
        let release = store.install(&request, offline(&mut Silent)).expect("given");
        assert_eq!((release.version, &release.source), (SERVED, &Source::Given));
        assert_eq!(release.requested, request);
    }
    let request = VersionRequest::Path(PathBuf::from("/bin/true"));
    let error = store.find(&request).expect_err("not etcd").to_string();
    assert!(error.starts_with("/bin/true cannot be used as etcd"), "{error}");
    let request = VersionRequest::Path(PathBuf::from("/no/such/etcd"));
    assert!(matches!(store.find(&request), Err(ReleaseError::NotEtcd { .. })));

    let store = store.with_search_path(binary.parent().expect("its folder"));
    let release = store.install(&SERVED.into(), offline(&mut Silent)).expect("on the path");
    assert_eq!((release.etcd.as_path(), &release.source), (binary, &Source::SearchPath));
    let other = Version::new(3, 5, 2);
    assert_eq!(store.find(&other.into()).expect("looked"), None, "only the exact version counts");
}

/// A distribution that moved on, played by stand-ins for its package clients.
#[cfg(unix)]
#[test]
fn the_nearest_release_stands_in_and_is_named() {
    let (folder, store) = empty_store();
    let clients = mirror::package_clients_offering(folder.path(), &["3.5.15-1", "3.5.21-3"]);
    let store = store
        .with_search_path(format!("{}:/usr/bin:/bin", clients.display()))
        .with_apt_folder(folder.path().join("apt"));
    let nowhere = folder.path().join("nowhere/{version}.tar.gz").display().to_string();
    let wanted = Version::new(3, 5, 16);
    let release =
        store.install(&wanted.into(), options(&nowhere, &mut Silent)).expect("a stand-in");
    assert_eq!(release.version, Version::new(3, 5, 21));
    assert_eq!(release.requested, wanted.into());
    let note = release.note.as_deref().expect("a note");
    assert!(
        note.starts_with(
            "3.5.16 is no longer to be had here; 3.5.21, the nearest release with the same \
             fixes, was taken"
        ),
        "{note}"
    );
    let again = store.install(&wanted.into(), offline(&mut Silent)).expect("remembered");
    assert_eq!(again, release);

    fs::remove_dir_all(&clients).expect("the clients are gone");
    let again = store.install(&wanted.into(), options(&nowhere, &mut Silent)).expect("no network");
    assert_eq!(again, release);

    mirror::package_clients_offering(folder.path(), &["3.5.15-1", "3.5.21-3"]);
    let newest = Version::new(3, 5, 30);
    let error = store
        .install(&newest.into(), options(&nowhere, &mut Silent))
        .expect_err("nothing newer is offered");
    assert!(error.to_string().contains("sid offers 3.5.15, 3.5.21"), "{error}");
}
