//! The CoAP WebSocket: its opening, and what the bridge itself does with it.

use tungstenite::Message;
use tungstenite::protocol::frame::coding::CloseCode;

use super::support::{Bridge, TOKEN, until};

const PATH: &str = "/.well-known/coap";

/// bridge-rules.md §1a: 101 with exactly "coap", 400 without the subprotocol, 404 elsewhere, 403 for foreign names.
#[test]
fn openings() {
    let bridge = Bridge::start();
    let with_token = format!("coap, token.{TOKEN}");
    let own = format!("http://localhost:{}", bridge.http.port());
    let bearer = format!("Bearer {TOKEN}");
    for (why, path, offered, headers, want) in [
        ("token second", PATH, with_token.as_str(), vec![], None),
        ("bearer", PATH, "coap", vec![("authorization", bearer.as_str())], None),
        ("our Origin", PATH, &with_token, vec![("origin", own.as_str())], None),
        ("others beside it", PATH, &format!("soap, {with_token}"), vec![], None),
        ("no token", PATH, "coap", vec![], Some((401, "not_signed_in"))),
        ("a wrong token", PATH, "coap, token.abc", vec![], Some((401, "wrong_token"))),
        ("an empty token", PATH, "coap, token.", vec![], Some((401, "wrong_token"))),
        ("a foreign Origin", PATH, &with_token, vec![("origin", "http://evil.example")], Some((403, "foreign_origin"))),
        ("Origin null", PATH, &with_token, vec![("origin", "null")], Some((403, "foreign_origin"))),
        ("a foreign Host", PATH, &with_token, vec![("host", "evil.example")], Some((403, "foreign_host"))),
        ("no subprotocol", PATH, "", vec![("authorization", bearer.as_str())], Some((400, "no_subprotocol"))),
        ("another one", PATH, &format!("soap, token.{TOKEN}"), vec![], Some((400, "no_subprotocol"))),
        ("upper case", PATH, &format!("COAP, token.{TOKEN}"), vec![], Some((400, "no_subprotocol"))),
        ("another path", "/.well-known/coaps", &with_token, vec![], Some((404, "no_such_path"))),
        ("a path of the console", "/devices", &with_token, vec![], Some((404, "no_such_path"))),
        ("the root", "/", &with_token, vec![], Some((404, "no_such_path"))),
        (
            "the token in the query",
            "/.well-known/coap?token=0123456789abcdefghij",
            "coap",
            vec![],
            Some((401, "not_signed_in")),
        ),
    ] {
        match (bridge.websocket(path, offered, &headers), want) {
            (Ok((_, response)), None) => {
                assert_eq!(response.headers()["sec-websocket-protocol"], "coap", "{why}");
                assert!(!response.headers().contains_key("sec-websocket-extensions"), "{why}");
            }
            (Err((status, body)), Some((want, code))) => {
                assert_eq!(status, want, "{why}: {body}");
                assert!(body.contains(&format!("\"code\":\"{code}\"")), "{why}: {body}");
            }
            (opened, want) => panic!("{why}: {:?} instead of {want:?}", opened.map(|_| ())),
        }
    }
}

#[test]
fn a_cookie_opens_it_too() {
    let bridge = Bridge::start();
    let signed_in = bridge.ask("POST /api/v1/session", &[], &format!("{{\"token\":\"{TOKEN}\"}}"));
    let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap();
    assert!(bridge.websocket(PATH, "coap", &[("cookie", cookie)]).is_ok());
    bridge.ask("DELETE /api/v1/session", &[("Cookie", cookie)], "");
    assert_eq!(bridge.websocket(PATH, "coap", &[("cookie", cookie)]).unwrap_err().0, 401);
}

fn closing(socket: &mut tungstenite::WebSocket<std::net::TcpStream>) -> (Vec<Vec<u8>>, Option<CloseCode>) {
    let mut before = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Binary(bytes)) => before.push(bytes.to_vec()),
            Ok(Message::Close(frame)) => return (before, frame.map(|frame| frame.code)),
            Ok(_) => {}
            Err(_) => return (before, None),
        }
    }
}

#[test]
fn text_is_refused_with_1003() {
    let bridge = Bridge::start();
    let mut socket = bridge.coap();
    socket.send(Message::text("hello")).unwrap();
    assert_eq!(closing(&mut socket).1, Some(CloseCode::Unsupported));
    assert_eq!(bridge.counter("footbridge_coap_text_frames_total"), 1);
    until("the socket is forgotten", || bridge.counter("footbridge_websockets") == 0);
}

#[test]
fn a_message_that_is_too_long_is_not_read() {
    let bridge = Bridge::start_with(|config| config.limits.exchange.frame = 2_000);
    let mut socket = bridge.coap();
    let _closed_meanwhile = socket.send(Message::binary(vec![0; 10_000]));
    let (before, code) = closing(&mut socket);
    assert_eq!(before.last().map(|bytes| bytes[1]), Some(0xe5), "7.05 Abort");
    assert_eq!(code, Some(CloseCode::Size));
    assert_eq!(bridge.counter("footbridge_websocket_too_long_total"), 1);
    assert_eq!(bridge.counter("footbridge_coap_frames_too_long_total"), 1, "the same, in the table of limits");
}

#[test]
fn stopping_says_goodbye() {
    let bridge = Bridge::start();
    let mut sockets = [bridge.coap(), bridge.coap()];
    until("both are open", || bridge.counter("footbridge_websockets") == 2);
    let clients = std::thread::spawn(move || sockets.each_mut().map(closing));
    let took = bridge.stop();
    for (before, code) in clients.join().unwrap() {
        assert_eq!(before.last().map(Vec::as_slice), Some(&[0x00, 0xe4][..]), "7.04 Release");
        assert_eq!(code, Some(CloseCode::Away));
    }
    assert!(took.as_secs_f32() < 1.0, "{took:?}");
}

#[test]
fn stopping_does_not_wait_for_a_client_that_does_not_answer() {
    let bridge = Bridge::start();
    let _mute = [bridge.coap(), bridge.coap()];
    let took = bridge.stop();
    assert!(took.as_secs_f32() < 2.0, "{took:?}");
}

#[test]
fn a_reader_that_does_not_read_is_not_served_without_bound() {
    let bridge = Bridge::start_with(|config| {
        config.limits.bridge.send_queue = 10_000;
        config.limits.bridge.send_seconds = 1;
    });
    let mut socket = bridge.coap();
    // GET /.well-known/core, again and again, with other tokens, and never a look at the answers.
    let mut sent = 0_u32;
    let gone = loop {
        let mut request = vec![0x04, 0x01];
        request.extend(sent.to_be_bytes());
        request.extend(b"\xbb.well-known\x04core");
        if socket.send(Message::binary(request)).is_err() {
            break true;
        }
        sent += 1;
        if sent > 5_000_000 {
            break false;
        }
    };
    assert!(gone, "{sent} requests were taken");
    until("it is counted", || {
        bridge.counter("footbridge_send_stalled_total") + bridge.counter("footbridge_send_queue_full_total") == 1
    });
    until("it is forgotten", || bridge.counter("footbridge_websockets") == 0);
}
