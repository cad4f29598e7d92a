//! Footbridge: sockets, HTTP, the token and the command line around the LwM2M engine.
//!
//! The way of a message is in `core.rs`; the start is in `serve.rs`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod api;
mod assets;
mod auth;
mod cli;
mod clock;
mod core;
mod counters;
mod demo;
mod device;
mod entry_json;
mod limits;
mod log;
mod net;
mod ready;
mod secret;
mod serve;
mod signal;
mod simulate;
mod store;
#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli::Cli { command } = cli::Cli::parse();
    let ended = match command {
        cli::Command::Serve(args) => {
            log::exit_on_panic();
            args.log.start();
            runtime().and_then(|runtime| runtime.block_on(serve::run(&args))).map(|()| ExitCode::SUCCESS)
        }
        cli::Command::Simulate(args) => {
            runtime().and_then(|runtime| runtime.block_on(simulate::run(&args))).map(|()| ExitCode::SUCCESS)
        }
        cli::Command::Decode(args) => args.run().map_err(cli::safe_error),
        cli::Command::Encode(args) => args.run().map_err(cli::safe_error),
        cli::Command::Lint(args) => args.run().map_err(cli::safe_error),
    };
    match ended {
        Ok(status) => status,
        Err(error) => {
            eprintln!("footbridge: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One thread moves all bytes.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
