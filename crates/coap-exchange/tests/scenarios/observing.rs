//! RFC 7641, the side that asks to be told: as bytes.
//!
//! In HEX, `60 51 'a'` is Observe 0 and the path /a, `6101 51 'a'` is Observe 1, and `61nn` the number of a notification.

#[test]
fn notifications() {
    super::run_all(&[
        (
            "RFC 7641 section 1.2 figure 2: registration, notifications, both kinds",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6109 ff 'one'
            ! response 1 2.05 6:09 'one'
            > 5845 0001 $T 6110 ff 'two'
            ! notification 1 2.05 6:10 'two'
            > 4845 0002 $T 611a ff 'three'
            ! notification 1 2.05 6:1a 'three'
            < 6000 0002
            wait 100000
            > 4845 0003 $T 611b
            ! notification 1 2.05 6:1b
            < 6000 0003
            stat observations_begun 1
            stat notifications_in 3
            stat responses_in 1",
        ),
        (
            "RFC 7641 section 3.1: the answer has no Observe: no observation, and the id is free",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T ff 'one'
            ! response 1 2.05 'one'
            > 4845 0001 $T 6105
            < 7000 0001
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6884 $M $T 6105                               # an error never begins one
            ! response 1 4.04
            stop 1 deregister
            stat observations_begun 0",
        ),
        (
            "an answer with Observe that nobody asked for begins nothing",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6845 $M $T 6105 ff 'one'
            ! response 1 2.05 'one'
            > 4845 0001 $T 6106
            < 7000 0001",
        ),
        (
            "RFC 7641 section 3.4: late ones are acknowledged and dropped; numbers wrap; after 128 s every one is newer",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            > 4845 0001 $T 6107
            ! notification 1 2.05 6:07
            < 6000 0001
            > 4845 0002 $T 6106
            < 6000 0002
            > 4845 0003 $T 6107
            < 6000 0003
            > 5845 0004 $T 63800006                         # 7 + 2^23 - 1
            ! notification 1 2.05 6:800006
            > 5845 0005 $T 60
            ! notification 1 2.05 6:
            stat notifications_stale 2
            wait 128
            > 5845 0006 $T 60
            stat notifications_stale 3
            wait 0.001
            > 5845 0007 $T 60
            ! notification 1 2.05 6:",
        ),
        (
            "RFC 7252 section 4.5: the same message twice is told once and acknowledged twice",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            > 4845 0001 $T 6106 ff 'x'
            ! notification 1 2.05 6:06 'x'
            < 6000 0001
            > 4845 0001 $T 6106 ff 'x'
            < 6000 0001
            stat duplicates 1
            stat notifications_stale 0",
        ),
        (
            "a notification overtakes the answer: it is the answer",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 4845 0001 $T 6106 ff 'new'
            ! response 1 2.05 6:06 'new'
            < 6000 0001
            > 6845 $M $T 6105 ff 'old'
            stat unknown_ids 1
            > 4845 0002 $T 6107
            ! notification 1 2.05 6:07
            < 6000 0002",
        ),
        (
            "another peer cannot notify",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            peer 2
            > 4845 0001 $T 6106
            < 7000 0001
            stat unknown_tokens 1",
        ),
        (
            "RFC 8323 appendix A.2: over WebSocket the order of arrival holds, whatever the numbers",
            "
            open connector
            < 00e1 ..
            > 00e1
            ! ready
            observe 1 /a
            < 0801 $T:8 60 51 'a'
            ! sent 1
            > 0845 $T 6105
            ! response 1 2.05 6:05
            > 0845 $T 6103 ff 'x'
            ! notification 1 2.05 6:03 'x'
            > 0845 $T 60 ff 'y'
            ! notification 1 2.05 6: 'y'",
        ),
        (
            "RFC 8132 section 2.4: FETCH is observed with its body",
            "
            fetch 1 /a 3 observe=0
            < 4805 $M:2 $T:8 60 51 'a' ff 'xxx'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            > 5845 0001 $T 6106
            ! notification 1 2.05 6:06
            stop 1 deregister
            < 4805 $M:2 $T 6101 51 'a' ff 'xxx'
            > 6845 $M $T ff 'end'
            ! ended 1 2.05 'end'
            put 2 /a 1 observe=0                            # not with other methods
            < 4803 $M:2 $T:8 60 51 'a' ff 'x'
            ! sent 2
            > 6844 $M $T 6105
            ! response 2 2.04",
        ),
    ]);
}

