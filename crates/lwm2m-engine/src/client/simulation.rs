//! Values that move by themselves, plausibly and always in the same way for the same seed.
//!
//! Every value is a function of seed and civil time, except the battery, which remembers when it was full. Only what a server
//! cannot write is moved, and of that only what nobody holds: whatever a person sets stays.

use std::collections::BTreeSet;

use core::time::Duration;

use coap_exchange::{Mono, Now};
use lwm2m::{Path, Value};

use crate::Client;

/// What moves the values of the [demonstration objects](crate::demo_objects): temperatures with the time of day, a battery
/// slowly down, a signal, a place, voltage and memory a little.
///
/// ```
/// use lwm2m_engine::{Client, ClientConfig, ClientInput, Mono, Now, Simulation, Utc};
///
/// let mut client = Client::new(ClientConfig::new([7; 32], "demo-1".parse().unwrap()))?;
/// let mut simulation = Simulation::new(7);
/// let now = Now::new(Mono::ZERO, Utc::from_micros(1_700_000_000_000_000));
/// let values = simulation.step(now, &client);
/// client.handle_input(now, ClientInput::Set { values: &values });
/// assert!(simulation.next_step() > now.mono);
/// # Ok::<(), lwm2m_engine::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulation {
    seed: u64,
    interval: Duration,
    next: Mono,
    full: Option<Mono>,
    held: BTreeSet<Path>,
}

impl Simulation {
    /// A simulation that moves something every two seconds, beginning now.
    pub fn new(seed: u64) -> Self {
        Self { seed, interval: Duration::from_secs(2), next: Mono::ZERO, full: None, held: BTreeSet::new() }
    }

