//! `cargo xtask serve`: from a fresh clone to a running bridge.

use std::process::Command;

use anyhow::{Result, bail};

use crate::console;
use crate::process::become_program;
use crate::workspace::{Build, Workspace};

/// Sets up and builds everything, then becomes `footbridge serve FLAGS`.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let (build, flags) = arguments(args)?;
    console::build(workspace, build)?;
    let binary = workspace.build_footbridge(build)?;
    // This process turns into the bridge: Ctrl-C and SIGTERM reach it directly, and nothing stays behind.
    become_program(Command::new(binary).arg("serve").args(flags))
}

fn arguments(args: &[String]) -> Result<(Build, &[String])> {
    match args {
        [] => Ok((Build::Release, &[])),
        [dashes, flags @ ..] if dashes == "--" => Ok((Build::Release, flags)),
        [dev] if dev == "--dev" => Ok((Build::Dev, &[])),
        [dev, dashes, flags @ ..] if dev == "--dev" && dashes == "--" => Ok((Build::Dev, flags)),
        _ => bail!("usage: cargo xtask serve [--dev] [-- FLAGS]; FLAGS are those of `footbridge serve`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_arguments() {
        let rows: &[(&str, Option<(Build, usize)>)] = &[
            // arguments                 build, number of flags
            ("", Some((Build::Release, 0))),
            ("--dev", Some((Build::Dev, 0))),
            ("-- --no-auth", Some((Build::Release, 1))),
            ("--dev -- --http 127.0.0.1:0", Some((Build::Dev, 2))),
            ("--no-auth", None),
            ("--dev --no-auth", None),
        ];
        for (line, want) in rows {
            let args: Vec<String> = line.split_whitespace().map(str::to_string).collect();
            let got = arguments(&args).ok().map(|(build, flags)| (build, flags.len()));
            assert_eq!(got, *want, "{line}");
        }
    }
}
