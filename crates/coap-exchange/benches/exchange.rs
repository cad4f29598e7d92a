//! What one exchange costs, in nanoseconds of one core: `cargo bench -p coap-exchange`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use coap_exchange::message::{Framing, Message, scan};
use coap_exchange::*;

/// Memory in use by the process, where the system tells.
fn resident() -> Option<u64> {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm").ok()?.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// POST /rd?ep=…&lt=60&lwm2m=1.1&b=U with a body of 60 bytes: a small registration.
fn registration(id: u16) -> Vec<u8> {
    let mut bytes = vec![0x48, 0x02, (id >> 8) as u8, id as u8, 1, 2, 3, 4, 5, 6, 7, 8];
    bytes.extend(b"\xb2rd\x11\x28\x39ep=dev-01\x05lt=60\x09lwm2m=1.1\x03b=U\xff");
    bytes.extend([b'x'; 60]);
    bytes
}

fn measure(name: &str, count: u32, mut one: impl FnMut(u32)) {
    let start = Instant::now();
    for n in 0..count {
        one(n);
    }
    println!("{name:<52}{:>8.0} ns", start.elapsed().as_nanos() as f64 / f64::from(count));
}

/// A request arrives and is answered at once.
fn answer(exchanges: &mut Exchanges, micros: u32, peer: PeerId, bytes: &[u8]) {
    let now = Now::new(Mono::from_micros(micros.into()), Utc::EPOCH);
    exchanges.handle_input(now, Input::Datagram { peer, bytes });
    loop {
        match exchanges.poll_output() {
            Output::Event(Event::Request { exchange, .. }) => {
                let response =
                    Response::new(ResponseType::Created).with_location("rd").with_location("AAAABBBBCCCCDDDD");
                exchanges.handle_input(now, Input::Respond { exchange, response });
            }
            Output::Timeout(_) => break,
            output => drop(black_box(output)),
        }
    }
}

fn main() {
    let count = if std::env::args().any(|arg| arg == "--test") { 100 } else { 400_000 };
    let bytes = registration(1);
    measure("scan", count, |_| {
        let _ = black_box(scan(Framing::Udp, black_box(&bytes), 256));
    });
    measure("decode", count, |_| drop(black_box(Message::decode(Framing::Udp, black_box(&bytes)))));
    let message = Message::decode(Framing::Udp, &bytes).expect("well-formed");
    measure("encode", count, |_| drop(black_box(black_box(&message).encode())));

    let mut exchanges = Exchanges::new(Config::new(1));
    measure("receive a confirmable request and answer it", count, |n| {
        answer(&mut exchanges, n, PeerId(u64::from(n % 10_000)), &registration(n as u16));
    });
    let peers: u32 = 100_000;
    let mut idle = Exchanges::new(Config::new(1));
    let before = resident();
    for n in 0..peers {
        answer(&mut idle, count, PeerId(u64::from(n)), &registration(1));
    }
    if let (Some(before), Some(after)) = (before, resident()) {
        println!(
            "{:<52}{:>8} bytes",
            "an idle peer with one remembered answer",
            after.saturating_sub(before) / u64::from(peers)
        );
    }
    measure("the same request again", count, |n| answer(&mut exchanges, count, PeerId(u64::from(n % 100)), &bytes));

    let mut exchanges = Exchanges::new(Config::new(1));
    let mut reply = Vec::new();
    measure("send a confirmable request and get its answer", count, |n| {
        // 5 ms apart: the steady rate of message ids.
        let now = Now::new(Mono::ZERO + Duration::from_millis(5) * n, Utc::EPOCH);
        let (id, peer) = (RequestId(n.into()), PeerId(1));
        let request = Request::new(RequestType::Get).with_path("3").with_path("0").with_accept(110);
        exchanges
            .handle_input(now, Input::Request { id, peer, request, reliability: Reliability::Confirmable, slot: 0 });
        loop {
            match exchanges.poll_output() {
                Output::Transmit { bytes, .. } => {
                    reply.clear();
                    reply.extend([0x68, 0x45]);
                    reply.extend(bytes.get(2..12).unwrap_or_default());
                    reply.extend(b"\xc16\xff[]");
                }
                Output::Timeout(_) => break,
                output => drop(black_box(output)),
            }
        }
        exchanges.handle_input(now, Input::Datagram { peer, bytes: &reply });
        while !matches!(exchanges.poll_output(), Output::Timeout(_)) {}
    });
    assert_eq!(exchanges.stats().responses_in, u64::from(count));

    observing(count);
    observed(count);
}

/// Begins an observation; gives its token.
fn observe(exchanges: &mut Exchanges, now: Now, id: u64, peer: PeerId) -> Vec<u8> {
    let request = Request::new(RequestType::Get)
        .with_path("3303")
        .with_path("0")
        .with_path("5700")
        .with_accept(112)
        .with_observe();
    let id = RequestId(id);
    exchanges.handle_input(now, Input::Request { id, peer, request, reliability: Reliability::Confirmable, slot: 0 });
    let mut token = Vec::new();
    loop {
        match exchanges.poll_output() {
            Output::Transmit { bytes, .. } => {
                token = bytes.get(4..12).unwrap_or_default().into();
                let answer = [&[0x68, 0x45], bytes.get(2..12).unwrap_or_default(), b"\x61\x00\xff[]"].concat();
                exchanges.handle_input(now, Input::Datagram { peer, bytes: &answer });
            }
            Output::Timeout(_) => return token,
            output => drop(black_box(output)),
        }
    }
}

/// The asking side of Observe: what a notification costs, and an observation.
fn observing(count: u32) {
    for (name, kind) in [("a notification received and told, NON", 0x58), ("the same, CON, acknowledged", 0x48)] {
        let mut exchanges = Exchanges::new(Config::new(1));
        let start = Now::new(Mono::ZERO, Utc::EPOCH);
        let tokens: Vec<Vec<u8>> = (0..1_000).map(|n| observe(&mut exchanges, start, n, PeerId(n))).collect();
        measure(name, count, |n| {
            let now = Now::new(Mono::from_micros(n.into()), Utc::EPOCH);
            let number = n / 1_000 + 1;
            let mut bytes = vec![kind, 0x45, (number >> 8) as u8, number as u8];
            bytes.extend(&tokens[n as usize % 1_000]);
            bytes.extend([0x63, (number >> 16) as u8, (number >> 8) as u8, number as u8]);
            bytes.extend(b"\x61\x70\xff\x81\xa2\x21\x6c/3303/0/5700\x02\xf9\x4d\x00");
            exchanges.handle_input(now, Input::Datagram { peer: PeerId(u64::from(n % 1_000)), bytes: &bytes });
            while !matches!(black_box(exchanges.poll_output()), Output::Timeout(_)) {}
        });
        assert_eq!(exchanges.stats().notifications_in, u64::from(count));
    }
    for (name, peers) in
        [("an observation, 100 with each peer", 1_000u64), ("an observation, one with each peer", 100_000)]
    {
        let mut exchanges = Exchanges::new(Config::new(1));
        let before = resident();
        for n in 0..100_000u64 {
            let now = Now::new(Mono::ZERO + Duration::from_millis(5) * n as u32, Utc::EPOCH);
            observe(&mut exchanges, now, n, PeerId(n % peers));
        }
        // What is remembered of the peers' message ids is gone by then.
        let late = Now::new(Mono::ZERO + Duration::from_secs(2_000), Utc::EPOCH);
        exchanges.handle_input(late, Input::Timeout);
        if let (Some(before), Some(after)) = (before, resident()) {
            println!("{name:<52}{:>8} bytes", after.saturating_sub(before) / 100_000);
        }
        drop(exchanges);
    }
}

/// The answering side: what it costs to tell one observer.
fn observed(count: u32) {
    let mut exchanges = Exchanges::new(Config::new(1));
    let start = Now::new(Mono::ZERO, Utc::EPOCH);
    exchanges.handle_input(start, Input::Datagram { peer: PeerId(1), bytes: b"\x41\x01\x00\x07\x21\x60\x51a" });
    let Output::Event(Event::Request { exchange, .. }) = exchanges.poll_output() else { return };
    let state =
        || Response::new(ResponseType::Content).with_observe().with_content_format(112).with_payload(*b"[23.5]");
    exchanges.handle_input(start, Input::Respond { exchange, response: state() });
    measure("a notification sent, NON", count, |n| {
        let now = Now::new(Mono::ZERO + Duration::from_millis(5) * n, Utc::EPOCH);
        let reliability = Reliability::NonConfirmable;
        exchanges.handle_input(now, Input::Notify { exchange, response: state(), reliability });
        while !matches!(black_box(exchanges.poll_output()), Output::Timeout(_)) {}
    });
    assert_eq!(exchanges.stats().notifications_out, u64::from(count));
}
