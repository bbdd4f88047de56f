//! Refusals that were not true.

use super::super::class::Class;
use super::super::ground::{Ground, Operation};
use super::super::mutant::{Mutant, like};
use super::super::place::Place;
use super::super::shape::read;
use super::leases::fresh_grant;
use crate::history::{Body, Definite, Invoke, Outcome, Put, Refusal, Request, Revision};

/// Refusals that were not true.
pub(in crate::mutation) const REFUSALS: &[Class] = &[
    Class {
        name: "refused-as-compacted",
        summary: "a read is refused as compacted although nobody compacted that far",
        precondition: "an answered linearizable read at a past revision; by its end no compaction \
                       above that revision was ever asked for",
        why: "its outcome becomes that refusal, and only a compaction above the revision that is \
              read makes it true (K7)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            history_reads(ground, |operation, revision| {
                highest_compaction(ground, operation.completion) <= revision
            })
        },
        plant: |ground, place| refuse(ground, place, Refusal::Compacted),
    },
    Class {
        name: "refused-as-future",
        summary: "a read is refused as of the future although its revision was acknowledged",
        precondition: "an answered linearizable read at a past revision, at or below one that was \
                       acknowledged before it was sent",
        why: "its outcome becomes that refusal, but a linearizable read sees at least the \
              revisions that were acknowledged before it (K1, K7)",
        caught_by: "linearizability",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            history_reads(ground, |operation, revision| {
                revision <= ground.acknowledged_before(operation.invocation)
            })
        },
        plant: |ground, place| refuse(ground, place, Refusal::FutureRevision),
    },
    Class {
        name: "refused-live-lease",
        summary: "a put is refused because of its lease right after that lease was granted",
        precondition: "a grant that was answered within half a second, for at least two seconds; \
                       nobody has asked to revoke the lease by then",
        why: "right after it the same client puts a key with the lease and is told that there is \
              no such lease, within the time that it was granted for (L6, L8)",
        caught_by: "leases",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            let fit = ground.operations.iter().filter(|one| fresh_grant(ground, one).is_some());
            fit.map(|operation| Place::at(operation.completion)).collect()
        },
        plant: |ground, place| {
            let (lease, _) = fresh_grant(ground, ground.completed_at(place.at)?)?;
            let event = ground.history.events.get(place.at)?;
            let (key, value) = (ground.own_key("selftest"), ground.unwritten());
            let put = Request::Put(Put { key, value, lease, ..Put::default() });
            let invoke = Body::Invoke(Invoke { intended: event.at, request: put });
            let complete = Body::Complete(refusal(Refusal::LeaseNotFound));
            let mutant = Mutant::default().insert(place.at + 1, like(event, invoke));
            Some(mutant.insert(place.at + 1, like(event, complete)))
        },
    },
];

fn history_reads(
    ground: &Ground<'_>,
    fit: impl Fn(&Operation<'_>, Revision) -> bool,
) -> Vec<Place> {
    let fit = ground.operations.iter().filter(|operation| {
        read(operation).is_some_and(|(range, _)| {
            !range.serializable && !range.revision.is_zero() && fit(operation, range.revision)
        })
    });
    fit.map(|operation| Place::at(operation.completion)).collect()
}

fn highest_compaction(ground: &Ground<'_>, until: usize) -> Revision {
    let events = ground.history.events.iter().take(until);
    let asked = events.filter_map(|event| match &event.body {
        Body::Invoke(Invoke { request: Request::Compact(compact), .. }) => Some(compact.revision),
        _ => None,
    });
    asked.max().unwrap_or_default()
}

fn refuse(ground: &Ground<'_>, place: Place, reason: Refusal) -> Option<Mutant> {
    read(ground.completed_at(place.at)?)?;
    Some(Mutant::default().outcome(ground, place.at, refusal(reason)))
}

fn refusal(reason: Refusal) -> Outcome {
    Outcome::Failed(Definite { reason, message: "planted by the self-test".to_owned() })
}
