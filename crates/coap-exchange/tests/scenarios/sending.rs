//! RFC 7959 and RFC 8323 §6: bodies that we send in blocks, as bytes.
//!
//! `d10e..` is Block1 with nothing before it, `d103..` behind a path; `d10a..` is Block2, `c1..` behind a path.

#[test]
fn requests() {
    super::run_all(&[
        (
            "RFC 7959 section 3.2 figure 7: an atomic PUT, Size1 in its first block",
            "
            block 128
            put 1 /options {128*61}{128*62}{44*63} 
            < 4803 $M:2 $T:8 b7 'options' d1030b d214012c ff {128*61}
            ! sent 1
            > 685f $M $T d10e0b
            < 4803 $M:2 $T:8 b7 'options' d1031b ff {128*62}
            > 685f $M $T d10e1b
            < 4803 $M:2 $T:8 b7 'options' d10323 ff {44*63}
            > 6844 $M $T d10e23
            ! response 1 2.04
            stat blocks_out 3
            stat requests_out 3
            wait 300",
        ),
        (
            "a body of one block goes as it is; one byte more does not; 1024 is the default",
            "
            put 1 /a 1024
            < 4803 $M:2 $T:8 b1 'a' ff {1024*78}
            ! sent 1
            > 6844 $M $T
            ! response 1 2.04
            put 2 /a 1025
            < 4803 $M:2 $T:8 b1 'a' d1030e d2140401 ff {1024*78}
            ! sent 2
            > 685f $M $T d10e0e
            < 4803 $M:2 $T:8 b1 'a' d10316 ff 'x'
            > 6844 $M $T
            ! response 2 2.04",
        ),
        (
            "a Block1 option of number 0 is a wish for smaller blocks, and nothing where the body is small",
            "
            put 1 /a {16*61}{1*62} block=0
            < 4803 $M:2 $T:8 b1 'a' d10308 d11411 ff {16*61}
            ! sent 1
            > 685f $M $T d10e08
            < 4803 $M:2 $T:8 b1 'a' d10310 ff 'b'
            > 6844 $M $T d10e10
            ! response 1 2.04
            put 2 /a 16 block=0
            < 4803 $M:2 $T:8 b1 'a' ff {16*78}
            ! sent 2",
        ),
        (
            "RFC 7959 section 3.2 figure 9: the device goes down to a smaller size; numbers count in the new size",
            "
            block 128
            put 1 /a {128*61}{32*62}{10*63}
            < 4803 $M:2 $T:8 b1 'a' d1030b d114aa ff {128*61}
            ! sent 1
            > 685f $M $T d10e09
            < 4803 $M:2 $T:8 b1 'a' d10349 ff {32*62}
            > 685f $M $T d10e49
            < 4803 $M:2 $T:8 b1 'a' d10351 ff {10*63}
            > 6844 $M $T d10e51
            ! response 1 2.04",
        ),
        (
            "smaller in the middle of the body",
            "
            block 32
            put 1 /a {32*61}{32*62}{16*63}{1*64}
            < 4803 $M:2 $T:8 b1 'a' d10309 d11451 ff {32*61}
            ! sent 1
            > 685f $M $T d10e09
            < 4803 $M:2 $T:8 b1 'a' d10319 ff {32*62}
            > 685f $M $T d10e18                             # number of the block, size of the next
            < 4803 $M:2 $T:8 b1 'a' d10348 ff {16*63}
            > 685f $M $T d10e4e                             # not larger again
            < 4803 $M:2 $T:8 b1 'a' d10350 ff 'd'
            > 6844 $M $T d10e50
            ! response 1 2.04",
        ),
        (
            "RFC 7959 section 2.9.3: 4.13 with a smaller size: again in such blocks, from whole, and from blocks",
            "
            put 1 /a {32*61}{8*62}
            < 4803 $M:2 $T:8 b1 'a' ff {32*61}{8*62}
            ! sent 1
            > 688d $M $T d10e09
            < 4803 $M:2 $T:8 b1 'a' d10309 d11428 ff {32*61}
            > 688d $M $T d10e08
            < 4803 $M:2 $T:8 b1 'a' d10308 d11428 ff {16*61}
            > 688d $M $T d10e08                             # no smaller one: it is the answer
            ! response 1 4.13
            stat uploads_restarted 2
            put 2 /a 10
            < 4803 $M:2 $T:8 b1 'a' ff {10*78}
            ! sent 2
            > 688d $M $T d10e08                             # a block of 16 would hold it all
            ! response 2 4.13 27:08
            put 3 /a 10
            < 4803 $M:2 $T:8 b1 'a' ff {10*78}
            ! sent 3
            > 688d $M $T d12f05
            ! response 3 4.13 60:05",
        ),
        (
            "RFC 7959 section 2.9.2: 4.08: once from the start, then it is the answer",
            "
            block 16
            put 1 /a {16*61}{16*62}{1*63}
            < 4803 $M:2 $T:8 b1 'a' d10308 d11421 ff {16*61}
            ! sent 1
            > 685f $M $T d10e08
            < 4803 $M:2 $T:8 b1 'a' d10318 ff {16*62}
            > 6888 $M $T
            < 4803 $M:2 $T:8 b1 'a' d10308 d11421 ff {16*61}
            > 685f $M $T d10e08
            < 4803 $M:2 $T:8 b1 'a' d10318 ff {16*62}
            > 6888 $M $T ff 'no'
            ! response 1 4.08 'no'
            stat uploads_restarted 1",
        ),
        (
            "an error, or a success without Block1, before the end is the answer",
            "
            block 16
            put 1 /a {16*61}{16*62}{1*63}
            < 4803 $M:2 $T:8 b1 'a' d10308 d11421 ff {16*61}
            ! sent 1
            > 6885 $M $T
            ! response 1 4.05
            put 2 /a {16*61}{16*62}{1*63}
            < 4803 $M:2 $T:8 b1 'a' d10308 d11421 ff {16*61}
            ! sent 2
            > 6844 $M $T
            ! response 2 2.04",
        ),
        (
            "RFC 7959 section 3.2 figure 8: each block is taken by itself: 2.04 with Block1, and it goes on",
            "
            block 16
            put 1 /a {16*61}{1*62}
            < 4803 $M:2 $T:8 b1 'a' d10308 d11411 ff {16*61}
            ! sent 1
            > 6844 $M $T d10e00
            < 4803 $M:2 $T:8 b1 'a' d10310 ff 'b'
            > 6844 $M $T d10e10
            ! response 1 2.04",
        ),
        (
            "answers that break the rules: another block, and more wanted after the last",
            "
            block 16
            put 1 /a {16*61}{1*62}
            < 4803 $M:2 $T:8 b1 'a' d10308 d11411 ff {16*61}
            ! sent 1
            > 685f $M $T d10e18
            ! failed 1 Malformed
            put 2 /a {16*61}{1*62}
            < 4803 $M:2 $T:8 b1 'a' d10308 d11411 ff {16*61}
            ! sent 2
            > 685f $M $T                                    # no Block1 at all: taken as the one we sent
            < 4803 $M:2 $T:8 b1 'a' d10310 ff 'b'
            > 685f $M $T d10e10
            ! failed 2 Malformed",
        ),
        (
            "RFC 7959 section 3.3 figure 11: the answer comes in blocks too, and is asked for without the body",
            "
            block 32
            post 1 /soap {32*61}{8*62}
            < 4802 $M:2 $T:8 b4 'soap' d10309 d11428 ff {32*61}
            ! sent 1
            > 685f $M $T d10e09
            < 4802 $M:2 $T:8 b4 'soap' d10311 ff {8*62}
            > 6844 $M $T d10a09 4111 ff {32*63}
            < 4802 $M:2 $T:8 b4 'soap' c111
            > 6844 $M $T d10a11 ff 'd'
            ! response 1 2.04 'ccccccccccccccccccccccccccccccccd'",
        ),
        (
            "a changed answer is read again from the start by GET and FETCH, never by POST",
            "
            block 16
            fetch 1 /a {16*61}{1*62}
            < 4805 $M:2 $T:8 b1 'a' d10308 d11411 ff {16*61}
            ! sent 1
            > 685f $M $T d10e08
            < 4805 $M:2 $T:8 b1 'a' d10310 ff 'b'
            > 6845 $M $T 4101 d10608 ff {16*63}
            < 4805 $M:2 $T:8 b1 'a' c110
            > 6845 $M $T 4102 d10610 ff 'x'
            < 4805 $M:2 $T:8 b1 'a' d10308 d11411 ff {16*61}
            > 685f $M $T d10e08
            < 4805 $M:2 $T:8 b1 'a' d10310 ff 'b'
            > 6845 $M $T 4102 ff 'y'
            ! response 1 2.05 4:02 'y'
            post 2 /a 1
            < 4802 $M:2 $T:8 b1 'a' ff 'x'
            ! sent 2
            > 6844 $M $T 4101 d10608 ff {16*63}
            < 4802 $M:2 $T:8 b1 'a' c110
            > 6844 $M $T 4102 d10610 ff 'x'
            ! failed 2 Changed",
        ),
        (
            "RFC 9175 section 3.4: Request-Tag for the second of two bodies to one resource at a time",
            "
            block 16
            put 1 /a {16*61}{1*62}
            < 4803 $M:2 $T:8 b1 'a' d10308 d11411 ff {16*61}
            ! sent 1
            put 2 /a {16*63}{1*64}
            put 3 /b {16*63}{1*64}
            > 6000 $M                                       # the answer takes its time
            < 4803 $N:2 $U:8 b1 'a' d10308 d11411 d4db $G:4 ff {16*63}
            ! sent 2
            > 4845 0001 $T
            ! response 1 2.05
            < 6000 0001
            > 685f $N $U d10e08
            < 4803 $N:2 $U:8 b1 'a' d10310 d4fc $G ff 'd'
            > 6844 $N $U d10a08 4110 ff {16*65}             # the answer has the tag's too
            < 4803 $N:2 $U:8 b1 'a' c110 e40000 $G",
        ),
        (
            "the blocks go before what waits; a lost block ends it; cancelled in the middle",
            "
            block 16
            put 1 /a {16*61}{16*62}{1*63}
            < 4803 $M:2 $T:8 b1 'a' d10308 d11421 ff {16*61}
            ! sent 1
            get 2 /b
            > 685f $M $T d10e08
            < 4803 $M:2 $T:8 b1 'a' d10318 ff {16*62}
            cancel 1
            ! failed 1 Cancelled
            < 4801 $N:2 $U:8 b1 'b'
            ! sent 2
            > 685f $M $T d10e18
            > 6845 $N $U
            ! response 2 2.05
            wait 300",
        ),
        (
            "more blocks than have numbers; no room for the smallest",
            "
            block 16
            put 1 /a 16777217
            ! failed 1 TooLarge
            stat messages_too_large 1
            wait 1",
        ),
        (
            "RFC 8323 section 6: what fits in one message goes in one; else BERT, if the peer takes it",
            "
            open connector
            < 00e1 ..
            > 00e1 221400 20                                # Max-Message-Size 5120, Block-Wise-Transfer
            ! ready
            put 1 /a 5107
            < 0803 $T:8 b1 'a' ff {5107*78}
            ! sent 1
            > 0844 $T
            ! response 1 2.04
            put 2 /a {4096*61}{1100*62}
            < 0803 $T:8 b1 'a' d1030f d214144c ff {4096*61}
            ! sent 2
            > 085f $T d10e0f
            < 0803 $T:8 b1 'a' d10347 ff {1100*62}
            > 0844 $T d10e47
            ! response 2 2.04
            put 3 /a {4096*61}{1024*62}{300*63}
            < 0803 $T:8 b1 'a' d1030f d214152c ff {4096*61}
            ! sent 3
            > 085f $T d10e06                                # blocks of 1024, one at a time
            < 0803 $T:8 b1 'a' d1034e ff {1024*62}
            > 085f $T d10e4e
            < 0803 $T:8 b1 'a' d10356 ff {300*63}
            > 0844 $T d10e56
            ! response 3 2.04",
        ),
        (
            "RFC 8323 section 5.3: no Block-Wise-Transfer, or no more than 1152 bytes: no BERT",
            "
            open connector
            < 00e1 ..
            > 00e1 221400
            ! ready
            put 1 /a {1024*61}{5000*62}
            < 0803 $T:8 b1 'a' d1030e d2141788 ff {1024*61}
            ! sent 1
            cancel 1
            ! failed 1 Cancelled
            > 00e1 220480 20                                # 1152
            put 2 /a {1024*61}{5000*62}
            < 0803 $T:8 b1 'a' d1030e d2141788 ff {1024*61}
            ! sent 2
            cancel 2
            ! failed 2 Cancelled
            > 00e1 2164                                     # 100
            put 3 /a {64*61}{64*62}
            < 0803 $T:8 b1 'a' d1030a d11480 ff {64*61}
            ! sent 3
            > 085f $T d10e0a
            < 0803 $T:8 b1 'a' d10312 ff {64*62}
            > 0844 $T d10e12
            ! response 3 2.04
            > 00e1 2114                                     # 20
            put 4 /a 30
            ! failed 4 TooLarge",
        ),
        (
            "bridge-rules 42: a peer that gets no more than 1152 bytes, until it shows that it takes more",
            "
            open acceptor
            < 00e1 ..
            cap 1152
            > 00e1 23800000 20
            ! ready
            put 1 /a {1024*61}{500*62}
            < 0803 $T:8 b1 'a' d1030e d21405f4 ff {1024*61}
            ! sent 1
            > 085f $T d10e0e
            < 0803 $T:8 b1 'a' d10316 ff {500*62}
            > 0844 $T d10e16
            ! response 1 2.04
            > 0103 01 b1 'a' ff {1470*61}
            ! request PUT /a {1470*61}
            put 2 /a {1024*61}{500*62}
            < 0803 $T:8 b1 'a' ff {1024*61}{500*62}
            ! sent 2
            cap 1
            put 3 /a {16*61}{100*62}                        # 64 is the least
            < 0803 $T:8 b1 'a' d10309 d11474 ff {16*61}{16*62}
            ! sent 3
            > 0103 02 b1 'a' d10307 ff {100*61}             # BERT
            ! request PUT /a {100*61}
            put 4 /a {1024*61}{500*62}
            < 0803 $T:8 b1 'a' ff {1024*61}{500*62}
            ! sent 4",
        ),
    ]);
}

