//! The timeline in a real browser: found, clicked, typed, searched, drawn quickly, and never
//! running what it shows.

use super::browser::{Scheme, Session};
use super::common::{Run, Shape};

/// A page in a window of that width; nothing where there is no browser.
fn open(run: &Run, width: u32, scheme: Scheme) -> Option<Session> {
    let browser = super::browser()?;
    Some(Session::open(&browser, &run.artifact("report.html"), width, scheme))
}

/// Keeps a picture for whoever wants to look.
fn keep(session: &mut Session, name: &str) {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(file, session.picture()).expect("a file is written");
}

fn assert_quiet(session: &Session) {
    assert_eq!(session.complaints(), Vec::<String>::new());
    assert_eq!(session.requests(), Vec::<String>::new());
}

#[test]
fn from_a_finding_to_its_operations_by_clicks() {
    let run = Run::lost_write(Shape::DEMO);
    let Some(mut session) = open(&run, 1280, Scheme::Light) else { return };
    session.click("#finding-1 button[data-finding]");
    let part = session.picture_of(["#timeline", "#timeline"]);
    assert!(part.starts_with(b"\x89PNG"), "no picture of a part of the page");
    keep(&mut session, "timeline-finding.png");
    assert!(session.text(".detail").contains("read of k17"), "{}", session.text(".detail"));
    assert!(session.text(".detail").contains("A step of finding 1"));
    // The other step is in sight: the pointer finds it, and a click tells of it.
    let place = session.evaluate(
        "(() => { const canvas = document.querySelector('#timeline canvas'); \
         const box = canvas.getBoundingClientRect(); \
         for (let y = 10; y < box.height - 30; y += 20) for (let x = 140; x < box.width; x += 1) { \
         const [clientX, clientY] = [box.left + x, box.top + y]; \
         canvas.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY })); \
         if (canvas.title.startsWith('put k17 = \"4-211\"')) return [clientX, clientY]; } \
         return null; })()",
    );
    let at = |axis: usize| place[axis].as_f64().expect("it is in sight");
    session.click_at(at(0), at(1));
    let detail = session.text(".detail");
    assert!(detail.contains("put k17 = \"4-211\""), "{detail}");
    for told in ["answered", "sent", "ended", "revision", "member", "process", "events"] {
        assert!(detail.contains(told), "{told}: {detail}");
    }
    // What the key held before and after, as the watches showed it.
    let states = session.text(".detail table");
    assert!(states.contains("k17 = \"4-211\" of revision"), "{states}");
    assert!(states.contains("no key k17, or one that no watch showed"), "{states}");
    keep(&mut session, "timeline-detail.png");
    assert_quiet(&session);
}

#[test]
fn the_same_by_keys() {
    let run = Run::lost_write(Shape::DEMO);
    let Some(mut session) = open(&run, 1280, Scheme::Light) else { return };
    session.evaluate("document.querySelector('#timeline canvas').focus()");
    session.keys(&["f"]);
    let finding = session.text(".detail");
    assert!(finding.contains("read of k17"), "{finding}");
    session.keys(&["p"]);
    let before = session.text(".detail");
    assert_ne!(before, finding);
    session.keys(&["n"]);
    assert_eq!(session.text(".detail"), finding);
    session.keys(&["+", "-", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "0", "Escape"]);
    assert!(session.text(".detail").starts_with("Choose an operation"));
    session.keys(&["/"]);
    assert_eq!(session.evaluate("document.activeElement.type"), "search");
    session.keys(&["k", "1", "7"]);
    let found = session.text(".found");
    assert!(found.ends_with(" found") && found != "nothing found", "{found}");
    session.keys(&["Enter"]);
    assert!(session.text(".found").starts_with("1 of "), "{}", session.text(".found"));
    assert!(session.text(".detail").contains("k17"), "{}", session.text(".detail"));
    keep(&mut session, "timeline-search.png");
    assert_quiet(&session);
}

