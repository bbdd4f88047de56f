//! Hunts false alarms: simulated runs without a bug, judged by every checker, seed after
//! seed, each with traffic, members and faults that the seed decides.
//!
//! `cargo run -p stormglass-scenarios --example soak -- [COUNT] [FIRST SEED] [BUG]`. A run
//! that is not valid is told with its seed and settings; one that is invalid makes the program
//! end with 1. With a bug it tells what was found, and by whom.

#![expect(clippy::print_stdout, reason = "a program that tells its result")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::checker::{Budget, CheckContext};
use stormglass_checkers::judge::Judge;
use stormglass_checkers::verdict::{Judgement, Status};
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::random::stream;
use stormglass_scenarios::scenario::Scenario;
use stormglass_scenarios::simulation::{Bug, Simulation, bug};

/// Faults with what they may hit and how long they may hold, in milliseconds.
const FAULTS: [(&str, &[&str], u64); 6] = [
    ("kill", &["one", "leader", "followers", "all", "majority"], 600),
    ("pause", &["one", "leader", "majority"], 1_200),
    ("isolate", &["one", "leader", "majority", "all"], 1_200),
    ("defragment", &["one", "all"], 0),
    ("compact", &["one"], 0),
    ("kill-defragment", &["one"], 400),
];

/// Requests whose weights the seed decides.
const CORNERS: [&str; 10] = [
    "put-keep",
    "refused-range",
    "nested-txn",
    "read-txn",
    "lease-grant-short",
    "lease-grant-again",
    "lease-keepalive-late",
    "lease-revoke-late",
    "lease-time-to-live",
    "lease-list",
];
/// Shares of `[workload.txn]` that the seed decides.
const SHARES: [&str; 7] = [
    "any-guard",
    "range-guard",
    "failure-write",
    "delete-range",
    "lease",
    "range-revision",
    "refused-revision",
];

/// A plan that the seed decides.
fn plan(seed: u64) -> Plan {
    let mut rng = stream(seed, "soak");
    let members = [1, 2, 3, 3, 3, 5][rng.random_range(0..6)];
    let (clients, keys) = (rng.random_range(2..12), rng.random_range(2..20));
    let rate = if rng.random_bool(0.8) { rng.random_range(100..600) } else { 1_500 };
    let mut text = format!(
        "schema = 1\nname = \"soak\"\n[cluster]\nmembers = {members}\nelection = \"500ms\"\n\
         heartbeat = \"50ms\"\n[workload]\nclients = {clients}\nwatchers = {}\nrate = {rate}\n\
         keys = {keys}\nlease-ttl = {{ min = 1, max = 2 }}\ndeadline = \"{}ms\"\n\
         compact-lag = {}\n[workload.weights]\nlease-grant = {}\nlease-attach = {}\n\
         lease-keepalive = {}\ncompact = 3\nhistory-range = 5\nstale-range = 5\n",
        rng.random_range(0..6),
        rng.random_range(200..2_000),
        rng.random_range(1..200),
        rng.random_range(0..8),
        rng.random_range(0..16),
        rng.random_range(0..8),
    );
    corners(&mut text, &mut rng);
    for (kind, targets, longest) in FAULTS {
        if rng.random_bool(0.5) {
            continue;
        }
        let target = targets[rng.random_range(0..targets.len())];
        line(&mut text, &format!("[[fault]]\nkind = \"{kind}\"\ntarget = \"{target}\"\n"));
        let every: u64 = rng.random_range(700..1_600);
        line(&mut text, &format!("every = \"{every}ms\"\n"));
        if longest > 0 {
            let duration = rng.random_range(20..longest.min(every / 2));
            line(&mut text, &format!("for = \"{duration}ms\"\n"));
        }
        if kind == "compact" {
            line(&mut text, &format!("params = {{ lag = \"{}\" }}\n", rng.random_range(0..80)));
        }
    }
    let scenario = Scenario::parse(&text, "soak.toml").expect("a scenario");
    Plan::build(&scenario, seed, "3.6.12").expect("a plan")
}

/// Corners of the API, often many more than a scenario has by itself; then the limits.
fn corners(text: &mut String, rng: &mut ChaCha8Rng) {
    let often = rng.random_bool(0.5);
    for name in CORNERS {
        let most = if often { 10 } else { 2 };
        line(text, &format!("{name} = {}\n", rng.random_range(0..=most)));
    }
    line(text, "[workload.txn]\n");
    for name in SHARES {
        let most = if often { 60 } else { 10 };
        line(text, &format!("{name} = {}\n", rng.random_range(0..=most)));
    }
    let slow = rng.random_range(0..=if often { 60 } else { 10 });
    line(text, &format!("[workload.watch]\nslow = {slow}\n"));
    line(text, "[limits]\nduration = \"5s\"\nrecovery = \"20s\"\n");
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
}

/// Runs and judges one plan; the judgement and the number of events.
fn run(plan: &Plan, bug: Option<Bug>) -> (Judgement, u64) {
    let simulation = Simulation::new(plan);
    let simulation = match bug {
        Some(bug) => simulation.with_bug(bug),
        None => simulation,
    };
    let (sometimes, budget) = (Vec::new(), Budget::default());
    let context = CheckContext { preamble: simulation.preamble(), sometimes, budget };
    let mut judge = Judge::new(&context);
    let mut events = 0;
    simulation.run(&mut |event| {
        events += 1;
        judge.observe(&Arc::new(event));
    });
    (judge.finish(None), events)
}

fn tell(plan: &Plan, judgement: &Judgement) {
    let seed = plan.seed;
    if judgement.status != Status::Valid {
        let spec = &plan.scenario;
        let faults = spec.fault.iter().map(|fault| {
            let lag = fault.params.get("lag").map(|lag| format!(" lag {lag}")).unwrap_or_default();
            format!("{} {}{lag}", fault.kind, fault.target)
        });
        let faults: Vec<String> = faults.collect();
        let (members, lag) = (spec.cluster.members, spec.workload.compact_lag);
        println!("seed {seed}: {members} members, compact-lag {lag}, {}", faults.join(", "));
    }
    for verdict in judgement.verdicts.iter().filter(|one| one.status != Status::Valid) {
        let finding = verdict.findings.first();
        let text = finding.map(|finding| format!("{}: {}", finding.anomaly, finding.sentence));
        let text = text.or_else(|| verdict.reasons.first().cloned()).unwrap_or_default();
        println!("seed {seed}: {} {}: {text}", verdict.checker, verdict.status);
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| {
        words.get(at).and_then(|word| word.parse().ok()).unwrap_or(default)
    };
    let (count, first) = (number(0, 100), number(1, 0));
    let chosen = words.get(2).map(|name| bug(name).expect("a bug of the registry"));
    let mut statuses: BTreeMap<Status, u64> = BTreeMap::new();
    let mut events = 0;
    for seed in first..first + count {
        let plan = plan(seed);
        let (judgement, recorded) = run(&plan, chosen);
        events += recorded;
        *statuses.entry(judgement.status).or_default() += 1;
        tell(&plan, &judgement);
    }
    let told: Vec<String> =
        statuses.iter().map(|(status, count)| format!("{count} {status}")).collect();
    println!("{count} runs, {events} events: {}", told.join(", "));
    let alarms = statuses.contains_key(&Status::Invalid);
    if alarms && chosen.is_none() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
