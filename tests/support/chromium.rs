//! A headless Chromium driven through the Chrome DevTools Protocol over pipes, and a server of static files for it.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Longest time that the browser may take for one answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Turns WebGPU on, on Chromium's software adapter, as there is no other on a test machine.
pub const WEBGPU: [&str; 2] = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/// A browser that ends with the test.
pub struct Chromium {
    child: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    /// Events that nobody has asked for yet.
    events: VecDeque<Value>,
    last: u64,
    profile: PathBuf,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It may have ended by itself, and the profile is left behind at worst.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

impl Chromium {
    /// Starts it with `flags` beside the ones that every test needs.
    pub fn start(name: &str, flags: &[&str]) -> Self {
        Self::with_preferences(name, flags, &Value::Null)
    }

    /// Starts it with the settings of a person, as in the file `Preferences` of a profile; null: with its own.
    pub fn with_preferences(name: &str, flags: &[&str], preferences: &Value) -> Self {
        let profile =
            std::env::temp_dir().join(format!("plateau-chromium-{name}-{}", std::process::id()));
        if !preferences.is_null() {
            let folder = profile.join("Default");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("Preferences"), preferences.to_string()).unwrap();
        }
        // The protocol's pipes are the descriptors 3 (in) and 4 (out).
        let mut child = Command::new("sh")
            .args(["-c", "exec chromium \"$@\" 3<&0 4>&1 </dev/null >/dev/null"])
            .args(["sh", "--remote-debugging-pipe", "--headless=new"])
            .args(["--no-sandbox", "--disable-dev-shm-usage", "--no-first-run"])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .args([
                "--disable-sync",
                "--disable-quic",
                "--enable-unsafe-swiftshader",
            ])
            .args(flags)
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs Chromium (on Debian: apt-get install chromium)");
        let commands = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            loop {
                let mut message = Vec::new();
                match answers.read_until(0, &mut message) {
                    Ok(1..) => {}
                    _ => return,
                }
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else {
                    continue;
                };
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            commands,
            messages,
            events: VecDeque::new(),
            last: 0,
            profile,
        }
    }

    /// One command; its result, or the browser's complaint.
    pub fn ask(
        &mut self,
        session: Option<&str>,
        method: &str,
        parameters: Value,
    ) -> Result<Value, String> {
        self.last += 1;
        let id = self.last;
        let mut message = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut text = message.to_string().into_bytes();
        text.push(0);
        self.commands.write_all(&text).unwrap();
        self.commands.flush().unwrap();
        loop {
            let message = self
                .messages
                .recv_timeout(PATIENCE)
                .map_err(|error| format!("{method}: no answer ({error})"))?;
            if message["id"] == id {
                return match message.get("error") {
                    Some(error) => Err(format!("{method}: {error}")),
                    None => Ok(message["result"].clone()),
                };
            }
            if message.get("method").is_some() {
                self.events.push_back(message);
            }
        }
    }

    /// The first event of that kind, which is taken out, within `patience`.
    pub fn event(&mut self, method: &str, patience: Duration) -> Option<Value> {
        let end = Instant::now() + patience;
        loop {
            if let Some(at) = self
                .events
                .iter()
                .position(|event| event["method"] == method)
            {
                return self.events.remove(at);
            }
            let left = end.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left).ok()?;
            if message.get("method").is_some() {
                self.events.push_back(message);
            }
        }
    }

    /// A tab of that size, in CSS pixels, that has not loaded anything.
    pub fn tab(&mut self, width: u32, height: u32) -> Tab<'_> {
        let target = self
            .ask(None, "Target.createTarget", json!({ "url": "about:blank" }))
            .unwrap();
        let attached = self
            .ask(
                None,
                "Target.attachToTarget",
                json!({ "targetId": target["targetId"], "flatten": true }),
            )
            .unwrap();
        let session = attached["sessionId"].as_str().unwrap().to_owned();
        let mut tab = Tab {
            browser: self,
            session,
        };
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            tab.ask(domain, json!({}));
        }
        tab.ask(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        );
        tab
    }

    /// A tab that was left by [`Tab::leave`], in front of the others.
    pub fn back_to(&mut self, session: String) -> Tab<'_> {
        let mut tab = Tab {
            browser: self,
            session,
        };
        tab.ask("Page.bringToFront", json!({}));
        tab
    }
}

