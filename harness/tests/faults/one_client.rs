//! Faults of one client alone: its neighbour at the same member notices nothing.

use std::collections::BTreeMap;

use stormglass_checkers::history::{
    Body, Doubt, Event, FaultBegin, FaultEnd, Outcome, ProcessId, Refusal,
};

use super::{CASES, Case, fault, run_scenario, scenario_text, support};

/// The clients of the workload at the second of three members.
const NEIGHBOURS: [u16; 2] = [1, 4];

/// A request to the member that a fault hit, sent while it held.
#[derive(Debug)]
struct Request<'a> {
    process: ProcessId,
    /// How long its end took, and what it was, if it ended while the fault held.
    end: Option<(u64, &'a Outcome)>,
}

impl Request<'_> {
    /// How long its answer took; a refusal is one.
    fn took(&self) -> Option<u64> {
        let (took, outcome) = self.end?;
        let answered = match outcome {
            Outcome::Ok(_) => true,
            Outcome::Failed(failed) => {
                ![Refusal::NotConnected, Refusal::ReadFailed].contains(&failed.reason)
            }
            Outcome::Unknown(_) => false,
        };
        answered.then_some(took)
    }

    /// Whether its connection broke, or could not be made, while it waited.
    fn was_broken(&self) -> bool {
        match self.end {
            Some((_, Outcome::Failed(failed))) => {
                [Refusal::NotConnected, Refusal::ReadFailed].contains(&failed.reason)
            }
            Some((_, Outcome::Unknown(unknown))) => unknown.reason == Doubt::Disconnected,
            _ => false,
        }
    }
}

/// What the client that a fault hit sent to the member, and what its neighbour did.
fn of_chosen_and_neighbour<'a>(
    events: &'a [Event],
    begin: &FaultBegin,
    end: &FaultEnd,
) -> (Vec<Request<'a>>, Vec<Request<'a>>) {
    let host = end.evidence["client-address"].strip_prefix("10.77.0.").expect("an address");
    let chosen = host.parse::<u16>().expect("a number") - 200;
    let neighbour = NEIGHBOURS.into_iter().find(|client| *client != chosen).expect("another");
    assert!(NEIGHBOURS.contains(&chosen), "client {chosen} is none of the member's");
    // A client that does not know what became of a request goes on as another process; the
    // neighbour never does.
    let neighbour = process_of(events, neighbour);
    requests(events, begin, end).into_iter().partition(|request| request.process != neighbour)
}

/// The first process of a client: it writes keys that are the client's alone.
fn process_of(events: &[Event], client: u16) -> ProcessId {
    let own = format!("own-{client:04}-");
    let process = events.iter().find_map(|event| match &event.body {
        Body::Invoke(invoke) => {
            let request = serde_json::to_string(&invoke.request).expect("a request");
            event.process.filter(|_| request.contains(&own))
        }
        _ => None,
    });
    process.expect("it wrote")
}

fn requests<'a>(events: &'a [Event], begin: &FaultBegin, end: &FaultEnd) -> Vec<Request<'a>> {
    let landed = end.landed.expect("landed");
    let mut open = BTreeMap::new();
    let mut requests = Vec::new();
    let during = |event: &&Event| landed.from < event.at && event.at < landed.to;
    for event in events.iter().filter(during) {
        let Some(process) = event.process else { continue };
        match &event.body {
            Body::Invoke(_) if event.member == Some(begin.fault.members[0]) => {
                open.insert(process, requests.len());
                requests.push((event.at, Request { process, end: None }));
            }
            Body::Complete(outcome) => {
                if let Some(place) = open.remove(&process) {
                    let (sent, request) = &mut requests[place];
                    request.end = Some((event.at.0 - sent.0, outcome));
                }
            }
            _ => {}
        }
    }
    requests.into_iter().map(|(_, request)| request).collect()
}

/// Runs a scenario that injects these faults on a member and one of its clients, one after the
/// other.
fn run(faults: &[[&'static str; 3]]) -> Vec<Event> {
    let of_one = |[kind, duration, params]: &[&'static str; 3]| {
        let case = CASES.iter().find(|case| case.kind == *kind).expect("a case");
        Case { duration, params, ..*case }
    };
    let cases: Vec<Case> = faults.iter().map(of_one).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let text = scenario_text(&cases.iter().collect::<Vec<_>>());
    let (dir, said) = run_scenario(folder.path(), &text, 0);
    let events = support::events(&dir);
    for case in cases {
        assert_eq!(fault(&events, case.kind).1.error, None, "{}", said.out);
    }
    events
}

/// How many requests were answered, in how many nanoseconds each.
fn answers(requests: &[Request]) -> Vec<u64> {
    requests.iter().filter_map(Request::took).collect()
}

#[test]
fn one_client_alone_loses_a_member_that_serves_another() {
    let events = run(&[["partition", "3s", "shape = \"clients\", client = \"one\""]]);
    let (begin, end) = fault(&events, "partition");
    let (chosen, neighbour) = of_chosen_and_neighbour(&events, begin, end);
    assert!(!chosen.is_empty() && answers(&chosen).is_empty(), "it was not cut off: {end:?}");
    assert!(answers(&neighbour).len() > 10, "the other was cut off: {end:?}");
}

#[test]
fn one_client_alone_is_slowed_down_and_then_reset() {
    let events = run(&[
        ["disturb", "2s", "delay = \"40ms\", jitter = \"5ms\", client = \"one\""],
        ["reset", "1s", "client = \"one\""],
    ]);
    let (begin, end) = fault(&events, "disturb");
    let (chosen, neighbour) = of_chosen_and_neighbour(&events, begin, end);
    let late = |took: &u64| *took >= 80_000_000;
    let (slow, quick) = (answers(&chosen), answers(&neighbour));
    assert!(slow.len() > 5 && slow.iter().all(late), "{end:?}: {slow:?}");
    // On a busy machine some of the others are late as well.
    let late = quick.iter().filter(|took| late(took)).count();
    assert!(quick.len() > 10 && late * 2 < quick.len(), "{end:?}: {quick:?}");

    let (begin, end) = fault(&events, "reset");
    let (chosen, neighbour) = of_chosen_and_neighbour(&events, begin, end);
    let ended = |requests: &[Request]| requests.iter().filter(|one| one.end.is_some()).count();
    let broken = chosen.iter().filter(|one| one.was_broken()).count();
    assert!(broken > 2 && broken == ended(&chosen), "{end:?}: {chosen:?}");
    let answered = answers(&neighbour).len();
    assert!(answered > 2 && answered == ended(&neighbour), "{end:?}: {neighbour:?}");
    assert!(end.evidence.contains_key("connections-reset"), "{end:?}");
}
