//! Why the kernel refused a step, read from what it tells in /proc.

use std::fs;
use std::io;

use super::{Failure, IsolationRefused, Step};

/// Explains a failure on this machine.
pub(crate) fn explain_here(failure: Failure, user_namespace: bool) -> IsolationRefused {
    explain(failure, user_namespace, &|path| fs::read_to_string(path).ok())
}

/// Explains a failure by the settings that `read` finds.
fn explain(
    failure: Failure,
    user_namespace: bool,
    read: &dyn Fn(&str) -> Option<String>,
) -> IsolationRefused {
    let attempt = match failure.step {
        Step::Unshare => "unshare",
        Step::MapIdentity => "writing /proc/self/uid_map",
        Step::PrivateMounts => "making mounts private",
        Step::Tun => "making a TUN interface",
        Step::FreshProc => "mounting a fresh /proc",
        Step::Tmpfs => "mounting a tmpfs",
        Step::Disk => "mounting a FUSE file system",
    };
    let error = io::Error::from_raw_os_error(failure.errno);
    let (reason, remedy) = setting(user_namespace, read)
        .or_else(|| by_step(failure, user_namespace, read))
        .unwrap_or_else(|| {
            ("the kernel gives no reason".to_owned(), "run as root or on another host".to_owned())
        });
    IsolationRefused::new(format!("{attempt} failed ({error}): {reason}"), remedy)
}

/// A setting of the host that forbids namespaces whatever else holds.
fn setting(
    user_namespace: bool,
    read: &dyn Fn(&str) -> Option<String>,
) -> Option<(String, String)> {
    let is = |path: &str, value: &str| read(path).is_some_and(|found| found.trim() == value);
    let limits = ["user", "net", "mnt", "pid"];
    let limits = if user_namespace { &limits[..] } else { &limits[1..] };
    for kind in limits {
        if is(&format!("/proc/sys/user/max_{kind}_namespaces"), "0") {
            let name = format!("user.max_{kind}_namespaces");
            return Some((format!("{name} is 0"), sysctl(&name, "15000")));
        }
    }
    if user_namespace && is("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        let name = "kernel.unprivileged_userns_clone";
        return Some((format!("{name} is 0"), sysctl(name, "1")));
    }
    if user_namespace && is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        let name = "kernel.apparmor_restrict_unprivileged_userns";
        let remedy =
            format!("give stormglass an AppArmor profile with `userns,`, or {}", sysctl(name, "0"));
        return Some((format!("{name} is 1"), remedy));
    }
    None
}

/// What the failed step and its `errno` point at.
fn by_step(
    failure: Failure,
    user_namespace: bool,
    read: &dyn Fn(&str) -> Option<String>,
) -> Option<(String, String)> {
    let says = |reason: &str, remedy: &str| Some((reason.to_owned(), remedy.to_owned()));
    match (failure.step, failure.errno) {
        (_, libc::ENOSPC) => says(
            "the limit on namespaces is reached",
            "raise the user.max_*_namespaces settings or end what holds namespaces",
        ),
        (_, libc::EINVAL | libc::ENOSYS) => says(
            "this kernel was built without the namespace",
            "use a kernel with user, net, mnt and pid namespaces",
        ),
        (Step::Tun, libc::ENOENT) => says(
            "the TUN device is absent",
            "load it with `modprobe tun`, or start the container with `--device /dev/net/tun`",
        ),
        (Step::Tun, _) => says(
            "the TUN device may not be opened",
            "make it readable and writable with `chmod 0666 /dev/net/tun` as root",
        ),
        (Step::Disk, libc::ENOENT | libc::ENODEV | libc::ENXIO) => says(
            "the FUSE device is absent",
            "load it with `modprobe fuse`, or start the container with `--device /dev/fuse`",
        ),
        (Step::Disk, libc::EACCES) => says(
            "the FUSE device may not be opened",
            "make it readable and writable with `chmod 0666 /dev/fuse` as root",
        ),
        (Step::FreshProc, _) => says(
            "parts of /proc are masked, as in a container",
            "start the container with `--security-opt systempaths=unconfined`",
        ),
        (_, libc::EPERM | libc::EACCES) if has_seccomp_filter(read) => says(
            "a seccomp filter is in force, as in a container",
            "start the container with `--security-opt seccomp=unconfined --cap-add SYS_ADMIN`",
        ),
        (_, libc::EPERM | libc::EACCES) if !user_namespace => says(
            "this root lacks CAP_SYS_ADMIN",
            "start the container with `--cap-add SYS_ADMIN`, or run as an ordinary user",
        ),
        (_, libc::EPERM | libc::EACCES) => says(
            "a security policy of this host forbids user namespaces",
            "run as root, or allow user namespaces to ordinary users",
        ),
        _ => None,
    }
}

fn has_seccomp_filter(read: &dyn Fn(&str) -> Option<String>) -> bool {
    let status = read("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("Seccomp:"))
        .is_some_and(|mode| mode.trim() == "2")
}

fn sysctl(name: &str, value: &str) -> String {
    format!("allow them with `sysctl -w {name}={value}` as root")
}

#[cfg(test)]
mod tests {
    use super::{Failure, Step, explain};

    fn sentence(step: Step, errno: i32, user: bool, settings: &[(&str, &str)]) -> String {
        let read = |path: &str| {
            let found = settings.iter().find(|(name, _)| *name == path);
            found.map(|(_, value)| (*value).to_owned())
        };
        explain(Failure { step, errno }, user, &read).to_string()
    }

    #[test]
    fn each_known_setting_is_named_with_its_remedy() {
        let apparmor = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
        let cases = [
            (("/proc/sys/user/max_user_namespaces", "0\n"), "user.max_user_namespaces=15000"),
            (("/proc/sys/user/max_net_namespaces", "0\n"), "user.max_net_namespaces=15000"),
            (
                ("/proc/sys/kernel/unprivileged_userns_clone", "0\n"),
                "kernel.unprivileged_userns_clone=1",
            ),
            ((apparmor, "1\n"), "kernel.apparmor_restrict_unprivileged_userns=0"),
            (("/proc/self/status", "Name:\tx\nSeccomp:\t2\n"), "seccomp=unconfined"),
        ];
        for (setting, remedy) in cases {
            let said = sentence(Step::Unshare, libc::EPERM, true, &[setting]);
            assert!(said.contains(remedy), "{setting:?}: {said}");
            assert!(
                said.starts_with("namespaces are refused: unshare failed (Operation"),
                "{said}"
            );
        }
    }

    #[test]
    fn settings_of_user_namespaces_do_not_concern_root() {
        let settings = [("/proc/sys/user/max_user_namespaces", "0\n")];
        let said = sentence(Step::Unshare, libc::EPERM, false, &settings);
        assert!(said.contains("lacks CAP_SYS_ADMIN"), "{said}");
    }

    #[test]
    fn a_masked_proc_and_a_missing_tun_are_told_apart() {
        let said = sentence(Step::FreshProc, libc::EPERM, true, &[]);
        assert!(said.contains("systempaths=unconfined"), "{said}");
        let said = sentence(Step::Tun, libc::ENOENT, true, &[]);
        assert!(said.contains("modprobe tun"), "{said}");
        let said = sentence(Step::Tun, libc::EACCES, true, &[]);
        assert!(said.contains("chmod 0666"), "{said}");
    }

    #[test]
    fn an_unknown_refusal_still_says_what_to_do() {
        let said = sentence(Step::MapIdentity, libc::EIO, true, &[]);
        assert!(said.ends_with("run as root or on another host"), "{said}");
    }
}
