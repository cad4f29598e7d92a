//! Why a payload could not be read or written.

use core::fmt;

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
    /// A content format that has no entries: one that nobody knows, or link format (40), which [`link`](crate::link) and
    /// [`Discovery`](crate::Discovery) read.
    #[error("{}", Unsupported(*.0))]
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

    /// What to look at or to do about it, in a sentence for people.
    ///
    /// ```
    /// use lwm2m::codec::DecodeError;
    /// let error = DecodeError::Truncated { at: 4, needed: 1 };
    /// assert_eq!(error.help(), "The payload was cut off on its way, or a length before that byte is wrong.");
    /// ```
    pub const fn help(&self) -> &'static str {
        match *self {
            Self::Truncated { .. } => "The payload was cut off on its way, or a length before that byte is wrong.",
            Self::Syntax { .. } => "The payload may be of another content format than it claims to be.",
            Self::Utf8 { .. } => "Text is UTF-8 in every format; bytes belong in a resource of type opaque.",
            Self::Name { .. } => {
                "A name is ids from 0 to 65534 with / between them; base name and name are put together as they are."
            }
            Self::Misplaced { .. } => "All names must lie at or below the path of the request: is that path right?",
            Self::WrongType { .. } => {
                "The definition says the type: is it the version that the device has, and is the path right?"
            }
            Self::Invalid { expected, .. } => value_help(expected),
            Self::Multiplicity { .. } => "Strict mode refuses it, lenient mode does not.",
            Self::OtherPrefix { .. } => "Payloads of several devices are read by their groups.",
            Self::Duplicate { .. } => "Which of the two counts nobody says; several values of one path need times.",
            Self::MixedPack { .. } | Self::NotFetchable { .. } => {
                "A pack to fetch has names only; a pack to change has a value or null in each record."
            }
            Self::DuplicateKey { .. } | Self::TwoValues { .. } => "Which of the two counts nobody says.",
            Self::MustUnderstand { .. } => "A key with _ at its end changes what the others mean.",
            Self::Version { .. } => "SenML of version 10 is read, and in lenient mode that of the drafts before.",
            Self::TooMany { .. } | Self::TooDeep { .. } | Self::TooLarge { .. } | Self::NameTooLong { .. } => {
                "If the payload is meant to be like that, raise the limit."
            }
            Self::Base { .. } => {
                "Formats of one value need the path of a resource; TLV needs that of an object at least."
            }
            Self::Unsupported(ContentFormat::LINK_FORMAT) => "Links have no values: read them as links.",
            Self::Unsupported(_) => "Ask the device for a format that is known, by Accept.",
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
    /// A content format that this crate does not write: one that nobody knows, one of a draft, which is only read, or link
    /// format (40), which [`link`](crate::link) writes.
    #[error("{}", Unsupported(*.0))]
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

    /// What to look at or to do about it, in a sentence for people.
    pub const fn help(&self) -> &'static str {
        match *self {
            Self::WrongType { expected, .. } => value_help(expected),
            Self::Misplaced { .. } => "All paths must lie at or below the path of the request.",
            Self::NotFinite { .. } => "TLV and CBOR carry NaN and infinities; text and JSON do not.",
            Self::NoTime { .. } => "SenML and LwM2M JSON carry times.",
            Self::BadTime { .. } => "SenML takes times from 268435456 seconds on for absolute, LwM2M JSON all above 0.",
            Self::NewInstance { .. } => "TLV and LwM2M CBOR can leave the instance id to the client.",
            Self::MixedPack { .. } => "Write what is to be fetched and what is to be changed in two packs.",
            Self::Empty => "Give at least one entry.",
            Self::NoDelete { .. } => "Only SenML-ETCH can delete.",
            Self::NoEmpty { .. } => "TLV can write instances and resources with nothing in them.",
            Self::NotOne => "Give the one value, or take a format for several.",
            Self::Duplicate { .. } => "Only values of different times may have the same path.",
            Self::TooLong { .. } => "SenML CBOR has no such bound.",
            Self::Base { .. } => {
                "Formats of one value need the path of a resource; TLV needs that of an object at least."
            }
            Self::Unsupported(_) => "Take one of the formats that are written.",
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

/// How values of a type are written.
const fn value_help(kind: ValueType) -> &'static str {
    match kind {
        ValueType::String => "A string is UTF-8.",
        ValueType::Integer => "An integer is whole and fits in 64 bits; in TLV it has 1, 2, 4 or 8 bytes.",
        ValueType::Unsigned => "An unsigned integer is whole, 0 to 2^64 - 1; in TLV it has 1, 2, 4 or 8 bytes.",
        ValueType::Float => "A float is a decimal number in range; in TLV it has 4 or 8 bytes.",
        ValueType::Boolean => "A Boolean is 0 or 1 in text and TLV, true or false in JSON and CBOR.",
        ValueType::Opaque => {
            "In text and LwM2M JSON bytes are base64; in SenML JSON base64 of the URL-safe alphabet; else as they are."
        }
        ValueType::Time => "A time is whole seconds since 1970; in TLV it has 1, 2, 4 or 8 bytes.",
        ValueType::ObjectLink => "An object link is two ids from 0 to 65535, 3:0; in TLV it has 4 bytes.",
        ValueType::CoreLink => "Links are UTF-8 in link format.",
    }
}

/// In words.
struct Unsupported(ContentFormat);

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            format @ ContentFormat::LINK_FORMAT => {
                write!(
                    f,
                    "{format} has links, not values: lwm2m::link reads and writes it, Discovery makes sense of it"
                )
            }
            format @ (ContentFormat::LEGACY_TEXT
            | ContentFormat::LEGACY_TLV
            | ContentFormat::LEGACY_JSON
            | ContentFormat::LEGACY_OPAQUE) => {
                write!(f, "content format {format} is of a draft: it is read, not written")
            }
            format => write!(f, "content format {format} is not supported"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn says_what_is_not_read_and_why() {
        for (format, words) in [
            (ContentFormat::LINK_FORMAT, "link format (40) has links, not values: "),
            (
                ContentFormat::LEGACY_JSON,
                "content format LwM2M JSON (legacy) (1543) is of a draft: it is read, not written",
            ),
            (ContentFormat(9999), "content format 9999 is not supported"),
        ] {
            assert!(DecodeError::Unsupported(format).to_string().starts_with(words));
            assert!(EncodeError::Unsupported(format).to_string().starts_with(words));
        }
        let links = crate::Context::new(ContentFormat::LINK_FORMAT, Path::ROOT, crate::Models::oma());
        let error = DecodeError::Unsupported(ContentFormat::LINK_FORMAT);
        assert_eq!(crate::codec::decode(b"</3>", &links), Err(error));
        assert_eq!((error.code(), error.at(), error.path()), ("Unsupported", None, None));
    }

    #[test]
    fn helps_with_each_type() {
        let path = Path::resource(3, 0, 9);
        for expected in ValueType::ALL {
            let error = DecodeError::Invalid { path, expected, at: 2 };
            assert_eq!((error.code(), error.at(), error.path()), ("Invalid", Some(2), Some(path)));
            assert!(error.to_string().starts_with("/3/0/9: not a valid ") && error.help().ends_with('.'), "{error}");
        }
    }
}