/// One tab.
pub struct Tab<'a> {
    /// The browser it is in.
    pub browser: &'a mut Chromium,
    session: String,
}

impl Tab<'_> {
    /// One command to the tab, which must succeed.
    pub fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.browser
            .ask(Some(&self.session), method, parameters)
            .unwrap()
    }

    /// Loads a page.
    pub fn open(&mut self, url: &str) {
        self.ask("Page.navigate", json!({ "url": url }));
    }

    /// Loads the page anew. What the browser asks before it leaves the page is answered by `leave`; none: it must not ask.
    pub fn reload(&mut self, leave: Option<bool>) {
        self.evaluate("window.ofBefore = true");
        self.ask("Page.reload", json!({}));
        if let Some(leave) = leave {
            let asked = self
                .browser
                .event("Page.javascriptDialogOpening", PATIENCE)
                .expect("the browser asks before it leaves the page");
            assert_eq!(asked["params"]["type"], "beforeunload");
            self.ask("Page.handleJavaScriptDialog", json!({ "accept": leave }));
        }
        if leave != Some(false) {
            self.wait_for("the page is loaded anew", "!window.ofBefore", PATIENCE);
        }
    }

    /// Leaves the tab open behind others, until [`Chromium::back_to`].
    pub fn leave(self) -> String {
        self.session
    }

    /// What a JavaScript expression, or the promise that it gives, comes to.
    pub fn evaluate(&mut self, script: &str) -> Value {
        let session = self.session.clone();
        evaluate(self.browser, &session, script)
    }

    /// Waits until an expression is true, and fails the test with `what` after `patience`.
    pub fn wait_for(&mut self, what: &str, script: &str, patience: Duration) {
        let end = Instant::now() + patience;
        let script = format!("!!({script})");
        // Between two pages there is nothing to ask.
        while !ask_for(self.browser, &self.session, &script).is_ok_and(|found| found == true) {
            if Instant::now() > end {
                let state = self.evaluate("window.plateauState?.() ?? document.body.innerText");
                let told = self.evaluate("document.getElementById('told')?.innerText");
                let log = self.log().join("\n");
                panic!(
                    "waited {patience:?} in vain until {what}; the page: {state}; it told: {told}; its log: {log}"
                );
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Everything that the page and its workers have written to the console so far and that nobody has asked for.
    pub fn log(&mut self) -> Vec<String> {
        self.evaluate("0");
        let (taken, left) = std::mem::take(&mut self.browser.events)
            .into_iter()
            .partition::<VecDeque<_>, _>(|event| {
                [
                    "Runtime.consoleAPICalled",
                    "Runtime.exceptionThrown",
                    "Log.entryAdded",
                ]
                .contains(&event["method"].as_str().unwrap_or_default())
            });
        self.browser.events = left;
        taken
            .iter()
            .map(|event| {
                let parameters = &event["params"];
                let arguments = parameters["args"].as_array().into_iter().flatten();
                let said: Vec<_> = arguments
                    .map(|argument| {
                        argument["value"].to_string()
                            + argument["description"].as_str().unwrap_or_default()
                    })
                    .collect();
                if said.is_empty() {
                    parameters.to_string()
                } else {
                    said.join(" ")
                }
            })
            .collect()
    }

    /// Presses and releases a key by its DOM name, such as `a`, `Enter` or `ArrowRight`.
    pub fn key(&mut self, key: &str, modifiers: &[Modifier]) {
        let bits: u32 = modifiers.iter().map(|modifier| *modifier as u32).sum();
        let single = key.chars().count() == 1;
        let code = match key.chars().next() {
            Some(letter) if single && letter.is_ascii_alphabetic() => {
                format!("Key{}", letter.to_ascii_uppercase())
            }
            Some(digit) if single && digit.is_ascii_digit() => format!("Digit{digit}"),
            Some(' ') => "Space".to_owned(),
            Some('.') => "Period".to_owned(),
            _ => key.to_owned(),
        };
        let mut down = json!({ "type": "keyDown", "key": key, "code": code, "modifiers": bits });
        if single && bits & !(Modifier::Shift as u32) == 0 {
            down["text"] = key.into();
        }
        self.ask("Input.dispatchKeyEvent", down);
        self.ask(
            "Input.dispatchKeyEvent",
            json!({ "type": "keyUp", "key": key, "code": code, "modifiers": bits }),
        );
    }

    /// Moves the mouse to a place in CSS pixels.
    pub fn move_to(&mut self, (x, y): (f64, f64)) {
        self.ask(
            "Input.dispatchMouseEvent",
            json!({ "type": "mouseMoved", "x": x, "y": y }),
        );
    }

    /// Clicks at a place in CSS pixels.
    pub fn click(&mut self, (x, y): (f64, f64)) {
        self.move_to((x, y));
        for kind in ["mousePressed", "mouseReleased"] {
            self.ask(
                "Input.dispatchMouseEvent",
                json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 }),
            );
        }
    }

    /// Drops files together on the page's canvas.
    pub fn drop_files(&mut self, files: &[(&str, Vec<u8>)]) {
        let files = serde_json::to_string(files).unwrap();
        self.evaluate(&format!(
            "(() => {{
                const transfer = new DataTransfer();
                for (const [name, bytes] of {files})
                    transfer.items.add(new File([new Uint8Array(bytes)], name));
                const canvas = document.querySelector('canvas');
                for (const kind of ['dragenter', 'dragover', 'drop'])
                    canvas.dispatchEvent(new DragEvent(kind, {{ dataTransfer: transfer, bubbles: true, cancelable: true }}));
            }})()"
        ));
    }

    /// From now on the browser keeps what its threads do, for [`Tab::longest_task`].
    pub fn trace(&mut self) {
        let categories = ["toplevel", "__metadata"];
        self.ask(
            "Tracing.start",
            json!({ "transferMode": "ReportEvents", "traceConfig": { "includedCategories": categories } }),
        );
    }

    /// The most processor time that a task of the page's main thread has taken since [`Tab::trace`]; nobody can do anything with the
    /// page meanwhile. How long it waited for a processor or for a software GPU is the machine's affair.
    pub fn longest_task(&mut self) -> Duration {
        self.ask("Tracing.end", json!({}));
        let complete = self.browser.event("Tracing.tracingComplete", PATIENCE);
        complete.expect("the trace ends");
        let mut events = Vec::new();
        while let Some(part) = self.browser.event("Tracing.dataCollected", Duration::ZERO) {
            events.extend(part["params"]["value"].as_array().unwrap().clone());
        }
        let main: Vec<_> = events
            .iter()
            .filter(|event| event["args"]["name"] == "CrRendererMain")
            .map(|event| (&event["pid"], &event["tid"]))
            .collect();
        let longest = events
            .iter()
            .filter(|event| main.contains(&(&event["pid"], &event["tid"])))
            .filter_map(|event| event["tdur"].as_u64())
            .max();
        Duration::from_micros(longest.expect("the main thread did something"))
    }

    /// From now on what the page has downloaded goes into `folder`.
    pub fn download_into(&mut self, folder: &Path) {
        let parameters = json!({ "behavior": "allow", "downloadPath": folder });
        let answer = self
            .browser
            .ask(None, "Browser.setDownloadBehavior", parameters);
        answer.unwrap();
    }

    /// From now on a worker that the page starts waits for [`Tab::worker`].
    pub fn hold_workers(&mut self) {
        self.ask(
            "Target.setAutoAttach",
            json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true }),
        );
    }

    /// Lets the next worker that the page starts go and runs `script` in it, before its engine is loaded. Returns its session.
    pub fn worker(&mut self, script: &str) -> String {
        loop {
            let event = self
                .browser
                .event("Target.attachedToTarget", PATIENCE)
                .expect("the page started no worker");
            // The tab itself was attached, too.
            if event["params"]["targetInfo"]["type"] != "worker" {
                continue;
            }
            let session = event["params"]["sessionId"].as_str().unwrap().to_owned();
            // It has nothing to evaluate in before it goes, and then loads its engine for a while.
            let go = "Runtime.runIfWaitingForDebugger";
            self.browser.ask(Some(&session), go, json!({})).unwrap();
            evaluate(self.browser, &session, script);
            return session;
        }
    }

    /// What an expression comes to in a worker.
    pub fn evaluate_in(&mut self, session: &str, script: &str) -> Value {
        evaluate(self.browser, session, script)
    }
}

