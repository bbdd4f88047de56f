//! Finding and installing etcd releases.
//!
//! Everything here is synchronous and starts no thread: the target `local` re-executes the
//! program in namespaces of its own, which has to happen before the first thread exists.
//!
//! A [`Store`] looks for a release in this order and names what it did:
//!
//! 1. a path that was given, or an `etcd` on `$PATH` that is exactly the version asked for;
//! 2. the cache;
//! 3. the project's release archives where `STORMGLASS_ETCD_URL` says, checksum verified;
//! 4. the ordinary package clients (`pip`, `apt-get`), without root, into private folders;
//! 5. the upstream project's own download address.
//!
//! Where a distribution has moved on, the nearest newer release of the same minor line is taken
//! and [`Release::note`] says so.

mod apt_sources;
mod archive;
mod catalog;
mod debian;
mod download;
mod error;
mod fixes;
mod install;
mod lock;
mod manifest;
mod probe;
mod progress;
mod project;
mod python;
mod release;
mod store;
mod version;

pub use catalog::{Catalog, Obtainable, Origin};
pub use error::ReleaseError;
pub use fixes::{Fix, fixes, has_fix};
pub use install::InstallOptions;
pub use probe::version_answered;
pub use progress::{Progress, Silent};
pub use project::URL_VARIABLE;
pub use release::{Release, Source};
pub use store::{CACHE_VARIABLE, Listing, Store};
pub use version::{Version, VersionRequest};
