//! Where things are in the console. What each hook means is in `web/README.md`.

use anyhow::{Context, Result, ensure};

use crate::browser::Browser;

/// The page is connected.
pub const LIVE: &str = "[data-test=connection][data-state=live]";
/// The page has lost the bridge.
pub const LOST: &str = "[data-test=connection][data-state=lost]";

/// A hook with a path beside it.
pub fn at(test: &str, path: &str) -> String {
    format!("[data-test={test}][data-path='{path}']")
}

/// The row of a device in the list.
pub fn row(endpoint: &str) -> String {
    format!("[data-test=device-row][data-endpoint='{endpoint}']")
}

/// The result in words of the last request for a path, once it has this state: `asked`, `done`, `failed`.
pub fn result(path: &str, state: &str) -> String {
    format!("{}[data-state={state}]", at("result", path))
}

/// Screenshots of a state, for a phone and a laptop; icons that are not there are an error.
pub fn pictures(browser: &mut Browser, state: &str) -> Result<()> {
    shoot(browser, state, &[(400, 800), (1280, 800)], None)
}

/// The same, and for a large screen.
pub fn large_pictures(browser: &mut Browser, state: &str) -> Result<()> {
    shoot(browser, state, &[(400, 800), (2560, 1440), (1280, 800)], None)
}

/// Screenshots for a phone and a laptop with this element in sight.
pub fn pictures_of(browser: &mut Browser, state: &str, selector: &str) -> Result<()> {
    shoot(browser, state, &[(400, 800), (1280, 800)], Some(selector))
}

fn shoot(browser: &mut Browser, state: &str, sizes: &[(u32, u32)], about: Option<&str>) -> Result<()> {
    browser.screenshots(state, sizes, about)?;
    icons(browser, state)
}

fn icons(browser: &mut Browser, state: &str) -> Result<()> {
    let lost = browser.eval(
        "[...document.querySelectorAll('svg use')].map(use => use.getAttribute('href'))\
         .filter(href => href.startsWith('#') && !document.querySelector(href)).join(' ')",
    )?;
    ensure!(lost == "", "{state}: icons that are not there: {lost}");
    Ok(())
}

/// The number that a page shows, with `−` for minus; a unit behind it is passed over.
pub fn number(text: &str) -> Result<f64> {
    let text = text.replace('\u{2212}', "-");
    let word = text.split_whitespace().next().unwrap_or_default();
    word.parse().with_context(|| format!("no number: {text}"))
}
