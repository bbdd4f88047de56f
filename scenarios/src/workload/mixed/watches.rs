//! What a watcher of `mixed` draws: where a watch starts, what it is of, and which
//! options it has.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Bytes, Revision, WatchRequest};

use super::draws::{drawn, percent};
use super::keys::Interval;
use super::settings::Settings;

/// How far back a watch of the past starts, in revisions.
const PAST_REVISIONS: i64 = 150;
/// How far ahead a watch of the future starts, in revisions.
const FUTURE_REVISIONS: i64 = 300;

/// Where a watch starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Present,
    Past,
    Oldest,
    BelowCompacted,
    Compacted,
    AboveCompacted,
    Head,
    Future,
}

/// What a watch is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Key,
    Neighbours,
    Hot,
    Leased,
    Everything,
    FromKey,
}

/// A watch that continues no other, by a watcher that knows so much of the store.
pub(super) fn fresh(
    settings: &Settings,
    (newest, compacted): (Revision, Revision),
    rng: &mut ChaCha8Rng,
) -> WatchRequest {
    let spec = &settings.spec.watch;
    let (key, range_end) = interval(settings, rng);
    let filter = rng.random_range(0..100);
    WatchRequest {
        key,
        range_end,
        start_revision: start(settings, (newest.0, compacted.0), rng),
        prev_kv: percent(spec.prev_kv, rng),
        progress_notify: percent(spec.progress_notify, rng),
        fragment: percent(spec.fragment, rng),
        no_put: filter < spec.no_put,
        no_delete: (spec.no_put..spec.no_put + spec.no_delete).contains(&filter),
    }
}

fn interval(settings: &Settings, rng: &mut ChaCha8Rng) -> Interval {
    let (keys, spec) = (&settings.keys, &settings.spec.watch.range);
    let extents = [
        (Extent::Key, spec.key),
        (Extent::Neighbours, spec.neighbours),
        (Extent::Hot, spec.hot),
        (Extent::Leased, spec.leased),
        (Extent::Everything, spec.everything),
        (Extent::FromKey, spec.from_key),
    ];
    match drawn(&extents, rng).unwrap_or(Extent::Everything) {
        Extent::Key => (keys.hot(rng), Bytes::default()),
        Extent::Neighbours => keys.neighbours(5, rng),
        Extent::Hot => keys.all_hot(),
        Extent::Leased => keys.all_leased(),
        Extent::Everything => keys.everything(),
        Extent::FromKey => keys.onwards(rng),
    }
}

/// A start that is possible and not the trigger of a bug that is left out; otherwise a
/// past one.
fn start(settings: &Settings, (newest, compacted): (i64, i64), rng: &mut ChaCha8Rng) -> Revision {
    let (triggers, spec) = (settings.triggers, &settings.spec.watch.start);
    let starts = [
        (Start::Present, spec.present),
        (Start::Past, spec.past),
        (Start::Oldest, spec.oldest),
        (Start::BelowCompacted, spec.below_compacted),
        (Start::Compacted, spec.compacted),
        (Start::AboveCompacted, spec.above_compacted),
        (Start::Head, spec.head),
        (Start::Future, spec.future),
    ];
    let start = match drawn(&starts, rng).unwrap_or(Start::Present) {
        _ if newest == 0 => 0,
        Start::Present => 0,
        Start::Oldest => 1,
        Start::BelowCompacted if compacted > 1 => compacted - 1,
        Start::Compacted if triggers.watch_compacted_start && compacted > 0 => compacted,
        Start::AboveCompacted if compacted > 0 => compacted + 1,
        // A member that lags has it not yet.
        Start::Head if triggers.watch_future_start => newest,
        Start::Future if triggers.watch_future_start => {
            newest + rng.random_range(1..=FUTURE_REVISIONS)
        }
        _ => {
            let oldest = (newest - PAST_REVISIONS).max(compacted + 1).max(1);
            rng.random_range(oldest.min(newest)..=newest)
        }
    };
    off_compacted(settings, Revision(start), Revision(compacted))
}

/// Moves a start that happens to be the compact revision, where that is a trigger which
/// is left out.
fn off_compacted(settings: &Settings, start: Revision, compacted: Revision) -> Revision {
    let there = !start.is_zero() && start == compacted;
    if there && !settings.triggers.watch_compacted_start { start.next() } else { start }
}
