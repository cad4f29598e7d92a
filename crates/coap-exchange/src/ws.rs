//! CoAP over WebSocket: frames, and the signalling of RFC 8323 §5.
//!
//! A connection is closed by [`Output::Close`], and at that moment it is forgotten here: what still comes from it is ignored.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::message::{Framing, Head, Message, Scan, encode, scan};
use crate::peer::{BASE_MESSAGE_SIZE, Custody, Link, Open, Peer, Ping, Way, Ws};
use crate::timer::Timer;
use crate::{Event, ExchangeError, ExchangeId, Exchanges, MessageClass, Options, Output, PeerId, Role};

/// Capabilities and Settings Message (RFC 8323 §5.3).
const CSM: u8 = 0xe1;
/// RFC 8323 §5.4.
const PING: u8 = 0xe2;
/// RFC 8323 §5.4.
const PONG: u8 = 0xe3;
/// RFC 8323 §5.5.
const RELEASE: u8 = 0xe4;
/// RFC 8323 §5.6.
const ABORT: u8 = 0xe5;

/// In a CSM (RFC 8323 §5.3.1).
const MAX_MESSAGE_SIZE: u16 = 2;
/// In a CSM (RFC 8323 §5.3.2).
const BLOCK_WISE_TRANSFER: u16 = 4;
/// In a CSM (RFC 8974 §2.2.2).
const EXTENDED_TOKEN_LENGTH: u16 = 6;
/// In a Ping and a Pong (RFC 8323 §5.4.1).
const CUSTODY: u16 = 2;
/// In an Abort (RFC 8323 §5.6.1).
const BAD_CSM_OPTION: u16 = 2;

/// The longest token without RFC 8974.
const BASE_TOKEN: usize = 8;
/// The longest token with it.
const LONGEST_TOKEN: usize = 65_804;

/// Keep-alive pings that may stay without any answer.
const MISSED_PINGS: u32 = 3;

/// WebSocket close codes (RFC 6455 §7.4.1).
const NORMAL: u16 = 1000;
const GOING_AWAY: u16 = 1001;
const PROTOCOL_ERROR: u16 = 1002;
const NOT_BINARY: u16 = 1003;
const TOO_LONG: u16 = 1009;

impl Exchanges {
    pub(crate) fn ws_opened(&mut self, peer: PeerId, role: Role) {
        // A driver that uses a number again has forgotten to say that the old connection is gone.
        self.forget(peer);
        self.forget_gone(peer);
        let csm_due = Some(self.after(self.config.csm_wait, Timer::Csm(peer)));
        let ws = Ws {
            role,
            ready: false,
            releasing: false,
            max_message: BASE_MESSAGE_SIZE,
            cap: None,
            block_wise: false,
            custody: Vec::new(),
            last_heard: self.now,
            unanswered: 0,
            ping: None,
            csm_due,
            close_due: None,
            keep_alive_due: None,
        };
        self.peers.insert(peer, Peer::new(Link::Ws(Box::new(ws))));
        let mut options = Options::new();
        options.add_uint(MAX_MESSAGE_SIZE, u32::try_from(self.config.limits.frame).unwrap_or(u32::MAX));
        options.add(BLOCK_WISE_TRANSFER, &[]);
        if self.config.limits.token > BASE_TOKEN {
            options.add_uint(EXTENDED_TOKEN_LENGTH, self.config.limits.token.min(LONGEST_TOKEN) as u32);
        }
        self.ws_signal(peer, CSM, &[], &options, &[]);
        self.ws_set_keep_alive(peer);
    }

