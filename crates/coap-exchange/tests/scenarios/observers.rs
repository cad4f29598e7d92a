//! RFC 7641, the side that is asked: as bytes.
//!
//! `state CODE` answers with an Observe option whose number is ours (`63 $N:3` in HEX: the clock), `notify N con|non CODE`
//! tells the observer that began with the N-th request.

#[test]
fn notifications() {
    super::run_all(&[
        (
            "RFC 7641 section 1.2 figure 2: registration, both kinds of notification, numbers that grow with the clock",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05 'one'
            < 6145 0001 21 63 $N:3 ff 'one'
            notify 1 non 2.05 'two'
            < 5145 $M:2 21 63 $N:3 ff 'two'
            wait 1
            notify 1 con 2.05 'three'
            < 4145 $M:2 21 63 $O:3 ff 'three'
            > 6000 $M
            wait 300
            notify 1 con 2.05 'four'
            < 4145 $M:2 21 63 $O:3 ff 'four'
            > 6000 $M
            > 4101 0001 21 60 51 'a'                        # long after: another one with the same bytes
            ! gone 1 Replaced
            ! request GET /a 6:
            stat observers_begun 1
            stat notifications_out 3
            stat late_notifications 0",
        ),
        (
            "the numbers: 16384 a second, one more for each in the same moment, or what the layer above says",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0001 21 63 b00000                        # of 1,795,000,000 s
            notify 1 non 2.05
            < 5145 $M:2 21 63 b00001
            wait 1
            notify 1 non 2.05
            < 5145 $M:2 21 63 b04000
            notify 1 non 2.05 6:05
            < 5145 $M:2 21 61 05
            notify 1 non 2.05
            < 5145 $M:2 21 61 06",
        ),
        (
            "RFC 7641 section 4.1: no Observe in the answer, an error, or not asked for: no observer",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            respond 2.05
            < 6145 0001 21
            notify 1 non 2.05
            > 4101 0002 22 60 51 'a'
            ! request GET /a 6:
            state 4.04
            < 6184 0002 22
            notify 2 non 2.05
            > 4101 0003 23 b1 'a'
            ! request GET /a
            state 2.05
            < 6145 0003 23
            notify 3 non 2.05
            > 4103 0004 24 60 51 'a'                        # not for PUT
            ! request PUT /a 6:
            state 2.04
            < 6144 0004 24
            stat observers_begun 0
            stat late_notifications 3",
        ),
        (
            "the answer comes separately: it is the first notification, and must be acknowledged like one",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            wait 1
            < 6000 0001
            state 2.05 'one'
            < 4145 $M:2 21 63 $N:3 ff 'one'
            notify 1 con 2.05 'two'
            > 6000 $M
            < 4145 $O:2 21 63 $N:3 ff 'two'
            > 6000 $O
            > 4101 0002 22 60 51 'b'
            ! request GET /b 6:
            wait 1
            < 6000 0002
            state 2.05
            < 4145 $M:2 22 63 $N:3
            > 7000 $M
            ! gone 2 Reset
            > 5101 0003 23 60 51 'c'
            ! request GET /c 6:
            state 2.05
            < 5145 $M:2 23 63 $N:3
            > 7000 $M
            ! gone 3 Reset",
        ),
        (
            "RFC 7641 section 4.5: a confirmable one after 24 h",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0001 21 63 $N:3
            wait 86399
            notify 1 non 2.05
            < 5145 $M:2 21 63 $N:3
            wait 1
            notify 1 non 2.05
            < 4145 $M:2 21 63 $N:3
            > 6000 $M
            notify 1 non 2.05
            < 5145 $M:2 21 63 $N:3",
        ),
        (
            "RFC 7959 section 2.6: a large state: its first block, and the rest is asked for",
            "
            block 16
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05 {16*61}{1*62}
            < 6145 0001 21 48 $E:8 23 $N:3 d10408 5111 ff {16*61}
            > 4101 0002 22 b1 'a' c110
            < 6145 0002 22 48 $E d10610 ff 'b'
            notify 1 non 2.05 {16*63}{1*64}
            < 5145 $M:2 21 48 $F:8 23 $N:3 d10408 5111 ff {16*63}
            > 4101 0003 23 b1 'a' c110
            < 6145 0003 23 48 $F d10610 ff 'd'
            > 4101 0004 21 60 51 'a' c110                   # Observe with a later block is not asked for
            < 6145 0004 21 48 $F d10610 ff 'd'
            notify 1 non 2.05 'small'
            < 5145 $M:2 21 63 $N:3 ff 'small'",
        ),
        (
            "WebSocket: one message each, no acknowledgement; the peer's Max-Message-Size holds",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0101 21 60 51 'a'
            ! request GET /a 6:
            state 2.05 'one'
            < 0145 21 63 $N:3 ff 'one'
            notify 1 con 2.05 'two'
            < 0145 21 63 $N:3 ff 'two'
            notify 1 con 2.05 'three'
            < 0145 21 63 $N:3 ff 'three'
            notify 1 non 2.05 {1024*61}{1000*62}
            < 0145 21 48 $E:8 23 $N:3 d1040e 5207e8 ff {1024*61}
            > 0101 22 b1 'a' c116
            < 0145 22 48 $E d10616 ff {1000*62}
            > 0101 21 6101 51 'a'
            ! gone 1 Deregistered
            ! request GET /a 6:01
            respond 2.05 'end'
            < 0145 21 ff 'end'
            > 0101 21 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 0145 21 63 $N:3
            > 00e4                                          # observers keep no connection
            ! close 1000
            ! gone 3 Closed
            notify 3 con 2.05",
        ),
    ]);
}

