//! The page in a real browser: it is drawn whole, fits a desk and a phone, follows the
//! theme, lets no label meet another, and runs nothing that it shows.
//!
//! Without Chromium these tests say loudly that they did not run; with `CI=true` they
//! fail.

mod browser;
mod common;
mod timeline;

use browser::{Browser, Measures, Scheme};
use common::{Run, Shape};

/// The browser, or a loud word (and with `CI=true` a failure) where there is none.
fn browser() -> Option<Browser> {
    let found = Browser::find();
    if found.is_none() {
        browser::refuse_silence();
    }
    found
}

fn measure(run: &Run, width: u32, scheme: Scheme) -> Option<Measures> {
    browser().map(|browser| browser.measure(&run.artifact("report.html"), width, scheme))
}

/// What must be true of every page at every width.
fn assert_sound(measures: &Measures, width: u32) {
    assert_eq!(measures.number("width"), i64::from(width), "{measures:?}");
    assert!(
        measures.number("scroll") <= i64::from(width),
        "the page is wider than {width}: {measures:?}"
    );
    assert_eq!(measures.text("meeting"), "", "labels of a drawing meet");
    assert_eq!(measures.text("outside"), "", "labels leave their drawing");
    assert_eq!(measures.number("executed"), 0, "something that is only shown was run");
    let scripts = "besides the test's own the page has its data and one script";
    assert!([1, 3].contains(&measures.number("scripts")), "{scripts}: {measures:?}");
}

#[test]
fn a_desk_sees_the_verdict_and_the_witness() {
    let run = Run::lost_write(Shape::DEMO);
    let Some(measures) = measure(&run, 1280, Scheme::Light) else { return };
    assert_sound(&measures, 1280);
    assert!(measures.text("verdict").contains("An acknowledged write is gone"));
    assert!(measures.text("witness").contains("put k17 = \"4-211\""), "{measures:?}");
    assert_eq!(measures.number("drawings"), 16, "overview, two witnesses, thirteen plots");
    assert_eq!(measures.text("ground"), "rgb(251, 251, 250)");
}

#[test]
fn a_phone_sees_the_same() {
    let run = Run::lost_write(Shape::DEMO);
    let Some(measures) = measure(&run, 390, Scheme::Light) else { return };
    assert_sound(&measures, 390);
    assert!(measures.text("witness").contains("put k17 = \"4-211\""), "{measures:?}");
    assert_eq!(measures.number("drawings"), 16, "overview, two witnesses, thirteen plots");
    assert!(measures.number("smallest") >= 10, "text in drawings is too small: {measures:?}");
}

#[test]
fn the_dark_theme_is_followed() {
    let run = Run::lost_write(Shape { seconds: 5, ..Shape::DEMO });
    let Some(measures) = measure(&run, 1280, Scheme::Dark) else { return };
    assert_sound(&measures, 1280);
    assert_eq!(measures.text("ground"), "rgb(20, 22, 26)");
}

#[test]
fn hostile_bytes_run_nothing_and_break_no_layout() {
    let run = Run::hostile();
    for width in [1280, 390] {
        let Some(measures) = measure(&run, width, Scheme::Light) else { return };
        assert_sound(&measures, width);
        assert!(measures.text("verdict").contains("<script>"), "{measures:?}");
    }
}

#[test]
fn the_page_as_it_is_makes_the_console_say_nothing() {
    let Some(browser) = browser() else { return };
    for run in [Run::lost_write(Shape::DEMO), Run::hostile()] {
        let console = browser.console(&run.artifact("report.html"));
        assert_eq!(console, Vec::<String>::new());
    }
}

#[test]
fn the_console_is_heard() {
    let Some(browser) = browser() else { return };
    let page = "<!doctype html><title>x</title><script>console.error('heard')</script>";
    assert!(browser.console(page).iter().any(|line| line.contains("heard")));
}

#[test]
fn an_empty_run_is_drawn_too() {
    let mut run = Run::lost_write(Shape { seconds: 1, ..Shape::DEMO });
    run.events.clear();
    run.judgement.verdicts.clear();
    let Some(measures) = measure(&run, 390, Scheme::Light) else { return };
    assert_sound(&measures, 390);
}

#[test]
fn a_screenshot_is_an_image() {
    let Some(browser) = browser() else { return };
    let run = Run::lost_write(Shape { seconds: 5, ..Shape::DEMO });
    let image = browser.screenshot(&run.artifact("report.html"), 390, Scheme::Dark);
    assert!(image.starts_with(b"\x89PNG") && image.len() > 20_000, "{} bytes", image.len());
}