#[test]
fn bodies_of_notifications() {
    super::run_all(&[
        (
            "RFC 7959 section 3.4: the others by plain requests with another token, while others wait",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            > 4845 0001 $T 6106 d10408 ff {16*61}
            < 4801 $N:2 $U:8 b1 'a' c110
            < 6000 0001
            get 2 /b
            > 6845 $N $U d10a18 ff {16*62}
            < 4801 $N:2 $U:8 b1 'a' c120
            > 6845 $N $U d10a20 ff 'c'
            ! notification 1 2.05 6:06 'aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbc'
            < 4801 $N:2 $U:8 b1 'b'
            ! sent 2
            > 6845 $N $U
            ! response 2 2.05
            > 5845 0002 $T 6107                             # the first token is still that of the observation
            ! notification 1 2.05 6:07
            closed
            ! ended 1 Closed",
        ),
        (
            "a newer notification takes the place of one that is being read",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            > 5845 0001 $T 6106 d10408 ff {16*61}
            < 4801 $N:2 $U:8 b1 'a' c110
            > 5845 0002 $T 6107 d10408 ff {16*62}
            < 4801 $O:2 $V:8 b1 'a' c110
            > 6845 $N $U d10a10 ff 'old'
            > 6845 $O $V d10a10 ff 'new'
            ! notification 1 2.05 6:07 'bbbbbbbbbbbbbbbbnew'
            > 5845 0003 $T 6108 d10408 ff {16*61}
            < 4801 $N:2 $U:8 b1 'a' c110
            > 5845 0004 $T 6109 ff 'whole'
            ! notification 1 2.05 6:09 'whole'
            > 6845 $N $U d10a10 ff 'old'
            stat unknown_ids 2",
        ),
        (
            "the first answer in blocks, and a newer notification meanwhile",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105 d10408 ff {16*61}
            < 4801 $N:2 $U:8 b1 'a' c110
            > 4845 0001 $T 6106 ff 'newer'
            ! response 1 2.05 6:06 'newer'
            < 6000 0001
            > 4845 0002 $T 6107
            ! notification 1 2.05 6:07
            < 6000 0002",
        ),
        (
            "the first answer changes on the way: it is read again without Observe",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 4101 2105 d10408 ff {16*61}
            < 4801 $N:2 $U:8 b1 'a' c110
            > 6845 $N $U 4102 d10610 ff 'x'
            < 4801 $N:2 $U:8 b1 'a'
            > 6845 $N $U 4102 ff 'whole'
            ! response 1 2.05 4:02 6:05 'whole'
            > 4845 0001 $T 6106
            ! notification 1 2.05 6:06
            < 6000 0001",
        ),
        (
            "the same with a FETCH whose body goes in blocks",
            "
            block 16
            fetch 1 /a {16*62}{1*63} observe=0
            < 4805 $M:2 $T:8 60 51 'a' d10308 d11411 ff {16*62}
            ! sent 1
            > 685f $M $T d10e08
            < 4805 $M:2 $T:8 60 51 'a' d10310 ff 'c'
            > 6845 $M $T 4101 2105 d10408 ff {16*61}
            < 4805 $N:2 $U:8 b1 'a' c110
            > 6845 $N $U 4102 d10610 ff 'x'
            < 4805 $N:2 $U:8 b1 'a' d10308 d11411 ff {16*62}
            > 685f $N $U d10e08
            < 4805 $N:2 $U:8 b1 'a' d10310 ff 'c'
            > 6845 $N $U 4102 ff 'whole'
            ! response 1 2.05 4:02 6:05 'whole'
            > 5845 0001 $T 6106
            ! notification 1 2.05 6:06
            stop 1 deregister
            < 4805 $N:2 $T 6101 51 'a' d10308 d11411 ff {16*62}
            > 685f $N $T d10e08
            < 4805 $N:2 $T 6101 51 'a' d10310 ff 'c'
            > 6845 $N $T
            ! ended 1 2.05",
        ),
        (
            "blocks that break the rules, are too large, or never come: that one is lost, the next one is told",
            "
            limit body 40
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            > 4845 0001 $T 6106 d10408 ff {15*61}
            < 6000 0001
            > 4845 0002 $T 6107 d10409 512a ff {32*61}      # Size2 = 42
            < 6000 0002
            > 4845 0003 $T 6108 d10408 ff {16*61}
            < 4801 $N:2 $U:8 b1 'a' c110
            < 6000 0003
            > 6884 $N $U                                    # gone meanwhile: a notification will tell
            > 4845 0004 $T 6109 d10408 ff {16*61}
            < 4801 $N:2 $U:8 b1 'a' c110
            < 6000 0004
            wait 94
            < 4801 $N $U b1 'a' c110
            < 4801 $N $U b1 'a' c110
            < 4801 $N $U b1 'a' c110
            < 4801 $N $U b1 'a' c110
            stat notifications_incomplete 4
            > 4845 0005 $T 610a
            ! notification 1 2.05 6:0a
            < 6000 0005",
        ),
    ]);
}

