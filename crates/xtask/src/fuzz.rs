//! Gives random bytes to everything that reads bytes: libFuzzer on the targets of `tests/fuzz`.
//!
//! libFuzzer needs a nightly compiler and cargo-fuzz; both are installed if that can be done. What it learns goes into
//! `<target>/fuzz`, and what breaks something into `fuzz/crashes`, where `cargo xtask test` runs it from then on.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::process::{self, exists, step};
use crate::workspace::Workspace;

/// The version of cargo-fuzz that is installed where there is none.
const CARGO_FUZZ: &str = "0.13.2";
/// How long each target runs.
const SECONDS: u32 = 60;
/// The longest input that is kept.
const LONGEST_KEPT: u64 = 768;
/// How many are kept of each target, of all lengths.
const MOST_KEPT: usize = 60;

/// Runs the targets named, or all.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let known = targets(workspace)?;
    let (mut seconds, mut keep, mut chosen) = (SECONDS, false, Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => {
                let number = args.next().and_then(|number| number.parse().ok());
                seconds = number.context("--seconds needs a whole number")?;
            }
            "--keep" => keep = true,
            name if known.iter().any(|known| known == name) => chosen.push(name.to_owned()),
            other => bail!("there is no target `{other}`: there are {}", known.join(" ")),
        }
    }
    if chosen.is_empty() {
        chosen = known;
    }
    nightly()?;
    if !exists("cargo-fuzz") {
        step("Installing cargo-fuzz (about a minute)", || {
            process::run(&mut workspace.cargo(["install", "cargo-fuzz", "--locked", "--version", CARGO_FUZZ]))
        })
        .context("libFuzzer's helper is missing: `cargo install cargo-fuzz --locked`")?;
    }
    step("Building the targets for libFuzzer (the first time about a minute)", || {
        process::run(&mut fuzz(workspace, &["build", "--sanitizer", "none"]))
    })
    .context("libFuzzer could not be built: it needs a nightly Rust and a C++ compiler (Debian's g++)")?;
    let mut broken = Vec::new();
    for target in &chosen {
        if let Err(error) = step(&format!("{target}: {seconds} s"), || fuzz_one(workspace, target, seconds)) {
            eprintln!("    {error:#}");
            broken.push(target.as_str());
        }
        if keep {
            step(&format!("{target}: keeping what covers anything"), || keep_smallest(workspace, target))?;
        }
    }
    ensure!(
        broken.is_empty(),
        "these targets broke: {}. The inputs are in fuzz/crashes: run `cargo test -p footbridge-fuzz`, repair, commit them",
        broken.join(" ")
    );
    Ok(())
}

/// The names of the targets: one file each.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.root.join("fuzz/fuzz_targets");
    let mut names = Vec::new();
    for file in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = file?.path();
        names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn nightly() -> Result<()> {
    let by_hand = "fuzzing needs a nightly compiler: `rustup toolchain install nightly --profile minimal`";
    ensure!(exists("rustup"), "{by_hand} (rustup itself is missing)");
    let works = Command::new("rustup").args(["run", "nightly", "rustc", "--version"]).output();
    if works.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    step("Installing a nightly compiler by rustup (about a minute)", || {
        process::run(Command::new("rustup").args(["toolchain", "install", "nightly", "--profile", "minimal"]))
    })
    .context(by_hand)
}

/// `cargo fuzz` with nightly. Our own code has no `unsafe`, so it runs without a sanitizer, three times as fast.
fn fuzz(workspace: &Workspace, args: &[&str]) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly", "cargo", "fuzz"]).args(args).current_dir(workspace.root.join("fuzz"));
    command.args(["--fuzz-dir", "."]).env("CARGO_TARGET_DIR", workspace.target.join("fuzz/build"));
    // Those of the cargo that runs this task.
    command.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    command
}

fn fuzz_one(workspace: &Workspace, target: &str, seconds: u32) -> Result<()> {
    let (kept, crashes) = (workspace.root.join("fuzz/corpus").join(target), crashes(workspace, target));
    let learned = workspace.target.join("fuzz/corpus").join(target);
    for folder in [&kept, &crashes, &learned] {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let mut command = fuzz(workspace, &["run", "--sanitizer", "none", target]);
    command.args([&learned, &kept]).arg("--").arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}/", crashes.display()));
    command.args(["-timeout=10", "-rss_limit_mb=1024", "-max_len=4096", "-print_final_stats=1", "-verbosity=0"]);
    let result = process::run_quietly(&mut command);
    // Without a crash there is no folder to commit.
    let _ = fs::remove_dir(&crashes);
    result
}

fn crashes(workspace: &Workspace, target: &str) -> std::path::PathBuf {
    workspace.root.join("fuzz/crashes").join(target)
}

/// Replaces the kept inputs by the smallest set of short ones that covers what all of them do, or what many of them do.
fn keep_smallest(workspace: &Workspace, target: &str) -> Result<()> {
    let kept = workspace.root.join("fuzz/corpus").join(target);
    let learned = workspace.target.join("fuzz/corpus").join(target);
    let short = workspace.target.join("fuzz/short").join(target);
    let _ = fs::remove_dir_all(&short);
    fs::create_dir_all(&short)?;
    for folder in [&kept, &learned] {
        for file in fs::read_dir(folder)? {
            let file = file?;
            if file.metadata()?.len() <= LONGEST_KEPT {
                fs::copy(file.path(), short.join(file.file_name()))?;
            }
        }
    }
    fs::remove_dir_all(&kept)?;
    fs::create_dir_all(&kept)?;
    let mut command = fuzz(workspace, &["run", "--sanitizer", "none", target]);
    command.args([&kept, &short]).args(["--", "-set_cover_merge=1", "-use_counters=0", "-verbosity=0"]);
    process::run_quietly(&mut command)?;
    let mut inputs = Vec::new();
    for file in fs::read_dir(&kept)? {
        let file = file?;
        inputs.push((file.metadata()?.len(), file.path()));
    }
    inputs.sort();
    let count = inputs.len();
    eprintln!("    {} of {count} inputs", count.min(MOST_KEPT));
    for (place, (_, path)) in inputs.iter().enumerate() {
        let steps = |place: usize| place * MOST_KEPT / count;
        if count > MOST_KEPT && steps(place) == steps(place + 1) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
