//! The npm package as people get it: the tarball, installed with `npm install`, in every environment that it is for.
//!
//! `cargo xtask test` installs it, and what else is needed, into one folder and names that in `FOOTBRIDGE_NPM`. The
//! programs that run there are in `tests/npm`.

mod native;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use footbridge_tests::browser::Browser;
use footbridge_tests::files::Files;
use footbridge_tests::npm::{self, bundle, run};
use footbridge_tests::skip;
use serde_json::Value;

/// Where the package is installed. None: the test is skipped.
fn folder() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| npm::folder().expect("copies of our programs"));
    if folder.is_none() {
        skip("no npm package: run `cargo xtask test`, with Node.js 20.19 or newer and npm");
    }
    folder.as_deref()
}

fn is_the_same(program: &str, args: &[&str]) -> Result<()> {
    let Some(folder) = folder() else { return Ok(()) };
    let text = run(folder, program, args)?;
    ensure!(text == "same", "{text}");
    Ok(())
}

#[test]
fn node_esm() -> Result<()> {
    is_the_same("node", &["esm.mjs"])
}

#[test]
fn node_require() -> Result<()> {
    is_the_same("node", &["required.cjs"])
}

#[test]
fn node_slim_and_manual() -> Result<()> {
    is_the_same("node", &["slim.mjs"])?;
    is_the_same("node", &["manual.mjs"])
}

#[test]
fn deno() -> Result<()> {
    is_the_same("deno", &["run", "--quiet", "--allow-read", "esm.mjs"])
}

#[test]
fn types() -> Result<()> {
    let Some(folder) = folder() else { return Ok(()) };
    let objects = run(folder, "lwm2m", &["types", "3303", "3"])?;
    std::fs::write(folder.join("run/objects.ts"), objects)?;
    for resolution in ["nodenext", "bundler"] {
        run(folder, "tsc", &["-p", &format!("tsconfig.{resolution}.json")])?;
    }
    Ok(())
}

#[test]
fn a_page_without_a_bundler() -> Result<()> {
    let Some(folder) = folder() else { return Ok(()) };
    let package = folder.join("node_modules/lwm2m");
    page(&Files::serve(&[("/lwm2m", &package), ("/", &folder.join("run"))])?, "/bare.html")
}

#[test]
fn vite() -> Result<()> {
    bundled("vite")
}

#[test]
fn esbuild() -> Result<()> {
    bundled("esbuild")
}

#[test]
fn webpack() -> Result<()> {
    bundled("webpack")
}

fn bundled(bundler: &str) -> Result<()> {
    let Some(folder) = folder() else { return Ok(()) };
    let out = bundle(folder, bundler)?;
    page(&Files::serve(&[("/", &out)])?, "/bundled.html")
}

/// Opens a page that leaves what came out in a global variable.
fn page(files: &Files, path: &str) -> Result<()> {
    let Some(mut browser) = Browser::launch() else { return Ok(()) };
    browser.open(&files.url(path))?;
    browser.wait("globalThis.result !== undefined")?;
    let result = browser.eval("globalThis.result")?;
    ensure!(result == "same", "{result}");
    browser.no_complaints()?;
    browser.finish()
}

#[test]
fn workerd() -> Result<()> {
    let Some(folder) = folder() else { return Ok(()) };
    let out = bundle(folder, "workerd")?;
    // The program itself: what stands in `.bin` would leave it running when it is ended.
    let mut command = Command::new(run(folder, "node", &["-p", "require('workerd').default"])?);
    command.args(["serve", "worker.capnp", "--control-fd=1"]).current_dir(out).stdin(Stdio::null());
    let mut worker = Worker(command.stdout(Stdio::piped()).spawn()?);
    let mut line = String::new();
    BufReader::new(worker.0.stdout.take().context("no output")?).read_line(&mut line)?;
    let event: Value = serde_json::from_str(&line).with_context(|| format!("workerd said {line:?}"))?;
    let port = event["port"].as_u64().and_then(|port| u16::try_from(port).ok()).context("no port")?;
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(footbridge_tests::SOON))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: worker\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.contains("\r\n\r\nsame") || answer.contains("\r\nsame\r\n"), "{answer}");
    Ok(())
}

