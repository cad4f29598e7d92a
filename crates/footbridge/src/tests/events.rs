//! The event stream, by SSE and by WebSocket.

use std::net::TcpStream;

use serde_json::Value;
use tungstenite::Message;

use super::support::{Bridge, Sse, TOKEN, receive, until};

#[test]
fn scripts_see_devices_come_and_go() {
    let bridge = Bridge::start();
    let mut events = Sse::open(&bridge, "", "");
    let (event, id, hello) = events.next();
    assert_eq!((event.as_str(), id.as_deref(), &hello["kind"]), ("hello", Some("0"), &"hello".into()));
    let (device, location) = bridge.register("dev-1", "</3/0>");
    let (event, id, told) = events.next();
    assert_eq!((event.as_str(), id.as_deref()), ("registered", Some("1")));
    assert_eq!((&told["kind"], &told["ep"], &told["id"]), (&"registered".into(), &"dev-1".into(), &"1".into()));
    assert_eq!(told["client"], bridge.get("/api/v1/clients/dev-1").json());
    assert_eq!(bridge.get("/api/v1/clients").json()["revision"], "1");

    // An Update, then the end.
    let path = [b"\xb2rd\x0d\x03".as_slice(), &location].concat();
    device.send(&[b"\x41\x02\x00\x02\x02".as_slice(), &path].concat()).unwrap();
    assert_eq!(receive(&device)[1], 0x44, "2.04");
    let (event, _, told) = events.next();
    assert_eq!((event.as_str(), &told["client"]["endpoint"]), ("updated", &"dev-1".into()));
    device.send(&[b"\x41\x04\x00\x03\x03".as_slice(), &path].concat()).unwrap();
    let (event, _, told) = events.next();
    assert_eq!((event.as_str(), &told["why"], &told["client"]), ("deregistered", &"asked".into(), &Value::Null));
}

#[test]
fn a_stream_of_one_device_and_of_some_kinds() {
    let bridge = Bridge::start();
    let mut one = Sse::open(&bridge, "?ep=b", "");
    let mut gone = Sse::open(&bridge, "?kinds=deregistered,value", "");
    assert_eq!((one.next().0, gone.next().0), ("hello".into(), "hello".into()));
    bridge.register("a", "</3/0>");
    let (device, location) = bridge.register("b", "</3/0>");
    assert_eq!(one.next().2["ep"], "b");
    device.send(&[b"\x41\x04\x00\x03\x03\xb2rd\x0d\x03".as_slice(), &location].concat()).unwrap();
    assert_eq!(gone.next().2["ep"], "b");
}

#[test]
fn who_missed_something_is_told() {
    let bridge = Bridge::start();
    bridge.register("a", "</3/0>");
    let mut behind = Sse::open(&bridge, "", "Last-Event-ID: 0\r\n");
    assert_eq!((behind.next().0, behind.next().0), ("hello".into(), "reset".into()));
    let mut current = Sse::open(&bridge, "", "Last-Event-ID: 1\r\n");
    assert_eq!(current.next().0, "hello");
    bridge.register("b", "</3/0>");
    assert_eq!(current.next().2["ep"], "b");
}

fn text(socket: &mut tungstenite::WebSocket<TcpStream>) -> Value {
    loop {
        match socket.read().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_console_sees_the_same_over_a_websocket() {
    let bridge = Bridge::start();
    let offered = format!("footbridge.events, token.{TOKEN}");
    let (mut socket, response) = bridge.websocket("/api/v1/events", &offered, &[]).unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "footbridge.events");
    assert_eq!(text(&mut socket)["kind"], "hello");
    bridge.register("dev-1", "</3/0>");
    let told = text(&mut socket);
    assert_eq!((&told["kind"], &told["ep"]), (&"registered".into(), &"dev-1".into()));
    assert_eq!(told["client"], bridge.get("/api/v1/clients/dev-1").json());

    for (offered, want) in [("footbridge.events", 401), ("", 401), (&*format!("coap, token.{TOKEN}"), 400)] {
        assert_eq!(bridge.websocket("/api/v1/events", offered, &[]).unwrap_err().0, want, "{offered}");
    }
    let foreign = [("origin", "http://evil.example")];
    assert_eq!(
        bridge.websocket("/api/v1/events", &format!("footbridge.events, token.{TOKEN}"), &foreign).unwrap_err().0,
        403
    );

    assert_eq!(bridge.counter("footbridge_event_streams"), 1);
    drop(socket);
    until("the stream is forgotten", || bridge.counter("footbridge_event_streams") == 0);
}

#[test]
fn streams_are_bounded_and_end_with_the_bridge() {
    let bridge = Bridge::start_with(|config| config.limits.bridge.event_streams = 1);
    let mut open = Sse::open(&bridge, "", "");
    open.next();
    assert_eq!(bridge.get("/api/v1/events").error(), (503, "too_many_streams".into()));
    assert_eq!(bridge.counter("footbridge_event_streams_refused_total"), 1);
    let took = bridge.stop();
    assert!(took.as_secs_f32() < 1.0, "{took:?}");
}
