//! Why a payload could not be read or written.

use crate::{ContentFormat, Path, PathError, ValueType};

/// Why a payload was refused. The sender is at fault, except for [`DecodeError::Unsupported`].
///
/// `at` is a byte offset into the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The payload ends too early.
    #[error("payload ends at byte {at}, {needed} more needed")]
    Truncated {
        /// Where it ends.
        at: usize,
        /// How many bytes are missing at least.
        needed: usize,
    },
    /// The grammar of the format is broken.
    #[error("expected {expected} at byte {at}")]
    Syntax {
        /// Where.
        at: usize,
        /// What should be there.
        expected: &'static str,
    },
    /// Text that is not UTF-8.
    #[error("invalid UTF-8 at byte {at}")]
    Utf8 {
        /// The first bad byte.
        at: usize,
    },
    /// A name that is not a path.
    #[error("bad name at byte {at}: {why}")]
    Name {
        /// Where the record begins.
        at: usize,
        /// What is wrong with it.
        why: PathError,
    },
    /// A path outside what the request asked for, or of a level that cannot be here.
    #[error("{path} at byte {at} does not belong here")]
    Misplaced {
        /// Which path.
        path: Path,
        /// Where.
        at: usize,
    },
    /// A value of one kind where the definition asks for another.
    #[error("{path}: expected {expected}, got {got} at byte {at}")]
    WrongType {
        /// Of which resource.
        path: Path,
        /// What the definition says.
        expected: ValueType,
        /// What the payload holds.
        got: &'static str,
        /// Where.
        at: usize,
    },
    /// A value of the right kind that cannot be read as its type: out of range, a wrong length, no number.
    #[error("{path}: not a valid {expected} at byte {at}")]
    Invalid {
        /// Of which resource.
        path: Path,
        /// What the definition says.
        expected: ValueType,
        /// Where.
        at: usize,
    },
    /// Instances of a single resource, or one value for a multiple one. Only in strict mode.
    #[error("{path} at byte {at} is not single or multiple as defined")]
    Multiplicity {
        /// Of which resource.
        path: Path,
        /// Where.
        at: usize,
    },
    /// A name or key that begins with another gateway prefix than [`Context::prefix`](crate::Context::prefix), or with
    /// none, or with an alternate root that is not [`Context::root`](crate::Context::root).
    /// [`decode_groups`](super::decode_groups) reads payloads of several devices.
    #[error("the name at byte {at} begins with another gateway prefix or root than was asked for")]
    OtherPrefix {
        /// Where the name or key is.
        at: usize,
    },
    /// The same path twice at the same time, or a resource both as a value and with instances.
    #[error("{path} is given twice")]
    Duplicate {
        /// Which path.
        path: Path,
    },
    /// A SenML-ETCH pack in which some records name what to fetch and others say what to change.
    #[error(
        "the record at byte {at} does not fit the others: a pack either only names, or has a value or null everywhere"
    )]
    MixedPack {
        /// Where the first record begins that is not like the first one.
        at: usize,
    },
    /// A field that cannot be in a SenML-ETCH pack of names.
    #[error("only names, times and units can be in a fetch pack; at byte {at} is something else")]
    NotFetchable {
        /// Where its key is.
        at: usize,
    },
    /// The same key twice in one SenML record; also, in strict mode, in one map of LwM2M CBOR.
    #[error("key is repeated at byte {at}")]
    DuplicateKey {
        /// Where the second one is.
        at: usize,
    },
    /// More than one value in a SenML record.
    #[error("second value in one record at byte {at}")]
    TwoValues {
        /// Where the second one is.
        at: usize,
    },
    /// A SenML key with `_` at its end that we do not know, which must not be passed over.
    #[error("unknown key that must be understood at byte {at}")]
    MustUnderstand {
        /// Where.
        at: usize,
    },
    /// A SenML version other than 10.
    #[error("unknown SenML version at byte {at}")]
    Version {
        /// Where.
        at: usize,
    },
    /// More entries than allowed.
    #[error("more than {limit} entries")]
    TooMany {
        /// How many are allowed.
        limit: usize,
    },
    /// Nested deeper than allowed.
    #[error("nested deeper than {limit} at byte {at}")]
    TooDeep {
        /// How deep is allowed.
        limit: usize,
        /// Where.
        at: usize,
    },
    /// More bytes than allowed.
    #[error("payload of more than {limit} bytes")]
    TooLarge {
        /// How many are allowed.
        limit: usize,
    },
    /// Base name and name together are longer than allowed.
    #[error("name of more than {limit} bytes at byte {at}")]
    NameTooLong {
        /// How many bytes are allowed.
        limit: usize,
        /// Where the record begins.
        at: usize,
    },
    /// The format cannot carry what was asked for at this path.
    #[error("{format} cannot be read at {base}")]
    Base {
        /// The format.
        format: ContentFormat,
        /// The path of the request.
        base: Path,
    },
    /// A content format that this crate does not read.
    #[error("content format {0} is not supported")]
    Unsupported(ContentFormat),
}

