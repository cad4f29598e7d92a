//! What the tests need to see the bridge from outside: a running bridge, devices and clients written by others, a
//! browser, and hand-made CoAP messages.
//!
//! Nothing here uses the crates under test: what these helpers send and expect is written down byte by byte.
//! `cargo xtask test` builds the bridge and the peers and tells by the environment where they are:
//!
//! | variable | what |
//! |---|---|
//! | `FOOTBRIDGE_BINARY` | the bridge, a debug build: an overflow stops it |
//! | `FOOTBRIDGE_RELEASE` | the bridge as it ships, console inside |
//! | `FOOTBRIDGE_LESHAN` | folder with `classes` and `lib` of the client and the server on Leshan |
//! | `FOOTBRIDGE_AIOCOAP` | folder with `aiocoap-client` |
//! | `FOOTBRIDGE_NPM` | folder whose `node_modules` has the npm package and what its tests need |
//! | `FOOTBRIDGE_SKIPS` | file to which skipped tests are added |
//! | `ARTIFACTS_DIR` | where screenshots go |
//!
//! Without them, or without a browser, a test skips itself, which is printed and counted; with `CI=true` it fails.

pub mod bridge;
pub mod browser;
pub mod coap;
pub mod console;
pub mod device;
pub mod files;
pub mod http;
pub mod npm;
pub mod peers;
pub mod simulated;
pub mod ws;

use std::fs::OpenOptions;
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long anything that should happen soon may take on a busy machine.
pub const SOON: Duration = Duration::from_secs(30);

/// Notes that the current test is skipped, and why.
///
/// # Panics
///
/// With `CI=true`, where nothing may be skipped.
pub fn skip(why: &str) {
    let thread = std::thread::current();
    let line = format!("{}: {why}", thread.name().unwrap_or("a test"));
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{line}");
    eprintln!("skipped {line}");
    if let Some(file) = std::env::var_os("FOOTBRIDGE_SKIPS")
        && let Ok(mut file) = OpenOptions::new().append(true).create(true).open(file)
    {
        let _ = writeln!(file, "{line}");
    }
}

/// Asks again and again until there is an answer; gives up after [`SOON`].
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if start.elapsed() > SOON {
            bail!("waited {SOON:?} in vain for {what}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
