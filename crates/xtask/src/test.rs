//! `cargo xtask test`: sets up what the tests need and runs all of them.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::process::{seconds, step};
use crate::workspace::{Build, Workspace};
use crate::{console, peers};

/// Runs the tests with a debug build of the bridge, in which an arithmetic overflow is a failure, and a few of them with
/// the release build, which is what people get. `--dev` leaves those out and packs no console, for edits.
///
/// Other arguments go to `cargo test`. The last line counts what passed, failed and was skipped.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let start = Instant::now();
    let (build, args) = match args {
        [first, rest @ ..] if first == "--dev" => (Build::Dev, rest),
        _ => (Build::Release, args),
    };
    let environment = step("Looking for what the tests need", || peers::prepare(workspace))?;
    console::build(workspace, build)?;
    let skips = workspace.target.join("skipped-tests.txt");
    fs::write(&skips, "").context("cannot write the list of skipped tests")?;
    let mut command = workspace.cargo(["test", "--no-fail-fast"]);
    if !args.iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package")) {
        command.arg("--workspace");
    }
    command.args(args).envs(environment).env("FOOTBRIDGE_SKIPS", &skips);
    command.env("FOOTBRIDGE_BINARY", workspace.build_footbridge(Build::Dev)?);
    if build == Build::Release {
        command.env("FOOTBRIDGE_RELEASE", workspace.build_footbridge(Build::Release)?);
    }
    // A failed test tells where; the way through the runner to it is noise.
    command.env("RUST_LIB_BACKTRACE", "0");
    if std::env::var_os("ARTIFACTS_DIR").is_none() {
        command.env("ARTIFACTS_DIR", workspace.root.join("artifacts"));
    }
    let mut count = Count::default();
    let result = step("Building and running the tests", || {
        let passed = stream(&mut command, &mut count)?;
        ensure!(passed, "tests failed");
        Ok(())
    });
    let skipped = fs::read_to_string(&skips).unwrap_or_default();
    for line in skipped.lines() {
        println!("skipped: {line}");
    }
    let skipped = skipped.lines().count();
    // A test that skips itself counts as passed for the runner.
    println!("Took {} in all.", seconds(start.elapsed()));
    println!(
        "{} passed, {} failed, {} skipped",
        count.passed.saturating_sub(skipped),
        count.failed,
        skipped + count.ignored
    );
    result
}

/// Prints and counts a test of this crate that lacks something which a clone does not have. It is no failure, with
/// `CI=true` either.
#[cfg(test)]
pub(crate) fn note_skip(line: &str) {
    println!("skipped {line}");
    if let Some(file) = std::env::var_os("FOOTBRIDGE_SKIPS")
        && let Ok(mut file) = fs::OpenOptions::new().append(true).create(true).open(file)
    {
        let _ = writeln!(file, "{line}");
    }
}

#[derive(Default, PartialEq, Eq, Debug)]
struct Count {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Count {
    /// Adds a line of the runner such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`; other lines add nothing.
    fn add(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        for part in counts.split([';', '.']) {
            let mut words = part.split_whitespace();
            let (Some(Ok(number)), Some(what)) = (words.next().map(str::parse::<usize>), words.next()) else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

/// Runs the command, passes on what it prints and counts its tests. Whether it ended well.
fn stream(command: &mut Command, count: &mut Count) -> Result<bool> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo test")?;
    let out = child.stdout.take().context("no output")?;
    let mut screen = std::io::stdout().lock();
    for line in BufReader::new(out).split(b'\n') {
        let line = line?;
        count.add(&String::from_utf8_lossy(&line));
        screen.write_all(&line)?;
        screen.write_all(b"\n")?;
    }
    Ok(child.wait()?.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_the_runner_s_own_lines() {
        let mut count = Count::default();
        for line in [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.02s",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s",
            "test tests::result ... ok",
        ] {
            count.add(line);
        }
        assert_eq!(count, Count { passed: 14, failed: 1, ignored: 1 });
    }
}
