//! What a server may do with a resource.

use core::fmt;

/// What a server may do with a resource.
///
/// [`Display`](fmt::Display) says it in words.
///
/// ```
/// use lwm2m::Operations;
/// assert_eq!(Operations::ReadWrite.to_string(), "Read, write");
/// assert!(Operations::ReadWrite.can_read() && !Operations::Execute.can_read());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the combinations that the definitions allow
pub enum Operations {
    /// Nothing; only a Bootstrap-Server has access.
    None,
    /// Read it.
    Read,
    /// Write it.
    Write,
    /// Read and write it.
    ReadWrite,
    /// Execute it.
    Execute,
}

impl Operations {
    /// Whether it can be read (and observed).
    pub const fn can_read(self) -> bool {
        matches!(self, Self::Read | Self::ReadWrite)
    }

    /// Whether it can be written.
    pub const fn can_write(self) -> bool {
        matches!(self, Self::Write | Self::ReadWrite)
    }

    /// Whether it can be executed.
    pub const fn can_execute(self) -> bool {
        matches!(self, Self::Execute)
    }

    /// The letters of the definitions: `RW`; empty for none.
    pub const fn letters(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Read => "R",
            Self::Write => "W",
            Self::ReadWrite => "RW",
            Self::Execute => "E",
        }
    }
}

impl fmt::Display for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "Bootstrap only",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::ReadWrite => "Read, write",
            Self::Execute => "Execute",
        })
    }
}
