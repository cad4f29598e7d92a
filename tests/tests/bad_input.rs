//! Bad input of every kind: each has its clear error and its counter, and the bridge goes on.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use footbridge_tests::bridge::Bridge;
use footbridge_tests::coap::{self, Message, Type};
use footbridge_tests::device::{self, Device, Reply};
use footbridge_tests::http;
use footbridge_tests::wait_for;
use footbridge_tests::ws::{self, Opened, Socket};

type Headers<'a> = &'a [(&'a str, &'a str)];

const QUERY: &str = "ep=good&lt=60&lwm2m=1.1&b=U";
const TLV: &[u8] = b"\xc8\x00\x04Acme";

/// Does something bad and checks that this counter goes up by it, and that the bridge then serves a device as ever.
fn counted(bridge: &Bridge, counter: &str, bad: impl FnOnce() -> Result<()>) -> Result<()> {
    let name = format!("footbridge_{counter}_total");
    let before = bridge.metric(&name)?;
    bad()?;
    wait_for(&format!("{name} to grow from {before}"), || Ok((bridge.metric(&name)? > before).then_some(())))?;
    goes_on(bridge)
}

fn goes_on(bridge: &Bridge) -> Result<()> {
    let _device = Device::register(bridge.coap, QUERY, "</3/0>", &[("/3/0", Reply::Content(11542, TLV.to_vec()))])?;
    let mut socket = Socket::coap(bridge.http, &bridge.token)?;
    let answer = socket.request(&Message::new(coap::GET).uri("/ep/good/3/0"))?;
    ensure!(answer.code == coap::CONTENT && answer.payload == TLV, "{answer:?}");
    ensure!(http::request(bridge.http, "GET", "/healthz", &[], b"")?.status == 200, "not healthy");
    Ok(())
}

#[test]
fn datagrams_that_are_not_coap() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    // RFC 7252 "Message Format" and "Option Format": what each breaks, and whether it may be answered at all.
    let rows: &[(&str, &[u8], bool)] = &[
        ("one byte", b"\x40", false),
        ("text, by chance a confirmable head", b"GET / HTTP/1.1\r\n\r\n", true),
        ("another version", b"\x80\x01\x00\x01", false),
        ("a reserved token length", b"\x4f\x01\x00\x02123456789012345", true),
        ("a token that is cut short", b"\x44\x01\x00\x03\x01", true),
        ("an option that is cut short", b"\x40\x01\x00\x04\xb5ab", true),
        ("a reserved option length", b"\x40\x01\x00\x05\xbf", true),
        ("a payload marker without payload", b"\x40\x01\x00\x06\xff", true),
        ("an empty message with a token", b"\x41\x00\x00\x07\x01", true),
        ("zeros", &[0; 100], false),
        ("0xff", &[0xff; 1200], false),
    ];
    for (why, bytes, may_reset) in rows {
        counted(&bridge, "coap_malformed", || {
            match device::poke(bridge.coap, bytes)?.as_deref().map(Message::from_datagram) {
                None => Ok(()),
                Some(Some(answer)) if *may_reset && answer.kind == Type::Rst => Ok(()),
                other => bail!("answered by {other:?}"),
            }
        })
        .map_err(|error| error.context(*why))?;
    }
    Ok(())
}

#[test]
fn registrations_that_are_not_good() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let refused = "lwm2m_registrations_refused";
    // A name may have 252 bytes; with `ep=` this one makes a Uri-Query longer than RFC 7252 "Option Definitions" lets it be.
    let long = format!("ep={}&lt=60&lwm2m=1.1&b=U", "x".repeat(253));
    let rows = [
        ("without ep", device::register("lt=60&lwm2m=1.1&b=U", "</3/0>"), "4.00", refused),
        ("with an empty ep", device::register("ep=&lt=60&lwm2m=1.1&b=U", "</3/0>"), "4.00", refused),
        ("with a name of dots", device::register("ep=..&lt=60&lwm2m=1.1&b=U", "</3/0>"), "4.00", refused),
        ("with a name of 253 bytes", device::register(&long, "</3/0>"), "4.02", "coap_bad_options"),
    ];
    for (why, message, want, counter) in rows {
        counted(&bridge, counter, || {
            let answer = device::ask(bridge.coap, &message)?;
            ensure!(answer.code_text() == want, "answered {}", answer.code_text());
            Ok(())
        })
        .map_err(|error| error.context(why))?;
    }
    counted(&bridge, "lwm2m_unknown_location", || {
        let answer = device::ask(bridge.coap, &Message::new(coap::POST).uri("/rd/nothing"))?;
        ensure!(answer.code_text() == "4.04", "an update of nothing: {}", answer.code_text());
        Ok(())
    })?;
    assert_eq!(bridge.get("/api/v1/clients")?["total"], 1, "only the good one");
    Ok(())
}

