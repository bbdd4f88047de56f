//! What has happened so far, counted, for whoever watches a run.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use stormglass_checkers::history::{
    Body, Environment, Event, FaultId, HexId, MemberIndex, Nanos, Outcome, Phase, ProcessId,
    Sample, StatusResponse,
};

/// Latencies are counted in eight steps a doubling.
const STEPS: usize = 8;
const BUCKETS: usize = 64 * STEPS;

/// Counts events as they are recorded.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Counts>);

#[derive(Debug)]
struct Counts {
    so_far: SoFar,
    open: BTreeMap<ProcessId, Nanos>,
    latencies: Vec<u64>,
}

impl Default for Counts {
    fn default() -> Self {
        let (so_far, open) = (SoFar::default(), BTreeMap::new());
        Self { so_far, open, latencies: vec![0; BUCKETS] }
    }
}

/// What has happened so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoFar {
    /// Operations that were sent.
    pub operations: u64,
    /// Of these answered, refused, and of unknown outcome.
    pub outcomes: [u64; 3],
    /// Median and 99th percentile of the answered ones' latencies, from when they were meant to
    /// be sent; at most a tenth too large.
    pub latencies: Option<[Nanos; 2]>,
    /// Members by their places.
    pub members: BTreeMap<MemberIndex, MemberNow>,
    /// Faults that hold, with when they began.
    pub faults: BTreeMap<FaultId, FaultNow>,
    /// The phase of the run.
    pub phase: Option<Phase>,
}

/// A member, as it was last heard of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemberNow {
    /// Whether its process runs.
    pub runs: bool,
    /// Whether it takes itself for the leader.
    pub leads: bool,
    /// Its raft term.
    pub term: u64,
}

/// A fault that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultNow {
    /// Its kind.
    pub kind: String,
    /// Whom it hits.
    pub members: Vec<MemberIndex>,
    /// Since when.
    pub since: Nanos,
}

impl Tally {
    /// What has happened so far.
    pub fn so_far(&self) -> SoFar {
        let counts = self.lock();
        let latencies = counts.quantile(500).zip(counts.quantile(990)).map(|(one, two)| [one, two]);
        SoFar { latencies, ..counts.so_far.clone() }
    }

    /// An event was recorded.
    pub(super) fn pass(&self, event: &Event) {
        match &event.body {
            // Most events; nothing is counted of them.
            Body::Watch(_) | Body::Note(_) => {}
            _ => self.lock().pass(event),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn pass(&mut self, event: &Event) {
        let so_far = &mut self.so_far;
        match (&event.body, event.process, event.member) {
            (Body::Invoke(invoke), Some(process), _) => {
                so_far.operations += 1;
                self.open.insert(process, invoke.intended);
            }
            (Body::Complete(outcome), Some(process), _) => {
                let intended = self.open.remove(&process);
                so_far.outcomes[place(outcome)] += 1;
                if let (Outcome::Ok(_), Some(intended)) = (outcome, intended) {
                    let latency = event.at.0.saturating_sub(intended.0);
                    self.latencies[bucket(latency)] += 1;
                }
            }
            (Body::FaultBegin(begin), ..) => {
                let (kind, members) = (begin.fault.kind.clone(), begin.fault.members.clone());
                so_far.faults.insert(begin.id, FaultNow { kind, members, since: event.at });
            }
            (Body::FaultEnd(end), ..) => {
                so_far.faults.remove(&end.id);
            }
            (Body::Environment(Environment::Phase(phase)), ..) => so_far.phase = Some(*phase),
            (Body::Environment(Environment::MemberStarted(_)), _, Some(member)) => {
                so_far.members.entry(member).or_default().runs = true;
            }
            (Body::Environment(Environment::MemberExited(_)), _, Some(member)) => {
                *so_far.members.entry(member).or_default() = MemberNow::default();
            }
            (Body::Sample(Sample::Status(status)), _, Some(member)) => {
                so_far.members.insert(member, now(status));
            }
            _ => {}
        }
    }

    /// The end of the first bucket that reaches so many thousandths.
    fn quantile(&self, per_mille: u64) -> Option<Nanos> {
        let all: u64 = self.latencies.iter().sum();
        let wanted = (all * per_mille).div_ceil(1000).max(1);
        let mut counted = 0;
        let reaches = |count: &u64| {
            counted += count;
            counted >= wanted
        };
        self.latencies.iter().position(reaches).map(|bucket| Nanos(end(bucket)))
    }
}

fn place(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Ok(_) => 0,
        Outcome::Failed(_) => 1,
        Outcome::Unknown(_) => 2,
    }
}

fn now(status: &StatusResponse) -> MemberNow {
    let own = status.header.map(|header| header.member_id);
    let leads = own.is_some_and(|own| own == status.leader && own != HexId(0));
    MemberNow { runs: true, leads, term: status.raft_term }
}

/// The bucket of a latency: by its highest bit, and the three after it.
fn bucket(latency: u64) -> usize {
    let high = 63 - (latency | STEPS as u64).leading_zeros() as usize;
    // The highest bit and three more: the highest is taken off.
    let leading = usize::try_from(latency >> (high - 3)).unwrap_or(0);
    high * STEPS + leading % STEPS
}

/// The largest latency of a bucket.
fn end(bucket: usize) -> u64 {
    let (high, step) = (bucket / STEPS, (bucket % STEPS) as u64);
    if high < 3 {
        return 0;
    }
    let unit = 1u64 << (high - 3);
    (STEPS as u64 + step).saturating_mul(unit).saturating_add(unit - 1)
}

#[cfg(test)]
mod tests {
    use stormglass_checkers::history::{
        FaultBegin, FaultEnd, FaultRecord, Header, Invoke, PutResponse, Request, Response, Span,
    };

