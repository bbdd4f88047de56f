//! Interruption: the first asks for an orderly end, the second for a quick one, the third
//! gets it at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

/// Exit code of a run that was interrupted from the terminal (128 + SIGINT).
const INTERRUPTED: i32 = 130;
/// Exit code of a run that was terminated (128 + SIGTERM).
const TERMINATED: i32 = 143;

/// How often and how the run was interrupted.
#[derive(Clone, Default)]
pub struct Interrupts {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    count: AtomicU32,
    code: AtomicI32,
    changed: Notify,
}

impl Interrupts {
    /// Listens for SIGINT and SIGTERM. The third one ends the process at once.
    ///
    /// # Errors
    /// When the system does not let us listen.
    pub fn listen() -> io::Result<Self> {
        let interrupts = Self::default();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let counted = interrupts.clone();
        tokio::spawn(async move {
            loop {
                let code = tokio::select! {
                    _ = interrupt.recv() => INTERRUPTED,
                    _ = terminate.recv() => TERMINATED,
                };
                if counted.count(code) >= 3 {
                    std::process::exit(code);
                }
            }
        });
        Ok(interrupts)
    }

    fn count(&self, code: i32) -> u32 {
        self.shared.code.store(code, Ordering::Relaxed);
        let count = self.shared.count.fetch_add(1, Ordering::Relaxed) + 1;
        self.shared.changed.notify_waiters();
        count
    }

    /// Whether somebody interrupted.
    pub fn interrupted(&self) -> bool {
        self.shared.count.load(Ordering::Relaxed) > 0
    }

    /// Whether somebody did so twice: heal, and nothing more.
    pub fn hurry(&self) -> bool {
        self.shared.count.load(Ordering::Relaxed) > 1
    }

    /// The exit code that says how it was interrupted.
    pub fn exit_code(&self) -> Option<i32> {
        self.interrupted().then(|| self.shared.code.load(Ordering::Relaxed))
    }

    /// Waits for the first interruption.
    pub async fn first(&self) {
        self.at_least(1).await;
    }

    /// Waits for the second interruption.
    pub async fn second(&self) {
        self.at_least(2).await;
    }

    /// Waits for so many interruptions in all.
    pub async fn at_least(&self, count: u32) {
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            // Registered before looking: no interruption can fall in between.
            changed.as_mut().enable();
            if self.shared.count.load(Ordering::Relaxed) >= count {
                return;
            }
            changed.await;
        }
    }
}
