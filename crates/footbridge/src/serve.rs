//! `footbridge serve`: binds everything, then says so, runs until it is told to stop.

use std::fmt::Write as _;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use lwm2m_engine::Server;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::api::event::Hub;
use crate::api::{self, App, Inner, Names};
use crate::auth::{Auth, Bounds};
use crate::cli::ServeArgs;
use crate::clock::Clock;
use crate::core::{Core, Handle, Parts};
use crate::counters::Counters;
use crate::demo::{self, Demo};
use crate::limits::Limits;
use crate::log;
use crate::net::http::{self, Places};
use crate::net::udp::Udp;
use crate::ready::{Ready, ReadyFile};
use crate::secret::{self, Token};
use crate::signal::stop_signal;
use crate::store::{MemoryLog, MemoryState};

/// The port of CoAP over UDP (RFC 7252 §12.6).
const COAP_PORT: u16 = 5683;

/// Every network of this computer, by IPv6 and IPv4.
const EVERY_NETWORK: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), COAP_PORT);

/// How long connections may take to end when the bridge stops.
const STOP_TIMEOUT: Duration = Duration::from_millis(1_400);

/// The environment variable that gives the token.
const TOKEN_VARIABLE: &str = "FOOTBRIDGE_TOKEN";

/// What to start.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) http: SocketAddr,
    /// `None`: the default port on every network, by IPv6 and IPv4 as far as this computer has them.
    pub(crate) coap: Option<SocketAddr>,
    pub(crate) token: TokenFrom,
    pub(crate) limits: Limits,
    pub(crate) ready_file: Option<PathBuf>,
    /// Whether a simulated device registers as well.
    pub(crate) demo: bool,
}

/// Where the token comes from.
#[derive(Clone, Debug)]
pub(crate) enum TokenFrom {
    /// A new one at every start.
    Chance,
    /// Given by whoever starts the bridge.
    Given(Token),
    /// Nobody is asked.
    Nowhere,
}

/// A bridge that listens.
pub(crate) struct Running {
    pub(crate) places: Addresses,
    pub(crate) token: Option<Token>,
    core: Handle,
    stop: watch::Sender<bool>,
    connections: Arc<Places>,
    tasks: [JoinHandle<()>; 2],
    demo: Option<Demo>,
    _ready_file: Option<ReadyFile>,
}

/// Where it listens.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    pub(crate) http: SocketAddr,
    pub(crate) coap: SocketAddr,
}

/// The command.
pub(crate) async fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let token = match (args.no_auth, &args.token_file, std::env::var(TOKEN_VARIABLE)) {
        (true, ..) => TokenFrom::Nowhere,
        (false, Some(file), _) => TokenFrom::Given(Token::read(file)?),
        (false, None, Ok(text)) => TokenFrom::Given(Token::parse(&text).context("in FOOTBRIDGE_TOKEN")?),
        (false, None, Err(_)) => TokenFrom::Chance,
    };
    // Asked for before anything listens: a signal that comes right after the start message must not be missed.
    let stop = stop_signal()?;
    let config = Config {
        http: args.http,
        coap: args.coap,
        token,
        limits: args.limits()?,
        ready_file: args.ready_file.clone(),
        demo: args.demo,
    };
    let bridge = start(config).await?;
    print!("{}", bridge.message());
    stop.await;
    tracing::info!("stopping");
    bridge.stop().await;
    Ok(())
}

