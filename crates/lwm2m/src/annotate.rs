//! Which bytes of a payload say what.

use alloc::vec::Vec;

use crate::codec::DecodeError;
use crate::{Context, Entry, Path, codec};

/// Reads a payload as [`codec::decode`] does and says what each of its bytes is.
///
/// Also of a payload that cannot be read: then there are the fields and entries up to the error, and the error is marked.
/// The error is the one of [`codec::decode`], and so are the entries of a payload without error. It costs more than
/// decoding, in memory too: some 60 bytes for each field, at most [`Limits::fields`](crate::Limits::fields).
///
/// ```
/// use lwm2m::{annotate, ContentFormat, Context, FieldKind, Models, Path};
/// let context = Context::new(ContentFormat::TLV, Path::instance(3, 0), Models::oma());
/// let annotation = annotate(&[0xC1, 0x09, 0x64], &context);
/// let leaves: Vec<_> = annotation.leaves().map(|field| (field.span.start, field.kind.name())).collect();
/// assert_eq!(leaves, [(0, "type"), (1, "id"), (2, "value")]);
/// assert_eq!(annotation.fields[0].kind, FieldKind::Resource);
/// assert_eq!(annotation.fields[0].path, Some(Path::resource(3, 0, 9)));
/// ```
pub fn annotate<'p>(payload: &'p [u8], context: &Context<'_>) -> Annotation<'p> {
    codec::annotate(payload, context)
}

/// A payload taken apart. See [`annotate`](crate::annotate()).
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Annotation<'p> {
    /// What the bytes are, in order. A field that holds others comes before them and is less deep; fields of the same
    /// depth do not overlap, and those that hold no others, the leaves, cover the payload without a hole.
    pub fields: Vec<Field>,
    /// The entries and where each of them is, up to the error if there is one.
    pub entries: Vec<(Entry<'p>, Span)>,
    /// Why the payload cannot be read.
    pub error: Option<DecodeError>,
}

impl Annotation<'_> {
    /// The fields that hold no others.
    pub fn leaves(&self) -> impl Iterator<Item = &Field> {
        let deeper = self.fields.iter().skip(1).map(|next| next.depth).chain([0]);
        self.fields.iter().zip(deeper).filter(|(field, next)| *next <= field.depth).map(|(field, _)| field)
    }
}

/// Some bytes of a payload in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_structs)] // two offsets
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last one.
    pub end: usize,
}

/// What some bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// Which bytes. Only [`FieldKind::Error`] may have none, at the end of the payload.
    pub span: Span,
    /// What they are.
    pub kind: FieldKind,
    /// The entry they belong to, by its place in [`Annotation::entries`]. What several entries share, such as the head
    /// of an object instance, belongs to none.
    pub entry: Option<u32>,
    /// The path they are about.
    pub path: Option<Path>,
    /// In how many other fields they are.
    pub depth: u8,
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident = $name:literal,)*) => {
        /// What a [`Field`] is.
        ///
        /// [`FieldKind::code`] is its name in JSON, [`FieldKind::name`] what a person reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FieldKind {
            $($(#[$meta])* $kind,)*
        }

        impl FieldKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name of the variant.
            ///
            /// ```
            /// assert_eq!(lwm2m::FieldKind::BaseName.code(), "BaseName");
            /// ```
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($kind),)*
                }
            }

            /// What to call it before a person, in plain English and lower case.
            ///
            /// ```
            /// assert_eq!(lwm2m::FieldKind::BaseName.name(), "base name");
            /// ```
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    // What holds other fields.
    /// TLV: an object instance with its resources.
    ObjectInstance = "object instance",
    /// TLV: a resource with its instances.
    MultipleResource = "multiple resource",
    /// TLV: a resource with its value.
    Resource = "resource",
    /// TLV: a resource instance with its value.
    ResourceInstance = "resource instance",
    /// SenML and LwM2M JSON: one record.
    Record = "record",
    /// A JSON or CBOR array.
    Array = "array",
    /// A JSON object or CBOR map.
    Map = "map",

    // Heads and marks.
    /// TLV: the byte that says what comes and how long its id and length are.
    TlvType = "type",
    /// TLV: the id.
    TlvId = "id",
    /// TLV: how many bytes follow.
    TlvLength = "length",
    /// CBOR: the head of an array, with its length.
    ArrayHead = "array head",
    /// CBOR: the head of a map, with its length.
    MapHead = "map head",
    /// CBOR: a tag before an item.
    Tag = "tag",
    /// CBOR: the end of an array, map or string of unknown length.
    Break = "break",
    /// JSON: a bracket, brace, comma or colon.
    Punctuation = "punctuation",
    /// JSON: blanks and line ends.
    Blank = "white space",
    /// JSON: the mark of the byte order, at the start.
    ByteOrderMark = "byte order mark",

    // Keys and values.
    /// The key of a pair of an object or map.
    Key = "key",
    /// LwM2M CBOR: an id, or several, that a path goes on with.
    PathKey = "ids",
    /// LwM2M CBOR: the prefix of a device behind a gateway.
    Prefix = "gateway prefix",
    /// A base name, for this record and all that follow.
    BaseName = "base name",
    /// A base time.
    BaseTime = "base time",
    /// A base value, which is added to values.
    BaseValue = "base value",
    /// The version of SenML.
    BaseVersion = "version",
    /// A name.
    Name = "name",
    /// A time.
    Time = "time",
    /// A value.
    Value = "value",
    /// What says that something is to be deleted.
    Delete = "delete",
    /// What is known or allowed but says nothing about an entry.
    Skipped = "passed over",

    // What could not be read.
    /// Begun, but not finished because of the error that follows.
    Incomplete = "incomplete",
    /// What is wrong.
    Error = "error",
    /// What follows the error.
    Unread = "not read",
    /// More fields than [`Limits::fields`](crate::Limits::fields).
    Unlisted = "not listed",
}

