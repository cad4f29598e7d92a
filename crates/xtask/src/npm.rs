//! `cargo xtask npm`: the npm package, unpacked in `<target>/npm` and as `<target>/dist/lwm2m.tgz`.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::assets::{self, Files};
use crate::process::{self, output, step};
use crate::stamp::{self, Stamp};
use crate::workspace::{WASM, Workspace};

/// `cargo xtask npm`.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    if let Some(other) = args.first() {
        bail!("unknown argument `{other}`; npm takes none");
    }
    println!("{}", build(workspace)?.display());
    Ok(())
}

/// The folder of the unpacked package.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("npm")
}

/// Makes the package current; returns the tarball.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    workspace.need_target(WASM)?;
    let source = workspace.root.join("crates/lwm2m-wasm");
    let tarball = workspace.target.join("dist/lwm2m.tgz");
    let stamp_file = workspace.target.join("npm.stamp");
    let stamp = sources(workspace)?;
    if tarball.is_file() && folder(workspace).is_dir() && stamp::is_current(&stamp_file, &stamp) {
        eprintln!("==> The npm package is current");
        return Ok(tarball);
    }
    let mut files = Files::new();
    assets::read_folder(&source.join("js"), &mut files)?;
    files.insert("lwm2m.wasm".into(), wasm(workspace, "codec", "Compiling the codec to wasm for the npm package")?);
    files.insert("ddf.wasm".into(), wasm(workspace, "ddf", "Compiling the reader of object definitions to wasm")?);
    let facts = workspace.root.join("crates/lwm2m/src/facts/registry.bin");
    files.insert("registry.bin".into(), fs::read(&facts).context("cannot read registry.bin")?);
    step("Making the npm package", || {
        limits(&files)?;
        let mut package = Files::new();
        for (name, content) in files {
            package.insert(format!("dist/{name}"), content);
        }
        for (name, path) in [
            ("package.json", source.join("package.json")),
            ("README.md", source.join("README.md")),
            ("LICENSE-APACHE", workspace.root.join("LICENSE-APACHE")),
            ("LICENSE-MIT", workspace.root.join("LICENSE-MIT")),
        ] {
            package.insert(name.into(), fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
        }
        check(&package)?;
        write_folder(&package, &folder(workspace))?;
        let packed = pack(&package)?;
        ensure!(packed.len() < MOST_PACKED, "the tarball has {} bytes, {MOST_PACKED} are too many", packed.len());
        eprintln!("    {:<42}{:>10}", "lwm2m.tgz", packed.len());
        fs::create_dir_all(workspace.target.join("dist"))?;
        fs::write(&tarball, packed)?;
        Ok(())
    })?;
    fs::write(stamp_file, stamp)?;
    Ok(tarball)
}

fn sources(workspace: &Workspace) -> Result<String> {
    let mut stamp = Stamp::default().word(&output(&mut workspace.cargo(["--version", "--verbose"]))?);
    for path in ["crates/lwm2m", "crates/lwm2m-wasm", "crates/xtask/src/npm.rs", "Cargo.toml", "Cargo.lock"] {
        stamp = stamp.path(&workspace.root.join(path))?;
    }
    Ok(stamp.finish())
}

/// Compiles the skin with one feature. The two modules have the same name for cargo, so each is read at once.
fn wasm(workspace: &Workspace, feature: &str, what: &str) -> Result<Vec<u8>> {
    step(what, || {
        let mut command = workspace.cargo(["build", "--package=lwm2m-wasm", "--target", WASM, "--profile=npm"]);
        // Definitions are read seldom: there only size counts.
        if feature == "ddf" {
            command.env("CARGO_PROFILE_NPM_OPT_LEVEL", "z");
        }
        process::run(command.args(["--no-default-features", "--features", &format!("{feature},small")]))
    })?;
    let file = workspace.target.join(WASM).join("npm/lwm2m_wasm.wasm");
    fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// What a page loads, by gzip, and how much it may be.
const PARTS: &[(&str, &[&str], usize)] = &[
    (
        "codec and glue",
        &["lwm2m.wasm", "lwm2m.js", "wasm.js", "entries.js", "tree.js", "index.web.js", "manual.js"],
        150_000,
    ),
    ("registry", &["registry.bin"], 30_000),
    ("object definitions", &["ddf.wasm", "ddf.js", "ddf.web.js"], 90_000),
];
const MOST_PACKED: usize = 400_000;

fn limits(files: &Files) -> Result<()> {
    let mut broken = Vec::new();
    for (what, names, most) in PARTS {
        let mut size = 0;
        for name in *names {
            size += gzip(files.get(*name).with_context(|| format!("the package has no {name}"))?)?.len();
        }
        eprintln!("    {:<42}{size:>10} by gzip, of at most {most}", what);
        if size > *most {
            broken.push(*what);
        }
    }
    ensure!(broken.is_empty(), "too large for the npm package: {}", broken.join(", "));
    Ok(())
}

/// Every file that package.json names is there, and its version is that of the workspace.
fn check(package: &Files) -> Result<()> {
    let json: Value = serde_json::from_slice(&package["package.json"]).context("package.json")?;
    let version = env!("CARGO_PKG_VERSION");
    ensure!(json["version"] == version, "package.json has version {}, the workspace {version}", json["version"]);
    let mut named = BTreeSet::new();
    for key in ["exports", "bin", "types"] {
        paths(&json[key], &mut named);
    }
    for name in named {
        ensure!(package.contains_key(name), "package.json names {name}, which is not there");
    }
    Ok(())
}

fn paths<'j>(json: &'j Value, named: &mut BTreeSet<&'j str>) {
    match json {
        Value::String(path) => _ = named.insert(path.strip_prefix("./").unwrap_or(path)),
        Value::Object(object) => object.values().for_each(|value| paths(value, named)),
        _ => {}
    }
}

fn write_folder(package: &Files, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    for (name, content) in package {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// What `npm pack` makes: everything below `package/`. The same files give the same bytes.
fn pack(package: &Files) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for (name, content) in package {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        // The date that npm gives to every file.
        header.set_mtime(499_162_500);
        header.set_mode(if name == "dist/cli.js" { 0o755 } else { 0o644 });
        tar.append_data(&mut header, format!("package/{name}"), content.as_slice())?;
    }
    Ok(tar.into_inner()?.finish()?)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(content)?;
    Ok(writer.finish()?)
}
