//! The payload playground in a real browser, as the bridge serves it.

use anyhow::{Context, Result, ensure};
use footbridge_tests::bridge::Bridge;
use footbridge_tests::browser::Browser;
use footbridge_tests::console::{LIVE, at, large_pictures, pictures, pictures_of, row};
use footbridge_tests::device::{Device, Reply};
use serde_json::json;

const READY: &str = "document.documentElement.dataset.ready === 'true'";
const CURRENT: &str = "document.documentElement.dataset.address === 'current'";

/// The n-th example, from 1.
fn example(number: usize) -> String {
    format!("[data-test=example]:nth-child({number})")
}

fn format(number: u16) -> String {
    format!("[data-test=format][data-format='{number}']")
}

fn open(bridge: &Bridge, rest: &str) -> Result<Option<Browser>> {
    let Some(mut browser) = Browser::launch() else { return Ok(None) };
    browser.open(&format!("http://{}/playground/{rest}", bridge.http))?;
    browser.wait(READY)?;
    Ok(Some(browser))
}

#[test]
fn a_payload_is_taken_apart() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    // Without a token: the page knows nothing of the bridge.
    let Some(mut browser) = open(&bridge, "")? else { return Ok(()) };
    ensure!(browser.text(&at("value", "/3303/0/5700"))?.contains("22.5"), "the first example");
    ensure!(browser.text("[data-test=summary]")?.contains("5 values"), "summary");
    browser.wait_element("[data-test=clean]")?;
    large_pictures(&mut browser, "playground")?;

    // A byte shows its field and its value, a value its bytes.
    browser.click(".hex .b[data-f]:not(.k-struct).k-value")?;
    browser.wait_element(&format!("{}[aria-selected=true]", at("value", "/3303/0/5700")))?;
    browser.wait_element("[data-test=field][aria-selected=true]")?;
    browser.click(&at("value", "/3303/0/5701"))?;
    browser.wait_text("[data-test=selected]", "Sensor Units")?;
    let lit =
        browser.eval("[...document.querySelectorAll('.hex .b.is-on')].map((byte) => byte.textContent).join(' ')")?;
    ensure!(lit == "03 63 43 65 6c", "the bytes of the text: {lit}");

    // By keyboard: down to the next value, into it, and out again.
    browser.press("ArrowDown")?;
    browser.wait_element(&format!("{}:focus", at("value", "/3303/0/5750")))?;
    browser.press("Enter")?;
    browser.wait_element("[data-test=editor]:focus")?;
    browser.press("Escape")?;
    browser.wait_element(&format!("{}:focus", at("value", "/3303/0/5750")))?;
    browser.press("/")?;
    browser.wait_element("[data-test=payload]:focus")?;
    browser.click(&at("value", "/3303/0/5701"))?;
    pictures(&mut browser, "playground-selected")?;
    browser.finish()
}

#[test]
fn an_error_marks_its_byte() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let Some(mut browser) = open(&bridge, "")? else { return Ok(()) };
    browser.click(&example(2))?;
    browser.wait_element("[data-test=problem]")?;
    ensure!(browser.text("[data-test=error-code]")?.starts_with("Truncated at byte"), "the code and the place");
    ensure!(browser.text(&at("value", "/3303/0/5701"))?.contains("Cel"), "what was read before the error");
    ensure!(browser.text("[data-test=summary]")?.contains("4 values could be read"), "how much was read");
    browser.wait_element("[data-test=field].is-bad")?;
    large_pictures(&mut browser, "playground-error")?;

    // What is no payload at all says so.
    browser.retype("[data-test=payload]", "c8 0g 14 4f 70 65 6e")?;
    browser.wait_text("[data-test=problem]", "no hexadecimal digit")?;
    pictures(&mut browser, "playground-no-hex")?;
    browser.finish()
}

