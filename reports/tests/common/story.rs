//! The story of the made-up run: its faults, its lost write, its verdicts.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Body, Bytes, Event, FaultBegin, FaultEnd, FaultId, FaultRecord, Invoke, MemberIndex, Nanos,
    Outcome, ProcessId, Put, PutResponse, Range, RangeResponse, Request, Response, Span,
};
use stormglass_checkers::verdict::{Finding, Judgement, Property, Verdict, Witness, WitnessStep};
use stormglass_scenarios::plan::PlannedFault;
use stormglass_scenarios::scenario::{Occasion, Selector};

use super::traffic::{Loose, MS, TRAFFIC, header};

/// A fault that landed.
pub(crate) struct Landed {
    kind: &'static str,
    /// The member that it hit.
    pub(crate) member: u16,
    from_ms: u64,
    for_ms: u64,
}

impl Landed {
    /// Whether it holds at that time.
    pub(crate) fn holds(&self, at: u64) -> bool {
        let from = TRAFFIC + self.from_ms * MS;
        (from..from + self.for_ms * MS).contains(&at)
    }
}

const fn landed(kind: &'static str, member: u16, from_ms: u64, for_ms: u64) -> Landed {
    Landed { kind, member, from_ms, for_ms }
}

/// The faults that landed.
pub(crate) const SPANS: [Landed; 8] = [
    landed("kill", 1, 4_000, 1_200),
    landed("pause", 0, 6_500, 1_500),
    landed("compact", 0, 8_900, 40),
    landed("kill-defragment", 2, 11_000, 1_900),
    landed("isolate", 2, 14_000, 3_000),
    landed("kill", 0, 19_000, 1_100),
    landed("defragment", 1, 21_500, 160),
    landed("kill", 1, 26_000, 1_300),
];

/// The plan's faults: those that landed, and one that was never tried.
pub(crate) fn planned_faults() -> Vec<PlannedFault> {
    let spans = SPANS.iter().zip(0u32..);
    let mut faults: Vec<_> = spans
        .map(|(span, id)| PlannedFault {
            id: FaultId(id),
            kind: span.kind.to_owned(),
            selector: Selector::One,
            from: Nanos(span.from_ms * MS),
            when: Occasion::Now,
            duration: Nanos(span.for_ms * MS),
            params: BTreeMap::new(),
        })
        .collect();
    faults.push(PlannedFault {
        id: FaultId(8),
        kind: "pause".to_owned(),
        selector: Selector::Leader,
        from: Nanos(28_000 * MS),
        when: Occasion::Now,
        duration: Nanos(1_500 * MS),
        params: BTreeMap::new(),
    });
    faults
}

/// The events of the faults.
pub(crate) fn faults() -> Vec<Loose> {
    let spans = SPANS.iter().zip(0u32..);
    let mut events: Vec<Loose> = spans.flat_map(|(span, id)| fault(span, FaultId(id))).collect();
    let missed = FaultEnd {
        id: FaultId(8),
        landed: None,
        evidence: BTreeMap::new(),
        error: Some("no member knew a leader".to_owned()),
    };
    let at = TRAFFIC + 28_000 * MS;
    let planned = Span { from: Nanos(at), to: Nanos(at + 1_500 * MS) };
    let begin = begin(FaultId(8), "pause", vec![], planned);
    events.push((at, None, None, begin));
    events.push((at + 50 * MS, None, None, Body::FaultEnd(missed)));
    events
}

fn begin(id: FaultId, kind: &str, members: Vec<MemberIndex>, planned: Span) -> Body {
    let fault = FaultRecord { kind: kind.to_owned(), members, params: BTreeMap::new() };
    Body::FaultBegin(FaultBegin { id, fault, planned })
}

fn fault(span: &Landed, id: FaultId) -> [Loose; 2] {
    let from = TRAFFIC + span.from_ms * MS;
    let to = from + span.for_ms * MS;
    let planned = Span { from: Nanos(from), to: Nanos(to) };
    let held = Span { from: Nanos(from + 12 * MS), to: Nanos(to + 35 * MS) };
    let evidence = BTreeMap::from([
        ("signal".to_owned(), "9".to_owned()),
        ("new process".to_owned(), "4711".to_owned()),
    ]);
    let end = FaultEnd { id, landed: Some(held), evidence, error: None };
    let begin = begin(id, span.kind, vec![MemberIndex(span.member)], planned);
    [(from, None, None, begin), (to + 40 * MS, None, None, Body::FaultEnd(end))]
}

/// The lost write: a put, confirmed, and a final read that does not show it.
pub(crate) fn witness_events(end: u64) -> Vec<Loose> {
    let (key, member) = (Bytes::from("k17"), Some(MemberIndex(2)));
    let put = Put { key: key.clone(), value: Bytes::from("4-211"), ..Put::default() };
    let put = Invoke { intended: Nanos(TRAFFIC + 10_500 * MS), request: Request::Put(put) };
    let sent = TRAFFIC + 10_500 * MS;
    let answer = PutResponse { header: Some(header(2, sent)), prev_kv: None };
    let read = Range { key, ..Range::default() };
    let read = Invoke { intended: Nanos(end + 1_000 * MS), request: Request::Range(read) };
    let shown = RangeResponse { header: Some(header(2, end)), ..RangeResponse::default() };
    let (writer, reader) = (Some(ProcessId(900)), Some(ProcessId(901)));
    vec![
        (sent, writer, member, Body::Invoke(put)),
        (sent + 31 * MS, writer, member, Body::Complete(Outcome::Ok(Response::Put(answer)))),
        (end + 1_000 * MS, reader, member, Body::Invoke(read)),
        (end + 1_004 * MS, reader, member, Body::Complete(Outcome::Ok(Response::Range(shown)))),
    ]
}

