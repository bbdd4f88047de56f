//! Which operations go into the page: all of a small run, and of a large one those that matter.

use std::collections::BTreeSet;

use stormglass_checkers::history::Nanos;

use crate::digest::{Digest, Operation, OutcomeKind};

/// So many at most: a page of a few megabytes that a browser draws at once.
pub(super) const MOST: usize = 24_000;
/// What is near a witness, a bad end or a fault gets at most so many each, the rest what is left.
const SHARE: usize = MOST / 4;
/// So near to a step of a witness.
const NEAR_STEP: Nanos = Nanos(250_000_000);
/// So near to the beginning or the end of a fault.
const NEAR_FAULT: Nanos = Nanos(150_000_000);

/// What the page has of the operations.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// Places of operations in the digest's list, in its order.
    pub(super) places: Vec<usize>,
    /// How many of the others there are.
    pub(super) left_out: usize,
}

/// Operations of a kind, and how many of them at most.
type Wanted<'a> = (&'a dyn Fn(&Operation) -> bool, usize);

/// Chooses, with the operations whose invocations are steps of witnesses first.
pub(super) fn choose(digest: &Digest, steps: &BTreeSet<u64>, most: usize) -> Choice {
    let operations = &digest.operations;
    if operations.len() <= most {
        return Choice { places: (0..operations.len()).collect(), left_out: 0 };
    }
    let share = SHARE.min(most / 4);
    let shown = moments(operations, steps);
    let edges = edges(digest);
    let mut chosen = BTreeSet::new();
    let wanted: [Wanted<'_>; 5] = [
        (&|operation| steps.contains(&operation.index), most),
        (&|operation| is_near(operation, &shown, NEAR_STEP), share),
        (&|operation| operation.outcome != OutcomeKind::Ok, share),
        (&|operation| is_near(operation, &edges, NEAR_FAULT), share),
        (&|_| true, most),
    ];
    for (is_wanted, limit) in wanted {
        let found: Vec<usize> = (0..operations.len())
            .filter(|place| is_wanted(&operations[*place]) && !chosen.contains(place))
            .collect();
        let room = limit.min(most - chosen.len());
        chosen.extend(thinned(&found, room));
    }
    let places: Vec<usize> = chosen.into_iter().collect();
    Choice { left_out: operations.len() - places.len(), places }
}

/// At most so many of them, evenly.
pub(super) fn thinned<T: Copy>(all: &[T], most: usize) -> impl Iterator<Item = T> {
    let number = all.len().min(most);
    (0..number).map(move |place| all[place * all.len() / number])
}

/// When the steps that are operations began.
fn moments(operations: &[Operation], steps: &BTreeSet<u64>) -> Vec<Nanos> {
    let is_step = |operation: &&Operation| steps.contains(&operation.index);
    let mut moments: Vec<Nanos> =
        operations.iter().filter(is_step).map(|operation| operation.sent).collect();
    moments.sort_unstable();
    moments
}

fn edges(digest: &Digest) -> Vec<Nanos> {
    let landed = digest.faults.iter().filter_map(|fault| fault.landed);
    let mut edges: Vec<Nanos> = landed.flat_map(|span| [span.from, span.to]).collect();
    edges.sort_unstable();
    edges
}

/// Whether an operation was sent so near to one of the moments, which are in order.
fn is_near(operation: &Operation, moments: &[Nanos], near: Nanos) -> bool {
    let earliest = operation.sent.0.saturating_sub(near.0);
    let first = moments.partition_point(|moment| moment.0 < earliest);
    moments.get(first).is_some_and(|moment| moment.0 <= operation.sent.0.saturating_add(near.0))
}

#[cfg(test)]
mod tests {
    use stormglass_checkers::history::ProcessId;

    use super::*;

    fn digest(number: u64) -> Digest {
        let operation = |index: u64| Operation {
            index,
            completion: None,
            process: ProcessId(0),
            kind: "put",
            member: None,
            intended: Nanos(index * 10_000_000),
            sent: Nanos(index * 10_000_000),
            ended: None,
            outcome: if index % 100 == 7 { OutcomeKind::Unknown } else { OutcomeKind::Ok },
        };
        Digest { operations: (0..number).map(operation).collect(), ..Digest::default() }
    }

    #[test]
    fn a_small_run_is_shown_whole() {
        let choice = choose(&digest(50), &BTreeSet::new(), 60);
        assert_eq!(choice, Choice { places: (0..50).collect(), left_out: 0 });
    }

    #[test]
    fn of_a_large_one_what_matters_is_kept_and_the_rest_thinned() {
        let steps = BTreeSet::from([5_000, 9_999]);
        let choice = choose(&digest(10_000), &steps, 1_000);
        assert_eq!(choice.places.len(), 1_000);
        assert_eq!(choice.left_out, 9_000);
        assert!(choice.places.is_sorted());
        // The steps themselves, what is near them, and what ended badly.
        assert!((4_976..5_025).chain([9_999]).all(|place| choice.places.contains(&place)));
        assert!((0..100).all(|hundred| choice.places.contains(&(hundred * 100 + 7))));
        // The others from beginning to end.
        let quarter = |from: usize| {
            choice.places.iter().filter(|place| (from..from + 2_500).contains(*place)).count()
        };
        assert!([0, 2_500, 5_000, 7_500].into_iter().all(|from| quarter(from) > 150));
    }
}
