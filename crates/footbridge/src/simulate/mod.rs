//! `footbridge simulate`: many simulated devices in one process, each on a UDP port of its own.
//!
//! Every device is a task; its news go over one channel to the [`Tally`], which is printed at most once a second.

mod tally;
mod uri;

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use lwm2m_engine::EndpointName;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout_at};

use crate::cli::SimulateArgs;
use crate::clock::Clock;
use crate::device::{News, Reporter, SimulatedDevice, Wanted};
use crate::signal::stop_signal;

pub(crate) use tally::Tally;
pub(crate) use uri::ServerUri;

/// The most devices in one process: about as many ports as a computer has.
pub(crate) const MOST: i64 = 50_000;

/// The time between the first messages of two devices: the server must not be hit by all of them at once.
const START_GAP: Duration = Duration::from_millis(1);

/// The time over which they begin to de-register, at most.
const STOP_SPREAD: Duration = Duration::from_secs(1);

/// How long de-registering may take in all.
const STOP_TIMEOUT: Duration = Duration::from_millis(1_900);

/// The least time between two lines.
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// News that wait to be counted. A device with more waits itself.
const MOST_NEWS: usize = 1_024;

/// `EMFILE` of Linux, macOS and the BSDs.
#[cfg(unix)]
const TOO_MANY_FILES: i32 = 24;
/// `WSAEMFILE`.
#[cfg(not(unix))]
const TOO_MANY_FILES: i32 = 10_024;

/// What to run.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) server: SocketAddr,
    pub(crate) endpoints: Vec<EndpointName>,
    /// Seconds.
    pub(crate) lifetime: u32,
    pub(crate) interval: Duration,
}

/// The command.
pub(crate) async fn run(args: &SimulateArgs) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    let config = Config {
        server: args.server.resolve().await?,
        endpoints: names(&args.endpoint, args.count)?,
        lifetime: args.lifetime,
        interval: Duration::from_secs(args.interval.into()),
    };
    simulate(&config, stop).await.map(|_| ())
}

/// Runs the devices until `stop` ends, then de-registers them.
///
/// # Errors
/// If there are not sockets enough, or if not one device could register.
pub(crate) async fn simulate(config: &Config, stop: impl Future<Output = ()>) -> anyhow::Result<Tally> {
    let devices = open(config)?;
    let mut tally = Tally::new(devices.len());
    let stop_gap = START_GAP.min(STOP_SPREAD / u32::try_from(devices.len())?);
    let (sender, mut news) = mpsc::channel(MOST_NEWS);
    let (stopping, stopped) = watch::channel(false);
    for (number, device) in devices.into_iter().enumerate() {
        let reporter = Reporter { number, sender: sender.clone() };
        let (mut stopped, place) = (stopped.clone(), u32::try_from(number)?);
        tokio::spawn(async move {
            tokio::select! {
                () = sleep(START_GAP * place) => {}
                () = told_to_stop(&mut stopped) => return,
            }
            let stop = async {
                told_to_stop(&mut stopped).await;
                sleep(stop_gap * place).await;
            };
            if let Err(error) = device.run(stop, &reporter).await {
                reporter.tell(News::Ended(error.to_string())).await;
            }
        });
    }
    drop(sender);

    tokio::pin!(stop);
    let mut lines = interval_at(Instant::now() + BETWEEN_LINES, BETWEEN_LINES);
    lines.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut said = String::new();
    while !tally.is_hopeless() {
        tokio::select! {
            () = &mut stop => return Ok(finish(tally, news, &stopping).await),
            _ = lines.tick() => {
                let line = tally.to_string();
                if line != said {
                    say(&line);
                    said = line;
                }
            }
            Some((number, what)) = news.recv() => tally.take(number, what),
        }
    }
    bail!("no device could register at coap://{}: {}. Is the server running there?", config.server, tally.why())
}

async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    let _or_nobody_can_say_it = stopped.wait_for(|stopping| *stopping).await;
}

