//! Whether a recorded response is one that the model allows.

use super::expected::Expected;
use super::select::{Selection, order};
use crate::history::{
    Bytes, DeleteResponse, KeyValue, PutResponse, RangeResponse, Response, TxnResponse,
};
use crate::wording::{pair, quoted};

/// The first difference between a response and the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// Which part of the response, such as `the value of k1`.
    pub field: String,
    /// The key that it is about, where it is about one.
    pub key: Option<Bytes>,
    /// What the model says.
    pub expected: String,
    /// What the response says.
    pub found: String,
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { field, expected, found, .. } = self;
        write!(formatter, "{field} should be {expected} and is {found}")
    }
}

impl Expected {
    /// Whether a recorded response is one of those that are right. Headers are not
    /// compared: what the outermost says is a claim about the operation's place, and
    /// inside transactions releases fill them differently.
    ///
    /// # Errors
    /// The first difference.
    pub fn agree(&self, found: &Response) -> Result<(), Disagreement> {
        match (self, found) {
            (Self::Put(expected), Response::Put(found)) => agree_put(expected, found),
            (Self::Range(expected), Response::Range(found)) => agree_range(expected, found),
            (Self::Delete(expected), Response::Delete(found)) => agree_delete(expected, found),
            (Self::Txn { succeeded, responses }, Response::Txn(found)) => {
                agree_txn(*succeeded, responses, found)
            }
            _ => Err(differ("the kind of the response", None, "the request's", "another")),
        }
    }
}

fn agree_put(expected: &PutResponse, found: &PutResponse) -> Result<(), Disagreement> {
    match (&expected.prev_kv, &found.prev_kv) {
        (Some(expected), Some(found)) => agree_pair("prev_kv", expected, found),
        (None, None) => Ok(()),
        (Some(expected), None) => {
            Err(differ("prev_kv", Some(&expected.key), pair(expected), "absent"))
        }
        (None, Some(found)) => Err(differ("prev_kv", Some(&found.key), "absent", pair(found))),
    }
}

fn agree_delete(expected: &DeleteResponse, found: &DeleteResponse) -> Result<(), Disagreement> {
    if expected.deleted != found.deleted {
        return Err(differ("the number of deleted keys", None, expected.deleted, found.deleted));
    }
    agree_list("prev_kvs", &expected.prev_kvs, &found.prev_kvs)
}

fn agree_txn(
    succeeded: bool,
    expected: &[Expected],
    found: &TxnResponse,
) -> Result<(), Disagreement> {
    if succeeded != found.succeeded {
        return Err(differ("the outcome of the guards", None, succeeded, found.succeeded));
    }
    if expected.len() != found.responses.len() {
        let (expected, found) = (expected.len(), found.responses.len());
        return Err(differ("the number of responses", None, expected, found));
    }
    for (number, (expected, found)) in expected.iter().zip(&found.responses).enumerate() {
        expected.agree(found).map_err(|difference| Disagreement {
            field: format!("operation {}: {}", number + 1, difference.field),
            ..difference
        })?;
    }
    Ok(())
}

fn agree_range(expected: &Selection, found: &RangeResponse) -> Result<(), Disagreement> {
    let right = &expected.candidates[..expected.shown];
    agree_keys(expected, right, &found.kvs)?;
    for (position, kv) in found.kvs.iter().enumerate() {
        agree_pair("", &candidate(expected, position, kv), kv)?;
    }
    if expected.count != found.count {
        return Err(differ("the number of keys", None, expected.count, found.count));
    }
    if expected.more != found.more {
        return Err(differ("the mark that there are more", None, expected.more, found.more));
    }
    Ok(())
}

/// The keys and their order: each pair found must be a candidate, shown once, and the
/// sort must not tell it from the candidate whose place it has.
fn agree_keys(
    expected: &Selection,
    right: &[KeyValue],
    found: &[KeyValue],
) -> Result<(), Disagreement> {
    if right.iter().map(|kv| &kv.key).eq(found.iter().map(|kv| &kv.key)) {
        return Ok(());
    }
    if let Some(missing) = first_missing(expected, right, found) {
        return Err(differ("the result", Some(&missing.key), pair(missing), "without it"));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (position, kv) in found.iter().enumerate() {
        let place = right.get(position);
        let candidate = expected.candidates.iter().find(|candidate| candidate.key == kv.key);
        match (candidate, place) {
            (Some(candidate), Some(place))
                if seen.insert(&kv.key) && order(&expected.range, candidate, place).is_eq() => {}
            (Some(_), Some(place)) => {
                let field = format!("the pair at place {}", position + 1);
                return Err(differ(field, Some(&kv.key), pair(place), pair(kv)));
            }
            _ => return Err(differ("the result", Some(&kv.key), "without it", pair(kv))),
        }
    }
    Ok(())
}

/// A pair that must be shown whatever the server chooses among ties, and is not.
fn first_missing<'a>(
    expected: &Selection,
    right: &'a [KeyValue],
    found: &[KeyValue],
) -> Option<&'a KeyValue> {
    let cut = expected.candidates.get(expected.shown);
    right.iter().find(|kv| {
        let may_be_cut = cut.is_some_and(|cut| order(&expected.range, kv, cut).is_eq());
        !may_be_cut && !found.iter().any(|other| other.key == kv.key)
    })
}

/// The candidate of a key, as it would be shown.
fn candidate(expected: &Selection, position: usize, kv: &KeyValue) -> KeyValue {
    let same = expected.candidates.get(position).filter(|candidate| candidate.key == kv.key);
    let by_key = || expected.candidates.iter().find(|candidate| candidate.key == kv.key);
    let mut candidate = same.or_else(by_key).cloned().unwrap_or_default();
    if expected.range.keys_only {
        candidate.value = Bytes::default();
    }
    candidate
}

fn agree_list(name: &str, expected: &[KeyValue], found: &[KeyValue]) -> Result<(), Disagreement> {
    if expected.len() != found.len() {
        return Err(differ(format!("the length of {name}"), None, expected.len(), found.len()));
    }
    expected.iter().zip(found).try_for_each(|(expected, found)| agree_pair(name, expected, found))
}

fn agree_pair(name: &str, expected: &KeyValue, found: &KeyValue) -> Result<(), Disagreement> {
    if expected == found {
        return Ok(());
    }
    let key = &found.key;
    let of = if name.is_empty() { format!("of {key}") } else { format!("of {name} {key}") };
    let at = |field: &str, expected: String, found: String| {
        Err(differ(format!("the {field} {of}"), Some(key), expected, found))
    };
    if expected.key != found.key {
        return at("key", format!("\"{}\"", expected.key), format!("\"{key}\""));
    }
    if expected.value != found.value {
        return at("value", quoted(&expected.value), quoted(&found.value));
    }
    if expected.mod_revision != found.mod_revision {
        return at(
            "mod_revision",
            expected.mod_revision.to_string(),
            found.mod_revision.to_string(),
        );
    }
    if expected.create_revision != found.create_revision {
        let (expected, found) = (expected.create_revision, found.create_revision);
        return at("create_revision", expected.to_string(), found.to_string());
    }
    if expected.version != found.version {
        return at("version", expected.version.to_string(), found.version.to_string());
    }
    at("lease", expected.lease.to_string(), found.lease.to_string())
}

fn differ(
    field: impl Into<String>,
    key: Option<&Bytes>,
    expected: impl std::fmt::Display,
    found: impl std::fmt::Display,
) -> Disagreement {
    Disagreement {
        field: field.into(),
        key: key.cloned(),
        expected: expected.to_string(),
        found: found.to_string(),
    }
}
