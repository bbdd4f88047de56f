//! Where the devices are that faults need, for commands that look at them.

use std::path::PathBuf;

use clap::Args;
use stormglass_linux::capability::Devices;

/// The variable of `--tun`, for commands that have no such option.
const TUN_VARIABLE: &str = "STORMGLASS_TUN";
/// The variable of `--fuse`.
const FUSE_VARIABLE: &str = "STORMGLASS_FUSE";

/// Devices.
#[derive(Clone, Debug, Args)]
pub struct DeviceArgs {
    /// The TUN device, for faults of the network.
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/dev/net/tun",
        env = TUN_VARIABLE,
        help_heading = "Devices"
    )]
    pub tun: PathBuf,
    /// The FUSE device, for faults of disks.
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/dev/fuse",
        env = FUSE_VARIABLE,
        help_heading = "Devices"
    )]
    pub fuse: PathBuf,
}

impl DeviceArgs {
    /// As options.
    pub(super) fn devices(&self) -> Devices {
        Devices { tun: self.tun.clone(), fuse: self.fuse.clone() }
    }
}

/// As the environment has them.
pub(super) fn devices_of_environment() -> Devices {
    let usual = Devices::default();
    let path = |variable, usual| {
        let named = std::env::var_os(variable).filter(|path| !path.is_empty());
        named.map_or(usual, PathBuf::from)
    };
    Devices { tun: path(TUN_VARIABLE, usual.tun), fuse: path(FUSE_VARIABLE, usual.fuse) }
}
