//! Endpoints as etcdctl takes them.

/// What is wrong with an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// None is named.
    #[error("no endpoint is named: give --endpoints the client URL of each member")]
    None,
    /// It is no endpoint.
    #[error(
        "`{shown}` is no endpoint: write HOST:PORT, http://HOST:PORT or https://HOST:PORT, with \
         commas between members"
    )]
    Malformed {
        /// What was given, without what could be a secret.
        shown: String,
    },
    /// It names a user.
    #[error(
        "an endpoint must not name a user: give the name with --user and the password in \
         ETCDCTL_PASSWORD"
    )]
    WithUser,
    /// It is plain, and the user asked for TLS.
    #[error(
        "`{endpoint}` is plain HTTP, and certificates are given: write https://, or leave out \
         --cacert, --cert, --key and --insecure-skip-tls-verify"
    )]
    Plain {
        /// The endpoint.
        endpoint: String,
    },
    /// It is named twice.
    #[error("`{endpoint}` is named twice: name each member once")]
    Twice {
        /// The endpoint.
        endpoint: String,
    },
}

/// The client URLs of a list with commas, each with its scheme and port. `tls` is whether the
/// user has given certificates, which decides where no scheme is written.
///
/// # Errors
/// When one of them is of no use.
pub fn endpoints(list: &str, tls: bool) -> Result<Vec<String>, EndpointError> {
    let mut urls: Vec<String> = Vec::new();
    for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let url = url(part, tls)?;
        if urls.contains(&url) {
            return Err(EndpointError::Twice { endpoint: url });
        }
        urls.push(url);
    }
    if urls.is_empty() { Err(EndpointError::None) } else { Ok(urls) }
}

fn url(text: &str, tls: bool) -> Result<String, EndpointError> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None if tls => ("https", text),
        None => ("http", text),
    };
    if rest.contains('@') {
        return Err(EndpointError::WithUser);
    }
    let malformed = || EndpointError::Malformed { shown: text.to_owned() };
    let authority = rest.trim_end_matches('/');
    let (host, port) = authority.rsplit_once(':').ok_or_else(malformed)?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let numeric = bare.contains(':');
    let plausible = !bare.is_empty()
        && !bare.contains(['/', '?', '#', ' '])
        && numeric == (host.starts_with('[') && host.ends_with(']'));
    if !plausible || port.parse::<u16>().is_err() || !["http", "https"].contains(&scheme) {
        return Err(malformed());
    }
    let endpoint = format!("{scheme}://{authority}");
    if tls && scheme == "http" {
        return Err(EndpointError::Plain { endpoint });
    }
    Ok(endpoint)
}

#[cfg(test)]
mod tests {
    use super::{EndpointError, endpoints};

    #[test]
    fn endpoints_are_written_as_etcdctl_takes_them() {
        let plain = endpoints("127.0.0.1:2379, http://b:1/,[::1]:2379,", false);
        let expected = ["http://127.0.0.1:2379", "http://b:1", "http://[::1]:2379"];
        assert_eq!(plain.expect("they are endpoints"), expected);
        let safe = endpoints("a:2379,https://b:2379", true).expect("they are endpoints");
        assert_eq!(safe, ["https://a:2379", "https://b:2379"]);
        let over_system_roots = endpoints("https://b:2379", false);
        assert_eq!(over_system_roots.expect("it is one"), ["https://b:2379"]);
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for text in
            ["a", "a:", ":2379", "a:port", "a:70000", "unix:///x:1", "http://a/b:1", "::1:2"]
        {
            let refused = endpoints(text, false);
            assert!(matches!(refused, Err(EndpointError::Malformed { .. })), "{text}: {refused:?}");
        }
        assert_eq!(endpoints(" , ", false), Err(EndpointError::None));
        assert!(matches!(endpoints("a:1,http://a:1", false), Err(EndpointError::Twice { .. })));
        assert!(matches!(endpoints("http://a:1", true), Err(EndpointError::Plain { .. })));
    }

    #[test]
    fn a_password_in_an_endpoint_is_refused_and_not_repeated() {
        let refused = endpoints("http://root:sesame@a:2379", false).expect_err("it names a user");
        assert_eq!(refused, EndpointError::WithUser);
        assert!(!refused.to_string().contains("sesame"));
    }
}
