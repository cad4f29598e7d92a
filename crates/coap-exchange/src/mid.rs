//! Message ids that are never used twice for a peer within 247 s, with eight bytes of state per peer and none when idle.
//!
//! Ids are drawn from a line of numbers that moves with the clock: a peer's next id is the number of the moment, or one more
//! than its last. It may be ahead of the clock by at most [`BURST`]. Since the line needs 247 s for the rest of the 65,536
//! numbers, two messages with the same 16 bits are always that far apart; and once the clock has passed a peer's last number,
//! the peer can be forgotten.

use core::time::Duration;

use crate::{EXCHANGE_LIFETIME, Mono, Utc};

/// Messages to one peer beyond the steady 232 a second.
pub(crate) const BURST: u64 = 8_192;

/// How far the line moves in [`EXCHANGE_LIFETIME`]. One less than what is left, for rounding.
const SPAN: u64 = 65_536 - BURST - 1;

/// The clock that the line follows: civil time at the start, monotonic from there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    start: Mono,
    utc: Utc,
    offset: u16,
}

impl Line {
    pub(crate) const fn new(start: Mono, utc: Utc, offset: u16) -> Self {
        Self { start, utc, offset }
    }

    /// Civil time.
    pub(crate) fn utc(&self, now: Mono) -> Utc {
        self.utc + now.since(self.start)
    }

    /// The number of the moment.
    fn number(&self, now: Mono) -> u64 {
        let micros = u128::from(self.utc(now).as_micros());
        let number = micros * u128::from(SPAN) / EXCHANGE_LIFETIME.as_micros();
        u64::try_from(number).unwrap_or(u64::MAX)
    }

    /// When the line reaches a number.
    fn when(&self, number: u64) -> Mono {
        let micros = (u128::from(number) * EXCHANGE_LIFETIME.as_micros()).div_ceil(u128::from(SPAN));
        let micros = u64::try_from(micros).unwrap_or(u64::MAX);
        self.start + Duration::from_micros(micros.saturating_sub(self.utc.as_micros()))
    }
}

/// The ids used with one peer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MessageIds {
    /// The next number may not be below this.
    next: u64,
}

impl MessageIds {
    /// Takes the next id.
    ///
    /// # Errors
    ///
    /// When all have been used: the time at which there is one again.
    pub(crate) fn take(&mut self, line: &Line, now: Mono) -> Result<u16, Mono> {
        let current = line.number(now);
        let number = self.next.max(current);
        if number > current + BURST {
            return Err(line.when(number - BURST));
        }
        self.next = number + 1;
        Ok((number as u16).wrapping_add(line.offset))
    }

    /// When the peer may be forgotten.
    pub(crate) fn idle_at(&self, line: &Line) -> Mono {
        if self.next == 0 { Mono::ZERO } else { line.when(self.next) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    const NOW: Utc = Utc::from_micros(1_795_478_399_123_456);

    /// Takes ids as fast as allowed, forgetting the peer whenever that is allowed, and checks the distance of equal ones.
    fn run(step: Duration, messages: u32, forget: bool) {
        let line = Line::new(Mono::from_micros(5), NOW, 40_000);
        let mut last: Vec<Option<Mono>> = vec![None; 65_536];
        let mut ids = MessageIds::default();
        let mut now = Mono::from_micros(5);
        for _ in 0..messages {
            if forget && now >= ids.idle_at(&line) {
                ids = MessageIds::default();
            }
            let id = loop {
                match ids.take(&line, now) {
                    Ok(id) => break id,
                    Err(at) => {
                        assert!(at > now, "waits for the past");
                        now = at;
                    }
                }
            };
            if let Some(before) = last[usize::from(id)].replace(now) {
                assert!(now - before >= EXCHANGE_LIFETIME, "id {id} again after {:?}", now - before);
            }
            now = now + step;
        }
    }

    #[test]
    fn no_id_comes_twice_in_an_exchange_lifetime() {
        // RFC 7252 §4.4: "the same Message ID MUST NOT be reused ... within the EXCHANGE_LIFETIME".
        run(Duration::ZERO, 200_000, false);
        run(Duration::from_micros(3), 200_000, true);
        run(Duration::from_millis(4), 200_000, true);
        run(Duration::from_millis(5), 100_000, true);
        run(Duration::from_secs(61), 10_000, true);
    }

    #[test]
    fn a_burst_is_allowed_and_then_the_steady_rate() {
        let line = Line::new(Mono::ZERO, NOW, 0);
        let mut ids = MessageIds::default();
        let burst = (0..).take_while(|_| ids.take(&line, Mono::ZERO).is_ok()).count();
        assert_eq!(burst, 8_193);
        let second = Mono::ZERO + Duration::from_secs(1);
        assert_eq!((0..).take_while(|_| ids.take(&line, second).is_ok()).count(), 233);
    }
}
