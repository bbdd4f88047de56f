//! `check --format porcupine-…`: judges histories in Porcupine's formats by search.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stormglass_checkers::checker::Budget;
use stormglass_checkers::porcupine::{Log, judge, read_etcd, read_kv};
use stormglass_checkers::spec::{Register, Texts};
use stormglass_checkers::verdict::{Finding, Status, Verdict};

use super::args::{CheckArgs, ForeignFormat, Format};
use super::error::CommandError;
use super::output;
use crate::exit::ExitCode;

/// The verdict on one file.
#[derive(Debug, Serialize)]
struct Judged {
    file: String,
    verdict: Verdict,
}

/// The verdicts on all files, and the worst of them.
#[derive(Debug, Serialize)]
struct Told {
    status: Status,
    files: Vec<Judged>,
}

/// Judges files in one of Porcupine's formats.
pub(super) fn check(
    args: &CheckArgs,
    input: ForeignFormat,
    format: Format,
) -> Result<ExitCode, CommandError> {
    // All are read before one is judged: what is not in the format is said first.
    let parsed: Vec<Parsed> =
        args.paths.iter().map(|path| Parsed::read(path, input)).collect::<Result<_, _>>()?;
    let files: Vec<Judged> = parsed.iter().zip(&args.paths).map(Parsed::judge).collect();
    let status = files.iter().map(|judged| judged.verdict.status).max().unwrap_or(Status::Valid);
    match format {
        Format::Json => output::json(&Told { status, files })?,
        Format::Human => output::lines(&lines(&files))?,
    };
    Ok(ExitCode::of(status))
}

/// The operations of a file.
enum Parsed {
    Etcd(Log<Register>),
    Kv(Log<Texts>),
}

impl Parsed {
    fn read(path: &Path, input: ForeignFormat) -> Result<Self, CommandError> {
        let name = path.display();
        let bytes = fs::read(path).map_err(|error| {
            CommandError::usage(format!("{name} cannot be read ({error}): name files that can"))
        })?;
        let parsed = match input {
            ForeignFormat::PorcupineEtcd => read_etcd(&bytes).map(Self::Etcd),
            ForeignFormat::PorcupineKv => read_kv(&bytes).map(Self::Kv),
        };
        parsed.map_err(|error| CommandError::usage(format!("{name}: {error}")))
    }

    fn judge((parsed, path): (&Self, &PathBuf)) -> Judged {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let budget = Budget::default();
        let verdict = match parsed {
            Self::Etcd(log) => judge(&name, log, &budget),
            Self::Kv(log) => judge(&name, log, &budget),
        };
        Judged { file: path.display().to_string(), verdict }
    }
}

/// A line a file, what was found in it, and the numbers.
fn lines(files: &[Judged]) -> Vec<String> {
    let mut lines = Vec::new();
    for Judged { file, verdict } in files {
        lines.push(format!("{:<8} {file}", verdict.status.to_string()));
        lines.extend(verdict.reasons.iter().map(|reason| format!("  ? {reason}")));
        verdict.findings.iter().for_each(|finding| lines.extend(finding_lines(finding)));
    }
    let many =
        |status: Status| files.iter().filter(|judged| judged.verdict.status == status).count();
    lines.push(format!(
        "{} files: {} valid, {} invalid, {} unknown",
        files.len(),
        many(Status::Valid),
        many(Status::Invalid),
        many(Status::Unknown)
    ));
    lines
}

/// A finding; its steps have lines instead of times.
fn finding_lines(finding: &Finding) -> Vec<String> {
    let mut lines = vec![
        format!("  {}", finding.sentence),
        format!("    {}", finding.because),
        format!("    {}", finding.however),
    ];
    lines.extend(finding.witness.steps.iter().map(|step| {
        let mark = if step.contradicts { "✕" } else { "·" };
        let span = match step.completion {
            Some(end) => format!("lines {}–{end}", step.index),
            None => format!("line {}", step.index),
        };
        let who = step.process.map(|process| process.to_string()).unwrap_or_default();
        format!("    {mark} {span:<14} {who:<6} {}: {}", step.what, step.shows)
    }));
    lines
}
