//! Measurements beside the traffic: what each member says of itself, and how late the
//! harness's own timers are.

use std::sync::Arc;
use std::time::Duration;

use stormglass_checkers::history::{
    Body, LinkSample, MemberIndex, Nanos, Outcome, Request, Response, Sample,
};

use crate::client::off_by_ms;
use crate::session::{Session, Stop};
use crate::target::Place;

const STATUS_EVERY: Duration = Duration::from_millis(500);
const PROCESS_EVERY: Duration = Duration::from_secs(1);
const CLOCK_EVERY: Duration = Duration::from_secs(1);
const CLOCK_LIMIT: Duration = Duration::from_millis(500);
const STATUS_LIMIT: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(20);
const TICKS_PER_SAMPLE: u32 = 25;

/// Asks one member for its status again and again, on one connection of its own.
pub(super) async fn sample_status(session: Session, member: MemberIndex, stop: Stop) {
    let mut connection = session.connect(member).await;
    while !stop.sleep(STATUS_EVERY).await {
        let outcome = connection.call_within(&Request::Status {}, STATUS_LIMIT).await;
        if let Outcome::Ok(Response::Status(status)) = outcome {
            session.recorder.sample(Some(member), Body::Sample(Sample::Status(status)));
        }
    }
}

/// Looks at one member's process again and again.
pub(super) async fn sample_process(session: Session, member: MemberIndex, stop: Stop) {
    while !stop.sleep(PROCESS_EVERY).await {
        let target = Arc::clone(session.member(member));
        // Who looks waits for files.
        let told = tokio::task::spawn_blocking(move || target.usage()).await;
        if let Ok(Some(told)) = told {
            session.recorder.sample(Some(member), Body::Sample(Sample::Process(told)));
        }
    }
}

/// Looks at one member's wall clock again and again, where it tells the date.
pub(super) async fn sample_clock(session: Session, member: MemberIndex, stop: Stop) {
    while !stop.sleep(CLOCK_EVERY).await {
        let endpoint = session.member(member).client_url().to_owned();
        let told = tokio::task::spawn_blocking(move || off_by_ms(&endpoint, CLOCK_LIMIT)).await;
        if let Ok(Ok(off_by_ms)) = told {
            session.recorder.sample(Some(member), Body::Sample(Sample::Clock { off_by_ms }));
        }
    }
}

/// Measures how late the harness's timers fire: findings about time are worth nothing
/// while the harness itself is starved.
pub(super) async fn sample_lag(session: Session, stop: Stop) {
    let clock = session.recorder.clock();
    let tick = u64::try_from(TICK.as_nanos()).unwrap_or(u64::MAX);
    loop {
        let mut worst = 0;
        for _ in 0..TICKS_PER_SAMPLE {
            let before = clock.now();
            if stop.sleep(TICK).await {
                return;
            }
            let took = clock.now().0.saturating_sub(before.0);
            worst = worst.max(took.saturating_sub(tick));
        }
        let lag = Sample::TimerLag { lag: Nanos(worst) };
        session.recorder.sample(None, Body::Sample(lag));
    }
}

/// Records what passed and what was dropped on every link.
pub(super) fn sample_links(session: &Session) {
    let Ok(network) = session.target.network() else { return };
    let places: Vec<Place> = session.members().map(Place::Member).chain([Place::Clients]).collect();
    for from in &places {
        for to in places.iter().filter(|to| *to != from) {
            let Ok(count) = network.count(*from, *to) else { continue };
            let sample = LinkSample {
                from: member_of(*from),
                to: member_of(*to),
                packets: count.packets,
                dropped: count.dropped,
            };
            session.recorder.sample(None, Body::Sample(Sample::Link(sample)));
        }
    }
}

fn member_of(place: Place) -> Option<MemberIndex> {
    match place {
        Place::Member(member) => Some(member),
        Place::Clients | Place::Client(_) => None,
    }
}
