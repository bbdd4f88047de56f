//! A thread that does something again and again until it is dropped.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Does something every so often, until it is dropped or has failed.
#[derive(Debug)]
pub(super) struct Ticker {
    /// Dropping it ends the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts the thread; the first time comes after one period.
    pub(super) fn start(
        name: &str,
        every: Duration,
        mut what: impl FnMut() -> io::Result<()> + Send + 'static,
    ) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                if what().is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // What it did last is over when this returns; a panic there was told already.
            let _ = thread.join();
        }
    }
}
