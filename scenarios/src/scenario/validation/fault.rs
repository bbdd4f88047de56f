//! Rules of `[[fault]]`.

use std::time::Duration;

use stormglass_checkers::history::MemberIndex;

use super::{Flaw, did_you_mean, ensure};
use crate::fault::{self, FaultEntry, ParamEntry, ParamForm, parse_jump, parse_rate};
use crate::scenario::{FaultSpec, Release, Scenario, Selector, Span};

/// Shorter periods would plan nothing but faults.
const EVERY_MIN: Duration = Duration::from_millis(100);

pub(super) fn check(scenario: &Scenario) -> Result<(), Flaw> {
    let kinds: Vec<&str> = fault::faults().iter().map(|entry| entry.kind).collect();
    for (index, spec) in scenario.fault.iter().enumerate() {
        let path = format!("fault.{index}");
        let entry = fault::fault(&spec.kind).ok_or_else(|| {
            let hint = did_you_mean(&spec.kind, &kinds);
            Flaw::value(&format!("{path}.kind"), format!("unknown fault `{}`{hint}", spec.kind))
        })?;
        times(scenario, spec, entry, &path)?;
        target(spec, entry, scenario.cluster.members, &path)?;
        params(spec, entry, &path)?;
    }
    Ok(())
}

fn times(
    scenario: &Scenario,
    spec: &FaultSpec,
    entry: &FaultEntry,
    path: &str,
) -> Result<(), Flaw> {
    let duration = spec.duration.map_or(entry.duration, Span::as_duration);
    let held = if entry.duration.is_zero() { duration.is_zero() } else { !duration.is_zero() };
    ensure(held, &format!("{path}.for"), || {
        if entry.duration.is_zero() {
            format!("`{}` is over when it is done: remove `for`", spec.kind)
        } else {
            format!("`{}` must hold for a while: raise `for`", spec.kind)
        }
    })?;
    let begins = match (spec.at, spec.every) {
        (Some(at), None) => at.as_duration(),
        (None, Some(every)) => period(every.as_duration(), duration, path)?,
        _ => {
            let message = "give either `at` (once) or `every` (again and again)";
            return Err(Flaw::value(path, message));
        }
    };
    let key = if spec.at.is_some() { "at" } else { "every" };
    let healed = begins.saturating_add(duration).saturating_add(entry.settle);
    ensure(healed <= scenario.limits.duration.as_duration(), &format!("{path}.{key}"), || {
        "the fault cannot heal before the traffic ends: begin it earlier, shorten `for`, or \
         raise limits.duration"
            .to_owned()
    })
}

/// The latest beginning of the first fault of a period.
fn period(every: Duration, duration: Duration, path: &str) -> Result<Duration, Flaw> {
    let path = format!("{path}.every");
    ensure(every >= EVERY_MIN, &path, || "faults need a period of 100ms or more".to_owned())?;
    ensure(duration <= every * 3 / 4, &path, || {
        "periods vary by a quarter, so `for` must be at most three quarters of `every`: raise \
         `every` or shorten `for`"
            .to_owned()
    })?;
    Ok(every)
}

fn target(spec: &FaultSpec, entry: &FaultEntry, members: u16, path: &str) -> Result<(), Flaw> {
    let fits = spec.target == Selector::All || !entry.hits_all();
    ensure(fits, &format!("{path}.target"), || {
        format!("`{}` is of the whole cluster: write `target = \"all\"`", entry.kind)
    })?;
    let Selector::Members(names) = &spec.target else { return Ok(()) };
    for (index, name) in names.iter().enumerate() {
        let path = format!("{path}.target.{index}");
        let exists = (0..members).any(|index| MemberIndex(index).to_string() == *name);
        ensure(exists, &path, || format!("there is no member `{name}`: use m1 to m{members}"))?;
        ensure(!names[..index].contains(name), &path, || {
            format!("`{name}` is named twice: remove one")
        })?;
    }
    Ok(())
}

fn params(spec: &FaultSpec, entry: &FaultEntry, path: &str) -> Result<(), Flaw> {
    let names: Vec<&str> = entry.params.iter().map(|param| param.name).collect();
    for (name, value) in &spec.params {
        let path = format!("{path}.params");
        let param = entry.params.iter().find(|param| param.name == name).ok_or_else(|| {
            let message = if names.is_empty() {
                format!("`{}` has no parameters: remove `{name}`", spec.kind)
            } else {
                format!("unknown parameter `{name}`{}", did_you_mean(name, &names))
            };
            Flaw::key(&path, name, message)
        })?;
        let (fits, wanted) = match param.form {
            ParamForm::Count => {
                (value.parse::<u32>().is_ok(), "a whole number, such as \"200\"".to_owned())
            }
            ParamForm::Span => {
                (value.parse::<Span>().is_ok(), "a duration, such as \"150ms\"".to_owned())
            }
            ParamForm::Flag => (value.parse::<bool>().is_ok(), "\"true\" or \"false\"".to_owned()),
            ParamForm::Percent => (is_percentage(value), "from \"0\" to \"100\"".to_owned()),
            ParamForm::Jump { back } => {
                let fits = parse_jump(value).is_some_and(|jump| back || jump >= 0);
                (fits, jump_wanted(back).to_owned())
            }
            ParamForm::Rate => (parse_rate(value).is_some(), "from \"0.01\" to \"100\"".to_owned()),
            ParamForm::Word(words) => (words.contains(&value.as_str()), one_of(words)),
            ParamForm::Release => (is_release(value), "a release, such as \"3.5.30\"".to_owned()),
        };
        ensure(fits, &format!("{path}.{name}"), || {
            format!("`{name}` ({}) must be {wanted}", param.summary)
        })?;
    }
    let absent =
        |param: &&ParamEntry| param.default.is_empty() && !spec.params.contains_key(param.name);
    match entry.params.iter().find(absent) {
        None => Ok(()),
        Some(ParamEntry { name, summary, .. }) => {
            let message =
                format!("`{}` needs the parameter `{name}` ({summary}): give it", spec.kind);
            Err(Flaw::value(&format!("{path}.params"), message))
        }
    }
}

/// Only a whole version names one release.
fn is_release(text: &str) -> bool {
    Release::parse(text).is_ok_and(|release| release.to_string() == text.trim_start_matches('v'))
}

fn jump_wanted(back: bool) -> &'static str {
    if back {
        "a whole number of ms, s, m or h, such as \"1500ms\" or \"-1h\""
    } else {
        "a whole number of ms, s, m or h, such as \"1500ms\""
    }
}

fn is_percentage(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(|percent| (0.0..=100.0).contains(&percent))
}

fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("one of {}", quoted.join(", "))
}