/// Binds every listener, then starts.
pub(crate) async fn start(config: Config) -> anyhow::Result<Running> {
    let Config { http, coap, token, limits, ready_file, demo } = config;
    let clock = Clock::start();
    if matches!(token, TokenFrom::Nowhere) && !http.ip().to_canonical().is_loopback() {
        bail!(
            "--no-auth would let everybody on the network in: it needs a loopback address, such as --http 127.0.0.1:8080"
        );
    }
    let listener = listen(http)?;
    let udp = bind_udp(coap, limits.bridge.udp_queue)?;
    let places = Addresses { http: listener.local_addr()?, coap: udp.local_addr()? };

    let (token, fixed) = match token {
        TokenFrom::Chance => (Some(Token::generate()?), false),
        TokenFrom::Given(token) => (Some(token), true),
        TokenFrom::Nowhere => (None, false),
    };
    let bounds = Bounds { sign_outs: limits.bridge.sign_outs, wrong_tokens: limits.bridge.wrong_tokens };
    let counters = Arc::new(Counters::default());
    let mut engine = lwm2m_engine::Config::new(secret::random()?);
    engine.limits = limits.engine.clone();
    engine.exchange_limits = limits.exchange.clone();
    let (core, handle) = Core::new(Parts {
        server: Server::new(engine),
        udp,
        state: Box::new(MemoryState::default()),
        log: Box::new(MemoryLog::default()),
        hub: Hub::new(limits.bridge.event_streams, limits.bridge.event_queue),
        clock,
        counters: Arc::clone(&counters),
        most_peers: limits.bridge.udp_peers,
    });
    let app = App::new(Inner {
        core: handle.clone(),
        auth: Auth::new(token.clone(), fixed, bounds)?,
        names: Names::new(places.http),
        cookie_name: api::cookie_name(places.http),
        clock,
        counters: Arc::clone(&counters),
        coap: places.coap_uris(),
        limits: limits.clone(),
    });
    let (stop, stopped) = watch::channel(false);
    let connections = Places::new(limits.bridge.connections, limits.bridge.connections_per_address);
    let accept =
        http::serve(listener, api::router(app), Arc::clone(&connections), counters, limits.header_timeout(), stopped);
    let tasks = [tokio::spawn(core.run()), tokio::spawn(accept)];
    // A bridge without its demonstration device is still a bridge.
    let demo = places.coap_here().first().filter(|_| demo).and_then(|server| {
        Demo::start(*server, clock).inspect_err(|error| tracing::warn!("no demonstration device: {error:#}")).ok()
    });
    let mut running = Running { places, token, core: handle, stop, connections, tasks, demo, _ready_file: None };
    if let Some(path) = ready_file {
        running._ready_file = Some(running.write_ready(path)?);
    }
    Ok(running)
}

impl Running {
    /// Closes what is open, and returns within 2 seconds.
    pub(crate) async fn stop(self) {
        let Self { core, stop, connections, tasks: [core_task, accept_task], demo, .. } = self;
        if let Some(demo) = demo {
            demo.stop().await;
        }
        let _nobody_listens = stop.send(true);
        let _stopped_already = core.stop().await;
        let ended = async {
            connections.empty().await;
            let _panic_has_exited = tokio::join!(core_task, accept_task);
        };
        if tokio::time::timeout(STOP_TIMEOUT, ended).await.is_err() {
            tracing::info!("some connections did not close in time");
        }
    }

    fn write_ready(&self, path: PathBuf) -> anyhow::Result<ReadyFile> {
        let ready = Ready {
            http: &self.places.http_url(),
            coap: &self.places.coap_uris(),
            coaps: &[],
            token: self.token.as_ref().map_or("", Token::as_str),
        };
        let file = ReadyFile::write(&path, &ready)
            .with_context(|| format!("cannot write {} (--ready-file)", path.display()))?;
        log::remove_on_panic(path);
        Ok(file)
    }

