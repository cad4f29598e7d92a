//! `cargo xtask bench`: builds what ships, then measures it with the benchmark programs of the tests crate.

use std::fs;

use anyhow::{Result, bail};

use crate::process::run as exec;
use crate::workspace::{Build, Workspace};
use crate::{console, peers, stamp};

/// Runs one benchmark: `start`, `register`, `notify`, `codec` or `js`. What more is said is for the program that measures.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    if let Some((_, rest)) = args.split_first().filter(|(name, _)| *name == "codec") {
        return codec(workspace, rest);
    }
    if args == ["js"] {
        let folder = peers::npm(workspace)?;
        let mut command =
            workspace.cargo(["run", "--quiet", "--release", "--package", "footbridge-tests", "--bin", "bench_js"]);
        return exec(command.env("FOOTBRIDGE_NPM", folder));
    }
    let Some(name @ ("start" | "register" | "notify")) = args.first().map(String::as_str) else {
        bail!("usage: cargo xtask bench start | register [DEVICES] | notify [SECONDS] | codec [OPTIONS] | js");
    };
    console::build(workspace, Build::Release)?;
    let binary = workspace.build_footbridge(Build::Release)?;
    if name == "start" {
        println!("{:<44}{:>12}", "binary, console inside, bytes", fs::metadata(&binary)?.len());
        for file in stamp::files(&workspace.console())? {
            if file.to_string_lossy().ends_with(".wasm.br") {
                println!("{:<44}{:>12}", "console wasm, brotli, bytes", fs::metadata(&file)?.len());
            }
        }
    }
    let mut command =
        workspace.cargo(["run", "--quiet", "--release", "--package", "footbridge-tests", "--bin", "bench"]);
    exec(command.arg("--").args(args).env("FOOTBRIDGE_RELEASE", binary))
}

/// Measures the codecs next to Leshan's, if that can be built here.
fn codec(workspace: &Workspace, args: &[String]) -> Result<()> {
    let mut command = workspace.cargo(["run", "--release", "--package", "footbridge-tests", "--bin", "bench_codec"]);
    if !args.iter().any(|arg| arg == "--no-leshan") {
        match peers::leshan(workspace) {
            Ok(folder) => _ = command.env("FOOTBRIDGE_LESHAN", folder),
            Err(error) => eprintln!("    no Leshan to compare with: it needs Java 17 or newer and Maven: {error:#}"),
        }
    }
    exec(command.arg("--").args(args))
}