/// What is true of every annotation. For tests of every format.
#[cfg(test)]
pub(crate) fn check(payload: &[u8], context: &Context<'_>) {
    let annotation = annotate(payload, context);
    let decoded = codec::decode(payload, context);
    assert_eq!(annotation.error, decoded.as_ref().err().copied(), "the same error");
    let mut end = 0;
    for leaf in annotation.leaves() {
        assert_eq!(leaf.span.start, end, "a hole or an overlap: {:?}", annotation.fields);
        assert!(leaf.span.end > end || leaf.kind == FieldKind::Error, "empty: {:?}", annotation.fields);
        end = leaf.span.end;
        let stuck = matches!(leaf.kind, FieldKind::Incomplete | FieldKind::Error | FieldKind::Unread);
        assert!(!stuck || decoded.is_err(), "not everything was noted: {:?}", annotation.fields);
    }
    assert_eq!(end, payload.len(), "the end: {:?}", annotation.fields);
    // What holds others begins with the first of them, and none reaches over its end.
    let mut open: Vec<&Field> = Vec::new();
    for field in &annotation.fields {
        open.truncate(usize::from(field.depth));
        assert_eq!(open.len(), usize::from(field.depth), "depth: {:?}", annotation.fields);
        for outer in &open {
            let inside = outer.span.start <= field.span.start && field.span.end <= outer.span.end;
            assert!(inside, "{field:?} in {outer:?}");
        }
        let entry = field.entry.map(|entry| annotation.entries.get(entry as usize).unwrap());
        if let Some((entry, span)) = entry {
            assert!(span.start <= field.span.start && field.span.end <= span.end, "{field:?} of {span:?}");
            assert!(field.path == Some(entry.path) || field.kind == FieldKind::Error, "{field:?}");
        }
        open.push(field);
    }
    if let Ok(decoded) = decoded {
        // As text, because not a number is not equal to itself.
        let text = |entry: &Entry<'_>| std::format!("{entry:?}");
        let entries = annotation.entries.iter().map(|(entry, _)| text(entry));
        assert!(entries.eq(decoded.entries().iter().map(text)), "the same entries");
    }
    if let Some(at) = annotation.error.and_then(|error| error.at()) {
        let marked = annotation.leaves().find(|field| field.kind == FieldKind::Error);
        assert_eq!(marked.map(|field| field.span.start), Some(at.min(payload.len())), "{:?}", annotation.fields);
    }
}
