//! A flag that many tasks can wait for.

use std::sync::Arc;

use tokio::sync::watch;

/// Tells tasks to stop. Cheap to clone; all clones are one flag.
#[derive(Clone)]
pub struct Stop {
    sender: Arc<watch::Sender<bool>>,
}

impl Stop {
    /// A flag that is not raised.
    pub fn new() -> Self {
        Self { sender: Arc::new(watch::Sender::new(false)) }
    }

    /// Raises it, for good.
    pub fn raise(&self) {
        self.sender.send_replace(true);
    }

    /// Whether it is raised.
    pub fn is_raised(&self) -> bool {
        *self.sender.borrow()
    }

    /// Waits until it is raised. Cancel-safe.
    pub async fn raised(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives as long as `self`: waiting cannot fail.
        let _ = receiver.wait_for(|raised| *raised).await;
    }

    /// Sleeps, but no longer than until it is raised; returns whether it was.
    pub async fn sleep(&self, duration: std::time::Duration) -> bool {
        // A timer of no length still takes up to a millisecond, a fifth of an operation.
        if duration.is_zero() {
            return self.is_raised();
        }
        tokio::select! {
            () = self.raised() => true,
            () = tokio::time::sleep(duration) => false,
        }
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}
