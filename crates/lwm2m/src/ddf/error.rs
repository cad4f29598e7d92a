//! Why a file is refused, and what in an accepted one deserves a word.

use alloc::string::String;
use core::fmt;

use crate::Version;

/// Why a file of object definitions is refused, and where. Whoever made the file is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1. A byte order mark does not count.
    pub column: u32,
    /// Why.
    pub kind: ErrorKind,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.kind)
    }
}

impl core::error::Error for Error {}

/// Why a file of object definitions is refused. See [`Error`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file is longer than [`Limits::bytes`](super::Limits::bytes).
    #[error("the file has more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// There are more resources than [`Limits::items`](super::Limits::items).
    #[error("more than {limit} resources")]
    TooManyItems {
        /// The limit.
        limit: usize,
    },
    /// Elements are nested deeper than [`Limits::nesting`](super::Limits::nesting).
    #[error("elements nested more than {limit} deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8: save the file as UTF-8")]
    NotUtf8,
    /// Not well-formed XML.
    #[error("not well-formed XML: {0}")]
    Malformed(Malformed),
    /// A document type declaration. No definition needs one, and it is the door to entity bombs.
    #[error("a DOCTYPE is not allowed")]
    DocType,
    /// An entity that XML itself does not know.
    #[error("the entity &{0}; is not one of XML's own (amp, lt, gt, quot, apos)")]
    UnknownEntity(String),
    /// XML of another kind: the root element is not `LWM2M`.
    #[error("no object definition: the first element is {0}, not LWM2M")]
    NotDefinition(String),
    /// There is no `Object` in it, or only a list of reusable resources.
    #[error("no Object in it")]
    NoObject,
    /// An object without `ObjectID`.
    #[error("the object has no ObjectID")]
    NoObjectId,
    /// The `ObjectID` is not a number of 0 to 65534.
    #[error("the ObjectID {0:?} is not a number of 0 to 65534")]
    ObjectId(String),
    /// An `Item` without `ID`.
    #[error("the Item has no ID")]
    NoResourceId,
    /// The `ID` of an `Item` is not a number of 0 to 65534.
    #[error("the ID {0:?} of an Item is not a number of 0 to 65534")]
    ResourceId(String),
}

/// What is wrong with the XML.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The file ends inside an element, a comment or a tag.
    #[error("the file ends before everything is closed")]
    Unclosed,
    /// An end tag closes what is not open.
    #[error("this end tag does not match the element that is open")]
    EndTag,
    /// An attribute is not `name="value"`, or comes twice.
    #[error("an attribute is not name=\"value\", or comes twice")]
    Attribute,
    /// Something after `<!` that is neither a comment nor CDATA.
    #[error("<! begins neither a comment nor CDATA")]
    Markup,
    /// `--` inside a comment.
    #[error("-- must not stand inside a comment")]
    Comment,
    /// A name that does not begin with a letter.
    #[error("this is not the name of an element")]
    Name,
    /// A control character, as such or as a reference.
    #[error("a character that XML does not allow")]
    Character,
    /// `&` without name and semicolon.
    #[error("& must be written as &amp;")]
    Ampersand,
    /// Text outside of the root element.
    #[error("text outside of the root element")]
    TextOutside,
    /// A second root element.
    #[error("a second root element")]
    SecondRoot,
    /// An XML declaration that is not the very first thing, or not understood.
    #[error("the XML declaration must be the first thing in the file, with a version")]
    Declaration,
    /// There is no element at all.
    #[error("there is no element in it")]
    Empty,
}

/// Something in an accepted file that its author should hear of, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The object that it is about.
    pub object: u16,
    /// The resource that it is about; none if it is about the whole object.
    pub resource: Option<u16>,
    /// What it is.
    pub kind: WarningKind,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.kind)
    }
}

