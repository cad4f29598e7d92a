//! The tasks of this workspace, run as `cargo xtask COMMAND`.
//!
//! Every task sets up what it needs, says what it is doing and how long each step took, and names exactly what a
//! person has to install where it cannot do that itself. Only `std` and a few libraries stand behind it, so that the
//! first `cargo xtask` of a fresh clone starts soon.

mod assets;
mod bench;
mod check;
mod console;
mod dist;
mod fuzz;
mod gen_objects;
mod npm;
mod peers;
mod playground;
mod process;
mod registry_file;
mod rules;
mod serve;
mod stamp;
mod test;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

const HELP: &str = "\
Tasks of this workspace:

  cargo xtask serve [--dev] [-- FLAGS]   set up and build everything, then run `footbridge serve --demo`, or with FLAGS
                                         `footbridge serve FLAGS` (release build; --dev builds faster, for edits)
  cargo xtask test [--dev] [ARGS]        set up what the tests need, then run all of them (ARGS of `cargo test` choose)
  cargo xtask check                      format, lints, docs, bare-metal and wasm builds, rules for files
  cargo xtask bench start                measure the start, memory at rest and sizes
  cargo xtask bench register [DEVICES]   measure registrations: rate, processor and memory each (10,000 and 100,000)
  cargo xtask bench notify [SECONDS]     measure 1,000 devices that notify every second (60 s)
  cargo xtask bench codec [OPTIONS]      measure the codecs next to Leshan's (--only a,b  --json FILE  --quick  --no-leshan)
  cargo xtask bench js                   measure the npm package in Node.js and Chromium, next to other libraries
  cargo xtask dist                       the stripped release binary with the console inside, and the npm package,
                                         at target/dist/footbridge and target/dist/lwm2m.tgz
  cargo xtask npm                        the npm package, into target/npm and target/dist/lwm2m.tgz
  cargo xtask playground                 the payload playground for any static host, into target/playground
  cargo xtask console [--dev]            only the console, into target/console
  cargo xtask gen-objects [FOLDER]       write the table of object definitions, anew from a folder of registry files
  cargo xtask help                       this list

serve needs Rust by rustup (it adds the wasm target itself). test also wants Chromium, Java 17 with Maven, Python 3
with venv, Node.js 20.19 with npm, and Debian's libcoap3-bin: what is missing is installed when it can be, else named and its tests are skipped
(with CI=true they fail).";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> anyhow::Result<()> {
    let Some((command, rest)) = args.split_first() else {
        println!("{HELP}");
        return Ok(());
    };
    match command.as_str() {
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        "serve" => serve::run(&Workspace::find()?, rest),
        "test" => test::run(&Workspace::find()?, rest),
        "check" => check::run(&Workspace::find()?, rest),
        "bench" => bench::run(&Workspace::find()?, rest),
        "dist" => dist::run(&Workspace::find()?, rest),
        "npm" => npm::run(&Workspace::find()?, rest),
        "playground" => playground::run(&Workspace::find()?, rest),
        "console" => console::run(&Workspace::find()?, rest),
        "fuzz" => fuzz::run(&Workspace::find()?, rest),
        "gen-objects" => gen_objects::run(rest),
        other => anyhow::bail!("there is no task `{other}`\n\n{HELP}"),
    }
}
