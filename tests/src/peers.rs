//! Programs of others: a client and a server on Leshan, aiocoap-client, libcoap's coap-client.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::bridge::{collect, text};
use crate::{SOON, skip, wait_for};

/// A client or a server on Leshan, an LwM2M library in Java. It ends when it is dropped.
pub struct Leshan {
    child: Child,
    stdin: ChildStdin,
    lines: Lines,
}

impl Leshan {
    /// Starts an LwM2M 1.1 device that registers at this bridge. `None` if it was not built: the test is skipped.
    ///
    /// # Panics
    ///
    /// If Java does not start.
    pub fn start(bridge: SocketAddr, endpoint: &str, options: &[&str]) -> Option<Self> {
        let own = [format!("--endpoint={endpoint}"), format!("--uri=coap://{bridge}")];
        Self::java("peers.Client", own.iter().map(String::as_str).chain(options.iter().copied()))
    }

    /// Starts an LwM2M 1.1 server on a free port, and says where. `None` if it was not built: the test is skipped.
    ///
    /// # Panics
    ///
    /// If Java does not start.
    pub fn server() -> Option<(Self, SocketAddr)> {
        let mut leshan = Self::java("peers.Server", [])?;
        let line = leshan.wait_line("listening ").unwrap_or_else(|error| panic!("{error:#}"));
        let address = line.strip_prefix("listening coap://").and_then(|address| address.parse().ok());
        Some((leshan, address.unwrap_or_else(|| panic!("{line}"))))
    }

    /// Puts each of these lines to Leshan's payload codecs and collects their answers, in the same order. The protocol is
    /// that of `Codec.java`. `None` if it was not built: the test is skipped.
    ///
    /// # Errors
    /// The answers are not there after [`SOON`].
    ///
    /// # Panics
    ///
    /// If Java does not start.
    pub fn codec(requests: Vec<String>) -> Option<Result<Vec<String>>> {
        let mut leshan = Self::java("peers.Codec", [])?;
        let count = requests.len();
        Some((|| {
            // Its pipe holds less than it is asked, so somebody has to listen meanwhile: `Lines` does.
            for request in requests {
                writeln!(leshan.stdin, "{request}").context("Leshan is gone")?;
            }
            leshan.command(r#"{"end":true}"#)?;
            leshan.lines.wait("end")?;
            let text = text(&leshan.lines.all);
            let answers: Vec<String> = text.lines().filter(|line| line.starts_with('{')).map(str::to_owned).collect();
            ensure!(answers.len() == count, "{} answers to {count} requests", answers.len());
            Ok(answers)
        })())
    }

    fn java<'a>(class: &str, args: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let Some(folder) = std::env::var_os("FOOTBRIDGE_LESHAN").map(PathBuf::from) else {
            skip("no Leshan; run `cargo xtask test`");
            return None;
        };
        let start = || -> Result<Self> {
            let mut child = Command::new("java")
                .arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=error")
                .args(["-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"])
                .arg(format!("{0}/classes:{0}/lib/*", folder.display()))
                .arg(class)
                .args(args)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .context("cannot start java")?;
            let lines = Lines::of(&mut child)?;
            let stdin = child.stdin.take().context("no stdin")?;
            Ok(Self { child, stdin, lines })
        };
        Some(start().unwrap_or_else(|error| panic!("{error:#}")))
    }

    /// Waits for the next line that starts so, after those waited for before.
    pub fn wait_line(&mut self, start: &str) -> Result<String> {
        self.lines.wait(start)
    }

    /// Gives it a command; those of the client and of the server are in `tests/peers/README.md`.
    pub fn command(&mut self, command: &str) -> Result<()> {
        writeln!(self.stdin, "{command}").context("Leshan is gone")?;
        Ok(self.stdin.flush()?)
    }

    /// Gives the server a command, `VERB ENDPOINT PATH …`; what it says to that: `CODE CONTENT`. Lines of events that come
    /// meanwhile are not passed: they can be waited for later.
    pub fn ask(&mut self, command: &str) -> Result<String> {
        let mut words = command.split(' ');
        let (verb, path) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default());
        let mut lines = Lines { seen: text(&self.lines.all).len(), all: Arc::clone(&self.lines.all) };
        self.command(command)?;
        let start = format!("{verb} {path} ");
        let line = lines.wait_any(&[&start, "error "])?;
        line.strip_prefix(&start).map(str::to_string).with_context(|| format!("`{command}`: {line}"))
    }

    /// How many lines so far start so.
    pub fn count_lines(&self, start: &str) -> usize {
        text(&self.lines.all).lines().filter(|line| line.starts_with(start)).count()
    }
}

impl Drop for Leshan {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines that a program prints, and how far the test has passed them.
pub(crate) struct Lines {
    all: Arc<Mutex<String>>,
    seen: usize,
}

impl Lines {
    /// Collects what a process prints on both its pipes.
    pub(crate) fn of(child: &mut Child) -> Result<Self> {
        let all = Arc::default();
        collect(child.stdout.take().context("no stdout")?, &all);
        collect(child.stderr.take().context("no stderr")?, &all);
        Ok(Self { all, seen: 0 })
    }

