//! `cargo xtask bench`: builds what ships, then measures it with the benchmark program of the tests crate.

use std::fs;

use anyhow::{Result, bail};

use crate::process::run as exec;
use crate::workspace::{Build, Workspace};
use crate::{console, stamp};

/// Runs one benchmark: `start`, `register` or `notify`. What more is said is for the program that measures.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let Some(name @ ("start" | "register" | "notify")) = args.first().map(String::as_str) else {
        bail!("usage: cargo xtask bench start | register [DEVICES] | notify [SECONDS]");
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
