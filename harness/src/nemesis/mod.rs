//! The nemesis: carries out the plan's faults, proves that they bit, heals and verifies.

mod clock_mono;
mod clock_wall;
mod clocks;
mod compact;
mod defragment;
mod disturb;
mod injector;
mod isolate;
mod journal;
mod kill;
mod kill_defragment;
mod links;
mod params;
mod partition;
mod pause;
mod reset;
mod restart;
mod schedule;
mod site;
mod target_choice;

pub use injector::{
    Active, Evidence, HitLink, InjectError, Injection, Injector, injector, injectors,
};
pub use journal::{Journal, JournalEntry, JournalState};
pub use schedule::{NemesisReport, carry_out};
pub use site::Site;
