//! Made-up events: clients that are answered quickly, except where a fault hits their
//! member.

use stormglass_checkers::history::{
    Body, Bytes, Definite, Doubt, Environment, Event, Header, HexId, Incarnation, Indefinite,
    Invoke, MemberExit, MemberIndex, Nanos, Outcome, Phase, ProcessId, ProcessSample, Put,
    PutResponse, Range, RangeResponse, Refusal, Request, Response, Revision, Sample,
    StatusResponse,
};

use super::{story, watches};

/// Milliseconds as the history counts time.
pub(crate) const MS: u64 = 1_000_000;
/// When the traffic begins.
pub(crate) const TRAFFIC: u64 = 2_000 * MS;

/// How large a run is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Seconds of traffic.
    pub(crate) seconds: u64,
    /// Clients.
    pub(crate) clients: u32,
    /// Milliseconds between a client's operations.
    pub(crate) every_ms: u64,
    /// Whether there are faults.
    pub(crate) faults: bool,
}

impl Shape {
    /// A run as the demonstration makes it, in small.
    pub(crate) const DEMO: Self = Self { seconds: 30, clients: 12, every_ms: 40, faults: true };
}

/// A generator of numbers that look random and never change (SplitMix64).
pub(crate) struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }
}

/// An event without its place.
pub(crate) type Loose = (u64, Option<ProcessId>, Option<MemberIndex>, Body);

/// All events of a run, in order.
pub(crate) fn events(shape: Shape) -> Vec<Event> {
    let end = TRAFFIC + shape.seconds * 1000 * MS;
    let mut loose: Vec<Loose> = phases(end);
    if shape.faults {
        loose.extend(story::faults());
    }
    let mut dice = Dice(7);
    for client in 0..shape.clients {
        loose.extend(client_events(client, shape, end, &mut dice));
    }
    for member in 0..3u16 {
        for second in 0..shape.seconds {
            let at = TRAFFIC + second * 1000 * MS;
            if !hit(member, at, shape.faults) {
                loose.push((at, None, Some(MemberIndex(member)), status(member, at)));
                loose.push((at, None, Some(MemberIndex(member)), process(member, second)));
                loose.push((at, None, Some(MemberIndex(member)), clock(member, second)));
            }
        }
    }
    let lags = (0..shape.seconds).map(|second| (TRAFFIC + second * 1000 * MS, timer_lag(second)));
    loose.extend(lags.map(|(at, lag)| (at, None, None, lag)));
    loose.extend(story::witness_events(end));
    loose.extend(watches::watch_events(end));
    numbered(loose)
}

/// The events in the order of time, numbered.
pub(crate) fn numbered(mut loose: Vec<Loose>) -> Vec<Event> {
    loose.sort_by_key(|(at, ..)| *at);
    let events = loose.into_iter().zip(0u64..);
    events
        .map(|((at, process, member, body), index)| Event {
            index,
            at: Nanos(at),
            process,
            member,
            body,
        })
        .collect()
}

fn phases(end: u64) -> Vec<Loose> {
    let phase = |at, phase| (at, None, None, Body::Environment(Environment::Phase(phase)));
    let mut events = vec![
        phase(0, Phase::Prepare),
        phase(TRAFFIC, Phase::Traffic),
        phase(end, Phase::Recover),
        phase(end + 900 * MS, Phase::Recovered),
        phase(end + 901 * MS, Phase::Final),
        phase(end + 2_400 * MS, Phase::Done),
    ];
    for member in 0..3u16 {
        let started = Environment::MemberStarted(Incarnation {
            number: 1,
            version: "3.5.1".to_owned(),
            pid: 100 + i64::from(member),
            data_generation: 1,
        });
        events.push((10 * MS, None, Some(MemberIndex(member)), Body::Environment(started)));
    }
    let exit = MemberExit { status: "signal 9".to_owned(), expected: true, log_tail: vec![] };
    let exited = Body::Environment(Environment::MemberExited(exit));
    events.push((TRAFFIC + 4_001 * MS, None, Some(MemberIndex(1)), exited));
    events
}

/// Whether a fault holds on the member.
fn hit(member: u16, at: u64, faults: bool) -> bool {
    let spans = story::SPANS.iter();
    faults && spans.into_iter().any(|span| span.member == member && span.holds(at))
}