    /// What a person reads who has just started the bridge.
    fn message(&self) -> String {
        let Addresses { http, coap } = self.places;
        let url = self.places.http_url();
        let (fragment, header) = match &self.token {
            Some(token) => {
                (format!("#token={}", token.as_str()), format!("-H 'Authorization: Bearer {}' ", token.as_str()))
            }
            None => (String::new(), String::new()),
        };
        let mut text = format!("\nFootbridge {} is running.\n\n", env!("CARGO_PKG_VERSION"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  Console   {url}/{fragment}");
        if !http.ip().to_canonical().is_loopback() {
            let _ = writeln!(
                text,
                "            Reachable from the network without encryption: whoever listens there sees the token."
            );
        }
        if coap.ip().is_unspecified() {
            let _ = writeln!(
                text,
                "  Devices   coap://ADDRESS-OF-THIS-COMPUTER:{} (UDP), here {}",
                coap.port(),
                self.places.coap_uris().join(" and ")
            );
            let _ = writeln!(text, "            Any device on the network may register, without encryption.");
            let _ = writeln!(text, "            Only from this computer: --coap 127.0.0.1:{}", coap.port());
        } else {
            let _ = writeln!(text, "  Devices   {} (UDP)", self.places.coap_uris().join(" and "));
            if !coap.ip().to_canonical().is_loopback() {
                let _ = writeln!(text, "            Any device on that network may register, without encryption.");
            }
        }
        if self.demo.is_some() {
            let _ = writeln!(text, "  Demo      a simulated device, {}, registers by itself", demo::ENDPOINT);
        }
        let _ = writeln!(text, "  Scripts   curl {header}{url}/api/v1/clients");
        if self.token.is_none() {
            let _ = writeln!(
                text,
                "            No token is asked for (--no-auth): every program on this computer may use the bridge."
            );
        }
        text.push_str("\nNothing is kept when it stops. Stop it with Ctrl-C.\n\n");
        text
    }
}

impl Addresses {
    /// The console, at an address that works on this computer.
    pub(crate) fn http_url(&self) -> String {
        let here = if self.http.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { self.http.ip() };
        format!("http://{}", SocketAddr::new(here.to_canonical(), self.http.port()))
    }

    /// The device listener, at addresses that work on this computer.
    pub(crate) fn coap_uris(&self) -> Vec<String> {
        self.coap_here().into_iter().map(|address| format!("coap://{address}")).collect()
    }

    fn coap_here(&self) -> Vec<SocketAddr> {
        let here: Vec<IpAddr> = match self.coap.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => vec![Ipv4Addr::LOCALHOST.into()],
            IpAddr::V6(ip) if ip.is_unspecified() => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            ip => vec![ip.to_canonical()],
        };
        here.into_iter().map(|ip| SocketAddr::new(ip, self.coap.port())).collect()
    }
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listen = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(!address.ip().is_unspecified())?;
        }
        // A restart must not wait for old connections to be forgotten. On Windows the option means something else.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(1_024)?;
        TcpListener::from_std(socket.into())
    };
    listen().map_err(|error| explain("--http", "browsers", address, &error))
}

fn bind_udp(wanted: Option<SocketAddr>, most_waiting: usize) -> anyhow::Result<Udp> {
    let address = wanted.unwrap_or(EVERY_NETWORK);
    let bound = match Udp::bind(address, most_waiting) {
        // A computer without IPv6 has IPv4 all the same.
        Err(error) if wanted.is_none() && error.kind() != io::ErrorKind::AddrInUse => {
            Udp::bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), COAP_PORT), most_waiting).map_err(|_| error)
        }
        bound => bound,
    };
    bound.map_err(|error| explain("--coap", "devices", address, &error))
}