/// Keys that are held while another is pressed.
#[derive(Clone, Copy)]
pub enum Modifier {
    /// Ctrl.
    Control = 2,
    /// Shift.
    Shift = 8,
}

fn evaluate(browser: &mut Chromium, session: &str, script: &str) -> Value {
    ask_for(browser, session, script).unwrap_or_else(|error| panic!("{script}: {error}"))
}

/// What an expression comes to, or why nobody can be asked.
fn ask_for(browser: &mut Chromium, session: &str, script: &str) -> Result<Value, String> {
    let answer = browser.ask(
        Some(session),
        "Runtime.evaluate",
        json!({ "expression": script, "awaitPromise": true, "returnByValue": true }),
    )?;
    if let Some(details) = answer.get("exceptionDetails") {
        panic!("{script}: {details}");
    }
    Ok(answer["result"]["value"].clone())
}

/// Serves a folder on this machine for as long as the test runs. Returns its address, without a slash at the end.
pub fn serve_folder(root: PathBuf) -> String {
    Host::of(root).address
}

/// A host of static files on this machine, for as long as the test runs.
pub struct Host {
    /// Its address, without a slash at the end.
    pub address: String,
    down: Arc<AtomicBool>,
}

impl Host {
    /// One that has a folder.
    pub fn of(root: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let down = Arc::new(AtomicBool::new(false));
        let is_down = down.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_down.load(Ordering::Relaxed) {
                    continue;
                }
                let root = root.clone();
                // A connection that fails is the browser's to try again.
                std::thread::spawn(move || answer(stream, &root).ok());
            }
        });
        Self { address, down }
    }

    /// From now on nobody reaches it, or everybody does again.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }
}

