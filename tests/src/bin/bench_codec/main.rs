//! Measures the codecs of the `lwm2m` crate next to Leshan's (Java), a generic Rust reader and a floor that does no LwM2M
//! work. Run it by `cargo xtask bench codec`, which builds Leshan's side and explains the options.
//!
//! Everything is in processor time: of this process, or of the whole Java process with its compiler and garbage
//! collector. Each payload gets a Java virtual machine of its own, which is warmed up first; then all take turns, round
//! by round, and the median of the rounds counts.

mod clock;
mod definitions;
mod floor;
mod leshan;
mod report;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;

use clock::Rates;
use leshan::Leshan;
use report::Row;
use workload::{Group, Workload};

/// Processor time for each of the things compared, in each round.
const SLICES: Slices = Slices { ours: 100, leshan: 250, other: 60 };

/// Rounds, and the seconds of processor time that Leshan gets before them for each workload.
const THOROUGH: (usize, u64) = (7, 4);

/// The same for a first impression: Leshan looks slower than it is.
const QUICK: (usize, u64) = (3, 1);

/// In ms.
struct Slices {
    ours: u64,
    leshan: u64,
    other: u64,
}

struct Options {
    /// Letters of payloads, or names of workloads; empty for all.
    only: Vec<String>,
    json: Option<PathBuf>,
    rounds: usize,
    warm_up: Duration,
    leshan: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let options = Options::read()?;
    let (groups, mut skipped) = workload::all()?;
    if options.leshan.is_none() {
        skipped.push("Leshan: run by `cargo xtask bench codec`, with Java 17 and Maven".into());
    }
    report::heading();
    let mut rows = Vec::new();
    for group in groups {
        measure(group, &options, &mut rows)?;
    }
    if let [Some(device), Some(senml)] = ["d_decode", "b_decode"].map(|name| rate(&rows, name)) {
        println!("LwM2M CBOR is read {:.2} times as fast as SenML CBOR (aim 1.33)", device / senml);
    }
    let missed: Vec<&str> = rows.iter().filter(|row| row.misses()).map(|row| row.name.as_str()).collect();
    for why in &skipped {
        println!("skipped {why}");
    }
    println!("{} measured, {} skipped", rows.len(), skipped.len());
    if let Some(file) = &options.json {
        let rows: Vec<_> = rows.iter().map(Row::json).collect();
        let all = json!({"unit": "operations per second of processor time", "rounds": options.rounds, "rows": rows, "skipped": skipped});
        std::fs::write(file, format!("{all:#}\n")).with_context(|| file.display().to_string())?;
    }
    if missed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("slower than they must be: {}", missed.join(", "));
    Ok(ExitCode::FAILURE)
}

impl Options {
    fn read() -> Result<Self> {
        let leshan = std::env::var_os("FOOTBRIDGE_LESHAN").map(PathBuf::from);
        let mut options = Self { only: Vec::new(), json: None, rounds: 0, warm_up: Duration::ZERO, leshan };
        let mut extent = THOROUGH;
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--json" => options.json = Some(value()?.into()),
                "--only" => options.only = value()?.split(',').map(str::to_owned).collect(),
                "--quick" => extent = QUICK,
                "--no-leshan" => options.leshan = None,
                _ => bail!("usage: bench codec [--only a,b_encode] [--json FILE] [--quick] [--no-leshan]"),
            }
        }
        (options.rounds, options.warm_up) = (extent.0, Duration::from_secs(extent.1));
        Ok(options)
    }

    fn wants(&self, group: &str, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == group || only == workload)
    }
}

/// Measures the workloads of a group that are wanted, and prints them.
fn measure(group: Group, options: &Options, rows: &mut Vec<Row>) -> Result<()> {
    let Group { name, mut workloads } = group;
    workloads.retain(|workload| options.wants(name, &workload.name));
    let mut java = match &options.leshan {
        Some(folder) if workloads.iter().any(|workload| workload.leshan.is_some()) => Some(Leshan::start(folder)?),
        _ => None,
    };
    if let Some(java) = &mut java {
        for workload in &workloads {
            let Some(command) = &workload.leshan else { continue };
            java.prepare(command)?;
            // Its way through XML takes three times as long to become quick as anything else.
            java.run(&workload.name, if name == "h" { options.warm_up * 3 } else { options.warm_up })?;
        }
    }
    for mut workload in workloads {
        let row = workload.measure(options.rounds, java.as_mut())?;
        row.print();
        rows.push(row);
    }
    Ok(())
}

impl Workload {
    fn measure(&mut self, rounds: usize, mut java: Option<&mut Leshan>) -> Result<Row> {
        let nothing =
            |named: &Option<(&'static str, _)>| (named.as_ref().map_or("", |named| named.0), Rates::default());
        let mut row = Row {
            title: self.title.clone(),
            name: self.name.clone(),
            bytes: self.bytes,
            goal: self.goal,
            ours: Rates::default(),
            leshan: Rates::default(),
            generic: nothing(&self.generic),
            floor: nothing(&self.floor),
        };
        for _ in 0..rounds {
            if let (Some(java), Some(_)) = (&mut java, &self.leshan) {
                let (operations, took) = java.run(&self.name, Duration::from_millis(SLICES.leshan))?;
                row.leshan.add(operations, took);
            }
            let (operations, took) = clock::run(&mut self.ours, Duration::from_millis(SLICES.ours));
            row.ours.add(operations, took);
            for (other, rates) in [(&mut self.generic, &mut row.generic.1), (&mut self.floor, &mut row.floor.1)] {
                let Some((_, work)) = other else { continue };
                let (operations, took) = clock::run(work, Duration::from_millis(SLICES.other));
                rates.add(operations, took);
            }
        }
        Ok(row)
    }
}

fn rate(rows: &[Row], name: &str) -> Option<f64> {
    rows.iter().find(|row| row.name == name)?.ours.median()
}
