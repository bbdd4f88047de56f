//! `run --target external`: a cluster that runs already, and that others may use meanwhile.

use std::path::PathBuf;

use stormglass_reports::ServerFeature;
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::{ExternalSpec, Scenario};
use stormglass_scenarios::workload::{keys_below, workload};

use super::args::{Format, InnerArgs};
use super::connection_args::Reach;
use super::error::CommandError;
use super::inner::{self, Means};
use super::output;
use super::prepare::{self, Setting};
use super::probe::ask;
use super::run::{dir_error, dry_run, register, repeat_command, shown_dir};
use super::run_args::RunArgs;
use crate::client::Access;
use crate::clock::utc_now;
use crate::exit::ExitCode;
use crate::nemesis::injector;
use crate::probe::{Conformance, Fit, Row, fit};
use crate::run_dir::{ExternalLaunch, Launch, RunDir};
use crate::target::external::{
    ExternalCluster, ExternalOptions, ExternalStart, Found, Look, LookError, look,
};

/// Requests that other users of a store would feel, or that tell of what is theirs.
const OWNERS_ONLY: [(&str, &str); 2] = [
    ("compact", "Compactions were not tested: they take history from the store's other users."),
    ("lease-list", "Lists of leases were not tested: they name those of the store's other users."),
];

/// Why a fault cannot be injected into any cluster that runs already, if it cannot.
pub(super) fn refused(kind: &str) -> Option<String> {
    let command = || Some("true".to_owned());
    let start = ExternalStart { endpoint: "http://127.0.0.1:2379".into(), version: "0.0.0".into() };
    let cluster = ExternalCluster::of(&ExternalOptions {
        members: vec![start; 3],
        access: Access::default(),
        owned: true,
        watches: true,
        spec: ExternalSpec {
            kill: command(),
            start: command(),
            pause: command(),
            resume: command(),
        },
        log_root: PathBuf::new(),
    });
    injector(kind)?.supports(&cluster).err().map(|unsupported| unsupported.reason)
}

/// Runs a scenario on it.
pub(super) fn run(args: &RunArgs, format: Format) -> Result<ExitCode, CommandError> {
    let reach = args.connection.reach().map_err(CommandError::usage)?;
    let (mut scenario, mut settings) = prepare::scenario(args)?;
    let (seed, seed_setting) = prepare::seed(args);
    let stamp = utc_now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let prefix = prefix(args, &format!("stormglass/{stamp}-{seed:x}/"))?;
    let (prefix, found, server) = meet(&reach, prefix, args.connection.i_own_this_cluster)?;
    let mut left_out = narrow(&mut scenario, &reach, found.members.len())?;
    let Fit { left_out: lacking, revisions, watches } =
        fit(&mut scenario, &server).map_err(CommandError::environment)?;
    left_out.extend(lacking);
    settings.extend([
        ("endpoints".to_owned(), reach.endpoints.join(",")),
        ("prefix".to_owned(), prefix.clone()),
        ("profile".to_owned(), server.profile.to_string()),
        seed_setting,
    ]);
    let release = match &args.etcd {
        Some(release) => release.clone(),
        None => oldest(&found)?,
    };
    let mut plan = Plan::build(&scenario, seed, &release).map_err(CommandError::usage)?;
    plan.prefix = prefix;
    if args.dry_run {
        return dry_run(&plan, &settings, format);
    }
    for sentence in &left_out {
        output::narrate(format_args!("note: {sentence}"));
    }
    let dir = RunDir::create(args.out.as_deref(), &plan.scenario.name, seed, &stamp)
        .map_err(|error| dir_error(&error))?;
    let external = ExternalLaunch {
        members: found.members,
        start_revision: found.revision,
        owned: args.connection.i_own_this_cluster,
        revisions,
        watches,
        left_out,
        features: features(&server),
    };
    let launch = launch(args, &plan, &dir, external, settings);
    RunDir::write(&dir.plan(), &plan).map_err(|error| dir_error(&error))?;
    RunDir::write(&dir.launch(), &launch).map_err(|error| dir_error(&error))?;
    let seconds = plan.scenario.limits.duration.as_duration().as_secs();
    output::narrate(format_args!(
        "{} · {} running members of {release}, below `{}` · seed {seed} · {seconds} s of traffic \
         · {}",
        plan.scenario.name, plan.scenario.cluster.members, plan.prefix, launch.shown_dir
    ));
    let active = register(&dir)?;
    let means = Means { access: reach.access, ..Means::default() };
    let inner_args = InnerArgs::of(args, dir.path());
    let outcome = inner::inner(&inner_args, None, means, format);
    drop(active);
    outcome
}

