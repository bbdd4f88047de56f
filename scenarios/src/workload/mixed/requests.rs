//! One request after the other, by weight.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Compact, Delete, LeaseId, Nanos, Put, Range, Refusal, Request, Response, Revision,
};

use super::knowledge::Knowledge;
use super::leases::Leases;
use super::prefill::Prefill;
use super::ranges;
use super::settings::Settings;
use super::transactions::Transactions;
use super::values::Values;
use super::weights::WEIGHTS;
use crate::workload::weights::Weights;

/// Draws that may find nothing to send, such as a keepalive without a lease.
const DRAWS_MAX: usize = 64;
/// Compactions are rare, so that there is history to compact, read and watch.
const COMPACTION_PERIOD: u64 = 2_000_000_000;

/// Draws the requests of one client.
pub(super) struct Requests {
    client: u32,
    rng: ChaCha8Rng,
    weights: Weights,
    prefill: Prefill,
    values: Values,
    leases: Leases,
    knowledge: Knowledge,
    compact_from: Nanos,
}

impl Requests {
    pub(super) fn new(settings: &Settings, client: u32, rng: ChaCha8Rng) -> Self {
        let spec = &settings.spec;
        // One client compacts for all.
        let refused: &[&str] = if client == 0 { &[] } else { &["compact"] };
        Self {
            client,
            rng,
            weights: Weights::new(&WEIGHTS, spec, refused),
            prefill: Prefill::new(settings, client),
            values: Values::new(client, spec.value_size),
            leases: Leases::new(client, spec.lease_ttl, settings.triggers.late_keepalive),
            knowledge: Knowledge::default(),
            compact_from: Nanos(0),
        }
    }

    /// The next request; none where nothing that the weights allow can be sent now.
    pub(super) fn next(&mut self, settings: &Settings, now: Nanos) -> Option<Request> {
        let prefill = self.prefill.next(settings, &mut self.values, &mut self.rng);
        prefill.or_else(|| {
            (0..DRAWS_MAX).find_map(|_| {
                let name = self.weights.draw(&mut self.rng)?;
                self.request(name, settings, now)
            })
        })
    }

    /// Learns from an answer.
    pub(super) fn answered(&mut self, settings: &Settings, request: &Request, answer: &Response) {
        self.knowledge.answered(&settings.keys, request, answer);
        if let Response::LeaseKeepAlive(alive) = answer {
            if alive.ttl_seconds > 0 {
                self.leases.renewed(alive.lease);
            } else {
                self.leases.lost(alive.lease);
            }
        }
    }

    /// Learns from a refusal.
    pub(super) fn refused(&mut self, request: &Request, refusal: Refusal) {
        self.knowledge.refused(request, refusal);
        if let (Request::Put(Put { lease, .. }), Refusal::LeaseNotFound) = (request, refusal) {
            self.leases.lost(*lease);
        }
    }

    fn request(&mut self, name: &str, settings: &Settings, now: Nanos) -> Option<Request> {
        let (keys, knowledge, rng) = (&settings.keys, &self.knowledge, &mut self.rng);
        Some(match name {
            "put" => self.put(settings),
            "get" => Request::Range(ranges::get(keys, rng)),
            "range" => Request::Range(ranges::range(keys, knowledge, rng)),
            "stale-range" => {
                let range = ranges::range(keys, knowledge, rng);
                Request::Range(Range { serializable: true, ..range })
            }
            "history-range" => Request::Range(ranges::history(keys, knowledge, rng)?),
            "delete" => {
                let (key, prev_kv) = (keys.hot(rng), rng.random_bool(0.5));
                Request::Delete(Delete { key, prev_kv, ..Delete::default() })
            }
            "delete-range" => {
                let ((key, range_end), prev_kv) = (keys.neighbours(3, rng), rng.random_bool(0.5));
                Request::Delete(Delete { key, range_end, prev_kv })
            }
            "txn" => Request::Txn(self.transactions(settings).writing()),
            "local-txn" => Request::Txn(self.transactions(settings).local()),
            "lease-grant" => Request::LeaseGrant(self.leases.grant(now, rng)?),
            "lease-attach" => {
                let lease = self.leases.any(now, rng)?;
                self.attach(settings, lease)
            }
            "lease-keepalive" => Request::LeaseKeepAlive(self.leases.keep_alive(now)?),
            "lease-revoke" => Request::LeaseRevoke(self.leases.revoke(now, rng)?),
            "compact" => Request::Compact(self.compact(settings, now)?),
            _ => return None,
        })
    }

    fn transactions<'a>(&'a mut self, settings: &'a Settings) -> Transactions<'a> {
        Transactions {
            settings,
            client: self.client,
            knowledge: &self.knowledge,
            values: &mut self.values,
            rng: &mut self.rng,
        }
    }

    fn put(&mut self, settings: &Settings) -> Request {
        let (keys, rng) = (&settings.keys, &mut self.rng);
        let key = match rng.random_range(0..20) {
            0..17 => keys.hot(rng),
            17..19 => keys.own(self.client, rng),
            // Written without its lease, a key is free of it.
            _ => keys.leased(rng),
        };
        let (value, prev_kv) = (self.values.next(rng), rng.random_bool(0.3));
        Request::Put(Put { key, value, prev_kv, ..Put::default() })
    }

    fn attach(&mut self, settings: &Settings, lease: LeaseId) -> Request {
        let (keys, rng) = (&settings.keys, &mut self.rng);
        let key = match rng.random_range(0..10) {
            0..4 => keys.leased(rng),
            4..6 => keys.hot(rng),
            // Nobody else writes it: it is there until the lease ends.
            _ => keys.of_lease(lease),
        };
        let value = self.values.next(rng);
        Request::Put(Put { key, value, lease, ..Put::default() })
    }

    fn compact(&mut self, settings: &Settings, now: Nanos) -> Option<Compact> {
        if now < self.compact_from {
            return None;
        }
        let revision = self.knowledge.newest().0 - i64::from(settings.spec.compact_lag);
        if revision <= self.knowledge.compacted().0.max(1) {
            return None;
        }
        self.compact_from = Nanos(now.0.saturating_add(COMPACTION_PERIOD));
        Some(Compact { revision: Revision(revision), physical: self.rng.random_bool(0.5) })
    }
}
