//! `list`: what scenarios, workloads, faults and checkers there are.

use serde::Serialize;
use stormglass_checkers::registry::checkers;
use stormglass_scenarios::fault::{FaultEntry, faults};
use stormglass_scenarios::scenario::{Scenario, catalog};
use stormglass_scenarios::simulation::simulates;
use stormglass_scenarios::suite::{catalog_suite, suites};
use stormglass_scenarios::workload::workloads;

use super::args::{Format, ListArgs, Listed, TargetKind};
use super::device_args::devices_of_environment;
use super::docker::{self, WayIn};
use super::docker_powers::DockerPowers;
use super::error::CommandError;
use super::external;
use super::helper::{self, Again};
use super::output;
use super::powers::{LocalPowers, isolation_of_environment, power_name};
use super::style::{Style, Tone};
use super::table::{Cell, Table};
use crate::exit::ExitCode;
use crate::target::docker::Engine;

/// Lists one registry.
pub(super) fn list(args: &ListArgs, format: Format) -> Result<ExitCode, CommandError> {
    match args.what {
        Listed::Scenarios => list_scenarios(format),
        Listed::Suites => list_suites(format),
        Listed::Workloads => list_workloads(format),
        Listed::Faults => list_faults(args.target, format),
        Listed::Checkers => list_checkers(format),
    }
}

#[derive(Serialize)]
struct ScenarioRow {
    name: &'static str,
    summary: String,
    question: String,
    advice: String,
    members: u16,
    workload: String,
    faults: Vec<String>,
    duration_ms: u64,
}

fn list_scenarios(format: Format) -> Result<ExitCode, CommandError> {
    let mut rows = Vec::new();
    for entry in catalog() {
        let scenario = Scenario::parse(entry.text, entry.name)
            .map_err(|error| CommandError::bug(format!("a scenario of the catalogue: {error}")))?;
        let duration = scenario.limits.duration.as_duration();
        rows.push(ScenarioRow {
            name: entry.name,
            summary: scenario.summary,
            question: scenario.question,
            advice: scenario.advice,
            members: scenario.cluster.members,
            workload: scenario.workload.kind,
            faults: scenario.fault.into_iter().map(|fault| fault.kind).collect(),
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        });
    }
    if format == Format::Json {
        return output::json(&rows);
    }
    let mut table = Table::new(["SCENARIO", "SECONDS", "SUMMARY"]);
    for row in rows {
        let seconds = (row.duration_ms / 1_000).to_string();
        table.row([Cell::toned(Tone::Strong, row.name), seconds.into(), row.summary.into()]);
    }
    output::lines(&table.lines(Style::of_stdout()))
}

#[derive(Serialize)]
struct SuiteRow {
    name: &'static str,
    summary: String,
    /// Runs in one round.
    runs: u64,
    scenarios: Vec<String>,
}

fn list_suites(format: Format) -> Result<ExitCode, CommandError> {
    let mut rows = Vec::new();
    for entry in suites() {
        let suite = catalog_suite(entry.name)
            .map_err(|error| CommandError::bug(format!("a built-in suite: {error}")))?;
        rows.push(SuiteRow {
            name: entry.name,
            summary: suite.summary,
            runs: suite.run.iter().map(|run| u64::from(run.seeds)).sum(),
            scenarios: suite.run.into_iter().map(|run| run.scenario).collect(),
        });
    }
    if format == Format::Json {
        return output::json(&rows);
    }
    let mut table = Table::new(["SUITE", "RUNS", "SUMMARY"]);
    for row in rows {
        let runs = row.runs.to_string();
        table.row([Cell::toned(Tone::Strong, row.name), runs.into(), row.summary.into()]);
    }
    output::lines(&table.lines(Style::of_stdout()))
}

#[derive(Serialize)]
struct WorkloadRow {
    kind: &'static str,
    summary: &'static str,
    requests: Vec<RequestRow>,
}

/// A request of a workload, and how often it is drawn where the scenario does not say.
#[derive(Serialize)]
struct RequestRow {
    name: &'static str,
    summary: &'static str,
    default_weight: u32,
}

fn list_workloads(format: Format) -> Result<ExitCode, CommandError> {
    let rows: Vec<_> = workloads()
        .iter()
        .map(|entry| {
            let requests = entry.weights.iter().map(|weight| RequestRow {
                name: weight.name,
                summary: weight.summary,
                default_weight: weight.default,
            });
            let requests = requests.collect();
            WorkloadRow { kind: entry.kind, summary: entry.summary, requests }
        })
        .collect();
    if format == Format::Json {
        return output::json(&rows);
    }
    let style = Style::of_stdout();
    let mut table = Table::new(["WORKLOAD", "SUMMARY"]);
    let mut requests = Table::new(["WORKLOAD", "REQUEST", "WEIGHT", "SUMMARY"]);
    for row in rows {
        table.row([Cell::toned(Tone::Strong, row.kind), row.summary.into()]);
        for request in row.requests {
            let weight = request.default_weight.to_string();
            let summary = request.summary.into();
            requests.row([row.kind.into(), request.name.into(), weight.into(), summary]);
        }
    }
    let mut lines = table.lines(style);
    lines.push(String::new());
    lines.extend(requests.lines(style));
    output::lines(&lines)
}