#[test]
fn a_payload_cut_short() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let cut = b"\xc8\x00\x14Open Mo".to_vec();
    let replies = [("/3/0", Reply::Content(11542, cut.clone())), ("/3/0/0", Reply::Content(0, b"Acme".to_vec()))];
    let _device = Device::register(bridge.coap, "ep=cut&lt=60&lwm2m=1.1&b=U", "</3/0>", &replies)?;
    counted(&bridge, "lwm2m_undecodable", || {
        let mut socket = Socket::coap(bridge.http, &bridge.token)?;
        // The bytes of a device reach whoever asked, even if they mean nothing.
        let answer = socket.request(&Message::new(coap::GET).uri("/ep/cut/3/0"))?;
        ensure!(answer.code == coap::CONTENT && answer.payload == cut, "{answer:?}");
        let answer = socket.request(&Message::new(coap::GET).uri("/ep/cut/3/0/0"))?;
        ensure!(answer.payload == b"Acme", "{answer:?}");
        Ok(())
    })
}

#[test]
fn an_unknown_endpoint() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    counted(&bridge, "lwm2m_unknown_endpoint", || {
        let mut socket = Socket::coap(bridge.http, &bridge.token)?;
        let answer = socket.request(&Message::new(coap::GET).uri("/ep/nobody/3/0"))?;
        ensure!(answer.code_text() == "4.04", "{answer:?}");
        ensure!(!answer.payload.is_empty(), "it does not say why");
        Ok(())
    })?;
    let answer = bridge.request("GET", "/api/v1/clients/nobody", b"")?;
    assert_eq!((answer.status, answer.json()?["error"]["code"].as_str()), (404, Some("device_not_found")));
    Ok(())
}

#[test]
fn a_device_that_never_answers() -> Result<()> {
    // One second instead of 93: the clock of the bridge is real here.
    let Some(bridge) = Bridge::start(&["--limit", "request_timeout=1"]) else { return Ok(()) };
    let silent = Device::register(bridge.coap, "ep=silent&lt=60&lwm2m=1.1&b=U", "</3/0>", &[("/3/0", Reply::Silence)])?;
    counted(&bridge, "lwm2m_timed_out", || {
        let mut socket = Socket::coap(bridge.http, &bridge.token)?;
        socket.send(&Message { token: vec![1], ..Message::new(coap::GET) }.uri("/ep/silent/3/0"))?;
        silent.wait_asked("/3/0")?;
        // Meanwhile another device on the same connection is not held up.
        let replies = [("/3/0", Reply::Content(11542, TLV.to_vec()))];
        let _quick = Device::register(bridge.coap, "ep=quick&lt=60&lwm2m=1.1&b=U", "</3/0>", &replies)?;
        let quick = socket.request(&Message { token: vec![2], ..Message::new(coap::GET) }.uri("/ep/quick/3/0"))?;
        ensure!(quick.payload == TLV, "{quick:?}");
        let late = socket.receive()?;
        ensure!(late.as_ref().is_some_and(|m| m.token == [1] && m.code_text() == "5.04"), "{late:?}");
        Ok(())
    })
}

#[test]
fn websockets_of_strangers() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let coap = "Sec-WebSocket-Protocol";
    let good = format!("coap, token.{}", bridge.token);
    let rows: &[(&str, Headers<'_>, u16, &str)] = &[
        ("without a token", &[(coap, "coap")], 401, "not_signed_in"),
        ("with a wrong token", &[(coap, "coap, token.wrong")], 401, "wrong_token"),
        ("from a page of somebody else", &[(coap, &good), ("Origin", "http://example.com")], 403, "foreign_origin"),
        ("from a page without an origin", &[(coap, &good), ("Origin", "null")], 403, "foreign_origin"),
        ("for another host", &[(coap, &good), ("Host", "example.com")], 403, "foreign_host"),
        ("without a subprotocol", &[("Authorization", &format!("Bearer {}", bridge.token))], 400, "no_subprotocol"),
    ];
    for (why, headers, want, counter) in rows {
        counted(&bridge, counter, || match ws::open(bridge.http, "/.well-known/coap", headers)? {
            Opened::Refused(status, body) => {
                ensure!(status == *want, "{status} {body}");
                let error: serde_json::Value = serde_json::from_str(&body)?;
                ensure!(error["error"]["message"].as_str().is_some_and(|message| message.len() > 20), "{body}");
                Ok(())
            }
            Opened::Open(..) => bail!("opened"),
        })
        .map_err(|error| error.context(*why))?;
    }
    // A page of the bridge itself, and a script without an Origin, are let in.
    for origin in [format!("http://{}", bridge.http), format!("http://localhost:{}", bridge.http.port())] {
        let opened = ws::open(bridge.http, "/.well-known/coap", &[(coap, &good), ("Origin", &origin)])?;
        assert!(matches!(opened, Opened::Open(_, Some(protocol)) if protocol == "coap"), "{origin}");
    }
    Ok(())
}

