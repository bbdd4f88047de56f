//! A client of `kubernetes`: one API server's requests, one after the other.

use std::sync::Arc;

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{
    Bytes, LeaseId, Nanos, Range, RangeResponse, Refusal, Request, Response, Revision,
};

use super::compactor::Compactor;
use super::events::EventLease;
use super::known::Known;
use super::listing::{Listing, Page};
use super::requests;
use super::settings::Settings;
use super::weights::WEIGHTS;
use crate::workload::lease_ids::LeaseIds;
use crate::workload::requester::Requester;
use crate::workload::values::Values;
use crate::workload::weights::Weights;

/// Draws that may find nothing to send, such as an update of an object that nobody has seen.
const DRAWS_MAX: usize = 64;
/// API servers that share the compaction loop.
const COMPACTORS: u32 = 3;
/// How often a client writes what it saw last, although it may have changed since.
const OF_KNOWN: f64 = 0.8;

/// A client.
pub(super) struct Client {
    settings: Arc<Settings>,
    number: u32,
    rng: ChaCha8Rng,
    weights: Weights,
    values: Values,
    known: Known,
    listing: Option<Listing>,
    compactor: Compactor,
    lease: EventLease,
    events: u64,
    now: Nanos,
}

impl Client {
    pub(super) fn new(settings: Arc<Settings>, number: u32, rng: ChaCha8Rng) -> Self {
        let spec = &settings.spec;
        let ids = LeaseIds::new(settings.objects.prefix(), number);
        let refused: &[&str] = if number < COMPACTORS { &[] } else { &["compact"] };
        Self {
            number,
            rng,
            weights: Weights::new(&WEIGHTS, spec, refused),
            values: Values::new(number, spec.value_size),
            known: Known::default(),
            listing: None,
            compactor: Compactor::new(settings.objects.compact_key()),
            lease: EventLease::new(ids, spec.lease_ttl),
            events: 0,
            now: Nanos(0),
            settings,
        }
    }

    fn request(&mut self) -> Option<Request> {
        // A list that was begun is finished first: its revision does not get younger.
        if let Some(listing) = &self.listing {
            return Some(Request::Range(listing.next()));
        }
        let name = self.weights.draw(&mut self.rng)?;
        let objects = &self.settings.objects;
        Some(match name {
            "create" => return self.create(),
            "update" => return self.update(),
            "delete" => return self.delete(),
            "list" => {
                let listing = Listing::of(objects.some(&mut self.rng));
                let first = listing.next();
                self.listing = Some(listing);
                Request::Range(first)
            }
            "stale-list" => {
                let (key, range_end) = objects.some(&mut self.rng);
                Request::Range(Range { key, range_end, serializable: true, ..Range::default() })
            }
            "count" => {
                let (key, range_end) = objects.some(&mut self.rng);
                Request::Range(Range { key, range_end, count_only: true, ..Range::default() })
            }
            "event" => self.event(),
            "compact" => {
                let (values, rng) = (&mut self.values, &mut self.rng);
                return self.compactor.next(self.now, self.settings.guards, || values.next(rng));
            }
            _ => Request::Range(requests::get(&objects.any(&mut self.rng))),
        })
    }

    /// An object that is not there, as far as the client knows.
    fn create(&mut self) -> Option<Request> {
        let key = self.settings.objects.any(&mut self.rng);
        if self.known.is_there(&key) {
            return None;
        }
        Some(self.put(&key, Revision(0)))
    }

    fn update(&mut self) -> Option<Request> {
        let (key, at) = self.known.one(&mut self.rng)?;
        Some(self.put(&key, at))
    }

    fn delete(&mut self) -> Option<Request> {
        let (key, at) = self.known.one(&mut self.rng)?;
        let guard = self.settings.guards.then(|| requests::unchanged(&key, at));
        Some(requests::delete(&key, guard.into_iter().collect()))
    }

    fn put(&mut self, key: &Bytes, at: Revision) -> Request {
        let value = self.values.next(&mut self.rng);
        let guard = self.settings.guards.then(|| requests::unchanged(key, at));
        requests::put(key, value, LeaseId::default(), guard.into_iter().collect())
    }

    /// An event, with the client's lease, or the request for one.
    fn event(&mut self) -> Request {
        let Some(lease) = self.lease.now(self.now) else { return self.lease.grant(&mut self.rng) };
        self.events += 1;
        let key = self.settings.objects.event(self.number, self.events);
        let value = self.values.next(&mut self.rng);
        let guard = self.settings.guards.then(|| requests::unchanged(&key, Revision(0)));
        requests::put(&key, value, lease, guard.into_iter().collect())
    }

    fn read(&mut self, range: &Range, answer: &RangeResponse) {
        if range.count_only {
            return;
        }
        if range.range_end.is_empty() {
            self.known.read(&range.key, answer);
            return;
        }
        // What a member answers alone may be old: a write guarded by it is then refused.
        if !range.serializable || self.rng.random_bool(OF_KNOWN) {
            self.known.listed(&answer.kvs);
        }
        if let Some(listing) = self.listing.as_mut().filter(|_| !range.serializable)
            && listing.take(answer) != Page::More
        {
            self.listing = None;
        }
    }
}

impl Requester for Client {
    fn next(&mut self, now: Nanos) -> Option<Request> {
        self.now = now;
        (0..DRAWS_MAX).find_map(|_| self.request())
    }

    fn answered(&mut self, request: &Request, answer: &Response) {
        if self.compactor.owns(request) {
            self.compactor.answered(answer);
            return;
        }
        match (request, answer) {
            (Request::Txn(txn), Response::Txn(answer)) => self.known.answered(txn, answer),
            (Request::Range(range), Response::Range(answer)) => self.read(range, answer),
            (Request::LeaseGrant(_), Response::LeaseGrant(granted)) => {
                self.lease.granted(granted.lease, granted.ttl_seconds, self.now);
            }
            _ => {}
        }
    }

    fn refused(&mut self, request: &Request, refusal: Refusal) {
        match request {
            Request::Compact(_) => self.compactor.refused(refusal),
            // Compacted meanwhile, or not answered: API servers begin such a list anew.
            Request::Range(range) if !range.range_end.is_empty() => self.listing = None,
            Request::Txn(_) if refusal == Refusal::LeaseNotFound => self.lease.lost(),
            _ => {}
        }
    }

    fn doubted(&mut self, request: &Request) {
        match request {
            Request::Txn(txn) => self.known.doubt(txn),
            Request::Range(range) if !range.range_end.is_empty() => self.listing = None,
            _ => {}
        }
    }
}
