//! A real, headless Chromium, driven by its DevTools protocol over a pipe.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Instant;
use std::{fs, thread};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::poll::{self, PATIENCE};
use crate::{process, tools};

/// One page in a browser of its own. Dropped, it is killed and its profile is gone.
pub struct Browser {
    process: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    session: Value,
    last: u64,
    /// Complaints of the page: exceptions, violations of its policy, failed loads.
    complaints: Vec<String>,
    profile: PathBuf,
}

impl Browser {
    /// Opens a page in a window of this size.
    pub fn open(url: &str, (width, height): (u32, u32)) -> Self {
        let profile = process::folder();
        // Chromium reads commands from descriptor 3 and writes to 4; the shell makes them of the two
        // that a child has anyway.
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 >/dev/null 2>&1"#])
            .arg(tools::chromium().expect("a browser"))
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-extensions", "--disable-background-networking"])
            .args(["--hide-scrollbars", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start Chromium");
        let commands = process.stdin.take().expect("a pipe to Chromium");
        let answers = BufReader::new(process.stdout.take().expect("a pipe from Chromium"));
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for message in answers.split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("Chromium writes JSON");
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let (session, complaints) = (Value::Null, Vec::new());
        let mut browser =
            Self { process, commands, messages, session, last: 0, complaints, profile };
        let target = browser.ask("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        browser.session = browser.ask("Target.attachToTarget", attach)["sessionId"].clone();
        for domain in ["Page", "Runtime", "Log"] {
            browser.ask(&format!("{domain}.enable"), json!({}));
        }
        browser.resize(width, height);
        browser.ask("Page.navigate", json!({"url": url}));
        browser
    }

    /// Shows the page as on a screen of this size, a phone's for instance.
    pub fn resize(&mut self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.ask("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Shows the page as one who prefers `dark` or `light`.
    pub fn prefer(&mut self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.ask("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// The value of an expression on the page.
    pub fn eval(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.ask("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until the visible text of the page is as wanted, and returns it.
    pub fn wait_for_text(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut last = String::new();
        let found = poll::within(PATIENCE, || {
            // While the page is on its way there is no body.
            last = self.eval("document.body?.innerText").as_str().unwrap_or_default().to_owned();
            wanted(&last).then(|| last.clone())
        });
        found.unwrap_or_else(|| panic!("the page never showed {what}, but:\n{last}"))
    }

    /// Writes what is seen as a PNG.
    pub fn screenshot(&mut self, path: &Path) {
        let shot = self.ask("Page.captureScreenshot", json!({"format": "png"}));
        let png = shot["data"].as_str().expect("a picture");
        let png = STANDARD.decode(png).expect("a picture in base64");
        fs::write(path, png).expect("write the picture");
    }

    /// The page's complaints so far.
    pub fn complaints(&mut self) -> &[String] {
        // Whatever came before this answer has been read with it.
        self.eval("1");
        &self.complaints
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut command = json!({"id": self.last, "method": method, "params": params});
        if !self.session.is_null() {
            command["sessionId"] = self.session.clone();
        }
        let text = command.to_string() + "\0";
        self.commands.write_all(text.as_bytes()).expect("Chromium runs");
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left);
            let message = message.unwrap_or_else(|error| panic!("{method}: no answer: {error}"));
            if message["id"] == self.last {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            let params = &message["params"];
            match message["method"].as_str() {
                Some("Log.entryAdded") => self.complaints.push(params["entry"].to_string()),
                Some("Runtime.exceptionThrown") => self.complaints.push(params.to_string()),
                _ => {}
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // One that has ended already is ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}
