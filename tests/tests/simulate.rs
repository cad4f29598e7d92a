//! Our simulated device, judged by a server of others: every assertion is about what Leshan's server says.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use footbridge_tests::peers::Leshan;
use footbridge_tests::simulated::Simulated;

/// A Leshan server, and one device that registered there; with what the server says of the registration.
fn start(flags: &[&str]) -> Option<(Leshan, Simulated, String)> {
    let (mut server, address) = Leshan::server()?;
    let device = Simulated::start(address, "sim", &[&["--interval", "1"], flags].concat())?;
    let registered = server.wait_line("registered sim ").unwrap_or_else(|error| panic!("{error:#}"));
    Some((server, device, registered))
}

/// Asks the server, and checks the code and pieces of what it read.
fn check(server: &mut Leshan, command: &str, code: &str, pieces: &[&str]) -> Result<String> {
    let answer = server.ask(command)?;
    ensure!(answer.starts_with(code), "{command}: {answer}");
    for piece in pieces {
        ensure!(answer.contains(piece), "{command}: no `{piece}` in {answer}");
    }
    Ok(answer)
}

/// Executes what makes the device leave. Its De-register comes right after its answer, and Leshan, which takes up both at
/// the same time, may cancel the request before it has looked at the answer.
fn leave(server: &mut Leshan, command: &str) -> Result<()> {
    match server.ask(command) {
        Ok(answer) => ensure!(answer.starts_with("CHANGED(204)"), "{command}: {answer}"),
        Err(error) => ensure!(error.to_string().contains("RequestCanceledException"), "{error:#}"),
    }
    Ok(())
}

/// The value of a single resource as Leshan prints it.
fn number(text: &str) -> Result<f64> {
    let value = text.split_once("value=").and_then(|(_, rest)| rest.split(',').next()).context("no value")?;
    value.parse().with_context(|| text.to_string())
}

#[test]
fn registers_with_its_objects_and_leaves() -> Result<()> {
    let Some((mut server, mut device, registered)) = start(&["--lifetime", "3"]) else { return Ok(()) };
    for piece in ["lifetime=3 ", "lwm2m=1.1 ", "binding=[U] ", "3=1.1", "3303=1.1", "3311=1.0"] {
        ensure!(registered.contains(piece), "no `{piece}`: {registered}");
    }
    let instances = "instances=[/1/0, /3/0, /4/0, /6/0, /3303/0, /3303/1, /3311/0]";
    ensure!(registered.contains(instances), "{registered}");
    // It updates before its lifetime ends; the server never sees it expire.
    server.wait_line("updated sim ")?;
    server.wait_line("updated sim ")?;
    device.stop()?;
    assert_eq!(server.wait_line("unregistered ")?, "unregistered sim");
    Ok(())
}

#[test]
fn is_read_in_every_format() -> Result<()> {
    let Some((mut server, _device, _)) = start(&[]) else { return Ok(()) };
    // Type and value of single, multiple, integer, time and text resources.
    let pieces = [
        "0=LwM2mSingleResource [id=0, value=Footbridge, type=STRING]",
        "6=LwM2mMultipleResource [id=6, values={0=LwM2mResourceInstance [id=0, value=1, type=INTEGER], \
         1=LwM2mResourceInstance [id=1, value=5, type=INTEGER]}, type=INTEGER]",
        "21=LwM2mSingleResource [id=21, value=65536, type=INTEGER]",
        "type=TIME",
    ];
    for format in ["", " TLV", " SENML_JSON", " SENML_CBOR"] {
        check(&mut server, &format!("read sim /3/0{format}"), "CONTENT(205)", &pieces)?;
        check(&mut server, &format!("read sim /3311/0/5850{format}"), "CONTENT(205)", &["value=true, type=BOOLEAN"])?;
        // A room, however long it runs.
        let answer = check(&mut server, &format!("read sim /3303/0/5700{format}"), "CONTENT(205)", &["type=FLOAT"])?;
        let value = number(&answer)?;
        ensure!((15.0..30.0).contains(&value), "{answer}");
    }
    check(&mut server, "read sim /3/0/0 TEXT", "CONTENT(205)", &["value=Footbridge, type=STRING"])?;
    check(&mut server, "read sim /3303", "CONTENT(205)", &["0=LwM2mObjectInstance", "1=LwM2mObjectInstance"])?;
    check(&mut server, "read sim /3/0 TEXT", "NOT_ACCEPTABLE(406)", &[])?;
    check(&mut server, "read sim /3/0/4", "METHOD_NOT_ALLOWED(405)", &[])?;
    check(&mut server, "read sim /3/0/22", "NOT_FOUND(404)", &[])?;
    check(&mut server, "read sim /5", "NOT_FOUND(404)", &[])?;
    Ok(())
}

