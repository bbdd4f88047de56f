//! What rules need of the history beside the steps of a witness.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::ledger::Ledger;
use super::operation::Operation;
use super::rule::Needs;
use crate::history::{
    Body, Event, Preamble, ProcessId, Request, WatchEvent, WatchFrame, WatchId, WatchOpen,
};

/// Operations and events that the rules at hand asked for.
#[derive(Debug, Default)]
pub(super) struct Context {
    needs: Needs,
    pub(super) operations: Vec<Operation>,
    /// Events of watches.
    pub(super) watches: Vec<Event>,
    /// Faults, the environment, measurements.
    pub(super) surroundings: Vec<Event>,
    open: BTreeMap<ProcessId, usize>,
    ledger: OnceCell<Ledger>,
}

impl Context {
    pub(super) fn new(needs: Needs) -> Self {
        Self { needs, ..Self::default() }
    }

    /// Takes the next event, if anybody asked for its like.
    pub(super) fn observe(&mut self, event: &Event) {
        match &event.body {
            Body::Invoke(invoke) if self.wants(&invoke.request) => {
                if let Some(process) = event.process {
                    self.open.insert(process, self.operations.len());
                }
                self.operations.push(Operation::new(event, &invoke.request));
            }
            Body::Complete(outcome) => {
                if let Some(at) = event.process.and_then(|process| self.open.remove(&process)) {
                    self.operations[at].end = Some((event.index, event.at, outcome.clone()));
                }
            }
            Body::Watch(_) if self.needs.watches => self.watches.push(event.clone()),
            Body::Invoke(_) | Body::Watch(_) | Body::Note(_) => {}
            _ if self.needs.surroundings => self.surroundings.push(event.clone()),
            _ => {}
        }
    }

    fn wants(&self, request: &Request) -> bool {
        match request {
            Request::Range(_)
            | Request::LeaseTimeToLive(_)
            | Request::LeaseList {}
            | Request::Status {}
            | Request::MemberList { .. }
            | Request::Snapshot {}
            | Request::Alarm(_) => self.needs.reads,
            _ => self.needs.writes || self.needs.reads,
        }
    }

    /// The changes of the store, as acknowledgements and watches tell them.
    pub(super) fn ledger(&self, preamble: &Preamble) -> &Ledger {
        self.ledger.get_or_init(|| Ledger::of(self, preamble))
    }

    /// The frames of a watch, in order.
    pub(super) fn frames(&self, watch: WatchId) -> impl Iterator<Item = (&Event, &WatchFrame)> {
        self.watches.iter().filter_map(move |event| match &event.body {
            Body::Watch(WatchEvent { watch: this, frame }) if *this == watch => {
                Some((event, frame))
            }
            _ => None,
        })
    }

    /// The opening of a watch.
    pub(super) fn opening(&self, watch: WatchId) -> Option<(&Event, &WatchOpen)> {
        self.frames(watch).find_map(|(event, frame)| match frame {
            WatchFrame::Open(open) => Some((event, open)),
            _ => None,
        })
    }
}
