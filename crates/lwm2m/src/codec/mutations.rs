//! Payloads with one to three slips, always the same ones. For tests of every format.

use alloc::vec::Vec;

/// Numbers that look random and are the same at every run.
pub(super) struct Mutations {
    random: u64,
    /// Bytes that mean much in the format.
    telling: [u8; 10],
}

impl Mutations {
    pub(super) const fn new(seed: u64, telling: [u8; 10]) -> Self {
        Self { random: seed, telling }
    }

    fn next(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % below.max(1) as u64) as usize
    }

    /// The payload with bits turned, bytes replaced, put in or left out.
    pub(super) fn of(&mut self, original: &[u8]) -> Vec<u8> {
        let mut payload = original.to_vec();
        for _ in 0..=self.next(2) {
            let at = self.next(payload.len());
            match self.next(4) {
                0 => payload[at] ^= 1 << self.next(8),
                1 => payload[at] = self.telling[self.next(10)],
                2 => payload.insert(at, self.next(256) as u8),
                _ if payload.len() > 1 => drop(payload.remove(at)),
                _ => {}
            }
        }
        payload
    }
}
