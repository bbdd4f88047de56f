//! What the target `local` can do on this machine.

use stormglass_linux::capability::{self, Devices, Lever, LeverStatus};
use stormglass_linux::isolation;
use stormglass_scenarios::fault::Power;

use super::args::IsolationChoice;
use super::device_args::devices_of_environment;

/// The variable of `--isolation`.
const ISOLATION_VARIABLE: &str = "STORMGLASS_ISOLATION";

/// Whether to isolate, for commands that have no such option.
pub(super) fn isolation_of_environment() -> IsolationChoice {
    match std::env::var(ISOLATION_VARIABLE).as_deref() {
        Ok("none") => IsolationChoice::None,
        _ => IsolationChoice::Auto,
    }
}

/// The powers of the target `local`, tried on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LocalPowers {
    /// Why there is no local target at all.
    target: Result<(), String>,
    /// Why members and harness have no namespaces of their own.
    namespaces: Result<(), String>,
    /// Why the network between members cannot be touched.
    network: Result<(), String>,
    /// Why members' disks cannot be touched.
    disk: Result<(), String>,
    /// Why members' clocks cannot be moved.
    clocks: Result<(), String>,
    /// Why members' memory cannot be limited.
    memory: Result<(), String>,
}

impl LocalPowers {
    /// Tries them, with the settings of the environment.
    pub(super) fn here() -> Self {
        Self::probe(isolation_of_environment(), &devices_of_environment())
    }

    /// Tries them, without changing this process.
    pub(super) fn probe(isolation: IsolationChoice, devices: &Devices) -> Self {
        let possible = isolation::probe().map_err(|refused| refused.to_string());
        let target = if cfg!(target_os = "linux") { Ok(()) } else { possible.clone() };
        let namespaces = match isolation {
            IsolationChoice::None => Err(format!(
                "--isolation none or {ISOLATION_VARIABLE}=none switches namespaces off; leave it \
                 out to test faults of network and disks"
            )),
            IsolationChoice::Auto => possible,
        };
        let levers = capability::report(devices);
        let behind_namespaces = |lever| namespaces.clone().and_then(|()| granted(&levers, lever));
        let network = behind_namespaces("TUN device");
        let disk = behind_namespaces("FUSE device");
        let clocks = granted(&levers, "member clocks");
        let memory = granted(&levers, "memory groups");
        Self { target, namespaces, network, disk, clocks, memory }
    }

    /// Whether a run gets namespaces of its own.
    pub(super) fn isolated(&self) -> bool {
        self.namespaces.is_ok()
    }

    /// Whether a power is granted.
    ///
    /// # Errors
    /// Why it is not, and what would help.
    pub(super) fn grants(&self, power: Power) -> Result<(), &str> {
        self.target.as_ref().map_err(String::as_str)?;
        match power {
            Power::Kill
            | Power::Pause
            | Power::Maintenance
            | Power::Membership
            | Power::Upgrade => Ok(()),
            Power::Network => self.network.as_ref().copied().map_err(String::as_str),
            Power::Disk => self.disk.as_ref().copied().map_err(String::as_str),
            Power::Clocks => self.clocks.as_ref().copied().map_err(String::as_str),
            Power::Memory => self.memory.as_ref().copied().map_err(String::as_str),
        }
    }
}

/// The name of a power, for people and programs.
pub(super) fn power_name(power: Power) -> &'static str {
    match power {
        Power::Kill => "kill",
        Power::Pause => "pause",
        Power::Network => "network",
        Power::Disk => "disk",
        Power::Clocks => "clocks",
        Power::Memory => "memory",
        Power::Maintenance => "maintenance",
        Power::Membership => "membership",
        Power::Upgrade => "upgrade",
    }
}

/// Whether a lever works; otherwise why not, and what would help.
pub(super) fn granted(levers: &[Lever], name: &str) -> Result<(), String> {
    match levers.iter().find(|lever| lever.name == name).map(|lever| &lever.status) {
        Some(LeverStatus::Unavailable { why, fix }) => Err(format!("{why}; {fix}")),
        Some(LeverStatus::Available { .. }) | None => Ok(()),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn without_namespaces_network_and_disks_are_out_of_reach() {
        let powers = LocalPowers::probe(IsolationChoice::None, &Devices::default());
        let granted = [
            Power::Kill,
            Power::Pause,
            Power::Clocks,
            Power::Maintenance,
            Power::Membership,
            Power::Upgrade,
        ];
        for power in granted {
            assert_eq!(powers.grants(power), Ok(()), "{}", power_name(power));
        }
        for power in [Power::Network, Power::Disk] {
            let why = powers.grants(power).expect_err("switched off");
            assert!(why.contains("STORMGLASS_ISOLATION"), "{why}");
        }
    }

    #[test]
    fn a_device_that_is_not_there_takes_its_power_away() {
        let nowhere = Devices { tun: "/no/such".into(), fuse: "/no/such".into() };
        let powers = LocalPowers::probe(IsolationChoice::Auto, &nowhere);
        assert!(powers.grants(Power::Network).is_err());
        assert!(powers.grants(Power::Disk).is_err());
        assert_eq!(powers.grants(Power::Kill), Ok(()));
    }
}
