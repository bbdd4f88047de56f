//! The compaction loop: API servers agree by one key who compacts, and compact what was the newest
//! revision a period ago.

use stormglass_checkers::history::{
    Bytes, Compact, LeaseId, Nanos, Refusal, Request, Response, Revision,
};

use super::requests;

/// Time between two rounds. An API server's is five minutes.
const PERIOD: u64 = 2_000_000_000;

/// One client's part in the loop.
pub(super) struct Compactor {
    key: Bytes,
    /// How often the key was written, as far as this client knows.
    version: i64,
    /// The newest revision of the round before.
    before: Revision,
    /// What to compact to, once this client has won a round.
    won: Option<Revision>,
    from: Nanos,
}

impl Compactor {
    pub(super) fn new(key: Bytes) -> Self {
        let (before, from) = (Revision(0), Nanos(PERIOD));
        Self { key, version: 0, before, won: None, from }
    }

    /// The next request, when it is time for one: the compaction of a round that was won, or
    /// the attempt to win one.
    pub(super) fn next(
        &mut self,
        now: Nanos,
        guards: bool,
        value: impl FnOnce() -> Bytes,
    ) -> Option<Request> {
        if let Some(revision) = self.won.take() {
            return Some(Request::Compact(Compact { revision, physical: false }));
        }
        if now < self.from || !guards {
            return None;
        }
        self.from = Nanos(now.0.saturating_add(PERIOD));
        let guard = requests::written(&self.key, self.version);
        Some(requests::put(&self.key, value(), LeaseId::default(), vec![guard]))
    }

    /// Whether a request is one of the loop's.
    pub(super) fn owns(&self, request: &Request) -> bool {
        match request {
            Request::Compact(_) => true,
            Request::Txn(txn) => txn.compare.first().is_some_and(|guard| guard.key == self.key),
            _ => false,
        }
    }

    /// One of its requests was answered.
    pub(super) fn answered(&mut self, answer: &Response) {
        let Response::Txn(answer) = answer else { return };
        let newest = answer.header.as_ref().map_or(Revision(0), |header| header.revision);
        if answer.succeeded {
            self.version += 1;
            self.won = (!self.before.is_zero()).then_some(self.before);
        } else if let Some(Response::Range(read)) = answer.responses.first() {
            self.version = read.kvs.first().map_or(0, |pair| pair.version);
        }
        self.before = newest;
    }

    /// One of its requests was refused: a compaction that others have done is none of its
    /// business any more.
    pub(super) fn refused(&mut self, refusal: Refusal) {
        if refusal == Refusal::Compacted {
            self.won = None;
        }
    }
}
