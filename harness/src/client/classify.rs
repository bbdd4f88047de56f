//! From an error to an outcome: definite refusal, or doubt.
//!
//! The status code alone decides nothing: `Unavailable`, `Cancelled`,
//! `ResourceExhausted`, `OutOfRange` and `Unknown` each hold both kinds. What is
//! definite is listed with its exact text and its codes; everything else is indefinite,
//! which is always safe. Read in etcd's sources (`rpctypes/error.go`, 3.3.25 to 3.7.1)
//! and measured where the table says so.

use std::error::Error as _;

use etcd_client::Error;
use stormglass_checkers::history::{Definite, Doubt, Indefinite, Outcome, Refusal};
use tonic::{Code, Status};

use super::refusals::{DOUBTS, REFUSALS};
use super::token::NotAuthenticated;

/// Whether an operation can change the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It cannot: a failure is definite, whatever it is.
    Reads,
    /// It can: a failure without proof of the contrary is indefinite.
    Writes,
}

/// What is known of a failure: all that the classification looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The gRPC status code.
    pub code: Code,
    /// Its text.
    pub message: String,
    /// Whether the chain of sources shows that the connection was never made.
    pub never_connected: bool,
}

impl Failure {
    /// Takes a client error apart; every kind of it has its branch.
    pub fn of(error: &Error) -> Self {
        let local = |code, message: String| Self { code, message, never_connected: false };
        match error {
            Error::GRpcStatus(status) => Self {
                code: status.code(),
                message: status.message().to_owned(),
                never_connected: never_connected(status),
            },
            // Raised by the client before anything is sent.
            Error::InvalidArgs(_) | Error::InvalidUri(_) | Error::InvalidMetadataValue(_) => {
                local(Code::InvalidArgument, format!("client: {error}"))
            }
            // The stream opened, the server answered "TTL 0": the client library words
            // it as an error of its own.
            Error::LeaseKeepAliveError(text) if text == "lease not found" => {
                local(Code::NotFound, "etcdserver: requested lease not found".to_owned())
            }
            Error::IoError(_)
            | Error::TransportError(_)
            | Error::WatchError(_)
            | Error::Utf8Error(_)
            | Error::LeaseKeepAliveError(_)
            | Error::ElectError(_)
            | Error::EndpointError(_)
            | Error::EndpointsNotManaged
            | Error::Internal(_) => local(Code::Unknown, format!("client: {error}")),
        }
    }

    /// The failure of an operation whose deadline passed.
    pub fn deadline() -> Self {
        Self {
            code: Code::Cancelled,
            message: "Timeout expired".to_owned(),
            never_connected: false,
        }
    }

    /// The outcome of an operation that ended so.
    pub fn outcome(self, effect: Effect) -> Outcome {
        match (self.refusal(), effect) {
            (Some(reason), _) => self.failed(reason),
            (None, Effect::Reads) => self.failed(Refusal::ReadFailed),
            (None, Effect::Writes) => {
                let reason = self.doubt();
                Outcome::Unknown(Indefinite { reason, message: self.text() })
            }
        }
    }

    fn refusal(&self) -> Option<Refusal> {
        if self.never_connected {
            return Some(Refusal::NotConnected);
        }
        if self.code == Code::InvalidArgument && self.message.starts_with("client: ") {
            return Some(Refusal::InvalidRequest);
        }
        if self.code == Code::Unimplemented {
            return Some(Refusal::Unimplemented);
        }
        let text = self.message.strip_prefix("etcdserver: ").unwrap_or(&self.message);
        REFUSALS
            .iter()
            .find(|row| row.text == text && row.codes.contains(&self.code))
            .map(|row| row.refusal)
    }

    fn doubt(&self) -> Doubt {
        let text = self.message.strip_prefix("etcdserver: ").unwrap_or(&self.message);
        DOUBTS.iter().find(|row| text.starts_with(row.text)).map_or_else(
            || match self.code {
                Code::DeadlineExceeded => Doubt::Timeout,
                Code::Cancelled => Doubt::Cancelled,
                _ => Doubt::Unrecognised,
            },
            |row| row.doubt,
        )
    }

