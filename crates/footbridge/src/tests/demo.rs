//! The demonstration device, over loopback UDP like any other.

use std::net::TcpStream;

use serde_json::Value;
use tungstenite::{Message, WebSocket};

use super::support::{Bridge, Sse, until};

const GET: u8 = 0x01;
const PUT: u8 = 0x03;
const POST: u8 = 0x02;

/// A request to `/ep/demo-device<path>`; a payload is plain text.
fn request(code: u8, token: u8, observe: Option<u8>, path: &str, payload: &str) -> Message {
    let mut bytes = vec![0x01, code, token];
    let mut number = 0;
    let mut option = |at: u8, value: &[u8]| {
        bytes.push((at - number) << 4 | value.len() as u8);
        bytes.extend(value);
        number = at;
    };
    if let Some(observe) = observe {
        option(6, if observe == 0 { &[] } else { &[1] });
    }
    for segment in ["ep", "demo-device"].into_iter().chain(path.split('/').skip(1)) {
        option(11, segment.as_bytes());
    }
    if !payload.is_empty() {
        option(12, &[]);
        bytes.push(0xff);
        bytes.extend(payload.as_bytes());
    }
    Message::binary(bytes)
}

/// The next message for this token: its code and its payload.
fn answer(socket: &mut WebSocket<TcpStream>, token: u8) -> (u8, Vec<u8>) {
    loop {
        let Message::Binary(bytes) = socket.read().unwrap() else { continue };
        let length = usize::from(bytes[0] & 0x0f);
        if bytes[2..2 + length] == [token] {
            return (bytes[1], payload(&bytes[2 + length..]).to_vec());
        }
    }
}

/// What stands behind the options. None of these has an extended delta or a value of more than 12 bytes.
fn payload(mut rest: &[u8]) -> &[u8] {
    loop {
        match rest {
            [] => return rest,
            [0xff, payload @ ..] => return payload,
            [head, more @ ..] => rest = &more[usize::from(head & 0x0f)..],
        }
    }
}

fn demo() -> (Bridge, Value) {
    let bridge = Bridge::start_with(|config| config.demo = true);
    until("the device is there", || bridge.get("/api/v1/clients/demo-device").status == 200);
    let client = bridge.get("/api/v1/clients/demo-device").json();
    (bridge, client)
}

#[test]
fn it_registers_by_itself_and_can_be_read() {
    let (bridge, client) = demo();
    assert_eq!((&client["transport"], &client["lwm2m"]), (&"udp".into(), &"1.1".into()));
    assert!(client["address"].as_str().unwrap().starts_with("127.0.0.1:"), "{client}");
    let objects: Vec<_> = client["objects"].as_array().unwrap().iter().map(|object| object["id"].as_u64()).collect();
    assert_eq!(objects, [1, 3, 4, 6, 3303, 3311].map(Some));

    let mut socket = bridge.coap();
    socket.send(request(GET, 1, None, "/3/0", "")).unwrap();
    let (code, payload) = answer(&mut socket, 1);
    assert!(code == 0x45 && payload.len() > 40, "{code:x} {payload:02x?}");
    socket.send(request(GET, 2, None, "/3/0/99", "")).unwrap();
    assert_eq!(answer(&mut socket, 2).0, 0x84, "4.04");
}

#[test]
fn what_is_written_and_observed_is_told() {
    let (bridge, _) = demo();
    let mut events = Sse::open(&bridge, "?ep=demo-device&kinds=observation,value", "");
    let mut all = Sse::open(&bridge, "", "");
    assert_eq!((events.next().0, all.next().0), ("hello".into(), "hello".into()));
    let mut socket = bridge.coap();
    socket.send(request(GET, 1, Some(0), "/3311/0/5851", "")).unwrap();
    assert_eq!(answer(&mut socket, 1).0, 0x45);
    socket.send(request(PUT, 2, None, "/3311/0/5851", "42")).unwrap();
    let (mut code, mut payload) = answer(&mut socket, 1);
    assert_eq!((code, payload), (0x45, b"42".to_vec()), "the notification");
    socket.send(request(GET, 1, Some(1), "/3311/0/5851", "")).unwrap();
    (code, payload) = answer(&mut socket, 1);
    assert_eq!((code, payload), (0x45, b"42".to_vec()), "the answer to the cancellation");

    let (mut sources, mut running) = (Vec::new(), Vec::new());
    while running != [true, false] {
        let (kind, _, told) = events.next();
        assert_eq!((&told["ep"], &told["path"]), (&"demo-device".into(), &"/3311/0/5851".into()), "{told}");
        if kind == "observation" {
            running.push(told["running"].as_bool().unwrap());
            continue;
        }
        sources.push(told["source"].as_str().unwrap().to_owned());
        if sources.last().is_some_and(|source| source != "read") {
            let entry = &told["entries"][0];
            assert_eq!((&entry["path"], &entry["value"]), (&"/3311/0/5851".into(), &"42".into()), "{told}");
        }
    }
    for source in ["read", "write", "notify"] {
        assert!(sources.iter().any(|told| told == source), "{source} is missing: {sources:?}");
    }
    // Nothing of all that concerns who watches the list.
    bridge.register("other", "</3/0>");
    assert_eq!(all.next().2["ep"], "other");
}

#[test]
fn it_leaves_when_the_bridge_stops_and_comes_back_after_a_reboot() {
    let (bridge, _) = demo();
    let mut events = Sse::open(&bridge, "", "");
    events.next();
    let mut socket = bridge.coap();
    socket.send(request(POST, 1, None, "/3/0/4", "")).unwrap();
    assert_eq!(answer(&mut socket, 1).0, 0x44, "2.04");
    assert_eq!(events.next().0, "deregistered");
    assert_eq!(events.next().0, "registered");

    drop(socket);
    let stopping = std::thread::spawn(|| bridge.stop());
    let (kind, _, told) = events.next();
    assert_eq!((kind.as_str(), &told["ep"], &told["why"]), ("deregistered", &"demo-device".into(), &"asked".into()));
    let took = stopping.join().unwrap();
    assert!(took.as_secs_f32() < 1.0, "{took:?}");
}
