//! What a run shows while it goes on, on standard error.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};

use stormglass_checkers::history::Nanos;

use super::args::ProgressStyle;
use super::output::narrate;
use super::progress_words::{self as words, Now};
use crate::recorder::Recorder;

const BAR_EVERY: Duration = Duration::from_millis(500);
const LINE_EVERY: Duration = Duration::from_secs(10);

/// What "auto" means here.
pub(super) fn resolve(style: ProgressStyle) -> ProgressStyle {
    match style {
        ProgressStyle::Auto if io::stderr().is_terminal() => ProgressStyle::Bar,
        ProgressStyle::Auto => ProgressStyle::Plain,
        chosen => chosen,
    }
}

/// The display of a run.
pub(super) struct RunProgress {
    stop: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl RunProgress {
    /// Starts showing a run.
    pub(super) fn start(
        style: ProgressStyle,
        recorder: &Recorder,
        violated: Arc<AtomicBool>,
        (title, traffic): (String, Duration),
    ) -> Self {
        let (stop, stopped) = mpsc::channel();
        let style = resolve(style);
        if style == ProgressStyle::None {
            return Self { stop, thread: None };
        }
        let recorder = recorder.clone();
        let every = if style == ProgressStyle::Bar { BAR_EVERY } else { LINE_EVERY };
        let show = move || {
            let bar = (style == ProgressStyle::Bar).then(|| bar(title, traffic));
            let mut last = Look::default();
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                last = tell(style, bar.as_ref(), &recorder, &violated, last);
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        };
        Self { stop, thread: thread::Builder::new().name("progress".to_owned()).spawn(show).ok() }
    }

    /// Takes the display away.
    pub(super) fn finish(mut self) {
        drop(std::mem::replace(&mut self.stop, mpsc::channel().0));
        if let Some(thread) = self.thread.take() {
            // A display that panicked is no reason to lose a verdict.
            let _ = thread.join();
        }
    }
}

fn bar(title: String, traffic: Duration) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(
        Some(traffic.as_secs()),
        ProgressDrawTarget::stderr_with_hz(2),
    );
    let style = BarStyle::with_template("{prefix}   {bar:24} {pos}s/{len}s\n{msg}");
    bar.with_style(style.unwrap_or_else(|_| BarStyle::default_bar())).with_prefix(title)
}

/// The last time that somebody looked.
#[derive(Clone, Copy, Debug, Default)]
struct Look {
    at: Nanos,
    answered: u64,
}

fn tell(
    style: ProgressStyle,
    bar: Option<&ProgressBar>,
    recorder: &Recorder,
    violated: &AtomicBool,
    last: Look,
) -> Look {
    let so_far = recorder.tally().so_far();
    let look = Look { at: recorder.clock().now(), answered: so_far.outcomes[0] };
    let now =
        Now { at: look.at, rate: rate(last, look), violated: violated.load(Ordering::Relaxed) };
    match (style, bar) {
        (_, Some(bar)) => {
            bar.set_message(words::bar(&so_far, now));
            bar.set_position(look.at.0 / 1_000_000_000);
        }
        (ProgressStyle::Json, None) => {
            narrate(format_args!("{}", words::json(&so_far, now, recorder.event_count())));
        }
        _ => narrate(format_args!("{}", words::plain(&so_far, now))),
    }
    look
}

/// Answered operations a second between two looks.
#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(last: Look, look: Look) -> f64 {
    let seconds = Nanos(look.at.0.saturating_sub(last.at.0)).seconds();
    look.answered.saturating_sub(last.answered) as f64 / seconds.max(0.001)
}
