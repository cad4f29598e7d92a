//! The payload playground: plain files of `www/playground`, the console's styles and the npm package beside them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::assets::{self, Files};
use crate::npm;
use crate::process::step;
use crate::workspace::Workspace;

/// `cargo xtask playground`: the folder for any static host, `<target>/playground`.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    if let Some(other) = args.first() {
        bail!("unknown argument `{other}`; playground takes none");
    }
    let folder = workspace.target.join("playground");
    let files = files(workspace)?;
    step("Writing the playground's files", || assets::swap_in(&files, &folder))?;
    println!("{}", folder.display());
    Ok(())
}

/// What the playground is made from, besides the npm package.
pub(crate) const SOURCES: &[&str] =
    &["www", "crates/lwm2m-wasm", "crates/xtask/src/npm.rs", "crates/xtask/src/playground.rs"];

/// Files of the console that the playground looks like.
const SHARED: &[&str] = &["tokens.css", "footbridge.css", "favicon.svg"];

/// All files by their path below the page.
pub(crate) fn files(workspace: &Workspace) -> Result<Files> {
    npm::build(workspace)?;
    let mut files = Files::new();
    read_tree(&workspace.root.join("www/playground"), Path::new(""), &mut files)?;
    for name in SHARED {
        let path = workspace.root.join("web/static").join(name);
        files.insert((*name).into(), fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    let mut package = Files::new();
    assets::read_folder(&npm::folder(workspace).join("dist"), &mut package)?;
    // What other environments start with, and types, are of no use in a page.
    let foreign = [".node.js", ".workerd.js", ".d.ts", ".d.cts", ".cjs", "cli.js"];
    package.retain(|name, _| !foreign.iter().any(|end| name.ends_with(end)));
    for (name, content) in package {
        files.insert(format!("lwm2m/{name}"), content);
    }
    for needed in ["index.html", "lwm2m/index.web.js", "lwm2m/lwm2m.wasm"] {
        ensure!(files.contains_key(needed), "the playground has no {needed}");
    }
    Ok(files)
}

fn read_tree(folder: &Path, below: &Path, files: &mut Files) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path: PathBuf = entry?.path();
        let name = below.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            read_tree(&path, &name, files)?;
        } else {
            let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.insert(name.to_string_lossy().replace('\\', "/"), content);
        }
    }
    Ok(())
}
