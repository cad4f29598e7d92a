//! The name a device registers under.

use std::fmt;
use std::sync::Arc;

/// An Endpoint Client Name: 1 to 252 bytes of UTF-8 without control characters, and neither `.` nor `..`.
///
/// Compared byte for byte; cloning shares the text. Any `/` or `:` in it is data: a name is one Uri-Path option or one
/// percent-encoded segment, never joined or split as text.
///
/// Source: OMA LwM2M Core, "Register", parameter `ep`; the bounds are this project's own.
///
/// ```
/// use lwm2m_engine::{EndpointError, EndpointName};
///
/// let name: EndpointName = "urn:imei:352656100044".parse()?;
/// assert_eq!(name.as_str(), "urn:imei:352656100044");
/// assert_eq!("..".parse::<EndpointName>(), Err(EndpointError::Reserved));
/// assert_eq!("a\nb".parse::<EndpointName>(), Err(EndpointError::Control { at: 1 }));
/// # Ok::<(), EndpointError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointName(Arc<str>);

/// Why some bytes are not an [`EndpointName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Nothing there.
    #[error("the endpoint name is empty")]
    Empty,
    /// Longer than [`EndpointName::MAX_BYTES`].
    #[error("the endpoint name has {len} bytes, {max} are allowed", max = EndpointName::MAX_BYTES)]
    TooLong {
        /// How long it was, in bytes.
        len: usize,
    },
    /// Not UTF-8.
    #[error("the endpoint name is not UTF-8 at byte {at}")]
    NotUtf8 {
        /// The first byte that is not UTF-8.
        at: usize,
    },
    /// A control character.
    #[error("the endpoint name has a control character at byte {at}")]
    Control {
        /// Where it stands.
        at: usize,
    },
    /// `.` or `..`, which are no path segments.
    #[error("the endpoint name must not be . or ..")]
    Reserved,
}

impl EndpointName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 252;

    /// Reads a name from the bytes of a CoAP option.
    ///
    /// # Errors
    /// [`EndpointError`] says which rule the bytes break, and where.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EndpointError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(EndpointError::TooLong { len: bytes.len() });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| EndpointError::NotUtf8 { at: error.valid_up_to() })?;
        if text.is_empty() {
            return Err(EndpointError::Empty);
        }
        if let Some((at, _)) = text.char_indices().find(|(_, c)| c.is_control()) {
            return Err(EndpointError::Control { at });
        }
        if matches!(text, "." | "..") {
            return Err(EndpointError::Reserved);
        }
        Ok(Self(text.into()))
    }

    /// Sorts before every name; for the start of ranges only.
    pub(crate) fn lowest() -> Self {
        Self("".into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The slot of the name, 0 to 4,095: which partition of a cluster looks after the device.
    ///
    /// It stands in the first 16 bits of every id that a device gives back, below four bits of layout version (0).
    pub fn slot(&self) -> u16 {
        // FNV-1a: stable across versions and machines, which std's hashers do not promise.
        let hash = self
            .0
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        ((hash ^ (hash >> 32)) & 0x0fff) as u16
    }
}

impl std::str::FromStr for EndpointName {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        Self::from_bytes(text.as_bytes())
    }
}

impl fmt::Display for EndpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EndpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        let long = "x".repeat(253);
        let cases: &[(&[u8], Result<(), EndpointError>)] = &[
            (b"a", Ok(())),
            ("Gewächshaus 7".as_bytes(), Ok(())),
            (b"a/b:c?d", Ok(())),
            (&long.as_bytes()[..252], Ok(())),
            (long.as_bytes(), Err(EndpointError::TooLong { len: 253 })),
            (b"", Err(EndpointError::Empty)),
            (b".", Err(EndpointError::Reserved)),
            (b"..", Err(EndpointError::Reserved)),
            (b"...", Ok(())),
            (b"ab\xff", Err(EndpointError::NotUtf8 { at: 2 })),
            (b"a\x7f", Err(EndpointError::Control { at: 1 })),
            ("a\u{85}".as_bytes(), Err(EndpointError::Control { at: 1 })),
        ];
        for (bytes, want) in cases {
            assert_eq!(EndpointName::from_bytes(bytes).map(|_| ()), *want, "{bytes:?}");
        }
    }

    #[test]
    fn slots_are_spread_and_stable() {
        let mut used = std::collections::BTreeSet::new();
        for n in 0..4096 {
            used.insert(EndpointName::from_bytes(format!("device-{n}").as_bytes()).unwrap().slot());
        }
        assert!(used.len() > 2400, "{} of about 2,589 expected", used.len());
        assert_eq!(
            "device-0".parse::<EndpointName>().unwrap().slot(),
            "device-0".parse::<EndpointName>().unwrap().slot()
        );
    }
}
