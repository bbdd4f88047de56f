//! Looking for something until it is there, or its time is over.

use std::time::Duration;

use stormglass_checkers::history::Nanos;

use super::shared::Session;
use crate::clock::{Clock, after};

/// A wait that ends: `while wait.look().await { … }` looks at once, then again and again, and a
/// last time when the limit has passed.
pub struct Wait {
    clock: Clock,
    end: Nanos,
    /// From one look to the next.
    pause: Duration,
    begun: bool,
}

impl Wait {
    /// A wait that begins now.
    pub fn new(session: &Session, limit: Duration, pause: Duration) -> Self {
        let clock = session.recorder.clock();
        Self { clock, end: after(clock.now(), limit), pause, begun: false }
    }

    /// Waits for the next look; whether there is one.
    pub async fn look(&mut self) -> bool {
        if !self.begun {
            self.begun = true;
            return true;
        }
        if self.is_over() {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        true
    }

    /// Whether its limit has passed.
    fn is_over(&self) -> bool {
        self.clock.now() >= self.end
    }
}
