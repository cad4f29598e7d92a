//! `cargo xtask bench js`: the npm package in Node.js and in Chromium, next to libraries that know no LwM2M.

use std::path::Path;

use anyhow::{Context, Result};
use footbridge_tests::browser::Browser;
use footbridge_tests::files::Files;
use footbridge_tests::npm;

fn main() -> Result<()> {
    let folder = npm::folder()?.context("no npm package to measure: run `cargo xtask bench js`")?;
    let payloads = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench-payloads");
    println!("{}", npm::run(&folder, "node", &["bench-node.mjs", &payloads.display().to_string()])?);
    let out = npm::bundle(&folder, "bench")?;
    let Some(mut browser) = Browser::launch() else { return Ok(()) };
    // cbor-x makes its readers by `eval` where it may.
    let files = Files::serve_freely(&[("/payloads", &payloads), ("/", &out)])?;
    browser.open(&files.url("/bundled.html"))?;
    browser.wait("globalThis.bench !== undefined")?;
    let version = browser.eval("navigator.userAgent.match(/Chrom[^ ]*/)[0]")?;
    println!("\n{}, by the clock, median of 7", version.as_str().unwrap_or_default());
    // One row at a time takes longer than an answer may.
    browser.eval("bench().then(text => globalThis.done = text, error => globalThis.done = String(error)), 1")?;
    browser.wait("globalThis.done !== undefined")?;
    println!("{}", browser.eval("globalThis.done")?.as_str().unwrap_or_default());
    browser.finish()
}
