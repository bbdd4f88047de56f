//! Shapes of requests and answers that faults are planted in.

use super::ground::{Operation, is_plain};
use crate::history::{
    Header, KeyValue, Put, PutResponse, Range, RangeResponse, Request, Response, Revision,
};

/// An answered range that asks for all pairs as they are, at the newest revision.
pub(super) fn plain_read<'a>(operation: &Operation<'a>) -> Option<(&'a Range, &'a RangeResponse)> {
    let (range, answer) = read(operation)?;
    (is_plain(range) && range.revision.is_zero()).then_some((range, answer))
}

/// An answered range with a header.
pub(super) fn read<'a>(operation: &Operation<'a>) -> Option<(&'a Range, &'a RangeResponse)> {
    operation.header()?;
    match (operation.request, operation.answer()?) {
        (Request::Range(range), Response::Range(answer)) => Some((range, answer)),
        _ => None,
    }
}

/// A plain linearizable read of one key.
pub(super) fn plain_get<'a>(operation: &Operation<'a>) -> Option<(&'a Range, &'a RangeResponse)> {
    plain_read(operation).filter(|(range, _)| range.range_end.is_empty())
}

/// An answered put with a header.
pub(super) fn put<'a>(operation: &Operation<'a>) -> Option<(&'a Put, &'a PutResponse)> {
    operation.header()?;
    match (operation.request, operation.answer()?) {
        (Request::Put(put), Response::Put(answer)) => Some((put, answer)),
        _ => None,
    }
}

/// Makes an answer to a range another one, header revision included.
pub(super) fn replace_read(answer: &mut Response, at: Revision, kvs: Vec<KeyValue>) {
    if let Response::Range(range) = answer {
        if let Some(header) = &mut range.header {
            header.revision = at;
        }
        range.count = i64::try_from(kvs.len()).unwrap_or(i64::MAX);
        range.more = false;
        range.kvs = kvs;
    }
}

/// Gives an answer's own header another revision.
pub(super) fn set_revision(answer: &mut Response, revision: Revision) {
    if let Some(header) = header_mut(answer) {
        header.revision = revision;
    }
}

/// The answer's own header, of the requests of clients.
pub(super) fn header_mut(answer: &mut Response) -> Option<&mut Header> {
    match answer {
        Response::Put(answer) => answer.header.as_mut(),
        Response::Range(answer) => answer.header.as_mut(),
        Response::Delete(answer) => answer.header.as_mut(),
        Response::Txn(answer) => answer.header.as_mut(),
        _ => None,
    }
}
