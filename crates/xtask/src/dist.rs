//! `cargo xtask dist`: what is given to people.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::workspace::{Build, Workspace};
use crate::{console, npm};

/// Leaves the stripped release binary, console inside, at `<target>/dist/footbridge`, and the npm package beside it.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    if let Some(other) = args.first() {
        bail!("unknown argument `{other}`; dist takes none");
    }
    console::build(workspace, Build::Release)?;
    let binary = workspace.build_footbridge(Build::Release)?;
    let dist = workspace.target.join("dist");
    fs::create_dir_all(&dist)?;
    let copy = dist.join(binary.file_name().unwrap_or_default());
    // Under another name first: a running copy keeps its own file.
    let part = copy.with_extension("part");
    fs::copy(&binary, &part).with_context(|| format!("cannot write {}", part.display()))?;
    fs::rename(&part, &copy)?;
    println!("{} {} bytes", copy.display(), fs::metadata(&copy)?.len());
    let package = npm::build(workspace)?;
    println!("{} {} bytes", package.display(), fs::metadata(&package)?.len());
    Ok(())
}
