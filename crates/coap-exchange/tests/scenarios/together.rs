//! Two `Exchanges` with large bodies and observations on a bad network: what arrives is whole, once, and in order.

use std::time::Duration;

use coap_exchange::*;

use super::pair::{DELAY, PEER, Pair, echo, get};

const LARGE: usize = 2_500;

/// Bytes of which each 16 are different.
fn body(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 16 * 7 + at) as u8).collect()
}

fn put() -> Request {
    Request::new(RequestType::Put).with_path("a").with_payload(body(LARGE))
}

/// A run with a large request and a large answer, in which message `n` arrives as `fate(n)` says.
fn upload(think: Duration, fate: impl FnMut(u64) -> Vec<Duration> + 'static) -> Pair {
    let mut pair = Pair::new(1, false, fate);
    pair.think = think;
    pair.ask(1, put(), Reliability::Confirmable);
    pair.run();
    pair
}

/// What happens to each message in turn, and its name.
type Fate = (&'static str, fn() -> Vec<Duration>);

const FATES: &[Fate] = &[
    ("lost", Vec::new),
    ("doubled at once", || vec![DELAY, DELAY + Duration::from_micros(1)]),
    ("doubled later", || vec![DELAY, DELAY + Duration::from_millis(30)]),
    ("doubled a minute later", || vec![DELAY, DELAY + Duration::from_secs(60)]),
    ("late", || vec![Duration::from_secs(4)]),
];

#[test]
fn large_bodies_arrive_whatever_becomes_of_one_message() {
    for think in [Duration::ZERO, Duration::from_millis(700)] {
        let all = upload(think, |_| vec![DELAY]).sent;
        for (name, fate) in FATES {
            for n in 0..all {
                let pair = upload(think, move |m| if m == n { fate() } else { vec![DELAY] });
                let [Ok(response)] = &pair.ended[&1][..] else { panic!("message {n} {name}: {:?}", pair.ended) };
                assert_eq!(response.payload, echo(&put()).payload, "message {n} {name}");
                assert_eq!(pair.delivered, [put()], "message {n} {name}");
            }
        }
    }
}

/// A run with an observation of states 1, 2, 3 that is deregistered at the end.
fn observe(length: usize, reliability: Reliability, fate: impl FnMut(u64) -> Vec<Duration> + 'static) -> Pair {
    let mut pair = Pair::new(2, false, fate);
    pair.ask(1, get(0).with_observe(), Reliability::Confirmable);
    let start = pair.now.mono;
    pair.changes = (1..=3u8)
        .map(|n| (start + Duration::from_secs(10) * u32::from(n), [vec![n], body(length)].concat(), reliability))
        .collect();
    pair.run();
    pair
}

#[test]
fn the_last_state_arrives_whatever_becomes_of_one_message() {
    for length in [10, LARGE] {
        let all = observe(length, Reliability::Confirmable, |_| vec![DELAY]).sent;
        for (name, fate) in FATES {
            for n in 0..all {
                let mut pair =
                    observe(length, Reliability::Confirmable, move |m| if m == n { fate() } else { vec![DELAY] });
                let context = format!("{length} bytes, message {n} {name}");
                assert_eq!(pair.ended[&1].len(), 1, "{context}");
                let states: Vec<u8> = pair.told.iter().map(|state| state[0]).collect();
                assert!(states.is_sorted_by(|a, b| a < b), "{context}: {states:?}");
                assert_eq!(states.last(), Some(&3), "{context}");
                assert!(pair.told.iter().all(|state| state[1..] == body(length)), "{context}");
                assert_eq!((pair.observers.len(), &pair.gone[..], &pair.over[..]), (1, &[][..], &[][..]), "{context}");
                pair.input(0, Input::StopObserving { id: RequestId(1), how: Stop::Deregister });
                pair.run();
                assert_eq!((pair.gone, pair.over.len()), (vec![ObserverEnd::Deregistered], 1), "{context}");
                assert!(pair.over[0].as_ref().unwrap().is_success(), "{context}");
            }
        }
    }
}

#[test]
fn forgotten_observations_end_at_the_other_side() {
    for reliability in [Reliability::Confirmable, Reliability::NonConfirmable] {
        let mut pair = observe(10, reliability, |_| vec![DELAY]);
        pair.input(0, Input::StopObserving { id: RequestId(1), how: Stop::Reset });
        assert_eq!(pair.over, [Err(ExchangeError::Cancelled)]);
        pair.changes = vec![(pair.now.mono + Duration::from_secs(1), vec![4], reliability)];
        pair.run();
        assert_eq!((pair.gone.as_slice(), pair.told.len()), (&[ObserverEnd::Reset][..], 3));
    }
}

#[test]
fn on_a_bad_network_states_are_told_in_order_and_the_last_one_is() {
    for seed in 0..40u64 {
        let mut state = seed;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        // A tenth is lost, a fifth comes twice, all come in any order.
        let fate = move |_| {
            let copies = [0, 1, 1, 1, 1, 1, 1, 1, 2, 2][(random() % 10) as usize];
            (0..copies).map(|_| Duration::from_micros(random() % 400_000)).collect()
        };
        let mut pair = Pair::new(seed, false, fate);
        pair.ask(1, get(0).with_observe(), Reliability::Confirmable);
        let (start, length) = (pair.now.mono + Duration::from_secs(100), if seed % 2 == 0 { 10 } else { 1_500 });
        pair.changes = (1..=30u8)
            .map(|n| {
                let reliability = if n % 3 == 0 { Reliability::Confirmable } else { Reliability::NonConfirmable };
                (start + Duration::from_millis(300) * u32::from(n), [vec![n], body(length)].concat(), reliability)
            })
            .collect();
        pair.run();
        let states: Vec<u8> = pair.told.iter().map(|state| state[0]).collect();
        // Read again from the start because it changed, a state can be ahead of its own notification.
        assert!(states.is_sorted(), "seed {seed}: {states:?}");
        assert!(pair.told.iter().all(|state| state[1..] == body(length)), "seed {seed}");
        // Over NON a block can be lost for good; a confirmable first block can always be read on.
        assert_eq!(states.last(), Some(&30), "seed {seed}: {states:?}, {:?}", pair.gone);
    }
}

#[test]
fn websockets_carry_large_bodies_and_states() {
    let mut pair = Pair::new(5, true, |_| vec![DELAY]);
    for _ in 0..4 {
        pair.step();
    }
    pair.input(0, Input::SetMaxMessage { peer: PEER, bytes: 1_152 });
    pair.input(1, Input::SetMaxMessage { peer: PEER, bytes: 1_152 });
    let request = get(0).with_observe();
    pair.ask(0, request, Reliability::Confirmable);
    for id in 1..=8 {
        pair.ask(id, put(), Reliability::Confirmable);
    }
    while pair.ended.len() < 9 {
        assert!(pair.step(), "it comes to rest too early");
    }
    for id in 1..=8 {
        assert_eq!(pair.ended[&id][0].as_ref().unwrap().payload, echo(&put()).payload);
    }
    assert_eq!(pair.delivered.len(), 9, "bodies of one resource were mixed up");
    for n in 1..=3u8 {
        for exchange in pair.observers.clone() {
            let response = Response::new(ResponseType::Content).with_payload([vec![n], body(LARGE)].concat());
            pair.input(1, Input::Notify { exchange, response, reliability: Reliability::Confirmable });
        }
        while pair.step() {}
    }
    let states: Vec<u8> = pair.told.iter().map(|state| state[0]).collect();
    assert_eq!(states, [1, 2, 3]);
    assert!(pair.told.iter().all(|state| state[1..] == body(LARGE)));
    pair.input(0, Input::Closed { peer: PEER });
    pair.input(1, Input::Closed { peer: PEER });
    assert_eq!((pair.gone, pair.over), (vec![ObserverEnd::Closed], vec![Err(ExchangeError::Closed)]));
}
