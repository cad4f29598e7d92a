//! A device that lives in the page: started from the first page that a person sees, moved by sliders, and a device like any
//! other for the bridge and for a CoAP client on a WebSocket.

use anyhow::{Context, Result, ensure};
use footbridge_tests::bridge::Bridge;
use footbridge_tests::browser::Browser;
use footbridge_tests::coap::{self, Message};
use footbridge_tests::console::{LIVE, at, large_pictures, number, pictures, row};
use footbridge_tests::wait_for;
use footbridge_tests::ws::Socket;

const SENSOR: &str = "/3303/0/5700";
const REGISTERED: &str = "[data-test=sim-state][data-state=registered]";

/// A line of the device's own log.
fn asked(verb: &str, path: &str) -> String {
    format!("[data-test=sim-asked][data-verb={verb}][data-path='{path}']")
}

/// Starts a bridge and a page, and in that a device. Its name.
fn start() -> Result<Option<(Bridge, Browser, String)>> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(None) };
    let Some(mut browser) = Browser::launch() else { return Ok(None) };
    browser.open(&bridge.url()?)?;
    browser.wait_element("[data-test=first-run]")?;
    browser.wait_element("[data-test=waiting][data-state=waiting]")?;
    browser.click("[data-test=start-simulated]")?;
    browser.wait_element(REGISTERED)?;
    let name = browser.input("[data-test=sim-name]")?;
    let client = bridge.wait_client(&name)?;
    ensure!(client["transport"] == "ws", "{client}");
    Ok(Some((bridge, browser, name)))
}

fn read(socket: &mut Socket, name: &str, path: &str) -> Result<f64> {
    let request = Message::new(coap::GET).number(coap::ACCEPT, 0).uri(&format!("/ep/{name}{path}"));
    let answer = socket.request(&request)?;
    ensure!(answer.code == coap::CONTENT, "{path}: {answer:?}");
    number(&String::from_utf8_lossy(&answer.payload))
}

#[test]
fn sliders_move_what_others_see() -> Result<()> {
    let Some((bridge, mut browser, name)) = start()? else { return Ok(()) };
    large_pictures(&mut browser, "simulator")?;
    browser.click("[data-test=sim-auto]")?;

    // Another client reads it, through the bridge and back over the WebSocket of the page.
    let mut socket = Socket::coap(bridge.http, &bridge.token)?;
    let slider = at("sim-slider", SENSOR);
    browser.focus(&slider)?;
    browser.press("Home")?;
    let lowest = number(&browser.input(&slider)?)?;
    assert_eq!(read(&mut socket, &name, SENSOR)?, lowest);
    browser.wait_element(&asked("read", SENSOR))?;

    // And watches it while it is moved.
    let request = Message { token: vec![9], ..Message::new(coap::GET) }.option(coap::OBSERVE, &[]);
    let answer = socket.request(&request.number(coap::ACCEPT, 0).uri(&format!("/ep/{name}{SENSOR}")))?;
    ensure!(!answer.values(coap::OBSERVE).is_empty(), "{answer:?}");
    browser.wait_element(&asked("observe", SENSOR))?;
    browser.focus(&slider)?;
    browser.press("End")?;
    let highest = number(&browser.input(&slider)?)?;
    ensure!(highest > lowest, "{highest}");
    let pushed = socket.receive()?.context("closed")?;
    ensure!(pushed.token == [9] && number(&String::from_utf8_lossy(&pushed.payload))? == highest, "{pushed:?}");

    // A lamp, by its switch there and by a write here.
    let request = Message::new(coap::PUT).number(coap::CONTENT_FORMAT, 0).uri(&format!("/ep/{name}/3311/0/5851"));
    let answer = socket.request(&request.payload(b"33"))?;
    ensure!(answer.code_text() == "2.04", "{answer:?}");
    let dimmer = at("sim-slider", "/3311/0/5851");
    browser.wait(&format!("document.querySelector(\"{dimmer}\").value === '33'"))?;
    browser.click(&at("sim-switch", "/3311/0/5850"))?;
    wait_for("the lamp to be off", || Ok((read(&mut socket, &name, "/3311/0/5850")? == 0.0).then_some(())))?;
    pictures(&mut browser, "simulator-asked")?;
    browser.finish()
}

