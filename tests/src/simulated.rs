//! Our own simulated devices, `footbridge simulate`, for servers of others.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::peers::Lines;
use crate::{bridge, skip, wait_for};

/// Running devices. They are killed when this is dropped.
pub struct Simulated {
    child: Child,
    lines: Lines,
}

impl Simulated {
    /// Starts devices that register at this server. `None` if there is no binary: the test is skipped.
    ///
    /// # Panics
    ///
    /// If the program does not start.
    pub fn start(server: SocketAddr, endpoint: &str, flags: &[&str]) -> Option<Self> {
        let Some(binary) = std::env::var_os("FOOTBRIDGE_BINARY") else {
            skip("no program to test; run `cargo xtask test`");
            return None;
        };
        let start = || -> Result<Self> {
            let mut command = Command::new(&binary);
            command.args(["simulate", "--server", &format!("coap://{server}"), "--endpoint", endpoint]).args(flags);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().context("cannot start the simulated devices")?;
            let lines = Lines::of(&mut child)?;
            Ok(Self { child, lines })
        };
        Some(start().unwrap_or_else(|error| panic!("{error:#}")))
    }

    /// Asks them to de-register and waits for the end. How many notifications they say they have sent.
    pub fn stop(&mut self) -> Result<usize> {
        bridge::terminate(&self.child)?;
        let child = &mut self.child;
        let status = wait_for("the simulated devices to stop", || Ok(child.try_wait()?))?;
        let line = self.lines.wait("stopped: ")?;
        ensure!(status.success(), "{status}: {line}");
        let words: Vec<&str> = line.split(' ').collect();
        let at = words.iter().position(|word| *word == "notifications").context("no count of notifications")?;
        Ok(words[at - 1].parse()?)
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
