//! The names of objects, as an API server lays them out: `registry/RESOURCE/NAMESPACE/NAME`.

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use stormglass_checkers::history::Bytes;

use crate::workload::keys_below::keys_below;

/// Resources whose objects stay until somebody deletes them.
const RESOURCES: [&str; 3] = ["pods", "configmaps", "deployments"];
const NAMESPACES: [&str; 2] = ["default", "kube-system"];

/// The objects of a run.
pub(super) struct Objects {
    prefix: String,
    /// Names in each namespace.
    names: u32,
}

impl Objects {
    pub(super) fn new(prefix: &str, names: u32) -> Self {
        Self { prefix: prefix.to_owned(), names: names.max(1) }
    }

    /// What every key begins with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Any object.
    pub(super) fn any(&self, rng: &mut ChaCha8Rng) -> Bytes {
        let resource = RESOURCES[rng.random_range(0..RESOURCES.len())];
        let namespace = NAMESPACES[rng.random_range(0..NAMESPACES.len())];
        let number = rng.random_range(0..self.names);
        Bytes::from(format!("{}registry/{resource}/{namespace}/{number:03}", self.prefix))
    }

    /// An event, which nobody else writes.
    pub(super) fn event(&self, client: u32, number: u64) -> Bytes {
        Bytes::from(format!("{}registry/events/default/{client:03}-{number:06}", self.prefix))
    }

    /// All objects of a resource, or of one namespace of it.
    pub(super) fn some(&self, rng: &mut ChaCha8Rng) -> (Bytes, Bytes) {
        let resource = RESOURCES[rng.random_range(0..RESOURCES.len())];
        let namespace = NAMESPACES[rng.random_range(0..NAMESPACES.len())];
        let within = if rng.random_bool(0.5) { format!("{namespace}/") } else { String::new() };
        keys_below(&format!("{}registry/{resource}/{within}", self.prefix))
    }

    /// What a reflector follows: a resource, by number, or everything.
    pub(super) fn followed(&self, number: u32) -> (Bytes, Bytes) {
        let resource = RESOURCES.get(number as usize % (RESOURCES.len() + 1));
        let resource = resource.map_or(String::new(), |resource| format!("{resource}/"));
        keys_below(&format!("{}registry/{resource}", self.prefix))
    }

    /// The key by which API servers agree who compacts.
    pub(super) fn compact_key(&self) -> Bytes {
        Bytes::from(format!("{}compact_rev_key", self.prefix))
    }
}