impl DecodeError {
    /// The name of the kind, as JSON interfaces give it.
    ///
    /// ```
    /// use lwm2m::codec::DecodeError;
    /// assert_eq!(DecodeError::Truncated { at: 4, needed: 1 }.code(), "Truncated");
    /// ```
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "Truncated",
            Self::Syntax { .. } => "Syntax",
            Self::Utf8 { .. } => "Utf8",
            Self::Name { .. } => "Name",
            Self::Misplaced { .. } => "Misplaced",
            Self::WrongType { .. } => "WrongType",
            Self::Invalid { .. } => "Invalid",
            Self::Multiplicity { .. } => "Multiplicity",
            Self::OtherPrefix { .. } => "OtherPrefix",
            Self::Duplicate { .. } => "Duplicate",
            Self::MixedPack { .. } => "MixedPack",
            Self::NotFetchable { .. } => "NotFetchable",
            Self::DuplicateKey { .. } => "DuplicateKey",
            Self::TwoValues { .. } => "TwoValues",
            Self::MustUnderstand { .. } => "MustUnderstand",
            Self::Version { .. } => "Version",
            Self::TooMany { .. } => "TooMany",
            Self::TooDeep { .. } => "TooDeep",
            Self::TooLarge { .. } => "TooLarge",
            Self::NameTooLong { .. } => "NameTooLong",
            Self::Base { .. } => "Base",
            Self::Unsupported(_) => "Unsupported",
        }
    }

    /// The byte offset, where there is one.
    pub const fn at(&self) -> Option<usize> {
        match *self {
            Self::Truncated { at, .. }
            | Self::Syntax { at, .. }
            | Self::Utf8 { at }
            | Self::Name { at, .. }
            | Self::Misplaced { at, .. }
            | Self::WrongType { at, .. }
            | Self::Invalid { at, .. }
            | Self::Multiplicity { at, .. }
            | Self::OtherPrefix { at }
            | Self::MixedPack { at }
            | Self::NotFetchable { at }
            | Self::DuplicateKey { at }
            | Self::TwoValues { at }
            | Self::MustUnderstand { at }
            | Self::Version { at }
            | Self::TooDeep { at, .. }
            | Self::NameTooLong { at, .. } => Some(at),
            Self::Duplicate { .. }
            | Self::TooMany { .. }
            | Self::TooLarge { .. }
            | Self::Base { .. }
            | Self::Unsupported(_) => None,
        }
    }

    /// The path it is about, where there is one.
    pub const fn path(&self) -> Option<Path> {
        match *self {
            Self::Misplaced { path, .. }
            | Self::WrongType { path, .. }
            | Self::Invalid { path, .. }
            | Self::Multiplicity { path, .. }
            | Self::Duplicate { path } => Some(path),
            Self::Base { base, .. } => Some(base),
            _ => None,
        }
    }
}

