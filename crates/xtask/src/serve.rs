//! `cargo xtask serve`: from a fresh clone to a running bridge.

use std::process::Command;

use anyhow::{Result, bail};

use crate::console;
use crate::process::become_program;
use crate::workspace::{Build, Workspace};

/// What a newcomer gets: a device to look at.
const DEFAULT_FLAGS: [&str; 1] = ["--demo"];

/// Sets up and builds everything, then becomes `footbridge serve FLAGS`; with no `--`, `--demo` is the flag.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let (build, flags) = arguments(args)?;
    console::build(workspace, build)?;
    let binary = workspace.build_footbridge(build)?;
    // This process turns into the bridge: Ctrl-C and SIGTERM reach it directly, and nothing stays behind.
    become_program(Command::new(binary).arg("serve").args(flags))
}

fn arguments(args: &[String]) -> Result<(Build, Vec<&str>)> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (build, rest) = match args.split_first() {
        Some((&"--dev", rest)) => (Build::Dev, rest),
        _ => (Build::Release, &args[..]),
    };
    match rest.split_first() {
        None => Ok((build, DEFAULT_FLAGS.into())),
        Some((&"--", flags)) => Ok((build, flags.into())),
        Some(_) => bail!("usage: cargo xtask serve [--dev] [-- FLAGS]; FLAGS are those of `footbridge serve`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_arguments() {
        let rows: &[(&str, Option<(Build, &str)>)] = &[
            // arguments                 build, flags
            ("", Some((Build::Release, "--demo"))),
            ("--", Some((Build::Release, ""))),
            ("--dev", Some((Build::Dev, "--demo"))),
            ("-- --no-auth", Some((Build::Release, "--no-auth"))),
            ("-- --dev", Some((Build::Release, "--dev"))),
            ("--dev -- --http 127.0.0.1:0", Some((Build::Dev, "--http 127.0.0.1:0"))),
            ("--no-auth", None),
            ("--dev --no-auth", None),
        ];
        for (line, want) in rows {
            let args: Vec<String> = line.split_whitespace().map(str::to_string).collect();
            let got = arguments(&args).ok().map(|(build, flags)| (build, flags.join(" ")));
            assert_eq!(got, want.map(|(build, flags)| (build, flags.to_string())), "{line}");
        }
    }
}
