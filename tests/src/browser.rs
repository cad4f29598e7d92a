//! A headless Chromium, driven by the Chrome DevTools Protocol over one WebSocket. No driver, no other package.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

use crate::peers::find;
use crate::{SOON, skip, wait_for};

/// A browser with one page. It ends when it is dropped.
pub struct Browser {
    child: Child,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    last_id: u64,
    complaints: Vec<String>,
    finished: bool,
    _profile: TempDir,
}

/// Light or dark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

impl Browser {
    /// Starts Chromium with an empty profile. `None` if there is none: the test is skipped.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn launch() -> Option<Self> {
        const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
        let named = std::env::var_os("CHROME").map(PathBuf::from);
        let Some(program) = named.or_else(|| NAMES.iter().find_map(|name| find(name))) else {
            skip("no browser: install Chromium, or name one in CHROME");
            return None;
        };
        Some(Self::start(&program).unwrap_or_else(|error| panic!("{} does not start: {error:#}", program.display())))
    }

    fn start(program: &PathBuf) -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let child = Command::new(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--hide-scrollbars", "--force-color-profile=srgb", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let file = profile.path().join("DevToolsActivePort");
        let (port, path) = wait_for("DevToolsActivePort", || {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let mut lines = text.lines();
            Ok(lines.next().and_then(|port| port.parse::<u16>().ok()).zip(lines.next().map(str::to_string)))
        })?;
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(SOON))?;
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream)?;
        let mut browser = Self {
            child,
            socket,
            session: None,
            last_id: 0,
            complaints: Vec::new(),
            finished: false,
            _profile: profile,
        };
        browser.new_page()?;
        Ok(browser)
    }

    /// Opens a page of its own and looks at that from now on.
    fn new_page(&mut self) -> Result<()> {
        self.session = None;
        let target = self.command("Target.createTarget", json!({"url": "about:blank"}))?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        self.session = self.command("Target.attachToTarget", attach)?["sessionId"].as_str().map(str::to_string);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.command(&format!("{domain}.enable"), json!({}))?;
        }
        let report = "addEventListener('securitypolicyviolation', e => \
                      console.error(`CSP: ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber} ${e.sample}`))";
        self.command("Page.addScriptToEvaluateOnNewDocument", json!({"source": report})).map(drop)
    }

    /// Closes the tab; there is an empty one afterwards.
    pub fn close_tab(&mut self) -> Result<()> {
        let target = self.command("Target.getTargetInfo", json!({}))?["targetInfo"]["targetId"].clone();
        self.session = None;
        self.command("Target.closeTarget", json!({"targetId": target}))?;
        self.new_page()
    }

    /// Sends a command of the protocol and returns its result.
    pub fn command(&mut self, method: &str, params: Value) -> Result<Value> {
        self.last_id += 1;
        let mut request = json!({"id": self.last_id, "method": method, "params": params});
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(request.to_string()))?;
        loop {
            let Message::Text(text) = self.socket.read().with_context(|| format!("{method}: no answer"))? else {
                continue;
            };
            let message: Value = serde_json::from_str(&text)?;
            if message["id"] == json!(self.last_id) {
                if let Some(error) = message.get("error") {
                    bail!("{method}: {error}");
                }
                return Ok(message["result"].clone());
            }
            self.note(&message);
        }
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&mut self, url: &str) -> Result<()> {
        let answer = self.command("Page.navigate", json!({"url": url}))?;
        ensure!(answer.get("errorText").is_none(), "{url}: {}", answer["errorText"]);
        self.wait("document.readyState === 'complete'")
    }

    /// The value of an expression in the page; promises are awaited.
    pub fn eval(&mut self, script: &str) -> Result<Value> {
        let params = json!({"expression": script, "awaitPromise": true, "returnByValue": true});
        let answer = self.command("Runtime.evaluate", params)?;
        if let Some(error) = answer.get("exceptionDetails") {
            bail!("{script}: {error}");
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Waits until an expression is true.
    pub fn wait(&mut self, script: &str) -> Result<()> {
        // While a page is being replaced there is nothing to ask.
        let result = wait_for(script, || Ok(self.eval(script).is_ok_and(|value| value == true).then_some(())));
        result.with_context(|| {
            let page = self.eval("document.body.innerText").unwrap_or_default();
            format!("the page shows: {}\ncomplaints: {:#?}", page.as_str().unwrap_or_default(), self.complaints)
        })
    }

    /// Waits for an element.
    pub fn wait_element(&mut self, selector: &str) -> Result<()> {
        self.wait(&format!("!!document.querySelector({})", json!(selector)))
    }

    /// Waits until no such element is left.
    pub fn wait_gone(&mut self, selector: &str) -> Result<()> {
        self.wait(&format!("!document.querySelector({})", json!(selector)))
    }

    /// The text of an element as it is shown.
    pub fn text(&mut self, selector: &str) -> Result<String> {
        self.wait_element(selector)?;
        let text = self.eval(&format!("document.querySelector({}).innerText", json!(selector)))?;
        Ok(text.as_str().unwrap_or_default().trim().to_string())
    }

    /// Clicks in the middle of an element, with a real mouse event. Something that covers it is an error.
    pub fn click(&mut self, selector: &str) -> Result<()> {
        self.wait_element(selector)?;
        let at = self.eval(&format!(
            "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{block: 'center'}}); \
             const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2; \
             const top = document.elementFromPoint(x, y); \
             return {{x, y, hit: !!top && (e.contains(top) || top.contains(e)), top: top && top.outerHTML.slice(0, 200)}} }})()",
            json!(selector)
        ))?;
        ensure!(at["hit"] == true, "{selector} is covered by {}", at["top"]);
        for (kind, buttons) in [("mousePressed", 1), ("mouseReleased", 0)] {
            let params = json!({"type": kind, "x": at["x"], "y": at["y"], "button": "left", "buttons": buttons, "clickCount": 1});
            self.command("Input.dispatchMouseEvent", params)?;
        }
        Ok(())
    }

    /// Presses and releases a key: a letter, `Enter`, `Tab`, `Escape`, `ArrowDown` …
    pub fn press(&mut self, key: &str) -> Result<()> {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            "Home" => (36, ""),
            "End" => (35, ""),
            "Delete" => (46, ""),
            letter => (letter.to_ascii_uppercase().bytes().next().unwrap_or(0), letter),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && !text.is_empty() {
                params["text"] = json!(text);
            }
            self.command("Input.dispatchKeyEvent", params)?;
        }
        Ok(())
    }

    /// Types text into an element, after what stands there.
    pub fn type_text(&mut self, selector: &str, text: &str) -> Result<()> {
        self.wait_element(selector)?;
        self.eval(&format!("document.querySelector({}).focus()", json!(selector)))?;
        self.command("Input.insertText", json!({"text": text}))?;
        Ok(())
    }

    /// Replaces what stands in an element by this text, as a person does: mark all, then type.
    pub fn retype(&mut self, selector: &str, text: &str) -> Result<()> {
        self.wait_element(selector)?;
        self.eval(&format!("(e => {{ e.focus(); e.select() }})(document.querySelector({}))", json!(selector)))?;
        if text.is_empty() {
            return self.press("Delete");
        }
        self.command("Input.insertText", json!({"text": text}))?;
        Ok(())
    }

    /// What stands in an input, or is chosen in a list.
    pub fn input(&mut self, selector: &str) -> Result<String> {
        self.wait_element(selector)?;
        let value = self.eval(&format!("document.querySelector({}).value", json!(selector)))?;
        Ok(value.as_str().unwrap_or_default().to_string())
    }

    /// Fails if a part of the text of an element is cut off.
    pub fn is_whole(&mut self, selector: &str) -> Result<()> {
        self.wait_element(selector)?;
        let of = format!("(e => [e.clientWidth, e.scrollWidth])(document.querySelector({}))", json!(selector));
        let widths = self.eval(&of)?;
        let (shown, needed) = (widths[0].as_u64().unwrap_or(0), widths[1].as_u64().unwrap_or(0));
        ensure!(shown > 0 && needed <= shown + 1, "{selector}: {shown} of {needed} px are to be seen");
        Ok(())
    }

    /// Moves the focus to an element.
    pub fn focus(&mut self, selector: &str) -> Result<()> {
        self.wait_element(selector)?;
        self.eval(&format!("document.querySelector({}).focus()", json!(selector))).map(drop)
    }

    /// Waits until an element shows this text somewhere.
    pub fn wait_text(&mut self, selector: &str, text: &str) -> Result<()> {
        self.wait(&format!("!!document.querySelector({})?.innerText.includes({})", json!(selector), json!(text)))
    }

    /// Waits until an element shows another text than this.
    pub fn wait_other_text(&mut self, selector: &str, text: &str) -> Result<()> {
        let shown = format!("document.querySelector({})?.innerText.trim()", json!(selector));
        self.wait(&format!("![undefined, '', {}].includes({shown})", json!(text)))
    }

    /// An attribute of an element; empty if it has none.
    pub fn attribute(&mut self, selector: &str, name: &str) -> Result<String> {
        self.wait_element(selector)?;
        let script = format!("document.querySelector({}).getAttribute({}) ?? ''", json!(selector), json!(name));
        Ok(self.eval(&script)?.as_str().unwrap_or_default().to_string())
    }

    /// Sets the size of the window in CSS pixels and the colours that its user likes.
    pub fn resize(&mut self, width: u32, height: u32, scheme: Scheme) -> Result<()> {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.command("Emulation.setDeviceMetricsOverride", metrics)?;
        let value = if scheme == Scheme::Dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": value},
                              {"name": "prefers-reduced-motion", "value": "reduce"}]);
        self.command("Emulation.setEmulatedMedia", json!({"features": features}))?;
        // Two frames, so that the new size and colours are drawn.
        self.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")?;
        Ok(())
    }

    /// Saves what the page shows as a PNG file under `$ARTIFACTS_DIR/screenshots`. Without that variable: nothing.
    pub fn screenshot(&mut self, name: &str) -> Result<()> {
        let Some(folder) = std::env::var_os("ARTIFACTS_DIR").map(PathBuf::from) else { return Ok(()) };
        let folder = folder.join("screenshots");
        std::fs::create_dir_all(&folder)?;
        let answer = self.command("Page.captureScreenshot", json!({"format": "png"}))?;
        let png = base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap_or_default())?;
        std::fs::write(folder.join(format!("{name}.png")), png)?;
        Ok(())
    }

    /// Takes a screenshot in windows of these sizes, each light and dark, with the element that it is about in sight (none:
    /// as it is), and checks that nothing makes the page scroll sideways. Ends in the last of them, light.
    pub fn screenshots(&mut self, state: &str, sizes: &[(u32, u32)], about: Option<&str>) -> Result<()> {
        for (width, height) in sizes.iter().copied() {
            for scheme in [Scheme::Dark, Scheme::Light] {
                self.resize(width, height, scheme)?;
                if let Some(selector) = about {
                    let center = "?.scrollIntoView({block: 'center'})";
                    self.eval(&format!("document.querySelector({}){center}", json!(selector)))?;
                }
                let word = if scheme == Scheme::Dark { "dark" } else { "light" };
                self.screenshot(&format!("{state}-{width}-{word}"))?;
            }
            let wide = self.eval("document.documentElement.scrollWidth")?;
            ensure!(wide.as_u64().unwrap_or(0) <= u64::from(width), "{state} is {wide} wide in a window of {width}");
        }
        Ok(())
    }

    /// Fails if there were errors on the console, exceptions, or anything that the page's security policy refused.
    pub fn no_complaints(&mut self) -> Result<()> {
        self.eval("1")?; // reads what is waiting
        ensure!(self.complaints.is_empty(), "the page complained: {:#?}", self.complaints);
        Ok(())
    }

    /// The end of a good test. A browser that is dropped without it saves a last screenshot.
    pub fn finish(mut self) -> Result<()> {
        self.no_complaints()?;
        self.finished = true;
        Ok(())
    }

    /// Forgets the complaints so far: they were expected.
    pub fn forgive(&mut self) -> Result<()> {
        self.eval("1")?;
        self.complaints.clear();
        Ok(())
    }

    fn note(&mut self, message: &Value) {
        let params = &message["params"];
        let complaint = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => params["exceptionDetails"].to_string(),
            Some("Runtime.consoleAPICalled") if params["type"] == "error" || params["type"] == "assert" => {
                params["args"].to_string()
            }
            // What the network says comes below.
            Some("Log.entryAdded") if params["entry"]["level"] == "error" && params["entry"]["source"] != "network" => {
                let entry = &params["entry"];
                format!("{} {} {}", entry["source"], entry["text"], entry["url"])
            }
            // A missing file is a fault of ours; 401 is how a page learns that it is not signed in.
            Some("Network.responseReceived")
                if params["response"]["status"].as_u64().is_some_and(|s| s >= 400 && s != 401) =>
            {
                format!("{} {}", params["response"]["status"], params["response"]["url"])
            }
            _ => return,
        };
        self.complaints.push(complaint);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !self.finished {
            eprintln!("--- the page complained ---\n{:#?}", self.complaints);
            let name = std::thread::current().name().unwrap_or("test").replace("::", "-");
            let _ = self.screenshot(&format!("failed-{name}"));
        }
        self.session = None;
        if self.command("Browser.close", json!({})).is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