#[test]
fn ends() {
    super::run_all(&[
        (
            "RFC 7641 section 3.2: an error ends it, and so does a notification without Observe",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            > 4884 0001 $T ff 'gone'
            ! ended 1 4.04 'gone'
            < 6000 0001
            > 4845 0002 $T 6106
            < 7000 0002
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            > 5845 0003 $T ff 'last'
            ! ended 1 2.05 'last'
            > 5845 0004 $T 6106
            < 7000 0004",
        ),
        (
            "the last word in blocks",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            > 5845 0003 $T d10a08 ff {16*61}
            < 4801 $N:2 $U:8 b1 'a' c110
            > 6845 $N $U d10a10 ff 'b'
            ! ended 1 2.05 'aaaaaaaaaaaaaaaab'
            > 5845 0004 $T 6106
            < 7000 0004",
        ),
        (
            "RFC 7641 section 3.6: forget it, and reset the next notification",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            stop 1 reset
            ! ended 1 Cancelled
            > 4845 0001 $T 6106
            < 7000 0001
            > 5845 0002 $T 6107
            < 7000 0002
            stop 1 reset
            wait 300",
        ),
        (
            "RFC 7641 section 3.6: the same request with Observe 1 and the same token",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            stop 1 deregister
            < 4801 $N:2 $T 6101 51 'a'
            stop 1 deregister                               # once is enough
            > 4845 0001 $T 6106 ff 'late'                   # sent before it was heard
            ! notification 1 2.05 6:06 'late'
            < 6000 0001
            > 6845 $N $T ff 'end'
            ! ended 1 2.05 'end'
            > 4845 0002 $T 6107
            < 7000 0002
            wait 300",
        ),
        (
            "a deregistration is answered separately, by an error, by a reset, in blocks, and not at all",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            stop 1 deregister
            < 4801 $N:2 $T 6101 51 'a'
            > 6000 $N
            > 4845 0001 $T ff 'end'
            ! ended 1 2.05 'end'
            < 6000 0001
            observe 2 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 2
            > 6845 $M $T 6105
            ! response 2 2.05 6:05
            stop 2 deregister
            < 4801 $N:2 $T 6101 51 'a'
            > 6884 $N $T
            ! ended 2 4.04
            observe 3 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 3
            > 6845 $M $T 6105
            ! response 3 2.05 6:05
            stop 3 deregister
            < 4801 $N:2 $T 6101 51 'a'
            > 7000 $N
            ! ended 3 Reset
            observe 4 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 4
            > 6845 $M $T 6105
            ! response 4 2.05 6:05
            stop 4 deregister
            < 4801 $N:2 $T 6101 51 'a'
            > 6845 $N $T d10a08 ff {16*61}
            < 4801 $N:2 $U:8 b1 'a' c110
            > 6845 $N $U d10a10
            ! ended 4 2.05 'aaaaaaaaaaaaaaaa'
            observe 5 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 5
            > 6845 $M $T 6105
            ! response 5 2.05 6:05
            stop 5 deregister
            < 4801 $N:2 $T 6101 51 'a'
            wait 94
            < 4801 $N $T 6101 51 'a'
            < 4801 $N $T 6101 51 'a'
            < 4801 $N $T 6101 51 'a'
            < 4801 $N $T 6101 51 'a'
            ! ended 5 Timeout
            > 5845 0002 $T 6106
            < 7000 0002",
        ),
        (
            "given up while it waits, and while it is read; impatience while it is deregistered",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            stop 1 deregister
            ! failed 1 Cancelled
            > 6845 $M $T 6105                               # the answer to what was given up
            > 5845 0001 $T 6106
            < 7000 0001
            observe 2 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 2
            > 6845 $M $T 6105
            ! response 2 2.05 6:05
            > 5845 0002 $T 6106 d10408 ff {16*61}
            < 4801 $N:2 $U:8 b1 'a' c110
            stop 2 deregister
            < 4801 $O:2 $T 6101 51 'a'
            > 6845 $N $U d10a10
            stop 2 reset
            ! ended 2 Cancelled
            wait 300",
        ),
        (
            "an id is in use as long as its observation; Cancel ends that too",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            get 1 /b
            ! failed 1 DuplicateId
            cancel 1
            ! ended 1 Cancelled
            cancel 1
            > 5845 0002 $T 6106
            < 7000 0002",
        ),
        (
            "RFC 7252 section 5.4.1: a critical option in a notification is not understood",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            > 4845 0001 $T 6106 3100
            ! ended 1 Malformed
            < 7000 0001",
        ),
        (
            "the peer is forgotten: while nothing goes on, and in the middle of everything",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            wait 300
            closed
            ! ended 1 Closed
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            observe 2 /b
            < 4801 $M:2 $U:8 60 51 'b'
            ! sent 2
            > 6845 $M $U 6105
            ! response 2 2.05 6:05
            observe 3 /c
            < 4801 $M:2 $V:8 60 51 'c'
            ! sent 3
            > 6845 $M $V 6105 d10408 ff {16*61}
            < 4801 $N:2 $W:8 b1 'c' c110
            > 5845 0001 $T 6106 d10408 ff {16*61}
            stop 2 deregister
            closed
            ! failed 3 Closed
            ! ended 1 Closed
            ! ended 2 Closed
            wait 300",
        ),
        (
            "RFC 8323 appendix A.4: a WebSocket has no reset, so it is deregistered; closing ends all",
            "
            open connector
            < 00e1 ..
            > 00e1
            ! ready
            observe 1 /a
            < 0801 $T:8 60 51 'a'
            ! sent 1
            > 0845 $T 6105
            ! response 1 2.05 6:05
            stop 1 reset
            < 0801 $T 6101 51 'a'
            > 0845 $T 6106 ff 'late'
            ! notification 1 2.05 6:06 'late'
            > 0845 $T ff 'end'
            ! ended 1 2.05 'end'
            > 0845 $T 6107
            stat unknown_tokens 1
            observe 1 /a
            < 0801 $T:8 60 51 'a'
            ! sent 1
            > 0845 $T 6105
            ! response 1 2.05 6:05
            cancel 1
            < 0801 $T 6101 51 'a'
            cancel 1
            ! ended 1 Cancelled
            > 0845 $T
            stat unknown_tokens 2
            observe 2 /a
            < 0801 $T:8 60 51 'a'
            ! sent 2
            > 0845 $T 6105
            ! response 2 2.05 6:05
            observe 3 /a
            < 0801 $T:8 60 51 'a'
            ! sent 3
            > 0845 $T 6105
            ! response 3 2.05 6:05
            > 00e4
            ! close 1000
            ! ended 2 Closed
            ! ended 3 Closed
            stop 3 deregister",
        ),
    ]);
}

