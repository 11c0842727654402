//! A headless Chromium, spoken to over its debugging pipe (Chrome DevTools Protocol): messages of
//! JSON, each ended by a zero byte.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The page under test, as an auditor opens it.
pub const PAGE: &str = concat!("file://", env!("CARGO_MANIFEST_DIR"), "/certs/verify.html");

pub struct Chromium {
    child: Child,
    to: File,
    from: BufReader<File>,
    session: String,
    last: u64,
    /// Every request that the page made: method and address.
    pub requests: Vec<String>,
    /// What the page's script complained about.
    pub complaints: Vec<String>,
    _dir: TempDir,
}

impl Chromium {
    /// The page in a new browser; `None`, said loudly, where there is no Chromium.
    pub fn open(test: &str, language: &str) -> Option<Self> {
        if Command::new("chromium").arg("--version").output().is_err() {
            crate::common::skipped(test, "there is no chromium (Debian: apt install chromium)");
            return None;
        }
        let dir = TempDir::new().unwrap();
        let [to, from] = ["to", "from"].map(|name| dir.path().join(name));
        for pipe in [&to, &from] {
            nix::unistd::mkfifo(pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        }
        // Chromium reads from descriptor 3 and writes to 4.
        let script = "exec chromium --headless=new --no-sandbox --disable-gpu --no-first-run \
             --disable-background-networking --disable-component-update --disable-dev-shm-usage \
             --remote-debugging-pipe --user-data-dir=\"$3\" --lang=$4 --accept-lang=$4 \
             about:blank 3<\"$1\" 4>\"$2\"";
        let child = Command::new("sh")
            .args(["-c", script, "sh"])
            .args([&to, &from, &dir.path().join("profile")])
            .arg(language)
            .env("LANGUAGE", language)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = OpenOptions::new().write(true).open(to).unwrap();
        let from = BufReader::new(File::open(from).unwrap());
        let mut browser = Self {
            child,
            to,
            from,
            session: String::new(),
            last: 0,
            requests: Vec::new(),
            complaints: Vec::new(),
            _dir: dir,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attached = browser.call(
            "Target.attachToTarget",
            json!({"targetId": target["targetId"], "flatten": true}),
        );
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Network", "DOM", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.size(1280, 720);
        browser.call("Page.navigate", json!({"url": PAGE}));
        browser.wait("document.readyState === 'complete' && typeof state === 'object'");
        Some(browser)
    }

    /// Sends a command and waits for its answer; events on the way are noted.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut bytes = Vec::new();
            assert!(self.from.read_until(0, &mut bytes).unwrap() > 0, "chromium is gone");
            bytes.pop();
            let heard: Value = serde_json::from_slice(&bytes).unwrap();
            let params = &heard["params"];
            match heard["method"].as_str() {
                Some("Network.requestWillBeSent") => {
                    let url = params["request"]["url"].as_str().unwrap().to_owned();
                    self.requests.push(url);
                }
                Some("Runtime.exceptionThrown" | "Log.entryAdded") => {
                    self.complaints.push(params.to_string());
                }
                _ => {}
            }
            if heard["id"] == self.last {
                assert!(heard["error"].is_null(), "{method}: {}", heard["error"]);
                return heard["result"].clone();
            }
        }
    }

    /// What an expression in the page gives; a promise is waited for.
    pub fn run(&mut self, expression: &str) -> Value {
        let params = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
        });
        let result = self.call("Runtime.evaluate", params);
        assert!(result["exceptionDetails"].is_null(), "{expression:.200}: {result}");
        result["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn wait(&mut self, expression: &str) {
        for _ in 0..6000 {
            if self.run(expression) == true {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("never true: {expression}; {:?}", self.complaints);
    }

    /// Chooses files in the input of this id, as a person does in the browser's dialog.
    pub fn choose<P: AsRef<Path>>(&mut self, input: &str, files: &[P]) {
        let root = self.call("DOM.getDocument", json!({}));
        let node = self.call(
            "DOM.querySelector",
            json!({"nodeId": root["root"]["nodeId"], "selector": format!("#{input}")}),
        );
        let files: Vec<_> = files.iter().map(|file| file.as_ref().to_str().unwrap()).collect();
        self.call("DOM.setFileInputFiles", json!({"nodeId": node["nodeId"], "files": files}));
    }

    /// Chooses files to be judged, and waits until they are; gives what the page says of them.
    pub fn judge<P: AsRef<Path>>(&mut self, input: &str, files: &[P]) -> Value {
        let run = self.run("state.run");
        self.choose(input, files);
        self.wait(&format!("state.run > {run} && !state.busy"));
        self.run(JUDGED)
    }

    /// Believes this root key and, if there is one, this list.
    pub fn trust(&mut self, root: &Path, list: Option<&Path>) {
        self.run("useList(null)");
        self.choose("root-file", &[root]);
        self.wait("state.root !== null && !state.busy");
        if let Some(list) = list {
            self.choose("list-file", &[list]);
            self.wait("(state.list !== null || state.listBad) && !state.busy");
        }
    }

    pub fn size(&mut self, width: u32, height: u32) {
        let params = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.call("Emulation.setDeviceMetricsOverride", params);
    }

    /// Presses a key by its name.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            " " => (32, " "),
            other => panic!("{other}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let params = json!({
                "type": kind, "key": key, "code": if key == " " { "Space" } else { key },
                "windowsVirtualKeyCode": code, "text": if kind == "keyDown" { text } else { "" },
            });
            self.call("Input.dispatchKeyEvent", params);
        }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the page found out, in the words of `nulstil verify --json`.
const JUDGED: &str = "JSON.parse(JSON.stringify({ summary: counts(), gaps: state.gaps, \
     others: state.others, judged: state.judged.map((one) => ({ path: one.path, verdict: \
     one.verdict, code: one.code, conclusion: one.conclusion, method: one.method, machineComplete: \
     one.machineComplete, found: one.found ? one.found.verdict : null, toBeDestroyed: one.isCondemned, digest: one.digest, copyOf: one.copyOf, type: one.kind, said: \
     reasonsOf(one).join(' '), serial: one.drive ? one.drive.serial : null, logged: one.logged ? \
     one.logged.witnessed.length : null, decisions: one.decisions.map((d) => d.path) })) }, \
     (_, value) => typeof value === 'bigint' ? Number(value) : value))";
