//! Comparing the final reads with what is known to have been written.

use super::ending::FinalRead;
use super::knowledge::{Knowledge, Known, Source};
use super::sweep::Sweep;
use crate::findings::FindingSet;
use crate::history::{Bytes, MemberIndex, Revision};
use crate::verdict::{Finding, Witness, WitnessStep};
use crate::wording;

/// A fault that began, for witnesses.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) step: WitnessStep,
    pub(super) members: Vec<MemberIndex>,
}

/// How a key differs from what is known of it.
enum Loss {
    /// It is not there.
    Missing,
    /// It is there as it was before.
    Old(Revision),
    /// It has another value at the same revision.
    Other(Bytes),
    /// It was deleted and is back as it was before.
    Back(Revision),
}

/// Judges one final read.
pub(super) fn judge(
    read: &FinalRead,
    knowledge: &Knowledge,
    faults: &[Fault],
    findings: &mut FindingSet,
) -> u64 {
    let swept = knowledge.swept(read.revision);
    let mut compared = 0;
    for (key, known) in &read.expected.newest {
        // A member that answers alone may be behind; what it has must be right.
        if known.revision > read.revision && !read.linearizable {
            continue;
        }
        compared += 1;
        if let Some(loss) = loss_of(read, knowledge, (key, known), &swept) {
            let anomaly = match known.source {
                Source::Acknowledged(_) => "lost-write",
                Source::Shown(_) => "vanished-read",
            };
            findings.add(anomaly, || lost(read, knowledge, faults, key, known, &loss));
        }
    }
    resurrected(read, knowledge, faults, &swept, findings);
    revision_lost(read, knowledge, faults, findings);
    compared
}

fn loss_of(
    read: &FinalRead,
    knowledge: &Knowledge,
    (key, known): (&Bytes, &Known),
    swept: &Sweep,
) -> Option<Loss> {
    match (read.pairs.get(key), known.deleted) {
        (Some((revision, _)), true) if *revision < known.revision => Some(Loss::Back(*revision)),
        (Some((revision, _)), false) if *revision < known.revision => Some(Loss::Old(*revision)),
        (Some((revision, value)), false) if *revision == known.revision => {
            let other = known.value.as_ref().is_some_and(|known| known != value);
            other.then(|| Loss::Other(value.clone()))
        }
        (None, false) if !knowledge.explains_absence(key, known, read.revision, swept) => {
            Some(Loss::Missing)
        }
        _ => None,
    }
}

fn lost(
    read: &FinalRead,
    knowledge: &Knowledge,
    faults: &[Fault],
    key: &Bytes,
    known: &Known,
    loss: &Loss,
) -> Finding {
    let step = knowledge.step(&known.source);
    let acknowledged = matches!(known.source, Source::Acknowledged(_));
    let through = step.as_ref().and_then(|step| step.member).map(|member| format!(" by {member}"));
    let what = step.as_ref().map(|step| step.what.clone()).unwrap_or_default();
    let how = match (acknowledged, known.deleted) {
        (true, _) => format!(
            "the write \"{what}\" was acknowledged{} at revision {}",
            through.unwrap_or_default(),
            known.revision
        ),
        (false, true) => format!("{key} was shown as deleted at revision {}", known.revision),
        (false, false) => format!("{key} was shown with revision {}", known.revision),
    };
    let found = match loss {
        Loss::Missing => format!("{key} is not there"),
        Loss::Old(revision) => format!("{key} is still as it was at revision {revision}"),
        Loss::Other(value) => format!("{key} is {} instead", wording::quoted(value)),
        Loss::Back(revision) => format!("{key} is there again as of revision {revision}"),
    };
    let on = name(read.member);
    let sentence =
        format!("In the final read {on} (revision {}), {found}, although {how}.", read.revision);
    let anomaly = if acknowledged { "lost-write" } else { "vanished-read" };
    Finding {
        anomaly: anomaly.to_owned(),
        guarantee: "K9".to_owned(),
        sentence,
        because: format!("because {how}, and nothing can have undone it since"),
        however: format!("however in the final read {on} {found}"),
        witness: Witness { steps: steps(read, step, faults, read.step_of(key)) },
    }
}

/// What was acknowledged or shown, the fault in between, the final read.
fn steps(
    read: &FinalRead,
    first: Option<WitnessStep>,
    faults: &[Fault],
    last: WitnessStep,
) -> Vec<WitnessStep> {
    let from = first.as_ref().map_or(0, |step| step.index);
    let between = |fault: &&Fault| fault.step.index > from && fault.step.index < read.step.index;
    let hits = |fault: &&Fault| read.member.is_some_and(|member| fault.members.contains(&member));
    let own = faults.iter().filter(between).find(hits);
    let fault = own.or_else(|| faults.iter().find(between));
    let mut steps: Vec<WitnessStep> = first.into_iter().collect();
    steps.extend(fault.map(|fault| fault.step.clone()));
    steps.push(last);
    steps
}

/// Keys that an acknowledged deletion of a range must have taken.
fn resurrected(
    read: &FinalRead,
    knowledge: &Knowledge,
    faults: &[Fault],
    swept: &Sweep,
    findings: &mut FindingSet,
) {
    for (key, (revision, _)) in &read.pairs {
        // A single-key deletion is a known change of the key, and told as such.
        let known = read.expected.newest.get(key);
        if known.is_some_and(|known| known.revision > *revision) {
            continue;
        }
        let newest = read.revision;
        let Some(at) = swept.newest(key).filter(|at| at > revision) else { continue };
        let on = name(read.member);
        let sentence = format!(
            "In the final read {on} (revision {newest}), {key} is there as of revision \
             {revision}, although a deletion of its range was acknowledged at revision {at}."
        );
        findings.add("lost-write", || Finding {
            anomaly: "lost-write".to_owned(),
            guarantee: "K9".to_owned(),
            sentence,
            because: format!("because the deletion at revision {at} takes every key of its range"),
            however: format!("however {key} is there as of revision {revision}"),
            witness: Witness {
                steps: steps(read, knowledge.range_deleter(at), faults, read.step_of(key)),
            },
        });
    }
}

/// A linearizable final read below an acknowledged revision: the member, or the whole
/// store, has gone back for good.
fn revision_lost(
    read: &FinalRead,
    knowledge: &Knowledge,
    faults: &[Fault],
    findings: &mut FindingSet,
) {
    let Some((newest, invocation)) = read.expected.last_write else { return };
    if !read.linearizable || read.revision >= newest {
        return;
    }
    let step = knowledge.step(&Source::Acknowledged(invocation));
    let on = name(read.member);
    let what = step.as_ref().map(|step| step.what.clone()).unwrap_or_default();
    let sentence = format!(
        "The final read {on} ends at revision {}, although \"{what}\" was acknowledged at revision \
         {newest}.",
        read.revision
    );
    findings.add("revision-lost", || Finding {
        anomaly: "revision-lost".to_owned(),
        guarantee: "K9".to_owned(),
        sentence,
        because: format!("because revision {newest} was acknowledged before"),
        however: format!("however the final read {on} is at revision {}", read.revision),
        witness: Witness { steps: steps(read, step, faults, read.step.clone().contradicting()) },
    });
}

fn name(member: Option<MemberIndex>) -> String {
    member.map_or_else(|| "of the store".to_owned(), |member| format!("on {member}"))
}