#[test]
fn another_address() {
    super::run_all(&[
        (
            "an observation goes along, and what waits; what is on its way stays",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            get 2 /b
            < 4801 $M:2 $U:8 b1 'b'
            ! sent 2
            get 3 /c
            peer 2
            moved 1 2
            < 4801 $N:2 $V:8 b1 'c'
            ! sent 3
            > 6845 $N $V
            ! response 3 2.05
            > 4845 0001 $T 6106
            ! notification 1 2.05 6:06
            < 6000 0001
            stop 1 deregister
            < 4801 $N:2 $T 6101 51 'a'
            > 6845 $N $T
            ! ended 1 2.05
            peer 1
            > 4845 0002 $T 6107
            < 7000 0002
            > 6845 $M $U
            ! response 2 2.05
            wait 300",
        ),
        (
            "in the middle of a notification",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 6105
            ! response 1 2.05 6:05
            > 5845 0001 $T 6106 d10408 ff {16*61}
            < 4801 $M:2 $U:8 b1 'a' c110
            peer 2
            moved 1 2
            < 4801 $M:2 $U:8 b1 'a' c110
            > 6845 $M $U d10a10
            ! notification 1 2.05 6:06 'aaaaaaaaaaaaaaaa'
            moved 2 2
            closed
            ! ended 1 Closed
            wait 300",
        ),
    ]);
}
