//! The Client apart from its server: what it is made from, its limits, values that move, and input that makes no sense.

use std::time::Duration;

use lwm2m::{Path, Value, Version};
use lwm2m_engine::{
    Client, ClientConfig, ClientInput, ClientLimits, ClientLink, ClientOutput, ClientStats, ConfigError, DeviceObject,
    Mono, Now, Simulation, Utc, demo_objects,
};

/// 2023-11-14, 22:13:20.
const START: u64 = 1_700_000_000;

fn at(seconds: u64) -> Now {
    Now::new(Mono::from_micros(seconds * 1_000_000), Utc::from_micros((START + seconds) * 1_000_000))
}

fn config() -> ClientConfig {
    ClientConfig::new([7; 32], "a".parse().unwrap())
}

#[test]
fn every_limit_can_be_set_and_has_a_counter() {
    let mut limits = ClientLimits::default();
    for row in ClientLimits::rows() {
        limits.set(row.name, 7).unwrap();
        assert!(ClientStats::default().rows().any(|counter| counter.0 == row.counter), "{} has no counter", row.name);
    }
    assert_ne!(limits, ClientLimits::default());
}

#[test]
fn objects_are_checked() {
    let value = |text: &'static str| Value::String(text.into());
    let rows: Vec<(DeviceObject, Option<ConfigError>)> = vec![
        (DeviceObject::new(3).with(0, 0, value("x")), None),
        // A whole number counts for a Float, a Time, an Unsigned.
        (DeviceObject::new(3303).with(0, 5700, Value::Integer(1)), None),
        (DeviceObject::new(3).with(0, 13, Value::Integer(1)), None),
        (DeviceObject::new(60_000), Some(ConfigError::Unknown { path: Path::object(60_000) })),
        (DeviceObject::new(3).with(0, 999, value("x")), Some(ConfigError::Unknown { path: Path::resource(3, 0, 999) })),
        (
            DeviceObject::new(3).with(0, 9, value("x")),
            Some(ConfigError::WrongType { path: Path::resource(3, 0, 9), expected: Some(lwm2m::ValueType::Integer) }),
        ),
        (
            DeviceObject::new(3).with(0, 4, value("x")),
            Some(ConfigError::WrongType { path: Path::resource(3, 0, 4), expected: None }),
        ),
        (
            DeviceObject::new(3).with_executable(0, 0),
            Some(ConfigError::WrongType { path: Path::resource(3, 0, 0), expected: Some(lwm2m::ValueType::String) }),
        ),
        (
            DeviceObject::new(3).with(0, 7, Value::Integer(1)),
            Some(ConfigError::Multiplicity { path: Path::resource(3, 0, 7) }),
        ),
        (
            DeviceObject::new(3).with_many(0, 9, [(0, Value::Integer(1))]),
            Some(ConfigError::Multiplicity { path: Path::resource(3, 0, 9) }),
        ),
        (
            DeviceObject::new(3).with(0, 0, value("x")).with(1, 0, value("y")),
            Some(ConfigError::Repeated { path: Path::object(3) }),
        ),
        (
            (0..65).fold(DeviceObject::new(3303), |object, id| object.with(id, 5701, value("Cel"))),
            Some(ConfigError::TooMany { path: Path::object(3303) }),
        ),
    ];
    for (object, error) in rows {
        let mut config = config();
        config.objects = vec![object];
        assert_eq!(Client::new(config).err(), error);
    }
    let mut twice = config();
    twice.objects.extend(demo_objects());
    assert_eq!(Client::new(twice).err(), Some(ConfigError::Repeated { path: Path::object(3) }));
    for (version, known) in [("1.0", true), ("1.1", true), ("1.2", true), ("1.3", false), ("2.0", false)] {
        let mut config = config();
        config.lwm2m = version.parse().unwrap();
        assert_eq!(Client::new(config).is_ok(), known, "{version}");
    }
}