/// Why entries cannot be written. The caller is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The value is of another type than the definition says.
    #[error("{path}: expected {expected}, got {got}")]
    WrongType {
        /// Of which resource.
        path: Path,
        /// What the definition says.
        expected: ValueType,
        /// What was given.
        got: ValueType,
    },
    /// The path is outside the path of the request, or of a level that the format cannot write there.
    #[error("{path} does not belong here")]
    Misplaced {
        /// Which path.
        path: Path,
    },
    /// NaN or an infinity in a format that has only decimal numbers.
    #[error("{path}: only finite numbers can be written")]
    NotFinite {
        /// Of which resource.
        path: Path,
    },
    /// The format has no times.
    #[error("{path}: the format carries no time")]
    NoTime {
        /// Of which entry.
        path: Path,
    },
    /// A time that would be read as another one: absolute but as small as relative ones, or the other way round; in SenML
    /// CBOR also one with a fraction of a second more than 292 years from 1970, unless a float says it.
    #[error("{path}: the format cannot say this time, it would be read as another")]
    BadTime {
        /// Of which entry.
        path: Path,
    },
    /// The format has no name for an instance whose id is left to the client ([`Path::new_instance`]). TLV (11542) and
    /// LwM2M CBOR (11544) have one.
    #[error("{path}: the format needs an instance id; TLV and LwM2M CBOR can leave it to the client")]
    NewInstance {
        /// Which path.
        path: Path,
    },
    /// A SenML-ETCH pack in which some entries only name and others say what to change.
    #[error("{path}: a pack either only names, or changes everywhere")]
    MixedPack {
        /// The first entry that is not like the first one.
        path: Path,
    },
    /// The format needs at least one entry.
    #[error("the format needs at least one entry")]
    Empty,
    /// The format cannot say that something is to be deleted.
    #[error("{path}: the format cannot delete")]
    NoDelete {
        /// Of which entry.
        path: Path,
    },
    /// The format cannot say that something is there without a value.
    #[error("{path}: the format cannot write what has no value")]
    NoEmpty {
        /// Of which entry.
        path: Path,
    },
    /// The format carries exactly one value, and there are none or several.
    #[error("the format carries exactly one value")]
    NotOne,
    /// The same path twice, or a resource both as a value and with instances.
    #[error("{path} is given twice")]
    Duplicate {
        /// Which path.
        path: Path,
    },
    /// A value or an instance too long for a TLV length (16,777,215 bytes).
    #[error("{path} is too long")]
    TooLong {
        /// Which path.
        path: Path,
    },
    /// The format cannot carry what is at this path.
    #[error("{format} cannot be written at {base}")]
    Base {
        /// The format.
        format: ContentFormat,
        /// The path of the request.
        base: Path,
    },
    /// A content format that this crate does not write.
    #[error("content format {0} is not supported")]
    Unsupported(ContentFormat),
}

impl EncodeError {
    /// The name of the kind, as JSON interfaces give it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::WrongType { .. } => "WrongType",
            Self::Misplaced { .. } => "Misplaced",
            Self::NotFinite { .. } => "NotFinite",
            Self::NoTime { .. } => "NoTime",
            Self::BadTime { .. } => "BadTime",
            Self::NewInstance { .. } => "NewInstance",
            Self::MixedPack { .. } => "MixedPack",
            Self::Empty => "Empty",
            Self::NoDelete { .. } => "NoDelete",
            Self::NoEmpty { .. } => "NoEmpty",
            Self::NotOne => "NotOne",
            Self::Duplicate { .. } => "Duplicate",
            Self::TooLong { .. } => "TooLong",
            Self::Base { .. } => "Base",
            Self::Unsupported(_) => "Unsupported",
        }
    }

    /// The path it is about, where there is one.
    pub const fn path(&self) -> Option<Path> {
        match *self {
            Self::WrongType { path, .. }
            | Self::Misplaced { path }
            | Self::NotFinite { path }
            | Self::NoTime { path }
            | Self::NewInstance { path }
            | Self::MixedPack { path }
            | Self::NoDelete { path }
            | Self::Duplicate { path }
            | Self::TooLong { path }
            | Self::BadTime { path, .. }
            | Self::NoEmpty { path, .. } => Some(path),
            Self::Base { base, .. } => Some(base),
            Self::NotOne | Self::Empty | Self::Unsupported(_) => None,
        }
    }
}
