//! A simulated device: the Client engine, values that move, and a UDP socket of its own.
//!
//! `serve --demo` runs one, `simulate` many. Each speaks real CoAP to a real address; nothing here knows the bridge.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use coap_exchange::Mono;
use lwm2m_engine::{
    Client, ClientConfig, ClientEvent, ClientInput, ClientOutput, ClientState, EndpointName, Simulation,
};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::secret;

/// The longest datagram read. Servers send blocks of at most 1,024 bytes; what is longer is dropped.
const READ_BYTES: usize = 4 * 1024;

/// How a simulated device is made.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) endpoint: EndpointName,
    pub(crate) server: SocketAddr,
    /// Seconds until its registration ends without an Update.
    pub(crate) lifetime: u32,
    /// The time between two moves of its values.
    pub(crate) interval: Duration,
}

/// What a device tells whoever runs it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    Event(ClientEvent),
    /// That many notifications were sent.
    Notified(u64),
    /// The other computer says that no program listens there.
    NobodyListens,
    /// It could not go on, and is gone for good.
    Ended(String),
}

/// Where a device tells its news, under its number.
#[derive(Clone, Debug)]
pub(crate) struct Reporter {
    pub(crate) number: usize,
    pub(crate) sender: mpsc::Sender<(usize, News)>,
}

impl Reporter {
    /// Waits while too many news wait.
    pub(crate) async fn tell(&self, news: News) {
        let _nobody_wants_it = self.sender.send((self.number, news)).await;
    }
}

/// A simulated device that is not started yet.
pub(crate) struct SimulatedDevice {
    client: Client,
    simulation: Simulation,
    socket: UdpSocket,
    clock: Clock,
    notified: u64,
}

impl SimulatedDevice {
    /// Makes the device and opens its socket, on a port that the system chooses.
    pub(crate) fn new(wanted: &Wanted, clock: Clock) -> anyhow::Result<Self> {
        let mut config = ClientConfig::new(secret::random()?, wanted.endpoint.clone());
        config.lifetime = wanted.lifetime;
        let client = Client::new(config)?;
        let simulation = Simulation::new(u64::from_le_bytes(secret::random()?)).with_interval(wanted.interval);
        let socket = open(wanted.server).context("cannot open a UDP socket")?;
        Ok(Self { client, simulation, socket, clock, notified: 0 })
    }

    /// Registers and stays registered; de-registers when `stop` ends, and returns when that is done.
    ///
    /// # Errors
    /// If the socket can't be read any more. What can't be sent counts as lost on the way.
    pub(crate) async fn run(mut self, stop: impl Future<Output = ()>, news: &Reporter) -> io::Result<()> {
        let timer = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(timer, stop);
        let (mut stopping, mut stopped) = (false, false);
        self.client.handle_input(self.clock.now(), ClientInput::Start);
        loop {
            let next = self.drain(news).await;
            match self.client.state() {
                ClientState::Idle if stopped => return Ok(()),
                // The server may have taken the Register already: only its answer says what is to be de-registered.
                ClientState::Registering => {}
                _ if stopping && !stopped => {
                    stopped = true;
                    self.client.handle_input(self.clock.now(), ClientInput::Stop);
                    continue;
                }
                _ => {}
            }
            if let Some(deadline) = self.clock.instant(next.min(self.simulation.next_step()))
                && deadline != timer.deadline()
            {
                timer.as_mut().reset(deadline);
            }
            tokio::select! {
                ready = self.socket.readable() => {
                    ready?;
                    self.receive(news).await?;
                }
                () = &mut timer => self.move_on(),
                () = &mut stop, if !stopping => stopping = true,
            }
        }
    }

    /// Does everything the engine wants done, and says when it wants to be asked again.
    async fn drain(&mut self, news: &Reporter) -> Mono {
        loop {
            match self.client.poll_output() {
                ClientOutput::Transmit { bytes } => {
                    if let Err(error) = self.socket.send(&bytes).await {
                        not_sent(&error, news).await;
                    }
                }
                ClientOutput::Event(event) => news.tell(News::Event(event)).await,
                ClientOutput::Timeout(at) => {
                    let sent = self.client.stats().notifications;
                    if sent > self.notified {
                        news.tell(News::Notified(sent - self.notified)).await;
                        self.notified = sent;
                    }
                    return at;
                }
                // A datagram has no connection to close.
                _ => {}
            }
        }
    }

    async fn receive(&mut self, news: &Reporter) -> io::Result<()> {
        match self.take_datagram() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            // The answer of the other computer to something that was sent before.
            Err(error) if is_nobody(&error) => {
                news.tell(News::NobodyListens).await;
                Ok(())
            }
            other => other,
        }
    }

    fn take_datagram(&mut self) -> io::Result<()> {
        let mut buffer = [0; READ_BYTES];
        let length = self.socket.try_recv(&mut buffer)?;
        if let Some(bytes) = buffer.get(..length).filter(|bytes| bytes.len() < READ_BYTES) {
            self.client.handle_input(self.clock.now(), ClientInput::Datagram { bytes });
        }
        Ok(())
    }

    /// The time of the engine or of the values has come, or both.
    fn move_on(&mut self) {
        let now = self.clock.now();
        let values = self.simulation.step(now, &self.client);
        // If the engine's own timers are due as well, they come next time round.
        let input = if values.is_empty() { ClientInput::Timeout } else { ClientInput::Set { values: &values } };
        self.client.handle_input(now, input);
    }
}

/// A socket that hears the server only.
fn open(server: SocketAddr) -> io::Result<UdpSocket> {
    let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = std::net::UdpSocket::bind(SocketAddr::new(any, 0))?;
    socket.connect(server)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

async fn not_sent(error: &io::Error, news: &Reporter) {
    if is_nobody(error) {
        news.tell(News::NobodyListens).await;
    } else {
        tracing::debug!(%error, "a simulated device could not send");
    }
}

/// An ICMP "port unreachable" came back.
fn is_nobody(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)
}
