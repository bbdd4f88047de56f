//! The traffic's pace with and without faults, and its longest standstill.

use stormglass_checkers::history::{Nanos, Span};

use super::fault::Fault;
use super::operation::{Operation, OutcomeKind};

/// The traffic's pace.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pace {
    /// Time of traffic under at least one fault.
    pub(crate) faulty: Nanos,
    /// Operations answered in that time.
    pub(crate) faulty_ok: u64,
    /// Time of traffic without a fault.
    pub(crate) calm: Nanos,
    /// Operations answered in that time.
    pub(crate) calm_ok: u64,
    /// The longest time within the traffic without a single answer.
    pub(crate) standstill: Option<Span>,
}

/// The pace of the traffic, which took place within `traffic`.
pub(crate) fn pace(operations: &[Operation], faults: &[Fault], traffic: Span) -> Pace {
    let faulty = union(faults.iter().filter_map(|fault| fault.landed), traffic);
    let mut answers: Vec<Nanos> = operations
        .iter()
        .filter(|operation| operation.outcome == OutcomeKind::Ok)
        .filter_map(|operation| operation.ended)
        .filter(|ended| (traffic.from..=traffic.to).contains(ended))
        .collect();
    answers.sort_unstable();
    let faulty_time: u64 = faulty.iter().map(|span| span.to.0 - span.from.0).sum();
    let within = |at: &&Nanos| {
        let next = faulty.partition_point(|span| span.to < **at);
        faulty.get(next).is_some_and(|span| span.from <= **at)
    };
    let faulty_ok = answers.iter().filter(within).count() as u64;
    Pace {
        faulty: Nanos(faulty_time),
        faulty_ok,
        calm: Nanos((traffic.to.0 - traffic.from.0).saturating_sub(faulty_time)),
        calm_ok: answers.len() as u64 - faulty_ok,
        standstill: standstill(&answers, traffic),
    }
}

/// The longest gap between answers; none when the traffic took no time.
fn standstill(answers: &[Nanos], traffic: Span) -> Option<Span> {
    let from = std::iter::once(traffic.from).chain(answers.iter().copied());
    let to = answers.iter().copied().chain(std::iter::once(traffic.to));
    from.zip(to)
        .map(|(from, to)| Span { from, to })
        .filter(|gap| gap.to > gap.from)
        .max_by_key(|gap| (gap.to.0 - gap.from.0, std::cmp::Reverse(gap.from)))
}

/// The spans cut to `within`, joined where they meet, in order.
fn union(spans: impl Iterator<Item = Span>, within: Span) -> Vec<Span> {
    let mut spans: Vec<Span> = spans
        .map(|span| Span { from: span.from.max(within.from), to: span.to.min(within.to) })
        .filter(|span| span.from < span.to)
        .collect();
    spans.sort_by_key(|span| span.from);
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            _ => joined.push(span),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: u64, to: u64) -> Span {
        Span { from: Nanos(from), to: Nanos(to) }
    }

    #[test]
    fn overlapping_faults_count_once() {
        let joined =
            union([span(5, 9), span(1, 3), span(8, 20), span(30, 40)].into_iter(), span(2, 15));
        assert_eq!(joined, [span(2, 3), span(5, 15)]);
    }

    #[test]
    fn the_longest_gap_counts_from_and_to_the_ends() {
        assert_eq!(standstill(&[Nanos(2), Nanos(3)], span(0, 10)), Some(span(3, 10)));
        assert_eq!(standstill(&[], span(0, 10)), Some(span(0, 10)));
        assert_eq!(standstill(&[], span(0, 0)), None);
    }
}
