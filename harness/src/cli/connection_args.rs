//! How to reach a cluster that runs already: etcdctl's options, by their names.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::args::TargetKind;
use crate::client::{Access, Credentials, Tls, TlsOptions};
use crate::target::external::endpoints;

/// As etcdctl's.
const DIAL_TIMEOUT: Duration = Duration::from_secs(2);

/// Options of etcdctl, and what a cluster of somebody else's needs beside them. Each that
/// etcdctl has is taken from its variable `ETCDCTL_…` where it is not given.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "External cluster")]
pub struct ConnectionArgs {
    /// Client URLs of the members, with commas between them (ETCDCTL_ENDPOINTS).
    #[arg(long, value_name = "URL,…")]
    pub endpoints: Option<String>,
    /// Certificates of authorities to trust instead of the system's (ETCDCTL_CACERT).
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Our own certificate, where members ask for one (ETCDCTL_CERT).
    #[arg(long, value_name = "FILE")]
    pub cert: Option<PathBuf>,
    /// Its key (ETCDCTL_KEY).
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Take any certificate of a member (ETCDCTL_INSECURE_SKIP_TLS_VERIFY).
    #[arg(long)]
    pub insecure_skip_tls_verify: bool,
    /// User, with or without its password (ETCDCTL_USER).
    #[arg(long, value_name = "NAME[:PASSWORD]")]
    pub user: Option<String>,
    /// Its password; other users of the machine can read it on a command line, and not in the
    /// variable (ETCDCTL_PASSWORD).
    #[arg(long, value_name = "PASSWORD")]
    pub password: Option<String>,
    /// Bound on making a connection, 2s by default (ETCDCTL_DIAL_TIMEOUT).
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub dial_timeout: Option<Duration>,
    /// Bound on each operation instead of the scenario's (ETCDCTL_COMMAND_TIMEOUT).
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub command_timeout: Option<Duration>,
    /// What every key of the run begins with; by default `stormglass/`, time and seed. No key
    /// may begin with it before the run, and none does after it.
    #[arg(long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// Say that this cluster may be hurt: without it, no fault is injected.
    #[arg(long)]
    pub i_own_this_cluster: bool,
}

/// What is said of a cluster that runs already, from options and variables.
pub(super) struct Reach {
    /// Client URLs.
    pub(super) endpoints: Vec<String>,
    /// TLS and user.
    pub(super) access: Access,
    /// Bound on making a connection.
    pub(super) dial_timeout: Duration,
    /// Bound on each operation, where one is given.
    pub(super) command_timeout: Option<Duration>,
}

impl ConnectionArgs {
    /// Options of external clusters are of no use elsewhere.
    pub(super) fn must_be_wanted(&self, target: TargetKind) -> Result<(), String> {
        let given = [
            ("--endpoints", self.endpoints.is_some()),
            ("--cacert", self.cacert.is_some()),
            ("--cert", self.cert.is_some()),
            ("--key", self.key.is_some()),
            ("--insecure-skip-tls-verify", self.insecure_skip_tls_verify),
            ("--user", self.user.is_some()),
            ("--password", self.password.is_some()),
            ("--dial-timeout", self.dial_timeout.is_some()),
            ("--command-timeout", self.command_timeout.is_some()),
            ("--prefix", self.prefix.is_some()),
            ("--i-own-this-cluster", self.i_own_this_cluster),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((name, _)) if target != TargetKind::External => {
                Err(format!("{name} is for a cluster that runs already: add `--target external`"))
            }
            _ => Ok(()),
        }
    }

    /// Takes everything together.
    ///
    /// # Errors
    /// What is wrong, in one sentence without a secret.
    pub(super) fn reach(&self) -> Result<Reach, String> {
        let tls = TlsOptions {
            cacert: path_or(self.cacert.as_deref(), "ETCDCTL_CACERT"),
            cert: path_or(self.cert.as_deref(), "ETCDCTL_CERT"),
            key: path_or(self.key.as_deref(), "ETCDCTL_KEY"),
            insecure_skip_verify: self.insecure_skip_tls_verify
                || variable("ETCDCTL_INSECURE_SKIP_TLS_VERIFY")
                    .is_some_and(|value| ["1", "true"].contains(&value.as_str())),
        };
        let list = self.endpoints.clone().or_else(|| variable("ETCDCTL_ENDPOINTS"));
        let list = list.unwrap_or_else(|| "127.0.0.1:2379".to_owned());
        let endpoints = endpoints(&list, tls.any()).map_err(|error| error.to_string())?;
        let safe = tls.any() || endpoints.iter().any(|url| url.starts_with("https://"));
        if safe && endpoints.iter().any(|url| url.starts_with("http://")) {
            return Err("some endpoints are plain HTTP and some are not: write all of them with \
                        https://, or none"
                .to_owned());
        }
        let tls = safe.then(|| Tls::new(&tls)).transpose().map_err(|error| error.to_string())?;
        Ok(Reach {
            endpoints,
            access: Access::new(tls, self.credentials()?),
            dial_timeout: time_or(self.dial_timeout, "ETCDCTL_DIAL_TIMEOUT")?
                .unwrap_or(DIAL_TIMEOUT),
            command_timeout: time_or(self.command_timeout, "ETCDCTL_COMMAND_TIMEOUT")?,
        })
    }

    fn credentials(&self) -> Result<Option<Credentials>, String> {
        let Some(user) = self.user.clone().or_else(|| variable("ETCDCTL_USER")) else {
            return Ok(None);
        };
        let (user, with) = match user.split_once(':') {
            Some((user, password)) => (user.to_owned(), Some(password.to_owned())),
            None => (user, None),
        };
        let password = self.password.clone().or(with).or_else(|| variable("ETCDCTL_PASSWORD"));
        match password {
            Some(password) => Ok(Some(Credentials { user, password })),
            None => {
                Err(format!("the user `{user}` has no password here: put it into ETCDCTL_PASSWORD"))
            }
        }
    }

    /// The same options for a command that is shown, without a secret.
    pub(super) fn shown(&self) -> String {
        let path = |path: &PathBuf| path.display().to_string();
        let user = self.user.as_deref().map(|user| user.split(':').next().unwrap_or_default());
        let time = |time: Duration| humantime::format_duration(time).to_string().replace(' ', "");
        let options = [
            ("endpoints", self.endpoints.clone()),
            ("cacert", self.cacert.as_ref().map(path)),
            ("cert", self.cert.as_ref().map(path)),
            ("key", self.key.as_ref().map(path)),
            ("user", user.map(ToOwned::to_owned)),
            ("dial-timeout", self.dial_timeout.map(time)),
            ("command-timeout", self.command_timeout.map(time)),
            ("prefix", self.prefix.clone()),
        ];
        let given = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let mut shown: Vec<String> =
            given.map(|(name, value)| format!("--{name} {value}")).collect();
        shown.extend(self.insecure_skip_tls_verify.then(|| "--insecure-skip-tls-verify".into()));
        shown.extend(self.i_own_this_cluster.then(|| "--i-own-this-cluster".into()));
        shown.join(" ")
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn path_or(given: Option<&Path>, name: &str) -> Option<PathBuf> {
    given.map(Path::to_owned).or_else(|| variable(name).map(PathBuf::from))
}

fn time_or(given: Option<Duration>, name: &str) -> Result<Option<Duration>, String> {
    let told = variable(name).map(|text| {
        humantime::parse_duration(&text)
            .map_err(|_| format!("{name}={text} is no time: write one such as 5s"))
    });
    Ok(given.or(told.transpose()?))
}
