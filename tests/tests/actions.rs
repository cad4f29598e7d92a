//! What a person does with a device in the console: on a device written by others and on the demonstration device.

use anyhow::{Result, ensure};
use footbridge_tests::bridge::Bridge;
use footbridge_tests::browser::Browser;
use footbridge_tests::coap::{self, Message};
use footbridge_tests::console::{LIVE, at, large_pictures, number, pictures_of, result, row};
use footbridge_tests::http::Events;
use footbridge_tests::peers::Leshan;
use footbridge_tests::ws::Socket;

/// A console with one device in it.
struct Stage {
    bridge: Bridge,
    browser: Browser,
    /// Written by others; else it is the demonstration device.
    leshan: Option<Leshan>,
    /// For the names of screenshots.
    name: &'static str,
}

impl Stage {
    /// The Leshan client, in the page of its object 3.
    fn leshan() -> Result<Option<Self>> {
        let Some(bridge) = Bridge::start(&[]) else { return Ok(None) };
        let Some(leshan) = Leshan::start(bridge.coap, "leshan-1", &["--temperature"]) else { return Ok(None) };
        Self::open(bridge, Some(leshan), "leshan")
    }

    /// The demonstration device, in the page of its object 3.
    fn demo() -> Result<Option<Self>> {
        let Some(bridge) = Bridge::start(&["--demo"]) else { return Ok(None) };
        Self::open(bridge, None, "demo")
    }

    fn open(bridge: Bridge, leshan: Option<Leshan>, name: &'static str) -> Result<Option<Self>> {
        let Some(mut browser) = Browser::launch() else { return Ok(None) };
        browser.open(&bridge.url()?)?;
        browser.wait_element(LIVE)?;
        let mut stage = Self { bridge, browser, leshan, name };
        stage.browser.click(&row(stage.endpoint()))?;
        stage.object(3)?;
        Ok(Some(stage))
    }

    /// Opens an object and reads its first instance.
    fn object(&mut self, id: u16) -> Result<()> {
        let path = format!("/{id}/0");
        self.browser.click(&format!("[data-test=object-{id}]"))?;
        self.browser.click(&at("read", &path))?;
        self.browser.wait_element(&result(&path, "done"))
    }

    fn endpoint(&self) -> &'static str {
        if self.leshan.is_some() { "leshan-1" } else { "demo-device" }
    }

    /// All that the bridge tells of the device from now on.
    fn events(&self) -> Result<Events> {
        let bearer = format!("Bearer {}", self.bridge.token);
        let path = format!("/api/v1/events?ep={}", self.endpoint());
        Events::open(self.bridge.http, &path, &[("Authorization", &bearer)])
    }

    /// What the Leshan client says next that begins so.
    fn says(&mut self, start: &str) -> Result<String> {
        self.leshan.as_mut().map_or(Ok(String::new()), |leshan| leshan.wait_line(start))
    }

    /// Screenshots with this element in sight.
    fn pictures(&mut self, state: &str, selector: &str) -> Result<()> {
        pictures_of(&mut self.browser, &format!("{}-{state}", self.name), selector)
    }

    /// Opens the editor of a resource, which must be filled with what is known of it.
    fn edit(&mut self, path: &str, known: &str) -> Result<()> {
        self.browser.click(&at("edit", path))?;
        let filled = self.browser.input(&at("editor-input", path))?;
        ensure!(filled == known, "{path}: the editor has `{filled}` in it, not `{known}`");
        Ok(())
    }
}

