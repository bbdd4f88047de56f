//! What the target `docker` can do on this machine.

use stormglass_linux::capability::{self, Devices};
use stormglass_linux::memory::Meter;
use stormglass_scenarios::fault::Power;

use super::device_args::devices_of_environment;
use super::powers::granted;
use crate::target::docker::Engine;

/// The powers of the target `docker`, tried on this machine.
pub(super) struct DockerPowers {
    /// Why there is no such target at all.
    target: Result<(), String>,
    /// Why members are on a network of the engine's own.
    network: Result<(), String>,
    /// Why members' clocks cannot be moved.
    clocks: Result<(), String>,
    /// Why members' disks cannot be touched.
    disk: Result<(), String>,
    /// Why members' memory cannot be limited.
    memory: Result<(), String>,
}

impl DockerPowers {
    /// Tries them, with the settings of the environment, and the engine first.
    pub(super) fn here(entering: Result<(), String>) -> Self {
        match Engine::connect() {
            Ok(engine) => Self::probe(&devices_of_environment(), &engine, entering),
            Err(error) => Self { target: Err(error.to_string()), ..Self::all() },
        }
    }

    /// Tries what engine and machine grant to root, where containers may be entered: others have
    /// a helper that is.
    pub(super) fn probe(devices: &Devices, engine: &Engine, entering: Result<(), String>) -> Self {
        let levers = capability::report(devices);
        let entered = entering
            .and_then(|()| engine.is_of_this_machine())
            .and_then(|()| granted(&levers, "TUN device"));
        if let Err(why) = entered {
            return Self::bridge(&why);
        }
        let clocks = granted(&levers, "member clocks");
        let disk = granted(&levers, "FUSE device");
        Self { clocks, disk, memory: memory(engine), ..Self::all() }
    }

    fn all() -> Self {
        let all = Ok(());
        Self {
            target: all.clone(),
            network: all.clone(),
            clocks: all.clone(),
            disk: all.clone(),
            memory: all,
        }
    }

    /// What is left where nobody enters the containers.
    fn bridge(why: &str) -> Self {
        let refused =
            Err(format!("the members are on a network of the container engine's, because {why}"));
        Self {
            target: Ok(()),
            network: refused.clone(),
            clocks: refused.clone(),
            disk: refused.clone(),
            memory: refused,
        }
    }

    /// Why the members are on a network of the engine's, if they are.
    pub(super) fn bridged(&self) -> Option<&str> {
        self.network.as_ref().err().map(String::as_str)
    }

    /// Whether there is such a target at all.
    ///
    /// # Errors
    /// Why there is none, and what would help.
    pub(super) fn target(&self) -> Result<(), &str> {
        self.target.as_ref().copied().map_err(String::as_str)
    }

    /// Whether a power is granted.
    ///
    /// # Errors
    /// Why it is not, and what would help.
    pub(super) fn grants(&self, power: Power) -> Result<(), &str> {
        self.target()?;
        let granted = match power {
            Power::Kill
            | Power::Pause
            | Power::Maintenance
            | Power::Membership
            | Power::Upgrade => return Ok(()),
            Power::Network => &self.network,
            Power::Clocks => &self.clocks,
            Power::Disk => &self.disk,
            Power::Memory => &self.memory,
        };
        granted.as_ref().copied().map_err(String::as_str)
    }

    /// What is missing though there is such a target, and why.
    pub(super) fn missing(&self) -> Vec<String> {
        if let Some(why) = self.bridged() {
            return vec![format!("network, clocks, disks and limits of memory ({why})")];
        }
        let optional =
            [("clocks", &self.clocks), ("disks", &self.disk), ("limits of memory", &self.memory)];
        let why = |(name, granted): (&str, &Result<(), String>)| {
            granted.as_ref().err().map(|why| format!("{name} ({why})"))
        };
        optional.into_iter().filter_map(why).collect()
    }
}

/// The engine limits it, and the kernel has to tell what is taken.
fn memory(engine: &Engine) -> Result<(), String> {
    engine.limits_memory()?;
    Meter::of_process(std::process::id()).map(drop).map_err(|error| {
        format!("nobody tells how much memory a container takes ({error}): mount /sys/fs/cgroup")
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use stormglass_scenarios::fault::faults;

    use super::*;

    fn powers(target: Result<(), String>) -> DockerPowers {
        let none = Err("no such device".to_owned());
        DockerPowers { target, disk: none, ..DockerPowers::all() }
    }

    #[test]
    fn every_fault_is_granted_but_those_of_what_is_missing() {
        let powers = powers(Ok(()));
        for entry in faults() {
            let granted = powers.grants(entry.power);
            let expected = if entry.power == Power::Disk { Err("no such device") } else { Ok(()) };
            assert_eq!(granted, expected, "{}", entry.kind);
        }
        assert_eq!(powers.missing(), ["disks (no such device)"]);
    }

    #[test]
    fn on_a_network_of_the_engine_s_what_enters_containers_is_missing() {
        let powers = DockerPowers::bridge("nobody is root");
        for entry in faults() {
            let left = matches!(
                entry.power,
                Power::Kill
                    | Power::Pause
                    | Power::Maintenance
                    | Power::Membership
                    | Power::Upgrade
            );
            assert_eq!(powers.grants(entry.power).is_ok(), left, "{}", entry.kind);
        }
        assert!(powers.missing()[0].contains("because nobody is root"));
    }

    #[test]
    fn without_the_target_there_is_no_fault() {
        let powers = powers(Err("no engine".to_owned()));
        assert!(faults().iter().all(|entry| powers.grants(entry.power) == Err("no engine")));
    }
}