    /// The same with another interval; at least a millisecond. Default: 2 s.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_millis(1));
        self
    }

    /// From now on a person moves this resource, not the simulation.
    pub fn hold(&mut self, path: Path) {
        self.held.insert(path);
    }

    /// Gives a resource back to the simulation.
    pub fn release(&mut self, path: Path) {
        self.held.remove(&path);
    }

    /// When [`step`](Self::step) has something to say again.
    pub fn next_step(&self) -> Mono {
        self.next
    }

    /// The values that differ from those of the device now, for [`ClientInput::Set`](crate::ClientInput::Set). Empty before
    /// [`next_step`](Self::next_step).
    pub fn step(&mut self, now: Now, client: &Client) -> Vec<(Path, Value<'static>)> {
        if now.mono < self.next {
            return Vec::new();
        }
        self.next = now.mono + self.interval;
        let full = *self.full.get_or_insert(now.mono);
        let mut moved = self.temperatures(now, client);
        moved.extend(self.device(now, full));
        moved.extend(self.network(now));
        moved.extend(self.place(now));
        moved.retain(|(path, value)| {
            !self.held.contains(path) && client.value(now, *path).is_some_and(|old| old != *value)
        });
        moved
    }

    /// Each thermometer follows the sun around the value that its number gives, with weather of some minutes and noise.
    fn temperatures(&self, now: Now, client: &Client) -> Vec<(Path, Value<'static>)> {
        let instances = client.values(now, Path::object(3303)).into_iter().filter_map(|entry| entry.path.instance_id());
        let instances: BTreeSet<_> = instances.collect();
        let seconds = seconds(now);
        let values = instances.into_iter().map(|id| {
            // The first one hangs in a room, the others outside.
            let (mean, day, weather) = if id == 0 { (21.0, 1.5, 0.6) } else { (8.0, 6.0, 1.2) };
            let lane = 100 + u64::from(id);
            // Warmest at three in the afternoon.
            let sun = day * sine(seconds / 86_400.0 - 0.375);
            let drift = weather * self.drift(lane, seconds / 240.0);
            let noise = 0.1 * self.drift(lane + 0x1_0000, seconds / 4.0);
            (Path::resource(3303, id, 5700), Value::Float(tenths(mean + sun + drift + noise)))
        });
        values.collect()
    }

    /// The battery: a percent in about ten minutes, and full again when it is empty.
    fn device(&self, now: Now, full: Mono) -> Vec<(Path, Value<'static>)> {
        let used = now.mono.since(full).as_secs() / 600 + self.random(1, 0) % 30;
        let level = 100 - (used % 101) as i64;
        let volts = 3_400 + 8 * level + self.walk(2, now, 30.0, 10);
        // Battery Status: 0 is "normal", 4 "low".
        let status = if level <= 15 { 4 } else { 0 };
        vec![
            (Path::resource(3, 0, 9), Value::Integer(level)),
            (Path::resource_instance(3, 0, 7, 0), Value::Integer(volts)),
            (Path::resource_instance(3, 0, 8, 0), Value::Integer(125 + self.walk(3, now, 20.0, 25))),
            (Path::resource(3, 0, 10), Value::Integer(15_360 + 4 * self.walk(4, now, 15.0, 200))),
            (Path::resource(3, 0, 20), Value::Integer(status)),
        ]
    }

    fn network(&self, now: Now) -> Vec<(Path, Value<'static>)> {
        let strength = -85 + self.walk(5, now, 12.0, 14);
        vec![
            (Path::resource(4, 0, 2), Value::Integer(strength)),
            (Path::resource(4, 0, 3), Value::Integer((strength + 120).clamp(0, 100) * 2)),
        ]
    }

    /// A walk of some hundred metres around where it began.
    fn place(&self, now: Now) -> Vec<(Path, Value<'static>)> {
        let seconds = seconds(now);
        let at = |lane, seconds: f64| 0.003 * self.drift(lane, seconds / 180.0);
        // Five decimals are about a metre.
        let rounded = |degrees: f64| (degrees * 100_000.0).round() / 100_000.0;
        let (north, east) = (at(6, seconds), at(7, seconds));
        let (before_north, before_east) = (at(6, seconds - 1.0), at(7, seconds - 1.0));
        // A degree of latitude is 111 km, one of longitude there 68 km.
        let (dy, dx) = ((north - before_north) * 111_000.0, (east - before_east) * 68_000.0);
        let speed = (dy * dy + dx * dx).sqrt();
        vec![
            (Path::resource(6, 0, 0), Value::Float(rounded(52.5163 + north))),
            (Path::resource(6, 0, 1), Value::Float(rounded(13.3777 + east))),
            (Path::resource(6, 0, 5), Value::Time(seconds as i64)),
            (Path::resource(6, 0, 6), Value::Float(tenths(speed))),
        ]
    }

    /// A whole number that wanders within ±`range`, with a turn every `period` seconds.
    fn walk(&self, lane: u64, now: Now, period: f64, range: i64) -> i64 {
        (self.drift(lane, seconds(now) / period) * range as f64).round() as i64
    }

    /// A number from −1 to 1 that moves smoothly from one random point to the next, one point per unit of `t`.
    fn drift(&self, lane: u64, t: f64) -> f64 {
        let before = t.floor();
        let point = |index: f64| (self.random(lane, index as i64 as u64) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0;
        let between = t - before;
        let smooth = between * between * (3.0 - 2.0 * between);
        point(before) + (point(before + 1.0) - point(before)) * smooth
    }

    /// SplitMix64 over seed, lane and index: a hash that is the same everywhere.
    fn random(&self, lane: u64, index: u64) -> u64 {
        let mut z = self.seed.wrapping_add(lane.wrapping_mul(0xd1b5_4a32_d192_ed03));
        z = z.wrapping_add(index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn seconds(now: Now) -> f64 {
    now.utc.as_micros() as f64 / 1e6
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// The sine of `turns` full turns, to 0.002 (Bhaskara): only arithmetic that gives the same bits on every machine.
fn sine(turns: f64) -> f64 {
    let turn = turns - turns.floor();
    let (half, sign) = if turn < 0.5 { (turn, 1.0) } else { (turn - 0.5, -1.0) };
    let x = half * 360.0;
    let product = x * (180.0 - x);
    sign * 4.0 * product / (40_500.0 - product)
}