    pub(crate) fn ws_frame(&mut self, peer: PeerId, bytes: &[u8]) {
        self.stats.frames_in += 1;
        let now = self.now;
        let Some(ws) = self.ws(peer) else {
            self.stats.ignored += 1;
            return;
        };
        (ws.last_heard, ws.unanswered) = (now, 0);
        let (ready, releasing) = (ws.ready, ws.releasing);
        if bytes.len() > self.config.limits.frame {
            self.stats.frames_too_long += 1;
            self.ws_abort(peer, "the message is longer than the announced Max-Message-Size", TOO_LONG, None);
            return;
        }
        let scan = match scan(Framing::WebSocket, bytes, self.config.limits.options) {
            Ok(scan) => scan,
            Err(error) => {
                self.stats.malformed += 1;
                self.ws_abort(peer, &error.to_string(), PROTOCOL_ERROR, None);
                return;
            }
        };
        if self.ws(peer).is_some_and(|ws| ws.cap.is_some()) {
            self.lift_cap(peer, bytes.len(), &Message::from_scan(&scan).options);
        }
        match scan.code >> 5 {
            0 if scan.code == 0 => self.stats.ignored += 1,
            7 => self.ws_signalled(peer, &scan),
            0 | 2 | 4 | 5 if !ready => {
                self.stats.unexpected += 1;
                self.ws_abort(peer, "the first message must be a CSM", PROTOCOL_ERROR, None);
            }
            0 => self.ws_request(peer, releasing, &scan),
            2 | 4 | 5 => {
                self.response_arrived(peer, Message::from_scan(&scan));
            }
            _ => self.stats.ignored += 1,
        }
    }

    fn ws_request(&mut self, peer: PeerId, releasing: bool, scan: &Scan<'_>) {
        if scan.token.len() > self.config.limits.token.max(BASE_TOKEN) {
            self.stats.tokens_too_long += 1;
            self.ws_abort(peer, "the token is longer than announced", PROTOCOL_ERROR, None);
            return;
        }
        let in_flight = self.peers.get(&peer).map_or(&[][..], |record| &record.open);
        let same = |exchange: &ExchangeId| self.open.get(exchange).is_some_and(|open| open.token == scan.token);
        if in_flight.iter().any(same) {
            self.stats.duplicate_tokens += 1;
            self.ws_abort(peer, "the token is in use by another request", PROTOCOL_ERROR, None);
            return;
        }
        if releasing {
            let open = Open::new(peer, Way::Ws, scan.token.into());
            let response = crate::Response::new(crate::ResponseType::ServiceUnavailable);
            self.send_response(&open, response.with_diagnostic("the connection is closing"));
            return;
        }
        self.request_arrived(peer, Way::Ws, Message::from_scan(scan));
    }

    /// RFC 8323 §5: messages about the connection.
    fn ws_signalled(&mut self, peer: PeerId, scan: &Scan<'_>) {
        let options = Message::from_scan(scan).options;
        if scan.code == ABORT {
            self.stats.aborts_in += 1;
            self.ws_close(peer, NORMAL, "aborted by the peer");
            return;
        }
        // All options of RFC 8323 are elective (even): a critical one is unknown, whatever its number.
        if let Some((number, _)) = options.all().find(|(number, _)| number & 1 == 1) {
            self.stats.bad_options += 1;
            let bad = (scan.code == CSM).then_some(number);
            self.ws_abort(peer, "a critical option is not known", PROTOCOL_ERROR, bad);
            return;
        }
        match scan.code {
            CSM => self.ws_settings(peer, &options),
            PING => self.ws_pinged(peer, scan.token, options.contains(CUSTODY)),
            PONG => self.ws_ponged(peer, scan.token),
            RELEASE => self.ws_begin_release(peer),
            _ => {
                self.stats.unexpected += 1;
                self.ws_abort(peer, "the signalling code is not known", PROTOCOL_ERROR, None);
            }
        }
    }

    fn ws_settings(&mut self, peer: PeerId, options: &Options) {
        let Some(ws) = self.ws(peer) else { return };
        // An option that is not there keeps what an earlier CSM said. What the peer says of tokens is not needed: ours have 8
        // bytes.
        if let Some(size) = options.first_uint(MAX_MESSAGE_SIZE) {
            ws.max_message = size as usize;
        }
        ws.block_wise |= options.contains(BLOCK_WISE_TRANSFER);
        if core::mem::replace(&mut ws.ready, true) {
            return;
        }
        if let Some(due) = ws.csm_due.take() {
            self.timers.cancel(due, Timer::Csm(peer));
        }
        self.event(Event::Ready { peer });
        self.start_queued(peer);
    }

