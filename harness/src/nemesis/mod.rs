//! The nemesis: carries out the plan's faults, proves that they bit, heals and verifies.

mod change_release;
mod clock_mono;
mod clock_wall;
mod clocks;
mod compact;
mod corrupt;
mod damage;
mod data;
mod data_copy;
mod defragment;
mod disk_fault;
mod disks;
mod disturb;
mod force_snapshot;
mod injector;
mod isolate;
mod journal;
mod kill;
mod kill_compact;
mod kill_defragment;
mod kill_during;
mod kill_snapshot;
mod kill_start;
mod limit_memory;
mod links;
mod lose_data;
mod lying_disk;
mod member_log;
mod membership;
mod metrics;
mod move_leader;
mod params;
mod partition;
mod pause;
mod power_failure;
mod release;
mod replace_member;
mod reset;
mod restart;
mod restore;
mod schedule;
mod silence;
mod site;
mod slow_disk;
mod starve;
mod target_choice;
mod terminate;
mod ward;
mod work;

pub use injector::{
    Active, Evidence, HitDisk, HitLink, InjectError, Injection, Injector, injector, injectors,
};
pub use journal::{Journal, JournalEntry, JournalState};
pub use schedule::{NemesisReport, carry_out};
pub use site::Site;
