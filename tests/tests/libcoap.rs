//! Libcoap's `coap-client`, a CoAP client in C, sends a registration that no LwM2M library made.

use anyhow::Result;
use footbridge_tests::bridge::Bridge;
use footbridge_tests::peers::coap_client;
use serde_json::json;

#[test]
fn a_raw_registration_is_listed() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let uri = format!("coap://{}/rd?ep=libcoap-1&lt=60&lwm2m=1.1&b=U", bridge.coap);
    let links = "</1/0>,</3/0>,</3303/0>;ver=1.1";
    let Some(printed) = coap_client(&["-m", "post", "-t", "40", "-e", links, "-B", "10", &uri])? else { return Ok(()) };
    // Its exit status is 0 in any case; an error code goes to stderr.
    assert!(!printed.err.contains("4.") && !printed.err.contains("5."), "{printed:?}");
    let client = bridge.wait_client("libcoap-1")?;
    assert_eq!(client["lifetime"], 60);
    assert_eq!(client["objects"].as_array().map(Vec::len), Some(3), "{client}");
    assert_eq!(client["objects"][2], json!({"id": 3303, "version": "1.1", "instances": [0]}));
    assert_eq!(bridge.get("/api/v1/clients")?["total"], 1);
    Ok(())
}

#[test]
fn a_registration_without_a_name_is_refused() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let uri = format!("coap://{}/rd?lt=60&lwm2m=1.1", bridge.coap);
    let Some(printed) = coap_client(&["-m", "post", "-t", "40", "-e", "</3/0>", "-B", "10", &uri])? else {
        return Ok(());
    };
    assert!(printed.err.contains("4.00"), "{printed:?}");
    assert_eq!(bridge.get("/api/v1/clients")?["total"], 0);
    Ok(())
}

#[test]
fn the_listener_for_devices_is_no_door_to_other_devices() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let uri = format!("coap://{}/rd?ep=libcoap-2&lt=60&lwm2m=1.1", bridge.coap);
    let Some(_) = coap_client(&["-m", "post", "-t", "40", "-e", "</3/0>", "-B", "10", &uri])? else { return Ok(()) };
    bridge.wait_client("libcoap-2")?;
    let uri = format!("coap://{}/ep/libcoap-2/3/0", bridge.coap);
    let Some(printed) = coap_client(&["-B", "10", &uri])? else { return Ok(()) };
    assert!(printed.err.contains("4.04"), "{printed:?}");
    Ok(())
}