fn answer(mut stream: TcpStream, root: &Path) -> std::io::Result<()> {
    // Chromium opens connections that it may never use.
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.by_ref().take(8192).read_line(&mut first)?;
    let mut line = String::new();
    let mut takes_brotli = false;
    while reader.by_ref().take(8192).read_line(&mut line)? > 2 {
        let header = line.to_lowercase();
        takes_brotli |= header.starts_with("accept-encoding:") && header.contains("br");
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or("/");
    let path = path.split(['?', '#']).next().unwrap_or("/");
    let name = path.trim_start_matches('/');
    let name = if name.is_empty() || name.ends_with('/') {
        format!("{name}index.html")
    } else {
        name.to_owned()
    };
    let kinds = HashMap::from([
        ("html", "text/html"),
        ("js", "text/javascript"),
        ("wasm", "application/wasm"),
        ("svg", "image/svg+xml"),
    ]);
    let kind = name
        .rsplit('.')
        .next()
        .and_then(|end| kinds.get(end))
        .unwrap_or(&"application/octet-stream");
    // As a host sends what `web/build.sh` packed.
    let packed = root.join(format!("{name}.br"));
    let packed = takes_brotli && packed.exists();
    let file = if packed { format!("{name}.br") } else { name };
    let (status, body) = match std::fs::read(root.join(&file)) {
        Ok(body) if !file.contains("..") => ("200 OK", body),
        _ => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    let coding = if packed {
        "Content-Encoding: br\r\n"
    } else {
        ""
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{coding}Connection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}
