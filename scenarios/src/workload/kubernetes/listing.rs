//! A list at one revision, page by page.

use stormglass_checkers::history::{Bytes, Range, RangeResponse, Revision};

/// Objects of a page. API servers ask for 500; few objects need fewer.
const PAGE: i64 = 7;

/// A list that is under way.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    from: Bytes,
    end: Bytes,
    /// The revision of the first page, at which all others are read; 0 before that.
    revision: Revision,
}

/// What a page said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// More are to come.
    More,
    /// The list is complete, as of this revision.
    Last(Revision),
}

impl Listing {
    pub(super) fn of((from, end): (Bytes, Bytes)) -> Self {
        Self { from, end, revision: Revision(0) }
    }

    /// The request for the next page.
    pub(super) fn next(&self) -> Range {
        Range {
            key: self.from.clone(),
            range_end: self.end.clone(),
            limit: PAGE,
            revision: self.revision,
            ..Range::default()
        }
    }

    /// Takes a page.
    pub(super) fn take(&mut self, answer: &RangeResponse) -> Page {
        if self.revision.is_zero() {
            self.revision = answer.header.as_ref().map_or(Revision(0), |header| header.revision);
        }
        match answer.kvs.last() {
            Some(last) if answer.more => {
                let mut next = last.key.as_slice().to_vec();
                next.push(0);
                self.from = Bytes::from(next);
                Page::More
            }
            _ => Page::Last(self.revision),
        }
    }
}

#[cfg(test)]
mod tests {
    use stormglass_checkers::history::{Header, KeyValue};

    use super::*;

    #[test]
    fn pages_go_on_behind_the_last_key_at_the_first_page_s_revision() {
        let mut listing = Listing::of((Bytes::from("a/"), Bytes::from("a0")));
        let answer = |key: &str, more, revision| RangeResponse {
            header: Some(Header { revision: Revision(revision), ..Header::default() }),
            kvs: vec![KeyValue { key: Bytes::from(key), ..KeyValue::default() }],
            more,
            count: 2,
        };
        assert_eq!(listing.next().revision, Revision(0));
        assert_eq!(listing.take(&answer("a/1", true, 9)), Page::More);
        let next = listing.next();
        assert_eq!((next.key, next.revision), (Bytes::from("a/1\0"), Revision(9)));
        assert_eq!(listing.take(&answer("a/2", false, 12)), Page::Last(Revision(9)));
    }
}