/// Why an address cannot be used, and what to do.
fn explain(flag: &str, whom: &str, address: SocketAddr, error: &io::Error) -> anyhow::Error {
    let other = SocketAddr::new(address.ip(), 0);
    match error.kind() {
        io::ErrorKind::AddrInUse => anyhow::anyhow!(
            "cannot listen for {whom} on {address}: another program uses this port, maybe a footbridge that still runs. \
Stop it, or choose another port: {flag} {} (port 0, as in {flag} {other}, takes any free one)",
            SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap_or(8_080))
        ),
        io::ErrorKind::PermissionDenied => anyhow::anyhow!(
            "cannot listen for {whom} on {address}: ports below 1024 are for the administrator. Choose a higher one: {flag} {}",
            SocketAddr::new(address.ip(), if flag == "--http" { 8_080 } else { COAP_PORT })
        ),
        io::ErrorKind::AddrNotAvailable => anyhow::anyhow!(
            "cannot listen for {whom} on {address}: this computer does not have the address {}. Give {flag} one that it has",
            address.ip()
        ),
        _ => anyhow::anyhow!("cannot listen for {whom} on {address} ({flag}): {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(http: &str, coap: &str) -> Addresses {
        Addresses { http: http.parse().unwrap(), coap: coap.parse().unwrap() }
    }

    #[test]
    fn wildcards_are_given_as_addresses_that_work_here() {
        for (http, coap, url, uris) in [
            (
                "127.0.0.1:8080",
                "[::]:5683",
                "http://127.0.0.1:8080",
                vec!["coap://127.0.0.1:5683", "coap://[::1]:5683"],
            ),
            ("0.0.0.0:80", "0.0.0.0:1", "http://127.0.0.1:80", vec!["coap://127.0.0.1:1"]),
            ("[::]:80", "[::1]:1", "http://127.0.0.1:80", vec!["coap://[::1]:1"]),
            ("[::1]:80", "192.0.2.1:1", "http://[::1]:80", vec!["coap://192.0.2.1:1"]),
        ] {
            let places = addresses(http, coap);
            assert_eq!(
                (places.http_url().as_str(), places.coap_uris()),
                (url, uris.into_iter().map(String::from).collect())
            );
        }
    }

    #[test]
    fn what_cannot_be_bound_is_explained() {
        for (kind, part) in [
            (io::ErrorKind::AddrInUse, "--http 127.0.0.1:8081"),
            (io::ErrorKind::PermissionDenied, "--http 127.0.0.1:8080"),
            (io::ErrorKind::AddrNotAvailable, "does not have the address 127.0.0.1"),
            (io::ErrorKind::Other, "(--http)"),
        ] {
            let text = explain("--http", "browsers", "127.0.0.1:8080".parse().unwrap(), &kind.into()).to_string();
            assert!(text.contains(part) && text.contains("127.0.0.1:8080"), "{text}");
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_and_no_token_for_the_network() {
        let config = |http: &str, coap: &str, token| Config {
            http: http.parse().unwrap(),
            coap: Some(coap.parse().unwrap()),
            token,
            limits: Limits::default(),
            ready_file: None,
            demo: false,
        };
        let first = start(config("127.0.0.1:0", "127.0.0.1:0", TokenFrom::Chance)).await.unwrap();
        let Addresses { http, coap } = first.places;
        for (http, coap, flag) in
            [(http.to_string(), "127.0.0.1:0".into(), "--http"), ("127.0.0.1:0".into(), coap.to_string(), "--coap")]
        {
            let error = start(config(&http, &coap, TokenFrom::Chance)).await.err().unwrap().to_string();
            assert!(error.contains("another program uses this port") && error.contains(flag), "{error}");
        }
        first.stop().await;
        for (http, taken) in [("0.0.0.0:0", false), ("[::]:0", false), ("127.0.0.1:0", true)] {
            let started = start(config(http, "127.0.0.1:0", TokenFrom::Nowhere)).await;
            assert_eq!(started.is_ok(), taken, "{http}");
            if let Ok(bridge) = started {
                bridge.stop().await;
            }
        }
    }

    #[tokio::test]
    async fn the_message_says_what_to_do() {
        let config = Config {
            http: "127.0.0.1:0".parse().unwrap(),
            coap: Some("[::]:0".parse().unwrap()),
            token: TokenFrom::Given(Token::parse("0123456789abcdef").unwrap()),
            limits: Limits::default(),
            ready_file: None,
            demo: false,
        };
        let bridge = start(config).await.unwrap();
        let Addresses { http, coap } = bridge.places;
        let text = bridge.message();
        for part in [
            format!("http://{http}/#token=0123456789abcdef\n"),
            format!("--coap 127.0.0.1:{}", coap.port()),
            format!("curl -H 'Authorization: Bearer 0123456789abcdef' http://{http}/api/v1/clients\n"),
            "Ctrl-C".into(),
        ] {
            assert!(text.contains(&part), "{part} is not in {text}");
        }
        bridge.stop().await;
    }
}
