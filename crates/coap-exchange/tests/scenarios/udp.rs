//! RFC 7252: messages over UDP, as bytes.

#[test]
fn requests_that_we_receive() {
    super::run_all(&[
        (
            "RFC 7252 appendix A figure 17: piggybacked; section 4.5: the same again",
            "
            > 4101 7d35 20 bb 'temperature'
            ! request GET /temperature
            respond 2.05 '22.3C'
            < 6145 7d35 20 ff '22.3C'
            > 4101 7d35 20 bb 'temperature'
            < 6145 7d35 20 ff '22.3C'
            wait 246
            > 4101 7d35 20 bb 'temperature'
            < 6145 7d35 20 ff '22.3C'
            wait 2                              # EXCHANGE_LIFETIME is over
            > 4101 7d35 20 bb 'temperature'
            ! request GET /temperature
            stat duplicates 2",
        ),
        (
            "RFC 7252 section 5.2.2: separate, confirmable",
            "
            > 4101 7d36 21 b1 'a'
            ! request GET /a
            wait 0.49
            wait 0.02
            < 6000 7d36
            > 4101 7d36 21 b1 'a'
            < 6000 7d36
            respond 2.05 'A'
            < 4145 $M:2 21 ff 'A'
            > 4101 7d36 21 b1 'a'               # a late duplicate of the request
            < 6000 7d36
            > 6000 $M
            wait 300
            stat separate 1
            stat retransmissions 0",
        ),
        (
            "RFC 7252 section 4.2: a separate response is sent again four times, then given up",
            "
            > 4101 7d37 21 b1 'a'
            ! request GET /a
            wait 1
            < 6000 7d37
            respond 2.05
            < 4145 $M:2 21
            wait 93
            < 4145 $M 21
            < 4145 $M 21
            < 4145 $M 21
            < 4145 $M 21
            stat retransmissions 4
            stat timeouts 1",
        ),
        (
            "RFC 7252 section 4.2: a reset ends a separate response",
            "
            > 4101 7d37 21 b1 'a'
            ! request GET /a
            wait 1
            < 6000 7d37
            respond 2.05
            < 4145 $M:2 21
            > 7000 $M
            wait 100
            stat resets_in 1
            stat retransmissions 0",
        ),
        (
            "RFC 7252 section 4.2: a duplicate shows that the peer is waiting, so it gets an acknowledgement at once",
            "
            > 4101 7d38 21 b1 'a'
            ! request GET /a
            > 4101 7d38 21 b1 'a'
            < 6000 7d38
            respond 4.04
            < 4184 $M:2 21
            > 6000 $M",
        ),
        (
            "RFC 7252 section 4.3: non-confirmable both ways; a duplicate is dropped for NON_LIFETIME",
            "
            > 5101 0001 21 b1 'a'
            ! request GET /a
            wait 5
            respond 2.05
            < 5145 $M:2 21
            > 5101 0001 21 b1 'a'
            wait 141
            > 5101 0001 21 b1 'a'
            ! request GET /a",
        ),
        (
            "a device that restarted begins with the same message ids: other bytes are another request",
            "
            > 4101 0001 21 b1 'a'
            ! request GET /a
            respond 2.05
            < 6145 0001 21
            > 4101 0001 22 b1 'a'
            ! request GET /a
            respond 2.05
            < 6145 0001 22
            > 4101 0002 23 b1 'a'
            ! request GET /a
            > 4101 0002 24 b1 'a'               # before the answer: it would not be understood any more
            ! abandoned
            ! request GET /a
            respond 2.05
            < 6145 0002 24",
        ),
        (
            "nobody answers: given up after EXCHANGE_LIFETIME, a late answer is counted",
            "
            > 4101 7d39 21 b1 'a'
            ! request GET /a
            wait 1
            < 6000 7d39
            wait 247
            ! abandoned
            respond 2.05
            stat unanswered 1
            stat late_answers 1",
        ),
        (
            "RFC 7252 section 4.3, CoAP ping",
            "
            > 4000 7d3a
            < 7000 7d3a",
        ),
        (
            "RFC 7252 section 4.2 and 4.3: malformed messages",
            "
            > 41017d34                          # token missing
            < 7000 7d34
            > 5101 7d34                         # the same, non-confirmable
            > 6145 7d34                         # the same, acknowledgement
            > 4001 7d34 ff                      # marker without payload
            < 7000 7d34
            > 4100 7d34 20                      # Empty with a token
            < 7000 7d34
            > 8001 7d34                         # version 2: ignored whatever its type
            > 4001 7d                           # no whole header
            > 'not' 20 'CoAP'
            stat malformed 8",
        ),
        (
            "RFC 7252 section 4.2, table 1: types that do not fit the code",
            "
            > 7001 0001 b1 'a'                  # reset with a method
            > 6001 0001 b1 'a'                  # acknowledgement with a method
            > 5000 0001                         # non-confirmable Empty
            > 4020 0001                         # reserved class 1
            < 7000 0001
            > 5020 0001
            > 40e1 0001                         # class 7 has no meaning here
            < 7000 0001
            stat unexpected 6",
        ),
        (
            "RFC 7252 section 5.4.1: unknown critical option",
            "
            > 4101 0001 21 91                   # option 9, length 1, cut
            < 7000 0001
            > 4101 0002 21 9100                 # OSCORE is not known
            < 6182 0002 21 ff 'option' 20 '9' 20 'is' 20 'not' 20 'known,' 20 'too' 20 'long,' 20 'or' 20 'repeated'
            > 5101 0003 21 9100
            stat bad_options 2",
        ),
        (
            "RFC 9177 section 4.1: Q-Block1 is not supported",
            "
            > 4002 0004 d10608
            < 6082 0004 ..",
        ),
        (
            "RFC 7252 section 5.8: unknown method 0.08, also 0.31",
            "
            > 4108 0001 21 b1 'a'
            < 6185 0001 21
            > 511f 0002 21
            < 5185 $M:2 21
            stat unknown_methods 2",
        ),
        (
            "RFC 8974 section 3.1: a token longer than we take",
            "
            > 4d01 0001 34 {65*07}
            < 6d80 0001 34 {65*07} ff ..
            > 4d01 0002 33 {64*07}
            ! request GET 
            respond 2.05
            < 6d45 0002 33 {64*07}
            stat tokens_too_long 1",
        ),
    ]);
}