#[test]
fn responses() {
    super::run_all(&[
        (
            "RFC 7959 section 3.1: an answer in blocks of 1024, with a tag and Size2, kept for 247 s",
            "
            > 4101 0001 21 b1 'a'
            ! request GET /a
            respond 2.05 {1024*61}{1024*62}{10*63}
            < 6145 0001 21 48 $E:8 d1060e 52080a ff {1024*61}
            > 4101 0002 22 b1 'a' c116
            < 6145 0002 22 48 $E d1061e ff {1024*62}
            > 4101 0003 23 b1 'a' c126
            < 6145 0003 23 48 $E d10626 ff {10*63}
            > 4101 0004 24 b1 'a' c136                      # behind the end
            < 6180 0004 24 ff ..
            wait 246
            > 4101 0005 25 b1 'a' c126
            < 6145 0005 25 48 $E d10626 ff {10*63}
            wait 248
            > 4101 0006 26 b1 'a' c126
            ! request GET /a
            stat blocks_out 4
            stat blocks_bad 1",
        ),
        (
            "a body of one block goes as it is",
            "
            > 4101 0001 21 b1 'a'
            ! request GET /a
            respond 2.05 {1024*61}
            < 6145 0001 21 ff {1024*61}",
        ),
        (
            "RFC 7959 section 2.4: early negotiation, a smaller size later, a larger one not",
            "
            > 4101 0001 21 b1 'a' c102                      # 0, 64 bytes
            ! request GET /a
            respond 2.05 {64*61}{64*62}{10*63}
            < 6145 0001 21 48 $E:8 d1060a 51 8a ff {64*61}
            > 4101 0002 22 b1 'a' c150                      # number 5 of 16 bytes: from 80
            < 6145 0002 22 48 $E d10658 ff {16*62}
            > 4101 0003 23 b1 'a' c112
            < 6145 0003 23 48 $E d1061a ff {64*62}
            > 4101 0004 24 b1 'a' c102
            ! request GET /a
            respond 2.05 {64*61}
            < 6145 0004 24 ff {64*61}",
        ),
        (
            "the answer's own ETag stays; Content-Format goes with every block; other options, methods and peers are others",
            "
            block 16
            > 4101 0001 21 b1 'a'
            ! request GET /a
            respond 2.05 {16*61}{1*62}
            < 6145 0001 21 48 $E:8 d10608 5111 ff {16*61}
            > 4101 0002 22 b1 'a' 60 6110                   # Accept 0
            ! request GET /a 17:
            > 4501 0003 2223242526 b1 'b' c110
            ! request GET /b
            > 4102 0004 22 b1 'a' c110                      # a POST would be done again
            < 6188 0004 22 ff ..
            peer 2
            > 4101 0002 22 b1 'a' c110
            ! request GET /a
            respond 2.05 {16*61}{1*62}
            < 6145 0002 22 48 $E d10610 ff 'b'              # made anew: the same tag, the block that was asked for
            > 4101 0003 23 b1 'a' c110
            < 6145 0003 23 48 $E d10610 ff 'b'
            stat blocks_missing 1",
        ),
        (
            "made anew, but it is shorter now, or an error",
            "
            > 4101 0001 21 b1 'a' c110
            ! request GET /a
            respond 2.05 'short'
            < 6180 0001 21 ff ..
            > 4101 0002 22 b1 'a' c120
            ! request GET /a
            respond 4.04 'gone'
            < 6184 0002 22 ff 'gone'",
        ),
        (
            "separately: the blocks are served although the first exchange is over",
            "
            block 16
            > 4101 0001 21 b1 'a'
            ! request GET /a
            wait 1
            < 6000 0001
            respond 2.05 {16*61}{1*62}
            < 4145 $M:2 21 48 $E:8 d10608 5111 ff {16*61}
            > 6000 $M
            > 5101 0002 22 b1 'a' c110
            < 5145 $M:2 22 48 $E d10610 ff 'b'",
        ),
        (
            "FETCH: another body is another answer, and none at all is the last one",
            "
            block 16
            > 4105 0001 21 b1 'a' ff 'x'
            ! request FETCH /a 'x'
            respond 2.05 {16*61}{1*62}
            < 6145 0001 21 48 $E:8 d10608 5111 ff {16*61}
            > 4105 0002 22 b1 'a' c110 ff 'x'
            < 6145 0002 22 48 $E d10610 ff 'b'
            > 4105 0003 23 b1 'a' c110
            < 6145 0003 23 48 $E d10610 ff 'b'
            > 4105 0004 24 b1 'a' c110 ff 'y'
            ! request FETCH /a 'y'",
        ),
        (
            "RFC 7959 section 3.3: both ways; the further blocks of a POST are asked for without doing it again",
            "
            block 16
            > 4102 0001 21 b1 'a' d10308 ff {16*61}
            < 615f 0001 21 d10e08
            > 4102 0002 22 b1 'a' d10310 ff 'b'
            ! request POST /a 'aaaaaaaaaaaaaaaab'
            respond 2.04 {16*63}{1*64}
            < 6144 0002 22 48 $E:8 d10608 4110 1111 ff {16*63}   # Block2 0, Block1 1
            > 4102 0003 23 b1 'a' c110
            < 6144 0003 23 48 $E d10610 ff 'd'",
        ),
        (
            "a large text of an error has no tag; no room for any block is 5.00",
            "
            block 16
            limit datagram 40
            > 4101 0001 21 b1 'a'
            ! request GET /a
            respond 4.04 {16*61}{1*62}
            < 6184 0001 21 d10a08 5111 ff {16*61}
            > 4101 0002 22 b1 'a' c110
            < 6184 0002 22 d10a10 ff 'b'",
        ),
        (
            "WebSocket: whole if it fits, else BERT, and a wish is heard",
            "
            open acceptor
            < 00e1 ..
            > 00e1 220c00 20                                # 3072
            ! ready
            > 0101 21 b1 'a'
            ! request GET /a
            respond 2.05 {3000*61}
            < 0145 21 ff {3000*61}
            > 0101 22 b1 'a'
            ! request GET /a
            respond 2.05 {2048*61}{2048*62}
            < 0145 22 48 $E:8 d1060f 521000 ff {2048*61}
            > 0101 23 b1 'a' c127
            < 0145 23 48 $E d10627 ff {2048*62}
            > 0101 24 b1 'a' c136                           # now 1024 at a time
            < 0145 24 48 $E d10636 ff {1024*62}
            > 0101 25 b1 'a' c102
            ! request GET /a
            respond 2.05 {64*61}{1*62}
            < 0145 25 48 $F:8 d1060a 5141 ff {64*61}
            closed",
        ),
        (
            "RFC 7959 section 2.2: size 7 over UDP",
            "
            > 4001 0005 b1 'a' c117
            < 6080 0005 ff ..
            stat blocks_bad 1",
        ),
    ]);
}
