//! Devices over real UDP sockets, seen through the HTTP lists and read over the CoAP WebSocket.

use std::collections::BTreeSet;

use tungstenite::Message;

use super::support::{Bridge, receive, register, until};

#[test]
fn a_device_registers_is_listed_and_leaves() {
    let bridge = Bridge::start();
    let (device, location) = bridge.register("dev-1", "</>;rt=\"oma.lwm2m\";ct=110,</1/0>,</3>;ver=1.1,</3/0>");
    let list = bridge.get("/api/v1/clients").json();
    assert_eq!(list["total"], 1);
    let client = &list["clients"][0];
    for (key, want) in [
        ("endpoint", "\"dev-1\""),
        ("lwm2m", "\"1.1\""),
        ("lifetime", "60"),
        ("binding", "\"U\""),
        ("queue_mode", "false"),
        ("transport", "\"udp\""),
        ("secure", "false"),
        ("root", "\"/\""),
        ("formats", "[110]"),
        ("objects", "[{\"id\":1,\"instances\":[0],\"version\":null},{\"id\":3,\"instances\":[0],\"version\":\"1.1\"}]"),
        ("warnings", "[]"),
    ] {
        assert_eq!(client[key].to_string(), want, "{key}");
    }
    assert_eq!(client["address"], device.local_addr().unwrap().to_string());
    assert_eq!(client["location"], format!("rd/{}", String::from_utf8(location.clone()).unwrap()));
    for key in ["registered", "updated", "expires", "seen"] {
        let time = client[key].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{key}: {time}");
    }
    assert_eq!(&bridge.get("/api/v1/clients/dev-1").json(), client);

    // DELETE /rd/<location>
    let mut bye = b"\x41\x04\x00\x02\x02\xb2rd\x0d\x03".to_vec();
    bye.extend(&location);
    device.send(&bye).unwrap();
    assert_eq!(receive(&device)[1], 0x42, "2.02");
    assert_eq!(bridge.get("/api/v1/clients").json()["total"], 0);
    assert_eq!(bridge.get("/api/v1/clients/dev-1").error(), (404, "device_not_found".into()));
}

#[test]
fn names_are_compared_byte_for_byte() {
    let bridge = Bridge::start();
    for name in ["a/b", "a", "Ä", "a b%", "A"] {
        bridge.register(name, "</3/0>");
    }
    for (path, want) in [("a%2Fb", "a/b"), ("a", "a"), ("%C3%84", "Ä"), ("a%20b%25", "a b%"), ("A", "A")] {
        assert_eq!(bridge.get(&format!("/api/v1/clients/{path}")).json()["endpoint"], want);
    }
}

#[test]
fn lists_are_searched_sorted_and_cut() {
    let bridge = Bridge::start();
    for name in ["c", "a", "dev-B", "dev-a", "b"] {
        bridge.register(name, "</3/0>");
    }
    let names = |query: &str| -> (u64, Vec<String>, Option<String>) {
        let list = bridge.get(&format!("/api/v1/clients?{query}")).json();
        let clients = list["clients"].as_array().unwrap();
        let names = clients.iter().map(|client| client["endpoint"].as_str().unwrap().to_owned()).collect();
        (list["total"].as_u64().unwrap(), names, list["next"].as_str().map(str::to_owned))
    };
    for (query, total, want, next) in [
        ("", 5, "a b c dev-B dev-a", None),
        ("sort=-endpoint", 5, "dev-a dev-B c b a", None),
        ("sort=registered", 5, "c a dev-B dev-a b", None),
        ("sort=-registered", 5, "b dev-a dev-B a c", None),
        ("sort=lifetime", 5, "a b c dev-B dev-a", None),
        ("q=DEV-", 2, "dev-B dev-a", None),
        ("q=nothing", 0, "", None),
        ("limit=2", 5, "a b", Some("2")),
        ("limit=2&cursor=2", 5, "c dev-B", Some("4")),
        ("limit=2&offset=4", 5, "dev-a", None),
        ("offset=9", 5, "", None),
        ("limit=0", 5, "", Some("0")),
    ] {
        let want: Vec<String> = want.split_whitespace().map(String::from).collect();
        assert_eq!(names(query), (total, want, next.map(String::from)), "{query}");
    }
}

/// GET /ep/<endpoint>/3/0 on the WebSocket with this token.
fn read_request(token: u8, endpoint: &str) -> Vec<u8> {
    let mut request = vec![0x01, 0x01, token];
    request.extend(b"\xb2ep");
    request.push(endpoint.len() as u8);
    request.extend(endpoint.as_bytes());
    request.extend(b"\x013\x010");
    request
}

