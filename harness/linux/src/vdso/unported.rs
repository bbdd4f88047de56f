//! What remains where the hook was not ported: the same calls, refusing.
//!
//! Compiled in tests elsewhere too, so that it cannot rot unseen.

use std::io;
use std::time::Duration;

use super::rate::{Rate, Wall};

/// Never made here.
#[derive(Debug)]
pub enum Skew {}

impl Skew {
    /// Refuses.
    ///
    /// # Errors
    /// Always.
    pub fn attach(_pid: u32) -> io::Result<Self> {
        Err(refused())
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn set_wall(&mut self, _wall: Wall) -> io::Result<()> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn strobe_wall(&mut self, _amplitude: Duration, _period: Duration) -> io::Result<()> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    /// Never.
    pub fn set_monotonic(&mut self, _rate: Rate, _jump: Duration) -> io::Result<()> {
        match *self {}
    }
}

/// Refuses.
///
/// # Errors
/// Always.
pub fn probe() -> io::Result<()> {
    Err(refused())
}

fn refused() -> io::Error {
    let message = "clocks are moved on x86_64 only so far: test clock faults on such a machine";
    io::Error::new(io::ErrorKind::Unsupported, message)
}

#[cfg(test)]
mod tests {
    use super::{Skew, probe};

    #[test]
    fn every_call_refuses_in_one_sentence() {
        let error = Skew::attach(1).expect_err("it was not ported");
        assert_eq!(error.kind(), std::io::ErrorKind::Unsupported);
        assert_eq!(error.to_string(), probe().expect_err("it was not ported").to_string());
    }
}