#[test]
fn requests_that_we_send() {
    super::run_all(&[
        (
            "RFC 7252 section 5.2.1: piggybacked",
            "
            get 1 /3/0
            < 4801 $M:2 $T:8 b1 '3' 01 '0'
            ! sent 1
            > 6845 $M $T ff 'ok'
            ! response 1 2.05 'ok'
            > 6845 $M $T ff 'ok'                # once more: nobody waits for it
            stat unknown_ids 1
            wait 250",
        ),
        (
            "design.md: the token begins with four zero bits and the slot",
            "
            get 1 /
            < 4801 $M:2 0abc $T:6
            ! sent 1
            > 6845 $M 0abc $T
            ! response 1 2.05",
        ),
        (
            "RFC 7252 section 5.2.2: separate; its duplicate is acknowledged, not delivered",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6000 $M
            wait 30
            > 4845 0aaa $T ff 'ok'
            ! response 1 2.05 'ok'
            < 6000 0aaa
            > 4845 0aaa $T ff 'ok'
            < 6000 0aaa
            stat duplicates 1
            stat retransmissions 0",
        ),
        (
            "RFC 7252 section 5.2.2: the separate response overtakes the acknowledgement",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 4845 0aaa $T ff 'ok'
            ! response 1 2.05 'ok'
            < 6000 0aaa
            > 6000 $M
            wait 100
            stat retransmissions 0",
        ),
        (
            "RFC 7252 section 5.2.3: a non-confirmable answer to a confirmable request",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 5845 0aab $T ff 'ok'
            ! response 1 2.05 'ok'",
        ),
        (
            "RFC 7252 section 4.2: reset",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 7000 $M
            ! failed 1 Reset
            wait 100
            stat resets_in 1",
        ),
        (
            "RFC 7252 section 4.3: reset of a non-confirmable request",
            "
            get 1 /a non
            < 5801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 7000 $M
            ! failed 1 Reset",
        ),
        (
            "acknowledged and never answered",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6000 $M
            wait 246
            wait 2
            ! failed 1 Timeout
            > 4845 0aac $T                      # too late
            < 7000 0aac
            stat timeouts 1",
        ),
        (
            "RFC 7252 section 5.3.2: message id and token must both fit",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6845 $M 0102030405060708 ff 'no'
            > 6845 0000 $T ff 'no'
            > 6845 $M $T ff 'ok'
            ! response 1 2.05 'ok'
            stat unknown_tokens 1
            stat unknown_ids 1",
        ),
        (
            "RFC 7252 section 4.2 and 4.3: responses that nobody asked for are reset",
            "
            > 4445 0001 01020304
            < 7000 0001
            > 4445 0001 01020304
            < 7000 0001
            > 5845 0002 0102030405060708
            < 7000 0002
            stat unknown_tokens 2
            stat duplicates 1",
        ),
        (
            "RFC 7252 section 5.4.1: unknown critical option in a response",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 4845 0001 $T 9100
            ! failed 1 Malformed
            < 7000 0001",
        ),
        (
            "RFC 7252 section 4.7: NSTART 1; an acknowledgement lets the next one go",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            get 2 /b
            get 3 /c
            > 6000 $M
            < 4801 $N:2 $U:8 b1 'b'
            ! sent 2
            > 6845 $N $U
            ! response 2 2.05
            < 4801 $O:2 $V:8 b1 'c'
            ! sent 3
            > 4845 0001 $T                      # the first one is answered after the second
            ! response 1 2.05
            < 6000 0001
            > 6884 $O $V
            ! response 3 4.04
            stat requests_queued 2",
        ),
        (
            "RFC 7252 section 4.7: a non-confirmable request holds others up at one byte a second",
            "
            get 1 /a non
            < 5801 $M:2 $T:8 b1 'a'             # 14 bytes
            ! sent 1
            get 2 /b non
            wait 13.9
            wait 0.2
            < 5801 $N:2 $U:8 b1 'b'
            ! sent 2
            > 5845 0001 $T
            ! response 1 2.05
            > 5845 0002 $U
            ! response 2 2.05",
        ),
        (
            "cancelled: in the queue, and on the way",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            get 2 /b
            get 3 /c
            cancel 2
            ! failed 2 Cancelled
            cancel 1
            ! failed 1 Cancelled
            < 4801 $N:2 $U:8 b1 'c'
            ! sent 3
            > 6845 $M $T                        # the answer to what was given up
            > 6845 $N $U
            ! response 3 2.05
            cancel 3
            wait 100",
        ),
        (
            "an id that is in use",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            get 1 /b
            ! failed 1 DuplicateId
            > 6845 $M $T
            ! response 1 2.05",
        ),
        (
            "the peer is forgotten: every owner is told",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            get 2 /b
            > 4101 0001 21 b1 'x'
            ! request GET /x
            closed
            ! abandoned
            ! failed 1 Closed
            ! failed 2 Closed
            wait 300",
        ),
        (
            "RFC 7252 section 4.3: our ping, answered and not",
            "
            ping
            < 4000 $M:2
            wait 0.25
            > 7000 $M
            ! pong 250ms
            ping
            < 4000 $M:2
            ping                                # one at a time
            wait 94
            < 4000 $M
            < 4000 $M
            < 4000 $M
            < 4000 $M
            ! no pong",
        ),
    ]);
}
