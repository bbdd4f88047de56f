//! What is wrong without any cycle: with one transaction, or with one list.

use std::collections::BTreeMap;

use super::effect::Effects;
use super::log::Log;
use super::transaction::Fate;
use super::version::{ElementId, TransactionId, VersionId, Versions};
use super::wording::{key, last, list, step, texts};
use crate::evidence::{Findings, finding};

/// Why a version that was shown is one that nobody was asked to write.
pub(super) enum Unwritten {
    /// Nobody was asked to append this element, up to the moment at which it was shown.
    Phantom(ElementId),
    /// This element is in it more than once.
    Doubled(ElementId),
    /// Its elements are known, and whoever appended this one put it behind others.
    Disordered(ElementId),
}

/// Whether a version is one that nobody was asked to write, and why.
pub(super) fn unwritten(versions: &Versions, version: VersionId) -> Option<Unwritten> {
    if !versions.is_unwritten(version) {
        return None;
    }
    let elements = versions.elements(version);
    let phantom = elements.iter().find(|element| versions.origin(**element).is_none());
    if let Some(element) = phantom {
        return Some(Unwritten::Phantom(*element));
    }
    let mut sorted = elements.clone();
    sorted.sort_unstable();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        return Some(Unwritten::Doubled(pair[0]));
    }
    versions.get(version).element.map(Unwritten::Disordered)
}

/// A transaction was shown a version that nobody was asked to write.
pub(super) fn report_unwritten(
    log: &Log,
    reader: TransactionId,
    read: VersionId,
    strange: &Unwritten,
    findings: &mut Findings,
) {
    let versions = &log.versions;
    let (name, shown) = (key(versions, read), list(versions, read));
    let about = [versions.get(read).key];
    match strange {
        Unwritten::Phantom(element) => findings.add("phantom-element", || {
            let element = versions.text(*element);
            finding(
                ("phantom-element", "K3"),
                format!("a transaction read {element} in {name}, which nobody had appended"),
                format!("because {name} was shown as {shown}"),
                format!("however nobody had been asked to append {element} to it by then"),
                vec![step(log, reader, &about).contradicting()],
            )
        }),
        Unwritten::Doubled(element) => findings.add("duplicate-elements", || {
            let text = versions.text(*element);
            let mut steps = vec![step(log, reader, &about).contradicting()];
            let writer = versions.origin(*element).map(|origin| origin.transaction);
            steps.extend(writer.map(|writer| step(log, writer, &about)));
            finding(
                ("duplicate-elements", "K11"),
                format!("a transaction read {text} more than once in {name}"),
                format!("because {text} was to be appended to {name} once, by one transaction"),
                format!("however {name} was shown as {shown}"),
                steps,
            )
        }),
        Unwritten::Disordered(element) => findings.add("incompatible-order", || {
            let text = versions.text(*element);
            let origin = versions.origin(*element);
            let wanted = origin.and_then(|origin| origin.version);
            let wanted = wanted.map_or_else(String::new, |made| list(versions, made));
            let mut steps = vec![step(log, reader, &about).contradicting()];
            steps.extend(origin.map(|origin| step(log, origin.transaction, &about)));
            finding(
                ("incompatible-order", "K2"),
                format!(
                    "{name} was read as {shown}, which it never was: the append of {text} made it \
                     {wanted}"
                ),
                format!("because the transaction that appended {text} to {name} made it {wanted}"),
                format!("however {name} was shown as {shown}, which does not begin so"),
                steps,
            )
        }),
    }
}

/// A transaction was shown a list otherwise than its own guards, reads and appends
/// demand.
pub(super) fn internal(
    log: &Log,
    number: TransactionId,
    (right, shown): (&str, VersionId),
    findings: &mut Findings,
) {
    findings.add("internal", || {
        let versions = &log.versions;
        let name = key(versions, shown);
        let wrong = list(versions, shown);
        let mut step = step(log, number, &[versions.get(shown).key]).contradicting();
        step.shows = format!("{name} = {wrong}; {}", step.shows);
        finding(
            ("internal", "K5"),
            format!(
                "a transaction contradicts itself: {name} must be {right} in it, and was shown as \
                 {wrong}"
            ),
            format!("because its own guards, reads and appends before leave {name} as {right}"),
            format!("however it read {name} as {wrong}"),
            vec![step],
        )
    });
}

/// Everything that needs the whole history, and no cycle.
pub(super) fn report(log: &Log, effects: &Effects, findings: &mut Findings) {
    for (number, transaction) in log.iter() {
        for read in &transaction.reads {
            aborted_read(log, effects, (number, *read), findings);
            intermediate_read(log, (number, *read), findings);
        }
    }
    dirty_updates(log, effects, findings);
    lost_updates(log, effects, findings);
    incompatible_orders(log, effects, findings);
}

