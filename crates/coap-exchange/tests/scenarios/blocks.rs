//! RFC 7959 and RFC 8323 §6: bodies in blocks, as bytes.
//!
//! Values of a Block option by RFC 7959 §2.2: number × 16 + 8 if more follow + size exponent.

#[test]
fn bodies_that_we_receive() {
    super::run_all(&[
        (
            "RFC 7959 section 3.2 figure 7: a simple atomic PUT",
            "
            > 4003 1234 b7 'options' d1030b ff {128*61}
            < 605f 1234 d10e0b
            > 4003 1235 b7 'options' d1031b ff {128*62}
            < 605f 1235 d10e1b
            > 4003 1235 b7 'options' d1031b ff {128*62}     # the answer was lost
            < 605f 1235 d10e1b
            > 4003 1236 b7 'options' d10323 ff {10*63}
            ! request PUT /options {128*61} {128*62} {10*63}
            respond 2.04
            < 6044 1236 d10e23
            stat blocks_in 3
            wait 300",
        ),
        (
            "RFC 7959 section 2.5: one block that is the whole",
            "
            > 4003 1234 b1 'a' d10300 ff 'body'
            ! request PUT /a 'body'
            respond 2.04
            < 6044 1234 d00e",
        ),
        (
            "the last block may be answered separately",
            "
            > 4003 1234 b1 'a' d10308 ff {16*61}
            < 605f 1234 d10e08
            > 4003 1235 b1 'a' d10310 ff 'b'
            ! request PUT /a 'aaaaaaaaaaaaaaaab'
            wait 1
            < 6000 1235
            respond 2.04
            < 4044 $M:2 d10e10
            > 6000 $M",
        ),
        (
            "RFC 7959 section 4: Size1 in any of the blocks, and not passed on; other options are",
            "
            > 4003 0001 b1 'a' 1128 d10208 d11411 ff {16*61}
            < 605f 0001 d10e08
            > 4003 0002 b1 'a' 1128 d10210 d11411 ff 'b'
            ! request PUT /a 12:28 'aaaaaaaaaaaaaaaab'
            > 4003 0003 b1 'b' d10308 ff {16*61}
            < 605f 0003 d10e08
            > 4003 0004 b1 'b' d10310 d11411 ff 'b'
            ! request PUT /b 'aaaaaaaaaaaaaaaab'",
        ),
        (
            "a smaller size on the way: numbers count in the new size",
            "
            > 4003 0001 b1 'a' d10309 ff {32*61}
            < 605f 0001 d10e09
            > 4003 0002 b1 'a' d10328 ff {16*62}
            < 605f 0002 d10e28
            > 4003 0003 b1 'a' d10330 ff 'c'
            ! request PUT /a {32*61} {16*62} {1*63}",
        ),
        (
            "a block sent again with a new message id",
            "
            > 4003 0001 b1 'a' d10308 ff {16*61}
            < 605f 0001 d10e08
            > 4003 0002 b1 'a' d10308 ff {16*61}
            < 605f 0002 d10e08
            > 4003 0003 b1 'a' d10318 ff {16*62}
            < 605f 0003 d10e18
            > 4003 0004 b1 'a' d10318 ff {16*62}
            < 605f 0004 d10e18
            > 4003 0005 b1 'a' d10320 ff 'c'
            ! request PUT /a 'aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbc'",
        ),
        (
            "RFC 7959 section 2.9.2: a gap, and a missing start, are 4.08; the body goes on",
            "
            > 4003 0001 b1 'a' d10318 ff {16*61}
            < 6088 0001 ff ..
            > 4003 0002 b1 'a' d10308 ff {16*61}
            < 605f 0002 d10e08
            > 4003 0003 b1 'a' d10328 ff {16*61}
            < 6088 0003 ff ..
            > 4003 0004 b1 'a' d10310 ff 'b'
            ! request PUT /a 'aaaaaaaaaaaaaaaab'
            stat blocks_missing 2",
        ),
        (
            "RFC 7959 section 2.9.3: too large, by its sum and by Size1",
            "
            limit body 40
            > 4003 0001 b1 'a' d10309 ff {32*61}
            < 605f 0001 d10e09
            > 4003 0002 b1 'a' d10311 ff {9*61}
            < 608d 0002 d12f28
            > 4003 0003 b1 'a' d10311 ff {8*61}             # what was there is gone
            < 6088 0003 ff ..
            > 4003 0004 b1 'a' d10309 d11429 ff {32*61}     # Size1 = 41
            < 608d 0004 d12f28
            > 4003 0005 b1 'a' ff {41*61}                   # without blocks
            < 608d 0005 d12f28
            stat body_refused 3",
        ),
        (
            "RFC 7959 section 2.2: size 7 over UDP, and payloads that are no whole block",
            "
            > 4003 0001 b1 'a' d1030f ff {1024*61}
            < 6080 0001 ff ..
            > 4003 0002 b1 'a' d10308 ff {15*61}
            < 6080 0002 ff ..
            > 4003 0003 b1 'a' d10308 ff {17*61}
            < 6080 0003 ff ..
            > 4003 0004 b1 'a' d10300 ff {17*61}
            < 6080 0004 ff ..
            > 4001 0005 b1 'a' c107                         # Block2 with size 7
            < 6080 0005 ff ..
            stat blocks_bad 5",
        ),
        (
            "RFC 9175 section 3.3: Request-Tag keeps two bodies apart",
            "
            > 4003 0001 b1 'a' d10308 d1fc01 ff {16*61}
            < 605f 0001 d10e08
            > 4003 0002 b1 'a' d10308 d1fc02 ff {16*62}
            < 605f 0002 d10e08
            > 4003 0003 b1 'a' d10310 d1fc01 ff '1'
            ! request PUT /a 292:01 'aaaaaaaaaaaaaaaa1'
            respond 2.04
            < 6044 0003 d10e10
            > 4003 0004 b1 'a' d10310 d1fc02 ff '2'
            ! request PUT /a 292:02 'bbbbbbbbbbbbbbbb2'",
        ),
        (
            "without Request-Tag the newer one wins, the older gets 4.08",
            "
            > 4003 0001 b1 'a' d10308 ff {16*61}
            < 605f 0001 d10e08
            > 4003 0002 b1 'a' d10318 ff {16*61}
            < 605f 0002 d10e18
            > 4003 0003 b1 'a' d10308 ff {16*62}
            < 605f 0003 d10e08
            > 4003 0004 b1 'a' d10328 ff {16*61}
            < 6088 0004 ff ..
            > 4003 0005 b1 'a' d10310 ff 'c'
            ! request PUT /a 'bbbbbbbbbbbbbbbbc'",
        ),
        (
            "other paths and methods are other bodies",
            "
            > 4003 0001 b1 'a' d10308 ff {16*61}
            < 605f 0001 d10e08
            > 4003 0002 b1 'b' d10310 ff 'x'
            < 6088 0002 ff ..
            > 4002 0003 b1 'a' d10310 ff 'x'
            < 6088 0003 ff ..",
        ),
        (
            "half a body is given up after EXCHANGE_LIFETIME, counted from its last block",
            "
            > 4003 0001 b1 'a' d10308 ff {16*61}
            < 605f 0001 d10e08
            wait 246
            > 4003 0002 b1 'a' d10318 ff {16*61}
            < 605f 0002 d10e18
            wait 246
            stat bodies_expired 0
            wait 2
            stat bodies_expired 1
            > 4003 0003 b1 'a' d10320 ff 'x'
            < 6088 0003 ff ..",
        ),
        (
            "RFC 8323 section 6: BERT, several blocks of 1024 in one message",
            "
            open acceptor
            < 00e1 ..
            > 00e1
            ! ready
            > 0103 21 b1 'a' d1030f ff {3072*61}
            < 015f 21 d10e0f
            > 0103 22 b1 'a' d1033f ff {2048*62}
            < 015f 22 d10e3f
            > 0103 23 b1 'a' d10357 ff {1500*63}
            ! request PUT /a {3072*61} {2048*62} {1500*63}
            respond 2.04
            < 0144 23 d10e57
            > 0103 24 b1 'a' d1030f ff {1500*63}            # not a multiple of 1024
            < 0180 24 ff ..",
        ),
    ]);
}

