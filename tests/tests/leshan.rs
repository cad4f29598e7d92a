//! A device written by others, Eclipse Leshan's client, registers and leaves in every way.

use anyhow::Result;
use footbridge_tests::bridge::Bridge;
use footbridge_tests::peers::Leshan;
use serde_json::{Value, json};

fn object(client: &Value, id: u16) -> Option<&Value> {
    client["objects"].as_array()?.iter().find(|object| object["id"] == id)
}

#[test]
fn registers_updates_and_deregisters() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let events = bridge.events()?;
    let Some(mut leshan) = Leshan::start(bridge.coap, "leshan-1", &["--lifetime=300"]) else { return Ok(()) };

    let registered = leshan.wait_line("registered ")?;
    let event = events.wait_kind("registered", "leshan-1")?;
    let client = bridge.wait_client("leshan-1")?;
    assert_eq!(event["client"]["location"], client["location"]);
    let location = client["location"].as_str().unwrap_or_default();
    assert!(registered.contains(location), "{registered} but {location}");
    for (field, want) in [
        ("endpoint", json!("leshan-1")),
        ("lwm2m", json!("1.1")),
        ("lifetime", json!(300)),
        ("binding", json!("U")),
        ("queue_mode", json!(false)),
        ("transport", json!("udp")),
        ("root", json!("/")),
    ] {
        assert_eq!(client[field], want, "{field}");
    }
    for id in [1, 3] {
        assert_eq!(object(&client, id).map(|object| &object["instances"]), Some(&json!([0])), "object {id}");
    }
    assert!(object(&client, 0).is_none(), "the Security object is never told: {client}");
    assert_eq!(bridge.get("/api/v1/clients")?["total"], 1);

    leshan.command("update")?;
    leshan.wait_line("update-success")?;
    let event = events.wait_kind("updated", "leshan-1")?;
    assert_ne!(event["client"]["updated"], client["updated"]);
    assert_eq!(event["client"]["registered"], client["registered"]);
    assert_eq!(event["client"]["location"], client["location"]);

    leshan.command("deregister")?;
    leshan.wait_line("deregistration-success")?;
    assert_eq!(events.wait_kind("deregistered", "leshan-1")?["why"], "asked");
    assert_eq!(bridge.client("leshan-1")?, None);
    assert_eq!(bridge.get("/api/v1/clients")?["total"], 0);

    leshan.command("start")?;
    leshan.wait_line("registered ")?;
    assert_ne!(bridge.wait_client("leshan-1")?["location"], client["location"]);
    Ok(())
}

#[test]
fn a_crashed_device_expires() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let events = bridge.events()?;
    let Some(mut leshan) = Leshan::start(bridge.coap, "leshan-2", &["--lifetime=2"]) else { return Ok(()) };
    leshan.wait_line("registered ")?;
    leshan.command("crash")?;
    assert_eq!(events.wait_kind("deregistered", "leshan-2")?["why"], "expired");
    assert_eq!(bridge.client("leshan-2")?, None);
    Ok(())
}

#[test]
fn a_device_that_comes_back_replaces_itself() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let events = bridge.events()?;
    let Some(mut first) = Leshan::start(bridge.coap, "leshan-3", &[]) else { return Ok(()) };
    first.wait_line("registered ")?;
    let before = bridge.wait_client("leshan-3")?;
    first.command("crash")?;
    let Some(mut second) = Leshan::start(bridge.coap, "leshan-3", &[]) else { return Ok(()) };
    second.wait_line("registered ")?;
    assert_eq!(events.wait_kind("deregistered", "leshan-3")?["why"], "replaced");
    events.wait_kind("registered", "leshan-3")?;
    assert_eq!(bridge.get("/api/v1/clients")?["total"], 1);
    assert_ne!(bridge.wait_client("leshan-3")?["location"], before["location"]);
    Ok(())
}
