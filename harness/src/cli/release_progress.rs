//! The progress of an installation, on standard error.

use indicatif::{ProgressBar, ProgressStyle as BarStyle};

use super::args::ProgressStyle;
use super::output::narrate;
use super::progress::resolve;
use crate::releases::Progress;

/// Shows steps as lines, and downloads as a bar on a terminal.
pub(super) struct ReleaseProgress {
    style: ProgressStyle,
    bar: Option<ProgressBar>,
}

impl ReleaseProgress {
    pub(super) fn new(style: ProgressStyle) -> Self {
        Self { style: resolve(style), bar: None }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Progress for ReleaseProgress {
    fn step(&mut self, text: &str) {
        self.clear();
        if self.style != ProgressStyle::None {
            narrate(format_args!("{text}"));
        }
    }

    fn bytes(&mut self, done: u64, total: Option<u64>) {
        if self.style != ProgressStyle::Bar {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new(total.unwrap_or(0));
            let style = BarStyle::with_template("{bar:24} {bytes}/{total_bytes}");
            bar.with_style(style.unwrap_or_else(|_| BarStyle::default_bar()))
        });
        bar.set_length(total.unwrap_or(done));
        bar.set_position(done);
    }
}

impl Drop for ReleaseProgress {
    fn drop(&mut self) {
        self.clear();
    }
}