    fn failed(&self, reason: Refusal) -> Outcome {
        Outcome::Failed(Definite { reason, message: self.text() })
    }

    fn text(&self) -> String {
        format!("{:?}: {}", self.code, self.message)
    }
}

/// Only a connect error or a token that could not be had, in the chain of sources, proves that
/// nothing was sent; the text
/// "tcp connect error" alone could be a server's.
fn never_connected(status: &Status) -> bool {
    let mut source = status.source();
    while let Some(error) = source {
        if error.is::<tonic::ConnectError>() || error.is::<NotAuthenticated>() {
            return true;
        }
        source = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(code: Code, message: &str, effect: Effect) -> Outcome {
        Failure { code, message: message.to_owned(), never_connected: false }.outcome(effect)
    }

    fn refusal(outcome: &Outcome) -> Option<Refusal> {
        match outcome {
            Outcome::Failed(definite) => Some(definite.reason),
            _ => None,
        }
    }

    fn doubt(outcome: &Outcome) -> Option<Doubt> {
        match outcome {
            Outcome::Unknown(indefinite) => Some(indefinite.reason),
            _ => None,
        }
    }

    #[test]
    fn every_listed_refusal_is_definite_only_with_its_code_and_exact_text() {
        for row in REFUSALS {
            let text = format!("etcdserver: {}", row.text);
            for code in row.codes {
                let found = refusal(&outcome(*code, &text, Effect::Writes));
                assert_eq!(found, Some(row.refusal), "{code:?} {text}");
            }
            let other = outcome(Code::Aborted, &text, Effect::Writes);
            assert_eq!(refusal(&other), None, "{text} with a code it never has");
            let longer = outcome(row.codes[0], &format!("{text} perhaps"), Effect::Writes);
            assert_eq!(refusal(&longer), None, "{text} with more text");
        }
    }

    #[test]
    fn each_code_that_holds_both_kinds_is_told_apart_by_its_text() {
        let cases = [
            (
                Code::OutOfRange,
                "Error, decoded message length too large: found 5",
                Doubt::UnreadableAnswer,
            ),
            (Code::Cancelled, "Timeout expired", Doubt::Timeout),
            (Code::Cancelled, "operation was canceled", Doubt::Disconnected),
            (Code::Unavailable, "http2 error", Doubt::Disconnected),
            (Code::Unavailable, "tcp connect error", Doubt::Unrecognised),
            (Code::Unavailable, "etcdserver: request timed out", Doubt::Timeout),
            (Code::Unavailable, "etcdserver: leader changed", Doubt::LeaderChanged),
            (Code::Unavailable, "etcdserver: server stopped", Doubt::ServerStopped),
            (Code::ResourceExhausted, "etcdserver: mvcc: database space exceeded", Doubt::NoSpace),
            (Code::Unknown, "transport error", Doubt::Disconnected),
            (Code::Unknown, "context deadline exceeded", Doubt::Timeout),
            (Code::Unknown, "raft proposal dropped", Doubt::Unrecognised),
            (Code::Internal, "something new", Doubt::Unrecognised),
        ];
        for (code, message, expected) in cases {
            assert_eq!(doubt(&outcome(code, message, Effect::Writes)), Some(expected), "{message}");
        }
    }

    #[test]
    fn a_read_that_fails_had_no_effect() {
        let failed = outcome(Code::Unknown, "transport error", Effect::Reads);
        assert_eq!(refusal(&failed), Some(Refusal::ReadFailed));
        let compacted = "etcdserver: mvcc: required revision has been compacted";
        let failed = outcome(Code::OutOfRange, compacted, Effect::Reads);
        assert_eq!(refusal(&failed), Some(Refusal::Compacted));
    }

    #[test]
    fn a_dead_lease_in_a_keepalive_stream_is_a_refusal() {
        let error = Error::LeaseKeepAliveError("lease not found".to_owned());
        let outcome = Failure::of(&error).outcome(Effect::Writes);
        assert_eq!(refusal(&outcome), Some(Refusal::LeaseNotFound));
    }
}