#[test]
fn a_websocket_reads_the_devices_own_bytes() {
    let bridge = Bridge::start();
    let (device, _) = bridge.register("dev-1", "</3/0>");
    let mut socket = bridge.coap();
    socket.send(Message::binary(read_request(9, "dev-1"))).unwrap();

    let asked = receive(&device);
    assert_eq!(asked[0] >> 4, 0x4, "confirmable");
    assert_eq!(asked[1], 0x01, "GET");
    let token_length = usize::from(asked[0] & 0x0f);
    assert_eq!(&asked[4 + token_length..][..4], b"\xb13\x010", "/3/0");
    let mut answer = vec![0x60 | token_length as u8, 0x45, asked[2], asked[3]];
    answer.extend(&asked[4..4 + token_length]);
    answer.extend(b"\xc2\x2d\x16\xff\xc8\x00\x03abc");
    device.send(&answer).unwrap();

    let Message::Binary(read) = socket.read().unwrap() else { panic!("no answer") };
    assert_eq!(&read[..], b"\x01\x45\x09\xc2\x2d\x16\xff\xc8\x00\x03abc");

    socket.send(Message::binary(read_request(10, "nobody"))).unwrap();
    let Message::Binary(refused) = socket.read().unwrap() else { panic!("no answer") };
    assert_eq!(refused[1..3], [0x84, 10], "4.04");
    assert_eq!(bridge.counter("footbridge_lwm2m_unknown_endpoint_total"), 1);
}

#[test]
fn bad_input_is_counted_and_the_bridge_goes_on() {
    let bridge = Bridge::start();
    let device = bridge.device();
    // Not CoAP at all: another version, or nothing. Silence.
    device.send(b"\x16\xfe\xfd\x00\x00").unwrap();
    device.send(b"").unwrap();
    until("it is counted", || bridge.counter("footbridge_coap_malformed_total") > 0);
    // HTTP happens to look like a confirmable answer that nobody waits for: reset, with its third and fourth byte as the id.
    device.send(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(receive(&device), b"\x70\x00T ");
    // Confirmable, cut in the middle of an option: reset.
    device.send(b"\x41\x02\x00\x07\x01\xb9rd").unwrap();
    assert_eq!(receive(&device), [0x70, 0x00, 0x00, 0x07]);
    // POST /rd without ep.
    device.send(b"\x41\x02\x00\x08\x01\xb2rd\x45lt=60").unwrap();
    assert_eq!(receive(&device)[1], 0x80, "4.00");
    assert_eq!(bridge.counter("footbridge_lwm2m_registrations_refused_total"), 1);
    bridge.register("after", "</3/0>");
}

#[test]
fn a_burst_of_registrations_is_not_lost() {
    let bridge = Bridge::start();
    let device = bridge.device();
    let mut open: BTreeSet<u16> = BTreeSet::new();
    for n in 0..2_000_u16 {
        device.send(&register(n, &format!("dev-{n}"), "</1/0>,</3/0>")).unwrap();
        open.insert(n);
        // As many in flight as one device's address may have open.
        while open.len() >= 48 {
            let answer = receive(&device);
            assert_eq!(answer[1], 0x41, "{answer:?}");
            open.remove(&u16::from_be_bytes([answer[2], answer[3]]));
        }
    }
    while let Some(n) = open.first().copied() {
        let answer = receive(&device);
        let id = u16::from_be_bytes([answer[2], answer[3]]);
        assert!(open.remove(&id), "{n} {answer:?}");
    }
    assert_eq!(bridge.counter("footbridge_registrations"), 2_000);
}

#[test]
fn a_device_on_a_websocket_is_shown_as_such_and_ends_with_it() {
    let bridge = Bridge::start();
    let mut socket = bridge.coap();
    let mut request = vec![0x01, 0x02, 0x01];
    request.extend(b"\xb2rd\x11\x28\x35ep=ws\x09lwm2m=1.1\x05lt=60\xff</3/0>");
    socket.send(Message::binary(request)).unwrap();
    let Message::Binary(answer) = socket.read().unwrap() else { panic!("no answer") };
    assert_eq!(answer[1], 0x41, "2.01");
    let client = bridge.get("/api/v1/clients/ws").json();
    assert_eq!(client["transport"], "ws");
    assert_eq!(client["address"], socket.get_ref().local_addr().unwrap().to_string());
    drop(socket);
    until("it is gone", || bridge.get("/api/v1/clients/ws").status == 404);
}
