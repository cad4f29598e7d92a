//! Every operation on devices, asked for by a CoAP client of others, aiocoap, through the bridge's WebSocket.

use anyhow::{Context, Result, ensure};
use footbridge_tests::bridge::Bridge;
use footbridge_tests::coap::{self, Message};
use footbridge_tests::device::{Device, Reply};
use footbridge_tests::http::Events;
use footbridge_tests::peers::{Leshan, Observer, aiocoap_request};
use footbridge_tests::wait_for;
use footbridge_tests::ws::Socket;

const TEXT: u16 = 0;
const LINKS: u16 = 40;
const SENML_JSON: u16 = 110;
const TLV: u16 = 11542;

/// 1,600 bytes: more than fits into one block of RFC 7959.
fn long() -> String {
    "0123456789abcdef".repeat(100)
}

fn uri(bridge: &Bridge, path: &str) -> String {
    format!("coap+ws://{}/ep/{path}", bridge.http)
}

/// Method, path, format, payload; code, what is in the answer; what the device says.
type Row<'a> = (&'a str, &'a str, Option<u16>, &'a str, &'a str, &'a str, &'a str);

/// Everything that can be done with a device that has objects 3 and 3303, and what aiocoap must say of it.
///
/// `did` is what the device itself says it has done, if it says anything.
fn every_operation(bridge: &Bridge, endpoint: &str, mut did: impl FnMut(&str) -> Result<()>) -> Result<()> {
    let long = long();
    let create = r#"[{"bn":"/3303/5/","n":"5700","v":4.5},{"n":"5750","vs":"cellar"}]"#;
    let rows: &[Row<'_>] = &[
        ("PUT", "/3/0/15", Some(TEXT), "Europe/Berlin", "2.04", "", "written /3/0/15 CHANGED(204)"),
        ("GET", "/3/0/15", Some(TEXT), "", "2.05", "Europe/Berlin", "read /3/0/15 CONTENT(205)"),
        ("PUT", "/3/0/0", Some(TEXT), "Me", "4.05", "", "written /3/0/0 METHOD_NOT_ALLOWED(405)"),
        ("GET", "/3/0/99", Some(TEXT), "", "4.04", "", ""),
        ("POST", "/3303/0", Some(SENML_JSON), r#"[{"n":"/3303/0/5750","vs":"hall"}]"#, "2.04", "", "written /3303/0"),
        ("GET", "/3303/0/5750", Some(TEXT), "", "2.05", "hall", ""),
        ("PUT", "/3303/0/5750", Some(TEXT), &long, "2.04", "", "written /3303/0/5750 CHANGED(204)"),
        ("GET", "/3303/0/5750", Some(TEXT), "", "2.05", &long, ""),
        ("PUT", "/3303/0/5700?pmin=1&pmax=60", None, "", "2.04", "", "attributes /3303/0/5700 CHANGED(204)"),
        ("GET", "/3303/0/5700", Some(LINKS), "", "2.05", "pmin=1", "discovered /3303/0/5700 CONTENT(205)"),
        ("POST", "/3303/0/5605", None, "", "2.04", "", "executed /3303/0/5605 CHANGED(204)"),
        ("POST", "/3/0/0", None, "", "4.05", "", "executed /3/0/0 METHOD_NOT_ALLOWED(405)"),
        ("POST", "/3303", Some(SENML_JSON), create, "2.01", "", "created /3303 CREATED(201)"),
        ("GET", "/3303/5/5750", Some(TEXT), "", "2.05", "cellar", ""),
        ("GET", "/3303", Some(LINKS), "", "2.05", "/3303/5/5750>", "discovered /3303 CONTENT(205)"),
        ("DELETE", "/3303/5", None, "", "2.02", "", "deleted /3303/5 DELETED(202)"),
        ("GET", "/3303/5", None, "", "4.04", "", ""),
        ("DELETE", "/3/0", None, "", "4.05", "", ""),
    ];
    for (method, path, format, payload, code, piece, says) in rows {
        let uri = uri(bridge, &format!("{endpoint}{path}"));
        let Some(answer) = aiocoap_request(method, &uri, *format, payload.as_bytes())? else { return Ok(()) };
        ensure!(answer.code == *code, "{method} {path}: {}", answer.log);
        ensure!(answer.text().contains(piece), "{method} {path}: no `{piece}` in {}", answer.text());
        if method == &"GET" && format == &Some(LINKS) {
            ensure!(answer.text().contains(&format!("</ep/{endpoint}/3303/0")), "{}", answer.text());
        }
        if !says.is_empty() {
            did(says).with_context(|| format!("{method} {path}"))?;
        }
    }
    Ok(())
}

#[test]
fn on_the_leshan_client() -> Result<()> {
    let Some(bridge) = Bridge::start(&["--no-auth"]) else { return Ok(()) };
    let Some(mut leshan) = Leshan::start(bridge.coap, "leshan-1", &["--temperature"]) else { return Ok(()) };
    bridge.wait_client("leshan-1")?;
    every_operation(&bridge, "leshan-1", |says| leshan.wait_line(says).map(drop))?;

    // A thermometer that moves once a second.
    let Some(mut observer) = Observer::start(&uri(&bridge, "leshan-1/3303/0/5700"), TEXT)? else { return Ok(()) };
    let mut values = Vec::new();
    for _ in 0..3 {
        values.push(observer.wait("2.05")?.parse::<f64>()?);
    }
    values.dedup();
    ensure!(values.len() == 3, "{values:?}");
    leshan.wait_line("observed /3303/0/5700 CONTENT(205)")?;
    observer.stop()
}

#[test]
fn on_the_demo_device() -> Result<()> {
    const SENSOR: &str = "demo-device/3303/0/5700";
    let Some(bridge) = Bridge::start(&["--no-auth", "--demo"]) else { return Ok(()) };
    let before = bridge.wait_client("demo-device")?;
    every_operation(&bridge, "demo-device", |_| Ok(()))?;

    let events = Events::open(bridge.http, "/api/v1/events?ep=demo-device", &[])?;
    let Some(_) = aiocoap_request("PUT", &uri(&bridge, &format!("{SENSOR}?pmin=0&pmax=1")), None, b"")? else {
        return Ok(());
    };
    let Some(mut observer) = Observer::start(&uri(&bridge, SENSOR), TEXT)? else { return Ok(()) };
    for _ in 0..3 {
        let value: f64 = observer.wait("2.05")?.parse()?;
        ensure!((15.0..30.0).contains(&value), "{value}");
    }
    events.wait("it is observed", |event| event["kind"] == "observation" && event["running"] == true)?;
    let event = events.wait("a notification", |event| event["kind"] == "value" && event["source"] == "notify")?;
    ensure!(event["path"] == "/3303/0/5700" && event["entries"][0]["type"] == "float", "{event}");
    observer.stop()?;
    events.wait("it is observed no more", |event| event["kind"] == "observation" && event["running"] == false)?;

    // A reboot: it leaves and returns by itself.
    let Some(answer) = aiocoap_request("POST", &uri(&bridge, "demo-device/3/0/4"), None, b"")? else { return Ok(()) };
    ensure!(answer.code == "2.04", "{}", answer.log);
    ensure!(events.wait_kind("deregistered", "demo-device")?["why"] == "asked", "it did not say goodbye");
    events.wait_kind("registered", "demo-device")?;
    ensure!(bridge.wait_client("demo-device")?["location"] != before["location"], "the same registration");
    Ok(())
}

#[test]
fn long_bodies_go_in_blocks() -> Result<()> {
    let Some(bridge) = Bridge::start(&["--no-auth"]) else { return Ok(()) };
    // Every byte is another one than those a block away, so that a block in the wrong place shows.
    let body: Vec<u8> = (0..5_000_u32).map(|at| (at * 7 + at / 256) as u8).collect();
    let replies = [
        ("/3/0", Reply::Blocks(TLV, body.clone(), 1024)),
        ("/3/1", Reply::Blocks(TLV, body.clone(), 64)),
        ("/5/0/0", Reply::Take),
    ];
    let device = Device::register(bridge.coap, "ep=raw-1&lt=60&lwm2m=1.1&b=U", "</3/0>,</3/1>,</5/0>", &replies)?;
    for path in ["/3/0", "/3/1"] {
        let Some(answer) = aiocoap_request("GET", &uri(&bridge, &format!("raw-1{path}")), Some(TLV), b"")? else {
            return Ok(());
        };
        ensure!(answer.code == "2.05" && answer.payload == body, "{path}: {}", answer.log);
    }
    let uri = uri(&bridge, "raw-1/5/0/0");
    let Some(answer) = aiocoap_request("PUT", &uri, Some(42), &body)? else { return Ok(()) };
    ensure!(answer.code == "2.04", "{}", answer.log);
    let blocks: Vec<Message> = device.asked().into_iter().filter(|m| m.code == coap::PUT).collect();
    for (at, block) in blocks.iter().enumerate() {
        let last = at + 1 == blocks.len();
        ensure!(block.block(coap::BLOCK1) == Some((at, !last, 1024)), "block {at}: {block:?}");
        ensure!(block.number_of(coap::CONTENT_FORMAT) == Some(42), "block {at}: {block:?}");
    }
    ensure!(blocks.iter().flat_map(|block| &block.payload).eq(&body), "the body came out different");
    Ok(())
}

#[test]
fn watchers_share_one_observation() -> Result<()> {
    const PATH: &str = "/3303/0/5700";
    let Some(bridge) = Bridge::start(&["--no-auth"]) else { return Ok(()) };
    let replies = [(PATH, Reply::Observable(TEXT, b"20.0".to_vec()))];
    let device = Device::register(bridge.coap, "ep=raw-1&lt=60&lwm2m=1.1&b=U", "</3303/0>", &replies)?;
    let gets = || device.asked().iter().filter(|m| m.path() == PATH).map(|m| m.number_of(coap::OBSERVE)).collect();

    let uri = uri(&bridge, "raw-1/3303/0/5700");
    let Some(mut first) = Observer::start(&uri, TEXT)? else { return Ok(()) };
    ensure!(first.wait("2.05")? == "20.0", "the first state");
    device.notify(PATH, TEXT, b"20.5")?;
    ensure!(first.wait("2.05")? == "20.5", "a change");
    // Who comes later gets the newest state at once, and then each change as well.
    let Some(mut second) = Observer::start(&uri, TEXT)? else { return Ok(()) };
    ensure!(second.wait("2.05")? == "20.5", "what the second sees first");
    let mut third = Socket::coap(bridge.http, "")?;
    let request = Message::new(coap::GET).option(coap::OBSERVE, &[]).number(coap::ACCEPT, TEXT);
    let answer = third.request(&request.uri("/ep/raw-1/3303/0/5700"))?;
    ensure!(answer.payload == b"20.5" && !answer.values(coap::OBSERVE).is_empty(), "{answer:?}");
    device.notify(PATH, TEXT, b"21.0")?;
    ensure!((first.wait("2.05")?, second.wait("2.05")?) == ("21.0".into(), "21.0".into()), "both see a change");
    let pushed = third.receive()?.context("closed")?;
    ensure!(pushed.payload == b"21.0" && pushed.token == answer.token, "{pushed:?}");
    let asked: Vec<Option<u16>> = gets();
    assert_eq!(asked, [Some(0)], "one observation at the device for three watchers");

    // One leaves, the others go on; with the last the device is told.
    first.stop()?;
    drop(third);
    device.notify(PATH, TEXT, b"21.5")?;
    ensure!(second.wait("2.05")? == "21.5", "the one that stayed");
    second.stop()?;
    wait_for("the device to be told", || {
        let asked: Vec<Option<u16>> = gets();
        Ok((asked == [Some(0), Some(1)]).then_some(()))
    })
    .with_context(|| format!("{:?}", device.asked()))
}
