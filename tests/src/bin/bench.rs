//! Measures a bridge from outside: `bench start`, `bench register` and `bench notify`. Run it by `cargo xtask bench`.
//!
//! Processor time and memory are read from Linux' `/proc`; elsewhere they are left out.

use std::collections::HashMap;
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use footbridge_tests::bridge::Bridge;
use footbridge_tests::coap::{self, Message};
use footbridge_tests::ws::Socket;
use footbridge_tests::{device, wait_for};

/// How often the bridge is started.
const STARTS: usize = 10;

/// How many devices register, and how often that is measured, each time with a new bridge.
const REGISTER: [(usize, usize); 2] = [(10_000, 5), (100_000, 3)];

/// Registrations sent one after the other before the answers are read: few enough for any socket buffer.
const AT_ONCE: usize = 32;

/// Threads that do so.
const SENDERS: usize = 2;

/// How long an answer may take before the registration counts as lost. Nothing is repeated.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many devices notify every second, and for how many seconds.
const NOTIFY: (usize, u64) = (1_000, 60);

/// WebSockets that observe, each its share of the devices: one may have 256 observations.
const OBSERVERS: usize = 4;

/// Option Observe (RFC 7641).
const OBSERVE: u16 = 6;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["start"] => start(),
        ["register"] => REGISTER.iter().try_for_each(|(devices, runs)| register(*devices, *runs)),
        ["register", devices] => register(devices.parse()?, 3),
        ["notify"] => notify(NOTIFY.0, NOTIFY.1),
        ["notify", seconds] => notify(NOTIFY.0, seconds.parse()?),
        _ => bail!("usage: bench start | register [DEVICES] | notify [SECONDS]"),
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

/// Many devices register, each from an address of its own.
fn register(devices: usize, runs: usize) -> Result<()> {
    println!("{devices} devices register by UDP, median of {runs} runs, each with a new bridge");
    let (mut rates, mut processor, mut memory, mut lost) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..runs {
        let bridge = bridge()?;
        bridge.request("GET", "/api/v1/clients?limit=1", b"")?;
        let before = (rss(bridge.pid()), processor_time(bridge.pid()));
        let start = Instant::now();
        let unanswered = register_all(bridge.coap, devices)?;
        rates.push(devices as f64 / start.elapsed().as_secs_f64());
        let after = (rss(bridge.pid()), processor_time(bridge.pid()));
        memory.extend(after.0.zip(before.0).map(|(after, before)| (after - before) * 1024.0 / devices as f64));
        let micros = |time: Duration| time.as_secs_f64() * 1e6 / devices as f64;
        processor.extend(after.1.zip(before.1).map(|(after, before)| micros(after - before)));
        let listed = bridge.get("/api/v1/clients?limit=1")?["total"].as_u64().context("no total")?;
        lost += unanswered.max(devices.saturating_sub(usize::try_from(listed)?));
    }
    line("lost, in all runs", &lost.to_string());
    line("registrations a second", &format!("{:.0}", median(&mut rates)));
    if !processor.is_empty() {
        line("processor of the bridge, us each", &format!("{:.1}", median(&mut processor)));
        line("memory of the bridge, bytes each", &format!("{:.0}", median(&mut memory)));
    }
    ensure!(lost == 0, "registrations were lost");
    Ok(())
}

/// Registers that many devices; how many got no answer, or another one than 2.01.
fn register_all(bridge: SocketAddr, devices: usize) -> Result<usize> {
    let (next, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let send = || -> Result<()> {
        let mut buffer = [0; 2048];
        loop {
            let first = next.fetch_add(AT_ONCE, Ordering::Relaxed);
            let numbers = first..devices.min(first + AT_ONCE);
            if numbers.is_empty() {
                return Ok(());
            }
            let sockets = numbers.map(|number| send_one(bridge, number)).collect::<Result<Vec<_>>>()?;
            for socket in sockets {
                let answer = socket.recv(&mut buffer).ok().and_then(|length| Message::from_datagram(&buffer[..length]));
                if answer.is_none_or(|answer| answer.code_text() != "2.01") {
                    lost.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(send)).collect();
        senders.into_iter().try_for_each(|sender| sender.join().unwrap_or_else(|_| bail!("a sender panicked")))
    })?;
    Ok(lost.into_inner())
}

fn send_one(bridge: SocketAddr, number: usize) -> Result<UdpSocket> {
    let query = format!("ep=load-{number:06}&lt=3600&lwm2m=1.1&b=U");
    let links = "</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\",</1/0>,</3/0>,</4/0>,</5/0>,</3303/0>;ver=1.1";
    let socket = own_address(number)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(bridge)?;
    socket.send(&device::register(&query, links).datagram())?;
    Ok(socket)
}

/// An address that no other device of the run has: all of 127.0.0.0/8 is this computer, on Linux. Elsewhere, or if another
/// program has it, the system chooses.
fn own_address(number: usize) -> Result<UdpSocket> {
    const PORTS: usize = 20_000;
    let ip = Ipv4Addr::new(127, 1, 0, u8::try_from(1 + number / PORTS).context("too many devices")?);
    let port = u16::try_from(10_000 + number % PORTS)?;
    Ok(UdpSocket::bind((ip, port)).or_else(|_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)))?)
}