/// The store's revision at a time.
pub(crate) fn revision(at: u64) -> Revision {
    Revision(i64::try_from(at.saturating_sub(TRAFFIC) / (6 * MS) + 2).expect("a small number"))
}

/// A header of that member at that time.
pub(crate) fn header(member: u16, at: u64) -> Header {
    Header {
        cluster_id: HexId(0xc1),
        member_id: HexId(u64::from(member) + 1),
        revision: revision(at),
        raft_term: 2,
    }
}

/// The leader is m1 until it is killed.
fn status(member: u16, at: u64) -> Body {
    let second = at.saturating_sub(TRAFFIC) / (1000 * MS);
    let (leader, raft_term) = if second < 19 { (1, 2) } else { (2, 3) };
    Body::Sample(Sample::Status(StatusResponse {
        header: Some(header(member, at)),
        version: "3.5.1".to_owned(),
        leader: HexId(leader),
        raft_term,
        db_size_bytes: i64::try_from((4 + second / 3) << 20).expect("a small number"),
        ..StatusResponse::default()
    }))
}

fn process(member: u16, second: u64) -> Body {
    let number = u64::from(member) + 1;
    Body::Sample(Sample::Process(ProcessSample {
        cpu_ms: second * 90 * number,
        resident_bytes: (40 + second) << 20,
        open_files: 20 + number,
        disk_bytes: (130 + second) << 20,
    }))
}

/// The third member's clock is wrong for a while.
fn clock(member: u16, second: u64) -> Body {
    let off_by_ms = if member == 2 && (8..12).contains(&second) { -42_000 } else { 0 };
    Body::Sample(Sample::Clock { off_by_ms })
}

fn timer_lag(second: u64) -> Body {
    Body::Sample(Sample::TimerLag { lag: Nanos((second % 7) * MS) })
}

/// One client's operations: a new process after every unknown outcome.
fn client_events(client: u32, shape: Shape, end: u64, dice: &mut Dice) -> Vec<Loose> {
    let member = u16::try_from(client % 3).expect("a small number");
    let mut process = client;
    let mut free = TRAFFIC;
    let mut events = Vec::new();
    for number in 0.. {
        let intended = TRAFFIC + number * shape.every_ms * MS + u64::from(client) * 3 * MS;
        let sent = intended.max(free);
        if sent >= end {
            break;
        }
        let request = request(client, number, dice);
        let (took, outcome) = answer(&request, member, sent, shape.faults, dice);
        let unknown = matches!(outcome, Outcome::Unknown(_));
        let (owner, member) = (Some(ProcessId(process)), Some(MemberIndex(member)));
        let invoke = Invoke { intended: Nanos(intended), request };
        events.push((sent, owner, member, Body::Invoke(invoke)));
        events.push((sent + took, owner, member, Body::Complete(outcome)));
        free = sent + took + 1;
        if unknown {
            process += 1000;
        }
    }
    events
}

fn request(client: u32, number: u64, dice: &mut Dice) -> Request {
    let key = Bytes::from(format!("k{}", dice.below(20)));
    if dice.below(10) < 6 {
        let value = Bytes::from(format!("{client}-{number}"));
        Request::Put(Put { key, value, ..Put::default() })
    } else {
        let serializable = dice.below(4) == 0;
        Request::Range(Range { key, serializable, ..Range::default() })
    }
}

fn answer(
    request: &Request,
    member: u16,
    sent: u64,
    faults: bool,
    dice: &mut Dice,
) -> (u64, Outcome) {
    if hit(member, sent, faults) {
        let message = "context deadline exceeded".to_owned();
        if dice.below(3) == 0 {
            let reason = Refusal::NotConnected;
            return (2 * MS, Outcome::Failed(Definite { reason, message }));
        }
        let took = 500 * MS + dice.below(200) * MS;
        return (took, Outcome::Unknown(Indefinite { reason: Doubt::Timeout, message }));
    }
    // Mostly a few milliseconds, with a long tail.
    let tail = if dice.below(60) == 0 { dice.below(80) * MS } else { 0 };
    let took = 900_000 + dice.below(1_800_000) + dice.below(2) * dice.below(4 * MS) + tail;
    let header = Some(header(member, sent + took / 2));
    let response = match request {
        Request::Put(_) => Response::Put(PutResponse { header, prev_kv: None }),
        _ => Response::Range(RangeResponse { header, ..RangeResponse::default() }),
    };
    (took, Outcome::Ok(response))
}
