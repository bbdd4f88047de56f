//! What it takes to be let in by a running store.

use super::tls::Tls;
use super::token::{Credentials, Token};

/// TLS and a user, or neither. Cheap to clone; all clones share one token.
#[derive(Clone, Debug, Default)]
pub struct Access {
    pub(super) tls: Option<Tls>,
    pub(super) token: Option<Token>,
}

impl Access {
    /// With what the user has given.
    pub fn new(tls: Option<Tls>, credentials: Option<Credentials>) -> Self {
        Self { tls, token: credentials.map(Token::new) }
    }

    /// Whether everybody is let in over plain TCP.
    pub(super) fn is_plain(&self) -> bool {
        self.tls.is_none() && self.token.is_none()
    }
}
