//! Members that end or complain.

use super::super::class::Class;
use super::super::ground::Ground;
use super::super::mutant::{Mutant, like};
use super::super::place::Place;
use crate::history::{Body, Environment, Event, Sample};

/// Members that end or complain.
pub(in crate::mutation) const LOGS: &[Class] = &[
    Class {
        name: "unexplained-exit",
        summary: "a member's process ends and no fault explains it",
        precondition: "a process that the harness ended",
        why: "its end is no longer expected, so the process ended by itself (A1)",
        caught_by: "logs",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            events(ground, |event| {
                matches!(&event.body, Body::Environment(Environment::MemberExited(exit))
                    if exit.expected)
            })
        },
        plant: |ground, place| {
            Some(Mutant::default().edit(ground, place.at, |event| {
                if let Body::Environment(Environment::MemberExited(exit)) = &mut event.body {
                    "code 2".clone_into(&mut exit.status);
                    exit.expected = false;
                }
            }))
        },
    },
    Class {
        name: "panic-in-log",
        summary: "a member's log speaks of a panic",
        precondition: "a member that was started, or reported its own state",
        why: "right after that its log has a line that no correct member writes (A2)",
        caught_by: "logs",
        workload: "mixed",
        waiting: None,
        places: |ground| {
            events(ground, |event| {
                matches!(
                    &event.body,
                    Body::Sample(Sample::Status(_))
                        | Body::Environment(Environment::MemberStarted(_))
                )
            })
        },
        plant: |ground, place| {
            let event = ground.history.events.get(place.at)?;
            let line = "panic: planted by the self-test".to_owned();
            let body = Body::Environment(Environment::LogFinding { line });
            Some(Mutant::default().insert(place.at + 1, like(event, body)))
        },
    },
];

fn events(ground: &Ground<'_>, fit: impl Fn(&Event) -> bool) -> Vec<Place> {
    let all = ground.history.events.iter().enumerate();
    all.filter(|(_, event)| fit(event)).map(|(at, _)| Place::at(at)).collect()
}
