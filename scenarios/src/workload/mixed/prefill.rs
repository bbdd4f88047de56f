//! Data that is written before the traffic, so that the database has some size.

use std::ops::Range;

use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::{Put, Request, Txn, TxnOp};

use super::settings::Settings;
use crate::workload::values::Values;

/// etcd refuses transactions of more than 128 operations (`--max-txn-ops`).
const PUTS_MAX: u32 = 100;
/// etcd refuses requests of more than 1.5 MiB (`--max-request-bytes`).
const REQUEST_BYTES_MAX: u32 = 1_000_000;
/// What a put costs beside its value, generously.
const PUT_OVERHEAD_BYTES: u32 = 128;

/// One client's share of the prefill.
pub(super) struct Prefill {
    left: Range<u32>,
    batch: u32,
}

impl Prefill {
    pub(super) fn new(settings: &Settings, client: u32) -> Self {
        let spec = &settings.spec;
        let share = |number: u32| {
            let before = u64::from(spec.prefill) * u64::from(number) / u64::from(spec.clients);
            u32::try_from(before).unwrap_or(spec.prefill)
        };
        let fitting = REQUEST_BYTES_MAX / (spec.value_size.max + PUT_OVERHEAD_BYTES);
        Self { left: share(client)..share(client + 1), batch: fitting.clamp(1, PUTS_MAX) }
    }

    /// The next transaction of puts; none when everything has been sent.
    pub(super) fn next(
        &mut self,
        settings: &Settings,
        values: &mut Values,
        rng: &mut ChaCha8Rng,
    ) -> Option<Request> {
        if self.left.is_empty() {
            return None;
        }
        let batch = self.left.start..self.left.end.min(self.left.start + self.batch);
        self.left.start = batch.end;
        let put = |number| {
            let (key, value) = (settings.keys.fill(number), values.next(rng));
            TxnOp::Put(Put { key, value, ..Put::default() })
        };
        Some(Request::Txn(Txn { success: batch.map(put).collect(), ..Txn::default() }))
    }
}
