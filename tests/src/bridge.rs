//! A bridge of its own for each test: started on free ports, killed when the test ends.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::http::{self, Answer, Events};
use crate::{skip, wait_for};

/// A running bridge.
pub struct Bridge {
    /// Where browsers connect.
    pub http: SocketAddr,
    /// Where devices register.
    pub coap: SocketAddr,
    /// The token; empty with `--no-auth`.
    pub token: String,
    /// From the start of the process to the ready file.
    pub started_in: Duration,
    child: Child,
    log: Arc<Mutex<String>>,
    folder: TempDir,
}

/// How a bridge is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen for HTTP; port 0 is any free one.
    pub http: SocketAddr,
    /// Where to listen for devices; port 0 is any free one.
    pub coap: SocketAddr,
    /// A token to use instead of a new one.
    pub token: Option<String>,
    /// More flags of `footbridge serve`.
    pub flags: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { http: any, coap: any, token: None, flags: Vec::new() }
    }
}

impl Bridge {
    /// Starts a bridge on free loopback ports. `None` if there is no binary: the test is skipped.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start(flags: &[&str]) -> Option<Self> {
        Self::start_with(&Options { flags: flags.iter().map(ToString::to_string).collect(), ..Options::default() })
    }

    /// Starts a bridge with these options. `None` if there is no binary: the test is skipped.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_with(options: &Options) -> Option<Self> {
        Self::start_binary("FOOTBRIDGE_BINARY", options)
    }

    /// Starts the bridge as it ships, on free loopback ports. `None` if there is no binary: the test is skipped.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_release(flags: &[&str]) -> Option<Self> {
        let flags = flags.iter().map(ToString::to_string).collect();
        Self::start_binary("FOOTBRIDGE_RELEASE", &Options { flags, ..Options::default() })
    }

    fn start_binary(variable: &str, options: &Options) -> Option<Self> {
        let Some(binary) = std::env::var_os(variable).map(PathBuf::from) else {
            skip("no bridge to test; run `cargo xtask test`");
            return None;
        };
        Some(Self::launch(&binary, options).unwrap_or_else(|error| panic!("the bridge does not start: {error:#}")))
    }

    fn launch(binary: &PathBuf, options: &Options) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let ready_file = folder.path().join("ready.json");
        let mut command = Command::new(binary);
        command.arg("serve").arg("--http").arg(options.http.to_string()).arg("--coap").arg(options.coap.to_string());
        command.arg("--ready-file").arg(&ready_file).args(&options.flags).env_remove("FOOTBRIDGE_TOKEN");
        if let Some(token) = &options.token {
            command.env("FOOTBRIDGE_TOKEN", token);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let start = Instant::now();
        let mut child = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let log = Arc::default();
        collect(child.stdout.take().context("no stdout")?, &log);
        collect(child.stderr.take().context("no stderr")?, &log);

        let ready = loop {
            if let Ok(text) = std::fs::read_to_string(&ready_file) {
                break serde_json::from_str::<Value>(&text).with_context(|| format!("ready file: {text}"))?;
            }
            if let Some(status) = child.try_wait()? {
                std::thread::sleep(Duration::from_millis(50)); // for its last words
                bail!("ended with {status}: {}", text(&log));
            }
            if start.elapsed() > crate::SOON {
                let _ = child.kill();
                bail!("no ready file: {}", text(&log));
            }
            std::thread::sleep(Duration::from_micros(200));
        };
        let started_in = start.elapsed();
        let address = |uri: &Value, scheme: &str| {
            let uri = uri.as_str().unwrap_or_default();
            uri.strip_prefix(scheme).and_then(|rest| rest.parse().ok()).with_context(|| format!("no address: {ready}"))
        };
        Ok(Self {
            http: address(&ready["http"], "http://")?,
            coap: address(&ready["coap"][0], "coap://")?,
            token: ready["token"].as_str().unwrap_or_default().to_string(),
            started_in,
            child,
            log,
            folder,
        })
    }

    /// The address for a browser, with the token in its fragment, as the bridge prints it.
    pub fn url(&self) -> Result<String> {
        wait_for("the address in the start message", || {
            let start = format!("http://{}/", self.http);
            let log = text(&self.log);
            Ok(log.split_whitespace().find(|word| word.starts_with(&start) && word.contains('#')).map(str::to_string))
        })
    }

    /// What it has printed.
    pub fn log(&self) -> String {
        text(&self.log)
    }

    /// Sends a request with the token.
    pub fn request(&self, method: &str, path: &str, body: &[u8]) -> Result<Answer> {
        let bearer = format!("Bearer {}", self.token);
        http::request(self.http, method, path, &[("Authorization", &bearer)], body)
    }

    /// `GET` with the token; the JSON of the answer, whatever its status.
    pub fn get(&self, path: &str) -> Result<Value> {
        self.request("GET", path, b"")?.json()
    }

    /// The registered device of this name, or `None`.
    pub fn client(&self, endpoint: &str) -> Result<Option<Value>> {
        let answer = self.request("GET", &format!("/api/v1/clients/{endpoint}"), b"")?;
        match answer.status {
            200 => Ok(Some(answer.json()?)),
            404 => Ok(None),
            other => bail!("clients/{endpoint} answered {other}: {}", answer.text()),
        }
    }

    /// Waits until a device of this name is registered.
    pub fn wait_client(&self, endpoint: &str) -> Result<Value> {
        wait_for(&format!("{endpoint} to be registered"), || self.client(endpoint))
    }

    /// Opens the stream of events.
    pub fn events(&self) -> Result<Events> {
        let bearer = format!("Bearer {}", self.token);
        Events::open(self.http, "/api/v1/events", &[("Authorization", &bearer)])
    }

    /// The value of one line of `/metrics`, such as `name` or `name{label="x"}`; 0 if there is no such line.
    pub fn metric(&self, name: &str) -> Result<f64> {
        let answer = self.request("GET", "/metrics", b"")?;
        let text = answer.text();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok());
        Ok(value.unwrap_or(0.0))
    }

    /// Its process, for tools that look at it from outside.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop with SIGTERM and waits for the end.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        terminate(&self.child)?;
        let child = &mut self.child;
        wait_for("the bridge to stop", || Ok(child.try_wait()?))
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Whether its ready file is there.
    pub fn is_ready(&self) -> bool {
        self.folder.path().join("ready.json").exists()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        // In a test this is shown only if the test fails.
        if std::thread::current().name() != Some("main") {
            eprintln!("--- what the bridge printed ---\n{}---", text(&self.log));
        }
    }
}

/// Asks a process to stop with SIGTERM.
pub(crate) fn terminate(child: &Child) -> Result<()> {
    let pid = child.id().to_string();
    let status = Command::new("kill").args(["-TERM", &pid]).status().context("cannot run kill")?;
    anyhow::ensure!(status.success(), "kill {pid}: {status}");
    Ok(())
}

/// Collects what a process prints.
pub(crate) fn collect(from: impl std::io::Read + Send + 'static, log: &Arc<Mutex<String>>) {
    let log = Arc::clone(log);
    std::thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let mut log = log.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            log.push_str(&String::from_utf8_lossy(&line));
            log.push('\n');
        }
    });
}

pub(crate) fn text(log: &Mutex<String>) -> String {
    log.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
}