#[test]
fn the_demonstration_objects_fit_every_version() {
    for lwm2m in [Version::V1_0, Version::V1_1, Version::V1_2] {
        let mut config = config();
        config.lwm2m = lwm2m;
        let client = Client::new(config).unwrap();
        // Everything mandatory is there.
        for object in [1, 3, 4, 6, 3303, 3311] {
            let facts = client.models().object(object).unwrap();
            for resource in facts.resources().filter(|resource| resource.mandatory && resource.value_type.is_some()) {
                let path = Path::resource(object, 0, resource.id);
                assert!(!client.values(at(0), path).is_empty(), "{path} of {lwm2m}");
            }
        }
    }
}

#[test]
fn the_simulation_is_plausible() {
    let mut client = Client::new(config()).unwrap();
    let mut simulation = Simulation::new(3).with_interval(Duration::from_secs(10));
    let sensor = Path::resource(3303, 0, 5700);
    let (mut lowest, mut highest, mut moves) = (f64::MAX, f64::MIN, 0);
    let mut last: Option<f64> = None;
    for step in 0..8_640 {
        let now = at(step * 10);
        let values = simulation.step(now, &client);
        for (path, value) in &values {
            let facts = client.models().resource(*path).unwrap();
            assert!(!facts.operations.can_write(), "{path} belongs to the server");
            assert_eq!(facts.value_type, Some(value.value_type()), "{path}");
        }
        client.handle_input(now, ClientInput::Set { values: &values });
        let Some(Value::Float(value)) = client.value(now, sensor) else { panic!() };
        assert_eq!((value * 10.0).round() / 10.0, value, "steps of a tenth");
        if let Some(last) = last {
            assert!((value - last).abs() <= 0.4, "from {last} to {value} in 10 s");
            moves += usize::from(value != last);
        }
        last = Some(value);
        (lowest, highest) = (lowest.min(value), highest.max(value));
        let Some(Value::Integer(level)) = client.value(now, Path::resource(3, 0, 9)) else { panic!() };
        assert!((0..=100).contains(&level));
        let Some(Value::Integer(strength)) = client.value(now, Path::resource(4, 0, 2)) else { panic!() };
        assert!((-110..=-60).contains(&strength));
        let Some(Value::Float(latitude)) = client.value(now, Path::resource(6, 0, 0)) else { panic!() };
        assert!((latitude - 52.5163).abs() < 0.01);
    }
    assert!((18.0..20.5).contains(&lowest) && (21.5..24.0).contains(&highest), "{lowest} to {highest} in a day");
    assert!(moves > 2_000, "{moves} moves");
    assert_eq!(client.stats().sets_refused, 0);
    // The thermometer saw the same.
    assert_eq!(client.value(at(86_400), Path::resource(3303, 0, 5601)), Some(Value::Float(lowest)));
    assert_eq!(client.value(at(86_400), Path::resource(3303, 0, 5602)), Some(Value::Float(highest)));
}

#[test]
fn the_simulation_repeats_itself_and_leaves_what_is_held() {
    let client = Client::new(config()).unwrap();
    let sensor = Path::resource(3303, 0, 5700);
    let run = |seed, held: bool| {
        let mut simulation = Simulation::new(seed);
        if held {
            simulation.hold(sensor);
        }
        let mut values = Vec::new();
        for second in 0..100 {
            values.extend(simulation.step(at(second), &client));
        }
        values
    };
    assert_eq!(run(1, false), run(1, false));
    assert_ne!(run(1, false), run(2, false));
    assert!(run(1, false).iter().any(|(path, _)| *path == sensor));
    assert!(run(1, true).iter().all(|(path, _)| *path != sensor));
    // Nothing before its time.
    let mut simulation = Simulation::new(1);
    assert!(!simulation.step(at(0), &client).is_empty());
    assert!(simulation.step(at(1), &client).is_empty());
    assert_eq!(simulation.next_step(), at(2).mono);
}

