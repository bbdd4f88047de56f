//! `probe`: what a server really has of etcd's v3 API.

use super::args::{Format, ProbeArgs};
use super::connection_args::Reach;
use super::error::CommandError;
use super::output;
use super::style::{Style, Tone};
use super::table::{Cell, Table};
use crate::client::Dial;
use crate::clock::{fresh_seed, utc_now};
use crate::exit::ExitCode;
use crate::probe::{Answer, Conformance, ProbeError, Row, probe};

/// IDs for leases of a probe begin somewhere in the upper half of the positive numbers, where a
/// run's own do not reach.
const LEASES_FROM: i64 = 1 << 62;

/// Asks every endpoint.
pub(super) fn run(args: &ProbeArgs, format: Format) -> Result<ExitCode, CommandError> {
    let reach = args.connection.reach().map_err(CommandError::usage)?;
    let stamp = utc_now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let prefix = args.connection.prefix.clone();
    let prefix = prefix.unwrap_or_else(|| format!("stormglass/probe-{stamp}/"));
    let owned = args.connection.i_own_this_cluster;
    let mut servers = Vec::new();
    for (number, endpoint) in reach.endpoints.iter().enumerate() {
        let prefix = format!("{prefix}{number}/");
        servers.push(ask(&reach, endpoint, &prefix, (owned, true))?);
    }
    if format == Format::Json {
        return output::json(&servers);
    }
    let mut lines = Vec::new();
    for server in &servers {
        lines.extend(told(server));
    }
    output::lines(&lines)
}

/// Asks one endpoint, with a runtime of its own.
pub(super) fn ask(
    reach: &Reach,
    endpoint: &str,
    prefix: &str,
    how: (bool, bool),
) -> Result<Conformance, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CommandError::environment)?;
    let dial = Dial {
        endpoint: endpoint.to_owned(),
        from: None,
        access: reach.access.clone(),
        connect_timeout: reach.dial_timeout,
        deadline: reach.dial_timeout,
    };
    // A thousand IDs for each probe, at a random place.
    let drawn = i64::try_from(fresh_seed() >> 12).unwrap_or(0);
    let asked = Box::pin(probe(&dial, prefix, how, LEASES_FROM | drawn << 10));
    runtime.block_on(asked).map_err(|error: ProbeError| CommandError::environment(error))
}

fn told(server: &Conformance) -> Vec<String> {
    let version = server.version.as_deref().unwrap_or("tells no version");
    let mut lines = vec![
        format!("{} · {version} · profile {}", server.endpoint, server.profile),
        String::new(),
    ];
    let mut table = Table::new(["GROUP", "FEATURE", "HERE", "DETAIL"]);
    for row in &server.rows {
        let (tone, here, detail) = shown(row);
        let here = Cell::toned(tone, here);
        table.row([row.group.into(), row.feature.into(), here, detail.into()]);
    }
    lines.extend(table.lines(Style::of_stdout()));
    lines.push(String::new());
    lines
}

fn shown(row: &Row) -> (Tone, &'static str, String) {
    let tone = match &row.answer {
        Answer::Yes => Tone::Good,
        Answer::No(_) | Answer::Differs(_) => Tone::Bad,
        Answer::NotAsked(_) => Tone::Plain,
    };
    let (here, detail) = row.answer.told();
    (tone, here, detail.to_owned())
}
