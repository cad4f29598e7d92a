//! The console in a real browser, with a device written by others.

use anyhow::{Result, ensure};
use footbridge_tests::bridge::{Bridge, Options};
use footbridge_tests::browser::Browser;
use footbridge_tests::device::{Device, Reply};
use footbridge_tests::peers::Leshan;

const LIVE: &str = "[data-test=connection][data-state=live]";
const LOST: &str = "[data-test=connection][data-state=lost]";

fn row(endpoint: &str) -> String {
    format!("[data-test=device-row][data-endpoint='{endpoint}']")
}

fn read_button(path: &str) -> String {
    format!("[data-test=read][data-path='{path}']")
}

fn value(path: &str) -> String {
    format!("[data-test=value][data-path='{path}']")
}

#[test]
fn a_device_appears_and_is_read() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let Some(mut browser) = Browser::launch() else { return Ok(()) };
    browser.open(&bridge.url()?)?;
    browser.wait_element(LIVE)?;
    ensure!(browser.eval("location.href")?.as_str().is_some_and(|url| !url.contains(&bridge.token)), "token in sight");
    browser.screenshots("list-empty")?;

    let Some(mut leshan) = Leshan::start(bridge.coap, "leshan-1", &["--manufacturer=Peers & <b>Søns</b>"]) else {
        return Ok(());
    };
    leshan.wait_line("registered ")?;
    browser.wait_element(&row("leshan-1"))?;
    browser.screenshots("list")?;

    browser.click(&row("leshan-1"))?;
    browser.wait_element("[data-test=object-3]")?;
    browser.screenshots("device")?;
    browser.click("[data-test=object-3]")?;
    browser.click(&read_button("/3/0"))?;
    browser.wait_element(&value("/3/0/0"))?;
    leshan.wait_line("read /3/0/0 CONTENT(205)")?;
    // What a device says is text, never markup.
    let text = browser.text(&value("/3/0/0"))?;
    ensure!(text.contains("Peers & <b>Søns</b>"), "{text}");
    ensure!(!browser.text("[data-test=result]")?.is_empty(), "no result in words");
    browser.screenshots("device-read")?;

    browser.open(&format!("http://{}/", bridge.http))?;
    browser.wait_element(&row("leshan-1"))?;
    leshan.command("deregister")?;
    browser.wait_gone(&row("leshan-1"))?;
    browser.finish()
}

#[test]
fn a_lost_connection_is_shown_and_heals() -> Result<()> {
    let token = Some("a-token-that-stays-the-same-1234".to_string());
    let Some(mut bridge) = Bridge::start_with(&Options { token: token.clone(), ..Options::default() }) else {
        return Ok(());
    };
    let Some(mut browser) = Browser::launch() else { return Ok(()) };
    let replies = [("/3/0", Reply::Content(11542, b"\xc8\x00\x04Acme".to_vec()))];
    let query = "ep=raw-1&lt=60&lwm2m=1.1&b=U";
    let first = Device::register(bridge.coap, query, "</3/0>", &replies)?;
    browser.open(&bridge.url()?)?;
    browser.wait_element(LIVE)?;
    browser.wait_element(&row("raw-1"))?;

    bridge.kill()?;
    browser.wait_element(LOST)?;
    browser.screenshots("connection-lost")?;

    let again = Options { http: bridge.http, coap: bridge.coap, token, flags: vec![] };
    drop(first);
    let Some(bridge) = Bridge::start_with(&again) else { return Ok(()) };
    browser.wait_element(LIVE)?;
    browser.wait_gone(&row("raw-1"))?;
    browser.forgive()?; // of the time without a bridge

    // The page works as before, without being loaded again.
    let _second = Device::register(bridge.coap, query, "</3/0>", &replies)?;
    browser.click(&row("raw-1"))?;
    browser.click("[data-test=object-3]")?;
    browser.click(&read_button("/3/0"))?;
    ensure!(browser.text(&value("/3/0/0"))?.contains("Acme"), "read after healing");
    browser.finish()
}