/// Devices of `footbridge simulate` notify every second, and some WebSocket clients observe them all.
fn notify(devices: usize, seconds: u64) -> Result<()> {
    println!("{devices} simulated devices notify every second for {seconds} s, observed over {OBSERVERS} WebSockets");
    let bridge = bridge()?;
    let mut simulated = Simulated::start(bridge.coap, devices)?;
    wait_for("all devices to be registered", || {
        let registered = bridge.metric("footbridge_registrations")?;
        Ok((registered == devices as f64).then_some(()))
    })?;
    let received = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let mut observers = Vec::new();
        for n in 0..OBSERVERS {
            let numbers = n * devices / OBSERVERS + 1..=(n + 1) * devices / OBSERVERS;
            let mut socket = Socket::coap(bridge.http, &bridge.token)?;
            observe_all(&mut socket, numbers.clone(), &received)?;
            observers.push(scope.spawn(|| count(socket, numbers.count(), &received)));
        }
        let now = || (processor_time(bridge.pid()), received.load(Ordering::Relaxed), Instant::now());
        let before = now();
        std::thread::sleep(Duration::from_secs(seconds));
        let after = now();
        let memory = rss(bridge.pid());
        // Its end is the end of every observation, which every observer is told.
        let sent = simulated.stop()?;
        observers.into_iter().try_for_each(|one| one.join().unwrap_or_else(|_| bail!("an observer panicked")))?;

        let (at_bridge, received) =
            (bridge.metric("footbridge_lwm2m_notifications_total")?, received.load(Ordering::Relaxed));
        let (took, arrived) = ((after.2 - before.2).as_secs_f64(), (after.1 - before.1) as f64);
        line("notifications sent by the devices", &sent.to_string());
        line("of them at the bridge", &format!("{at_bridge:.0}"));
        line("of them at the WebSocket clients", &received.to_string());
        line("a second", &format!("{:.0}", arrived / took));
        if let Some(processor) = after.0.zip(before.0).map(|(after, before)| (after - before).as_secs_f64()) {
            line("processor of the bridge, % of one core", &format!("{:.1}", processor * 100.0 / took));
            line("processor of the bridge, us each", &format!("{:.1}", processor * 1e6 / arrived));
        }
        if let Some(memory) = memory {
            line("memory of the bridge, KiB", &format!("{memory:.0}"));
        }
        ensure!(received == sent && at_bridge == sent as f64, "notifications were dropped");
        Ok(())
    })
}

/// Observes `/6/0` of these devices, whose time stamp changes every second.
fn observe_all(socket: &mut Socket, numbers: RangeInclusive<usize>, received: &AtomicUsize) -> Result<()> {
    let mut open = HashMap::new();
    for number in numbers.clone() {
        let token = u32::try_from(number)?.to_be_bytes().to_vec();
        let uri = format!("/ep/load-{number:04}/6/0");
        let request = Message { token: token.clone(), ..Message::new(coap::GET) }.option(OBSERVE, &[]).uri(&uri);
        socket.send(&request)?;
        open.insert(token, uri);
        while open.len() >= AT_ONCE || number == *numbers.end() && !open.is_empty() {
            let message = socket.receive()?.context("the bridge closed the WebSocket")?;
            match open.remove(&message.token) {
                Some(uri) => ensure!(is_notification(&message), "{uri} is not observed: {}", message.code_text()),
                None => _ = received.fetch_add(is_notification(&message).into(), Ordering::Relaxed),
            }
        }
    }
    Ok(())
}

/// Counts notifications until that many observations have ended.
fn count(mut socket: Socket, mut observations: usize, received: &AtomicUsize) -> Result<()> {
    while observations > 0 {
        let message = socket.receive()?.context("the bridge closed the WebSocket")?;
        if is_notification(&message) {
            received.fetch_add(1, Ordering::Relaxed);
        } else if message.code >> 5 != 7 {
            observations -= 1;
        }
    }
    Ok(())
}

fn is_notification(message: &Message) -> bool {
    message.code == coap::CONTENT && !message.values(OBSERVE).is_empty()
}

/// A running `footbridge simulate`.
struct Simulated(Child);

impl Simulated {
    fn start(bridge: SocketAddr, devices: usize) -> Result<Self> {
        let binary = std::env::var_os("FOOTBRIDGE_RELEASE").context("no FOOTBRIDGE_RELEASE")?;
        let mut command = Command::new(binary);
        command.args(["simulate", "--endpoint", "load", "--interval", "1", "--lifetime", "3600"]);
        command.arg("--server").arg(format!("coap://{bridge}")).arg("--count").arg(devices.to_string());
        Ok(Self(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?))
    }

    /// Ends it, and says how many notifications it sent.
    fn stop(&mut self) -> Result<usize> {
        let killed = Command::new("kill").arg(self.0.id().to_string()).status()?;
        ensure!(killed.success(), "kill: {killed}");
        let mut text = String::new();
        self.0.stdout.take().context("no output")?.read_to_string(&mut text)?;
        let last = text.lines().last().unwrap_or_default();
        let words: Vec<_> = last.split(' ').collect();
        let sent = words.windows(2).find(|pair| pair[1] == "notifications").and_then(|pair| pair[0].parse().ok());
        sent.with_context(|| format!("no notifications in {last:?}"))
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
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