#[test]
fn transmission() {
    super::run_all(&[
        (
            "RFC 7641 section 4.5.2: what comes while one is on its way waits, and only the newest is sent",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05 'one'
            < 6145 0001 21 63 $N:3 ff 'one'
            notify 1 con 2.05 'two'
            < 4145 $M:2 21 63 $N:3 ff 'two'
            notify 1 con 2.05 'three'
            notify 1 non 2.05 'four'
            > 6000 $M
            < 4145 $M:2 21 63 $N:3 ff 'four'
            > 6000 $M
            stat notifications_superseded 1
            wait 300
            stat retransmissions 0",
        ),
        (
            "RFC 7641 section 4.5.2: a newer one takes the place of one that is sent again; the count goes on",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05 'one'
            < 6145 0001 21 63 $N:3 ff 'one'
            notify 1 con 2.05 'two'
            < 4145 $M:2 21 63 $N:3 ff 'two'
            wait 3.1
            < 4145 $M 21 63 $N ff 'two'
            notify 1 con 2.05 'three'
            wait 6
            < 4145 $O:2 21 63 $P:3 ff 'three'
            > 6000 $M                                       # too late
            notify 1 con 2.05 'four'
            wait 85
            < 4145 $O:2 21 63 $P:3 ff 'four'
            < 4145 $O 21 63 $P ff 'four'
            ! gone 1 Timeout
            stat unknown_ids 1
            stat retransmissions 4
            stat notifications_superseded 2
            stat timeouts 1
            notify 1 con 2.05
            stat late_notifications 1
            wait 300",
        ),
        (
            "RFC 7641 section 3.6: a reset ends it, of a confirmable one and of any of the last others",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0001 21 63 $N:3
            notify 1 con 2.05
            < 4145 $M:2 21 63 $N:3
            notify 1 con 2.05                               # is forgotten
            > 7000 $M
            ! gone 1 Reset
            > 4101 0002 22 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0002 22 63 $N:3
            notify 2 non 2.05
            < 5145 $M:2 22 63 $N:3
            notify 2 non 2.05
            < 5145 $O:2 22 63 $N:3
            > 7000 $M
            ! gone 2 Reset
            > 7000 $O
            stat resets_in 2
            stat unknown_ids 1
            wait 300",
        ),
        (
            "RFC 7641 section 4.5.1: one confirmable message to a peer at a time, requests included; others go at once",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0001 21 63 $N:3
            > 4101 0002 22 60 51 'b'
            ! request GET /b 6:
            state 2.05
            < 6145 0002 22 63 $N:3
            notify 1 con 2.05 'a'
            < 4145 $M:2 21 63 $N:3 ff 'a'
            notify 2 con 2.05 'b'
            get 1 /x
            notify 2 con 2.05 'bb'
            > 4101 0003 23 60 51 'c'
            ! request GET /c 6:
            state 2.05
            < 6145 0003 23 63 $N:3
            notify 3 non 2.05 'c'
            < 5145 $Q:2 23 63 $N:3 ff 'c'
            > 6000 $M
            < 4801 $M:2 $T:8 b1 'x'
            ! sent 1
            > 6845 $M $T
            ! response 1 2.05
            < 4145 $M:2 22 63 $N:3 ff 'bb'
            > 6000 $M",
        ),
        (
            "two at a time",
            "
            limit nstart 2
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0001 21 63 $N:3
            > 4101 0002 22 60 51 'b'
            ! request GET /b 6:
            state 2.05
            < 6145 0002 22 63 $N:3
            notify 1 con 2.05 'a'
            < 4145 $M:2 21 63 $N:3 ff 'a'
            notify 1 con 2.05 'aa'
            notify 2 con 2.05 'b'
            < 4145 $O:2 22 63 $N:3 ff 'b'
            > 6000 $O
            > 6000 $M
            < 4145 $M:2 21 63 $N:3 ff 'aa'",
        ),
    ]);
}

