//! A CoAP client written by others, aiocoap, reaches devices through the bridge's WebSocket.
//!
//! `aiocoap-client` cannot send a token, so the bridge runs with `--no-auth`. It prints a payload byte by byte.

use anyhow::{Result, ensure};
use footbridge_tests::bridge::Bridge;
use footbridge_tests::coap::{self, Message};
use footbridge_tests::device::{Device, Reply};
use footbridge_tests::peers::{Leshan, Printed, aiocoap};
use footbridge_tests::ws::Socket;

/// /3/0/0, 1 and 9 in TLV (OMA LwM2M TS Core 1.1, "TLV"), odd on purpose: the second length takes two bytes where one is
/// enough. It would come out shorter if anything on the way decoded and encoded it again.
const TLV: &[u8] = b"\xc8\x00\x06Acme\xc3\xa9\xd0\x01\x00\x05Bridg\xc1\x09\x64";

fn read(bridge: &Bridge, path: &str, options: &[&str]) -> Result<Option<Printed>> {
    let uri = format!("coap+ws://{}{path}", bridge.http);
    aiocoap(&[options, &["--quiet", &uri]].concat())
}

#[test]
fn gets_the_leshan_client_s_own_tlv() -> Result<()> {
    let Some(bridge) = Bridge::start(&["--no-auth"]) else { return Ok(()) };
    let Some(mut leshan) = Leshan::start(bridge.coap, "leshan-ws", &["--manufacturer=Peers & Søns"]) else {
        return Ok(());
    };
    leshan.wait_line("registered ")?;
    bridge.wait_client("leshan-ws")?;
    let Some(printed) = read(&bridge, "/ep/leshan-ws/3/0", &["--accept", "11542"])? else { return Ok(()) };
    ensure!(printed.ok, "{printed:?}");
    leshan.wait_line("read /3/0 CONTENT(205)")?;
    // OMA LwM2M TS Core 1.1, "TLV": type 0b11_0_01_000 (a resource, length in one byte), id 0, length, UTF-8.
    let manufacturer = "Peers & Søns".as_bytes();
    let want = [&[0xc8, 0, manufacturer.len() as u8], manufacturer].concat();
    ensure!(printed.out.starts_with(&want), "{:02x?}", printed.out);

    let Some(printed) = read(&bridge, "/ep/leshan-ws/3/0/0", &["--accept", "0"])? else { return Ok(()) };
    ensure!(printed.out == manufacturer, "{printed:?}");
    Ok(())
}

#[test]
fn gets_a_device_s_bytes_unchanged() -> Result<()> {
    let Some(bridge) = Bridge::start(&["--no-auth"]) else { return Ok(()) };
    // Longer than one datagram should be, and the cut-off payload is none of a reverse proxy's business.
    let long = vec![0xa5; 1000];
    let replies = [
        ("/3/0", Reply::Content(11542, TLV.to_vec())),
        ("/3/0/0", Reply::Content(42, long.clone())),
        ("/3/1", Reply::Content(11542, TLV[..TLV.len() - 3].to_vec())),
    ];
    let device = Device::register(bridge.coap, "ep=raw%2F1&lt=60&lwm2m=1.1&b=U", "</3/0>,</3/1>", &replies)?;
    // The name has a percent sign in it: CoAP options hold bytes, not URI text.
    for (path, want) in [("/3/0", TLV), ("/3/0/0", &long), ("/3/1", &TLV[..TLV.len() - 3])] {
        let Some(printed) = read(&bridge, &format!("/ep/raw%252F1{path}"), &["--accept", "11542"])? else {
            return Ok(());
        };
        ensure!(printed.out == want, "{path}: {printed:02x?}");
        let asked = device.wait_asked(path)?;
        assert_eq!(asked.number_of(coap::ACCEPT), Some(11542), "{path}");
    }
    Ok(())
}

#[test]
fn errors_are_told_by_their_codes() -> Result<()> {
    let Some(bridge) = Bridge::start(&["--no-auth"]) else { return Ok(()) };
    let _device =
        Device::register(bridge.coap, "ep=raw-2&lt=60&lwm2m=1.1&b=U", "</3/0>", &[("/3/0", Reply::Code(0x85))])?;
    for (path, want) in [
        ("/ep/nobody/3/0", "4.04"), // no such device
        ("/ep/raw-2/4/0", "4.04"),  // the device's own answer
        ("/ep/raw-2/3/0", "4.05"),  // the same
        ("/nothing", "4.04"),
    ] {
        let Some(printed) = read(&bridge, path, &[])? else { return Ok(()) };
        let all = format!("{}{}", String::from_utf8_lossy(&printed.out), printed.err);
        ensure!(all.contains(want), "{path}: {printed:?}");
    }
    Ok(())
}

#[test]
fn lists_what_is_there() -> Result<()> {
    let Some(bridge) = Bridge::start(&["--no-auth"]) else { return Ok(()) };
    let Some(printed) = read(&bridge, "/.well-known/core", &[])? else { return Ok(()) };
    ensure!(printed.ok && printed.out.starts_with(b"</"), "{printed:?}");
    Ok(())
}

/// A device that takes no observations answers once, and no harm is done (RFC 7641 "Request").
#[test]
fn a_device_that_does_not_observe_is_read() -> Result<()> {
    let Some(bridge) = Bridge::start(&["--no-auth"]) else { return Ok(()) };
    let replies = [("/3/0", Reply::Content(11542, TLV.to_vec()))];
    let _device = Device::register(bridge.coap, "ep=raw-3&lt=60&lwm2m=1.1&b=U", "</3/0>", &replies)?;
    let mut socket = Socket::coap(bridge.http, "")?;
    for _ in 0..2 {
        let answer = socket.request(&Message::new(coap::GET).option(coap::OBSERVE, &[]).uri("/ep/raw-3/3/0"))?;
        assert_eq!((answer.code_text().as_str(), answer.payload.as_slice()), ("2.05", TLV));
        assert!(answer.values(coap::OBSERVE).is_empty(), "{answer:?}");
    }
    Ok(())
}
