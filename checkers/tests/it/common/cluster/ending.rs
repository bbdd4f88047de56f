//! The end of a run: recovery, final reads, final watches.

use stormglass_checkers::history::{
    HashKv, HashKvResponse, History, Nanos, Phase, Range, Request, Response, Revision,
    StatusResponse, WatchFrame, WatchKind,
};

use super::super::requests::everything;
use super::super::store::Store;
use super::{Cluster, TICK, events_frame, header};

impl Cluster {
    /// Nothing happens for so long.
    pub fn pass(&mut self, seconds: u64) {
        self.idle += seconds * 1_000_000_000;
    }

    /// When the next event happens.
    pub(super) fn now(&self) -> Nanos {
        Nanos((self.history.events.len() as u64 + 1) * TICK + self.idle)
    }

    /// Recovery, final reads on every member, and the end.
    pub fn finish(mut self) -> History {
        self.phase(Phase::Recover);
        for member in 0..self.size() {
            if self.members[usize::from(member)].down {
                self.restart(member);
            }
            self.catch_up(member);
        }
        self.phase(Phase::Recovered);
        self.phase(Phase::Final);
        (0..self.size()).for_each(|member| self.final_reads(member));
        self.phase(Phase::Done);
        self.history
    }

    fn final_reads(&mut self, member: u16) {
        let process = self.client(member);
        let _ = self.call(process, Request::Range(everything()));
        let local = Range { serializable: true, ..everything() };
        let _ = self.call(process, Request::Range(local));
        let revision = Revision(self.store.revision());
        let header = Some(header(revision.0));
        let op = self.invoke(process, Request::HashKv(HashKv { revision }));
        let hash = HashKvResponse {
            header,
            hash: hash_of(&self.store),
            compact_revision: Revision(self.compacted),
            hash_revision: revision,
        };
        self.answer(&op, Ok(Response::HashKv(hash)));
        let op = self.invoke(process, Request::Status {});
        let version = "3.5.16".to_owned();
        let status = StatusResponse { header, version, ..StatusResponse::default() };
        self.answer(&op, Ok(Response::Status(status)));
        self.final_watch(member);
    }

    fn final_watch(&mut self, member: u16) {
        let from = self.compacted.max(1);
        let watch = self.open_watch(member, WatchKind::Final, from, None);
        for revision in from..=self.store.revision() {
            let events = self.visible(revision);
            self.frame(member, watch, events_frame(revision, events));
        }
        let error = "closed by the harness".to_owned();
        self.frame(member, watch, WatchFrame::Broken { error });
    }
}

fn hash_of(store: &Store) -> u32 {
    let pairs = store.at(store.revision());
    let bytes = pairs.values().flat_map(|pair| pair.value.as_slice().iter().copied());
    bytes.fold(17, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)))
}
