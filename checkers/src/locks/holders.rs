//! Who believes to hold a lock: a note beside the verdict, since etcd's locks promise no
//! mutual exclusion without fences.

use std::collections::BTreeMap;

use crate::evidence::Place;
use crate::history::{Bytes, LeaseId, Nanos, Request, Revision};

/// Somebody who took a lock and has not given it back.
#[derive(Clone, Copy, Debug)]
struct Holder {
    lease: LeaseId,
    token: Revision,
    released: bool,
}

/// Beliefs, as clients have them: a lock is held until its holder asks to release it, or
/// the lease's time is over on the client's clock.
#[derive(Clone, Debug, Default)]
pub(super) struct Holders {
    /// Who took each lock last.
    of: BTreeMap<Bytes, Holder>,
    /// Until when each lease's owner believes that it lives.
    alive_until: BTreeMap<LeaseId, Nanos>,
    /// The highest token of each lock that was acknowledged, and to whom.
    tokens: BTreeMap<Bytes, (Revision, Place)>,
    /// How often a lock was taken that another one believed to hold.
    pub(super) overlaps: u64,
}

impl Holders {
    /// A lease was granted or kept alive.
    pub(super) fn renewed(&mut self, lease: LeaseId, sent: Nanos, ttl_seconds: i64) {
        let ttl = u64::try_from(ttl_seconds).unwrap_or(0).saturating_mul(1_000_000_000);
        self.alive_until.insert(lease, Nanos(sent.0.saturating_add(ttl)));
    }

    /// A request is about to be sent: who releases a lock believes no longer to hold it.
    pub(super) fn ask(&mut self, request: &Request) {
        match request {
            Request::LeaseRevoke(revoke) => {
                for holder in self.of.values_mut().filter(|h| h.lease == revoke.lease) {
                    holder.released = true;
                }
                self.alive_until.remove(&revoke.lease);
            }
            Request::Unlock(unlock) => self.release(&unlock.key, None),
            Request::Delete(delete) => self.release(&delete.key, None),
            Request::Txn(txn) => {
                for fence in super::fence::fences(txn) {
                    let deletes = txn.success.iter().any(|op| {
                        matches!(op, crate::history::TxnOp::Delete(gone) if gone.key == fence.key)
                    });
                    if deletes {
                        self.release(&fence.key, Some(fence.token));
                    }
                }
            }
            _ => {}
        }
    }

    /// The holder of a token believes no longer.
    pub(super) fn release(&mut self, key: &Bytes, token: Option<Revision>) {
        if let Some(holder) = self.of.get_mut(key)
            && token.is_none_or(|token| token == holder.token)
        {
            holder.released = true;
        }
    }

    /// The highest token of a lock that was acknowledged so far.
    pub(super) fn token(&self, lock: &Bytes) -> Option<(Revision, Place)> {
        self.tokens.get(lock).copied()
    }

    /// A lock was taken.
    pub(super) fn acquired(
        &mut self,
        lock: &Bytes,
        lease: LeaseId,
        (token, place): (Revision, Place),
        at: Nanos,
    ) {
        let alive = |lease: LeaseId| self.alive_until.get(&lease).is_some_and(|end| at < *end);
        if let Some(before) = self.of.get(lock)
            && !before.released
            && before.lease != lease
            && alive(before.lease)
        {
            self.overlaps += 1;
        }
        self.of.insert(lock.clone(), Holder { lease, token, released: false });
        let highest = self.tokens.entry(lock.clone()).or_insert((token, place));
        if token > highest.0 {
            *highest = (token, place);
        }
    }
}