fn writes(stage: &mut Stage) -> Result<()> {
    const ZONE: &str = "/3/0/15";
    let submit = at("write-submit", ZONE);
    stage.edit(ZONE, "Etc/UTC")?;
    stage.browser.retype(&at("editor-input", ZONE), "Europe/Berlin")?;
    // Before anything is sent: from what to what, and how.
    for piece in ["Etc/UTC", "Europe/Berlin", "PUT /3/0/15", "45 75 72 6f"] {
        stage.browser.wait_text("[data-test=preview]", piece)?;
    }
    ensure!(stage.browser.text(&submit)?.contains("Europe/Berlin"), "the button does not say what it writes");
    stage.pictures("editor", "[data-test=editor]")?;
    stage.browser.click(&submit)?;
    stage.browser.wait_element(&result(ZONE, "done"))?;
    stage.browser.wait_gone("[data-test=editor]")?;
    stage.says("written /3/0/15 CHANGED(204)")?;

    // It is shown, and looks different until the device has said it itself.
    ensure!(stage.browser.text(&at("value", ZONE))? == "Europe/Berlin", "the new value is not shown");
    stage.browser.wait_element(&at("unconfirmed", ZONE))?;
    stage.browser.wait_element("[data-test=unconfirmed-count]")?;
    let look = "(e => [e.color, e.borderStyle, e.fontStyle, e.backgroundColor].join())";
    let looks = |path: &str| format!("{look}(getComputedStyle(document.querySelector(\"{}\")))", at("value", path));
    let (doubtful, sure) = (stage.browser.eval(&looks(ZONE))?, stage.browser.eval(&looks("/3/0/14"))?);
    ensure!(doubtful != sure, "it looks like any other value: {sure}");
    large_pictures(&mut stage.browser, &format!("{}-written", stage.name))?;
    stage.pictures("unconfirmed", &at("unconfirmed", ZONE))?;
    stage.browser.is_whole(&at("value", ZONE))?;
    stage.browser.click(&at("read", ZONE))?;
    stage.browser.wait_gone(&at("unconfirmed", ZONE))?;
    stage.browser.wait_gone("[data-test=unconfirmed-count]")?;
    stage.says("read /3/0/15 CONTENT(205)")?;
    ensure!(stage.browser.text(&at("value", ZONE))? == "Europe/Berlin", "read back");
    ensure!(stage.browser.eval(&looks(ZONE))? == sure, "it still looks different");

    // What is no number is not sent. Escape closes the editor and changes nothing.
    stage.object(1)?;
    stage.edit("/1/0/1", "300")?;
    stage.browser.retype(&at("editor-input", "/1/0/1"), "soon")?;
    stage.browser.wait_element("[data-test=editor-error]")?;
    stage.browser.wait_element(&format!("{}:disabled", at("write-submit", "/1/0/1")))?;
    stage.pictures("editor-error", "[data-test=editor]")?;
    stage.browser.press("Escape")?;
    stage.browser.wait_gone("[data-test=editor]")?;
    ensure!(stage.browser.text(&at("value", "/1/0/1"))? == "300", "it changed");
    Ok(())
}

/// Writes two resources of an instance with one request.
fn writes_several(stage: &mut Stage) -> Result<()> {
    stage.object(3)?;
    stage.browser.click(&at("edit-several", "/3/0"))?;
    stage.browser.wait_element(&at("several", "/3/0"))?;
    stage.browser.wait_element("[data-test=several-submit]:disabled")?; // nothing is changed yet
    stage.browser.retype(&at("editor-input", "/3/0/14"), "+02:00")?;
    stage.browser.retype(&at("editor-input", "/3/0/15"), "Europe/Paris")?;
    stage.browser.wait_text("[data-test=preview]", "POST /3/0")?;
    stage.pictures("several", "[data-test=several-submit]")?;
    stage.browser.click("[data-test=several-submit]")?;
    stage.browser.wait_gone("[data-test=several]")?;
    stage.says("written /3/0 CHANGED(204)")?;
    for path in ["/3/0/14", "/3/0/15"] {
        stage.browser.wait_element(&at("unconfirmed", path))?;
    }
    stage.browser.click(&at("read", "/3/0"))?;
    stage.browser.wait_gone("[data-test=unconfirmed]")?;
    for (path, value) in [("/3/0/14", "+02:00"), ("/3/0/15", "Europe/Paris")] {
        ensure!(stage.browser.text(&at("value", path))? == value, "{path} is not {value}");
    }
    Ok(())
}

/// Asks what there is: attributes that somebody else has set come to light.
fn discovers(stage: &mut Stage) -> Result<()> {
    let mut socket = Socket::coap(stage.bridge.http, &stage.bridge.token)?;
    let path = format!("/ep/{}/3303/0/5700?pmin=1&pmax=60", stage.endpoint());
    let answer = socket.request(&Message::new(coap::PUT).uri(&path))?;
    ensure!(answer.code_text() == "2.04", "{answer:?}");

    stage.object(3303)?;
    stage.says("attributes /3303/0/5700 CHANGED(204)")?;
    stage.browser.click(&at("discover", "/3303/0"))?;
    stage.browser.wait_element(&result("/3303/0", "done"))?;
    stage.says("discovered /3303/0 CONTENT(205)")?;
    for attribute in ["pmin 1", "pmax 60"] {
        let row = at("resource", "/3303/0/5700");
        stage.browser.wait_text(&row, attribute)?;
    }
    stage.pictures("discovered", &at("resource", "/3303/0/5700"))
}

