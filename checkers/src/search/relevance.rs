//! Operations of unknown outcome that cannot explain anything.

use std::collections::BTreeSet;

use super::fingerprint::Fingerprint;
use super::object::{Need, Object};
use super::operation::Span;

/// Leaves out every operation of unknown outcome that nothing else needs. Such an
/// operation can be struck from any order that explains a history: whoever came between
/// it and the next change did not need it, so it is answered the same without.
pub(super) fn relevant<S: Object>(spans: Vec<Span<'_, S>>) -> Vec<Span<'_, S>> {
    let mut needed: BTreeSet<Fingerprint> = BTreeSet::new();
    for span in spans.iter().filter(|span| span.answer.is_some()) {
        match span.need() {
            Need::Nothing => {}
            Need::Mark(mark) => {
                needed.insert(mark);
            }
            // It may need any operation, and that one any other.
            Need::Anything => return spans,
        }
    }
    let mut waiting: Vec<Span<'_, S>> =
        spans.iter().filter(|span| span.answer.is_none()).copied().collect();
    let mut taken = BTreeSet::new();
    loop {
        let (now, later): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|span| S::mark(span.op).is_none_or(|mark| needed.contains(&mark)));
        if now.is_empty() {
            break;
        }
        waiting = later;
        for span in now {
            taken.insert(span.number);
            match span.need() {
                Need::Nothing => {}
                Need::Mark(mark) => {
                    needed.insert(mark);
                }
                Need::Anything => return spans,
            }
        }
    }
    let is_relevant = |span: &Span<'_, S>| span.answer.is_some() || taken.contains(&span.number);
    spans.into_iter().filter(is_relevant).collect()
}
