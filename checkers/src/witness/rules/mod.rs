//! The rules, by what they are about.

use super::rule::Rule;
use crate::history::{Body, Event, KeyEvent, WatchEvent, WatchFrame};

mod answers;
mod appends;
mod attached;
mod availability;
mod convergence;
mod cycles;
mod delivery;
mod durability;
mod explanation;
mod fences;
mod gaps;
mod leases;
mod lists;
mod logs;
mod misorder;
mod order;
mod phantoms;
mod previous;
mod refusals;
mod registers;
mod revisions;
mod sessions;
mod terms;

/// Every rule.
pub(super) const ALL: &[&[Rule]] = &[
    durability::RULES,
    order::RULES,
    phantoms::RULES,
    answers::RULES,
    refusals::RULES,
    registers::RULES,
    explanation::RULES,
    appends::RULES,
    cycles::RULES,
    convergence::RULES,
    revisions::RULES,
    sessions::RULES,
    delivery::RULES,
    misorder::RULES,
    gaps::RULES,
    previous::RULES,
    leases::RULES,
    terms::RULES,
    fences::RULES,
    availability::RULES,
    logs::RULES,
];

/// The changes that an event of a watch delivers.
fn delivered(event: &Event) -> &[KeyEvent] {
    match &event.body {
        Body::Watch(WatchEvent { frame: WatchFrame::Events(events), .. }) => &events.events,
        _ => &[],
    }
}
