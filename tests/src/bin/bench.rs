//! Measures a bridge from outside: `bench start` and `bench register`. Run it by `cargo xtask bench`.
//!
//! Processor time and memory are read from Linux' `/proc`; elsewhere they are left out.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use footbridge_tests::bridge::Bridge;
use footbridge_tests::device;

/// How often the bridge is started.
const STARTS: usize = 10;
/// How many devices register.
const DEVICES: usize = 10_000;
/// How many of them wait for an answer at once.
const AT_ONCE: usize = 16;

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("start") => start(),
        Some("register") => register(),
        _ => bail!("usage: bench start|register"),
    }
}

/// From the start of the process to listening, and memory at rest.
fn start() -> Result<()> {
    let mut times = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..STARTS {
        let bridge = bridge()?;
        times.push(bridge.started_in.as_secs_f64() * 1000.0);
        // Some requests first: what they touch belongs to the memory of a bridge that is used.
        for path in ["/healthz", "/", "/api/v1/clients"] {
            bridge.request("GET", path, b"")?;
        }
        memory.extend(rss(bridge.pid()));
    }
    line("start to listening, ms, median of 10", &format!("{:.1}", median(&mut times)));
    line("start to listening, ms, slowest of 10", &format!("{:.1}", times[STARTS - 1]));
    if !memory.is_empty() {
        line("memory at rest, KiB, median of 10", &format!("{:.0}", median(&mut memory)));
    }
    Ok(())
}

/// Ten thousand devices, each with an address of its own.
fn register() -> Result<()> {
    let bridge = bridge()?;
    bridge.request("GET", "/api/v1/clients?limit=1", b"")?;
    let (memory, processor) = (rss(bridge.pid()), processor_time(bridge.pid()));
    let (next, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let number @ 0..DEVICES = next.fetch_add(1, Ordering::Relaxed) {
                    if let Err(error) = register_one(bridge.coap, number) {
                        eprintln!("device {number}: {error:#}");
                        lost.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let took = start.elapsed();
    let processor = processor_time(bridge.pid()).zip(processor).map(|(after, before)| after - before);
    let memory = rss(bridge.pid()).zip(memory).map(|(after, before)| after - before);
    let listed = bridge.get("/api/v1/clients?limit=1")?["total"].as_u64().context("no total")?;

    let devices = DEVICES as f64;
    line("registered by UDP", &DEVICES.to_string());
    line("lost", &lost.load(Ordering::Relaxed).to_string());
    line("listed afterwards", &listed.to_string());
    line("a second", &format!("{:.0}", devices / took.as_secs_f64()));
    if let Some(processor) = processor {
        line("processor of the bridge, us each", &format!("{:.1}", processor.as_secs_f64() * 1e6 / devices));
    }
    if let Some(memory) = memory {
        line("memory of the bridge, bytes each", &format!("{:.0}", memory * 1024.0 / devices));
    }
    ensure!(lost.into_inner() == 0 && listed == DEVICES as u64, "registrations were lost");
    Ok(())
}

fn register_one(bridge: SocketAddr, number: usize) -> Result<()> {
    let query = format!("ep=load-{number:05}&lt=3600&lwm2m=1.1&b=U");
    let links = "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\",</1/0>,</3/0>,</4/0>,</5/0>,</3303/0>;ver=1.1";
    let answer = device::ask(bridge, &device::register(&query, links))?;
    ensure!(answer.code_text() == "2.01", "answered {}", answer.code_text());
    Ok(())
}

fn bridge() -> Result<Bridge> {
    Bridge::start_release(&["--log", "warn"]).context("no bridge to measure: run `cargo xtask bench`")
}

fn line(what: &str, value: &str) {
    println!("{what:<44}{value:>12}");
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The resident memory of a process in KiB.
fn rss(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
}

/// The processor time that a process has used, user and system.
fn processor_time(pid: u32) -> Option<Duration> {
    // proc_pid_stat(5): fields 14 and 15, in ticks of 1/100 s, after the name in parentheses.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks(11)? + ticks(12)?)))
}
