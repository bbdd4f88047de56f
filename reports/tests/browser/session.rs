//! A page that is used while it lives: by the browser's own protocol, over pipes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Browser, Scheme};

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The protocol is spoken over the third and fourth file, which a shell makes of the first two.
const PIPES: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";

/// A browser with one page.
pub(crate) struct Session {
    child: Child,
    input: ChildStdin,
    output: Receiver<Value>,
    /// What the browser told without being asked.
    told: Vec<Value>,
    number: u64,
    /// The page, as the browser calls it.
    page: String,
    room: TempDir,
}

impl Session {
    /// Opens a page in a window of that width.
    pub(crate) fn open(browser: &Browser, page: &str, width: u32, scheme: Scheme) -> Self {
        let room = TempDir::new().expect("a temporary directory");
        std::fs::write(room.path().join("report.html"), page).expect("the page is written");
        let mut child = Command::new("sh")
            .args(["-c", PIPES])
            .arg(&browser.program)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
            .args(["--no-first-run", "--disable-dev-shm-usage", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", room.path().join("profile").display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the browser starts");
        let input = child.stdin.take().expect("a pipe");
        let output = child.stdout.take().expect("a pipe");
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0).map_while(Result::ok) {
                let Ok(message) = serde_json::from_slice(&message) else { return };
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let page = String::new();
        let mut session =
            Self { child, input, output: receiver, told: Vec::new(), number: 0, page, room };
        session.attach(width, scheme);
        session.load();
        session
    }

    fn attach(&mut self, width: u32, scheme: Scheme) {
        let target = self.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", &attach);
        attached["sessionId"].as_str().expect("a session").clone_into(&mut self.page);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), &json!({}));
        }
        let height = 1200;
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.call("Emulation.setEmulatedMedia", &features);
    }

    /// Loads the page, again where it was loaded before.
    pub(crate) fn load(&mut self) {
        self.told.clear();
        let url = format!("file://{}", self.room.path().join("report.html").display());
        self.call("Page.navigate", &json!({ "url": url }));
        self.await_told("Page.loadEventFired");
    }

    /// Lets no script of the page run from the next load on.
    pub(crate) fn ban_scripts(&mut self) {
        self.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    }

    /// What an expression of the page comes to.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let asked =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// The text of the first element that a selector names.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let selector = json!(selector);
        let text = self.evaluate(&format!("document.querySelector({selector}).innerText"));
        text.as_str().expect("a text").to_owned()
    }

    /// A click on the middle of an element.
    pub(crate) fn click(&mut self, selector: &str) {
        let selector = json!(selector);
        let middle = self.evaluate(&format!(
            "(() => {{ const element = document.querySelector({selector}); \
             element.scrollIntoView({{ block: 'center' }}); \
             const box = element.getBoundingClientRect(); \
             return [box.left + box.width / 2, box.top + box.height / 2]; }})()"
        ));
        let at = |place: usize| middle[place].as_f64().expect("a number");
        self.click_at(at(0), at(1));
    }

    /// A click at a place of the window.
    pub(crate) fn click_at(&mut self, x: f64, y: f64) {
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1
            });
            self.call("Input.dispatchMouseEvent", &event);
        }
        self.rest();
    }

    /// Keys, one after the other, to whatever has the focus.
    pub(crate) fn keys(&mut self, keys: &[&str]) {
        for key in keys {
            let text = if key.chars().count() == 1 { *key } else { "" };
            for kind in ["keyDown", "keyUp"] {
                let event = json!({ "type": kind, "key": key, "text": text });
                self.call("Input.dispatchKeyEvent", &event);
            }
        }
        self.rest();
    }

    /// Waits until what was asked for is drawn.
    fn rest(&mut self) {
        self.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))",
        );
    }

    /// Everything that the page's console said, and every error.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let heard = ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"];
        let is_heard = |told: &&Value| heard.contains(&told["method"].as_str().unwrap_or_default());
        self.told.iter().filter(is_heard).map(ToString::to_string).collect()
    }

    /// What the page asked for beside itself.
    pub(crate) fn requests(&self) -> Vec<String> {
        let sent = self.told.iter().filter(|told| told["method"] == "Network.requestWillBeSent");
        let urls = sent.map(|told| told["params"]["request"]["url"].to_string());
        urls.filter(|url| !url.contains("report.html") && !url.contains("data:,")).collect()
    }

    /// A picture of the window.
    pub(crate) fn picture(&mut self) -> Vec<u8> {
        let picture = self.call("Page.captureScreenshot", &json!({}));
        STANDARD.decode(picture["data"].as_str().expect("a picture")).expect("base64")
    }

    /// A picture of a part of the page: from the top of one element to the bottom of another.
    pub(crate) fn picture_of(&mut self, [first, last]: [&str; 2]) -> Vec<u8> {
        let (first, last) = (json!(first), json!(last));
        let clip = self.evaluate(&format!(
            "(() => {{ const box = name => document.querySelector(name).getBoundingClientRect(); \
             const y = Math.max(0, box({first}).top + scrollY - 12); \
             const bottom = box({last}).bottom + scrollY + 12; \
             return {{ x: 0, y, width: innerWidth, height: bottom - y, scale: 1 }}; }})()"
        ));
        let asked = json!({ "clip": clip, "captureBeyondViewport": true });
        let picture = self.call("Page.captureScreenshot", &asked);
        STANDARD.decode(picture["data"].as_str().expect("a picture")).expect("base64")
    }

    /// The page on paper, as a PDF.
    pub(crate) fn printed(&mut self) -> Vec<u8> {
        let printed = self.call("Page.printToPDF", &json!({ "printBackground": true }));
        STANDARD.decode(printed["data"].as_str().expect("a document")).expect("base64")
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.number += 1;
        let number = self.number;
        let mut asked = json!({ "id": number, "method": method, "params": params });
        if !self.page.is_empty() {
            asked["sessionId"] = json!(self.page);
        }
        let mut bytes = asked.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).expect("the browser listens");
        loop {
            let message = self.output.recv_timeout(PATIENCE);
            let message = message.unwrap_or_else(|error| panic!("{method}: {error}"));
            if message["id"] == number {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
            self.told.push(message);
        }
    }

    fn await_told(&mut self, method: &str) {
        while !self.told.iter().any(|told| told["method"] == method) {
            let message = self.output.recv_timeout(PATIENCE);
            self.told.push(message.unwrap_or_else(|error| panic!("{method}: {error}")));
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
