//! Leshan's codecs in a Java virtual machine, asked over pipes. What it understands is written in `CodecBench.java`.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// A running `peers.CodecBench`. It ends when it is dropped.
pub(crate) struct Leshan {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Leshan {
    /// Starts Java with its own choice of memory and garbage collector. `folder` holds `classes` and `lib`.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let mut child = Command::new("java")
            .arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=error")
            .arg("-cp")
            .arg(format!("{0}/classes:{0}/lib/*", folder.display()))
            .arg("peers.CodecBench")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start java")?;
        let stdin = child.stdin.take().context("no stdin")?;
        let lines = BufReader::new(child.stdout.take().context("no stdout")?).lines();
        let mut leshan = Self { child, stdin, lines };
        // Its own models end with the core objects.
        leshan.tell("model 3303 5700 FLOAT 5601 FLOAT 5602 FLOAT 5701 STRING")?;
        Ok(leshan)
    }

    /// Prepares a workload: `decode NAME …`, `links NAME …`, and so on.
    pub(crate) fn prepare(&mut self, command: &str) -> Result<()> {
        self.tell(command)?;
        let (short, answer) = (&command[..command.len().min(60)], self.line()?);
        ensure!(answer.starts_with("ready "), "Leshan, asked to {short:?}: {answer}");
        Ok(())
    }

    /// Does the work again and again for about that much processor time: how often, and what it took.
    pub(crate) fn run(&mut self, name: &str, time: Duration) -> Result<(u64, Duration)> {
        self.tell(&format!("run {name} {}", time.as_millis()))?;
        let answer = self.line()?;
        let (operations, nanos) = answer.split_once(' ').with_context(|| format!("{answer:?}"))?;
        Ok((operations.parse()?, Duration::from_nanos(nanos.parse()?)))
    }

    fn tell(&mut self, command: &str) -> Result<()> {
        writeln!(self.stdin, "{command}").context("Leshan is gone")
    }

    fn line(&mut self) -> Result<String> {
        Ok(self.lines.next().context("Leshan is gone; it said above why")??)
    }
}

impl Drop for Leshan {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