#[test]
fn it_reboots_and_leaves_as_devices_do() -> Result<()> {
    let Some((bridge, mut browser, name)) = start()? else { return Ok(()) };
    let events = bridge.events()?;
    let mut socket = Socket::coap(bridge.http, &bridge.token)?;
    let answer = socket.request(&Message::new(coap::POST).uri(&format!("/ep/{name}/3/0/4")))?;
    ensure!(answer.code_text() == "2.04", "{answer:?}");
    browser.wait_element("[data-test=sim-state][data-state=away]")?;
    ensure!(events.wait_kind("deregistered", &name)?["why"] == "asked", "it did not say goodbye");
    pictures(&mut browser, "simulator-away")?;
    events.wait_kind("registered", &name)?;
    browser.wait_element(REGISTERED)?;

    browser.click("[data-test=sim-stop]")?;
    browser.wait_element("[data-test=sim-state][data-state=off]")?;
    ensure!(events.wait_kind("deregistered", &name)?["why"] == "asked", "it did not say goodbye");
    // Under another name, and gone with its tab.
    browser.retype("[data-test=sim-name]", "")?;
    browser.wait_element("[data-test=sim-name][aria-invalid=true]")?;
    browser.retype("[data-test=sim-name]", "Föhn / 2")?;
    browser.click("[data-test=sim-start]")?;
    browser.wait_element(REGISTERED)?;
    events.wait_kind("registered", "Föhn / 2")?;
    browser.no_complaints()?;
    browser.close_tab()?;
    ensure!(events.wait_kind("deregistered", "Föhn / 2")?["why"] == "closed", "its tab is closed");
    browser.finish()
}

#[test]
fn it_is_a_device_in_the_console() -> Result<()> {
    let Some((_bridge, mut browser, name)) = start()? else { return Ok(()) };
    browser.click("[data-test=rail][data-screen='/']")?;
    browser.click(&row(&name))?;
    browser.click("[data-test=object-3303]")?;
    browser.click(&at("read", "/3303/0"))?;
    let value = browser.text(&at("value", SENSOR))?;
    ensure!((-40.0..=85.0).contains(&number(&value)?), "{value}");
    browser.finish()
}

#[test]
fn the_first_page_teaches() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let Some(mut browser) = Browser::launch() else { return Ok(()) };
    browser.open(&bridge.url()?)?;
    browser.wait_element(LIVE)?;
    large_pictures(&mut browser, "first-run")?;
    let coap = format!("coap://{}", bridge.coap);
    for client in ["leshan", "wakaama", "anjay", "zephyr", "other"] {
        browser.click(&format!("[data-test=recipe-tab][data-client={client}]"))?;
        let recipe = format!("[data-test=recipe][data-client={client}]");
        let text = browser.text(&recipe)?;
        // Lines that can be copied as they are: the address of this very bridge is in them.
        let port = bridge.coap.port().to_string();
        ensure!(text.contains(&port), "{client}: no {port} in {text}");
        pictures(&mut browser, &format!("first-run-{client}"))?;
    }
    ensure!(browser.text("[data-test=line][data-name=simulate]")?.contains(&coap), "no {coap}");
    // A line is copied as it stands.
    let grant = serde_json::json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
    browser.command("Browser.grantPermissions", grant)?;
    browser.click("[data-test=copy][data-name=simulate]")?;
    browser.wait_element("[data-test=copy][data-name=simulate][data-state=copied]")?;
    let line = browser.text("[data-test=line][data-name=simulate]")?;
    assert_eq!(browser.eval("navigator.clipboard.readText()")?, line.as_str());
    browser.finish()
}