#[test]
fn bodies_that_we_ask_for() {
    super::run_all(&[
        (
            "RFC 7959 section 3.1 figure 2: a simple GET in blocks",
            "
            get 1 /status
            < 4801 $M:2 $T:8 b6 'status'
            ! sent 1
            > 6845 $M $T d10a0b ff {128*61}
            < 4801 $M:2 $T:8 b6 'status' c113
            > 6845 $M $T d10a1b ff {128*62}
            < 4801 $M:2 $T:8 b6 'status' c123
            > 6845 $M $T d10a23 ff {30*63}
            ! response 1 2.05 {128*61} {128*62} {30*63}
            stat requests_out 3
            wait 300",
        ),
        (
            "RFC 7959 section 3.4: a notification in blocks: the others are fetched without Observe",
            "
            observe 1 /a
            < 4801 $M:2 $T:8 60 51 'a'
            ! sent 1
            > 6845 $M $T 610a d10408 ff {16*61}
            < 4801 $M:2 $T:8 b1 'a' c110
            > 6845 $M $T d10a10
            ! response 1 2.05 6:0a 'aaaaaaaaaaaaaaaa'",
        ),
        (
            "one block that is the whole",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6845 $M $T d10a06 ff 'whole'
            ! response 1 2.05 'whole'",
        ),
        (
            "RFC 7959 section 2.4: the device goes down to a smaller size",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6845 $M $T d10a09 ff {32*61}
            < 4801 $M:2 $T:8 b1 'a' c111
            > 6845 $M $T d10a28 ff {16*62}                  # block 1 of 32 is block 2 of 16
            < 4801 $M:2 $T:8 b1 'a' c130
            > 6845 $M $T d10a30 ff 'c'
            ! response 1 2.05 {32*61} {16*62} {1*63}",
        ),
        (
            "the next block goes before what waits",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            get 2 /b
            > 6845 $M $T d10a08 ff {16*61}
            < 4801 $M:2 $T:8 b1 'a' c110
            > 6845 $M $T d10a10
            ! response 1 2.05 'aaaaaaaaaaaaaaaa'
            < 4801 $M:2 $T:8 b1 'b'
            ! sent 2
            > 6845 $M $T
            ! response 2 2.05",
        ),
        (
            "RFC 7959 section 2.4: another ETag: once from the start, then an error",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6845 $M $T 4101 d10608 ff {16*61}
            < 4801 $M:2 $T:8 b1 'a' c110
            > 6845 $M $T 4102 d10610 ff 'x'
            < 4801 $M:2 $T:8 b1 'a'
            > 6845 $M $T 4102 d10608 ff {16*62}
            < 4801 $M:2 $T:8 b1 'a' c110
            > 6845 $M $T 4103 d10610 ff 'y'
            ! failed 1 Changed
            stat bodies_restarted 1",
        ),
        (
            "another ETag, and then it stays",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6845 $M $T 4101 d10608 ff {16*61}
            < 4801 $M:2 $T:8 b1 'a' c110
            > 6845 $M $T 4102 d10610 ff 'x'
            < 4801 $M:2 $T:8 b1 'a'
            > 6845 $M $T 4102 d10608 ff {16*62}
            < 4801 $M:2 $T:8 b1 'a' c110
            > 6845 $M $T 4102 d10610 ff 'y'
            ! response 1 2.05 4:02 'bbbbbbbbbbbbbbbby'",
        ),
        (
            "an error in the middle is the answer",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6845 $M $T d10a08 ff {16*61}
            < 4801 $M:2 $T:8 b1 'a' c110
            > 6884 $M $T
            ! response 1 4.04",
        ),
        (
            "blocks that break the rules",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6845 $M $T d10a18 ff {16*61}                  # does not begin at 0
            ! failed 1 Malformed
            get 2 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 2
            > 6845 $M $T d10a08 ff {15*61}                  # not a whole block
            ! failed 2 Malformed
            get 3 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 3
            > 6845 $M $T d10a0f ff {1024*61}                # size 7 over UDP
            ! failed 3 Malformed
            get 4 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 4
            > 6845 $M $T d10a08 ff {16*61}
            < 4801 $M:2 $T:8 b1 'a' c110
            > 6845 $M $T d10a20 ff {16*61}                  # another block than asked for
            ! failed 4 Malformed
            get 5 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 5
            > 6845 $M $T d10a08 ff {16*61}
            < 4801 $M:2 $T:8 b1 'a' c110
            > 6845 $M $T ff 'whole?'                        # no block at all
            ! failed 5 Malformed",
        ),
        (
            "larger than the limit, by its sum and by Size2",
            "
            limit body 40
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6845 $M $T d10a09 ff {32*61}
            < 4801 $M:2 $T:8 b1 'a' c111
            > 6845 $M $T d10a11 ff {9*61}
            ! failed 1 TooLarge
            get 2 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 2
            > 6845 $M $T d10a09 5129 ff {32*61}             # Size2 = 41
            ! failed 2 TooLarge
            get 3 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 3
            > 6845 $M $T ff {41*61}
            ! failed 3 TooLarge
            stat body_refused 3",
        ),
        (
            "a block is lost for good",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6845 $M $T d10a08 ff {16*61}
            < 4801 $M:2 $T:8 b1 'a' c110
            wait 94
            < 4801 $M $T b1 'a' c110
            < 4801 $M $T b1 'a' c110
            < 4801 $M $T b1 'a' c110
            < 4801 $M $T b1 'a' c110
            ! failed 1 Timeout",
        ),
        (
            "blocks may come separately",
            "
            get 1 /a
            < 4801 $M:2 $T:8 b1 'a'
            ! sent 1
            > 6000 $M
            > 4845 0001 $T d10a08 ff {16*61}
            < 4801 $N:2 $U:8 b1 'a' c110
            < 6000 0001
            > 6000 $N
            > 4845 0002 $U d10a10 ff 'b'
            ! response 1 2.05 'aaaaaaaaaaaaaaaab'
            < 6000 0002",
        ),
        (
            "RFC 8132 section 2: the body of a FETCH goes with every block, that of a PUT does not",
            "
            fetch 1 /a 3
            < 4805 $M:2 $T:8 b1 'a' ff 'xxx'
            ! sent 1
            > 6845 $M $T d10a08 ff {16*61}
            < 4805 $M:2 $T:8 b1 'a' c110 ff 'xxx'
            > 6845 $M $T d10a10
            ! response 1 2.05 'aaaaaaaaaaaaaaaa'
            put 2 /a 3
            < 4803 $M:2 $T:8 b1 'a' ff 'xxx'
            ! sent 2
            > 6844 $M $T d10a08 ff {16*61}
            < 4803 $M:2 $T:8 b1 'a' c110
            > 6844 $M $T d10a10
            ! response 2 2.04 'aaaaaaaaaaaaaaaa'",
        ),
        (
            "RFC 8323 section 6: BERT answers",
            "
            open connector
            < 00e1 ..
            > 00e1
            ! ready
            get 1 /a
            < 0801 $T:8 b1 'a'
            ! sent 1
            > 0845 $T d10a0f ff {3072*61}
            < 0801 $T:8 b1 'a' c137
            > 0845 $T d10a3f ff {1024*62}
            < 0801 $T:8 b1 'a' c147
            > 0845 $T d10a47 ff {1500*63}
            ! response 1 2.05 {3072*61} {1024*62} {1500*63}",
        ),
    ]);
}