    pub(crate) fn wait(&mut self, start: &str) -> Result<String> {
        self.wait_any(&[start])
    }

    fn wait_any(&mut self, starts: &[&str]) -> Result<String> {
        let (all, seen) = (&self.all, self.seen);
        let waited = wait_for(&format!("a line that starts with one of {starts:?}"), || {
            let text = text(all);
            let mut at = seen;
            for line in text[seen..].split_inclusive('\n') {
                at += line.len();
                if starts.iter().any(|start| line.starts_with(start)) && line.ends_with('\n') {
                    return Ok(Some((at, line.trim_end().to_string())));
                }
            }
            Ok(None)
        });
        let (seen, line) = waited.with_context(|| format!("it printed:\n{}", text(&self.all)))?;
        self.seen = seen;
        Ok(line)
    }
}

/// What a program printed, and whether it ended with status 0.
#[derive(Debug)]
pub struct Printed {
    /// Standard output, byte by byte.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: String,
    /// Whether the status was 0.
    pub ok: bool,
}

/// Runs `aiocoap-client`. `None` if it was not installed: the test is skipped.
pub fn aiocoap(args: &[&str]) -> Result<Option<Printed>> {
    let Some(folder) = std::env::var_os("FOOTBRIDGE_AIOCOAP").map(PathBuf::from) else {
        skip("no aiocoap; run `cargo xtask test`");
        return Ok(None);
    };
    run(&folder.join("aiocoap-client"), args).map(Some)
}

/// What aiocoap-client made of a request.
#[derive(Debug)]
pub struct Answered {
    /// `2.05`; empty if none came.
    pub code: String,
    /// Byte by byte.
    pub payload: Vec<u8>,
    /// All that the tool told besides.
    pub log: String,
}

impl Answered {
    /// The payload as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }
}

/// Sends a request with `aiocoap-client`, with a body if there is a content format. `None` if it was not installed: the
/// test is skipped.
pub fn aiocoap_request(method: &str, uri: &str, format: Option<u16>, payload: &[u8]) -> Result<Option<Answered>> {
    let folder = tempfile::tempdir()?;
    let body = folder.path().join("body");
    std::fs::write(&body, payload)?;
    let (file, format_text) = (format!("@{}", body.display()), format.unwrap_or_default().to_string());
    let mut args = vec!["-v", "-m", method, uri];
    match (method, format) {
        ("GET", Some(_)) => args.extend(["--accept", &format_text]),
        (_, Some(_)) => args.extend(["--content-format", &format_text, "--payload", &file]),
        _ => {}
    }
    let Some(Printed { out, err, .. }) = aiocoap(&args)? else { return Ok(None) };
    let answer = err.split("Received response:").nth(1).unwrap_or_default();
    let code = answer.lines().find_map(|line| line.strip_prefix("INFO:coap.aiocoap-client:")?.split(' ').next());
    Ok(Some(Answered { code: code.unwrap_or_default().to_string(), payload: out, log: err }))
}

/// An observation by aiocoap. It ends when it is dropped.
pub struct Observer {
    child: Child,
    lines: Lines,
}

impl Observer {
    /// Starts to observe, in this content format. `None` if aiocoap was not installed: the test is skipped.
    pub fn start(uri: &str, accept: u16) -> Result<Option<Self>> {
        let Some(folder) = std::env::var_os("FOOTBRIDGE_AIOCOAP").map(PathBuf::from) else {
            skip("no aiocoap; run `cargo xtask test`");
            return Ok(None);
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/aiocoap/observe.py");
        let mut command = Command::new(folder.join("python"));
        command.arg(script).args([uri, &accept.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("cannot start Python")?;
        let lines = Lines::of(&mut child)?;
        Ok(Some(Self { child, lines }))
    }

    /// Waits for the next state with this code; its payload as text.
    pub fn wait(&mut self, code: &str) -> Result<String> {
        let line = self.lines.wait(&format!("{code} "))?;
        Ok(line[code.len() + 1..].to_string())
    }

    /// Cancels the observation and waits for the end of the connection.
    pub fn stop(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let child = &mut self.child;
        wait_for("the observer to end", || Ok(child.try_wait()?)).map(drop)
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs libcoap's `coap-client`. `None` if it was not installed: the test is skipped.
pub fn coap_client(args: &[&str]) -> Result<Option<Printed>> {
    const NAMES: [&str; 4] = ["coap-client-notls", "coap-client-gnutls", "coap-client-openssl", "coap-client"];
    let Some(program) = NAMES.iter().find_map(|name| find(name)) else {
        skip("no coap-client: install Debian's libcoap3-bin");
        return Ok(None);
    };
    run(&program, args).map(Some)
}

/// Where on the PATH a program is.
pub fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn run(program: &Path, args: &[&str]) -> Result<Printed> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > SOON {
            child.kill()?;
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output()?;
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.code().is_some(), "{} {args:?} took more than {SOON:?}: {err}", program.display());
    Ok(Printed { out: output.stdout, err, ok: output.status.success() })
}
