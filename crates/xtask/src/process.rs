//! Running programs, and telling what is being done and how long it took.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Does one step of a task: says what, then how long it took.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {what}");
    let start = Instant::now();
    let result = work();
    let ending = if result.is_ok() { "done in" } else { "FAILED after" };
    eprintln!("    {ending} {}", seconds(start.elapsed()));
    result
}

/// Runs a program to its end; a status other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", text(command)))?;
    ensure!(status.success(), "{} ended with {status}", text(command));
    Ok(())
}

/// Runs a program to its end and shows what it printed only if it failed.
pub(crate) fn run_quietly(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot start {}", text(command)))?;
    if !output.status.success() {
        eprint!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    ensure!(output.status.success(), "{} ended with {}", text(command), output.status);
    Ok(())
}

/// Runs a program and returns what it printed; its errors go to the screen.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {}", text(command)))?;
    ensure!(output.status.success(), "{} ended with {}", text(command), output.status);
    String::from_utf8(output.stdout).with_context(|| format!("{} printed bytes that are not text", text(command)))
}

/// Whether a program is on the PATH.
pub(crate) fn exists(program: &str) -> bool {
    find(program).is_some()
}

/// Where on the PATH a program is.
pub(crate) fn find(program: &str) -> Option<std::path::PathBuf> {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(&name)).find(|path| path.is_file())
}

/// Replaces this process by the program, so that signals reach it and nothing is left behind; returns only on failure
/// (or, where the system has no such call, when the program has ended).
pub(crate) fn become_program(command: &mut Command) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let error = command.exec();
        Err(error).with_context(|| format!("cannot start {}", text(command)))
    }
    #[cfg(not(unix))]
    {
        run(command)
    }
}

/// A duration as a person reads it: `0.4 s`, `12 s`, `2 min 5 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    let s = duration.as_secs_f64();
    match s {
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 100.0 => format!("{s:.0} s"),
        _ => format!("{} min {} s", duration.as_secs() / 60, duration.as_secs() % 60),
    }
}

fn text(command: &Command) -> String {
    let mut text = format!("`{}", command.get_program().to_string_lossy());
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text.push('`');
    text
}
