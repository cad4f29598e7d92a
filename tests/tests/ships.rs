//! The release build, which is what people get: another profile than that of the other tests, with the console inside.

use anyhow::{Result, ensure};
use footbridge_tests::bridge::Bridge;
use footbridge_tests::coap::{self, Message};
use footbridge_tests::device::{Device, Reply};
use footbridge_tests::http::{self, Answer};
use footbridge_tests::ws::Socket;

fn get(bridge: &Bridge, path: &str, coding: &str) -> Result<Answer> {
    http::request(bridge.http, "GET", path, &[("Accept-Encoding", coding)], b"")
}

#[test]
fn it_has_the_console_inside() -> Result<()> {
    let Some(bridge) = Bridge::start_release(&[]) else { return Ok(()) };
    let page = get(&bridge, "/", "identity")?;
    let html = page.text();
    ensure!(page.status == 200 && html.contains("/boot-"), "no console: {html}");
    let policy = page.header("content-security-policy").unwrap_or_default();
    ensure!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"), "{policy}");
    ensure!(get(&bridge, "/devices/dev-1/3/0", "identity")?.body == page.body, "a view is the same page");

    // Every file of the page, and the wasm file behind them, plain and packed.
    let boot = html.split('"').find(|word| word.starts_with("/boot-")).unwrap_or_default();
    let script = get(&bridge, boot, "identity")?;
    let text = script.text();
    let wasm = text.split(['"', '\'', '`']).find(|word| word.ends_with("_bg.wasm")).unwrap_or_default();
    let wasm = format!("/{}", wasm.trim_start_matches(['.', '/']));
    for path in [boot, &wasm] {
        let mut sizes = Vec::new();
        for coding in ["identity", "gzip", "br"] {
            let answer = get(&bridge, path, coding)?;
            ensure!(answer.status == 200, "{path} {coding}: {}", answer.status);
            let expected = (coding != "identity").then_some(coding);
            if path == wasm {
                ensure!(answer.header("content-encoding") == expected, "{path} {coding}: {:?}", answer.headers);
                ensure!(answer.header("content-type") == Some("application/wasm"), "{:?}", answer.headers);
            }
            sizes.push(answer.body.len());
        }
        ensure!(sizes[0] >= sizes[1] && sizes[1] >= sizes[2], "{path}: {sizes:?}");
    }
    Ok(())
}

#[test]
fn it_reads_a_device() -> Result<()> {
    let Some(mut bridge) = Bridge::start_release(&[]) else { return Ok(()) };
    let tlv = b"\xc8\x00\x04Acme".to_vec();
    let replies = [("/3/0", Reply::Content(11542, tlv.clone()))];
    let _device = Device::register(bridge.coap, "ep=raw-1&lt=60&lwm2m=1.1&b=U", "</3/0>", &replies)?;
    let answer = Socket::coap(bridge.http, &bridge.token)?.request(&Message::new(coap::GET).uri("/ep/raw-1/3/0"))?;
    ensure!(answer.code == coap::CONTENT && answer.payload == tlv, "{answer:?}");
    ensure!(bridge.stop()?.success(), "no good end");
    Ok(())
}
