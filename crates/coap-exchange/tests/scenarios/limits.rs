//! Every limit, just within and just over.

use coap_exchange::Limits;

const SCENARIOS: &[(&str, &str)] = &[
    (
        "remembered_ids",
        "
        limit remembered_ids 2
        > 4001 0001 b1 'a'
        ! request GET /a
        > 4001 0002 b1 'a'
        ! request GET /a
        > 4001 0001 b1 'a'
        < 6000 0001
        stat remembered_ids_forgotten 0
        > 4001 0003 b1 'a'
        ! request GET /a
        stat remembered_ids_forgotten 1
        > 4001 0001 b1 'a'
        ! request GET /a",
    ),
    (
        "remembered_bytes",
        "
        limit remembered_bytes 1500
        > 4001 0001 b1 'a'
        ! request GET /a
        respond 2.05 {1000*61}
        < 6045 0001 ff {1000*61}
        > 4001 0001 b1 'a'
        < 6045 0001 ff {1000*61}
        > 4001 0002 b1 'a'
        ! request GET /a
        respond 2.05 {1000*61}
        < 6045 0002 ff {1000*61}
        stat remembered_bytes_forgotten 1
        > 4001 0001 b1 'a'
        ! request GET /a",
    ),
    (
        "open_per_peer",
        "
        limit open_per_peer 1
        > 4001 0001 b1 'a'
        ! request GET /a
        > 4001 0002 b1 'a'
        < 60a3 0002 d10102 ff ..
        stat open_per_peer_refused 1
        respond 2.05
        < 6045 0001
        > 4001 0003 b1 'a'
        ! request GET /a",
    ),
    (
        "open",
        "
        limit open 1
        open acceptor
        < 00e1 ..
        > 00e1
        ! ready
        > 0101 01 b1 'a'
        ! request GET /a
        > 0101 02 b1 'a'
        < 01a3 02 d10102 ff ..
        stat open_refused 1
        respond 2.05
        < 0145 01",
    ),
    (
        "nstart",
        "
        limit nstart 2
        get 1 /a
        < 4801 $M:2 $T:8 ..
        ! sent 1
        get 2 /a
        < 4801 $N:2 $U:8 ..
        ! sent 2
        get 3 /a
        stat requests_queued 1
        > 7000 $M
        ! failed 1 Reset
        < 4801 ..
        ! sent 3",
    ),
    (
        "in_flight",
        "
        limit in_flight 1
        open connector
        < 00e1 ..
        get 1 /a
        < 0801 $T:8 ..
        ! sent 1
        get 2 /a
        stat requests_queued 1
        > 00e1
        ! ready
        > 0845 $T
        ! response 1 2.05
        < 0801 ..
        ! sent 2",
    ),
    (
        "requests_waiting",
        "
        limit requests_waiting 1
        get 1 /a
        < 4801 $M:2 $T:8 ..
        ! sent 1
        get 2 /a
        get 3 /a
        ! failed 3 QueueFull
        stat requests_waiting_refused 1
        > 7000 $M
        ! failed 1 Reset
        < 4801 ..
        ! sent 2",
    ),
    (
        "body",
        "
        limit body 10
        > 4002 0001 b1 'a' ff {10*61}
        ! request POST /a 'aaaaaaaaaa'
        > 4002 0002 b1 'a' ff {11*61}
        < 608d 0002 d12f0a
        stat body_refused 1",
    ),
    (
        "bodies",
        "
        limit bodies 310                        # 136 for each besides its bytes
        > 4003 0001 b1 'a' d10309 ff {32*61}
        < 605f 0001 d10e09
        > 4003 0002 b1 'b' d10308 ff {16*61}
        < 60a3 0002 d10102 ff ..
        stat bodies_refused 1
        get 1 /a
        < 4801 $M:2 $T:8 ..
        ! sent 1
        > 6845 $M $T d10a0b ff {128*61}
        < 4801 $M:2 $T:8 ..
        > 6845 $M $T d10a1b ff {128*61}
        ! failed 1 Overloaded
        > 4003 0003 b1 'a' d10311 ff {8*61}
        ! request PUT /a 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
        > 4003 0004 b1 'b' d10308 ff {16*61}
        < 605f 0004 d10e08
        stat bodies_refused 2",
    ),
    (
        "bodies",
        "
        limit bodies 700                        # 256 and 32 for each option besides its bytes
        block 16
        > 4101 0001 21 b1 'a'
        ! request GET /a
        respond 2.05 {64*61}
        < 6145 0001 21 48 $E:8 d10608 5140 ff {16*61}
        > 4101 0002 22 b1 'a' c110
        < 6145 0002 22 48 $E d10618 ff {16*61}
        > 4101 0003 23 b1 'b'
        ! request GET /b
        respond 2.05 {400*61}                   # the older one goes for it
        < 6145 0003 23 48 $E:8 d10608 520190 ff {16*61}
        stat kept_forgotten 1
        > 4101 0004 24 b1 'a' c110
        ! request GET /a
        > 4101 0005 25 b1 'c'
        ! request GET /c
        respond 2.05 {600*61}                   # never fits: is sent, but not kept
        < 6145 0005 25 48 $E:8 d10608 520258 ff {16*61}
        stat kept_forgotten 3
        > 4101 0006 26 b1 'c' c110
        ! request GET /c
        observe 1 /x
        < 4801 $M:2 $T:8 60 51 'x'
        ! sent 1
        > 6845 $M $T 6105
        ! response 1 2.05 6:05
        > 4845 0007 $T 6106 d1040e ff {1024*61}
        < 6000 0007
        stat bodies_refused 1
        stat notifications_incomplete 1",
    ),
    (
        "assemblies",
        "
        limit assemblies 1
        > 4003 0001 b1 'a' d10308 ff {16*61}
        < 605f 0001 d10e08
        > 4003 0002 b1 'b' d10308 ff {16*61}
        < 60a3 0002 d10102 ff ..
        stat assemblies_refused 1
        > 4003 0003 b1 'a' d10308 ff {16*62}
        < 605f 0003 d10e08",
    ),
    (
        "datagram",
        "
        limit datagram 60
        > 4001 0001 b1 'a'
        ! request GET /a
        respond 2.05 {55*61}
        < 6045 0001 ff {55*61}
        > 4001 0002 b1 'a'
        ! request GET /a
        respond 2.05 {56*61}                    # a block of 32 with ETag, Block2 and Size2
        < 6045 0002 48 $E:8 d10609 5138 ff {32*61}
        stat messages_too_large 0
        > 7001 0003 {40*07} b1 'a'
        put 1 /a 43
        < 4803 $M:2 $T:8 b1 'a' ff {43*78}
        ! sent 1
        cancel 1
        ! failed 1 Cancelled
        put 2 /a 46
        < 4803 $M:2 $T:8 b1 'a' d10309 d1142e ff {32*78}
        ! sent 2
        cancel 2
        ! failed 2 Cancelled
        put 3 /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 20
        ! failed 3 TooLarge
        stat messages_too_large 1",
    ),
    (
        "kept",
        "
        limit kept 1
        block 16
        > 4101 0001 21 b1 'a'
        ! request GET /a
        respond 2.05 {16*61}{1*62}
        < 6145 0001 21 48 $E:8 d10608 5111 ff {16*61}
        > 4101 0002 22 b1 'a' c110
        < 6145 0002 22 48 $E d10610 ff 'b'
        stat kept_forgotten 0
        > 4101 0003 23 b1 'b'
        ! request GET /b
        respond 2.05 {16*61}{1*62}
        < 6145 0003 23 48 $E:8 d10608 5111 ff {16*61}
        stat kept_forgotten 1
        > 4101 0004 24 b1 'a' c110
        ! request GET /a",
    ),
    (
        "observations_per_peer",
        "
        limit observations_per_peer 2
        observe 1 /a
        < 4801 $M:2 $T:8 60 51 'a'
        ! sent 1
        > 6845 $M $T 6101
        ! response 1 2.05 6:01
        observe 2 /b
        < 4801 $M:2 $U:8 60 51 'b'
        ! sent 2
        observe 3 /c
        ! failed 3 TooManyObservations
        stat observations_per_peer_refused 1
        get 4 /c
        > 6845 $M $U
        ! response 2 2.05
        < 4801 ..
        ! sent 4
        cancel 4
        ! failed 4 Cancelled
        observe 5 /c
        < 4801 $M:2 $U:8 60 51 'c'
        ! sent 5
        > 6845 $M $U 6101
        ! response 5 2.05 6:01
        peer 2
        observe 6 /a
        < 4801 $M:2 $U:8 60 51 'a'
        ! sent 6
        > 6845 $M $U 6101
        ! response 6 2.05 6:01
        moved 1 2                               # to one that has one already
        ! ended 5 TooManyObservations
        stat observations_per_peer_refused 2
        > 5845 0001 $T 6102
        ! notification 1 2.05 6:02",
    ),
    (
        "observers_per_peer",
        "
        limit observers_per_peer 1
        > 4101 0001 21 60 51 'a'
        ! request GET /a 6:
        state 2.05
        < 6145 0001 21 63 $N:3
        > 4101 0002 22 60 51 'b'
        ! request GET /b 6:
        state 2.05
        ! gone 2 Refused
        < 6145 0002 22
        stat observers_per_peer_refused 1
        notify 2 non 2.05
        stat late_notifications 1
        peer 2
        > 4101 0001 21 60 51 'a'
        ! request GET /a 6:
        state 2.05
        < 6145 0001 21 63 ..",
    ),
    (
        "observers",
        "
        limit observers 1
        > 4101 0001 21 60 51 'a'
        ! request GET /a 6:
        state 2.05
        < 6145 0001 21 63 $N:3
        peer 2
        > 4101 0002 22 60 51 'b'
        ! request GET /b 6:
        state 2.05
        ! gone 2 Refused
        < 6145 0002 22
        stat observers_refused 1
        peer 1
        closed
        ! gone 1 Closed
        peer 2
        > 4101 0003 22 60 51 'b'
        ! request GET /b 6:
        state 2.05
        < 6145 0003 22 63 ..",
    ),
    (
        "frame",
        "
        limit frame 64
        open acceptor
        < 00e1 2140 20 2140
        > 00e1
        ! ready
        > 0002 b1 'a' ff {59*61}
        ! request POST /a {59*61}
        > 0102 01 ff {61*61}
        < 00e5 ff ..
        ! close 1009
        ! abandoned
        stat frames_too_long 1",
    ),
    (
        "token",
        "
        limit token 8
        > 4801 0001 {8*07}
        ! request GET
        > 4901 0002 {9*07}
        < 6980 0002 {9*07} ff ..                # RFC 8974 section 2.1: 9 to 12 are lengths too
        stat tokens_too_long 1",
    ),
    (
        "options",
        "
        limit options 2
        > 4001 0001 b1 'a' 01 'b'
        ! request GET /a/b
        > 4001 0002 b1 'a' 01 'b' 01 'c'
        < 7000 0002
        stat malformed 1",
    ),
    (
        "custody",
        "
        limit custody 1
        open acceptor
        < 00e1 ..
        > 00e1
        ! ready
        > 0001 b1 'a'
        ! request GET /a
        > 01e2 01 20
        > 01e2 02 20
        < 01e3 02
        stat custody_refused 1
        respond 2.05
        < 0045
        < 01e3 01 20",
    ),
];

#[test]
fn every_limit_holds() {
    super::run_all(SCENARIOS);
    for row in Limits::rows() {
        assert!(SCENARIOS.iter().any(|scenario| scenario.0 == row.name), "{} has no scenario", row.name);
    }
}
