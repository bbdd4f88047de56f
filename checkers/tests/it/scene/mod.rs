//! What the tests of leases, locks and availability share: a cluster whose events have
//! chosen times.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Body, Doubt, FaultBegin, FaultEnd, FaultId, FaultRecord, Header, HexId, History, Indefinite,
    LeaseId, LeaseRef, LeaseTtl, MemberIndex, Nanos, Outcome, Request, Response, Revision, Sample,
    Span, StatusResponse,
};

use crate::common::{self, Cluster, Op};

/// A cluster, and the pauses between its events.
pub struct Scene {
    /// The cluster.
    pub cluster: Cluster,
    /// Before which event to wait how long, in milliseconds.
    pauses: Vec<(u64, u64)>,
    faults: u32,
}

impl Scene {
    /// A cluster of so many members.
    pub fn new(members: u16) -> Self {
        Self { cluster: Cluster::new(members), pauses: Vec::new(), faults: 1000 }
    }

    /// Three members, and a lease of 3 s with a key, renewed after one second.
    pub fn renewed() -> Self {
        let mut scene = Self::new(3);
        scene.grant(7, 3);
        scene.attach("a", 7);
        scene.wait(1000);
        scene.keep_alive(7, 3);
        scene
    }

    /// Nothing happens for so many milliseconds.
    pub fn wait(&mut self, milliseconds: u64) {
        self.pauses.push((self.cluster.last() + 1, milliseconds));
    }

    /// Waits so long, while every member reports itself twice a second, led in a term.
    pub fn calm(&mut self, milliseconds: u64, term: u64) {
        for _ in 0..milliseconds / 500 {
            self.wait(500);
            self.report(term);
        }
    }

    /// Every member reports itself.
    pub fn report(&mut self, term: u64) {
        for member in 0..3 {
            let (leader, raft_term) = (HexId(1), term);
            let status = StatusResponse { leader, raft_term, ..StatusResponse::default() };
            let body = Body::Sample(Sample::Status(status));
            self.cluster.record(None, Some(member), body);
        }
    }

    /// The harness's timers were so late.
    pub fn lag(&mut self, milliseconds: u64) {
        let lag = Nanos(milliseconds * 1_000_000);
        self.cluster.record(None, None, Body::Sample(Sample::TimerLag { lag }));
    }

    /// A grant through the first member.
    pub fn grant(&mut self, lease: i64, ttl_seconds: i64) {
        let _ = self.cluster.at(0, common::grant(lease, ttl_seconds));
    }

    /// A key is attached to a lease.
    pub fn attach(&mut self, key: &str, lease: i64) {
        let value = format!("{key}-{}", self.cluster.last());
        let _ = self.cluster.at(0, common::put_with_lease(key, &value, lease));
    }

    /// A keepalive is sent.
    pub fn ping(&mut self, lease: i64) -> Op {
        let process = self.cluster.client(0);
        self.cluster.invoke(process, Request::LeaseKeepAlive(LeaseRef { lease: LeaseId(lease) }))
    }

    /// A keepalive is answered.
    pub fn pong(&mut self, op: &Op, ttl_seconds: i64) {
        let Request::LeaseKeepAlive(LeaseRef { lease }) = op.request else { return };
        let header =
            Some(Header { revision: Revision(self.cluster.store.revision()), ..Header::default() });
        let answer = LeaseTtl { header, lease, ttl_seconds };
        self.cluster.answer(op, Ok(Response::LeaseKeepAlive(answer)));
    }

    /// A keepalive, answered with a time to live.
    pub fn keep_alive(&mut self, lease: i64, ttl_seconds: i64) {
        let op = self.ping(lease);
        self.pong(&op, ttl_seconds);
    }

    /// A fault with parameters begins.
    pub fn begin(&mut self, kind: &str, members: &[u16], params: &[(&str, &str)]) -> FaultId {
        self.faults += 1;
        let id = FaultId(self.faults);
        let members = members.iter().copied().map(MemberIndex).collect();
        let params = params.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let (kind, params) = (kind.to_owned(), params.collect());
        let fault = FaultRecord { kind, members, params };
        let begin = FaultBegin { id, fault, planned: Span::default() };
        self.cluster.record(None, None, Body::FaultBegin(begin));
        id
    }

    /// A fault ends; it held between these events' times, if it did.
    pub fn end(&mut self, id: FaultId, landed: Option<(u64, u64)>) {
        // Indices stand for times until the history is made.
        let landed = landed.map(|(from, to)| Span { from: Nanos(from), to: Nanos(to) });
        let end = FaultEnd { id, landed, evidence: BTreeMap::new(), error: None };
        self.cluster.record(None, None, Body::FaultEnd(end));
    }

    /// An operation fails, with doubt.
    pub fn fail(&mut self, op: &Op, reason: Doubt) {
        let message = "test".to_owned();
        self.cluster.complete(op, Outcome::Unknown(Indefinite { reason, message }));
    }

    /// The history, without final reads.
    pub fn stop(self) -> History {
        let pauses = self.pauses;
        timed(self.cluster.stop(), &pauses)
    }

    /// The whole history.
    pub fn finish(self) -> History {
        let pauses = self.pauses;
        timed(self.cluster.finish(), &pauses)
    }
}

fn timed(mut history: History, pauses: &[(u64, u64)]) -> History {
    let mut pauses = pauses.iter().peekable();
    let mut shift = 0;
    for event in &mut history.events {
        while let Some((_, milliseconds)) = pauses.next_if(|(index, _)| *index <= event.index) {
            shift += milliseconds * 1_000_000;
        }
        event.at = Nanos(event.at.0 + shift);
    }
    let times: Vec<Nanos> = history.events.iter().map(|event| event.at).collect();
    let time = |index: Nanos| {
        usize::try_from(index.0).ok().and_then(|index| times.get(index)).copied().unwrap_or(index)
    };
    for event in &mut history.events {
        if let Body::FaultEnd(FaultEnd { landed: Some(span), .. }) = &mut event.body {
            *span = Span { from: time(span.from), to: time(span.to) };
        }
    }
    history
}