#[derive(Serialize)]
struct FaultRow {
    kind: &'static str,
    summary: &'static str,
    power: &'static str,
    duration_ms: u64,
    disruptive: bool,
    /// Whether etcd promises to survive it.
    in_model: bool,
    params: Vec<ParamRow>,
    available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Serialize)]
struct ParamRow {
    name: &'static str,
    default: &'static str,
    summary: &'static str,
}

impl FaultRow {
    fn of(entry: &FaultEntry, refused: Option<String>) -> Self {
        let params = entry.params.iter().map(|param| ParamRow {
            name: param.name,
            default: param.default,
            summary: param.summary,
        });
        Self {
            kind: entry.kind,
            summary: entry.summary,
            power: power_name(entry.power),
            duration_ms: u64::try_from(entry.duration.as_millis()).unwrap_or(u64::MAX),
            disruptive: entry.disruptive,
            in_model: entry.in_model(),
            params: params.collect(),
            available: refused.is_none(),
            why: refused,
        }
    }
}

/// Every fault, with why it is refused.
fn rows_by(refused: impl Fn(&FaultEntry) -> Option<String>) -> Vec<FaultRow> {
    faults().iter().map(|entry| FaultRow::of(entry, refused(entry))).collect()
}

fn list_faults(target: TargetKind, format: Format) -> Result<ExitCode, CommandError> {
    let rows = match target {
        TargetKind::Local => {
            let powers = LocalPowers::here();
            rows_by(|entry| powers.grants(entry.power).err().map(ToOwned::to_owned))
        }
        TargetKind::Docker => match docker::way_in(isolation_of_environment(), list_by_helper)? {
            WayIn::Done(code) => return Ok(code),
            WayIn::Here(entering) => {
                let powers = DockerPowers::here(entering);
                rows_by(|entry| powers.grants(entry.power).err().map(ToOwned::to_owned))
            }
        },
        TargetKind::External => rows_by(|entry| external::refused(entry.kind)),
        TargetKind::Simulated => {
            rows_by(|entry| simulates(entry.kind).err().map(ToOwned::to_owned))
        }
    };
    show_faults(target, rows, format)
}

/// As a run would have them: by a helper, where there is an engine. Without one the list says
/// so with every fault.
fn list_by_helper() -> Result<Again, CommandError> {
    let devices = devices_of_environment();
    match Engine::connect() {
        Ok(engine) => helper::again(&engine, vec![devices.tun, devices.fuse]),
        Err(why) => Ok(Again::Unfit(why.to_string())),
    }
}

fn show_faults(
    target: TargetKind,
    rows: Vec<FaultRow>,
    format: Format,
) -> Result<ExitCode, CommandError> {
    if format == Format::Json {
        return output::json(&rows);
    }
    let mut table = Table::new(["FAULT", "HERE", "SUMMARY"]);
    let mut refusals = Vec::new();
    for row in rows {
        let here = Cell::answer(row.available);
        table.row([Cell::toned(Tone::Strong, row.kind), here, row.summary.into()]);
        if let Some(why) = row.why {
            refusals.push(format!("{} is not available here: {why}", row.kind));
        }
    }
    let mut lines = table.lines(Style::of_stdout());
    if target == TargetKind::External {
        let what = "every fault here needs --i-own-this-cluster, and those of processes the \
                    scenario's commands too: see docs/external.md";
        refusals.insert(0, what.to_owned());
    }
    if !refusals.is_empty() {
        lines.push(String::new());
        lines.append(&mut refusals);
    }
    output::lines(&lines)
}

#[derive(Serialize)]
struct CheckerRow {
    name: &'static str,
    summary: &'static str,
    guarantees: &'static [&'static str],
    anomalies: &'static [&'static str],
}

fn list_checkers(format: Format) -> Result<ExitCode, CommandError> {
    let rows: Vec<_> = checkers()
        .iter()
        .map(|entry| CheckerRow {
            name: entry.name,
            summary: entry.summary,
            guarantees: entry.guarantees,
            anomalies: entry.anomalies,
        })
        .collect();
    if format == Format::Json {
        return output::json(&rows);
    }
    let mut table = Table::new(["CHECKER", "GUARANTEES", "SUMMARY"]);
    for row in rows {
        let guarantees = row.guarantees.join(" ");
        table.row([Cell::toned(Tone::Strong, row.name), guarantees.into(), row.summary.into()]);
    }
    output::lines(&table.lines(Style::of_stdout()))
}
