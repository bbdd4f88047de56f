//! All tests of the checkers but `agreement`, in one program: each program of tests takes
//! seconds to link.

pub mod common;
pub mod lists;
pub mod scene;
pub mod spans;
pub mod streams;

mod append;
mod append_cycles;
mod append_orders;
mod append_random;
mod availability;
mod codec_bytes;
mod convergence;
mod coverage;
mod differential;
mod durability;
mod hindsight;
mod history;
mod judge;
mod leases;
mod leases_again;
mod leases_late;
mod leases_random;
mod linearizability;
mod locks;
mod logs;
mod model;
mod model_checked;
mod mutation;
mod order;
mod panel;
mod porcupine;
mod registers;
mod registry;
mod revisions;
mod search;
mod search_oracle;
mod shared;
mod shared_corners;
mod speed;
mod violations;
mod watch;
mod watch_runs;
mod witness;