/// Creates an instance and deletes it again; both change the tree.
fn creates_and_deletes(stage: &mut Stage) -> Result<()> {
    const INSTANCE: &str = "[data-test=instance-3303-7]";
    stage.object(3303)?;
    stage.browser.click(&at("create", "/3303"))?;
    stage.browser.wait_element(&at("create-form", "/3303"))?;
    stage.browser.retype("[data-test=create-id]", "0")?; // there is one
    stage.browser.wait_element("[data-test=create-id][aria-invalid=true]")?;
    stage.browser.retype("[data-test=create-id]", "7")?;
    stage.browser.retype(&at("editor-input", "/3303/0/5750"), "cellar")?;
    stage.browser.wait_text("[data-test=preview]", "POST /3303")?;
    stage.pictures("create", "[data-test=create-submit]")?;
    stage.browser.click("[data-test=create-submit]")?;
    stage.browser.wait_gone("[data-test=create-form]")?;
    stage.says("created /3303 CREATED(201)")?;
    stage.browser.click(INSTANCE)?;
    stage.browser.click(&at("read", "/3303/7"))?;
    stage.browser.wait_element(&result("/3303/7", "done"))?;
    ensure!(
        stage.browser.text(&at("value", "/3303/7/5750"))? == "cellar",
        "another value than that it was created with"
    );
    stage.pictures("created", INSTANCE)?;

    let confirm = at("confirm", "/3303/7");
    stage.browser.click(&at("delete", "/3303/7"))?;
    stage.browser.wait_text(&confirm, "There is no undo")?;
    stage.pictures("delete-question", &confirm)?;
    stage.browser.press("Escape")?;
    stage.browser.wait_gone(&confirm)?;
    stage.browser.click(&at("delete", "/3303/7"))?;
    stage.browser.click("[data-test=confirm-yes]")?;
    stage.says("deleted /3303/7 DELETED(202)")?;
    stage.browser.wait_gone(INSTANCE)
}

/// Observes a value that moves: it moves on the page, and in the chart.
fn observes(stage: &mut Stage) -> Result<()> {
    const SENSOR: &str = "/3303/0/5700";
    const CHART: &str = "[data-test=chart][data-path='/3303/0/5700']";
    const LINE: &str = "document.querySelector('[data-test=chart-line]').getAttribute('d')";
    let points = |count: usize| format!("Number(document.querySelector(\"{CHART}\")?.dataset.points) >= {count}");
    let observe = at("observe", SENSOR);
    let events = stage.events()?;
    stage.object(3303)?;
    stage.browser.click(&observe)?;
    stage.browser.wait_element(&format!("{observe}[aria-pressed=true]"))?;
    stage.browser.wait_element("[data-test=observed]")?;
    events.wait("it is observed", |event| event["path"] == SENSOR && event["running"] == true)?;
    stage.says("observed /3303/0/5700 CONTENT(205)")?;
    let first = stage.browser.text(&at("value", SENSOR))?;
    number(&first)?;
    stage.browser.wait_other_text(&at("value", SENSOR), &first)?;
    stage.browser.wait(&points(3))?;
    // Both axes have figures on them.
    stage.browser.wait("['y', 'x'].every(axis => document.querySelectorAll(`.chart-${axis} text`).length >= 2)")?;
    large_pictures(&mut stage.browser, &format!("{}-observing", stage.name))?;
    stage.pictures("chart", CHART)?;

    // By keyboard from point to point.
    stage.browser.focus("[data-test=chart-plot]")?;
    stage.browser.press("Home")?;
    let tip = stage.browser.text("[data-test=chart-tip]")?;
    stage.browser.press("ArrowRight")?;
    stage.browser.wait_other_text("[data-test=chart-tip]", &tip)?;
    stage.browser.press("Escape")?;

    // Paused, the chart stands still while the value goes on.
    stage.browser.click("[data-test=chart-pause]")?;
    stage.browser.wait_element(&format!("{CHART}[data-paused=true]"))?;
    let line = stage.browser.eval(LINE)?;
    let value = stage.browser.text(&at("value", SENSOR))?;
    stage.browser.wait_other_text(&at("value", SENSOR), &value)?;
    ensure!(stage.browser.eval(LINE)? == line, "the chart moves while it is paused");
    stage.pictures("chart-paused", CHART)?;
    stage.browser.click("[data-test=chart-pause]")?;
    stage.browser.wait(&format!("{LINE} !== {line}"))?;
    stage.browser.click("[data-test=chart-span][data-minutes='60']")?;
    stage.browser.wait_element("[data-test=chart-span][data-minutes='60'][aria-pressed=true]")?;
    Ok(())
}

/// Ends what [`observes`] began: the device is told.
fn stops_observing(stage: &mut Stage) -> Result<()> {
    const SENSOR: &str = "/3303/0/5700";
    let events = stage.events()?;
    stage.browser.click("[data-test=object-3303]")?;
    stage.browser.click(&at("observe", SENSOR))?;
    events.wait("it is not observed any more", |event| event["path"] == SENSOR && event["running"] == false)?;
    stage.browser.wait_element(&format!("{}[aria-pressed=false]", at("observe", SENSOR)))?;
    stage.browser.wait_gone("[data-test=observed]")
}