#[test]
fn nonsense_is_survived() {
    // Requests as a server sends them, then changed at random: numbers of SplitMix64 from a fixed seed.
    let requests: &[&[u8]] = &[
        b"\x41\x01\x00\x01\x01\xb1\x33\x010\x019",
        b"\x41\x01\x00\x01\x01\x60\x543303\x010\x045700\x61\x6e",
        b"\x41\x01\x00\x01\x01\xb1\x33\x61\x28",
        b"\x41\x03\x00\x01\x01\xb1\x33\x010\x0215\x10\xffEurope/Berlin",
        b"\x41\x03\x00\x01\x01\xb43303\x010\x045700\x46pmin=5\x05gt=25\x03st=",
        b"\x41\x02\x00\x01\x01\xb1\x31\x010\x12\x2d\x16\xff\xc1\x02\x65\xc2\x03\x03\xf2\xc2\x05\x07\xd0\xc1\x06\x01\xc1\x07\x55",
        b"\x41\x02\x00\x01\x01\xb43303\x12\x2d\x16\xff\x06\x05\xe3\x16\x45\x43\x65\x6c",
        b"\x41\x04\x00\x01\x01\xb43303\x011",
        b"\x41\x02\x00\x01\x01\xb1\x33\x010\x0212\x10\xff0='x',1",
        b"\x41\x03\x00\x01\x01\xb43311\x010\x11\x6e\xff[{\"bn\":\"/3311/0/\",\"n\":\"5850\",\"vb\":true}]",
    ];
    let mut state = 1_u64;
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 20
    };
    for websocket in [false, true] {
        let mut client = registered(websocket);
        for number in 0..8_000_u64 {
            let now = at(number / 50);
            let mut bytes = requests[random() as usize % requests.len()].to_vec();
            bytes[2..4].copy_from_slice(&(number as u16).to_be_bytes());
            bytes[4] = random() as u8;
            for _ in 0..random() % 4 {
                let place = 5 + random() as usize % (bytes.len() - 5);
                match random() % 3 {
                    0 => bytes[place] = random() as u8,
                    1 => bytes.insert(place, random() as u8),
                    _ => bytes.truncate(place.max(6)),
                }
            }
            if websocket {
                // Len and TKL, code, token, then the same options.
                let frame = [&[1, bytes[1], bytes[4]], &bytes[5..]].concat();
                client.handle_input(now, ClientInput::Frame { bytes: &frame });
            } else {
                client.handle_input(now, ClientInput::Datagram { bytes: &bytes });
            }
            loop {
                match client.poll_output() {
                    ClientOutput::Timeout(_) => break,
                    ClientOutput::Close { .. } => client = registered(websocket),
                    _ => {}
                }
            }
            if client.state() != lwm2m_engine::ClientState::Registered {
                client = registered(websocket);
            }
        }
        assert!(client.observation_count() <= ClientLimits::default().observations);
    }
}

/// A Client whose Register was answered.
fn registered(websocket: bool) -> Client {
    let mut config = config();
    config.link = if websocket { ClientLink::WebSocket } else { ClientLink::Datagrams };
    let mut client = Client::new(config).unwrap();
    client.handle_input(at(0), ClientInput::Start);
    if websocket {
        client.handle_input(at(0), ClientInput::Opened);
        client.handle_input(at(0), ClientInput::Frame { bytes: b"\x00\xe1" });
    }
    loop {
        match client.poll_output() {
            ClientOutput::Transmit { bytes } if websocket && bytes[1] == 2 => {
                let token = &bytes[2..2 + usize::from(bytes[0] & 15)];
                let answer = [&[bytes[0] & 15, 0x41], token, b"\x82rd\x011"].concat();
                client.handle_input(at(0), ClientInput::Frame { bytes: &answer });
            }
            ClientOutput::Transmit { bytes } if !websocket => {
                let token = &bytes[4..4 + usize::from(bytes[0] & 15)];
                let answer = [&[0x60 | bytes[0] & 15, 0x41, bytes[2], bytes[3]], token, b"\x82rd\x011"].concat();
                client.handle_input(at(0), ClientInput::Datagram { bytes: &answer });
            }
            ClientOutput::Timeout(_) => break,
            _ => {}
        }
    }
    assert_eq!(client.state(), lwm2m_engine::ClientState::Registered);
    client
}
