//! Draws the report of a synthetic history, shows it in a browser, and prints what that took as one
//! JSON object: `page OPERATIONS`. For `make evidence-report`.
#![expect(clippy::print_stdout, reason = "its result is for another program")]

#[expect(dead_code, reason = "a part of it is for tests")]
#[path = "../tests/browser/mod.rs"]
mod browser;

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use browser::{Browser, Scheme, Session};
use serde_json::{Value, json};
use stormglass_checkers::checker::{Budget, CheckContext};
use stormglass_checkers::history::Event;
use stormglass_checkers::judge::Judge;
use stormglass_checkers::synthetic::Mix;
use stormglass_reports::{RunFacts, RunRecord, render_all};
use stormglass_scenarios::plan::Plan;
use stormglass_scenarios::scenario::Scenario;

/// Keys that move through the run: ten times on, ten times back.
const MOVES: usize = 60;

fn main() -> Result<(), Box<dyn Error>> {
    let operations: u64 = std::env::args().nth(1).unwrap_or_default().parse()?;
    let browser = Browser::find().ok_or("there is no Chromium on the PATH: install `chromium`")?;
    let (page, render_seconds) = page(operations)?;
    let mut session = Session::open(&browser, &page, 1280, Scheme::Light);
    // The browser tells of it some time after it was.
    let paint = session.evaluate(
        "new Promise(done => { const look = () => { \
         const [entry] = performance.getEntriesByName('first-contentful-paint'); \
         if (entry) done(entry.startTime); else setTimeout(look, 20); }; look(); })",
    );
    let shown = session.evaluate(
        "JSON.parse(document.querySelector('#timeline-data').textContent).operations.event.length",
    );
    session.evaluate("document.querySelector('#timeline canvas').focus()");
    let whole = redraws(&mut session)?;
    // A hundredth of the run: six halvings leave a sixty-fourth, one step back and two on.
    session.keys(&["f", "0", "+", "+", "+", "+", "+", "+", "+"]);
    let near = redraws(&mut session)?;
    let result = json!({
        "operations": operations,
        "render_seconds": render_seconds,
        "bytes": page.len(),
        "first_paint_ms": paint,
        "shown": shown,
        "whole_ms": whole,
        "near_ms": near,
        "complaints": session.complaints().len(),
        "requests": session.requests().len(),
    });
    println!("{result}");
    Ok(())
}

/// The page, and how long all artifacts took.
fn page(operations: u64) -> Result<(String, f64), Box<dyn Error>> {
    let mix = Mix {
        operations,
        clients: 30,
        members: 3,
        unknown_mille: 10,
        stale_read: Some(operations / 2),
        ..Mix::default()
    };
    let events: Vec<Arc<Event>> = mix.events().map(Arc::new).collect();
    let context =
        CheckContext { preamble: mix.preamble(), sometimes: Vec::new(), budget: Budget::default() };
    let mut judge = Judge::new(&context);
    for event in &events {
        judge.observe(event);
    }
    let judgement = judge.finish(None);
    let events: Vec<Event> = events.into_iter().map(Arc::unwrap_or_clone).collect();
    let text = "schema = 1\nname = \"synthetic\"\nsummary = \"made in memory\"\n";
    let plan = Plan::build(&Scenario::parse(text, "synthetic.toml")?, 1, "3.5.16")?;
    let facts = RunFacts { environment: Vec::new(), ..RunFacts::default() };
    let preamble = mix.preamble();
    let record = RunRecord {
        plan: &plan,
        preamble: &preamble,
        events: &events,
        judgement: &judgement,
        facts: &facts,
    };
    #[expect(clippy::disallowed_methods, reason = "this package has no clock of its own")]
    let started = Instant::now();
    let artifacts = render_all(&record)?;
    let seconds = started.elapsed().as_secs_f64();
    let by_path: BTreeMap<_, _> =
        artifacts.into_iter().map(|artifact| (artifact.path, artifact.bytes)).collect();
    let page = by_path.get("report.html").ok_or("no page was drawn")?;
    Ok((String::from_utf8(page.clone())?, seconds))
}

/// Median and 95th percentile of the redraws while the run is moved through, in milliseconds.
fn redraws(session: &mut Session) -> Result<[f64; 2], Box<dyn Error>> {
    session.evaluate("performance.clearMeasures()");
    for turn in 0..MOVES {
        session.keys(&[if turn % 20 < 10 { "ArrowRight" } else { "ArrowLeft" }]);
    }
    let spent = session
        .evaluate("performance.getEntriesByName('timeline-redraw').map(entry => entry.duration)");
    let spent = spent.as_array().ok_or("no redraws were timed")?;
    let mut spent: Vec<f64> = spent.iter().filter_map(Value::as_f64).collect();
    spent.sort_by(f64::total_cmp);
    let at = |share: usize| spent.get(spent.len() * share / 100).copied().unwrap_or(f64::NAN);
    Ok([at(50), at(95)])
}
