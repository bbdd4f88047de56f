//! Which levers work on this machine: tried, not guessed.

use std::io;

use crate::isolation::{self, Probe, Step};
pub use crate::lever::{Devices, Lever, LeverStatus};
use crate::limits;
use crate::memory;
use crate::vdso;

/// Three members under load hold some hundred files each; the harness about as many.
const OPEN_FILES_WANTED: u64 = 4096;

/// Tries every lever, in a child that ends at once.
pub fn report(devices: &Devices) -> Vec<Lever> {
    let mut levers = match isolation::attempt(devices) {
        Ok(probe) => probed(&probe, devices),
        Err(error) => vec![unprobed(&error)],
    };
    levers.push(clocks());
    levers.push(memory());
    levers.push(open_files());
    levers
}

fn clocks() -> Lever {
    let status = tried(vdso::probe(), "of a child, by its vDSO");
    Lever { name: "member clocks", purpose: "clock faults on local members", status }
}

fn memory() -> Lever {
    let status = tried(memory::probe(), "one was made and removed");
    Lever { name: "memory groups", purpose: "memory limits of local members", status }
}

/// What came of a trial: a refusal's sentence says what refuses it and, behind the last colon,
/// what to do.
fn tried(result: io::Result<()>, detail: &str) -> LeverStatus {
    match result {
        Ok(()) => LeverStatus::Available { detail: detail.to_owned() },
        Err(error) => {
            let said = error.to_string();
            let (why, fix) = said.rsplit_once(": ").unwrap_or((&said, "try again"));
            LeverStatus::Unavailable { why: why.to_owned(), fix: fix.to_owned() }
        }
    }
}

fn probed(probe: &Probe, devices: &Devices) -> Vec<Lever> {
    let who = if probe.user_namespace { "as an ordinary user" } else { "as root" };
    let lever = |name, purpose, steps: &[Step], detail: String| {
        let status = match probe.first_failure(steps) {
            None => LeverStatus::Available { detail },
            Some(failure) => {
                let refused = isolation::explain_here(failure, probe.user_namespace);
                LeverStatus::Unavailable {
                    why: refused.cause().to_owned(),
                    fix: refused.remedy().to_owned(),
                }
            }
        };
        Lever { name, purpose, status }
    };
    let namespaces = [Step::Unshare, Step::MapIdentity, Step::PrivateMounts];
    let opens = |device: &std::path::Path| format!("{} opens", device.display());
    vec![
        lever("user namespaces", "isolation without root", &namespaces, user_detail(probe)),
        lever(
            "pid namespace",
            "nothing outlives a run",
            &[Step::FreshProc],
            format!("{who}, with a /proc of its own"),
        ),
        lever("TUN device", "network faults on local members", &[Step::Tun], opens(&devices.tun)),
        lever("tmpfs", "members' data off the disk", &[Step::Tmpfs], who.to_owned()),
        lever("FUSE device", "faults of members' disks", &[Step::Disk], opens(&devices.fuse)),
    ]
}

fn user_detail(probe: &Probe) -> String {
    let detail =
        if probe.user_namespace { "allowed to ordinary users" } else { "not needed: this is root" };
    detail.to_owned()
}

fn unprobed(error: &io::Error) -> Lever {
    Lever {
        name: "namespaces",
        purpose: "isolation and network faults of local members",
        status: LeverStatus::Unavailable {
            why: format!("the probe could not run ({error})"),
            fix: "free memory or processes and try again".to_owned(),
        },
    }
}

fn open_files() -> Lever {
    let status = match limits::open_files() {
        Ok((soft, hard)) if hard >= OPEN_FILES_WANTED => {
            LeverStatus::Available { detail: format!("soft limit {soft}, hard limit {hard}") }
        }
        Ok((_, hard)) => LeverStatus::Unavailable {
            why: format!("the hard limit is {hard}, below {OPEN_FILES_WANTED}"),
            fix: format!("raise it with `ulimit -Hn {OPEN_FILES_WANTED}` as root"),
        },
        Err(error) => LeverStatus::Unavailable {
            why: error.to_string(),
            fix: "run on a kernel that tells its limits".to_owned(),
        },
    };
    Lever { name: "open files", purpose: "members and clients under load", status }
}
