//! A whole run as an ordinary user, faults of the network, of disks and of clocks included.

#[expect(dead_code, reason = "each test program uses a part of it")]
mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use stormglass_checkers::history::Body;
use support::{NOBODY, Said, events, is_root, place, run, stormglass};

const SCENARIO: &str = "schema = 1\nname = \"rootless\"\n[workload]\nclients = 4\nrate = 150\n\
    [[fault]]\nkind = \"isolate\"\ntarget = \"leader\"\nat = \"2s\"\nfor = \"2s\"\n\
    [[fault]]\nkind = \"kill\"\nat = \"6s\"\nfor = \"500ms\"\n\
    [[fault]]\nkind = \"clock-wall\"\nat = \"1s\"\nfor = \"2s\"\nparams = { jump = \"-1h\" }\n\
    [[fault]]\nkind = \"clock-mono\"\nat = \"9s\"\nfor = \"2s\"\nparams = { rate = \"3\" }\n\
    [[fault]]\nkind = \"power-failure\"\nat = \"13s\"\nfor = \"500ms\"\n\
    [check]\nsometimes = [\"fault:isolate\", \"fault:kill\", \"fault:power-failure\", \
    \"packets-dropped\", \"fault:clock-wall\", \"fault:clock-mono\"]\n\
    [limits]\nduration = \"17s\"\n\
    [[avoid]]\nreleases = \"*\"\ntriggers = [\"txn-range-revision\", \"watch-compacted-start\", \
    \"watch-future-start\", \"late-keepalive\"]\n";

/// A device that every user may open: where the system keeps its own for root, root makes
/// another node of it.
fn device(node: &Path, minor: &str, usual: &str) -> PathBuf {
    let mut make = Command::new("mknod");
    make.arg("--mode=0666").arg(node).args(["c", "10", minor]);
    if is_root() && make.status().is_ok_and(|status| status.success()) {
        return node.to_owned();
    }
    PathBuf::from(usual)
}

#[test]
fn an_ordinary_user_gets_every_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("opened");
    let at = |name: &str| folder.path().join(name);
    run(&["etcd", "install", "3.5.16"]).expect(0);
    let etcd = run(&["etcd", "path", "3.5.16"]).expect(0);
    place(Path::new(etcd.out.trim()), &at("etcd"));
    place(Path::new(stormglass().get_program()), &at("stormglass"));
    fs::write(at("rootless.toml"), SCENARIO).expect("written");
    let tun = device(&at("tun"), "200", "/dev/net/tun");
    let fuse = device(&at("fuse"), "229", "/dev/fuse");
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]);
        command.arg(at("stormglass"));
        command
    } else {
        Command::new(at("stormglass"))
    };
    let output = command
        .arg("run")
        .arg(at("rootless.toml"))
        .arg("--etcd")
        .arg(at("etcd"))
        .arg("--tun")
        .arg(tun)
        .arg("--fuse")
        .arg(fuse)
        .args(["--seed", "1", "--progress", "none", "--out"])
        .arg(at("run"))
        .env("STORMGLASS_CACHE", at("cache"))
        .env("HOME", folder.path())
        .output()
        .expect("the program starts");
    let said = Said::of(&output).expect(0);
    assert!(said.out.starts_with("✓ VALID"), "{}", said.out);
    let landed = events(&at("run")).into_iter().filter(|event| match &event.body {
        Body::FaultEnd(end) => end.landed.is_some() && end.error.is_none(),
        _ => false,
    });
    assert_eq!(landed.count(), 5, "every fault landed and healed");
}
