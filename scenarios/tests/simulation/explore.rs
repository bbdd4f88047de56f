use crate::support::*;
use stormglass_scenarios::simulation::*;
use stormglass_checkers::verdict::Status;

#[test]
fn explore_silent() {
    let n: u64 = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let from: u64 = std::env::var("FROM").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let mixes: Vec<Vec<&str>> = vec![vec![], vec![KILL], vec![KILL_ALL], vec![PAUSE], vec![ISOLATE], vec![MAJORITY], vec![COMPACT], vec![DEFRAGMENT], vec![KILL_DEFRAGMENT], vec![KILL, PAUSE, ISOLATE, COMPACT, DEFRAGMENT, KILL_DEFRAGMENT]];
    let (mut runs, mut bad, mut events) = (0, 0, 0);
    for seed in from..from+n {
        for (number, mix) in mixes.iter().enumerate() {
            let judged = judge(&busy(6, mix, seed), None);
            runs += 1; events += judged.events.len();
            if judged.judgement.status != Status::Valid {
                bad += 1;
                println!("seed {seed} mix {number}: {:?} {:#?}", judged.simulated, judged.complaints());
            }
        }
    }
    println!("{runs} runs, {events} events, {bad} bad");
}

#[test]
fn explore_bugs() {
    let n: u64 = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    for entry in bugs() {
        let mut caught = std::collections::BTreeMap::<String, u64>::new();
        let (mut struck, mut invalid) = (0, 0);
        for seed in 0..n {
            let judged = judge(&busy(6, &[KILL, COMPACT], seed), Some(entry.bug));
            struck += judged.simulated.struck.get(&entry.bug).copied().unwrap_or(0);
            invalid += u64::from(judged.judgement.status == Status::Invalid);
            for v in &judged.judgement.verdicts { let mut a = judged.anomalies(&v.checker); a.sort(); a.dedup(); for a in a { *caught.entry(format!("{}/{a}", v.checker)).or_default() += 1; } }
        }
        println!("{:26} struck {struck:5} invalid {invalid}/{n} {caught:?}", entry.name);
    }
}
