//! Version numbers of the enabler and of objects.

use core::fmt;
use core::str::FromStr;

/// A version of LwM2M or of an object: `1.1`.
///
/// Two whole numbers, never a decimal: 1.10 comes after 1.9.
///
/// Reading is lenient: `1.2.1` (a patch level, which is dropped) and `1` (meaning 1.0) are taken.
///
/// ```
/// use lwm2m::Version;
/// assert_eq!("1.2.1".parse(), Ok(Version::V1_2));
/// assert_eq!(Version::new(1, 10).to_string(), "1.10");
/// assert!(Version::new(1, 10) > Version::new(1, 9));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_structs)] // major and minor, as the specification has it
pub struct Version {
    /// Before the dot. A change here breaks compatibility.
    pub major: u8,
    /// After the dot.
    pub minor: u8,
}

impl Version {
    /// 1.0
    pub const V1_0: Self = Self::new(1, 0);
    /// 1.1
    pub const V1_1: Self = Self::new(1, 1);
    /// 1.2
    pub const V1_2: Self = Self::new(1, 2);

    /// `major.minor`
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        // Nearly all there are.
        if let &[major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9'] = text.as_bytes() {
            return Ok(Self::new(major & 15, minor & 15));
        }
        let mut parts = text.split('.').map(|part| {
            // `u8::from_str` would take a sign.
            if part.bytes().all(|b| b.is_ascii_digit()) {
                part.parse::<u8>().map_err(|_| VersionError)
            } else {
                Err(VersionError)
            }
        });
        let major = parts.next().unwrap_or(Err(VersionError))?;
        let minor = parts.next().unwrap_or(Ok(0))?;
        let patch = parts.next();
        if patch.is_some_and(|part| part.is_err()) || parts.next().is_some() {
            return Err(VersionError);
        }
        Ok(Self { major, minor })
    }
}

/// The text is not `major.minor` with two numbers of 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a version like 1.1")]
#[non_exhaustive]
pub struct VersionError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        for (text, version) in [
            ("1.0", Ok(Version::V1_0)),
            ("1.1", Ok(Version::V1_1)),
            ("1.2.1", Ok(Version::V1_2)),
            ("2", Ok(Version::new(2, 0))),
            ("1.255", Ok(Version::new(1, 255))),
            ("1.256", Err(VersionError)),
            ("", Err(VersionError)),
            ("1.", Err(VersionError)),
            (".1", Err(VersionError)),
            ("+1.0", Err(VersionError)),
            ("1.0.x", Err(VersionError)),
            ("1.0.0.0", Err(VersionError)),
            ("1 .0", Err(VersionError)),
        ] {
            assert_eq!(text.parse::<Version>(), version, "{text}");
        }
    }
}