/// A process that ends with the test.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The examples of the README that say `run` print what stands below them.
#[test]
fn examples() -> Result<()> {
    let Some(folder) = folder() else { return Ok(()) };
    let readme = std::fs::read_to_string(folder.join("node_modules/lwm2m/README.md"))?;
    let mut count = 0;
    for (number, part) in readme.split("\n```js run\n").skip(1).enumerate() {
        let (code, _) = part.split_once("\n```").context("no end of an example")?;
        let name = format!("example-{number}.mjs");
        std::fs::write(folder.join("run").join(&name), code)?;
        // How a line is wrapped is Node's affair.
        let printed = run(folder, "node", &[&name])?.split_whitespace().collect::<Vec<_>>().join(" ");
        // The last lines of comment are the output.
        let lines: Vec<&str> = code.lines().map(str::trim).filter(|line| *line != "}").collect();
        let expected = lines.last().and_then(|line| line.strip_prefix("// ")).context("no output below an example")?;
        ensure!(printed == expected, "example {number} prints {printed}, not {expected}");
        count += 1;
    }
    ensure!(count >= 5, "only {count} examples");
    let (_, page_part) = readme.split_once("\n```html run\n").context("no page")?;
    let (html, _) = page_part.split_once("\n```").context("no end of the page")?;
    std::fs::write(folder.join("run/example.html"), format!("<!doctype html><link rel=icon href=data:,><body>{html}"))?;
    let Some(mut browser) = Browser::launch() else { return Ok(()) };
    let package = folder.join("node_modules/lwm2m");
    let files = Files::serve(&[("/lwm2m", &package), ("/", &folder.join("run"))])?;
    browser.open(&files.url("/example.html"))?;
    browser.wait_text("body", "/3/0/9")?;
    browser.finish()
}

#[test]
fn vectors_in_node() -> Result<()> {
    let Some(folder) = folder() else { return Ok(()) };
    let selection = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    for (name, vectors) in [("selection", selection), ("whole", whole)] {
        if !vectors.join("payloads.jsonl").exists() {
            println!("without the whole collection of vectors");
            continue;
        }
        let file = folder.join(format!("run/{name}.jsonl"));
        std::fs::write(&file, native::rows(&vectors))?;
        let text = run(folder, "node", &["vectors-node.mjs", &file.display().to_string()])?;
        compare(&serde_json::from_str(&text)?)?;
    }
    Ok(())
}

#[test]
fn vectors_in_chromium() -> Result<()> {
    let Some(folder) = folder() else { return Ok(()) };
    let Some(mut browser) = Browser::launch() else { return Ok(()) };
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    std::fs::write(folder.join("run/chromium.jsonl"), native::rows(&vectors))?;
    let package = folder.join("node_modules/lwm2m");
    let files = Files::serve(&[("/lwm2m", &package), ("/", &folder.join("run"))])?;
    browser.open(&files.url("/bare.html"))?;
    browser.wait("globalThis.result !== undefined")?;
    let result = browser.eval(
        "(async () => { const [{ run }, lwm2m, rows] = await Promise.all([import('/vectors.mjs'), \
         import('/lwm2m/dist/index.web.js'), fetch('/chromium.jsonl').then(answer => answer.text())]); \
         return run(lwm2m, rows) })()",
    )?;
    compare(&result)?;
    browser.finish()
}

fn compare(result: &Value) -> Result<()> {
    let shown: Vec<&str> = result["shown"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    ensure!(result["bad"] == 0, "{} of {} rows differ:\n{}", result["bad"], result["count"], shown.join("\n"));
    ensure!(result["count"].as_u64().is_some_and(|count| count > 1_000), "only {} rows", result["count"]);
    println!("{} rows", result["count"]);
    Ok(())
}
