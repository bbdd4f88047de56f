//! Containers, their networks, and disks of runs whose process is gone.

use std::io;
use std::path::PathBuf;

use serde::Serialize;
use stormglass_linux::disk;

use crate::run_dir::{RunProcess, Standing};
use crate::target::docker::{DISK_NAME, Engine, Leftover, Owner, leftovers, remove};

/// What the engine had of one dead run, removed or about to be.
#[derive(Debug, Serialize)]
pub(super) struct Removed {
    pub(super) run: String,
    pub(super) containers: Vec<String>,
    pub(super) networks: Vec<String>,
}

/// What came of a sweep.
#[derive(Debug, Default)]
pub(super) struct Swept {
    pub(super) removed: Vec<Removed>,
    /// Where disks of dead runs were mounted, or still are.
    pub(super) unmounted: Vec<PathBuf>,
    /// What could not be told or removed, a sentence each.
    pub(super) problems: Vec<String>,
}

/// Whose the containers of a run of this process are.
pub(super) fn owner() -> io::Result<Owner> {
    let process = RunProcess::here()?;
    Ok(Owner { run: process.name(), harness: serde_json::to_string(&process)? })
}

/// Removes the containers of dead runs, or only says which there are when `dry_run`. Those of
/// live runs, and of other machines that share the engine, are left alone.
pub(super) fn sweep(engine: &Engine, dry_run: bool) -> io::Result<Swept> {
    let mut swept = Swept::default();
    for Leftover { owner, containers, networks } in leftovers(engine)? {
        match is_dead(&owner) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(reason) => {
                let names = [containers, networks].concat().join(", ");
                swept.problems.push(format!(
                    "nobody knows whose {names} are ({reason}): remove them by hand with `docker rm \
                     --force` and `docker network rm`"
                ));
                continue;
            }
        }
        let removed = if dry_run { Ok(()) } else { remove(engine, &owner.run) };
        match removed {
            Ok(()) => swept.removed.push(Removed { run: owner.run, containers, networks }),
            Err(error) => swept.problems.push(error.to_string()),
        }
    }
    Ok(swept)
}

/// Unmounts the disks of dead runs, or only says which there are when `dry_run`. Their containers
/// are to be removed first.
pub(super) fn sweep_disks(dry_run: bool, swept: &mut Swept) -> io::Result<()> {
    for disk in disk::leftovers(DISK_NAME)? {
        let run = disk.name.strip_prefix(DISK_NAME).and_then(RunProcess::named_here);
        let dead = run.is_some_and(|run| run.standing().is_ok_and(|it| it == Standing::Dead));
        // A run in another pid namespace may be alive in spite of its number: it would answer.
        if !dead || !disk.is_dead() {
            continue;
        }
        let unmounted = if dry_run { Ok(()) } else { disk.unmount() };
        let place = disk.mountpoint;
        match unmounted {
            Ok(()) => swept.unmounted.push(place),
            Err(error) => swept.problems.push(format!(
                "the disk of a dead run could not be unmounted ({error}): run `umount --lazy {}` \
                 as root",
                place.display()
            )),
        }
    }
    Ok(())
}

fn is_dead(owner: &Owner) -> Result<bool, String> {
    let process: RunProcess =
        serde_json::from_str(&owner.harness).map_err(|error| error.to_string())?;
    let standing = process.standing().map_err(|error| error.to_string())?;
    Ok(standing == Standing::Dead)
}
