//! RFC 8323: CoAP over WebSocket, as bytes.
//!
//! `00e1 23100000 20 2140` is our CSM: Max-Message-Size 1 MiB, Block-Wise-Transfer, Extended-Token-Length 64.

#[test]
fn settings() {
    super::run_all(&[
        (
            "RFC 8323 section 5.3: both send a CSM first; the acceptor's requests wait for the peer's",
            "
            open acceptor
            < 00e1 23100000 20 2140
            get 1 /3/0
            > 00e1
            ! ready
            < 0801 $T:8 b1 '3' 01 '0'
            ! sent 1
            > 0845 $T ff 'ok'
            ! response 1 2.05 'ok'",
        ),
        (
            "RFC 8323 section 5.3: the connector need not wait",
            "
            open connector
            < 00e1 23100000 20 2140
            get 1 /a
            < 0801 $T:8 b1 'a'
            ! sent 1
            > 00e1 23100000
            ! ready
            > 0845 $T
            ! response 1 2.05",
        ),
        (
            "a CSM with a token and the largest Max-Message-Size (Anjay sends that)",
            "
            open acceptor
            < 00e1 ..
            > 08e1 0102030405060708 24ffffffff
            ! ready
            > 00e1 24ffffffff                   # again: no second `ready`",
        ),
        (
            "RFC 8323 section 5.3.1: base value 1152; later CSMs replace it, an empty one keeps it",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0001 b1 'a'
            ! request GET /a
            respond 2.05 {1149*61}
            < 0045 ff {1149*61}
            > 0001 b1 'a'
            ! request GET /a
            respond 2.05 {1150*61}
            < 0045 48 $E:8 d1060e 52047e ff {1024*61}
            > 00e1 2140
            > 0001 b1 'a'
            ! request GET /a
            respond 2.05 {61*61}
            < 0045 ff {61*61}
            > 00e1
            > 0001 b1 'a'
            ! request GET /a
            respond 2.05 {62*61}
            < 0045 48 $E:8 d10609 513e ff {32*61}
            > 00e1 2110                         # 16: not even the diagnostic fits
            > 0101 21 b1 'a'
            ! request GET /a
            respond 2.05 {62*61}
            < 01a0 21
            put 1 /a 10
            ! failed 1 TooLarge
            > 00e1 2113
            put 1 /a 6
            < 0803 $T:8 b1 'a' ff 'xxxxxx'
            ! sent 1
            stat messages_too_large 2",
        ),
        (
            "RFC 8323 section 5.3: an unknown critical option; an elective one before it",
            "
            open acceptor
            < 00e1 ..
            > 00e1 80 10                        # 8, then 9
            < 00e5 2109 ff ..
            ! close 1002
            stat bad_options 1
            stat aborts_out 1
            > 00e1                              # ignored: it is closed
            stat ignored 1
            get 1 /a                            # and not taken for a UDP peer
            ! failed 1 Closed
            ping
            ! no pong
            closed
            wait 20",
        ),
        (
            "RFC 8323 section 3.3 and 5.3: a request, or a response, before the CSM",
            "
            open acceptor
            < 00e1 ..
            > 0001 b1 'a'
            < 00e5 ff 'the' 20 'first' 20 'message' 20 'must' 20 'be' 20 'a' 20 'CSM'
            ! close 1002
            open connector
            < 00e1 ..
            > 0045
            < 00e5 ff ..
            ! close 1002",
        ),
        (
            "no CSM in 10 s",
            "
            open acceptor
            < 00e1 ..
            get 1 /a
            wait 9.9
            wait 0.2
            < 00e5 ff ..
            ! close 1002
            ! failed 1 Closed
            stat csm_missing 1",
        ),
    ]);
}

#[test]
fn requests() {
    super::run_all(&[
        (
            "RFC 8323 section 4.3: both ways on one connection, answers in any order, no message ids",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0101 21 b1 'a'
            ! request GET /a
            > 0101 22 b1 'b'
            ! request GET /b
            get 1 /c
            < 0801 $T:8 b1 'c'
            ! sent 1
            get 2 /d
            < 0801 $U:8 b1 'd'
            ! sent 2
            respond 2 2.05 'B'
            < 0145 22 ff 'B'
            > 0845 $U
            ! response 2 2.05
            respond 1 2.05 'A'
            < 0145 21 ff 'A'
            > 0884 $T
            ! response 1 4.04
            > 0101 21 b1 'a'                    # a token may be used again once it is answered
            ! request GET /a",
        ),
        (
            "RFC 8323 section 4.2: an empty token is a token",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0001 b1 'a'
            ! request GET /a
            > 0001 b1 'b'
            < 00e5 ff ..
            ! close 1002
            ! abandoned
            stat duplicate_tokens 1",
        ),
        (
            "RFC 8974 section 2.2: tokens as long as announced, and longer",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0d01 33 {64*07} b1 'a'
            ! request GET /a
            respond 2.05
            < 0d45 33 {64*07}
            > 0d01 34 {65*07} b1 'a'
            < 00e5 ff ..
            ! close 1002
            stat tokens_too_long 1",
        ),
        (
            "RFC 7252 section 5.4.1 and 5.8: unknown critical option, unknown method",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0101 21 9100
            < 0182 21 ff ..
            > 011f 21
            < 0185 21",
        ),
        (
            "an unknown token is dropped; Empty and reserved classes are ignored",
            "
            open acceptor
            < 00e1 ..
            > 0000                              # also before the CSM
            > 00e1
            ! ready
            > 0845 0102030405060708
            > 0000
            > 0020
            > 0060
            > 00c0
            stat unknown_tokens 1
            stat ignored 5",
        ),
        (
            "no answer: our own limit",
            "
            open connector
            < 00e1 ..
            > 00e1
            ! ready
            get 1 /a
            < 0801 $T:8 b1 'a'
            ! sent 1
            wait 29
            > 0000
            wait 29
            > 0000
            wait 29
            > 0000
            wait 29
            > 0000
            wait 29
            > 0000
            wait 29
            > 0000
            wait 29
            > 0000
            wait 29
            > 0000
            wait 16
            ! failed 1 Timeout",
        ),
        (
            "closed: all state of the connection vanishes, owners are told",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0101 21 b1 'a'
            ! request GET /a
            > 0103 22 b1 'a' d10308 ff {16*61}
            < 015f 22 d10e08
            get 1 /b
            < 0801 $T:8 b1 'b'
            ! sent 1
            closed
            ! abandoned
            ! failed 1 Closed
            respond 2.05
            stat late_answers 1
            wait 300",
        ),
    ]);
}