/// What deserves a word, and what the reader makes of it. See [`Warning`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WarningKind {
    /// The URN is not of the form `urn:oma:lwm2m:CLASS:ID[:VERSION]`.
    #[error("{0:?} is not of the form urn:oma:lwm2m:CLASS:ID or urn:oma:lwm2m:CLASS:ID:VERSION")]
    Urn(String),
    /// The URN names another object.
    #[error("the URN is of object {urn}, the ObjectID is {id}")]
    UrnId {
        /// The id in the URN.
        urn: u16,
        /// The `ObjectID`.
        id: u16,
    },
    /// The class in the URN is not that of the id.
    #[error("the URN has class {class:?}, ids of {range} are of class {expected:?}")]
    UrnClass {
        /// The class in the URN.
        class: String,
        /// The class of the id.
        expected: &'static str,
        /// The ids of that class.
        range: &'static str,
    },
    /// The version in the URN (1.0 if it has none) is not the `ObjectVersion`.
    #[error("the URN is of version {urn}, the ObjectVersion is {version}")]
    UrnVersion {
        /// The version in the URN.
        urn: Version,
        /// The `ObjectVersion`.
        version: Version,
    },
    /// A version that is not `major.minor`. Read as 1.0.
    #[error("{0:?} is not a version like 1.0; read as 1.0")]
    Version(String),
    /// The id is of a range that nobody may use.
    #[error("object ids of {range} are reserved")]
    ReservedId {
        /// The range of ids.
        range: &'static str,
    },
    /// The id is one of those for tests.
    #[error("object ids of 42769 to 42800 are for tests, never for production")]
    TestId,
    /// The same id and version as an object before it in the file. The later one counts.
    #[error("this object stands in the file twice; the later one counts")]
    DuplicateObject,
    /// The same id as a resource before it. The first one counts.
    #[error("resource {0} stands in the object twice; the first one counts")]
    DuplicateResource(u16),
    /// A resource that can be read or written has no type. Read as untyped.
    #[error("a resource that can be read or written needs a Type")]
    MissingType,
    /// The type is none of the known words. Read as Opaque.
    #[error("{0:?} is not a Type; read as Opaque")]
    UnknownType(String),
    /// A resource that is executed has a type. Ignored.
    #[error("a resource that is executed has no Type; {0:?} is ignored")]
    ExecutableType(String),
    /// A resource that is executed has instances. Read as Single.
    #[error("a resource that is executed cannot be Multiple; read as Single")]
    ExecutableMultiple,
    /// A type that came with LwM2M 1.1, in an object that says it needs 1.0 only.
    #[error("{0} came with LwM2M 1.1, and the LWM2MVersion of this object is 1.0")]
    NewType(&'static str),
    /// `Operations` is not made of `R`, `W` and `E`. What is not is left out.
    #[error("{0:?} is not one of R, W, RW, E or nothing")]
    Operations(String),
    /// Neither `Multiple` nor `Single`. Read as Single.
    #[error("{0:?} is neither Single nor Multiple; read as Single")]
    Instances(String),
    /// Neither `Mandatory` nor `Optional`. Read as Optional.
    #[error("{0:?} is neither Mandatory nor Optional; read as Optional")]
    Presence(String),
    /// The range is of no form that can be read. Kept as text.
    #[error("the range {0:?} cannot be read; kept as text")]
    Range(String),
    /// The range goes from high to low. Read the other way round.
    #[error("the range {0:?} goes from high to low; read the other way round")]
    ReversedRange(String),
    /// No comment that says who owns the definition and who may copy it.
    #[error("no comment with a licence")]
    NoLicence,
}

impl WarningKind {
    /// The name of the rule, as in [`RULES`](super::RULES).
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Urn(_) => "urn",
            Self::UrnId { .. } => "urn-id",
            Self::UrnClass { .. } => "urn-class",
            Self::UrnVersion { .. } => "urn-version",
            Self::Version(_) => "version",
            Self::ReservedId { .. } => "id-reserved",
            Self::TestId => "id-test",
            Self::DuplicateObject => "object-duplicate",
            Self::DuplicateResource(_) => "resource-duplicate",
            Self::MissingType => "type-missing",
            Self::UnknownType(_) => "type-unknown",
            Self::ExecutableType(_) => "type-executable",
            Self::ExecutableMultiple => "multiple-executable",
            Self::NewType(_) => "type-version",
            Self::Operations(_) => "operations",
            Self::Instances(_) => "instances",
            Self::Presence(_) => "presence",
            Self::Range(_) => "range",
            Self::ReversedRange(_) => "range-reversed",
            Self::NoLicence => "licence",
        }
    }
}
