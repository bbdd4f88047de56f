//! The page as text: complete, bounded, self-contained, and safe with hostile bytes.

mod common;

use common::hostile::MARKER;
use common::{Run, Shape};
use stormglass_checkers::history::{Body, Environment, Event};
use stormglass_checkers::verdict::{Judgement, Status, Verdict};
use stormglass_reports::ServerFeature;

const PAGE: &str = "report.html";

/// Every place of the page where an attribute loads or leads somewhere.
fn targets(page: &str) -> Vec<&str> {
    let attributes = [" src=\"", " href=\"", " xlink:href=\"", "url(", "@import"];
    let found = attributes.iter().flat_map(|attribute| page.split(attribute).skip(1));
    found.map(|rest| rest.split(['"', ')']).next().unwrap_or_default()).collect()
}

/// The text without lines that Markdown takes as code, in which nothing is markup.
fn without_code(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("    "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_tells_the_whole_story_in_its_order() {
    let page = Run::lost_write(Shape::DEMO).artifact(PAGE);
    let order = [
        "invalid</span>",
        "An acknowledged write is gone",
        "id=\"overview\"",
        "Lost write",
        "aria-label=\"Witness of finding 1",
        "<b>Because</b>",
        "<b>However</b>",
        "What was checked",
        "Did the test test?",
        "landed, healed",
        "no member knew a leader",
        "Latency by outcome",
        "Operations a second by outcome",
        "Revision of the store",
        "wall clock is off",
        "How the cluster took each fault",
        "id=\"members\"",
        "stormglass run demo --etcd 3.5.1 --seed 0x2a91",
        "stormglass check runs/",
        "href=\"verdicts.json\"",
    ];
    let mut rest = page.as_str();
    for text in order {
        let at = rest.find(text).unwrap_or_else(|| panic!("`{text}` is missing or out of order"));
        rest = &rest[at..];
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere_and_nothing_runs() {
    for run in [Run::lost_write(Shape::DEMO), Run::hostile()] {
        let page = run.artifact(PAGE);
        for target in targets(&page) {
            let own = target.starts_with('#') || target == "data:,";
            let file = run.facts.files.iter().any(|file| file.path == target);
            assert!(own || file, "the page leads to `{target}`");
            assert!(!target.contains(':') || target == "data:,", "`{target}` has a scheme");
        }
        assert!(!without_scripts(&page).contains("<script") && !page.contains(" onload="));
    }
}

/// The page without its own two scripts: the timeline's data, which runs nothing and holds no
/// element, and the one that draws it, which the page allows by its checksum alone.
fn without_scripts(page: &str) -> String {
    let mut rest = page.to_owned();
    for opening in
        ["<script type=\"application/json\" id=\"timeline-data\">", "<script>\"use strict\""]
    {
        let Some(begin) = rest.find(opening) else { continue };
        let within = begin + opening.len();
        let length = rest[within..].find("</script>").expect("the script ends");
        let script = &rest[within..within + length];
        let data = opening.contains("json");
        assert!(!data || !script.contains('<'), "the data could close its element");
        assert!(data || !script.contains("desrever"), "the script holds what comes from elsewhere");
        rest.replace_range(begin..within + length + "</script>".len(), "");
    }
    rest
}

#[test]
fn hostile_bytes_are_shown_and_stay_text() {
    let run = Run::hostile();
    for path in [PAGE, "plots/latency.svg", "plots/rate.svg", "plots/revision.svg", "summary.md"] {
        let artifact = without_code(&without_scripts(&run.artifact(path)));
        assert!(artifact.contains("desrever"), "{path} does not show the text at all");
        for harm in ["<script", "<img", "</style></svg>", "\u{202e}", "\u{2066}", "\u{200f}"] {
            assert!(!artifact.contains(harm), "{path} has {harm:?} as it came");
        }
        let control = |character: char| character.is_control() && character != '\n';
        assert!(!artifact.contains(control), "{path} has a control character");
    }
    let page = run.artifact(PAGE);
    assert!(page.contains("\\u{202e}desrever\\u{2066}\\u{200f}\\u{7}\\r\\n\\u{feff}"));
    assert!(page.contains("\\xff\\xfe"), "bytes that are no text are shown as escapes");
    assert!(page.contains(MARKER), "what could have run is there to be read");
}

#[test]
fn drawings_are_well_formed_however_hostile_their_texts() {
    for run in [Run::lost_write(Shape::DEMO), Run::hostile()] {
        for path in ["plots/latency.svg", "plots/rate.svg", "plots/revision.svg"] {
            let svg = run.artifact(path);
            let opened = svg.matches("<text").count();
            assert_eq!(opened, svg.matches("</text>").count(), "{path}");
            assert_eq!(svg.matches("<svg").count(), 1, "{path}");
            assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{path}");
        }
    }
}

#[test]
fn an_empty_history_still_has_a_page() {
    let mut run = Run::lost_write(Shape::DEMO);
    run.events.clear();
    run.plan.faults.clear();
    run.judgement = Judgement {
        stormglass_verdicts: 1,
        status: Status::Unknown,
        sentence: "The run ended before the first operation.".to_owned(),
        verdicts: vec![],
    };
    let page = run.artifact(PAGE);
    assert!(page.contains("The history has no events"));
    assert!(page.contains("No checker judged this run"));
    assert!(page.contains("The plan has no faults"));
    assert!(page.contains("No operation was sent"));
    assert!(!page.contains("id=\"findings\""));
    assert!(run.artifact("junit.xml").contains("The run ended before the first operation."));
}

#[test]
fn a_run_without_faults_says_so() {
    let mut run = Run::lost_write(Shape { faults: false, ..Shape::DEMO });
    run.plan.faults.clear();
    let page = run.artifact(PAGE);
    assert!(page.contains("The plan has no faults, and none was injected."));
    assert!(!page.contains(">fault held<"), "a legend without anything to explain");
}

#[test]
fn planned_faults_that_never_began_are_named() {
    let mut run = Run::lost_write(Shape { faults: false, ..Shape::DEMO });
    run.facts.not_tested = vec!["Fault isolate: no namespaces here.".to_owned()];
    let page = run.artifact(PAGE);
    assert!(page.contains("? never tried"));
    assert!(page.contains("What was not tested") && page.contains("no namespaces here"));
}

#[test]
fn what_a_server_has_is_a_table_where_it_was_asked() {
    let mut run = Run::lost_write(Shape::DEMO);
    assert!(!run.artifact(PAGE).contains("of etcd's API"), "the cluster was ours");
    let feature = |feature: &str, here: &str, detail: &str| ServerFeature {
        group: "leases".to_owned(),
        feature: feature.to_owned(),
        here: here.to_owned(),
        detail: detail.to_owned(),
    };
    run.facts.server =
        vec![feature("list", "yes", ""), feature("keepalive", "no", "Unimplemented: <no> streams")];
    let page = run.artifact(PAGE);
    assert!(page.contains("What the first member has of etcd's API: 1 of 2 as etcd"));
    assert!(page.contains("<td>keepalive</td><td class=\"keep\">no</td>"));
    assert!(!page.contains("<no>"), "a server's words are text");
}

#[test]
fn an_undecided_run_gives_every_reason() {
    let mut run = Run::lost_write(Shape::DEMO);
    let reasons = vec!["the budget of 10 steps was used up".to_owned()];
    let undecided = Verdict::new("watch", vec![], reasons, std::collections::BTreeMap::new());
    run.judgement.status = Status::Unknown;
    run.judgement.verdicts = vec![undecided];
    let page = run.artifact(PAGE);
    assert!(page.contains("Why it is unknown"));
    assert!(page.contains("watch: the budget of 10 steps was used up"));
    assert!(!page.contains("id=\"findings\""));
}

#[test]
fn an_interrupted_run_says_so_everywhere() {
    let mut run = Run::lost_write(Shape::DEMO);
    run.facts.interrupted = true;
    let half = run.events.len() / 2;
    run.events.truncate(half);
    assert!(run.artifact(PAGE).contains("Interrupted."));
    assert!(run.artifact("summary.md").contains("**The run was interrupted**"));
    assert!(run.artifact("junit.xml").contains("the run was interrupted"));
}

#[test]
fn a_fault_that_was_never_healed_is_drawn_to_the_end() {
    let mut run = Run::lost_write(Shape::DEMO);
    // In the middle of the last kill.
    run.events.retain(|event| event.at.0 < 28_500_000_000);
    assert!(run.artifact(PAGE).contains("the history ends before its heal"));
}

#[test]
fn every_release_that_a_member_ran_is_shown() {
    let mut run = Run::lost_write(Shape::DEMO);
    let started =
        |event: &&Event| matches!(event.body, Body::Environment(Environment::MemberStarted(_)));
    let mut again = run.events.iter().find(started).expect("a member was started").clone();
    if let Body::Environment(Environment::MemberStarted(life)) = &mut again.body {
        "3.5.30".clone_into(&mut life.version);
    }
    run.events.push(again);
    let page = run.artifact(PAGE);
    assert_eq!(page.matches("etcd 3.5.1 → 3.5.30").count(), 1, "one member ran both");
}

#[test]
fn what_is_left_out_is_said() {
    let mut run = Run::lost_write(Shape::DEMO);
    let verdict = &mut run.judgement.verdicts[1];
    let found = verdict.findings[0].clone();
    verdict.findings = vec![found; 30];
    verdict.stats.insert("findings".to_owned(), 400);
    let steps = &mut run.judgement.verdicts[0].findings[0].witness.steps;
    let step = steps[0].clone();
    steps.extend(std::iter::repeat_n(step, 100));
    let page = run.artifact(PAGE);
    assert!(page.contains("381 more findings are not shown here"), "401 less 20");
    assert_eq!(page.matches("<article").count(), 20);
    assert!(page.contains("leaves out 87 between them"));
    assert!(page.contains("63 between them are in verdicts.json"));
}

#[test]
fn two_hundred_thousand_operations_stay_small() {
    let shape = Shape { seconds: 250, clients: 40, every_ms: 50, faults: true };
    let run = Run::lost_write(shape);
    let operations = run.events.len() / 2;
    assert!(operations > 190_000, "{operations}");
    let bytes: usize = run.artifact(PAGE).len();
    assert!(bytes < 3_000_000, "{bytes} bytes");
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    let page = || Run::lost_write(Shape { seconds: 5, ..Shape::DEMO }).artifact(PAGE);
    assert_eq!(page(), page());
}

#[test]
fn facts_survive_their_file_and_old_files_are_read() {
    let facts = Run::lost_write(Shape { seconds: 1, ..Shape::DEMO }).facts;
    let json = serde_json::to_string(&facts).expect("facts are JSON");
    let read: stormglass_reports::RunFacts = serde_json::from_str(&json).expect("and are read");
    assert_eq!(read, facts);
    let old: stormglass_reports::RunFacts =
        serde_json::from_str("{\"exit_code\": 3, \"later\": true}").expect("fields may be missing");
    assert_eq!(old.exit_code, 3);
}
