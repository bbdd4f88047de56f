//! What an actor does next.

use std::time::Duration;

use stormglass_checkers::history::{MemberIndex, Request, WatchRequest};

/// What an actor does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this request to the actor's member and wait for its end.
    Invoke(Request),
    /// Open this watch and stay with it until it ends.
    Watch(WatchStep),
    /// Do nothing for this long.
    Wait(Duration),
    /// Never ask again.
    Done,
}

/// A watch that an actor wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchStep {
    /// The member to ask; a resumed watch may ask another than the one before.
    pub member: MemberIndex,
    /// The request.
    pub request: WatchRequest,
    /// Whether it continues the actor's watch before, whose number the harness knows.
    pub resumes: bool,
    /// Whether it is opened only when the member has the revision before its start; where the
    /// member does not come up to that, it is left.
    pub caught_up: bool,
    /// The harness cancels the watch after so many events.
    pub max_events: u64,
    /// The harness cancels the watch after this time.
    pub max_time: Duration,
    /// How long it takes nothing once the watch exists, as a slow reader; not at all where
    /// absent. It is part of `max_time`.
    pub stall: Option<Duration>,
    /// How often to ask for a progress notification; never where absent.
    pub progress_every: Option<Duration>,
}