#[test]
fn frames_that_break_the_rules() {
    super::run_all(&[
        (
            "RFC 8323 section 4.2: Len is not 0",
            "
            open acceptor
            < 00e1 ..
            > 10e1 20
            < 00e5 ff ..
            ! close 1002
            stat malformed 1",
        ),
        (
            "nothing",
            "
            open acceptor
            < 00e1 ..
            > 
            < 00e5 ff ..
            ! close 1002",
        ),
        (
            "one byte",
            "
            open acceptor
            < 00e1 ..
            > 00
            < 00e5 ff ..
            ! close 1002",
        ),
        (
            "marker without payload",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0001 ff
            < 00e5 ff ..
            ! close 1002",
        ),
        (
            "token length 15",
            "
            open acceptor
            < 00e1 ..
            > 0fe1
            < 00e5 ff ..
            ! close 1002",
        ),
        (
            "text",
            "
            open acceptor
            < 00e1 ..
            > text
            ! close 1003
            stat text_frames 1",
        ),
        (
            "longer than our Max-Message-Size",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0002 ff {1048574*61}
            < 00e5 ff ..
            ! close 1009
            stat frames_too_long 1",
        ),
        (
            "a critical option in a Ping",
            "
            open acceptor
            < 00e1 ..
            > 00e2 10
            < 00e5 ff ..
            ! close 1002",
        ),
        (
            "an unknown signalling code, 7.06",
            "
            open acceptor
            < 00e1 ..
            > 00e6
            < 00e5 ff ..
            ! close 1002
            stat unexpected 1",
        ),
    ]);
}

#[test]
fn ping_release_abort() {
    super::run_all(&[
        (
            "RFC 8323 section 5.4: a Pong has the token of its Ping; elective options are ignored",
            "
            open acceptor
            < 00e1 ..
            > 02e2 0102
            < 02e3 0102
            > 00e1
            ! ready
            > 00e2 40
            < 00e3",
        ),
        (
            "RFC 8323 section 5.4.1: Custody waits for earlier requests, not for later ones",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 01e2 09 20                        # nothing in flight
            < 01e3 09 20
            > 0101 21 b1 'a'
            ! request GET /a
            > 01e2 0a 20
            > 0101 22 b1 'b'
            ! request GET /b
            respond 1 2.05
            < 0145 21
            < 01e3 0a 20
            > 01e2 0b 20
            wait 10
            < 01e3 0b                           # too long: without the promise
            respond 2 2.05
            < 0145 22",
        ),
        (
            "our ping, with the right token, and with none (libcoap)",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            ping
            < 08e2 $T:8
            ping
            wait 0.5
            > 08e3 0102030405060708             # another token
            > 08e3 $T
            ! pong 500ms
            ping
            < 08e2 $T:8
            > 00e3
            ! pong 0ns
            ping
            < 08e2 $T:8
            wait 10
            ! no pong",
        ),
        (
            "RFC 8323 section 5.5: Release is received: what is in flight is finished, then closed",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0101 21 b1 'a'
            ! request GET /a
            get 1 /b
            < 0801 $T:8 b1 'b'
            ! sent 1
            > 00e4
            get 2 /c
            ! failed 2 Closed
            > 0101 22 b1 'd'
            < 01a3 22 ff ..
            respond 2.05
            < 0145 21
            > 0845 $T
            ! response 1 2.05
            ! close 1000",
        ),
        (
            "Release with nothing in flight; Alternative-Address and Hold-Off are elective",
            "
            open connector
            < 00e1 ..
            > 00e1
            ! ready
            > 00e4 23 'a:1' 2105
            ! close 1000",
        ),
        (
            "Release and no end: our own limit",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0101 21 b1 'a'
            ! request GET /a
            > 00e4
            wait 9.9
            wait 0.2
            ! close 1000
            ! abandoned",
        ),
        (
            "our Release",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0101 21 b1 'a'
            ! request GET /a
            release
            < 00e4
            release
            respond 2.05
            < 0145 21
            ! close 1000",
        ),
        (
            "RFC 8323 section 5.6: Abort is received",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0101 21 b1 'a'
            ! request GET /a
            get 1 /b
            < 0801 $T:8 b1 'b'
            ! sent 1
            > 00e5 ff 'why'
            ! close 1000
            ! abandoned
            ! failed 1 Closed
            stat aborts_in 1",
        ),
        (
            "RFC 8323 section 5.4: keep-alive; any message is a sign of life",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            wait 29.9
            wait 0.2
            < 08e2 $T:8
            > 08e3 $T
            wait 29.9
            wait 0.2
            < 08e2 $T:8
            > 0000
            wait 30.1
            < 08e2 $T:8
            wait 30
            < 08e2 $T:8
            wait 30
            < 08e2 $T:8
            wait 30
            ! close 1001
            stat silent_closed 1
            wait 300",
        ),
    ]);
}
