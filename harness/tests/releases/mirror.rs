//! A mirror of release archives on this machine: a small file server with the faults that real
//! ones have, and stand-ins for a distribution's package clients.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use stormglass::releases::Version;
use tempfile::TempDir;

/// One request: its path and the first byte that it asks for.
type Request = (String, u64);

/// Serves one release until it is dropped.
pub(crate) struct Mirror {
    folder: TempDir,
    archive: String,
    address: SocketAddr,
    shared: Arc<Shared>,
    server: Option<JoinHandle<()>>,
}

struct Shared {
    folder: PathBuf,
    cuts: AtomicUsize,
    stop: AtomicBool,
    requests: Mutex<Vec<Request>>,
}

impl Mirror {
    /// A mirror that has `binary` as the etcd of `version`.
    pub(crate) fn of(version: Version, binary: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let name = format!("etcd-v{version}-test");
        let archive = format!("{name}.tar.gz");
        let file = File::create(folder.path().join(&archive)).expect("an archive");
        let mut tar = tar::Builder::new(GzEncoder::new(file, Compression::none()));
        tar.append_path_with_name(binary, format!("{name}/etcd")).expect("an entry");
        tar.into_inner().and_then(GzEncoder::finish).expect("an archive");

        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            folder: folder.path().to_owned(),
            cuts: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            requests: Mutex::new(Vec::new()),
        });
        let server = thread::spawn({
            let shared = Arc::clone(&shared);
            move || serve(&listener, &shared)
        });
        let mirror = Self { folder, archive, address, shared, server: Some(server) };
        mirror.write_checksums(&mirror.checksum_line());
        mirror
    }

    pub(crate) fn template(&self) -> String {
        format!("http://{}/etcd-v{{version}}-test.tar.gz", self.address)
    }

    pub(crate) fn folder_template(&self) -> String {
        format!("{}/etcd-v{{version}}-test.tar.gz", self.folder.path().display())
    }

    pub(crate) fn archive_name(&self) -> String {
        self.archive.clone()
    }

    pub(crate) fn write_checksums(&self, text: &str) {
        fs::write(self.folder.path().join("SHA256SUMS"), text).expect("written");
    }

    /// Flips one bit in the middle of the archive.
    pub(crate) fn damage_archive(&self) {
        let path = self.folder.path().join(&self.archive);
        let mut bytes = fs::read(&path).expect("the archive");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).expect("written");
    }

    /// Undoes [`Mirror::damage_archive`].
    pub(crate) fn repair_archive(&self) {
        self.damage_archive();
    }

    /// Breaks the next transfers of the archive off half-way.
    pub(crate) fn cut_next_archives(&self, count: usize) {
        self.shared.cuts.store(count, Ordering::SeqCst);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().expect("no panic").clone()
    }

    /// The first byte that each request for the archive asked for.
    pub(crate) fn archive_ranges(&self) -> Vec<u64> {
        let requests = self.requests();
        requests.iter().filter(|(path, _)| *path == self.archive).map(|(_, from)| *from).collect()
    }

    fn checksum_line(&self) -> String {
        let bytes = fs::read(self.folder.path().join(&self.archive)).expect("the archive");
        let mut line = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(line, "{byte:02x}").expect("text");
        }
        format!("{line}  {}\n", self.archive)
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the server, which waits for a connection.
        drop(TcpStream::connect(self.address));
        if let Some(server) = self.server.take() {
            drop(server.join());
        }
    }
}

fn serve(listener: &TcpListener, shared: &Shared) {
    for stream in listener.incoming() {
        if shared.stop.load(Ordering::SeqCst) {
            return;
        }
        // A client that hangs up makes writing fail, which is its own affair.
        drop(stream.and_then(|stream| answer(stream, shared)));
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_write_timeout(Some(Duration::from_secs(10)))?;
    let (mut method, mut path, mut from) = (String::new(), String::new(), 0);
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?.to_ascii_lowercase();
        if method.is_empty() {
            let mut words = line.split(' ').map(str::to_owned);
            method = words.next().unwrap_or_default();
            path = words.next().unwrap_or_default().split_off(1);
        } else if let Some(rest) = line.strip_prefix("range: bytes=") {
            from = rest.trim_end_matches('-').parse().unwrap_or(0);
        } else if line.is_empty() {
            break;
        }
    }
    shared.requests.lock().expect("no panic").push((path.clone(), from));
    let file = shared.folder.join(if path == "sha256sums" { "SHA256SUMS" } else { &path });
    let Ok(bytes) = fs::read(file) else {
        return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n{CLOSE}");
    };
    let length = bytes.len();
    let start = usize::try_from(from).unwrap_or(usize::MAX);
    if start >= length && start > 0 {
        let range = format!("Content-Range: bytes */{length}\r\nContent-Length: 0\r\n{CLOSE}");
        return write!(stream, "HTTP/1.1 416 Range Not Satisfiable\r\n{range}");
    }
    let body = &bytes[start..];
    let status = if start == 0 {
        "200 OK".to_owned()
    } else {
        format!("206 Partial Content\r\nContent-Range: bytes {start}-{}/{length}", length - 1)
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{CLOSE}", body.len())?;
    if method == "head" {
        return Ok(());
    }
    let one_less = |cuts: usize| cuts.checked_sub(1);
    let cut = Path::new(&path).extension().is_some_and(|extension| extension == "gz")
        && shared.cuts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok();
    stream.write_all(if cut { &body[..body.len() / 2] } else { body })
}

const CLOSE: &str = "Connection: close\r\n\r\n";

/// Writes stand-ins for apt-get, apt-cache and dpkg-deb into a folder, offering packages of
/// these versions whose etcd says so; and a package source for them. Yields the folder.
#[cfg(unix)]
pub(crate) fn package_clients_offering(folder: &Path, versions: &[&str]) -> PathBuf {
    let (clients, packages, apt) =
        (folder.join("clients"), folder.join("packages"), folder.join("apt"));
    for folder in [&clients, &packages, &apt] {
        fs::create_dir_all(folder).expect("a folder");
    }
    let source = "deb http://mirror.invalid/debian bookworm main\n";
    fs::write(apt.join("sources.list"), source).expect("written");
    let mut madison = String::new();
    for version in versions {
        writeln!(madison, "echo 'etcd-server | {version} | mirror'").expect("text");
        let release = version.split('-').next().expect("a release");
        let script = format!("#!/bin/sh\necho 'etcd Version: {release}'\n");
        let mut header = tar::Header::new_gnu();
        header.set_size(script.len() as u64);
        header.set_mode(0o755);
        let file = File::create(packages.join(format!("etcd-server={version}"))).expect("a file");
        let mut tar = tar::Builder::new(file);
        tar.append_data(&mut header, "./usr/bin/etcd", script.as_bytes()).expect("an entry");
        tar.finish().expect("a package");
    }
    let last_argument = "for last; do :; done";
    let get = format!(
        "{last_argument}\ncase \"$last\" in update) ;; *) cp {}/\"$last\" ./server.deb ;; esac",
        packages.display()
    );
    write_script(&clients.join("apt-get"), &get);
    write_script(&clients.join("apt-cache"), &madison);
    write_script(&clients.join("dpkg-deb"), &format!("{last_argument}\ncat \"$last\""));
    clients
}

#[cfg(unix)]
fn write_script(path: &Path, body: &str) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, format!("#!/bin/sh\n{body}\n")).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
}
