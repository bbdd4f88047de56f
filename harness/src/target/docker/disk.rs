//! Members' disks: served by this process, mounted on this machine, and found by the engine where
//! it looks for a member's data.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use stormglass_linux::disk::{Disk, Places, seen_by};

use super::cluster::DockerOptions;
use super::life::DATA;
use crate::target::files::make_dir;
use crate::target::{TargetError, Unsupported};

/// What the names of disks begin with, before that of their run.
pub const DISK_NAME: &str = "stormglass-";

/// Where a member's data is, and the disk that it is on.
pub(super) struct Home {
    /// The files themselves.
    pub(super) files: PathBuf,
    pub(super) disk: Result<Disk, Unsupported>,
}

impl Home {
    /// Of a member, with a disk where there are to be any.
    pub(super) fn make(options: &DockerOptions, number: u16) -> Result<Self, TargetError> {
        let home = options.cluster.home(&format!("m{number}"))?;
        let home = fs::canonicalize(&home)
            .map_err(TargetError::io("a data directory could not be looked up"))?;
        let files = make_dir(&home.join("data"))?;
        fs::set_permissions(&files, Permissions::from_mode(0o700))
            .map_err(TargetError::io("the mode of a data directory could not be set"))?;
        let disk = match &options.disks {
            Ok(device) => Ok(mount(options, device, &home, number)?),
            Err(reason) => Err(reason.clone()),
        };
        Ok(Self { files, disk })
    }

    /// Where the engine finds the data.
    pub(super) fn place(&self) -> &Path {
        self.disk.as_ref().map_or(self.files.as_path(), Disk::mountpoint)
    }

    /// Gives the disk up if a container that was given it, by its process, does not find it.
    pub(super) fn without_unseen(self, run: &str, pid: u32) -> Self {
        let seen = self.disk.is_err()
            || seen_by(pid, Path::new(DATA), &name(run)).is_ok_and(|it_is| it_is);
        if seen {
            return self;
        }
        let unseen = Unsupported::because(
            "the container engine does not see disks that are mounted now, because it has a mount \
             namespace of its own: let it share that of this machine, or use `--target local`",
        );
        Self { disk: Err(unseen), ..self }
    }
}

fn mount(
    options: &DockerOptions,
    device: &Path,
    home: &Path,
    number: u16,
) -> Result<Disk, TargetError> {
    let places = Places {
        device: device.to_owned(),
        files: home.join("data"),
        removed: make_dir(&home.join("removed"))?,
        mountpoint: make_dir(&home.join("disk"))?,
        name: Some(name(&options.owner.run)),
    };
    let seed = options.cluster.seed.wrapping_add(u64::from(number - 1));
    Disk::mount(&places, seed).map_err(TargetError::io("the disk of a member could not be made"))
}

fn name(run: &str) -> String {
    format!("{DISK_NAME}{run}")
}
