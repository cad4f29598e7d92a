//! The console in a real browser, with a device written by others.

use anyhow::{Result, ensure};
use footbridge_tests::bridge::{Bridge, Options};
use footbridge_tests::browser::Browser;
use footbridge_tests::console::{LIVE, LOST, at, large_pictures as pictures, row};
use footbridge_tests::device::{Device, Reply};
use footbridge_tests::peers::Leshan;

#[test]
fn a_device_appears_and_is_read() -> Result<()> {
    let Some(bridge) = Bridge::start(&[]) else { return Ok(()) };
    let Some(mut browser) = Browser::launch() else { return Ok(()) };
    browser.open(&bridge.url()?)?;
    browser.wait_element(LIVE)?;
    ensure!(browser.eval("location.href")?.as_str().is_some_and(|url| !url.contains(&bridge.token)), "token in sight");
    pictures(&mut browser, "list-empty")?;

    let Some(mut leshan) = Leshan::start(bridge.coap, "leshan-1", &["--manufacturer=Peers & <b>Søns</b>"]) else {
        return Ok(());
    };
    leshan.wait_line("registered ")?;
    browser.wait_element(&row("leshan-1"))?;
    pictures(&mut browser, "list")?;

    browser.click(&row("leshan-1"))?;
    browser.wait_element("[data-test=object-3]")?;
    pictures(&mut browser, "device")?;
    browser.click("[data-test=object-3]")?;
    browser.click(&at("read", "/3/0"))?;
    browser.wait_element(&at("value", "/3/0/0"))?;
    leshan.wait_line("read /3/0 CONTENT(205)")?;
    // What a device says is text, never markup.
    let text = browser.text(&at("value", "/3/0/0"))?;
    ensure!(text.contains("Peers & <b>Søns</b>"), "{text}");
    ensure!(!browser.text("[data-test=result]")?.is_empty(), "no result in words");
    pictures(&mut browser, "device-read")?;

    // The row stays for a while and says why the device is gone; whoever comes later does not see it.
    browser.open(&format!("http://{}/", bridge.http))?;
    browser.wait_element(&format!("{}:not([data-state=gone])", row("leshan-1")))?;
    leshan.command("deregister")?;
    browser.wait_element(&format!("{}[data-state=gone]", row("leshan-1")))?;
    pictures(&mut browser, "list-gone")?;
    browser.open(&format!("http://{}/devices/leshan-1/3/0", bridge.http))?;
    browser.wait_element("[data-test=absent]")?;
    pictures(&mut browser, "device-absent")?;
    browser.open(&format!("http://{}/", bridge.http))?;
    browser.wait_element("[data-test=first-run]")?;
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
    pictures(&mut browser, "connection-lost")?;

    let again = Options { http: bridge.http, coap: bridge.coap, token, flags: vec![] };
    drop(first);
    let Some(bridge) = Bridge::start_with(&again) else { return Ok(()) };
    browser.wait_element(LIVE)?;
    browser.wait_element(&format!("{}[data-state=gone]", row("raw-1")))?;
    browser.forgive()?; // of the time without a bridge

    // The page works as before, without being loaded again.
    let _second = Device::register(bridge.coap, query, "</3/0>", &replies)?;
    browser.wait_element(&format!("{}:not([data-state=gone])", row("raw-1")))?;
    browser.click(&row("raw-1"))?;
    browser.click("[data-test=object-3]")?;
    browser.click(&at("read", "/3/0"))?;
    ensure!(browser.text(&at("value", "/3/0/0"))?.contains("Acme"), "read after healing");
    browser.finish()
}

#[test]
fn trouble_is_told_in_words() -> Result<()> {
    let Some(bridge) = Bridge::start(&["--limit", "request_timeout=1"]) else { return Ok(()) };
    let Some(mut browser) = Browser::launch() else { return Ok(()) };
    let replies = [
        ("/3/0", Reply::Content(11542, b"\xc8\x00\x14Open Mo".to_vec())), // cut short
        ("/1/0", Reply::Silence),
        ("/4/0", Reply::Code(0x81)),                        // 4.01
        ("/3303/0", Reply::Content(65_000, vec![1, 2, 3])), // a format that nobody knows
    ];
    let links = "</1/0>,</3/0>,</4/0>,</3303/0>";
    let device = Device::register(bridge.coap, "ep=odd%20%3Cb%3E&lt=60&lwm2m=1.1&b=U", links, &replies)?;
    browser.open(&bridge.url()?)?;
    browser.click(&row("odd%20%3Cb%3E"))?;
    for (path, object) in [("/3/0", 3), ("/1/0", 1), ("/4/0", 4), ("/3303/0", 3303)] {
        browser.click(&format!("[data-test=object-{object}]"))?;
        browser.click(&at("read", path))?;
        device.wait_asked(path)?;
        let result = format!("[data-test=result][data-path='{path}'][data-state=failed]");
        ensure!(browser.text(&result)?.len() > 10, "{path}: no words");
        pictures(&mut browser, &format!("trouble-{object}"))?;
    }
    browser.finish()
}

#[test]
fn signing_in() -> Result<()> {
    const SIGNED_OUT: &str = "[data-test=signed-out]";
    let Some(mut bridge) = Bridge::start(&[]) else { return Ok(()) };
    let Some(mut browser) = Browser::launch() else { return Ok(()) };

    browser.open(&format!("http://{}/", bridge.http))?;
    browser.wait_element(SIGNED_OUT)?;
    pictures(&mut browser, "signed-out")?;
    browser.type_text("[data-test=token]", "wrong")?;
    browser.press("Enter")?;
    browser.wait("document.querySelector('[data-test=token]')?.getAttribute('aria-invalid') === 'true'")?;
    pictures(&mut browser, "wrong-token")?;
    browser.eval("document.querySelector('[data-test=token]').select()")?;
    browser.type_text("[data-test=token]", &bridge.token.clone())?;
    browser.click("[data-test=sign-in]")?;
    browser.wait_element(LIVE)?;
    ensure!(browser.eval("document.cookie")? == "", "scripts can read the cookie");

    // The cookie is enough to come back, without the token in the address.
    browser.open(&format!("http://{}/", bridge.http))?;
    browser.wait_element(LIVE)?;

    // A bridge that was started anew has another key: the page says so and does not try for ever.
    let again = Options { http: bridge.http, coap: bridge.coap, ..Options::default() };
    bridge.kill()?;
    let Some(bridge) = Bridge::start_with(&again) else { return Ok(()) };
    browser.wait_element(SIGNED_OUT)?;
    pictures(&mut browser, "session-ended")?;
    browser.forgive()?;
    browser.open(&bridge.url()?)?;
    browser.wait_element(LIVE)?;
    browser.finish()
}

/// The other tests are worth something only if the browser's complaints reach them.
#[test]
fn complaints_of_the_page_are_noticed() -> Result<()> {
    let pages = [
        (
            "a refused style",
            "<meta http-equiv=Content-Security-Policy content=\"style-src 'none'\"><p style='color:red'>x",
        ),
        ("a console error", "<script>console.error('oh')</script>"),
        ("an exception", "<script>undefined.x</script>"),
    ];
    for (why, page) in pages {
        let Some(mut browser) = Browser::launch() else { return Ok(()) };
        browser.open("data:text/html,<p>good")?;
        browser.no_complaints()?;
        browser.open(&format!("data:text/html,{page}"))?;
        ensure!(browser.no_complaints().is_err(), "{why} was not noticed");
        browser.forgive()?;
        browser.finish()?;
    }
    Ok(())
}
