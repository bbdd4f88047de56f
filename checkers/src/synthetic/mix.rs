//! What kind of history is made.

use super::clients::Events;
use crate::history::{MemberPreamble, Preamble, Revision, SCHEMA};

/// How unknown outcomes are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bursts {
    /// Evenly over the history.
    Spread,
    /// Of every 2,000 operations the first ones, all of them: what a partition does.
    Together,
}

/// A kind of history: 40 % puts, 10 % deletes, 15 % transactions of up to four
/// operations, 25 % ranges of eight keys on average, 10 % requests about leases.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// The seed. The same mix with the same seed is the same history.
    pub seed: u64,
    /// How many operations are invoked.
    pub operations: u64,
    /// How many clients have an operation open at a time.
    pub clients: usize,
    /// How many keys there are.
    pub keys: usize,
    /// How many members there are; each has a recorder watch over everything.
    pub members: u16,
    /// How many of a thousand operations have an unknown outcome. Half of these take
    /// effect, some of them later.
    pub unknown_mille: u64,
    /// How these are spread.
    pub bursts: Bursts,
    /// From this operation on, the next possible read is answered from a state older
    /// than one that had been acknowledged before it was sent.
    pub stale_read: Option<u64>,
}

impl Default for Mix {
    fn default() -> Self {
        Self {
            seed: 1,
            operations: 10_000,
            clients: 10,
            keys: 1000,
            members: 1,
            unknown_mille: 0,
            bursts: Bursts::Spread,
            stale_read: None,
        }
    }
}

impl Mix {
    /// The first line of the history.
    pub fn preamble(&self) -> Preamble {
        let member = |number: u16| MemberPreamble {
            name: format!("m{number}"),
            store: "synthetic".to_owned(),
            version: String::new(),
        };
        Preamble {
            stormglass_history: SCHEMA,
            scenario: "synthetic".to_owned(),
            seed: self.seed,
            target: "synthetic".to_owned(),
            members: (1..=self.members).map(member).collect(),
            prefix: String::new(),
            start_revision: Revision(1),
            exclusive: true,
            revisions: true,
            started: String::new(),
            written_by: String::new(),
        }
    }

    /// Its events, made one after the other as they are asked for.
    pub fn events(&self) -> Events {
        Events::new(*self)
    }
}
