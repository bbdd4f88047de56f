//! Histories of transactions over lists, written down part by part.

use stormglass_checkers::append::list_value;
use stormglass_checkers::history::{
    Bytes, Compare, Definite, Header, History, KeyValue, Outcome, ProcessId, Put, PutResponse,
    Range, RangeResponse, Refusal, Request, Response, Revision, Txn, TxnOp, TxnResponse,
};

use stormglass_checkers::verdict::{Finding, Status};

use super::common::{Cluster, Op, if_mod_revision, listing, told, verdict};

/// A part of a transaction. Elements are separated by spaces.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// Rewrites the list of this name, in one value: as it was, and what is appended.
    Rewrite(&'a str, &'a str, &'a str),
    /// Puts an element of the list of this name, in many keys.
    Insert(&'a str, &'a str),
    /// Reads the list of this name; one that ends with a slash is in many keys.
    Read(&'a str),
    /// The same, serializable.
    Peek(&'a str),
}

pub use Part::{Insert, Peek, Read, Rewrite};

/// A history under construction.
pub struct Lists {
    /// The cluster that writes it down.
    pub cluster: Cluster,
}

/// A transaction that was sent.
pub struct Sent<'a> {
    /// The operation.
    pub op: Op,
    parts: Vec<Part<'a>>,
}

impl Default for Lists {
    fn default() -> Self {
        Self { cluster: Cluster::new(3) }
    }
}

impl Lists {
    /// Sends a transaction on a new client of the first member.
    pub fn send<'a>(&mut self, parts: &[Part<'a>]) -> Sent<'a> {
        let process = self.cluster.client(0);
        self.send_by(process, parts)
    }

    /// Sends a transaction.
    pub fn send_by<'a>(&mut self, process: ProcessId, parts: &[Part<'a>]) -> Sent<'a> {
        let op = self.cluster.invoke(process, request(parts));
        Sent { op, parts: parts.to_vec() }
    }

    /// It ends well; its reads show these lists, in their order.
    ///
    /// # Panics
    /// When there are fewer lists than reads.
    pub fn end(&mut self, sent: &Sent<'_>, shown: &[&str]) {
        let mut shown = shown.iter();
        let mut next = |name: &str| read(name, shown.next().expect("a list for each read"));
        let responses = sent.parts.iter().map(|part| match part {
            Rewrite(..) | Insert(..) => Response::Put(PutResponse::default()),
            Read(name) | Peek(name) => next(name),
        });
        let responses = responses.collect();
        self.answer(sent, TxnResponse { header: None, succeeded: true, responses });
    }

    /// Its guards do not hold; instead every list that it names is shown.
    pub fn reject(&mut self, sent: &Sent<'_>, shown: &[&str]) {
        let responses = sent.parts.iter().zip(shown).map(|(part, shown)| read(name(part), shown));
        let responses = responses.collect();
        self.answer(sent, TxnResponse { header: None, succeeded: false, responses });
    }

    /// The store refuses it.
    pub fn refuse(&mut self, sent: &Sent<'_>) {
        let reason = Refusal::TooManyRequests;
        let failure = Definite { reason, message: String::new() };
        self.cluster.complete(&sent.op, Outcome::Failed(failure));
    }

    /// Nobody learns how it ended.
    pub fn lose(&mut self, sent: &Sent<'_>) {
        self.cluster.give_up(&sent.op);
    }

    /// Sends and ends it.
    pub fn run(&mut self, parts: &[Part<'_>], shown: &[&str]) -> u64 {
        let sent = self.send(parts);
        self.end(&sent, shown);
        sent.op.index
    }

    /// The history.
    pub fn stop(self) -> History {
        self.cluster.stop()
    }

    fn answer(&mut self, sent: &Sent<'_>, mut answer: TxnResponse) {
        answer.header = Some(Header { revision: Revision(9), ..Header::default() });
        self.cluster.complete(&sent.op, Outcome::Ok(Response::Txn(answer)));
    }
}