fn aborted_read(
    log: &Log,
    effects: &Effects,
    (reader, read): (TransactionId, VersionId),
    findings: &mut Findings,
) {
    let Some(writer) = effects.dirty[read as usize] else { return };
    let refused = log.get(writer).fate == Fate::Refused;
    findings.add("G1a", || {
        let versions = &log.versions;
        let name = key(versions, read);
        let element = versions
            .elements(read)
            .into_iter()
            .find(|element| versions.origin(*element).is_some_and(|by| by.transaction == writer));
        let text = element.map_or_else(String::new, |element| versions.text(element).to_string());
        let why = if refused { "was definitely refused" } else { "did not hold its guards" };
        let about = [versions.get(read).key];
        finding(
            ("G1a", if refused { "K10" } else { "K3" }),
            format!("a transaction read {text} in {name}, whose append {why}"),
            format!("because the transaction that was to append {text} to {name} {why}"),
            format!("however {name} was shown as {}", list(versions, read)),
            vec![step(log, writer, &about), step(log, reader, &about).contradicting()],
        )
    });
}

fn intermediate_read(
    log: &Log,
    (reader, read): (TransactionId, VersionId),
    findings: &mut Findings,
) {
    let versions = &log.versions;
    let version = versions.get(read);
    let others = version.writer.filter(|writer| version.intermediate && *writer != reader);
    let Some(writer) = others else { return };
    findings.add("G1b", || {
        let name = key(versions, read);
        let append = log.get(writer).appends.iter().find(|append| append.key == version.key);
        let all = append.map_or_else(String::new, |append| texts(versions, &append.elements));
        let shown = list(versions, read);
        finding(
            ("G1b", "K4"),
            format!("a transaction read {name} as {shown}, half-way through another transaction"),
            format!("because the other transaction appends {all} to {name}, all at once"),
            format!("however {name} was shown as {shown}, without all that it appends"),
            vec![
                step(log, writer, &[version.key]),
                step(log, reader, &[version.key]).contradicting(),
            ],
        )
    });
}

/// A transaction took effect on top of one that did not.
fn dirty_updates(log: &Log, effects: &Effects, findings: &mut Findings) {
    for (number, version) in log.versions.iter() {
        let Some(writer) = version.writer.filter(|writer| effects.applied[*writer as usize]) else {
            continue;
        };
        let below = log.versions.get(version.parent).element;
        let below = below.and_then(|element| log.versions.origin(element));
        let aborted = below.map(|origin| origin.transaction);
        let Some(aborted) = aborted.filter(|by| log.get(*by).aborted()) else { continue };
        findings.add("dirty-update", || {
            let versions = &log.versions;
            let (name, text) = (key(versions, number), last(versions, number));
            let before = last(versions, version.parent);
            finding(
                ("dirty-update", "K10"),
                format!("{text} was appended to {name} behind {before}, which has no effect"),
                format!(
                    "because the transaction that was to append {before} was refused, or its \
                     guards did not hold"
                ),
                format!(
                    "however the append of {text} took effect on {}",
                    list(versions, version.parent)
                ),
                vec![
                    step(log, aborted, &[version.key]),
                    step(log, writer, &[version.key]).contradicting(),
                ],
            )
        });
    }
}

/// Two transactions took effect on one version, and one of them is lost.
fn lost_updates(log: &Log, effects: &Effects, findings: &mut Findings) {
    let mut first: BTreeMap<VersionId, TransactionId> = BTreeMap::new();
    for (number, transaction) in log.iter() {
        if !effects.applied[number as usize] {
            continue;
        }
        for append in &transaction.appends {
            let Some((base, _)) = append.versions else { continue };
            let other = *first.entry(base).or_insert(number);
            if other == number {
                continue;
            }
            findings.add("lost-update", || {
                let versions = &log.versions;
                let (name, base) = (key(versions, base), list(versions, base));
                finding(
                    ("lost-update", "K3"),
                    format!(
                        "two transactions appended to {name} as it was at {base}: one of them is \
                         lost"
                    ),
                    format!(
                        "because each was to take effect only while {name} was {base}, and the \
                         first changed that"
                    ),
                    "however both took effect".to_owned(),
                    vec![
                        step(log, other, &[append.key]),
                        step(log, number, &[append.key]).contradicting(),
                    ],
                )
            });
        }
    }
}

/// Two versions were read, and neither begins with the other.
fn incompatible_orders(log: &Log, effects: &Effects, findings: &mut Findings) {
    let mut first: BTreeMap<VersionId, VersionId> = BTreeMap::new();
    for (number, version) in log.versions.iter() {
        let Some(reader) = effects.reader[number as usize] else { continue };
        // What nobody wrote has been reported when it was read.
        if version.element.is_none() || log.versions.is_unwritten(number) {
            continue;
        }
        let other = *first.entry(version.parent).or_insert(number);
        let Some(witness) = effects.reader[other as usize].filter(|_| other != number) else {
            continue;
        };
        findings.add("incompatible-order", || {
            let versions = &log.versions;
            let (name, common) = (key(versions, number), list(versions, version.parent));
            let (one, two) = (last(versions, other), last(versions, number));
            finding(
                ("incompatible-order", "K2"),
                format!(
                    "{name} was read with {one} behind {common}, and with {two} in the same place"
                ),
                format!("because one transaction was shown {one} right behind {common}"),
                format!("however another was shown {two} there: no order of appends has both"),
                vec![
                    step(log, witness, &[version.key]),
                    step(log, reader, &[version.key]).contradicting(),
                ],
            )
        });
    }
}
