//! One request after the other, by weight.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Compact, Delete, LeaseId, Nanos, Put, Range, Refusal, Request, Response, Revision, Txn,
};
use stormglass_checkers::model::lease_of;

use super::knowledge::Knowledge;
use super::leases::Leases;
use super::prefill::Prefill;
use super::ranges;
use super::settings::Settings;
use super::transactions::Transactions;
use super::weights::WEIGHTS;
use crate::workload::lease_ids::LeaseIds;
use crate::workload::values::Values;
use crate::workload::weights::Weights;

/// Draws that may find nothing to send, such as a keepalive without a lease.
const DRAWS_MAX: usize = 64;
/// Compactions are rare, so that there is history to compact, read and watch.
const COMPACTION_PERIOD: u64 = 2_000_000_000;
/// Transactions that take long to apply keep everything else waiting.
const WIDE_PERIOD: u64 = 700_000_000;

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
    wide_from: Nanos,
}

impl Requests {
    pub(super) fn new(settings: &Settings, client: u32, rng: ChaCha8Rng) -> Self {
        let spec = &settings.spec;
        let ids = LeaseIds::new(settings.keys.prefix(), client);
        // One client compacts for all, and one keeps all waiting.
        let refused: &[&str] = if client == 0 { &[] } else { &["compact", "wide-txn"] };
        Self {
            client,
            rng,
            weights: Weights::new(&WEIGHTS, spec, refused),
            prefill: Prefill::new(settings, client),
            values: Values::new(client, spec.value_size),
            leases: Leases::new(ids, spec.lease_ttl, settings.triggers.late_keepalive),
            knowledge: Knowledge::default(),
            compact_from: Nanos(0),
            wide_from: Nanos(0),
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
        match answer {
            Response::LeaseGrant(granted) => {
                self.leases.granted(granted.lease, granted.ttl_seconds);
            }
            Response::LeaseKeepAlive(alive) if alive.ttl_seconds > 0 => {
                self.leases.renewed(alive.lease);
            }
            Response::LeaseKeepAlive(alive) => self.leases.lost(alive.lease),
            _ => {}
        }
    }

    /// Learns from a refusal.
    pub(super) fn refused(&mut self, request: &Request, refusal: Refusal) {
        self.knowledge.refused(request, refusal);
        match (request, refusal) {
            (_, Refusal::LeaseNotFound) => {
                if let Some(lease) = lease_of(request) {
                    self.leases.lost(lease);
                }
            }
            // Granted again, and the store had it still: its time has another end.
            (Request::LeaseGrant(grant), Refusal::LeaseExists) => self.leases.lost(grant.lease),
            _ => {}
        }
    }

    fn request(&mut self, name: &str, settings: &Settings, now: Nanos) -> Option<Request> {
        let (keys, knowledge, rng) = (&settings.keys, &self.knowledge, &mut self.rng);
        Some(match name {
            "put" => self.put(settings),
            "put-keep" => self.put_keeping(settings, now),
            "get" => Request::Range(ranges::get(keys, rng)),
            "range" => Request::Range(ranges::range(keys, knowledge, rng)),
            "stale-range" => {
                let range = ranges::range(keys, knowledge, rng);
                Request::Range(Range { serializable: true, ..range })
            }
            "history-range" => Request::Range(ranges::history(keys, knowledge, rng)?),
            "refused-range" => Request::Range(ranges::refused(keys, knowledge, rng)),
            "delete" => {
                let (key, prev_kv) = (keys.hot(rng), rng.random_bool(0.5));
                Request::Delete(Delete { key, prev_kv, ..Delete::default() })
            }
            "delete-range" => {
                let ((key, range_end), prev_kv) = (keys.neighbours(3, rng), rng.random_bool(0.5));
                Request::Delete(Delete { key, range_end, prev_kv })
            }
            "txn" => Request::Txn(self.transactions(settings, now).writing()),
            "wide-txn" => Request::Txn(self.wide(settings, now)?),
            "nested-txn" => Request::Txn(self.transactions(settings, now).nested()),
            "read-txn" => Request::Txn(self.transactions(settings, now).reading()),
            "local-txn" => Request::Txn(self.transactions(settings, now).local()),
            "compact" => Request::Compact(self.compact(settings, now)?),
            _ => return self.lease_request(name, settings, now),
        })
    }

    fn lease_request(&mut self, name: &str, settings: &Settings, now: Nanos) -> Option<Request> {
        let (leases, rng) = (&mut self.leases, &mut self.rng);
        Some(match name {
            "lease-grant" => Request::LeaseGrant(leases.grant(now, rng)?),
            "lease-grant-short" => Request::LeaseGrant(leases.grant_short(now, rng)?),
            "lease-grant-again" => Request::LeaseGrant(leases.grant_again(now, rng)?),
            "lease-attach" => {
                let lease = leases.any(now, rng)?;
                self.attach(settings, lease)
            }
            "lease-keepalive" => Request::LeaseKeepAlive(leases.keep_alive(now)?),
            "lease-keepalive-late" => Request::LeaseKeepAlive(leases.keep_alive_late(now)?),
            "lease-revoke" => Request::LeaseRevoke(leases.revoke(now, rng)?),
            "lease-revoke-late" => Request::LeaseRevoke(leases.revoke_late(now)?),
            "lease-time-to-live" => Request::LeaseTimeToLive(leases.question(now, rng)?),
            "lease-list" => Request::LeaseList {},
            _ => return None,
        })
    }

    fn transactions<'a>(&'a mut self, settings: &'a Settings, now: Nanos) -> Transactions<'a> {
        Transactions {
            settings,
            client: self.client,
            knowledge: &self.knowledge,
            values: &mut self.values,
            lease: self.leases.any(now, &mut self.rng),
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

    /// A put that keeps what it does not write, the value or the lease; where there is no
    /// key, it is refused.
    fn put_keeping(&mut self, settings: &Settings, now: Nanos) -> Request {
        let (keys, rng) = (&settings.keys, &mut self.rng);
        let key = if rng.random_bool(0.7) { keys.hot(rng) } else { keys.leased(rng) };
        let prev_kv = rng.random_bool(0.3);
        let put = Put { key, prev_kv, ..Put::default() };
        Request::Put(match rng.random_range(0..5) {
            0..2 => {
                let lease = self.leases.any(now, rng).filter(|_| rng.random_bool(0.5));
                Put { ignore_value: true, lease: lease.unwrap_or_default(), ..put }
            }
            2..4 => Put { ignore_lease: true, value: self.values.next(rng), ..put },
            _ => Put { ignore_value: true, ignore_lease: true, ..put },
        })
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

    fn wide(&mut self, settings: &Settings, now: Nanos) -> Option<Txn> {
        if now < self.wide_from || !settings.triggers.guarded_txn {
            return None;
        }
        self.wide_from = Nanos(now.0.saturating_add(WIDE_PERIOD));
        Some(self.transactions(settings, now).wide())
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
