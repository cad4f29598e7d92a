//! Decimal text to binary64 and back, exactly: the nearest float of a text, and the shortest text of a float.
//!
//! `core` does both, fast, with 13 kB of tables and 22 kB of code. Where size counts (feature `small`) `float/exact.rs`
//! does the same with neither; the tests compare the two.

#[cfg(any(test, feature = "small"))]
mod exact;

use core::fmt;

/// The float nearest to a decimal number with an optional sign, point and exponent; also an infinity, if it is beyond all
/// of them. None if the text is no such number.
pub(crate) fn parse(text: &str) -> Option<f64> {
    // `f64::from_str` would take `inf` and `nan`.
    if !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E')) {
        return None;
    }
    #[cfg(feature = "small")]
    return exact::parse(text);
    #[cfg(not(feature = "small"))]
    text.parse().ok()
}

/// Prints the shortest digits that read back to the same float, never with an exponent, and a point only if it is needed.
/// Only for finite ones.
pub(crate) struct Plain(pub(crate) f64);

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "small")]
        return exact::write_plain(self.0, f);
        #[cfg(not(feature = "small"))]
        fmt::Display::fmt(&self.0, f)
    }
}

/// Prints the shortest digits that read back to the same float, with an exponent if it is very large or small, and always
/// as a float: `1.0`. Only for finite ones.
pub(crate) struct Shortest(pub(crate) f64);

impl fmt::Display for Shortest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[cfg(feature = "small")]
        return exact::write(self.0, f);
        // Debug switches to an exponent where Display writes hundreds of zeros.
        #[cfg(not(feature = "small"))]
        fmt::Debug::fmt(&self.0, f)
    }
}
