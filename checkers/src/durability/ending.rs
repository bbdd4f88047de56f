//! The final reads: what each member holds when everything is over.

use std::collections::BTreeMap;

use super::knowledge::Known;
use crate::evidence::Sent;
use crate::history::{
    Bytes, Event, MemberIndex, Range, RangeResponse, Request, Revision, Territory,
};
use crate::verdict::WitnessStep;
use crate::wording;

/// What was known when a final read was sent. What becomes known later may have
/// happened later too, so it must not be held against the read.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    pub(super) newest: BTreeMap<Bytes, Known>,
    pub(super) last_write: Option<(Revision, u64)>,
}

/// A final read of every key.
#[derive(Clone, Debug)]
pub(super) struct FinalRead {
    pub(super) member: Option<MemberIndex>,
    pub(super) linearizable: bool,
    /// The member's revision.
    pub(super) revision: Revision,
    /// Each key with its last revision and value.
    pub(super) pairs: BTreeMap<Bytes, (Revision, Bytes)>,
    pub(super) step: WitnessStep,
    pub(super) expected: Expectation,
}

impl FinalRead {
    pub(super) fn new(
        sent: &Sent,
        event: &Event,
        answer: &RangeResponse,
        expected: Expectation,
    ) -> Option<Self> {
        let Request::Range(range) = sent.request() else { return None };
        let revision = answer.header.map(|header| header.revision)?;
        let pair =
            |kv: &crate::history::KeyValue| (kv.key.clone(), (kv.mod_revision, kv.value.clone()));
        let shows = format!("{} keys, revision {revision}", answer.count);
        Some(Self {
            member: sent.event().member,
            linearizable: !range.serializable,
            revision,
            pairs: answer.kvs.iter().map(pair).collect(),
            step: sent.step(event, shows),
            expected,
        })
    }

    /// The step, showing what it has of one key.
    pub(super) fn step_of(&self, key: &Bytes) -> WitnessStep {
        let found = match self.pairs.get(key) {
            Some((revision, value)) => {
                format!("{key} = {} of revision {revision}", wording::quoted(value))
            }
            None => format!("{key} is not there"),
        };
        let shows = format!("{found}, revision {}", self.revision);
        WitnessStep { shows, ..self.step.clone() }.contradicting()
    }
}

/// Whether a request reads every key of the run's as it is now, whole.
pub(super) fn reads_everything(request: &Request, territory: &Territory) -> bool {
    let Request::Range(range) = request else { return false };
    let plain = Range {
        key: range.key.clone(),
        range_end: range.range_end.clone(),
        serializable: range.serializable,
        sort: range.sort,
        ..Range::default()
    };
    territory.is_covered_by(&range.key, &range.range_end) && *range == plain
}
