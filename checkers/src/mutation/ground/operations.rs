//! Operations: invocations joined with their completions.

use std::collections::BTreeMap;

use crate::history::{
    Body, Event, Header, MemberIndex, Outcome, ProcessId, Request, Response, Revision,
};

/// One operation.
#[derive(Clone, Copy, Debug)]
pub(in crate::mutation) struct Operation<'a> {
    /// Index of its invocation.
    pub(in crate::mutation) invocation: usize,
    /// Index of its completion.
    pub(in crate::mutation) completion: usize,
    /// Who was asked.
    pub(in crate::mutation) member: Option<MemberIndex>,
    /// What was asked.
    pub(in crate::mutation) request: &'a Request,
    /// How it ended.
    pub(in crate::mutation) outcome: &'a Outcome,
}

impl<'a> Operation<'a> {
    /// The answer, if there is one.
    pub(in crate::mutation) fn answer(&self) -> Option<&'a Response> {
        match self.outcome {
            Outcome::Ok(response) => Some(response),
            _ => None,
        }
    }

    /// The answer's header.
    pub(in crate::mutation) fn header(&self) -> Option<&'a Header> {
        self.answer().and_then(Response::header).filter(|header| header.revision > Revision(0))
    }

    /// The revision that an answered operation certainly made.
    pub(in crate::mutation) fn wrote(&self) -> Option<Revision> {
        let answer = self.answer().filter(|answer| wrote(answer))?;
        answer.header().map(|header| header.revision)
    }
}

/// Whether an answer says that something was changed.
fn wrote(answer: &Response) -> bool {
    match answer {
        Response::Put(_) => true,
        Response::Delete(answer) => answer.deleted > 0,
        Response::Txn(answer) => answer.responses.iter().any(wrote),
        _ => false,
    }
}

/// All operations that ended, in the order of their invocations.
pub(super) fn operations(events: &[Event]) -> Vec<Operation<'_>> {
    let mut open: BTreeMap<ProcessId, (usize, &Request)> = BTreeMap::new();
    let mut ended = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let Some(process) = event.process else { continue };
        match &event.body {
            Body::Invoke(invoke) => {
                open.insert(process, (index, &invoke.request));
            }
            Body::Complete(outcome) => {
                if let Some((invocation, request)) = open.remove(&process) {
                    let (completion, member) = (index, event.member);
                    ended.push(Operation { invocation, completion, member, request, outcome });
                }
            }
            _ => {}
        }
    }
    ended.sort_unstable_by_key(|operation| operation.invocation);
    ended
}
