//! Fetching one file from an address or a path, going on where an earlier try broke off.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use super::error::{Miss, ReleaseError};
use super::progress::Progress;

/// Tries of one file; each goes on where the one before broke off.
const TRIES: u32 = 4;
/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(300);
/// Reaching a server; short, so that a machine without a network learns it soon.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Silence of a server.
const STALL_LIMIT: Duration = Duration::from_secs(30);
/// One try as a whole.
const TRY_LIMIT: Duration = Duration::from_secs(20 * 60);

/// Where a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// An `http` or `https` address.
    Web(String),
    /// A file of this machine.
    File(PathBuf),
}

impl Address {
    /// An `http(s)://` or `file://` address, or else a path.
    pub(super) fn parse(text: &str) -> Self {
        if text.starts_with("http://") || text.starts_with("https://") {
            Self::Web(text.to_owned())
        } else {
            Self::File(PathBuf::from(text.strip_prefix("file://").unwrap_or(text)))
        }
    }

    /// The last part of the address: the name of the file.
    pub(super) fn file_name(&self) -> String {
        match self {
            Self::Web(url) => without_query(url).rsplit('/').next().unwrap_or(url).to_owned(),
            Self::File(path) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        }
    }

    /// The file `name` beside this one.
    pub(super) fn sibling(&self, name: &str) -> Self {
        match self {
            Self::Web(url) => {
                let path = without_query(url);
                let query = &url[path.len()..];
                let folder = path.rfind('/').map_or(path, |slash| &path[..=slash]);
                Self::Web(format!("{folder}{name}{query}"))
            }
            Self::File(path) => Self::File(path.with_file_name(name)),
        }
    }

    /// For messages and manifests: without user, password and query, which may hold secrets.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Web(url) => {
                let url = without_query(url);
                let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
                let host_end = rest.find('/').unwrap_or(rest.len());
                let host_start = rest[..host_end].rfind('@').map_or(0, |at| at + 1);
                format!("{scheme}://{}", &rest[host_start..])
            }
            Self::File(path) => path.display().to_string(),
        }
    }
}

fn without_query(url: &str) -> &str {
    &url[..url.find(['?', '#']).unwrap_or(url.len())]
}

/// Fetches the file into `into`. What `into` already holds of a web address is kept and gone on
/// with, so the caller has to verify the whole.
pub(super) fn fetch(
    address: &Address,
    into: &Path,
    progress: &mut dyn Progress,
) -> Result<(), Miss> {
    match address {
        Address::Web(url) => fetch_web(url, &address.shown(), into, progress),
        Address::File(path) if path.is_file() => {
            let bytes = fs::copy(path, into).map_err(ReleaseError::io("copy", path))?;
            progress.bytes(bytes, Some(bytes));
            Ok(())
        }
        Address::File(path) => Err(Miss::Absent(format!("{} is not there", path.display()))),
    }
}

/// Whether the file is there. A server that will not say so counts as having it.
pub(super) fn may_exist(address: &Address) -> bool {
    match address {
        Address::File(path) => path.is_file(),
        Address::Web(url) => match agent().head(url).call() {
            Ok(response) => ![StatusCode::NOT_FOUND, StatusCode::GONE].contains(&response.status()),
            Err(_) => true,
        },
    }
}

fn agent() -> Agent {
    Agent::new_with_config(
        Agent::config_builder()
            .http_status_as_error(false)
            .timeout_resolve(Some(CONNECT_LIMIT))
            .timeout_connect(Some(CONNECT_LIMIT))
            .timeout_recv_response(Some(STALL_LIMIT))
            .timeout_per_read(Some(STALL_LIMIT))
            .timeout_global(Some(TRY_LIMIT))
            .build(),
    )
}

/// How one try ended, when it did not fetch the file.
enum Broken {
    /// The server cannot be reached or has no such file: a further try is useless.
    Hopeless(String),
    /// The transfer broke off or the server is unwell.
    Again(String),
    /// The file cannot be kept here.
    Fatal(ReleaseError),
}

fn fetch_web(url: &str, shown: &str, into: &Path, progress: &mut dyn Progress) -> Result<(), Miss> {
    let agent = agent();
    let mut reason = String::new();
    for attempt in 0..TRIES {
        if attempt > 0 {
            progress.step(&format!("the download broke off ({reason}); going on"));
            sleep(PAUSE);
        }
        reason = match try_once(&agent, url, into, progress) {
            Ok(()) => return Ok(()),
            Err(Broken::Fatal(error)) => return Err(Miss::Fatal(error)),
            Err(Broken::Hopeless(reason)) if attempt == 0 => {
                return Err(Miss::Absent(format!("{shown}: {reason}")));
            }
            Err(Broken::Hopeless(reason) | Broken::Again(reason)) => reason,
        };
    }
    Err(Miss::Absent(format!("{shown} broke off {TRIES} times: {reason}")))
}

