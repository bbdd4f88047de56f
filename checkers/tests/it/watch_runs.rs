//! The watch checker on whole runs: legal ones are silent, and long or hopeless ones are
//! judged in bounded time.

use crate::common::{self, Cluster, put, put_with_lease, remove, renumber};
use crate::streams::{
    self, Make, Watcher, assert_fires, assert_silent, events_of, run, step, watching,
};
use proptest::prelude::*;
use stormglass_checkers::history::{
    Body, Compact, Request, Revision, WatchCanceled, WatchFrame, WatchRequest,
};
use stormglass_checkers::watch::checker;

const WATCH: Make = checker;

#[test]
fn a_run_with_everything_legal_is_silent() {
    let mut cluster = streams::puts();
    // Batches, a header newer than the events, filters, start 0, a future start.
    let all = Watcher::open(&mut cluster, 50, 0, watching("a", "z", 2));
    all.deliver(&mut cluster, 2, 4);
    all.deliver(&mut cluster, 5, 6);
    let no_put = WatchRequest { no_put: true, ..watching("a", "z", 3) };
    let no_put = Watcher::open(&mut cluster, 51, 1, no_put);
    let now = Watcher::open(&mut cluster, 52, 1, watching("a", "z", 0));
    let future = Watcher::open(&mut cluster, 53, 1, watching("a", "z", 9));
    cluster.delete(0, "b");
    future.progress(&mut cluster, 8);
    cluster.put(2, "b", "again");
    now.deliver(&mut cluster, 8, 9);
    no_put.deliver(&mut cluster, 8, 8);
    no_put.progress(&mut cluster, 9);
    future.deliver(&mut cluster, 9, 9);
    // Resumed on another member; a late event after the client's wish to cancel.
    all.frame(&mut cluster, WatchFrame::Cancel {});
    all.deliver(&mut cluster, 7, 7);
    let rest = watching("a", "z", 8);
    let rest = Watcher::resume(&mut cluster, (54, Some(all.id)), 2, rest);
    rest.deliver(&mut cluster, 8, 9);
    // Leases end, answers get lost, a member dies; a refusal.
    let _ = cluster.at(0, common::grant(7, 3));
    let _ = cluster.at(0, put_with_lease("l", "leased", 7));
    let _ = cluster.at(0, put_with_lease("m", "dead lease", 99));
    cluster.kill(1);
    cluster.expire(7);
    cluster.lose_answer(0, put("n", "unknown"));
    cluster.restart(1);
    // A slow watch is cancelled by a compaction, and goes on after it.
    let slow = Watcher::open(&mut cluster, 55, 0, watching("a", "z", 3));
    let _ = cluster.at(0, Request::Compact(Compact { revision: Revision(10), physical: false }));
    let compact_revision = Revision(10);
    let canceled = WatchCanceled { compact_revision, ..WatchCanceled::default() };
    slow.frame(&mut cluster, WatchFrame::Canceled(canceled));
    let after = Watcher::resume(&mut cluster, (56, Some(slow.id)), 0, watching("a", "z", 11));
    let newest = cluster.store.revision();
    after.deliver(&mut cluster, 11, newest);
    after.progress(&mut cluster, newest);
    let history = cluster.finish();
    assert_silent(WATCH, &history);
}

#[test]
fn a_run_without_watches_is_unknown() {
    let mut history = streams::puts().finish();
    remove(&mut history, |event| matches!(event.body, Body::Watch(_)));
    let verdict = streams::verdict(WATCH, &history);
    assert_eq!(verdict.reasons.len(), 1);
    assert!(verdict.findings.is_empty());
}

#[test]
fn a_store_that_is_broken_for_good_is_judged_in_bounded_time() {
    let mut cluster = Cluster::new(2);
    for number in 0..3_000 {
        cluster.put(0, &format!("k{}", number % 50), &format!("v{number}"));
    }
    let mut history = cluster.stop();
    for event in &mut history.events {
        let second = event.member.is_some_and(|member| member.0 == 1);
        let events = events_of(event).filter(|_| second);
        for event in events.into_iter().flat_map(|events| &mut events.events) {
            event.kv.mod_revision = event.kv.mod_revision.next();
            event.prev_kv = None;
        }
    }
    let verdict = streams::verdict(WATCH, &history);
    assert!(verdict.stats["findings"] > 1_000);
    assert!(verdict.findings.len() <= 60);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_legal_runs_are_silent(steps in proptest::collection::vec(step(), 1..60)) {
        assert_silent(WATCH, &run(&steps));
    }

    #[test]
    fn a_lost_response_is_found(
        steps in proptest::collection::vec(step(), 5..60),
        pick in any::<prop::sample::Index>(),
    ) {
        let mut history = run(&steps);
        let mut candidates: Vec<u64> = Vec::new();
        let mut last: std::collections::BTreeMap<u32, u64> = std::collections::BTreeMap::new();
        for event in &mut history.events {
            let (index, mut copy) = (event.index, event.clone());
            if events_of(&mut copy).is_some()
                && let Body::Watch(watch) = &event.body
            {
                // Only what a later response of the same watch passes can be missed.
                candidates.extend(last.insert(watch.watch.0, index));
            }
        }
        prop_assume!(!candidates.is_empty());
        let index = *pick.get(&candidates);
        remove(&mut history, |event| event.index == index);
        renumber(&mut history);
        assert_fires(WATCH, &history, "watch-gap");
    }
}

/// Near-linear: 40,000 revisions on three members, with 300 watches of whole stretches.
#[test]
fn a_long_run_is_judged_in_seconds() {
    let mut cluster = Cluster::new(3);
    let mut watches = 50;
    for number in 0..40_000_u32 {
        let member = u16::try_from(number % 3).unwrap_or(0);
        cluster.put(member, &format!("k{}", number % 20), &format!("v{number}"));
        if number % 130 == 0 {
            watches += 1;
            let newest = cluster.store.revision();
            let from = (newest - 2_000).max(2);
            let request = watching(&format!("k{}", number % 20), "", from);
            let watcher = Watcher::open(&mut cluster, 100_000 + watches, member, request);
            watcher.deliver(&mut cluster, from, newest);
        }
    }
    let history = cluster.finish();
    assert_silent(WATCH, &history);
    assert_silent(stormglass_checkers::revisions::checker, &history);
    assert_silent(stormglass_checkers::convergence::checker, &history);
    assert_silent(stormglass_checkers::coverage::checker, &history);
}