    use super::*;

    fn event(at: u64, process: Option<u32>, member: Option<u16>, body: Body) -> Event {
        let (process, member) = (process.map(ProcessId), member.map(MemberIndex));
        Event { index: 0, at: Nanos(at), process, member, body }
    }

    fn answered() -> Body {
        Body::Complete(Outcome::Ok(Response::Put(PutResponse::default())))
    }

    #[test]
    fn operations_are_counted_and_timed_from_when_they_were_meant() {
        let tally = Tally::default();
        for number in 0..100 {
            let (intended, request) = (Nanos(number), Request::Status {});
            tally.pass(&event(number, Some(1), None, Body::Invoke(Invoke { intended, request })));
            let took = if number == 99 { 40_000_000 } else { 2_000_000 };
            tally.pass(&event(number + took, Some(1), None, answered()));
        }
        let so_far = tally.so_far();
        assert_eq!((so_far.operations, so_far.outcomes), (100, [100, 0, 0]));
        let [median, slow] = so_far.latencies.expect("something was answered");
        assert!((2_000_000..2_250_000).contains(&median.0), "{median:?}");
        assert!((2_000_000..2_250_000).contains(&slow.0), "{slow:?}: 99 of 100 took so long");
    }

    #[test]
    fn buckets_are_in_order_and_hold_what_falls_into_them() {
        let mut last = 0;
        for latency in [9, 100, 1_000, 1_100, 50_000, 2_000_000, 7_000_000_000] {
            let place = bucket(latency);
            assert!(place >= last, "{latency}");
            assert!(end(place) >= latency && end(place) <= latency + latency / 8 + 1, "{latency}");
            last = place;
        }
        assert!(bucket(u64::MAX) < BUCKETS);
    }

    #[test]
    fn members_and_faults_are_as_last_heard() {
        let tally = Tally::default();
        let header = Some(Header { member_id: HexId(7), ..Header::default() });
        let status =
            StatusResponse { header, leader: HexId(7), raft_term: 3, ..StatusResponse::default() };
        tally.pass(&event(1, None, Some(0), Body::Sample(Sample::Status(status))));
        let leading = MemberNow { runs: true, leads: true, term: 3 };
        assert_eq!(tally.so_far().members[&MemberIndex(0)], leading);
        let record = FaultRecord {
            kind: "pause".to_owned(),
            members: vec![MemberIndex(0)],
            params: BTreeMap::new(),
        };
        let planned = Span { from: Nanos(2), to: Nanos(3) };
        let begin = FaultBegin { id: FaultId(4), fault: record, planned };
        tally.pass(&event(2, None, None, Body::FaultBegin(begin)));
        assert_eq!(tally.so_far().faults[&FaultId(4)].kind, "pause");
        let end = FaultEnd { id: FaultId(4), landed: None, evidence: BTreeMap::new(), error: None };
        tally.pass(&event(3, None, None, Body::FaultEnd(end)));
        assert!(tally.so_far().faults.is_empty());
    }
}
