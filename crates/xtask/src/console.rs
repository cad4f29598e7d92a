//! Builds the console: Rust to wasm, glue, hashed names, compressed copies, all into `<target>/console`, and beside it
//! the playground in a folder of its own.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::assets::{self, Files};
use crate::playground;
use crate::process::{self, output, step};
use crate::stamp::{self, Stamp};
use crate::workspace::{Build, WASM, Workspace, build_flag};

/// `cargo xtask console [--dev]`.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    build(workspace, build_flag(args)?)
}

/// Makes `<target>/console` current. Does nothing when no source of it has changed since.
///
/// With [`Build::Dev`] the wasm file is large and nothing is compressed.
pub(crate) fn build(workspace: &Workspace, build: Build) -> Result<()> {
    workspace.need_target(WASM)?;
    let stamp = sources(workspace, build)?;
    let stamp_file = workspace.target.join("console.stamp");
    if workspace.console().join("index.html").is_file() && stamp::is_current(&stamp_file, &stamp) {
        eprintln!("==> The console is current");
        return Ok(());
    }
    let (profile, folder) = match build {
        Build::Release => ("wasm-release", "wasm-release"),
        Build::Dev => ("dev", "debug"),
    };
    step("Compiling the console to wasm (the first time takes a minute or two)", || {
        process::run(&mut workspace.cargo(["build", "--package", "console", "--target", WASM, "--profile", profile]))
    })?;
    let wasm = workspace.target.join(WASM).join(folder).join("console.wasm");
    let playground = playground::files(workspace)?;
    let files = step("Making the console's files", || {
        let mut files = Files::new();
        glue(&wasm, &workspace.target.join("console-glue"), &mut files)?;
        let web = workspace.root.join("web");
        assets::read_folder(&web.join("static"), &mut files)?;
        files.insert("index.html".into(), fs::read(web.join("index.html")).context("cannot read web/index.html")?);
        let mut files = assets::hash_names(files)?;
        assets::check_references(&files)?;
        files.extend(playground.into_iter().map(|(name, content)| (format!("playground/{name}"), content)));
        if build == Build::Release {
            assets::compress(&mut files)?;
        }
        assets::swap_in(&files, &workspace.console())?;
        Ok(files)
    })?;
    eprintln!("{}", assets::size_table(&files));
    fs::write(stamp_file, stamp)?;
    Ok(())
}

/// Everything that the built console is made from.
fn sources(workspace: &Workspace, build: Build) -> Result<String> {
    let mut stamp = Stamp::default().word(&format!("{build:?}")).word(&output(&mut version(workspace))?);
    let builder = ["crates/xtask/src/assets.rs", "crates/xtask/src/console.rs"];
    let sources = ["web", "crates/lwm2m", "crates/coap-exchange", "crates/lwm2m-engine", "Cargo.toml", "Cargo.lock"];
    for path in sources.into_iter().chain(builder).chain(playground::SOURCES.iter().copied()) {
        stamp = stamp.path(&workspace.root.join(path))?;
    }
    Ok(stamp.finish())
}

fn version(workspace: &Workspace) -> std::process::Command {
    workspace.cargo(["--version", "--verbose"])
}

/// The JavaScript beside the wasm file, and the wasm file without names and producers.
fn glue(wasm: &Path, folder: &Path, files: &mut Files) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Bindgen::new()
        .input_path(wasm)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)
        .with_context(|| format!("wasm-bindgen cannot read {}", wasm.display()))?;
    assets::read_folder(folder, files)?;
    for name in ["console.js", "console_bg.wasm"] {
        ensure!(files.contains_key(name), "wasm-bindgen made no {name}");
    }
    Ok(())
}
