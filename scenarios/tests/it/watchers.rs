//! What the watchers of `mixed` promise.

use std::collections::BTreeMap;

use crate::support::{Taken, drive, fires_and_is_avoided, plan};
use stormglass_checkers::history::WatchRequest;
use stormglass_scenarios::scenario::Scenario;
use stormglass_scenarios::workload::{Role, Step, WatchStep};

fn watches(taken: &[Taken]) -> impl Iterator<Item = (&Taken, &WatchStep)> {
    taken.iter().filter_map(|taken| match &taken.step {
        Step::Watch(watch) => Some((taken, watch)),
        _ => None,
    })
}

fn watch_has(taken: &Taken, has: impl Fn(&WatchStep) -> bool) -> bool {
    matches!(&taken.step, Step::Watch(watch) if has(watch))
}

/// How many of a hundred watches that continue no other are so.
fn share(taken: &[Taken], is: impl Fn(&Taken, &WatchRequest) -> bool) -> f64 {
    let fresh = || watches(taken).filter(|(_, watch)| !watch.resumes);
    let there = fresh().filter(|(taken, watch)| is(taken, &watch.request)).count();
    f64::from(u32::try_from(there * 100).unwrap_or(u32::MAX))
        / f64::from(u32::try_from(fresh().count().max(1)).unwrap_or(u32::MAX))
}

#[test]
fn watchers_continue_where_they_stopped_mostly_on_another_member() {
    let taken = drive(&plan("", 11), "", 20_000);
    let mut before: BTreeMap<usize, &WatchStep> = BTreeMap::new();
    let (mut moved, mut stayed) = (0, 0);
    for (taken, watch) in watches(&taken) {
        assert_eq!(taken.role, Role::Watcher);
        if watch.resumes {
            let before = before.get(&taken.actor).expect("a watch to continue");
            *if before.member == watch.member { &mut stayed } else { &mut moved } += 1;
            let start_revision = before.request.start_revision;
            assert!(watch.request.start_revision >= start_revision);
            assert_eq!(WatchRequest { start_revision, ..watch.request.clone() }, before.request);
        }
        before.insert(taken.actor, watch);
    }
    assert!(moved > 500 && stayed > 50 && moved > 3 * stayed, "{moved} moved, {stayed} stayed");
}

#[test]
fn a_single_member_is_watched_again_on_itself() {
    let taken = drive(&plan("[cluster]\nmembers = 1", 12), "", 2_000);
    assert!(watches(&taken).any(|(_, watch)| watch.resumes));
    assert!(watches(&taken).all(|(_, watch)| watch.member.0 == 0));
}

#[test]
fn watches_from_the_compact_revision_can_be_avoided() {
    fires_and_is_avoided("watch-compacted-start", |taken| {
        let compacted = taken.compacted;
        watch_has(taken, |watch| compacted > 0 && watch.request.start_revision.0 == compacted)
    });
}

#[test]
fn watches_of_the_future_can_be_avoided() {
    fires_and_is_avoided("watch-future-start", |taken| {
        let next = taken.revision + 1;
        watch_has(taken, |watch| watch.request.start_revision.0 > next)
    });
}

#[test]
fn requests_for_progress_can_be_avoided() {
    fires_and_is_avoided("progress-request", |taken| {
        watch_has(taken, |watch| watch.progress_every.is_some())
    });
}

#[test]
fn options_are_drawn_as_often_as_the_scenario_says() {
    let text = "[workload]\nwatchers = 6\n[workload.watch]\nprev-kv = 80\nfragment = 100\n\
                progress-notify = 0\nno-put = 25\nno-delete = 50\nresume = 20\n\
                progress-request = 60\nresume-elsewhere = 0\n";
    let taken = drive(&plan(text, 21), "", 20_000);
    for (wanted, found) in [
        (80.0, share(&taken, |_, request| request.prev_kv)),
        (100.0, share(&taken, |_, request| request.fragment)),
        (0.0, share(&taken, |_, request| request.progress_notify)),
        (25.0, share(&taken, |_, request| request.no_put)),
        (50.0, share(&taken, |_, request| request.no_delete)),
        (0.0, share(&taken, |_, request| request.no_put && request.no_delete)),
    ] {
        assert!((wanted - found).abs() < 5.0, "{found} instead of {wanted}");
    }
    let asking = watches(&taken).filter(|(_, watch)| watch.progress_every.is_some()).count();
    let (all, resumed) =
        (watches(&taken).count(), watches(&taken).filter(|(_, watch)| watch.resumes).count());
    assert!(asking * 100 > all * 55 && asking * 100 < all * 65, "{asking} of {all}");
    assert!(resumed * 100 > all * 10 && resumed * 100 < all * 25, "{resumed} of {all}");
}

#[test]
fn starts_and_ranges_are_drawn_as_often_as_the_scenario_says() {
    let text = "[workload]\nwatchers = 6\ncompact-lag = 60\n[workload.watch]\nresume = 0\n\
                [workload.watch.start]\npresent = 1\npast = 0\noldest = 4\nfuture = 1\n\
                compacted = 1\nbelow-compacted = 1\nabove-compacted = 1\nhead = 1\n\
                [workload.watch.range]\nkey = 1\nneighbours = 0\nhot = 0\nleased = 0\n\
                everything = 0\nfrom-key = 1\n";
    let taken = drive(&plan(text, 22), "", 30_000);
    let start = |request: &WatchRequest| request.start_revision.0;
    let corner = |offset: i64| {
        share(&taken, |taken, request| {
            taken.compacted > 0 && start(request) == taken.compacted + offset
        })
    };
    for (name, found) in [
        ("present", share(&taken, |_, request| start(request) == 0)),
        ("oldest", share(&taken, |_, request| start(request) == 1)),
        ("below", corner(-1)),
        ("compacted", corner(0)),
        ("above", corner(1)),
        ("future", share(&taken, |taken, request| start(request) > taken.revision)),
    ] {
        assert!(found > 1.0, "{name}: {found}");
    }
    let open = share(&taken, |_, request| request.range_end.as_slice() == b"\0");
    let single = share(&taken, |_, request| request.range_end.is_empty());
    assert!((open + single - 100.0).abs() < 0.01 && (open - 50.0).abs() < 5.0, "{open} {single}");
}

#[test]
fn every_watch_stays_below_the_prefix() {
    let text = "[workload]\nwatchers = 6\n[workload.watch.range]\nfrom-key = 20\n";
    for (_, watch) in watches(&drive(&plan(text, 23), "run/", 5_000)) {
        assert!(watch.request.key.as_slice().starts_with(b"run/"), "{watch:?}");
        assert_ne!(watch.request.range_end.as_slice(), b"\0", "{watch:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |text: &str| {
        let text = format!("schema = 1\nname = \"a\"\n{text}");
        Scenario::parse(&text, "a.toml").expect_err("it does not fit").to_string()
    };
    let share = refused("[workload.watch]\nprev-kv = 101");
    assert!(share.contains("at most 100 of a hundred"), "{share}");
    let both = refused("[workload.watch]\nno-put = 60\nno-delete = 60");
    assert!(both.contains("no watch leaves both"), "{both}");
    let none = refused(
        "[workload.watch.range]\nkey = 0\nneighbours = 0\nhot = 0\nleased = 0\n\
         everything = 0\nfrom-key = 0",
    );
    assert!(none.contains("every weight is 0"), "{none}");
    let unknown = refused("[workload.watch.start]\nlater = 1");
    assert!(unknown.contains("later"), "{unknown}");
}