/// Opens the question before an Execute, says no, and then yes.
fn executes(stage: &mut Stage) -> Result<()> {
    const REBOOT: &str = "/3/0/4";
    let confirm = at("confirm", REBOOT);
    stage.object(3)?;
    stage.browser.click(&at("execute", REBOOT))?;
    // The consequence is named, and the focus is on what changes nothing.
    stage.browser.wait_text(&confirm, "stops answering")?;
    stage.browser.wait_text(&confirm, "POST /3/0/4")?;
    stage.browser.wait("document.activeElement?.dataset.test === 'confirm-no'")?;
    stage.pictures("execute-question", &confirm)?;
    stage.browser.press("Enter")?;
    stage.browser.wait_gone(&confirm)?;

    stage.browser.click(&at("execute", REBOOT))?;
    stage.browser.retype("[data-test=arguments]", "x")?;
    stage.browser.wait_element("[data-test=confirm-yes]:disabled")?;
    stage.browser.retype("[data-test=arguments]", "0='now'")?;
    stage.browser.click("[data-test=confirm-yes]")?;
    stage.browser.wait_gone(&confirm)?;
    let said = stage.says("executed ")?;
    if stage.leshan.is_some() {
        ensure!(said.starts_with("executed /3/0/4 CHANGED(204)") && said.contains("now"), "{said}");
        stage.browser.wait_element(&result(REBOOT, "done"))?;
    } else {
        // This one does reboot: it leaves, and is back a few seconds later.
        stage.browser.wait_element("[data-test=gone]")?;
        stage.pictures("rebooting", "[data-test=gone]")?;
        stage.browser.wait_gone("[data-test=gone]")?;
        stage.browser.wait_element("[data-test=device-state][data-state=online]")?;
    }
    Ok(())
}

#[test]
fn on_the_leshan_client() -> Result<()> {
    let Some(mut stage) = Stage::leshan()? else { return Ok(()) };
    writes(&mut stage)?;
    writes_several(&mut stage)?;
    discovers(&mut stage)?;
    creates_and_deletes(&mut stage)?;
    observes(&mut stage)?;
    executes(&mut stage)?;
    stops_observing(&mut stage)?;
    stage.browser.finish()
}

#[test]
fn on_the_demo_device() -> Result<()> {
    let Some(mut stage) = Stage::demo()? else { return Ok(()) };
    writes(&mut stage)?;

    // Out of the registered range: a doubt, no more. It is the device that refuses, and the text stays to be changed.
    const DIMMER: &str = "/3311/0/5851";
    stage.object(3311)?;
    stage.edit(DIMMER, "70")?;
    stage.browser.retype(&at("editor-input", DIMMER), "300")?;
    stage.browser.wait_element("[data-test=editor-doubt]")?;
    stage.browser.press("Enter")?;
    stage.browser.wait_element(&result(DIMMER, "failed"))?;
    ensure!(stage.browser.input(&at("editor-input", DIMMER))? == "300", "the text is gone");
    stage.pictures("refused", "[data-test=editor]")?;
    stage.browser.retype(&at("editor-input", DIMMER), "45")?;
    stage.browser.press("Enter")?;
    stage.browser.wait_element(&at("unconfirmed", DIMMER))?;
    // A switch.
    stage.browser.click(&at("edit", "/3311/0/5850"))?;
    stage.browser.click(&at("editor-input", "/3311/0/5850"))?;
    stage.browser.click(&at("write-submit", "/3311/0/5850"))?;
    stage.browser.wait_element(&at("unconfirmed", "/3311/0/5850"))?;
    stage.browser.click(&at("read", "/3311/0"))?;
    stage.browser.wait_gone("[data-test=unconfirmed]")?;
    let (dimmer, lamp) = (stage.browser.text(&at("value", DIMMER))?, stage.browser.text(&at("value", "/3311/0/5850"))?);
    ensure!((dimmer.as_str(), lamp.as_str()) == ("45", "false"), "{dimmer} {lamp}");

    writes_several(&mut stage)?;
    discovers(&mut stage)?;
    creates_and_deletes(&mut stage)?;
    observes(&mut stage)?;
    executes(&mut stage)?;
    // After the reboot it is asked for again, and goes on.
    stage.browser.click("[data-test=object-3303]")?;
    let value = stage.browser.text(&at("value", "/3303/0/5700"))?;
    stage.browser.wait_other_text(&at("value", "/3303/0/5700"), &value)?;
    stage.pictures("chart-after-reboot", "[data-test=chart]")?;
    stops_observing(&mut stage)?;
    stage.browser.finish()
}
