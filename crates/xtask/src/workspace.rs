//! Where things are: the root of the workspace, cargo's target folder, the toolchain.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{self, output};

/// The target the console is compiled for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// How the bridge or the console is built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Build {
    /// Slow to build, quick to run: what ships.
    Release,
    /// Quick to build, for edits.
    Dev,
}

/// The folders and programs that every task needs.
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever it was configured to be.
    pub(crate) target: PathBuf,
    cargo: String,
}

impl Workspace {
    /// Asks cargo where the workspace and its target folder are.
    pub(crate) fn find() -> Result<Self> {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let mut command = Command::new(&cargo);
        command.args(["metadata", "--format-version=1", "--no-deps", "--manifest-path"]).arg(manifest);
        let metadata: serde_json::Value = serde_json::from_str(&output(&mut command)?).context("cargo metadata")?;
        let folder = |name: &str| metadata[name].as_str().map(PathBuf::from).with_context(|| format!("no {name}"));
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")?, cargo })
    }

    /// A cargo command in the root of the workspace.
    pub(crate) fn cargo<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.cargo);
        command.current_dir(&self.root).args(args);
        command
    }

    /// The folder of the built console. The build script of the bridge looks there and embeds it.
    pub(crate) fn console(&self) -> PathBuf {
        self.target.join("console")
    }

    /// The bridge's binary of this build.
    pub(crate) fn footbridge(&self, build: Build) -> PathBuf {
        let folder = match build {
            Build::Release => "release",
            Build::Dev => "debug",
        };
        self.target.join(folder).join(format!("footbridge{}", std::env::consts::EXE_SUFFIX))
    }

    /// Builds the bridge. Cargo itself skips what is current.
    pub(crate) fn build_footbridge(&self, build: Build) -> Result<PathBuf> {
        let mut command = self.cargo(["build", "--package", "footbridge"]);
        if build == Build::Release {
            command.arg("--release");
        }
        let what = match build {
            Build::Release => "Building the bridge (the first time takes two minutes)",
            Build::Dev => "Building the bridge for debugging",
        };
        process::step(what, || process::run(&mut command))?;
        Ok(self.footbridge(build))
    }

    /// Makes sure that the standard library of a target is there, with rustup if need be.
    pub(crate) fn need_target(&self, target: &str) -> Result<()> {
        let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))
            .context("rustc does not run; install Rust with rustup: https://rustup.rs")?;
        if Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("lib").is_dir() {
            return Ok(());
        }
        if !process::exists("rustup") {
            bail!(
                "Rust's standard library for {target} is missing, and rustup is not here to add it.\n\
                 Install Rust with rustup (https://rustup.rs), or your system's package with that library \
                 (Debian: libstd-rust-dev-wasm32), then run this again."
            );
        }
        process::step(&format!("Adding the Rust target {target}"), || {
            process::run(Command::new("rustup").args(["target", "add", target])).with_context(|| {
                format!("`rustup target add {target}` failed: it needs the network once; run it by hand, then run this again")
            })
        })
    }
}

/// Reads the arguments of a task that only knows `--dev`.
pub(crate) fn build_flag(args: &[String]) -> Result<Build> {
    match args {
        [] => Ok(Build::Release),
        [flag] if flag == "--dev" => Ok(Build::Dev),
        [other, ..] => bail!("unknown argument `{other}`; only --dev is known here"),
    }
}
