//! Programs of others: the Leshan client, aiocoap-client, libcoap's coap-client.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::bridge::{collect, text};
use crate::{SOON, skip, wait_for};

/// A Leshan client, an LwM2M 1.1 device. It ends when it is dropped.
pub struct Leshan {
    child: Child,
    stdin: ChildStdin,
    lines: Arc<Mutex<String>>,
    /// How much of its lines the test has passed.
    seen: usize,
}

impl Leshan {
    /// Starts it. `None` if it was not built: the test is skipped.
    ///
    /// # Panics
    ///
    /// If Java does not start.
    pub fn start(bridge: SocketAddr, endpoint: &str, options: &[&str]) -> Option<Self> {
        let Some(folder) = std::env::var_os("FOOTBRIDGE_LESHAN").map(PathBuf::from) else {
            skip("no Leshan client; run `cargo xtask test`");
            return None;
        };
        let start = || -> Result<Self> {
            let mut child = Command::new("java")
                .arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=error")
                .args(["-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"])
                .arg(format!("{0}/classes:{0}/lib/*", folder.display()))
                .arg("peers.Client")
                .arg(format!("--endpoint={endpoint}"))
                .arg(format!("--uri=coap://{bridge}"))
                .args(options)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .context("cannot start java")?;
            let lines = Arc::default();
            collect(child.stdout.take().context("no stdout")?, &lines);
            collect(child.stderr.take().context("no stderr")?, &lines);
            let stdin = child.stdin.take().context("no stdin")?;
            Ok(Self { child, stdin, lines, seen: 0 })
        };
        Some(start().unwrap_or_else(|error| panic!("{error:#}")))
    }

    /// Waits for the next line that starts so, after those waited for before.
    pub fn wait_line(&mut self, start: &str) -> Result<String> {
        let (lines, seen) = (&self.lines, self.seen);
        let waited = wait_for(&format!("`{start}` from the Leshan client"), || {
            let text = text(lines);
            let mut at = seen;
            for line in text[seen..].split_inclusive('\n') {
                at += line.len();
                if line.starts_with(start) && line.ends_with('\n') {
                    return Ok(Some((at, line.trim_end().to_string())));
                }
            }
            Ok(None)
        });
        let (seen, line) = waited.with_context(|| format!("it printed:\n{}", text(&self.lines)))?;
        self.seen = seen;
        Ok(line)
    }

    /// Gives it a command: `update`, `deregister`, `start`, `quit`, `crash`.
    pub fn command(&mut self, command: &str) -> Result<()> {
        writeln!(self.stdin, "{command}").context("the Leshan client is gone")?;
        Ok(self.stdin.flush()?)
    }
}

impl Drop for Leshan {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