#[test]
fn is_written() -> Result<()> {
    let Some((mut server, _device, _)) = start(&[]) else { return Ok(()) };
    check(&mut server, "write sim /3/0/15 Europe/Berlin", "CHANGED(204)", &[])?;
    check(&mut server, "read sim /3/0/15", "CONTENT(205)", &["value=Europe/Berlin, type=STRING"])?;
    check(&mut server, "write sim /3/0/0 Me", "METHOD_NOT_ALLOWED(405)", &[])?;
    check(&mut server, "write sim /3311/0/5851 300", "BAD_REQUEST(400)", &[])?;
    check(&mut server, "write sim /3311/9/5851 30", "NOT_FOUND(404)", &[])?;

    // Leshan writes instances in the device's preferred format. A partial update leaves the rest, a replacement does not.
    check(&mut server, "update sim /3311/0 5851=42,5850=0", "CHANGED(204)", &[])?;
    let pieces = ["value=42, type=INTEGER", "value=false, type=BOOLEAN", "value=desk, type=STRING"];
    check(&mut server, "read sim /3311/0", "CONTENT(205)", &pieces)?;
    check(&mut server, "replace sim /3311/0 5851=43,5850=1", "CHANGED(204)", &[])?;
    let answer = check(&mut server, "read sim /3311/0", "CONTENT(205)", &["value=43, type=INTEGER", "value=true"])?;
    ensure!(!answer.contains("desk"), "{answer}");

    // Longer than a datagram should be: in blocks both ways.
    let long = "0123456789abcdef".repeat(100);
    check(&mut server, &format!("write sim /3303/0/5750 {long}"), "CHANGED(204)", &[])?;
    check(&mut server, "read sim /3303/0/5750", "CONTENT(205)", &[&long])?;
    Ok(())
}

#[test]
fn is_observed() -> Result<()> {
    const SENSOR: &str = "/3303/0/5700";
    let notified = format!("notified {SENSOR} CONTENT(205)");
    let Some((mut server, mut device, _)) = start(&[]) else { return Ok(()) };
    check(&mut server, &format!("attributes sim {SENSOR} pmin=1&pmax=2"), "CHANGED(204)", &[])?;
    check(&mut server, &format!("discover sim {SENSOR}"), "CONTENT(205)", &["pmin=1", "pmax=2"])?;
    check(&mut server, &format!("attributes sim {SENSOR} pmin=1&pmax=1"), "CHANGED(204)", &[])?;

    // With pmax 1 something comes every second, whether the value moves or not.
    check(&mut server, &format!("observe sim {SENSOR}"), "CONTENT(205)", &["type=FLOAT"])?;
    for _ in 0..3 {
        let line = server.wait_line(&notified)?;
        ensure!((15.0..30.0).contains(&number(&line)?), "{line}");
    }
    // Ended by a GET with Observe 1: nothing more comes.
    check(&mut server, &format!("cancel sim {SENSOR}"), "CONTENT(205)", &["type=FLOAT"])?;
    let before = server.count_lines(&notified);
    std::thread::sleep(Duration::from_millis(2_500));
    assert_eq!(server.count_lines(&notified), before);

    // Ended by a Reset to the next notification: the device counts that one and sends no more.
    check(&mut server, &format!("observe sim {SENSOR}"), "CONTENT(205)", &[])?;
    server.wait_line(&notified)?;
    check(&mut server, &format!("forget sim {SENSOR}"), "1", &[])?;
    let heard = server.count_lines(&notified);
    std::thread::sleep(Duration::from_millis(3_500));
    let sent = device.stop()?;
    ensure!((heard..=heard + 2).contains(&sent), "{sent} sent, {heard} heard");
    assert_eq!(server.count_lines(&notified), heard);
    Ok(())
}

