//! A program in namespaces of its own, so that nothing of a run outlives it.
//!
//! Three processes, decided before any thread exists:
//!
//! ```text
//! outer   the command that the user started: enter(), spawn_inner(), supervise()
//!   init  pid 1 of the new pid namespace: reaps strays, passes signals on
//!     harness   what settle() returns in: cluster, clients, recorder
//! ```
//!
//! * **Death.** SIGKILL of any of the three ends everything: outer → init by
//!   `PR_SET_PDEATHSIG` (and a pipe for the moment before that is set), harness → init because
//!   init waits for it, init → all because the kernel empties a pid namespace whose pid 1 died.
//! * **Strays.** Orphans become children of init, never of the harness. Init owns *all*
//!   waiting for them, the harness owns all waiting for what it started itself, so no exit
//!   status can be stolen; that is why the harness is not pid 1.
//! * **Signals.** The inner side has a process group of its own: a terminal's Ctrl-C reaches
//!   the outer process only, and outer and init pass SIGINT, SIGTERM, SIGHUP and SIGQUIT on.
//!   There is exactly one path, so none arrives twice. The harness is an ordinary process
//!   (default actions apply) and handles them as it likes.
//! * **Exit.** The outer process sees the harness's exit code; a harness that died of signal
//!   N appears as exit code 128 + N.

mod enter;
mod explain;
mod init;
mod lifeline;
mod probe;
mod settle;
mod steps;
mod supervise;

pub use crate::refusal::IsolationRefused;
pub use enter::{Isolation, enter};
pub(crate) use lifeline::LIFELINE_VARIABLE;
pub use lifeline::is_inner;
pub use probe::probe;
pub(crate) use probe::{Probe, attempt};
pub use settle::{Settled, die_with_parent, settle};
pub(crate) use steps::{Failure, Step};
pub use supervise::{Inner, supervise};

pub(crate) use explain::explain_here;

/// The signals that travel from the outer process to the harness.
const FORWARDED: [libc::c_int; 4] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT];