/// What every key of the run begins with.
fn prefix(args: &RunArgs, fresh: &str) -> Result<String, CommandError> {
    match &args.connection.prefix {
        Some(prefix) if prefix.is_empty() => Err(CommandError::usage(
            "--prefix must not be empty: everything in the store would be taken for the run's",
        )),
        Some(prefix) => Ok(prefix.clone()),
        None => Ok(fresh.to_owned()),
    }
}

/// Looks at the cluster and asks one member what it has; returns the prefix of the run's keys,
/// below which there are none.
fn meet(
    reach: &Reach,
    prefix: String,
    owned: bool,
) -> Result<(String, Found, Conformance), CommandError> {
    first_look(reach, &prefix)?;
    let server = ask(reach, &reach.endpoints[0], &prefix, (owned, false))?;
    if let Ok(found) = first_look(reach, &prefix) {
        return Ok((prefix, found, server));
    }
    // Who cannot delete a range keeps what was asked with.
    let prefix = format!("{prefix}run/");
    let found = first_look(reach, &prefix)?;
    Ok((prefix, found, server))
}

/// What a server has, for the report.
fn features(server: &Conformance) -> Vec<ServerFeature> {
    let feature = |row: &Row| {
        let (here, detail) = row.answer.told();
        let (group, feature) = (row.group.to_owned(), row.feature.to_owned());
        ServerFeature { group, feature, here: here.to_owned(), detail: detail.to_owned() }
    };
    server.rows.iter().map(feature).collect()
}

fn first_look(reach: &Reach, prefix: &str) -> Result<Found, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(CommandError::environment)?;
    let keys = keys_below(prefix);
    let Reach { endpoints, access, dial_timeout, .. } = reach;
    let what = Look { endpoints, access, dial_timeout: *dial_timeout, keys: &keys };
    runtime.block_on(look(&what)).map_err(|error| match error {
        LookError::Member { .. } => CommandError::environment(error),
        LookError::Endpoints(_) | LookError::NotEmpty { .. } => CommandError::usage(error),
    })
}

/// Fits a scenario to the cluster that is there; returns what it leaves out.
fn narrow(
    scenario: &mut Scenario,
    reach: &Reach,
    members: usize,
) -> Result<Vec<String>, CommandError> {
    scenario.cluster.members = u16::try_from(members).unwrap_or(u16::MAX);
    // What they were started with is not ours to say.
    scenario.cluster.flags.clear();
    scenario.cluster.member.clear();
    if let Some(limit) = reach.command_timeout {
        let text = humantime::format_duration(limit).to_string().replace(' ', "");
        scenario.set("workload.deadline", &text).map_err(CommandError::usage)?;
    }
    let known = workload(&scenario.workload.kind).map_or(&[][..], |entry| entry.weights);
    let mut left_out = Vec::new();
    for (request, sentence) in OWNERS_ONLY {
        let entry = known.iter().find(|entry| entry.name == request);
        if entry.is_some_and(|entry| scenario.workload.weight(entry) > 0) {
            scenario.workload.weights.insert(request.to_owned(), 0);
            left_out.push(sentence.to_owned());
        }
    }
    Ok(left_out)
}

/// The oldest release that a member runs: what it must be spared, all are.
fn oldest(found: &Found) -> Result<String, CommandError> {
    let versions = found.members.iter().map(|member| {
        let version = member.version.parse::<crate::releases::Version>().map_err(|_| {
            CommandError::environment(format!(
                "{} says that its version is `{}`, which is none of etcd: name the release whose \
                 known bugs are to be spared with --etcd",
                member.endpoint, member.version
            ))
        })?;
        Ok(version)
    });
    let versions = versions.collect::<Result<Vec<_>, CommandError>>()?;
    let oldest = versions.into_iter().min();
    oldest.map(|version| version.to_string()).ok_or_else(|| CommandError::bug("no member"))
}

fn launch(
    args: &RunArgs,
    plan: &Plan,
    dir: &RunDir,
    external: ExternalLaunch,
    settings: Vec<Setting>,
) -> Launch {
    let shown = shown_dir(args, dir);
    Launch {
        version: plan.release.clone(),
        external: Some(external),
        stop_on_violation: args.stop_on_violation,
        command: repeat_command(args, plan),
        check_command: format!("stormglass check {shown}"),
        settings,
        shown_dir: shown,
        ..Launch::default()
    }
}
