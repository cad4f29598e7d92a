//! Option numbers that `CoapOption` does not name, and what is known of the critical ones.

use core::ops::RangeInclusive;

/// OSCORE (RFC 8613 §2).
pub const OSCORE: u16 = 9;
/// Hop-Limit (RFC 8768 §3).
pub const HOP_LIMIT: u16 = 16;
/// Q-Block1 (RFC 9177 §4.1). Not supported: a request with it is answered 4.02.
pub const Q_BLOCK1: u16 = 19;
/// Q-Block2 (RFC 9177 §4.1). Not supported: a request with it is answered 4.02.
pub const Q_BLOCK2: u16 = 31;
/// Echo (RFC 9175 §2.2).
pub const ECHO: u16 = 252;
/// No-Response (RFC 7967 §2).
pub const NO_RESPONSE: u16 = 258;
/// Request-Tag (RFC 9175 §3.2).
pub const REQUEST_TAG: u16 = 292;

/// What a critical option may look like.
#[derive(Debug)]
pub(super) struct Critical {
    /// Allowed lengths of the value in bytes.
    pub(super) length: RangeInclusive<usize>,
    /// Whether it may occur more than once.
    pub(super) repeatable: bool,
}

/// The critical options this crate, or what is above it, understands in a request.
///
/// Sources: RFC 7252 §5.10 table 4 (If-Match, Uri-*, If-None-Match, Accept, Proxy-*), RFC 7959 §2.1 table 1 (Block).
pub(super) fn critical(number: u16) -> Option<Critical> {
    let (length, repeatable) = match number {
        1 => (0..=8, true),        // If-Match
        3 => (1..=255, false),     // Uri-Host
        5 => (0..=0, false),       // If-None-Match
        7 => (0..=2, false),       // Uri-Port
        11 => (0..=255, true),     // Uri-Path
        15 => (0..=255, true),     // Uri-Query
        17 => (0..=2, false),      // Accept
        23 | 27 => (0..=3, false), // Block2, Block1
        35 => (1..=1034, false),   // Proxy-Uri
        39 => (1..=255, false),    // Proxy-Scheme
        _ => return None,
    };
    Some(Critical { length, repeatable })
}
