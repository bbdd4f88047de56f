//! The rules that types alone do not hold.

use super::document::{SCHEMA, Scenario};
use super::flaw::Flaw;
use super::property::Property;
use super::release::ReleaseRange;
use super::suggestion::did_you_mean;
use crate::trigger;

mod cluster;
mod external;
mod fault;
mod storm;
mod workload;

/// The first broken rule, if there is one.
pub(super) fn flaw(scenario: &Scenario) -> Option<Flaw> {
    check(scenario).err()
}

/// The version of the format must be one that this code reads.
pub(crate) fn version(schema: u32) -> Result<(), Flaw> {
    ensure(schema == SCHEMA, "schema", || {
        format!("schema {schema} is unknown: this Stormglass reads schema = {SCHEMA}")
    })
}

/// Refuses with a sentence unless the condition holds.
pub(crate) fn ensure(
    holds: bool,
    path: &str,
    message: impl FnOnce() -> String,
) -> Result<(), Flaw> {
    if holds { Ok(()) } else { Err(Flaw::value(path, message())) }
}

/// The name of a scenario or a suite is also a folder's.
pub(crate) fn name(name: &str) -> Result<(), Flaw> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    ensure(!name.is_empty() && name.bytes().all(plain), "name", || {
        "a name has only small letters, digits and hyphens: rename it".to_owned()
    })
}

fn check(scenario: &Scenario) -> Result<(), Flaw> {
    version(scenario.schema)?;
    name(&scenario.name)?;
    limits(scenario)?;
    cluster::check(&scenario.cluster)?;
    scenario.external.as_ref().map_or(Ok(()), external::check)?;
    workload::check(&scenario.workload)?;
    fault::check(scenario)?;
    storm::check(scenario)?;
    sometimes(scenario)?;
    avoid(scenario)
}

fn limits(scenario: &Scenario) -> Result<(), Flaw> {
    let seconds = scenario.limits.duration.as_duration().as_secs();
    ensure((1..=7 * 24 * 3_600).contains(&seconds), "limits.duration", || {
        "the traffic must last between one second and a week: change the duration".to_owned()
    })?;
    let recovery = scenario.limits.recovery.as_duration();
    ensure(recovery.as_secs() >= 1, "limits.recovery", || {
        "recovery takes a cluster at least a second: raise it".to_owned()
    })
}

fn sometimes(scenario: &Scenario) -> Result<(), Flaw> {
    for (index, text) in scenario.check.sometimes.iter().enumerate() {
        let path = format!("check.sometimes.{index}");
        let property = Property::parse(text).map_err(|message| Flaw::value(&path, message))?;
        if let Some(kind) = property.fault() {
            ensure(scenario.fault.iter().any(|fault| fault.kind == kind), &path, || {
                format!("`{text}` can never hold: add a [[fault]] of kind \"{kind}\" or remove it")
            })?;
        }
    }
    Ok(())
}

fn avoid(scenario: &Scenario) -> Result<(), Flaw> {
    let names: Vec<&str> = trigger::triggers().iter().map(|entry| entry.name).collect();
    for (index, avoid) in scenario.avoid.iter().enumerate() {
        ReleaseRange::parse(&avoid.releases)
            .map_err(|message| Flaw::value(&format!("avoid.{index}.releases"), message))?;
        for (place, name) in avoid.triggers.iter().enumerate() {
            let path = format!("avoid.{index}.triggers.{place}");
            ensure(names.contains(&name.as_str()), &path, || {
                format!("unknown trigger `{name}`{}", did_you_mean(name, &names))
            })?;
        }
    }
    Ok(())
}
