//! The schedule of faults: which one begins when, and whom it hits.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom as _;
use stormglass_checkers::history::{FaultId, MemberIndex, Nanos};

use super::document::PlannedFault;
use crate::fault::{self, FaultEntry};
use crate::random;
use crate::scenario::{FaultSpec, Scenario, Selector, Span};

/// No spec makes more faults than this, however long the run.
const FAULTS_PER_SPEC_MAX: usize = 10_000;

/// A fault before the specs are merged.
struct Candidate {
    from: u64,
    spec: usize,
    entry: &'static FaultEntry,
    fault: PlannedFault,
}

/// The faults of a run, by the time of their beginning.
///
/// Each spec draws from its own stream, so that a new spec does not change the others.
/// Disruptive faults (those that take members out of service) never overlap unless the
/// scenario says so: the later one waits until the earlier one is over and its members have
/// settled, which keeps all members but one fault's in service. Where they may, only the run
/// knows who waits for whom. Others do not overlap with their own kind. A fault that could
/// then not heal before the end of the traffic is left out.
pub(super) fn faults(scenario: &Scenario, seed: u64, avoided: &[String]) -> Vec<PlannedFault> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let storm = super::storm::specs(scenario, seed, avoided);
    for (index, spec) in scenario.fault.iter().chain(&storm).enumerate() {
        if let Some(entry) = fault::fault(&spec.kind) {
            candidates.extend(of_spec(scenario, seed, index, spec, entry));
        }
    }
    candidates.sort_by_key(|candidate| (candidate.from, candidate.spec));
    let apart = scenario.limits.overlap.is_never();
    let mut faults = in_time(candidates, scenario.limits.duration.as_nanos().0, apart);
    faults.sort_by_key(|fault| fault.from);
    for (number, fault) in (0..).zip(&mut faults) {
        fault.id = FaultId(number);
    }
    faults
}

/// Those that heal in time; where `apart` is set, disruptive ones one after the other.
fn in_time(candidates: Vec<Candidate>, end: u64, apart: bool) -> Vec<PlannedFault> {
    // By the kind, or one for all that are disruptive.
    let mut free_from: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    let mut faults = Vec::with_capacity(candidates.len());
    for Candidate { mut from, entry, mut fault, .. } in candidates {
        let turn = (!entry.disruptive).then_some(entry.kind);
        if apart || !entry.disruptive {
            from = from.max(free_from.get(&turn).copied().unwrap_or(0));
        }
        let healed = from.saturating_add(fault.duration.0).saturating_add(nanos(entry.settle));
        if healed > end {
            continue;
        }
        free_from.insert(turn, healed);
        fault.from = Nanos(from);
        faults.push(fault);
    }
    faults
}

fn of_spec(
    scenario: &Scenario,
    seed: u64,
    index: usize,
    spec: &FaultSpec,
    entry: &'static FaultEntry,
) -> Vec<Candidate> {
    let mut rng = random::stream(seed, &format!("fault/{index}/{}", spec.kind));
    let duration = spec.duration.map_or(nanos(entry.duration), |span| span.as_nanos().0);
    let beginnings = beginnings(spec, scenario.limits.duration.as_nanos().0, &mut rng);
    let candidate = |from| Candidate {
        from,
        spec: index,
        entry,
        fault: PlannedFault {
            id: FaultId::default(),
            kind: spec.kind.clone(),
            selector: members(&spec.target, scenario.cluster.members, &mut rng),
            from: Nanos(from),
            when: spec.when,
            duration: Nanos(duration),
            params: params(spec, entry, &mut rng),
        },
    };
    beginnings.into_iter().map(candidate).collect()
}

/// When a spec's faults begin: once, or at periods of ±25 % with the first one in the
/// second half of a period.
fn beginnings(spec: &FaultSpec, end: u64, rng: &mut ChaCha8Rng) -> Vec<u64> {
    if let Some(at) = spec.at {
        return vec![at.as_nanos().0];
    }
    let every = spec.every.map_or(0, |every| every.as_nanos().0).max(1);
    let mut from = rng.random_range(every / 2..=every);
    let mut beginnings = Vec::new();
    while from < end && beginnings.len() < FAULTS_PER_SPEC_MAX {
        beginnings.push(from);
        let quarter = every / 4;
        from = from.saturating_add(rng.random_range(every - quarter..=every + quarter));
    }
    beginnings
}

/// Decides what can be decided before the run: everything but who will be the leader.
fn members(selector: &Selector, count: u16, rng: &mut ChaCha8Rng) -> Selector {
    let names: Vec<String> = (0..count).map(|index| MemberIndex(index).to_string()).collect();
    let minority = usize::from(count.saturating_sub(1) / 2);
    let wanted = match selector {
        Selector::One => 1,
        Selector::Minority => minority.max(1),
        Selector::Majority => usize::from(count) / 2 + 1,
        Selector::All => names.len(),
        decided => return decided.clone(),
    };
    let mut chosen: Vec<String> = names.sample(rng, wanted).cloned().collect();
    chosen.sort_unstable();
    Selector::Members(chosen)
}

/// Every parameter of the kind; `within` becomes a moment, `kill-after`, and a clock becomes
/// wrong in some way.
fn params(spec: &FaultSpec, entry: &FaultEntry, rng: &mut ChaCha8Rng) -> BTreeMap<String, String> {
    let mut params: BTreeMap<String, String> = entry
        .params
        .iter()
        .map(|param| (param.name.to_owned(), param.default.to_owned()))
        .chain(spec.params.clone())
        .collect();
    let within = params.get("within").and_then(|text| text.parse::<Span>().ok());
    if let Some(within) = within {
        let after = rng.random_range(0..=within.as_nanos().0 / 1_000_000);
        params.insert("kill-after".to_owned(), Span::milliseconds(after).to_string());
    }
    params.extend(fault::draw(&spec.kind, &spec.params, rng));
    params
}

fn nanos(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
