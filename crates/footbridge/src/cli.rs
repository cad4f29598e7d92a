//! The command line.

mod annotated;
mod batch;
mod decode;
mod definitions;
mod encode;
mod files;
mod guess;
mod input;
mod lines;
mod links;
mod lint;
mod screen;
mod setup;
mod table;
mod trouble;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use lwm2m_engine::EndpointName;

use crate::limits::Limits;
use crate::log::LogConfig;
use crate::simulate::{self, ServerUri};

/// A bridge between web pages and constrained devices: LwM2M server, CoAP over WebSocket and a console in one program.
#[derive(Debug, Parser)]
#[command(name = "footbridge", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the bridge and the console until Ctrl-C
    Serve(ServeArgs),
    /// Run simulated devices that register at a server, until Ctrl-C
    Simulate(SimulateArgs),
    /// Read a payload of any LwM2M format, or many
    Decode(decode::DecodeArgs),
    /// Write a payload in any LwM2M format, or many
    Encode(encode::EncodeArgs),
    /// Check object definitions (DDF XML)
    Lint(lint::LintArgs),
}

/// The formats, for messages.
const FORMATS: &str = "a format is a number like 11542, a media type, or one of text, link, opaque, cbor, senml-json, \
                       senml-cbor, senml-etch-json, senml-etch-cbor, tlv, json, lwm2m-cbor";

/// An error that may quote what was given, fit for a terminal.
pub(crate) fn safe_error(error: anyhow::Error) -> anyhow::Error {
    anyhow::Error::msg(screen::safe(&format!("{error:#}")))
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where browsers and scripts connect
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080", value_parser = address)]
    pub(crate) http: SocketAddr,

    /// Where devices register, by CoAP over UDP
    #[arg(
        long,
        value_name = "ADDR",
        value_parser = address,
        help = "Where devices register, by CoAP over UDP [default: [::]:5683, every network of this computer]"
    )]
    pub(crate) coap: Option<SocketAddr>,

    /// Where to keep what must survive a restart; so far nothing does
    #[arg(long, value_name = "PLACE", default_value = ":memory:", value_parser = data)]
    pub(crate) data: String,

    /// Write the addresses and the token there, as JSON, once everything listens
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,

    /// Take the token from this file (else from FOOTBRIDGE_TOKEN, else a new one is made at every start)
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// Ask nobody for a token; only with a loopback --http address
    #[arg(long, conflicts_with = "token_file")]
    pub(crate) no_auth: bool,

    /// Run a simulated device beside the bridge, which registers at it as demo-device
    #[arg(long)]
    pub(crate) demo: bool,

    /// Change a limit; an unknown name lists them all
    #[arg(long = "limit", value_name = "NAME=N")]
    pub(crate) limits: Vec<String>,

    /// How much to write to stderr: off, error, warn, info, debug or trace, with ",json" for JSON Lines
    #[arg(long, value_name = "LEVEL[,json]", default_value = "info", value_parser = LogConfig::parse)]
    pub(crate) log: LogConfig,
}

#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Where they register
    #[arg(long, value_name = "coap://HOST[:PORT]", value_parser = ServerUri::parse)]
    pub(crate) server: ServerUri,

    /// The name of the device; with a --count above 1 NAME-0001, NAME-0002 and so on
    #[arg(long, value_name = "NAME", value_parser = simulate::name)]
    pub(crate) endpoint: EndpointName,

    /// How many devices, each with a port of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=simulate::MOST))]
    pub(crate) count: u32,

    /// Seconds until a registration ends if the device is not heard of
    #[arg(long, value_name = "S", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) lifetime: u32,

    /// Seconds between two moves of their values
    #[arg(long, value_name = "S", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) interval: u32,
}

impl ServeArgs {
    /// The limits, with every `--limit` applied in order.
    pub(crate) fn limits(&self) -> anyhow::Result<Limits> {
        let mut limits = Limits::default();
        for text in &self.limits {
            limits.set(text).map_err(|error| anyhow::anyhow!("--limit {text}: {error}"))?;
        }
        Ok(limits)
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    numeric.as_deref().unwrap_or(text).parse().map_err(|_| {
        "write it as ADDRESS:PORT, for example 127.0.0.1:8080 or [::]:5683; port 0 takes any free one".into()
    })
}

fn data(text: &str) -> Result<String, String> {
    if text == ":memory:" { Ok(text.into()) } else { Err("only :memory: is there so far".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_well_formed() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn defaults_are_those_of_the_design() {
        let Cli { command: Command::Serve(args) } = Cli::parse_from(["footbridge", "serve"]) else { panic!() };
        assert!(!args.demo);
        assert_eq!(args.http, "127.0.0.1:8080".parse().unwrap());
        assert_eq!((args.coap, args.data.as_str(), args.no_auth), (None, ":memory:", false));
    }

    #[test]
    fn addresses() {
        for (text, want) in [
            ("127.0.0.1:0", Some("127.0.0.1:0")),
            ("localhost:80", Some("127.0.0.1:80")),
            ("[::1]:5683", Some("[::1]:5683")),
            ("8080", None),
            (":8080", None),
            ("127.0.0.1", None),
            ("example.org:80", None),
        ] {
            assert_eq!(address(text).ok(), want.map(|want| want.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn simulated_devices() {
        let line = ["footbridge", "simulate", "--server", "coap://localhost", "--endpoint", "a"];
        let Cli { command: Command::Simulate(args) } = Cli::parse_from(line) else { panic!() };
        assert_eq!((args.count, args.lifetime, args.interval), (1, 300, 2));
        for wrong in ["--count=0", "--count=50001", "--lifetime=0", "--interval=0"] {
            assert!(Cli::try_parse_from(line.into_iter().chain([wrong])).is_err(), "{wrong}");
        }
        for (at, wrong) in [(3, "coaps://localhost"), (5, "..")] {
            let mut line = line;
            line[at] = wrong;
            assert!(Cli::try_parse_from(line).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_there_is_refused() {
        for arguments in [
            &["--data", "/tmp/x"][..],
            &["--log", "loud"],
            &["--log", "info,yaml"],
            &["--no-auth", "--token-file", "x"],
        ] {
            let line = ["footbridge", "serve"].iter().chain(arguments);
            assert!(Cli::try_parse_from(line).is_err(), "{arguments:?}");
        }
    }
}