#[test]
fn ends() {
    super::run_all(&[
        (
            "RFC 7641 section 4.1: Observe 1 with the same token",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0001 21 63 $N:3
            > 4101 0002 22 6101 51 'a'                      # another token: nothing to end
            ! request GET /a 6:01
            respond 2.05
            < 6145 0002 22
            notify 1 con 2.05
            < 4145 $M:2 21 63 $N:3
            > 4101 0003 21 6101 51 'a'
            ! gone 1 Deregistered
            ! request GET /a 6:01
            state 2.05 'end'
            < 6145 0003 21 ff 'end'
            wait 300                                        # what was on its way is not sent again
            stat retransmissions 0",
        ),
        (
            "RFC 7641 section 4.1: Observe 0 again with the same token replaces, another token is another observer",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0001 21 63 $N:3
            > 4101 0002 22 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0002 22 63 $N:3
            > 4101 0003 21 60 51 'a'
            ! gone 1 Replaced
            ! request GET /a 6:
            state 2.05
            < 6145 0003 21 63 $N:3
            notify 1 non 2.05
            notify 2 non 2.05
            < 5145 $M:2 22 63 $N:3
            notify 3 non 2.05
            < 5145 $M:2 21 63 $N:3
            stat late_notifications 1
            peer 2
            > 4101 0003 21 60 51 'a'                        # another peer
            ! request GET /a 6:
            state 2.05
            < 6145 0003 21 63 $N:3",
        ),
        (
            "two with one token before either is answered: the later answer holds",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            > 4101 0002 21 60 51 'a'
            ! request GET /a 6:
            state 1 2.05
            < 6145 0001 21 63 $N:3
            state 2 2.05
            ! gone 1 Replaced
            < 6145 0002 21 63 $N:3",
        ),
        (
            "RFC 7641 section 4.2: an error is the last word",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0001 21 63 $N:3
            notify 1 con 2.05
            < 4145 $M:2 21 63 $N:3
            notify 1 non 4.04 'gone'
            < 4184 $O:2 21 ff 'gone'
            ! gone 1 Ended
            > 6000 $O
            > 4101 0002 22 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0002 22 63 $N:3
            notify 2 non 4.04 6:09
            < 5184 $O:2 22
            ! gone 2 Ended
            wait 300
            stat retransmissions 0",
        ),
        (
            "the peer is forgotten, with what is on its way and what waits",
            "
            > 4101 0001 21 60 51 'a'
            ! request GET /a 6:
            state 2.05
            < 6145 0001 21 63 $N:3
            notify 1 con 2.05
            < 4145 $M:2 21 63 $N:3
            notify 1 con 2.05
            > 4101 0002 22 60 51 'b'
            ! request GET /b 6:
            closed
            ! gone 1 Closed
            ! abandoned
            state 2 2.05
            notify 1 con 2.05
            stat late_notifications 1
            stat late_answers 1
            wait 300",
        ),
    ]);
}

#[test]
fn no_message_id_is_used_twice() {
    use coap_exchange::*;
    use std::time::Duration;

    // RFC 7252 §4.4. More notifications at once than there are message ids: the last state waits, and is sent when it may be.
    let now = |seconds| Now::new(Mono::ZERO + Duration::from_secs(seconds), Utc::EPOCH);
    let mut exchanges = Exchanges::new(Config::new(1));
    let bytes = b"\x41\x01\x00\x07\x21\x60\x51a";
    exchanges.handle_input(now(1_000), Input::Datagram { peer: PeerId(1), bytes });
    let Output::Event(Event::Request { exchange, .. }) = exchanges.poll_output() else { panic!() };
    let response = Response::new(ResponseType::Content).with_observe();
    exchanges.handle_input(now(1_000), Input::Respond { exchange, response });
    for n in 0..10_000u32 {
        let response = Response::new(ResponseType::Content).with_payload(n.to_string());
        let reliability = Reliability::NonConfirmable;
        exchanges.handle_input(now(1_000), Input::Notify { exchange, response, reliability });
    }
    let mut sent = Vec::new();
    let due = loop {
        match exchanges.poll_output() {
            Output::Transmit { bytes, .. } => sent.push(bytes),
            Output::Timeout(at) => break at,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((sent.len(), exchanges.stats().notifications_superseded), (1 + 8_193, 10_000 - 8_193 - 1));
    assert!(due > now(1_000).mono && due < now(1_001).mono);
    exchanges.handle_input(now(1_001), Input::Timeout);
    let Output::Transmit { bytes, .. } = exchanges.poll_output() else { panic!() };
    assert!(bytes.ends_with(b"9999"), "the last state");
}
