//! What shows that a fault of clocks bit, and clocks that are wrong in every way.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use stormglass_checkers::history::{Body, Event, FaultBegin, FaultEnd, MemberIndex, Sample};
use stormglass_checkers::judge::Judge;

use super::{log, scenario_text};
use crate::support::{events, history, run_into};

/// The member's own log says that an hour went by in a moment, and later that it had not.
pub(super) fn log_jumped_an_hour_and_came_back(
    _: &[Event],
    begin: &FaultBegin,
    _: &FaultEnd,
    dir: &Path,
) -> bool {
    let log = log(dir, &begin.fault.members[0].to_string());
    let stamps: Vec<i64> = log.lines().filter_map(stamp).collect();
    let steps: Vec<i64> = stamps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let forth = steps.iter().position(|step| (3_500..3_700).contains(step));
    let back = steps.iter().rposition(|step| (-3_700..-3_500).contains(step));
    forth.zip(back).is_some_and(|(forth, back)| forth < back)
}

/// When a line was logged, by its own account, in seconds.
fn stamp(line: &str) -> Option<i64> {
    let (_, rest) = line.split_once("\"ts\":\"")?;
    let stamp: jiff::Timestamp = rest.split_once('"')?.0.parse().ok()?;
    Some(stamp.as_second())
}

/// Leases ended when, by the harness's clock, they had to live: that is what their checker
/// finds as soon as the record does not tell of the fault.
pub(super) fn leases_ended_before_their_time(
    events: &[Event],
    begin: &FaultBegin,
    end: &FaultEnd,
    dir: &Path,
) -> bool {
    let leader = begin.fault.members[0];
    let number = |name| end.evidence.get(&format!("{leader}-{name}"))?.parse::<u64>().ok();
    let (Some(counted), Some(took)) = (number("counted-ms"), number("took-ms")) else {
        return false;
    };
    let context = stormglass::run::context(&history(dir).preamble, None);
    let mut judge = Judge::with(&[stormglass_checkers::leases::ENTRY], &context);
    for event in events {
        let mut event = event.clone();
        if let Body::FaultBegin(begin) = &mut event.body
            && begin.fault.kind == "clock-mono"
        {
            "reset".clone_into(&mut begin.fault.kind);
        }
        judge.observe(&Arc::new(event));
    }
    let judgement = judge.finish(None);
    let early = ["lease-early-expiry", "lease-lost"];
    let mut found = judgement.verdicts.iter().flat_map(|verdict| &verdict.findings);
    found.any(|finding| early.contains(&finding.anomaly.as_str())) && counted > 3 * took
}

/// Clocks that are wrong in every other way, by their parameters.
const WRONG: [(&str, &str); 5] = [
    ("clock-wall", "jump = \"-300ms\""),
    ("clock-wall", "rate = \"2\""),
    ("clock-wall", "strobe = \"1m\", period = \"10ms\""),
    ("clock-mono", "jump = \"5s\""),
    ("clock-mono", "rate = \"0.1\""),
];

/// How often a sample of the third member's clock, taken by the date of its answers, has a minute.
fn a_minute_ahead(events: &[Event]) -> usize {
    let shows = |event: &&Event| {
        let Body::Sample(Sample::Clock { off_by_ms }) = event.body else { return false };
        event.member == Some(MemberIndex(2)) && (58_000..=60_000).contains(&off_by_ms)
    };
    events.iter().filter(shows).count()
}

#[test]
fn clocks_are_wrong_in_every_way_and_a_restart_rights_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenario = folder.path().join("clocks.toml");
    let mut text = scenario_text(&[]);
    text = text.replace("duration = \"6s\"", "duration = \"46s\"");
    for (position, (kind, params)) in WRONG.iter().enumerate() {
        let at = 4 + 7 * position;
        let _ = writeln!(
            text,
            "[[fault]]\nkind = \"{kind}\"\ntarget = \"one\"\nat = \"{at}s\"\nfor = \"2s\"\n\
             params = {{ {params} }}"
        );
    }
    text.push_str(
        "[[fault]]\nkind = \"clock-wall\"\ntarget = [\"m3\"]\nat = \"39s\"\nfor = \"4s\"\n\
         params = { jump = \"1m\" }\n\
         [[fault]]\nkind = \"kill\"\ntarget = [\"m3\"]\nat = \"41s\"\nfor = \"1s\"\n",
    );
    std::fs::write(&scenario, text).expect("written");
    let dir = folder.path().join("run");
    let scenario = scenario.to_str().expect("a path");
    run_into(&dir, &[scenario, "--etcd", "3.5.16", "--seed", "3"]).expect(0);
    let events = events(&dir);
    let ends: Vec<&FaultEnd> = events
        .iter()
        .filter_map(|event| match &event.body {
            Body::FaultEnd(end) => Some(end),
            _ => None,
        })
        .collect();
    assert_eq!(ends.len(), WRONG.len() + 2);
    for end in &ends {
        assert!(end.landed.is_some() && end.error.is_none(), "{end:?}");
    }
    assert!(a_minute_ahead(&events) > 0, "no look at m3's clock showed the minute");
    let restarted = ends.iter().filter(|end| end.evidence.contains_key("m3-restarted"));
    assert_eq!(restarted.count(), 1, "{ends:?}");
}