fn try_once(
    agent: &Agent,
    url: &str,
    into: &Path,
    progress: &mut dyn Progress,
) -> Result<(), Broken> {
    let have = into.metadata().map_or(0, |metadata| metadata.len());
    let mut request = agent.get(url).header(header::ACCEPT_ENCODING, "identity");
    if have > 0 {
        request = request.header(header::RANGE, format!("bytes={have}-"));
    }
    let response = request.call().map_err(|error| Broken::Hopeless(error.to_string()))?;
    let status = response.status();
    match status {
        StatusCode::OK => keep(response, into, 0, progress),
        StatusCode::PARTIAL_CONTENT if range(&response).0 == Some(have) => {
            keep(response, into, have, progress)
        }
        StatusCode::RANGE_NOT_SATISFIABLE if range(&response).1 == Some(have) => Ok(()),
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
            fs::remove_file(into).map_err(fatal("remove", into))?;
            Err(Broken::Again("the server has another file now".to_owned()))
        }
        _ if status.is_server_error() => Err(Broken::Again(format!("it answers {status}"))),
        _ => Err(Broken::Hopeless(format!("it answers {status}"))),
    }
}

fn fatal(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Broken {
    let convert = ReleaseError::io(action, path);
    move |error| Broken::Fatal(convert(error))
}

/// First position and whole size of a `Content-Range`: `bytes 10-99/100`, `bytes */100`.
fn range(response: &Response<Body>) -> (Option<u64>, Option<u64>) {
    let value = response.headers().get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let Some((span, size)) = value.and_then(|value| value.strip_prefix("bytes ")?.split_once('/'))
    else {
        return (None, None);
    };
    (span.split('-').next().and_then(|first| first.parse().ok()), size.parse().ok())
}

/// Writes the body behind the first `have` bytes of `into`.
fn keep(
    mut response: Response<Body>,
    into: &Path,
    have: u64,
    progress: &mut dyn Progress,
) -> Result<(), Broken> {
    let mut file = open_at(into, have).map_err(fatal("write", into))?;
    let total = response.body().content_length().map(|rest| have + rest);
    let mut reader = response.body_mut().as_reader();
    let mut buffer = vec![0; 64 * 1024];
    let mut done = have;
    progress.bytes(done, total);
    loop {
        let read = reader.read(&mut buffer).map_err(|error| Broken::Again(error.to_string()))?;
        if read == 0 {
            break;
        }
        file.write_all(&buffer[..read]).map_err(fatal("write", into))?;
        done += read as u64;
        progress.bytes(done, total);
    }
    match total {
        Some(total) if total != done => Err(Broken::Again(format!("{done} of {total} bytes came"))),
        _ => Ok(()),
    }
}

fn open_at(path: &Path, position: u64) -> std::io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).append(true).open(path)?;
    file.set_len(position)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_paths() {
        assert_eq!(Address::parse("/a/b.tar.gz"), Address::File("/a/b.tar.gz".into()));
        assert_eq!(Address::parse("file:///a/b.tar.gz"), Address::File("/a/b.tar.gz".into()));
        assert!(matches!(Address::parse("https://x.invalid/b"), Address::Web(_)));
    }

    #[test]
    fn the_sibling_is_in_the_same_folder() {
        let sibling = |text| Address::parse(text).sibling("SHA256SUMS").shown();
        assert_eq!(sibling("/a/b.tar.gz"), "/a/SHA256SUMS");
        assert_eq!(sibling("http://x.invalid/v1/b.tar.gz?t=1"), "http://x.invalid/v1/SHA256SUMS");
        let web = Address::parse("http://x.invalid/v1/b.tar.gz?token=1");
        assert_eq!(
            web.sibling("S"),
            Address::Web("http://x.invalid/v1/S?token=1".to_owned()),
            "a token is needed for the sibling too"
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let address = Address::parse("https://me:secret@x.invalid/b.tar.gz?token=secret");
        assert_eq!(address.shown(), "https://x.invalid/b.tar.gz");
        assert_eq!(address.file_name(), "b.tar.gz");
    }
}
