//! The folder in which the npm package is installed, and programs that run there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The folder with `node_modules`, and copies of the programs of `tests/npm` in `run`. None if `FOOTBRIDGE_NPM` names none.
pub fn folder() -> Result<Option<PathBuf>> {
    let Some(folder) = std::env::var_os("FOOTBRIDGE_NPM").map(PathBuf::from) else { return Ok(None) };
    let (from, to) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("npm"), folder.join("run"));
    std::fs::create_dir_all(&to)?;
    for file in std::fs::read_dir(from)? {
        let file = file?.path();
        std::fs::copy(&file, to.join(file.file_name().unwrap_or_default()))?;
    }
    Ok(Some(folder))
}

/// Runs a program in the folder of our programs; gives what it printed.
///
/// # Errors
///
/// If it does not start or ends with another status than 0.
pub fn run(folder: &Path, program: &str, args: &[&str]) -> Result<String> {
    let program = match program {
        "node" => PathBuf::from(program),
        other => folder.join("node_modules/.bin").join(other),
    };
    let mut command = Command::new(&program);
    let output = command.args(args).current_dir(folder.join("run")).stdin(Stdio::null()).output();
    let output = output.with_context(|| program.display().to_string())?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{args:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    Ok(text.trim().to_owned())
}

/// Builds a page or a worker with one bundler; gives the folder with what came out.
///
/// # Errors
///
/// If the bundler finds fault.
pub fn bundle(folder: &Path, bundler: &str) -> Result<PathBuf> {
    let out = folder.join(format!("out-{bundler}"));
    run(folder, "node", &["bundle.mjs", bundler, &out.display().to_string()])?;
    Ok(out)
}