    fn ws_pinged(&mut self, peer: PeerId, token: &[u8], custody: bool) {
        let limit = self.config.limits.custody;
        let before = ExchangeId(self.last_exchange + 1);
        let Some(record) = self.peers.get_mut(&peer) else { return };
        let busy = !record.open.is_empty();
        let Some(ws) = record.ws() else { return };
        if custody && busy && ws.custody.len() < limit {
            let mut due = self.now + self.config.close_wait;
            while ws.custody.iter().any(|other| other.due == due) {
                // Equal times would share one timer.
                due = due + core::time::Duration::from_micros(1);
            }
            ws.custody.push(Custody { token: token.into(), before, due });
            self.timers.set(due, Timer::Custody(peer));
            return;
        }
        // With Custody, a Pong says that everything before the Ping was processed (RFC 8323 §5.4.1).
        self.stats.custody_refused += u64::from(custody && busy);
        self.ws_pong(peer, token, custody && !busy);
    }

    fn ws_pong(&mut self, peer: PeerId, token: &[u8], custody: bool) {
        let mut options = Options::new();
        if custody {
            options.add(CUSTODY, &[]);
        }
        self.ws_signal(peer, PONG, token, &options, &[]);
    }

    /// A request was answered: perhaps the last one that a Pong, or the end of the connection, waits for.
    pub(crate) fn ws_exchange_closed(&mut self, peer: PeerId) {
        let Some(record) = self.peers.get_mut(&peer) else { return };
        let oldest = record.open.iter().min().copied();
        let Some(ws) = record.ws() else { return };
        let done = |custody: &Custody| oldest.is_none_or(|oldest| oldest >= custody.before);
        let (done, waiting) = core::mem::take(&mut ws.custody).into_iter().partition(done);
        ws.custody = waiting;
        let done: Vec<Custody> = done;
        for custody in done {
            self.timers.cancel(custody.due, Timer::Custody(peer));
            self.ws_pong(peer, &custody.token, true);
        }
        self.ws_close_if_done(peer);
    }

    /// Earlier requests take too long: the Pong goes out without the promise.
    pub(crate) fn ws_custody_due(&mut self, peer: PeerId) {
        let now = self.now;
        let Some(ws) = self.ws(peer) else { return };
        let (late, waiting) = core::mem::take(&mut ws.custody).into_iter().partition(|custody| custody.due <= now);
        ws.custody = waiting;
        let late: Vec<Custody> = late;
        for custody in late {
            self.timers.cancel(custody.due, Timer::Custody(peer));
            self.ws_pong(peer, &custody.token, false);
        }
    }

    /// Asks for a Pong. One at a time is enough.
    pub(crate) fn ws_ping(&mut self, peer: PeerId, asked: bool) {
        let token = self.rng.next().to_be_bytes();
        let (now, due) = (self.now, self.now + self.config.close_wait);
        let Some(ws) = self.ws(peer) else { return };
        if let Some(ping) = &mut ws.ping {
            ping.asked |= asked;
            return;
        }
        ws.ping = Some(Ping { token, sent: now, due, asked });
        self.timers.set(due, Timer::Pong(peer));
        self.ws_signal(peer, PING, &token, &Options::new(), &[]);
    }

    /// An empty token is taken for the right one: libcoap answers so.
    fn ws_ponged(&mut self, peer: PeerId, token: &[u8]) {
        let Some(ws) = self.ws(peer) else { return };
        match ws.ping.take_if(|ping| token.is_empty() || token == ping.token) {
            Some(ping) => {
                self.timers.cancel(ping.due, Timer::Pong(peer));
                if ping.asked {
                    let round_trip = Some(self.now - ping.sent);
                    self.event(Event::Pong { peer, round_trip });
                }
            }
            None => self.stats.unknown_tokens += 1,
        }
    }

    pub(crate) fn ws_no_pong(&mut self, peer: PeerId) {
        let ping = self.ws(peer).and_then(|ws| ws.ping.take());
        if ping.is_some_and(|ping| ping.asked) {
            self.event(Event::Pong { peer, round_trip: None });
        }
    }

