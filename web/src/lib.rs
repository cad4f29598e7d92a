//! The Footbridge console: shows every device of a bridge as a live tree, and reads, writes, executes and observes what is in it.
//!
//! ```text
//! main → parts::shell::App → parts (draw state, call back)
//!                │ Link (commands)              ▲ State
//!                ▼                              │ reduce
//!   link ─ api (HTTP/JSON: session, list)  ─────┤ Action
//!        ├ events (WebSocket, JSON)        ─────┤
//!        └ socket (WebSocket, CoAP) ─ answer ───┘   bytes → Response → entries
//!   simulated (WebSocket, CoAP) ─ a device ─────┘   a second connection, the other way round
//! ```
//!
//! `route`, `moment`, `words`, `sorted`, `model`, `connection`, `command`, `exchange`, `device`, `series`, `chart`, `edit`, `question`, `state`, `list`,
//! `recipe`, `rows` and `answer` are pure and tested on the host; the rest speaks to the browser. `web/README.md` lists the hooks for browser tests.

pub mod answer;
pub mod api;
pub mod browser;
pub mod chart;
pub mod command;
pub mod connection;
pub mod device;
pub mod edit;
pub mod events;
pub mod exchange;
pub mod link;
pub mod list;
pub mod model;
pub mod moment;
pub mod nav;
pub mod parts;
pub mod question;
pub mod recipe;
pub mod route;
pub mod rows;
pub mod series;
pub mod simulated;
pub mod socket;
pub mod sorted;
pub mod state;
pub mod theme;
pub mod words;

/// Draws the console into the element `console` of the page.
pub fn run() {
    let root = browser::window().document().and_then(|document| document.get_element_by_id("console"));
    if let Some(root) = root {
        yew::Renderer::<parts::shell::App>::with_root(root).render();
    }
}