#[test]
fn is_executed_and_returns_from_a_reboot() -> Result<()> {
    let Some((mut server, _device, _)) = start(&[]) else { return Ok(()) };
    check(&mut server, "write sim /3/0/15 Europe/Berlin", "CHANGED(204)", &[])?;
    check(&mut server, "execute sim /3303/0/5605", "CHANGED(204)", &[])?;
    let lowest = number(&server.ask("read sim /3303/0/5601")?)?;
    let value = number(&server.ask("read sim /3303/0/5700")?)?;
    ensure!((lowest - value).abs() < 1.0, "the lowest value is {lowest} right after it was reset at {value}");
    check(&mut server, "execute sim /3/0/0", "METHOD_NOT_ALLOWED(405)", &[])?;
    check(&mut server, "execute sim /3/0/40", "NOT_FOUND(404)", &[])?;

    leave(&mut server, "execute sim /3/0/4")?;
    assert_eq!(server.wait_line("unregistered ")?, "unregistered sim");
    server.wait_line("registered sim ")?;
    // What was written stays over a reboot, and is gone after a factory reset.
    check(&mut server, "read sim /3/0/15", "CONTENT(205)", &["value=Europe/Berlin"])?;
    leave(&mut server, "execute sim /3/0/5")?;
    server.wait_line("registered sim ")?;
    check(&mut server, "read sim /3/0/15", "CONTENT(205)", &["value=Etc/UTC"])?;
    Ok(())
}

#[test]
fn is_discovered_and_has_instances_created_and_deleted() -> Result<()> {
    let Some((mut server, _device, _)) = start(&[]) else { return Ok(()) };
    check(&mut server, "discover sim /3", "CONTENT(205)", &["</3/0/0>", "</3/0/4>", "</3/0/6>;dim=2", "</3/0/21>"])?;
    check(&mut server, "discover sim /3303/0", "CONTENT(205)", &["</3303/0/5700>", "</3303/0/5605>"])?;

    check(&mut server, "create sim /3303/7 5750=cellar", "CREATED(201)", &[])?;
    ensure!(server.wait_line("updated sim ")?.contains("/3303/7"), "the server is not told of the new instance");
    check(&mut server, "read sim /3303/7", "CONTENT(205)", &["value=cellar, type=STRING", "5700=LwM2mSingleResource"])?;
    check(&mut server, "create sim /3303/7 5750=again", "BAD_REQUEST(400)", &[])?;
    check(&mut server, "delete sim /3303/7", "DELETED(202)", &[])?;
    check(&mut server, "read sim /3303/7", "NOT_FOUND(404)", &[])?;
    // Without an id the device chooses one and tells it.
    check(&mut server, "create sim /3311 5850=1", "CREATED(201)", &["location=3311/1"])?;
    check(&mut server, "read sim /3311/1/5850", "CONTENT(205)", &["value=true, type=BOOLEAN"])?;
    for path in ["/3/0", "/1/0"] {
        check(&mut server, &format!("delete sim {path}"), "METHOD_NOT_ALLOWED(405)", &[])?;
    }
    Ok(())
}

#[test]
fn many_register() -> Result<()> {
    let Some((mut server, address)) = Leshan::server() else { return Ok(()) };
    let Some(mut devices) = Simulated::start(address, "many", &["--count", "50"]) else { return Ok(()) };
    for _ in 0..50 {
        server.wait_line("registered many-")?;
    }
    check(&mut server, "read many-0050 /3/0/0", "CONTENT(205)", &["value=Footbridge"])?;
    devices.stop()?;
    for _ in 0..50 {
        server.wait_line("unregistered many-")?;
    }
    Ok(())
}
