//! Rules of `[workload]`.

use super::{Flaw, did_you_mean, ensure};
use crate::scenario::WorkloadSpec;
use crate::workload::{self, WorkloadEntry};

/// etcd refuses requests over 1.5 MiB; a value must leave room for the rest.
const VALUE_BYTES_MAX: u32 = 1_048_576;
/// etcd refuses longer leases.
const LEASE_SECONDS_MAX: u32 = 9_000_000;

pub(super) fn check(spec: &WorkloadSpec) -> Result<(), Flaw> {
    let kinds: Vec<&str> = workload::workloads().iter().map(|entry| entry.kind).collect();
    let entry = workload::workload(&spec.kind).ok_or_else(|| {
        let message =
            format!("unknown workload `{}`{}", spec.kind, did_you_mean(&spec.kind, &kinds));
        Flaw::value("workload.kind", message)
    })?;
    numbers(spec)?;
    ranges(spec)?;
    txn(spec)?;
    watch(spec)?;
    weights(spec, entry)
}

fn numbers(spec: &WorkloadSpec) -> Result<(), Flaw> {
    ensure((1..=1_000).contains(&spec.clients), "workload.clients", || {
        "traffic needs 1 to 1000 clients: change the number".to_owned()
    })?;
    ensure(spec.watchers <= 1_000, "workload.watchers", || {
        "at most 1000 watchers: lower the number".to_owned()
    })?;
    ensure(spec.rate != Some(0), "workload.rate", || {
        "a rate of 0 sends nothing: raise it, or remove it for a closed loop".to_owned()
    })?;
    ensure((2..=100_000).contains(&spec.keys), "workload.keys", || {
        "clients share 2 to 100000 keys: change the number".to_owned()
    })?;
    ensure(spec.prefill <= 1_000_000, "workload.prefill", || {
        "at most a million keys can be written before the traffic: lower it".to_owned()
    })?;
    ensure(spec.deadline.as_duration().as_millis() >= 10, "workload.deadline", || {
        "a deadline under 10ms makes every outcome unknown: raise it".to_owned()
    })
}

fn ranges(spec: &WorkloadSpec) -> Result<(), Flaw> {
    let size = spec.value_size;
    ensure(size.min <= size.max && size.max <= VALUE_BYTES_MAX, "workload.value-size", || {
        format!("write min and max with min <= max <= {VALUE_BYTES_MAX} bytes")
    })?;
    let ttl = spec.lease_ttl;
    let fits = 1 <= ttl.min && ttl.min <= ttl.max && ttl.max <= LEASE_SECONDS_MAX;
    ensure(fits, "workload.lease-ttl", || {
        format!("write min and max in seconds with 1 <= min <= max <= {LEASE_SECONDS_MAX}")
    })
}

fn txn(spec: &WorkloadSpec) -> Result<(), Flaw> {
    spec.txn.shares().into_iter().try_for_each(|(name, share)| {
        ensure(share <= 100, &format!("workload.txn.{name}"), || {
            "a share of transactions is at most 100 of a hundred: lower it".to_owned()
        })
    })
}

fn watch(spec: &WorkloadSpec) -> Result<(), Flaw> {
    let watch = &spec.watch;
    for (name, share) in watch.shares() {
        ensure(share <= 100, &format!("workload.watch.{name}"), || {
            "a share of watches is at most 100 of a hundred: lower it".to_owned()
        })?;
    }
    ensure(watch.no_put + watch.no_delete <= 100, "workload.watch.no-delete", || {
        "no watch leaves both puts and deletes out: no-put and no-delete are at most 100 together"
            .to_owned()
    })?;
    let starts = watch.start.weights();
    let ranges = watch.range.weights();
    for (table, weights) in [("start", &starts[..]), ("range", &ranges[..])] {
        let path = format!("workload.watch.{table}");
        ensure(weights.iter().any(|weight| *weight > 0), &path, || {
            "every weight is 0: raise one".to_owned()
        })?;
        ensure(weights.iter().all(|weight| *weight <= 1_000_000), &path, || {
            "a weight is at most a million: lower it".to_owned()
        })?;
    }
    Ok(())
}

fn weights(spec: &WorkloadSpec, entry: &WorkloadEntry) -> Result<(), Flaw> {
    let names: Vec<&str> = entry.weights.iter().map(|weight| weight.name).collect();
    for (name, weight) in &spec.weights {
        if !names.contains(&name.as_str()) {
            let message = format!("unknown request `{name}`{}", did_you_mean(name, &names));
            return Err(Flaw::key("workload.weights", name, message));
        }
        ensure(*weight <= 1_000_000, &format!("workload.weights.{name}"), || {
            "a weight is at most a million: lower it".to_owned()
        })?;
    }
    // One client in all may compact, so the others would have nothing to send.
    let drawn = entry.weights.iter().filter(|weight| weight.name != "compact");
    let sum: u64 = drawn.map(|weight| u64::from(spec.weight(weight))).sum();
    ensure(sum > 0, "workload.weights", || {
        "every request but `compact` has weight 0: raise one".to_owned()
    })
}
