//! What the store may answer: a response, with what the API leaves open.

use super::select::Selection;
use crate::history::{DeleteResponse, PutResponse, Response, TxnResponse};

/// What the store may answer.
#[derive(Clone, Debug)]
pub enum Expected {
    /// To a put.
    Put(PutResponse),
    /// To a range; ties are open.
    Range(Box<Selection>),
    /// To a delete.
    Delete(DeleteResponse),
    /// To a transaction.
    Txn {
        /// Whether its guards hold.
        succeeded: bool,
        /// To each operation of the branch that runs.
        responses: Vec<Expected>,
    },
}

impl Expected {
    /// One right response, without headers.
    pub fn into_response(self) -> Response {
        match self {
            Self::Put(response) => Response::Put(response),
            Self::Range(selection) => Response::Range(selection.into_response()),
            Self::Delete(response) => Response::Delete(response),
            Self::Txn { succeeded, responses } => {
                let responses = responses.into_iter().map(Self::into_response).collect();
                Response::Txn(TxnResponse { header: None, succeeded, responses })
            }
        }
    }
}
