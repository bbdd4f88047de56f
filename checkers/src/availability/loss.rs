//! Losses of the majority, from the faults' landed spans.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::{Place, removes};
use crate::history::{Event, FaultBegin, FaultEnd, FaultId, FaultRecord, MemberIndex, Span};

/// An acknowledged request that needs a majority.
#[derive(Clone, Debug)]
pub(super) struct Acknowledgement {
    /// Where it stands.
    pub(super) place: Place,
    /// What was asked, for people.
    pub(super) what: String,
    /// From its sending to its answer.
    pub(super) span: Span,
}

/// A fault that removed members, and when it held.
#[derive(Clone, Debug)]
pub(super) struct Removal {
    /// Where it begins.
    pub(super) place: Place,
    /// Its kind.
    pub(super) kind: String,
    /// Whom it removed.
    pub(super) members: Vec<MemberIndex>,
    /// When it certainly held.
    pub(super) span: Span,
}

/// An acknowledgement although the majority was gone.
#[derive(Clone, Debug)]
pub(super) struct Impossible {
    /// The acknowledgement.
    pub(super) acknowledgement: Acknowledgement,
    /// The faults that held meanwhile.
    pub(super) removals: Vec<Removal>,
}

/// Faults that remove members, and what was acknowledged meanwhile.
#[derive(Clone, Debug, Default)]
pub(super) struct Losses {
    open: BTreeMap<FaultId, (Place, FaultRecord)>,
    over: Vec<Removal>,
    acknowledged: Vec<Acknowledgement>,
    /// Times at which enough members were gone, counted.
    pub(super) complete: u64,
}

impl Losses {
    /// A fault begins.
    pub(super) fn begin(&mut self, event: &Event, begin: &FaultBegin) {
        if removes(&begin.fault) {
            self.open.insert(begin.id, (Place::of(event), begin.fault.clone()));
        }
    }

    /// Whether the open faults and those before them can have removed so many members:
    /// only then acknowledgements are of interest.
    pub(super) fn may_be_complete(&self, enough: u16) -> bool {
        let open = self.open.values().flat_map(|(_, fault)| &fault.members);
        let gone: BTreeSet<&MemberIndex> = open.collect();
        gone.len() >= usize::from(enough)
    }

    /// A request that needs a majority was acknowledged.
    pub(super) fn acknowledged(&mut self, acknowledgement: Acknowledgement) {
        self.acknowledged.push(acknowledgement);
    }

    /// A fault is over; when none is left, what was acknowledged in vain of a majority.
    pub(super) fn end(&mut self, end: &FaultEnd, enough: u16) -> Vec<Impossible> {
        if let Some((place, fault)) = self.open.remove(&end.id)
            && let Some(span) = end.landed
        {
            let FaultRecord { kind, members, .. } = fault;
            self.over.push(Removal { place, kind, members, span });
        }
        if self.open.is_empty() { self.judge(enough) } else { Vec::new() }
    }

    /// Judges what was collected and forgets it.
    pub(super) fn judge(&mut self, enough: u16) -> Vec<Impossible> {
        let removals = std::mem::take(&mut self.over);
        let acknowledged = std::mem::take(&mut self.acknowledged);
        let covering = |span: Span| {
            let holds =
                |removal: &&Removal| removal.span.from <= span.from && span.to <= removal.span.to;
            removals.iter().filter(holds).cloned().collect::<Vec<_>>()
        };
        let impossible = |acknowledgement: Acknowledgement| {
            let removals = covering(acknowledgement.span);
            let gone = gone(&removals) >= usize::from(enough);
            gone.then_some(Impossible { acknowledgement, removals })
        };
        self.complete += u64::from(overlap(&removals, enough));
        acknowledged.into_iter().filter_map(impossible).collect()
    }
}

fn gone(removals: &[Removal]) -> usize {
    let members: BTreeSet<MemberIndex> =
        removals.iter().flat_map(|removal| removal.members.iter().copied()).collect();
    members.len()
}

/// Whether enough members were ever gone together.
fn overlap(removals: &[Removal], enough: u16) -> bool {
    removals.iter().any(|removal| {
        let at = removal.span.from;
        let together: Vec<Removal> = removals
            .iter()
            .filter(|other| other.span.from <= at && at <= other.span.to)
            .cloned()
            .collect();
        gone(&together) >= usize::from(enough)
    })
}
