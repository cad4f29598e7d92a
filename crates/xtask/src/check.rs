//! `cargo xtask check`: all that can be told without running the program.

use anyhow::{Context, Result, bail};

use crate::process::{run as exec, step};
use crate::workspace::{WASM, Workspace};
use crate::{gen_objects, rules};

/// A microcontroller's target: proves that the core needs neither `std` nor an operating system.
const BARE: &str = "thumbv7em-none-eabihf";

/// Runs every check, the quick ones first, and stops at the first that fails.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    if let Some(other) = args.first() {
        bail!("unknown argument `{other}`; check takes none");
    }
    step("Rules for files", || rules::check(workspace))?;
    step("Format", || {
        need_component(workspace, "fmt", "rustfmt")?;
        exec(&mut workspace.cargo(["fmt", "--all", "--check"])).context("run `cargo fmt --all`")
    })?;
    step("The table of objects is what gen-objects writes", gen_objects::check)?;
    step("Lints", || {
        need_component(workspace, "clippy", "clippy")?;
        exec(&mut workspace.cargo(["clippy", "--workspace", "--exclude=console", "--all-targets", "--", "-Dwarnings"]))
    })?;
    workspace.need_target(WASM)?;
    step("Lints of the console", || {
        exec(&mut workspace.cargo(["clippy", "--package=console", "--target", WASM, "--", "-Dwarnings"]))
    })?;
    step("Docs", || {
        let mut command = workspace.cargo(["doc", "--workspace", "--exclude=console", "--no-deps"]);
        exec(command.env("RUSTDOCFLAGS", "-Dwarnings"))
    })?;
    workspace.need_target(BARE)?;
    step("Bare-metal build of the core and of CoAP", || {
        let packages = ["--package=lwm2m", "--package=coap-exchange"];
        exec(workspace.cargo(["build", "--no-default-features", "--target", BARE]).args(packages))
    })?;
    step("WebAssembly build of the core, CoAP and the engine", || {
        let packages = ["--package=lwm2m", "--package=coap-exchange", "--package=lwm2m-engine"];
        exec(workspace.cargo(["build", "--target", WASM, "--features", "lwm2m/ddf"]).args(packages))
    })?;
    println!("All checks passed.");
    Ok(())
}

/// Makes sure that a part of the toolchain is there, with rustup if need be.
fn need_component(workspace: &Workspace, subcommand: &str, component: &str) -> Result<()> {
    let mut probe = workspace.cargo([subcommand, "--version"]);
    if probe.output().is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    exec(std::process::Command::new("rustup").args(["component", "add", component]))
        .with_context(|| format!("`cargo {subcommand}` is missing: run `rustup component add {component}`"))
}
