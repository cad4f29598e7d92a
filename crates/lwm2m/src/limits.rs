//! Every bound on what a sender can make this crate do, in one place.

/// How much one payload or one link list may ask for.
///
/// Start from [`Limits::DEFAULT`] and change what you need.
///
/// ```
/// use lwm2m::Limits;
/// let limits = Limits { entries: 100, ..Limits::DEFAULT };
/// assert_eq!(limits.nesting, 8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // so that `..Limits::DEFAULT` works for callers
pub struct Limits {
    /// Bytes of one payload or link list. Default: 1 MiB.
    pub payload: usize,
    /// Entries (TLV, SenML) of one payload. Default: 65,536.
    pub entries: usize,
    /// How deep arrays and objects of JSON, and arrays, maps and tags of CBOR, may be nested, the outermost counted.
    /// Default: 8.
    pub nesting: usize,
    /// Bytes of one expanded name (base name and name together). Default: 1,024.
    pub name: usize,
    /// Fields of one [`annotate`](crate::annotate()); what is beyond is one field. Default: 262,144.
    pub fields: usize,
    /// Links of one list. Default: 1,024.
    pub links: usize,
    /// Attributes of one link. Default: 64.
    pub attributes: usize,
    /// Arguments of one Execute. Default: 64.
    pub arguments: usize,
}

impl Limits {
    /// The defaults named at each field.
    pub const DEFAULT: Self = Self {
        payload: 1 << 20,
        entries: 65_536,
        nesting: 8,
        name: 1_024,
        fields: 262_144,
        links: 1_024,
        attributes: 64,
        arguments: 64,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How much one file of object definitions may ask for. Public as [`ddf::Limits`](crate::ddf::Limits).
///
/// Start from [`DdfLimits::DEFAULT`] and change what you need.
#[cfg(feature = "ddf")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // so that `..Limits::DEFAULT` works for callers
pub struct DdfLimits {
    /// Bytes of the file. Default: 1 MiB.
    pub bytes: usize,
    /// Resources of all objects of the file together. Default: 65,535.
    pub items: usize,
    /// How deep elements may be nested, the root counted. Default: 16.
    pub nesting: usize,
    /// Values with a name that are kept of one resource; further ones are left out. Default: 256.
    pub named_values: usize,
    /// Warnings, and findings of the linter, of one file; further ones are left out. Default: 10,000.
    pub warnings: usize,
}

#[cfg(feature = "ddf")]
impl DdfLimits {
    /// The defaults named at each field.
    pub const DEFAULT: Self = Self { bytes: 1 << 20, items: 65_535, nesting: 16, named_values: 256, warnings: 10_000 };
}

#[cfg(feature = "ddf")]
impl Default for DdfLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