/// A step of a witness.
pub(crate) fn step(index: u64, from: u64, to: u64, what: &str, shows: &str) -> WitnessStep {
    WitnessStep {
        index,
        completion: None,
        from: Nanos(from),
        to: Nanos(to),
        process: None,
        member: None,
        what: what.to_owned(),
        shows: shows.to_owned(),
        contradicts: false,
    }
}

/// A finding with these steps.
pub(crate) fn finding(anomaly: &str, sentence: &str, steps: Vec<WitnessStep>) -> Finding {
    Finding {
        anomaly: anomaly.to_owned(),
        guarantee: "K9".to_owned(),
        sentence: sentence.to_owned(),
        because: "the put was acknowledged at 12.531 s with revision 1752, every later \
                  linearizable read of `k17` must show it or a newer write."
            .to_owned(),
        however: "the final read on m3 shows mod_revision 1738, and no delete or newer put of \
                  `k17` was ever sent: a contradiction."
            .to_owned(),
        witness: Witness { steps },
    }
}

/// A sometimes-property.
pub(crate) fn property(name: &str, count: u64, needed: u64) -> Property {
    Property { name: name.to_owned(), count, needed }
}

/// A verdict with these findings and reasons.
pub(crate) fn verdict(
    checker: &str,
    findings: Vec<Finding>,
    reasons: &[&str],
    checked: u64,
) -> Verdict {
    let stats = BTreeMap::from([
        ("operations".to_owned(), checked),
        ("findings".to_owned(), findings.len() as u64),
    ]);
    let reasons = reasons.iter().map(|&reason| reason.to_owned()).collect();
    Verdict::new(checker, findings, reasons, stats)
}

/// What the checkers say of the run.
pub(crate) fn judgement(events: &[Event]) -> Judgement {
    let sentence = "An acknowledged write is gone: `put k17 = \"4-211\"` was confirmed at \
                    revision 1752, and every member's final read of `k17` shows revision 1738.";
    let lost = finding("lost-write", sentence, witness(events));
    let watch = finding(
        "watch-missed-event",
        "A watch on m3 never delivered the put of `k17` at revision 1752.",
        crowded_witness(),
    );
    let mut coverage = verdict("coverage", vec![], &[], 14);
    coverage.properties = vec![
        property("operations", 8_812, 2_000),
        property("leader-changed", 4, 1),
        property("unknown-outcome", 60, 1),
        property("fault:kill", 3, 1),
        property("fault:pause", 1, 1),
        property("watch-resumed-elsewhere", 17, 1),
    ];
    let verdicts = vec![
        verdict("durability", vec![lost], &[], 12_077),
        verdict("watch", vec![watch], &[], 96_330),
        verdict("linearizability", vec![], &[], 31_904),
        verdict("convergence", vec![], &[], 3),
        verdict("leases", vec![], &["no lease was granted, so nothing was tested"], 0),
        coverage,
    ];
    let status = verdicts.iter().map(|verdict| verdict.status).max().expect("some");
    Judgement { stormglass_verdicts: 1, status, sentence: sentence.to_owned(), verdicts }
}

/// The steps of the lost write, found again in the events.
fn witness(events: &[Event]) -> Vec<WitnessStep> {
    let of = |process: u32, what: &str, shows: &str| {
        let mut its = events.iter().filter(|event| event.process == Some(ProcessId(process)));
        let (invoke, complete) = (its.next().expect("one"), its.next().expect("two"));
        let mut step = WitnessStep::of(invoke, what, shows);
        step.completion = Some(complete.index);
        step.to = complete.at;
        step
    };
    let fault = events.iter().find(|event| {
        matches!(&event.body, Body::FaultBegin(begin) if begin.fault.kind == "kill-defragment")
    });
    let mut steps = vec![of(900, "put k17 = \"4-211\"", "ok, revision 1752")];
    steps.extend(fault.map(|event| {
        let mut step = WitnessStep::of(event, "kill -9 during a defragmentation", "restarted");
        step.member = Some(MemberIndex(2));
        step.to = Nanos(event.at.0 + 1_900 * MS);
        step
    }));
    steps.push(of(901, "range k17", "mod revision 1738, value \"2-190\"").contradicting());
    steps
}

/// Steps so close together that labels placed by hand would meet.
fn crowded_witness() -> Vec<WitnessStep> {
    let base = TRAFFIC + 10_500 * MS;
    let mut steps = Vec::new();
    for number in 0..9u32 {
        let from = base + u64::from(number) * 300_000;
        let what = format!("put k17 = \"{number}-a rather long value of this write\"");
        let mut next =
            step(40 + u64::from(number), from, from + 2 * MS, &what, "ok, revision 1752");
        next.process = Some(ProcessId(number % 3));
        next.member = Some(MemberIndex(u16::try_from(number % 3).expect("small")));
        steps.push(next);
    }
    let frame = step(99, base + 9_000 * MS, base + 9_000 * MS, "watch w4 frame", "revision 1753");
    steps.push(frame.contradicting());
    steps
}
