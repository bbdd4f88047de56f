//! Chromium, headless, and what it measures of a page.

mod session;

pub(crate) use session::Session;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// Longest time for one page, in tenths of a second.
const PATIENCE: u32 = 600;
/// Runs inside the page and reports to the frame around it.
const MEASURE: &str = include_str!("measure.js");

/// Which theme the reader prefers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scheme {
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// A browser on this machine.
pub(crate) struct Browser {
    program: PathBuf,
}

/// What was measured of a page.
#[derive(Debug)]
pub(crate) struct Measures(Value);

impl Measures {
    /// A number.
    pub(crate) fn number(&self, name: &str) -> i64 {
        self.0[name].as_i64().unwrap_or_else(|| panic!("no number `{name}` in {self:?}"))
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no text `{name}` in {self:?}"))
    }
}

/// Says that nothing was tested; with `CI=true` that is a failure.
pub(crate) fn refuse_silence() {
    let message = "NOT TESTED: no Chromium on the PATH, so the report's page was not drawn; \
                   install `chromium` and run `make test` again";
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
    let _ = writeln!(std::io::stderr(), "\n*** {message} ***\n");
}

impl Browser {
    /// The first of the usual names on the PATH.
    pub(crate) fn find() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        let places: Vec<PathBuf> = std::env::split_paths(&path).collect();
        ["chromium", "chromium-browser", "google-chrome"]
            .into_iter()
            .flat_map(|name| places.iter().map(move |place| place.join(name)))
            .find(|program| program.is_file())
            .map(|program| Self { program })
    }

    /// Draws a copy of the page in a frame of that width and measures it. The copy lacks
    /// the page's own ban on scripts, so that only its escaping protects it.
    pub(crate) fn measure(&self, page: &str, width: u32, scheme: Scheme) -> Measures {
        let room = TempDir::new().expect("a temporary directory");
        let script = format!("<script>{MEASURE}</script></body>");
        let copy = unprotected(page).replacen("</body>", &script, 1);
        let outer = framed(&room, &copy, width, 1200);
        let dom = self.run(&room, &outer, scheme, &["--dump-dom"]);
        let dom = String::from_utf8_lossy(&dom.output).into_owned();
        let begin = dom.find("MEASURED ").unwrap_or_else(|| panic!("no measures in {dom}"));
        let json = dom[begin + 9..].split("</pre>").next().unwrap_or_default();
        let json = json.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        Measures(serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}")))
    }

    /// What the console says of the page as it is.
    pub(crate) fn console(&self, page: &str) -> Vec<String> {
        let room = TempDir::new().expect("a temporary directory");
        let path = room.path().join("report.html");
        std::fs::write(&path, page).expect("the page is written");
        let run = self.run(&room, &path, Scheme::Light, &["--dump-dom", "--enable-logging=stderr"]);
        let lines = run.errors.lines().filter(|line| line.contains(":CONSOLE"));
        lines.map(str::to_owned).collect()
    }

    /// A picture of the page in a frame of that width.
    pub(crate) fn screenshot(&self, page: &str, width: u32, scheme: Scheme) -> Vec<u8> {
        let room = TempDir::new().expect("a temporary directory");
        let outer = framed(&room, page, width, 2_000);
        let image = room.path().join("page.png");
        let option = format!("--screenshot={}", image.display());
        self.run(&room, &outer, scheme, &[&option, "--window-size=1400,2000"]);
        std::fs::read(&image).expect("the browser made a picture")
    }

    fn run(&self, room: &TempDir, page: &Path, scheme: Scheme, options: &[&str]) -> Finished {
        let file = |name: &str| std::fs::File::create(room.path().join(name)).expect("a file");
        let preferred = match scheme {
            Scheme::Light => "--blink-settings=preferredColorScheme=1",
            Scheme::Dark => "--blink-settings=preferredColorScheme=0",
        };
        let mut child = Command::new(&self.program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
            .args(["--no-first-run", "--disable-dev-shm-usage", "--virtual-time-budget=3000"])
            .arg(format!("--user-data-dir={}", room.path().join("profile").display()))
            .arg(preferred)
            .args(options)
            .arg(format!("file://{}", page.display()))
            .stdin(Stdio::null())
            .stdout(file("output"))
            .stderr(file("errors"))
            .spawn()
            .expect("the browser starts");
        for _ in 0..PATIENCE {
            if child.try_wait().expect("the browser can be waited for").is_some() {
                let read = |name: &str| std::fs::read(room.path().join(name)).expect("a file");
                let errors = String::from_utf8_lossy(&read("errors")).into_owned();
                return Finished { output: read("output"), errors };
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = child.kill();
        let _ = child.wait();
        panic!("the browser did not end within {} seconds", PATIENCE / 10);
    }
}

/// What a browser left behind.
struct Finished {
    output: Vec<u8>,
    errors: String,
}

/// The page without its ban on scripts.
fn unprotected(page: &str) -> String {
    let begin = page.find("<meta http-equiv=\"Content-Security-Policy\"");
    let begin = begin.expect("the page bans scripts");
    let end = begin + page[begin..].find('>').expect("the element ends") + 1;
    format!("{}{}", &page[..begin], &page[end..])
}

/// A page with a frame around the other: a headless window is never narrower than 500
/// pixels, a frame is. What the inner page reports becomes text of the outer one.
fn framed(room: &TempDir, page: &str, width: u32, height: u32) -> PathBuf {
    let (inner, outer) = (room.path().join("inner.html"), room.path().join("outer.html"));
    std::fs::write(&inner, page).expect("the inner page is written");
    let frame = format!(
        "<!doctype html><meta name=color-scheme content='light dark'>\
         <body style='margin:0'><iframe src='inner.html' \
         style='border:0;width:{width}px;height:{height}px'></iframe>\
         <pre id=out></pre><script>addEventListener('message',\
         e=>{{out.textContent='MEASURED '+e.data}})</script>"
    );
    std::fs::write(&outer, frame).expect("the outer page is written");
    outer
}