#[test]
fn tlv_asks_for_its_path_and_values_can_be_changed() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let Some(mut browser) = open(&bridge, "")? else { return Ok(()) };
    browser.click(&example(3))?;
    browser.wait_element(&at("value", "/3/0/9"))?;
    browser.retype("[data-test=path]", "/")?;
    browser.wait_element("[data-test=ask-path]")?;
    pictures(&mut browser, "playground-ask-path")?;
    browser.click("[data-test=path-guess]")?;
    browser.wait_element(&at("value", "/3/0/9"))?;
    ensure!(browser.input("[data-test=path]")? == "/3/0", "the first guess is right");

    // A change of a value is a change of the bytes, in every format.
    let before = browser.text(&format!("{} .pg-line", format(110)))?;
    browser.click(&at("value", "/3/0/9"))?;
    browser.press("Enter")?;
    browser.retype("[data-test=editor]", "abc")?;
    browser.press("Enter")?;
    browser.wait_text("#pg-edit-hint", "whole number")?;
    pictures_of(&mut browser, "playground-edit", "[data-test=editor]")?;
    browser.retype("[data-test=editor]", "42")?;
    browser.press("Enter")?;
    browser.wait_text(&at("value", "/3/0/9"), "42")?;
    ensure!(browser.input("[data-test=payload]")?.contains("c1 09 2a"), "the byte of 42");
    let after = browser
        .eval("JSON.stringify([...document.querySelectorAll('[data-test=format]')].map((f) => f.dataset.format))")?;
    ensure!(after.as_str().is_some_and(|list| list.contains("11544") && list.contains("\"112\"")), "{after}");
    ensure!(!before.is_empty(), "SenML JSON beside it");

    // Go on in another format; add a value; the address holds all of it.
    browser.click(&format!("{} [data-test=use]", format(110)))?;
    browser.wait("document.querySelector('[data-test=payload]').value.startsWith('[{\"bn\":\"/3/0/\"')")?;
    browser.retype("[data-test=add-path]", "/3/0/15")?;
    browser.retype("[data-test=add-value]", "Europe/Berlin")?;
    browser.click("[data-test=add]")?;
    browser.wait_element(&at("value", "/3/0/15"))?;
    browser.wait(CURRENT)?;
    browser.eval("new Promise((done) => setTimeout(done, 400))")?;
    let address = browser.eval("location.href")?;
    let address = address.as_str().context("an address")?.to_string();
    browser.close_tab()?;
    browser.open(&address)?;
    browser.wait(READY)?;
    browser.wait_text(&at("value", "/3/0/15"), "Europe/Berlin")?;
    browser.wait_text(&at("value", "/3/0/9"), "42")?;
    browser.finish()
}

#[test]
fn formats_are_guessed() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let Some(mut browser) = open(&bridge, "")? else { return Ok(()) };
    for (payload, path, format, value) in [
        // Worked examples of the Core specification; of each the format, a path and what stands there.
        ("A1 83 19 0C E7 00 19 16 44 F9 4E 60", "/", "LwM2M CBOR", ("/3303/0/5700", "25.5")),
        ("oYMZDOcAGRZE+U5g", "/", "LwM2M CBOR", ("/3303/0/5700", "25.5")),
        ("81 A2 00 69 2F 36 35 2F 30 2F 30 2F 30 63 76 6C 6F 64 36 36 3A 30", "/", "SenML CBOR", ("/65/0/0/0", "66:0")),
        ("81 A2 00 69 2F 31 36 2F 30 2F 30 2F 31 02 F6", "/", "SenML-ETCH CBOR", ("/16/0/0/1", "to be deleted")),
        ("[{\"n\":\"/3/0/9\",\"v\":100}]", "/", "SenML JSON", ("/3/0/9", "100")),
        ("{\"bn\":\"/3/0/\",\"e\":[{\"n\":\"9\",\"v\":100}]}", "/", "LwM2M JSON", ("/3/0/9", "100")),
        ("100", "/3/0/9", "Text", ("/3/0/9", "100")),
        ("0x18, 0x64", "/3/0/9", "CBOR", ("/3/0/9", "100")),
        ("c1 09 64", "/3/0", "TLV", ("/3/0/9", "100")),
    ] {
        browser.retype("[data-test=path]", path)?;
        browser.retype("[data-test=payload]", payload)?;
        let (place, text) = value;
        browser.wait_text(&at("value", place), text).with_context(|| payload.to_string())?;
        let chosen =
            browser.eval("document.querySelector('[data-test=format-select]').selectedOptions[0].textContent")?;
        let chosen = chosen.as_str().unwrap_or_default();
        ensure!(chosen.starts_with(&format!("{format} (")) && chosen.ends_with("guessed"), "{payload}: {chosen}");
    }
    browser.click(&example(6))?;
    browser.wait_element("[data-test=link]")?;
    pictures(&mut browser, "playground-links")?;
    browser.finish()
}

