//! Many simulated devices at a bridge.

use std::time::Duration;

use super::support::{Bridge, until};
use crate::simulate::{self, Config, Tally};

#[test]
fn fifty_devices_register_and_leave() {
    let bridge = Bridge::start();
    let config = Config {
        server: bridge.coap,
        endpoints: (1..=50).map(|number| format!("sim-{number}").parse().unwrap()).collect(),
        lifetime: 60,
        interval: Duration::from_secs(1),
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let devices = std::thread::spawn(move || {
        let stop = async { _ = stopped.await };
        crate::runtime().unwrap().block_on(simulate::simulate(&config, stop))
    });
    until("all are registered", || bridge.counter("footbridge_registrations") == 50);
    let list = bridge.get("/api/v1/clients?limit=100").json();
    let ports: std::collections::BTreeSet<_> =
        list["clients"].as_array().unwrap().iter().map(|client| client["address"].to_string()).collect();
    assert_eq!(ports.len(), 50, "each has a port of its own");

    let asked = std::time::Instant::now();
    stop.send(()).unwrap();
    let Tally { registered, failed, deregistered, .. } = devices.join().unwrap().unwrap();
    assert_eq!((registered, failed, deregistered), (0, 0, 50));
    assert!(asked.elapsed() < Duration::from_secs(2));
    assert_eq!(bridge.counter("footbridge_registrations"), 0);
}
