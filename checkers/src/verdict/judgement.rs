//! One checker's verdict, and the judgement of all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::status::Status;
use super::unattributed::Unattributed;

/// What one checker says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The checker's name.
    pub checker: String,
    /// Valid, unknown or invalid.
    pub status: Status,
    /// Why it is unknown: one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// What it found, most telling first. Capped; `stats` has the true number under
    /// `findings`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What it looked at, counted.
    #[serde(default)]
    pub stats: BTreeMap<String, u64>,
    /// Why it judged nothing, where it does not apply to such a store: `valid` says nothing
    /// then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_judged: Option<String>,
    /// Sometimes-properties that it counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
    /// Findings that get another name once the history is read again; until then.
    #[serde(skip)]
    pub unattributed: Vec<Unattributed>,
}

impl Verdict {
    /// The status that reasons and findings amount to.
    pub fn new(
        checker: &str,
        findings: Vec<Finding>,
        reasons: Vec<String>,
        stats: BTreeMap<String, u64>,
    ) -> Self {
        let (properties, unattributed) = (Vec::new(), Vec::new());
        let (checker, status, not_judged) = (checker.to_owned(), Status::Valid, None);
        let mut verdict = Self {
            checker,
            status,
            reasons,
            findings,
            stats,
            not_judged,
            properties,
            unattributed,
        };
        verdict.restate();
        verdict
    }

    /// That of a checker that does not apply.
    pub fn not_judged(checker: &str, why: &str) -> Self {
        let nothing = Self::new(checker, Vec::new(), Vec::new(), BTreeMap::new());
        Self { not_judged: Some(why.to_owned()), ..nothing }
    }

    /// Findings or reasons came or went.
    pub fn restate(&mut self) {
        self.status = match (self.findings.is_empty(), self.reasons.is_empty()) {
            (false, _) => Status::Invalid,
            (true, false) => Status::Unknown,
            (true, true) => Status::Valid,
        };
    }
}

/// Something that must happen at least so often for the run to count as a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Its name as in the scenario.
    pub name: String,
    /// How often it happened.
    pub count: u64,
    /// How often it must happen.
    pub needed: u64,
}

impl Property {
    /// Whether it happened often enough.
    pub fn met(&self) -> bool {
        self.count >= self.needed
    }
}

/// What all checkers say together: `verdicts.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Version of this file's format.
    pub stormglass_verdicts: u32,
    /// The worst status.
    pub status: Status,
    /// The run in one sentence: the first finding's, or the reason for "unknown".
    pub sentence: String,
    /// Each checker's verdict, in the registry's order.
    pub verdicts: Vec<Verdict>,
}

impl Judgement {
    /// The first finding, the one that the headline tells.
    pub fn headline(&self) -> Option<&Finding> {
        self.verdicts.iter().flat_map(|verdict| &verdict.findings).next()
    }

    /// Writes status and sentence anew, since findings changed. What the sentence said
    /// behind that of the headline (`before`) stays.
    pub fn retell(&mut self, before: &str) {
        let remark = self.sentence.strip_prefix(before).unwrap_or_default();
        let worst = self.verdicts.iter().map(|verdict| verdict.status).max();
        self.status = worst.unwrap_or(Status::Unknown);
        let mut reasons = self.verdicts.iter().flat_map(|verdict| &verdict.reasons);
        let reason = reasons.next().map(String::as_str).unwrap_or_default();
        let undecided = format!("Undecided: {reason}");
        let sentence = self.headline().map_or(undecided, |finding| finding.sentence.clone());
        self.sentence = format!("{sentence}{remark}");
    }
}