#[test]
fn websockets_that_do_not_keep_to_the_rules() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let open = || -> Result<Socket> {
        let protocols = format!("coap, token.{}", bridge.token);
        match ws::open(bridge.http, "/.well-known/coap", &[("Sec-WebSocket-Protocol", &protocols)])? {
            Opened::Open(socket, _) => Ok(*socket),
            Opened::Refused(status, body) => bail!("refused: {status} {body}"),
        }
    };
    // RFC 8323 "Capabilities and Settings Messages (CSMs)": the first message of each side.
    counted(&bridge, "coap_aborts_out", || {
        let mut socket = open()?;
        socket.send(&Message::new(coap::GET).uri("/ep/good/3/0"))?;
        let (messages, _) = socket.drain()?;
        let codes: Vec<String> = messages.iter().map(Message::code_text).collect();
        ensure!(codes == ["7.01", "7.05"], "{codes:?}");
        Ok(())
    })?;
    // RFC 8323 "CoAP over WebSockets": messages are binary.
    counted(&bridge, "coap_text_frames", || {
        let mut socket = Socket::coap(bridge.http, &bridge.token)?;
        socket.send_text("hello")?;
        let (_, code) = socket.drain()?;
        ensure!(code == Some(1003), "closed with {code:?}");
        Ok(())
    })?;
    // RFC 8323 "Message Format": the length of a message over WebSockets is zero.
    counted(&bridge, "coap_malformed", || {
        let mut socket = Socket::coap(bridge.http, &bridge.token)?;
        socket.send_bytes(&[0x61, 0x01, 0xaa, 0xb5, b'h', b'e', b'l', b'l', b'o'])?;
        let (messages, _) = socket.drain()?;
        ensure!(messages.last().is_some_and(|last| last.code_text() == "7.05"), "{messages:?}");
        Ok(())
    })
}

#[test]
fn http_of_strangers() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let bearer = format!("Bearer {}", bridge.token);
    let rows: &[(&str, &str, Headers<'_>, u16)] = &[
        ("no token", "/api/v1/clients", &[], 401),
        ("wrong token", "/api/v1/clients", &[("Authorization", "Bearer wrong")], 401),
        ("foreign origin", "/api/v1/clients", &[("Authorization", &bearer), ("Origin", "http://example.com")], 403),
        ("foreign host", "/api/v1/clients", &[("Authorization", &bearer), ("Host", "example.com")], 403),
        ("nothing there", "/api/v1/nothing", &[("Authorization", &bearer)], 404),
        ("events without a token", "/api/v1/events", &[], 401),
        ("metrics without a token", "/metrics", &[], 401),
    ];
    for (why, path, headers, want) in rows {
        let answer = http::request(bridge.http, "GET", path, headers, b"")?;
        assert_eq!(answer.status, *want, "{why}: {}", answer.text());
        let message = answer.json()?["error"]["message"].as_str().unwrap_or_default().len();
        assert!(message > 20, "{why}: {}", answer.text());
    }
    let answer = bridge.request("POST", "/api/v1/session", br#"{"token":"wrong"}"#)?;
    assert_eq!((answer.status, answer.json()?["error"]["code"].as_str()), (401, Some("wrong_token")));
    let answer = bridge.request("POST", "/api/v1/session", b"{")?;
    assert_eq!(answer.status, 400, "{}", answer.text());
    goes_on(&bridge)
}

#[test]
fn stops_when_it_is_asked() -> Result<()> {
    let Some(mut bridge) = Bridge::start(&[]) else { return Ok(()) };
    goes_on(&bridge)?;
    let mut socket = Socket::coap(bridge.http, &bridge.token)?;
    let status = bridge.stop()?;
    assert!(status.success(), "{status}");
    assert!(!bridge.is_ready(), "the ready file is still there");
    // RFC 8323 "Release Messages" or a close: nobody waits for a bridge that is gone.
    let (messages, _) = socket.drain()?;
    assert!(messages.iter().all(|message| message.code_text() == "7.04"), "{messages:?}");
    std::thread::sleep(Duration::from_millis(50));
    assert!(http::request(bridge.http, "GET", "/healthz", &[], b"").is_err());
    Ok(())
}
