//! What the tests need besides Rust: other people's CoAP and LwM2M programs, and a browser.
//!
//! What is missing is installed when this machine lets us: Debian's packages as root, Python packages into a virtual
//! environment and Java libraries into `<target>/peers`. What cannot be had is told; its tests are then skipped, or
//! fail with `CI=true`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::npm;
use crate::process::{self, exists, step};
use crate::stamp::{self, Stamp};
use crate::workspace::Workspace;

/// Programs that come from the system, with Debian's packages for them.
const PROGRAMS: &[(&[&str], &[&str])] = &[
    (&["chromium", "chromium-browser", "google-chrome"], &["chromium", "fonts-dejavu-core"]),
    (&["coap-client-notls", "coap-client-gnutls", "coap-client-openssl"], &["libcoap3-bin"]),
    (&["mvn"], &["maven"]),
    (&["java"], &["openjdk-17-jdk-headless"]),
    (&["python3"], &["python3", "python3-venv"]),
];

/// Installs and builds what is missing. Returns the environment that tells the tests where things are.
pub(crate) fn prepare(workspace: &Workspace) -> Result<Vec<(&'static str, PathBuf)>> {
    let mut found = Vec::new();
    let mut trouble = Vec::new();
    if let Err(error) = programs() {
        trouble.push(error);
    }
    match aiocoap(workspace) {
        Ok(path) => found.push(("FOOTBRIDGE_AIOCOAP", path)),
        Err(error) => trouble.push(error.context("no aiocoap: its tests need Python 3 with venv")),
    }
    match leshan(workspace) {
        Ok(path) => found.push(("FOOTBRIDGE_LESHAN", path)),
        Err(error) => trouble.push(error.context("no Leshan: its tests need Java 17 or newer and Maven")),
    }
    match npm(workspace) {
        Ok(path) => found.push(("FOOTBRIDGE_NPM", path)),
        Err(error) => trouble.push(error.context("no npm package: its tests need Node.js 20.19 or newer with npm")),
    }
    for error in trouble {
        if is_ci() {
            return Err(error);
        }
        eprintln!("    {error:#}");
    }
    Ok(found)
}

/// Whether a missing peer is a failure.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

fn programs() -> Result<()> {
    let chrome = std::env::var_os("CHROME").is_some();
    let missing: Vec<_> = PROGRAMS
        .iter()
        .filter(|(names, _)| !names.iter().any(|name| exists(name) || (chrome && *name == "chromium")))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|(_, packages)| packages.iter().copied()).collect();
    let by_hand = format!("install Debian's packages {} (or what your system calls them)", packages.join(" "));
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"));
    if !is_root || !exists("apt-get") {
        anyhow::bail!("programs for the tests are missing: {by_hand}");
    }
    step(&format!("Installing Debian's packages {}", packages.join(" ")), || {
        let apt = |args: &[&str]| {
            process::run(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").arg("-qq").args(args))
        };
        apt(&["update"])?;
        let mut args = vec!["install", "-y", "--no-install-recommends"];
        args.extend(&packages);
        apt(&args)
    })
    .context(by_hand)
}

/// A folder whose `node_modules` has the npm package, installed from its tarball, and what its tests need.
pub(crate) fn npm(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("peers/npm");
    let tarball = npm::build(workspace)?;
    let manifest = workspace.root.join("tests/peers/npm/package.json");
    let install = |what: &str, args: &[&str]| {
        step(what, || {
            let mut command = Command::new("npm");
            // Nothing that is installed has to run a program to be complete.
            command.args(["install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]);
            process::run_quietly(command.args(args).current_dir(&folder))
        })
    };
    let (stamp_file, package_stamp_file) = (folder.join("stamp"), folder.join("package-stamp"));
    let stamp = Stamp::default().path(&manifest)?.finish();
    if !stamp::is_current(&stamp_file, &stamp) {
        fs::create_dir_all(&folder)?;
        fs::copy(&manifest, folder.join("package.json")).context("cannot copy package.json")?;
        install("Installing bundlers, TypeScript, Deno and workerd with npm (about 10 s)", &[])?;
        fs::write(&stamp_file, &stamp).context("cannot write the stamp")?;
    }
    let package_stamp = Stamp::default().word(&stamp).path(&tarball)?.finish();
    if !stamp::is_current(&package_stamp_file, &package_stamp) {
        install("Installing the npm package from its tarball", &["--no-save", &tarball.display().to_string()])?;
        fs::write(&package_stamp_file, &package_stamp).context("cannot write the stamp")?;
    }
    Ok(folder)
}

/// The folder of aiocoap's programs.
fn aiocoap(workspace: &Workspace) -> Result<PathBuf> {
    let venv = workspace.target.join("peers/aiocoap");
    let requirements = workspace.root.join("tests/peers/aiocoap/requirements.txt");
    let programs = venv.join("bin");
    let stamp_file = venv.join("stamp");
    let stamp = Stamp::default().path(&requirements)?.finish();
    if !stamp::is_current(&stamp_file, &stamp) || !programs.join("aiocoap-client").exists() {
        step("Installing aiocoap into a virtual environment of Python (about 10 s)", || {
            process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
            let mut pip = Command::new(programs.join("python"));
            pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements);
            process::run_quietly(&mut pip)?;
            fs::write(&stamp_file, &stamp).context("cannot write the stamp")
        })?;
    }
    Ok(programs)
}

/// The folder that holds `classes` and `lib` of the client, the server and the benchmark on Leshan.
pub(crate) fn leshan(workspace: &Workspace) -> Result<PathBuf> {
    let sources = workspace.root.join("tests/peers/leshan");
    let built = workspace.target.join("peers/leshan");
    let stamp_file = built.join("stamp");
    let stamp = Stamp::default().path(&sources.join("pom.xml"))?.path(&sources.join("src"))?.finish();
    if !stamp::is_current(&stamp_file, &stamp) {
        step("Building the programs on Leshan with Maven (about 15 s)", || {
            let mut maven = Command::new("mvn");
            maven.args(["--batch-mode", "--quiet", "package"]).current_dir(&sources);
            maven.arg(format!("-Dpeers.target={}", built.display()));
            process::run_quietly(&mut maven)?;
            fs::write(&stamp_file, &stamp).context("cannot write the stamp")
        })?;
    }
    Ok(built)
}