/// An object of the range for tests, with two mistakes in it.
const LAMP: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<LWM2M><Object ObjectType="MODefinition"><Name>Lamp</Name><Description1>A lamp.</Description1><ObjectID>42770</ObjectID>
<ObjectURN>urn:oma:lwm2m:ext:42770</ObjectURN><MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory>
<Resources><Item ID="0"><Name>Brightness</Name><Operations>RW</Operations><MultipleInstances>Single</MultipleInstances>
<Mandatory>Mandatory</Mandatory><Type>Integer</Type><RangeEnumeration>100..0</RangeEnumeration><Units>/100</Units>
<Description>How bright.</Description></Item></Resources></Object></LWM2M>"#;

#[test]
fn a_definition_is_checked_and_used() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let Some(mut browser) = open(&bridge, "#p=/42770/0&x=c1002a")? else { return Ok(()) };
    ensure!(browser.text(&at("value", "/42770/0/0"))?.contains("opaque?"), "nothing is known of it yet");
    let script = format!(
        "(() => {{ const data = new DataTransfer(); data.items.add(new File([{}], '42770.xml')); \
         window.dispatchEvent(new DragEvent('drop', {{ dataTransfer: data, cancelable: true }})); }})()",
        json!(LAMP)
    );
    browser.eval(&script)?;
    browser.wait_element("[data-test=ddf]")?;
    browser.wait_element("[data-test=finding]")?;
    browser.wait_text("[data-test=ddf]", "Lamp")?;
    browser.wait_text(&at("value", "/42770/0/0"), "Brightness")?;
    let row = browser.text(&at("value", "/42770/0/0"))?;
    ensure!(row.contains("42") && row.contains('%') && row.contains("integer"), "typed by the definition: {row}");
    pictures_of(&mut browser, "playground-definition", "[data-test=ddf]")?;

    // The definition is in the address too.
    browser.eval("new Promise((done) => setTimeout(done, 600))")?;
    let address = browser.eval("location.href")?;
    browser.close_tab()?;
    browser.open(address.as_str().context("an address")?)?;
    browser.wait(READY)?;
    browser.wait_text(&at("value", "/42770/0/0"), "Brightness")?;
    browser.finish()
}

#[test]
fn the_console_hands_over_what_a_device_said() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let Some(mut browser) = Browser::launch() else { return Ok(()) };
    let replies = [("/3/0", Reply::Content(11542, b"\xc8\x00\x14Open Mo".to_vec()))];
    let _device = Device::register(bridge.coap, "ep=cut&lt=60&lwm2m=1.1&b=U", "</3/0>", &replies)?;
    browser.open(&bridge.url()?)?;
    browser.wait_element(LIVE)?;
    browser.click(&row("cut"))?;
    browser.click("[data-test=object-3]")?;
    browser.click(&at("read", "/3/0"))?;
    browser.wait_element("[data-test=explain]")?;
    let address = browser.attribute("[data-test=explain]", "href")?;
    browser.open(&format!("http://{}{address}", bridge.http))?;
    browser.wait(READY)?;
    ensure!(browser.input("[data-test=path]")? == "/3/0", "the path of the request");
    ensure!(browser.text("[data-test=error-code]")?.starts_with("Truncated"), "the error that the console told");
    browser.finish()
}