    fn ws_set_keep_alive(&mut self, peer: PeerId) {
        let interval = self.config.keep_alive;
        if interval.is_zero() {
            return;
        }
        let now = self.now;
        let Some(ws) = self.ws(peer) else { return };
        let quiet = ws.last_heard + interval * (ws.unanswered + 1);
        let due = quiet.max(now + core::time::Duration::from_micros(1));
        ws.keep_alive_due = Some(due);
        self.timers.set(due, Timer::KeepAlive(peer));
    }

    pub(crate) fn ws_keep_alive(&mut self, peer: PeerId) {
        let (now, interval) = (self.now, self.config.keep_alive);
        let Some(ws) = self.ws(peer) else { return };
        if now - ws.last_heard >= interval * (ws.unanswered + 1) {
            if ws.unanswered >= MISSED_PINGS {
                self.stats.silent_closed += 1;
                self.ws_close(peer, GOING_AWAY, "nothing heard for too long");
                return;
            }
            ws.unanswered += 1;
            self.ws_ping(peer, false);
        }
        self.ws_set_keep_alive(peer);
    }

    /// The layer above wants the connection to end.
    pub(crate) fn ws_release(&mut self, peer: PeerId) {
        if self.ws(peer).is_some_and(|ws| !ws.releasing) {
            self.ws_signal(peer, RELEASE, &[], &Options::new(), &[]);
            self.ws_begin_release(peer);
        }
    }

    /// Release was sent or received: finish what is in flight, begin nothing new.
    ///
    /// Source: RFC 8323 §5.5 ("Release Messages").
    fn ws_begin_release(&mut self, peer: PeerId) {
        let wait = self.config.close_wait;
        let due = self.now + wait;
        let Some(record) = self.peers.get_mut(&peer) else { return };
        let waiting: Vec<_> = record.queue.iter().copied().collect();
        let Some(ws) = record.ws() else { return };
        if core::mem::replace(&mut ws.releasing, true) {
            return;
        }
        ws.close_due = Some(due);
        self.timers.set(due, Timer::Close(peer));
        for id in waiting {
            self.fail(id, ExchangeError::Closed);
        }
        self.ws_close_if_done(peer);
    }

    pub(crate) fn ws_close_if_done(&mut self, peer: PeerId) {
        let Some(record) = self.peers.get_mut(&peer).filter(|record| record.is_idle()) else { return };
        if record.ws().is_some_and(|ws| ws.releasing) {
            self.ws_close(peer, NORMAL, "released");
        }
    }

    pub(crate) fn ws_csm_missing(&mut self, peer: PeerId) {
        self.stats.csm_missing += 1;
        self.ws_abort(peer, "no CSM in time", PROTOCOL_ERROR, None);
    }

    pub(crate) fn ws_text(&mut self, peer: PeerId) {
        self.stats.text_frames += 1;
        self.ws_close(peer, NOT_BINARY, "CoAP messages are binary");
    }

    /// Tells the peer what it did wrong, then closes.
    ///
    /// Source: RFC 8323 §5.6 ("Abort Messages").
    fn ws_abort(&mut self, peer: PeerId, diagnostic: &str, code: u16, bad_csm_option: Option<u16>) {
        let mut options = Options::new();
        if let Some(number) = bad_csm_option {
            options.add_uint(BAD_CSM_OPTION, number.into());
        }
        self.stats.aborts_out += 1;
        self.ws_signal(peer, ABORT, &[], &options, diagnostic.as_bytes());
        self.ws_close(peer, code, "CoAP connection error");
    }

    pub(crate) fn ws_close(&mut self, peer: PeerId, code: u16, reason: &'static str) {
        if self.ws(peer).is_some() {
            self.outputs.push_back(Output::Close { peer, code, reason });
            self.forget(peer);
            let due = self.after(self.config.close_wait, Timer::Gone(peer));
            self.gone.insert(peer, due);
        }
    }

    fn ws_signal(&mut self, peer: PeerId, code: u8, token: &[u8], options: &Options, payload: &[u8]) {
        let code = MessageClass::Reserved(code);
        if let Ok(bytes) = encode(Head::Frame, code, token, options, payload) {
            self.transmit(peer, bytes);
        }
    }

    fn ws(&mut self, peer: PeerId) -> Option<&mut Ws> {
        self.peers.get_mut(&peer)?.ws()
    }
}