/// Lets them all de-register, and says how it went.
async fn finish(mut tally: Tally, mut news: mpsc::Receiver<(usize, News)>, stopping: &watch::Sender<bool>) -> Tally {
    let began = Instant::now();
    let _all_ended = stopping.send(true);
    // The channel closes with the last device.
    while let Ok(Some((number, what))) = timeout_at(began + STOP_TIMEOUT, news.recv()).await {
        tally.take(number, what);
    }
    let Tally { deregistered, notifications, .. } = &tally;
    let took = began.elapsed().as_secs_f32();
    say(&format!("stopped: {deregistered} de-registered in {took:.1} s, {notifications} notifications sent in all"));
    tally
}

/// All devices with their sockets.
fn open(config: &Config) -> anyhow::Result<Vec<SimulatedDevice>> {
    let (clock, count) = (Clock::start(), config.endpoints.len());
    let mut devices = Vec::with_capacity(count);
    for endpoint in &config.endpoints {
        let Config { server, lifetime, interval, .. } = *config;
        let wanted = Wanted { endpoint: endpoint.clone(), server, lifetime, interval };
        match SimulatedDevice::new(&wanted, clock) {
            Ok(device) => devices.push(device),
            Err(error) => return Err(explain(error, devices.len(), count)),
        }
    }
    Ok(devices)
}

/// Why there are fewer sockets than devices, and what to do.
fn explain(error: anyhow::Error, opened: usize, count: usize) -> anyhow::Error {
    match error.downcast_ref::<io::Error>() {
        Some(io) if io.raw_os_error() == Some(TOO_MANY_FILES) => anyhow::anyhow!(
            "the system lets this program open only {opened} of the {count} sockets it needs. \
Allow more open files, as with `ulimit -n {}`, or choose a smaller --count",
            count + 100
        ),
        Some(io) if matches!(io.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable) => {
            anyhow::anyhow!("this computer has only {opened} free UDP ports: choose a smaller --count")
        }
        _ => error.context(format!("device {} of {count}", opened + 1)),
    }
}

/// Reads a name for `--endpoint`.
pub(crate) fn name(text: &str) -> Result<EndpointName, String> {
    text.parse().map_err(|error: lwm2m_engine::EndpointError| error.to_string())
}

/// `NAME`, or `NAME-0001`, `NAME-0002`, … with as many digits as the last one needs.
fn names(name: &EndpointName, count: u32) -> anyhow::Result<Vec<EndpointName>> {
    if count == 1 {
        return Ok(vec![name.clone()]);
    }
    let digits = count.to_string().len().max(4);
    let names = (1..=count).map(|number| format!("{name}-{number:0digits$}").parse());
    names.collect::<Result<_, _>>().context("the name becomes too long with the number behind it")
}

/// One line on standard output; nobody may be reading it any more.
fn say(line: &str) {
    let _best_effort = writeln!(io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_and_numbered() {
        for (name, count, first, last) in [
            ("a", 1, "a", "a"),
            ("a", 2, "a-0001", "a-0002"),
            ("urn:x", 9_999, "urn:x-0001", "urn:x-9999"),
            ("a", 10_000, "a-00001", "a-10000"),
        ] {
            let names = names(&name.parse().unwrap(), count).unwrap();
            assert_eq!(names.len(), count as usize);
            assert_eq!((names[0].as_str(), names[names.len() - 1].as_str()), (first, last));
        }
        let long: EndpointName = "x".repeat(250).parse().unwrap();
        assert!(names(&long, 1).is_ok());
        assert!(names(&long, 2).unwrap_err().to_string().contains("too long"));
    }

    #[test]
    fn too_few_sockets_are_explained() {
        let files =
            anyhow::Error::from(io::Error::from_raw_os_error(TOO_MANY_FILES)).context("cannot open a UDP socket");
        for (error, part) in [
            (files, "ulimit -n 2100"),
            (io::Error::from(io::ErrorKind::AddrInUse).into(), "990 free UDP ports"),
            (io::Error::from(io::ErrorKind::Other).into(), "device 991 of 2000"),
        ] {
            let text = explain(error, 990, 2_000).to_string();
            assert!(text.contains(part), "{text}");
        }
    }

    #[tokio::test]
    async fn nobody_there() {
        let server = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = Config {
            server,
            endpoints: names(&"a".parse().unwrap(), 3).unwrap(),
            lifetime: 60,
            interval: Duration::from_secs(1),
        };
        let error = simulate(&config, std::future::pending()).await.unwrap_err().to_string();
        assert!(error.contains("no device could register") && error.contains("no program listens there"), "{error}");
    }
}
