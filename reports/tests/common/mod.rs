//! A plausible run, made up deterministically: three members, faults, a lost write.

pub(crate) mod hostile;
mod story;
mod traffic;
mod watches;

use std::collections::BTreeMap;

use stormglass_checkers::history::{Event, MemberPreamble, Nanos, Preamble, Revision, SCHEMA};
use stormglass_checkers::verdict::Judgement;
use stormglass_reports::{Artifact, FileEntry, RunFacts, RunRecord, render_all};
use stormglass_scenarios::plan::{PLAN_SCHEMA, Plan};
use stormglass_scenarios::scenario::Scenario;

use story::judgement;
pub(crate) use traffic::Shape;
use traffic::events;

/// A run that owns what a record borrows.
#[derive(Clone)]
pub(crate) struct Run {
    /// The plan.
    pub(crate) plan: Plan,
    /// Line 1 of the history.
    pub(crate) preamble: Preamble,
    /// The events.
    pub(crate) events: Vec<Event>,
    /// The verdicts.
    pub(crate) judgement: Judgement,
    /// The harness's facts.
    pub(crate) facts: RunFacts,
}

impl Run {
    /// A run of the demonstration in which a confirmed write is lost.
    pub(crate) fn lost_write(shape: Shape) -> Self {
        let events = events(shape);
        let judgement = judgement(&events);
        Self { plan: plan(), preamble: preamble(), events, judgement, facts: facts() }
    }

    /// The record that renderers take.
    pub(crate) fn record(&self) -> RunRecord<'_> {
        RunRecord {
            plan: &self.plan,
            preamble: &self.preamble,
            events: &self.events,
            judgement: &self.judgement,
            facts: &self.facts,
        }
    }

    /// Every artifact.
    fn artifacts(&self) -> Vec<Artifact> {
        render_all(&self.record()).expect("the record is drawn")
    }

    /// The text of one artifact.
    pub(crate) fn artifact(&self, path: &str) -> String {
        let artifacts = self.artifacts();
        let found = artifacts.into_iter().find(|artifact| artifact.path == path);
        String::from_utf8(found.expect("the artifact exists").bytes).expect("it is text")
    }
}

/// The plan without faults of its own; the events bring theirs, and one is left over.
fn plan() -> Plan {
    let text = "schema = 1\nname = \"demo\"\nsummary = \"ordinary traffic and mishaps\"\n\n\
                [workload]\nkind = \"mixed\"\nclients = 12\n";
    let scenario = Scenario::parse(text, "demo.toml").expect("the scenario is well-formed");
    Plan {
        stormglass_plan: PLAN_SCHEMA,
        scenario,
        prefix: String::new(),
        seed: 0x2a91,
        release: "3.5.1".to_owned(),
        triggers_avoided: vec!["watch-compacted-start".to_owned()],
        faults: story::planned_faults(),
    }
}

fn preamble() -> Preamble {
    let member = |number: u32| MemberPreamble {
        name: format!("m{number}"),
        store: "etcd".to_owned(),
        version: "3.5.1".to_owned(),
    };
    Preamble {
        stormglass_history: SCHEMA,
        scenario: "demo".to_owned(),
        seed: 0x2a91,
        target: "local".to_owned(),
        members: (1..=3).map(member).collect(),
        prefix: String::new(),
        start_revision: Revision(1),
        exclusive: true,
        revisions: true,
        started: "2026-11-23T01:40:00Z".to_owned(),
        written_by: "0.1.0".to_owned(),
    }
}

fn facts() -> RunFacts {
    let file = |path: &str, what: &str| FileEntry { path: path.to_owned(), what: what.to_owned() };
    RunFacts {
        command: "stormglass run demo --etcd 3.5.1 --seed 0x2a91".to_owned(),
        check_command: "stormglass check runs/20261123T014000Z-demo-2a91".to_owned(),
        exit_code: 1,
        started: "2026-11-23T01:40:00Z".to_owned(),
        duration: Nanos(38_400_000_000),
        files: vec![
            file("plan.json", "everything that was to be attempted"),
            file("history.jsonl.zst", "every event, one a line"),
            file("verdicts.json", "what the checkers say"),
            file("members/m1/etcd.log", "the log of m1"),
        ],
        not_tested: vec![],
        interrupted: false,
        releases: vec!["etcd 3.5.1 came from the cache, its checksum verified.".to_owned()],
        environment: BTreeMap::from([
            ("machine".to_owned(), "2 processors, Linux 6.12".to_owned()),
            ("namespaces".to_owned(), "net, mount, pid".to_owned()),
        ])
        .into_iter()
        .collect(),
        server: vec![],
    }
}
