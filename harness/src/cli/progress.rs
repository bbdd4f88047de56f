//! What a run shows while it goes on, on standard error.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle as BarStyle};

use super::args::ProgressStyle;
use super::output::narrate;
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
        traffic: Duration,
    ) -> Self {
        let (stop, stopped) = mpsc::channel();
        let style = resolve(style);
        if style == ProgressStyle::None {
            return Self { stop, thread: None };
        }
        let recorder = recorder.clone();
        let every = if style == ProgressStyle::Bar { BAR_EVERY } else { LINE_EVERY };
        let show = move || {
            let bar = (style == ProgressStyle::Bar).then(|| bar(traffic));
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                tell(style, bar.as_ref(), &recorder, &violated);
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

fn bar(traffic: Duration) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(
        Some(traffic.as_secs()),
        ProgressDrawTarget::stderr_with_hz(2),
    );
    let style = BarStyle::with_template("{bar:24} {pos}s/{len}s  {msg}");
    bar.with_style(style.unwrap_or_else(|_| BarStyle::default_bar()))
}

fn tell(
    style: ProgressStyle,
    bar: Option<&ProgressBar>,
    recorder: &Recorder,
    violated: &AtomicBool,
) {
    let seconds = recorder.clock().now().seconds();
    let events = recorder.event_count();
    let found = violated.load(Ordering::Relaxed);
    let verdict = if found { "violation found" } else { "nothing found so far" };
    match (style, bar) {
        (_, Some(bar)) => {
            bar.set_message(format!("{events} events, {verdict}"));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds")]
            bar.set_position(seconds as u64);
        }
        (ProgressStyle::Json, None) => {
            narrate(format_args!(
                "{{\"seconds\":{seconds:.1},\"events\":{events},\"violated\":{found}}}"
            ));
        }
        _ => narrate(format_args!("{seconds:.0} s: {events} events, {verdict}")),
    }
}
