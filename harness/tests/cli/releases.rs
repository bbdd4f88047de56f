//! `etcd`: releases, without a network.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::Home;

#[test]
fn the_path_of_what_is_not_there_says_how_to_get_it() {
    let home = Home::new();
    let ran = home.run(&["etcd", "path", "3.5.99"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.is_empty() && ran.stderr.contains("stormglass etcd install 3.5.99"));
}

#[test]
fn what_is_no_version_is_a_usage_error() {
    let home = Home::new();
    for words in [["etcd", "path", "latest"], ["etcd", "install", "3.5"]] {
        let ran = home.run(&words);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("major.minor.patch"), "{ran:?}");
    }
}

#[test]
fn a_wrong_word_keeps_everything_from_being_installed() {
    let home = Home::new();
    let ran = home.run(&["etcd", "install", "3.5.99", "newest", "--offline"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(!ran.stderr.contains("3.5.99"), "{ran:?}");
}

#[test]
fn offline_fetches_nothing_and_names_every_release_that_is_missing() {
    let home = Home::new();
    let ran = home.run(&["etcd", "install", "3.5.98", "3.5.99", "--offline"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.is_empty(), "{ran:?}");
    assert!(ran.stderr.contains("3.5.98") && ran.stderr.contains("3.5.99"), "{ran:?}");
}

#[test]
fn a_template_without_a_version_is_a_usage_error() {
    let home = Home::new();
    let mut command = home.command(&["etcd", "install", "3.6.5"]);
    let output = command.env("STORMGLASS_ETCD_URL", "/mirror/etcd.tar.gz").output();
    assert_eq!(output.expect("the binary runs").status.code(), Some(2));
}

#[test]
fn releases_that_are_there_are_found_and_listed() {
    let home = Home::new();
    let listed = home.json(&["etcd", "list"]);
    let rows = listed.as_array().expect("a list");
    assert!(rows.iter().any(|row| row["version"] == "3.5.16" && row["installed"] == false));
    let ran = home.run(&["etcd", "list"]);
    assert!(ran.stdout.lines().any(|line| line.starts_with("3.5.1  ") && line.contains("no")));

    // An etcd on the search path is taken as it is; this one only tells its version.
    let folder = home.path().join("bin");
    fs::create_dir(&folder).expect("a folder");
    let etcd = folder.join("etcd");
    fs::write(&etcd, "#!/bin/sh\necho 'etcd Version: 3.5.77'\n").expect("written");
    fs::set_permissions(&etcd, fs::Permissions::from_mode(0o755)).expect("executable");
    for words in [&["etcd", "path", "3.5.77"][..], &["etcd", "install", "3.5.77", "--offline"]] {
        let mut command = home.command(words);
        let output = command.env("PATH", format!("{}:/usr/bin:/bin", folder.display())).output();
        let output = output.expect("the binary runs");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let told = String::from_utf8(output.stdout).expect("text");
        assert!(told.contains(&etcd.display().to_string()), "{told}");
    }
}