fn name<'a>(part: &Part<'a>) -> &'a str {
    match part {
        Rewrite(name, ..) | Insert(name, _) | Read(name) | Peek(name) => name,
    }
}

/// The elements of a text.
pub fn elements(text: &str) -> Vec<Bytes> {
    text.split_whitespace().map(Bytes::from).collect()
}

/// The transaction of some parts: guarded, with reads of all lists where guards fail.
pub fn request(parts: &[Part<'_>]) -> Request {
    let mut compare: Vec<Compare> = Vec::new();
    let mut success = Vec::new();
    for part in parts {
        success.push(match part {
            Rewrite(name, before, appended) => {
                let known = if before.is_empty() { 0 } else { 7 };
                let key = format!("list/{name}");
                compare.push(if_mod_revision(&key, known));
                let value = list_value(&elements(&format!("{before} {appended}")));
                TxnOp::Put(Put { key: key.into(), value, ..Put::default() })
            }
            Insert(name, element) => {
                let key = format!("list/{name}{element}").into();
                TxnOp::Put(Put { key, value: (*element).into(), ..Put::default() })
            }
            Read(name) => TxnOp::Range(range(name)),
            Peek(name) => TxnOp::Range(Range { serializable: true, ..range(name) }),
        });
    }
    let failure = parts.iter().map(|part| TxnOp::Range(range(name(part)))).collect();
    let failure = if compare.is_empty() { Vec::new() } else { failure };
    Request::Txn(Txn { compare, success, failure })
}

/// A read of a list.
pub fn range(name: &str) -> Range {
    let key = Bytes::from(format!("list/{name}"));
    let range_end = match name.strip_suffix('/') {
        Some(name) => Bytes::from(format!("list/{name}0")),
        None => Bytes::default(),
    };
    Range { key, range_end, ..Range::default() }
}

/// What a read of a list shows.
///
/// # Panics
/// When there are too many elements to be counted.
pub fn read(name: &str, shown: &str) -> Response {
    let elements = elements(shown);
    let pair = |key: String, value: Bytes, revision: i64| KeyValue {
        key: key.into(),
        value,
        create_revision: Revision(revision),
        mod_revision: Revision(revision),
        version: 1,
        ..KeyValue::default()
    };
    let kvs: Vec<KeyValue> = if elements.is_empty() {
        Vec::new()
    } else if name.ends_with('/') {
        let pairs = (2..).zip(&elements);
        pairs.map(|(at, text)| pair(format!("list/{name}{text}"), text.clone(), at)).collect()
    } else {
        vec![pair(format!("list/{name}"), list_value(&elements), 7)]
    };
    let count = i64::try_from(kvs.len()).expect("few");
    Response::Range(RangeResponse { kvs, count, ..RangeResponse::default() })
}

/// The one anomaly of a history, as its finding tells it.
///
/// # Panics
/// When there is another, or none.
pub fn only(history: &History, anomaly: &str, guarantee: &str) -> Finding {
    let verdict = verdict("append", history);
    let found: Vec<(&str, &str)> = verdict
        .findings
        .iter()
        .map(|finding| (finding.anomaly.as_str(), finding.guarantee.as_str()))
        .collect();
    assert_eq!(found, [(anomaly, guarantee)], "{}\n{}", told(&verdict), listing(history));
    verdict.findings[0].clone()
}

/// Fails unless there are transactions, and nothing is wrong with them.
///
/// # Panics
/// When it is not so.
pub fn silent(history: &History) {
    let verdict = verdict("append", history);
    assert_eq!(verdict.status, Status::Valid, "{}\n{}", told(&verdict), listing(history));
    assert!(verdict.stats["transactions"] > 0, "{}", told(&verdict));
}

/// Where the steps of a witness are.
pub fn steps(finding: &Finding) -> Vec<u64> {
    finding.witness.steps.iter().map(|step| step.index).collect()
}
