//! Scenarios in fake time: scripts against the wire (`udp`, `blocks`, `sending`, `observing`, `observers`, `websocket`,
//! `limits`), and two `Exchanges` joined by a network that loses, doubles and delays (`pair`, `together`).

#![allow(missing_docs)]

mod blocks;
mod limits;
mod observers;
mod observing;
mod pair;
mod script;
mod sending;
mod together;
mod udp;
mod websocket;

/// Runs every scenario of a table: its name with the source, and the script.
fn run_all(table: &[(&str, &str)]) {
    for (name, script) in table {
        script::run(name, script);
    }
}