#[test]
fn it_follows_the_theme_and_fits_a_phone() {
    let run = Run::lost_write(Shape::DEMO);
    let mut grounds = Vec::new();
    for (scheme, width) in [(Scheme::Light, 390), (Scheme::Dark, 390), (Scheme::Dark, 1280)] {
        let Some(mut session) = open(&run, width, scheme) else { return };
        let (ground, wanted) = (
            session.evaluate(
                "[...document.querySelector('#timeline canvas').getContext('2d')\
                 .getImageData(1, 1, 1, 1).data].slice(0, 3).join(', ')",
            ),
            session.evaluate(
                "getComputedStyle(document.querySelector('.panel')).backgroundColor\
                 .slice(4, -1)",
            ),
        );
        assert_eq!(ground, wanted);
        grounds.push(ground);
        let scroll = session.evaluate("document.documentElement.scrollWidth");
        assert_eq!(scroll, width);
        session.evaluate("document.querySelector('#timeline').scrollIntoView()");
        keep(&mut session, &format!("timeline-{width}-{scheme:?}.png"));
        session.evaluate("document.querySelectorAll('#traffic ~ .panel')[3].scrollIntoView()");
        keep(&mut session, &format!("plots-{width}-{scheme:?}.png"));
        assert_quiet(&session);
    }
    assert_ne!(grounds[0], grounds[1]);
}

#[test]
fn hostile_bytes_are_shown_and_nothing_of_them_runs() {
    let run = Run::hostile();
    let Some(mut session) = open(&run, 1280, Scheme::Light) else { return };
    session.evaluate("document.querySelector('#timeline canvas').focus()");
    session.keys(&["f", "n", "p", "ArrowDown", "n"]);
    session.keys(&["/", "s", "c", "r", "i", "p", "t", "Enter"]);
    let detail = session.text(".detail");
    assert!(detail.contains("</script>"), "{detail}");
    assert_eq!(session.evaluate("window.executed ? 1 : 0"), 0);
    assert_eq!(
        session.evaluate("document.querySelectorAll('.detail script, .detail img').length"),
        0
    );
    assert_quiet(&session);
}

#[test]
fn without_scripts_the_rest_can_be_read_and_all_of_it_printed() {
    let run = Run::lost_write(Shape::DEMO);
    let Some(mut session) = open(&run, 1280, Scheme::Light) else { return };
    let paper = session.printed();
    assert!(paper.starts_with(b"%PDF") && paper.len() > 50_000, "{} bytes", paper.len());
    session.ban_scripts();
    session.load();
    let shown = session.printed();
    assert!(shown.starts_with(b"%PDF"));
    assert_quiet(&session);
}

/// How long redraws took, in milliseconds, while a run is moved through by keys.
fn redraws(session: &mut Session, moves: usize) -> (f64, f64) {
    session.evaluate("performance.clearMeasures()");
    for turn in 0..moves {
        session.keys(&[if turn % 20 < 10 { "ArrowRight" } else { "ArrowLeft" }]);
    }
    let spent = session
        .evaluate("performance.getEntriesByName('timeline-redraw').map(entry => entry.duration)");
    let spent = spent.as_array().expect("a list");
    let mut spent: Vec<f64> = spent.iter().map(|one| one.as_f64().expect("a time")).collect();
    assert!(spent.len() >= moves, "{} redraws of {moves}", spent.len());
    spent.sort_by(f64::total_cmp);
    (spent[spent.len() / 2], spent[spent.len() * 95 / 100])
}

#[test]
fn a_long_run_is_moved_through_without_delay() {
    let run = Run::lost_write(Shape { seconds: 100, clients: 100, every_ms: 50, faults: true });
    let Some(mut session) = open(&run, 1280, Scheme::Light) else { return };
    let shown = session.evaluate(
        "JSON.parse(document.querySelector('#timeline-data').textContent).operations.event.length",
    );
    assert!(shown.as_u64().is_some_and(|shown| shown >= 20_000), "{shown} operations");
    let said = session.text("#timeline > p");
    assert!(said.contains("24,000 of 1") || said.contains("24,000 of 2"), "{said}");
    session.evaluate("document.querySelector('#timeline canvas').focus()");
    let whole = redraws(&mut session, 40);
    session.keys(&["f", "+", "+", "+", "+"]);
    let near = redraws(&mut session, 40);
    keep(&mut session, "timeline-long.png");
    for (median, slow) in [whole, near] {
        assert!(median <= 50.0 && slow <= 150.0, "whole {whole:?}, near {near:?}, in ms");
    }
    assert_quiet(&session);
}
