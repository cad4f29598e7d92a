//! Where a value lives: `/object/instance/resource/resource-instance`.

use core::cmp::Ordering;
use core::iter::Take;
use core::ops::Deref;
use core::str::FromStr;
use core::{array, fmt};

use crate::Mode;

/// A path of zero to four ids, each 0–65534.
///
/// Paths are small and `Copy`, and order as their ids do: `/3` < `/3/0` < `/3/0/9` < `/4`.
///
/// The id 65535 names nothing on the wire. Here it stands for "the client picks the id" in one place only, the
/// instance of a path made by [`Path::new_instance`]; that path is printed `/3/-`.
///
/// Source: OMA LwM2M Core 1.2, "Identifiers".
///
/// ```
/// use lwm2m::Path;
/// let level: Path = "/3/0/9".parse()?;
/// assert_eq!(level, Path::resource(3, 0, 9));
/// assert!(Path::instance(3, 0).contains(level));
/// assert_eq!(level.parent(), Some(Path::instance(3, 0)));
/// assert_eq!(level.to_string(), "/3/0/9");
/// # Ok::<(), lwm2m::PathError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Path {
    /// The first id in the highest 16 bits; unused ones are 0. One number, so that paths are compared and passed in
    /// registers: codecs do little else.
    ids: u64,
    len: u8,
}

impl Path {
    /// The root, `/`: no id at all.
    pub const ROOT: Self = Self { ids: 0, len: 0 };

    /// An object, `/3`. For ids that are known to be good; for input use [`Path::child`] or parse.
    ///
    /// # Panics
    /// If the id is 65535. All four constructors do that; in a constant it is a compile error.
    pub const fn object(object: u16) -> Self {
        Self::checked([object, 0, 0, 0], 1)
    }

    /// An object instance, `/3/0`. Panics if an id is 65535.
    pub const fn instance(object: u16, instance: u16) -> Self {
        Self::checked([object, instance, 0, 0], 2)
    }

    /// A resource, `/3/0/9`. Panics if an id is 65535.
    pub const fn resource(object: u16, instance: u16, resource: u16) -> Self {
        Self::checked([object, instance, resource, 0], 3)
    }

    /// A resource instance, `/3/0/11/0`. Panics if an id is 65535.
    pub const fn resource_instance(object: u16, instance: u16, resource: u16, index: u16) -> Self {
        Self::checked([object, instance, resource, index], 4)
    }

    /// An instance that is to be created, its id left to the client: `/3/-`. Panics if the object id is 65535.
    ///
    /// ```
    /// use lwm2m::Path;
    /// let new = Path::new_instance(3);
    /// assert_eq!(new.to_string(), "/3/-");
    /// assert_eq!((new.instance_id(), new.is_new_instance()), (None, true));
    /// ```
    pub const fn new_instance(object: u16) -> Self {
        assert!(object != NOTHING, "65535 is not an id");
        Self { ids: packed([object, NOTHING, 0, 0]), len: 2 }
    }

    const fn checked(ids: [u16; 4], len: u8) -> Self {
        let [a, b, c, d] = ids;
        assert!(a != NOTHING && b != NOTHING && c != NOTHING && d != NOTHING, "65535 is not an id");
        Self { ids: packed(ids), len }
    }

    /// Reads a path as text.
    ///
    /// Strict is what [`FromStr`] does: a leading `/`, decimal ids without sign, blank or leading zero, no trailing
    /// `/`; `/` alone is the root. Lenient also takes a missing leading `/`, one trailing `/`, and an empty text as
    /// the root.
    ///
    /// # Errors
    /// [`PathError`] says which segment is wrong and why.
    pub fn parse(text: &str, mode: Mode) -> Result<Self, PathError> {
        // Nearly all there are.
        if let [b'/', rest @ ..] = text.as_bytes()
            && let Some(path) = Self::ROOT.below(rest)
        {
            return Ok(path);
        }
        // The long way, which knows what is wrong.
        let rest = match (text.strip_prefix('/'), mode) {
            (Some(rest), _) => rest,
            (None, Mode::Lenient) => text,
            (None, Mode::Strict) => return Err(PathError::NoLeadingSlash),
        };
        let rest = match (rest.strip_suffix('/'), mode) {
            (Some(rest), Mode::Lenient) if !rest.is_empty() => rest,
            _ => rest,
        };
        if rest.is_empty() {
            return Ok(Self::ROOT);
        }
        let mut path = Self::ROOT;
        for segment in rest.as_bytes().split(|&b| b == b'/') {
            if segment == b"-" && path.len == 1 {
                path = path.with(NOTHING);
            } else {
                path = path.push(segment)?;
            }
        }
        Ok(path)
    }

    /// Reads a path that stands below an alternate root, `/lwm2m/3/0`, as names in links and payloads do. `/` and the
    /// empty text are no root.
    ///
    /// Strict wants the root there. Lenient also takes a path without it, which some devices send.
    ///
    /// # Errors
    /// [`PathError`] as [`Path::parse`], and [`PathError::OutsideRoot`] in strict mode.
    ///
    /// ```
    /// use lwm2m::{Mode, Path, PathError};
    /// assert_eq!(Path::parse_below("/lwm2m/3/0", "/lwm2m", Mode::Strict), Ok(Path::instance(3, 0)));
    /// assert_eq!(Path::parse_below("/3/0", "/lwm2m", Mode::Lenient), Ok(Path::instance(3, 0)));
    /// assert_eq!(Path::parse_below("/3/0", "/lwm2m", Mode::Strict), Err(PathError::OutsideRoot));
    /// ```
    pub fn parse_below(text: &str, root: &str, mode: Mode) -> Result<Self, PathError> {
        match (below(text, root), mode) {
            (Some(""), _) if !text.is_empty() => Ok(Self::ROOT),
            (Some(rest), _) => Self::parse(rest, mode),
            (None, Mode::Lenient) => Self::parse(text, mode),
            (None, Mode::Strict) => Err(PathError::OutsideRoot),
        }
    }

    /// Reads the Uri-Path options of a CoAP request, one segment each.
    ///
    /// As strict as the text form; the id 65535 and the `-` of [`Path::new_instance`] are refused.
    ///
    /// # Errors
    /// [`PathError`] says which segment is wrong and why.
    ///
    /// ```
    /// use lwm2m::{Path, PathError};
    /// assert_eq!(Path::from_segments([b"3".as_slice(), b"0"]), Ok(Path::instance(3, 0)));
    /// assert_eq!(Path::from_segments([b"3".as_slice(), b""]), Err(PathError::EmptySegment { segment: 1 }));
    /// ```
    pub fn from_segments<'a>(segments: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, PathError> {
        segments.into_iter().try_fold(Self::ROOT, Self::push)
    }

    /// How deep the path goes.
    pub const fn level(&self) -> Level {
        match self.len {
            0 => Level::Root,
            1 => Level::Object,
            2 => Level::ObjectInstance,
            3 => Level::Resource,
            _ => Level::ResourceInstance,
        }
    }

    /// The Object ID; none for the root.
    pub const fn object_id(&self) -> Option<u16> {
        self.id(0)
    }

    /// The Object Instance ID; none for a shorter path and for one made by [`Path::new_instance`].
    pub const fn instance_id(&self) -> Option<u16> {
        if self.is_new_instance() { None } else { self.id(1) }
    }

    /// The Resource ID; none for a shorter path.
    pub const fn resource_id(&self) -> Option<u16> {
        self.id(2)
    }

    /// The Resource Instance ID; none for a shorter path.
    pub const fn resource_instance_id(&self) -> Option<u16> {
        self.id(3)
    }

    /// Whether the instance id is left to the client, as [`Path::new_instance`] says.
    pub const fn is_new_instance(&self) -> bool {
        self.len >= 2 && (self.ids >> 32) as u16 == NOTHING
    }

    /// The ids, none to four. A new instance shows as 65535.
    ///
    /// ```
    /// use lwm2m::Path;
    /// assert_eq!(Path::resource(3, 0, 9).ids()[..], [3, 0, 9]);
    /// assert_eq!(Path::instance(3, 0).ids().into_iter().sum::<u16>(), 3);
    /// ```
    pub const fn ids(&self) -> Ids {
        let ids = self.ids;
        Ids { ids: [(ids >> 48) as u16, (ids >> 32) as u16, (ids >> 16) as u16, ids as u16], len: self.len }
    }

    /// Whether `other` comes after this path and does not lie in it: if so for all neighbours of a list, none is there twice.
    pub(crate) const fn is_before(&self, other: Self) -> bool {
        self.ids < other.ids && (self.len >= other.len || !self.contains(other))
    }

    /// Whether `other` is this path or lies below it.
    pub const fn contains(&self, other: Self) -> bool {
        self.len <= other.len && (self.ids ^ other.ids) & mask(self.len) == 0
    }

    /// The path one level up; none for the root.
    pub const fn parent(&self) -> Option<Self> {
        match self.len {
            0 => None,
            len => Some(self.truncate(len as usize - 1)),
        }
    }

    /// The path one level down; none if there is no such level, or if the id is 65535.
    pub const fn child(&self, id: u16) -> Option<Self> {
        if id == NOTHING || self.len > 3 { None } else { Some(self.with(id)) }
    }

    /// The longest path that contains both.
    pub(crate) const fn common(self, other: Self) -> Self {
        let different = (self.ids ^ other.ids).leading_zeros() as usize / 16;
        let shorter = if self.len < other.len { self.len } else { other.len } as usize;
        self.truncate(if different < shorter { different } else { shorter })
    }

    /// The path with the ids of a text behind it, `9` or `6/0`, as strict as [`FromStr`]. None if they are no ids, or too
    /// many; why, says [`Path::parse`].
    #[inline]
    pub(crate) fn below(self, text: &[u8]) -> Option<Self> {
        let (mut path, mut id, mut digits) = (self, 0_u32, 0_u32);
        let fits = |path: Self, id: u32| id < NOTHING as u32 && path.len < 4;
        for &byte in text {
            let digit = u32::from(byte.wrapping_sub(b'0'));
            if digit < 10 {
                // A leading zero, or a sixth digit.
                if digits == 5 || (digits == 1 && id == 0) {
                    return None;
                }
                id = id * 10 + digit;
                digits += 1;
            } else if byte == b'/' && digits > 0 && fits(path, id) {
                path = path.with(id as u16);
                (id, digits) = (0, 0);
            } else {
                return None;
            }
        }
        if digits > 0 && fits(path, id) { Some(path.with(id as u16)) } else { None }
    }

    /// The first `levels` ids of the path.
    ///
    /// ```
    /// use lwm2m::Path;
    /// assert_eq!(Path::resource(3, 0, 9).truncate(2), Path::instance(3, 0));
    /// ```
    pub const fn truncate(&self, levels: usize) -> Self {
        if levels >= self.len as usize {
            return *self;
        }
        let len = levels as u8;
        Self { ids: self.ids & mask(len), len }
    }

    const fn id(&self, level: u8) -> Option<u16> {
        if level < self.len { Some((self.ids >> (48 - 16 * level as u32)) as u16) } else { None }
    }

    /// Only for `len < 4`.
    const fn with(self, id: u16) -> Self {
        Self { ids: self.ids | (id as u64) << (48 - 16 * self.len as u32), len: self.len + 1 }
    }

    pub(crate) fn push(self, segment: &[u8]) -> Result<Self, PathError> {
        let number = usize::from(self.len);
        if number == 4 {
            return Err(PathError::TooLong);
        }
        let id = match *segment {
            [] => return Err(PathError::EmptySegment { segment: number }),
            [b'0', b'0'..=b'9', ..] => return Err(PathError::LeadingZero { segment: number }),
            _ if !segment.iter().all(u8::is_ascii_digit) => return Err(PathError::NotANumber { segment: number }),
            _ if segment.len() > 5 => return Err(PathError::OutOfRange { segment: number }),
            _ => segment.iter().fold(0_u32, |id, digit| id * 10 + u32::from(digit & 15)),
        };
        match u16::try_from(id) {
            Ok(id) if id != NOTHING => Ok(self.with(id)),
            _ => Err(PathError::OutOfRange { segment: number }),
        }
    }
}

/// As the lists of their ids.
impl Ord for Path {
    fn cmp(&self, other: &Self) -> Ordering {
        // Of two with the same numbers the shorter one ends where the other has zeros.
        self.ids.cmp(&other.ids).then(self.len.cmp(&other.len))
    }
}

impl PartialOrd for Path {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.len == 0 {
            return f.write_str("/");
        }
        for (level, id) in self.ids().into_iter().enumerate() {
            if level == 1 && id == NOTHING { f.write_str("/-")? } else { write!(f, "/{id}")? }
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text, Mode::Strict)
    }
}

/// The ids of a [`Path`]: a slice of none to four numbers, held by value.
#[derive(Clone, Copy)]
pub struct Ids {
    ids: [u16; 4],
    len: u8,
}

impl Deref for Ids {
    type Target = [u16];

    fn deref(&self) -> &[u16] {
        self.ids.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl IntoIterator for Ids {
    type Item = u16;
    type IntoIter = Take<array::IntoIter<u16, 4>>;

    fn into_iter(self) -> Self::IntoIter {
        self.ids.into_iter().take(self.len.into())
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

const fn packed([a, b, c, d]: [u16; 4]) -> u64 {
    (a as u64) << 48 | (b as u64) << 32 | (c as u64) << 16 | d as u64
}

/// The bits of the first `len` ids.
const fn mask(len: u8) -> u64 {
    match len {
        0 => 0,
        1..=3 => u64::MAX << (64 - 16 * len as u32),
        _ => u64::MAX,
    }
}

/// How deep a [`Path`] goes, in the words of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums)] // LwM2M has these levels and no other
pub enum Level {
    /// `/`
    Root,
    /// `/3`
    Object,
    /// `/3/0`
    ObjectInstance,
    /// `/3/0/9`
    Resource,
    /// `/3/0/11/0`
    ResourceInstance,
}

/// Why a text or a list of segments is not a path. Segments are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The text does not begin with `/`.
    #[error("a path begins with /")]
    NoLeadingSlash,
    /// Two slashes in a row, or a trailing one.
    #[error("segment {segment} is empty")]
    EmptySegment {
        /// Which segment.
        segment: usize,
    },
    /// A character that is no ASCII digit.
    #[error("segment {segment} is not a decimal number")]
    NotANumber {
        /// Which segment.
        segment: usize,
    },
    /// `/03` is not `/3`.
    #[error("segment {segment} has a leading zero")]
    LeadingZero {
        /// Which segment.
        segment: usize,
    },
    /// Above 65534.
    #[error("segment {segment} is above 65534")]
    OutOfRange {
        /// Which segment.
        segment: usize,
    },
    /// More than four segments.
    #[error("a path has at most four segments")]
    TooLong,
    /// The path does not lie below the alternate root. Only in strict mode.
    #[error("the path is not below the alternate root")]
    OutsideRoot,
}

/// What of `name` lies below `root`, with the slash it begins with: `/lwm2m/3` below `/lwm2m` is `/3`, and `/lwm2m` itself
/// is the empty text. All of it if `root` is `/` or empty; none if it lies elsewhere (`/lwm2m3` does).
pub(crate) fn below<'n>(name: &'n str, root: &str) -> Option<&'n str> {
    match root.trim_end_matches('/') {
        "" => Some(name),
        root => name.strip_prefix(root).filter(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

/// The id that names nothing.
pub(crate) const NOTHING: u16 = u16::MAX;

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn reads_and_prints() {
        for text in ["/", "/0", "/3", "/3/0", "/3/0/9", "/65534/65534/65534/65534", "/3/-", "/3/-/1"] {
            assert_eq!(text.parse::<Path>().map(|p| p.to_string()).as_deref(), Ok(text));
        }
        for (text, path) in [("", "/"), ("3", "/3"), ("3/0/", "/3/0"), ("/3/", "/3"), ("/", "/")] {
            assert_eq!(Path::parse(text, Mode::Lenient).map(|p| p.to_string()).as_deref(), Ok(path), "{text}");
        }
    }

    #[test]
    fn refuses() {
        use PathError::*;
        for (text, error) in [
            ("", NoLeadingSlash),
            ("3", NoLeadingSlash),
            ("//", EmptySegment { segment: 0 }),
            ("/3/", EmptySegment { segment: 1 }),
            ("/3//0", EmptySegment { segment: 1 }),
            ("/03", LeadingZero { segment: 0 }),
            ("/3/00", LeadingZero { segment: 1 }),
            ("/+3", NotANumber { segment: 0 }),
            ("/-", NotANumber { segment: 0 }),
            ("/3/0/-", NotANumber { segment: 2 }),
            ("/3/ 0", NotANumber { segment: 1 }),
            ("/\u{663}", NotANumber { segment: 0 }),
            ("/65535", OutOfRange { segment: 0 }),
            ("/3/99999999999999999999", OutOfRange { segment: 1 }),
            ("/1/2/3/4/5", TooLong),
        ] {
            assert_eq!(text.parse::<Path>(), Err(error), "{text}");
        }
        for text in ["//", "/3//", "/03", "x", "/3/0/1/2/3/"] {
            assert!(Path::parse(text, Mode::Lenient).is_err(), "{text}");
        }
        assert_eq!(Path::from_segments([b"3".as_slice(), b"-"]), Err(NotANumber { segment: 1 }));
        assert_eq!(Path::from_segments([b"3".as_slice(), b"65535"]), Err(OutOfRange { segment: 1 }));
    }

    #[test]
    fn knows_roots() {
        use PathError::*;
        let (root, instance) = (Ok(Path::ROOT), Ok(Path::instance(3, 0)));
        for (text, below, lenient, strict) in [
            ("/lwm2m/3/0", "/lwm2m", instance, instance),
            ("/lwm2m/3/0", "/lwm2m/", instance, instance),
            ("/a/b/3/0", "/a/b", instance, instance),
            ("/lwm2m", "/lwm2m", root, root),
            ("/lwm2m/", "/lwm2m", root, root),
            ("/3/0", "/", instance, instance),
            ("/3/0", "", instance, instance),
            ("/", "/", root, root),
            ("/3/0", "/lwm2m", instance, Err(OutsideRoot)),
            ("/", "/lwm2m", root, Err(OutsideRoot)),
            ("/lwm2m3/0", "/lwm2m", Err(NotANumber { segment: 0 }), Err(OutsideRoot)),
            ("/lwm2m/a", "/lwm2m", Err(NotANumber { segment: 0 }), Err(NotANumber { segment: 0 })),
            ("/lwm2m/3/0", "/", Err(NotANumber { segment: 0 }), Err(NotANumber { segment: 0 })),
            ("", "/", root, Err(NoLeadingSlash)),
        ] {
            assert_eq!(Path::parse_below(text, below, Mode::Lenient), lenient, "{text} below {below}");
            assert_eq!(Path::parse_below(text, below, Mode::Strict), strict, "{text} below {below}");
        }
    }

    #[test]
    fn orders_like_its_ids() {
        let mut paths: std::vec::Vec<Path> =
            ["/4", "/3/0/9", "/", "/3/0", "/3", "/3/0/0", "/3/1"].iter().map(|p| p.parse().unwrap()).collect();
        paths.sort();
        let text: std::vec::Vec<_> = paths.iter().map(ToString::to_string).collect();
        assert_eq!(text, ["/", "/3", "/3/0", "/3/0/0", "/3/0/9", "/3/1", "/4"]);
    }

    #[test]
    fn knows_its_family() {
        let path = Path::resource_instance(3, 0, 11, 2);
        assert_eq!(path.level(), Level::ResourceInstance);
        assert_eq!(
            (path.object_id(), path.instance_id(), path.resource_id(), path.resource_instance_id()),
            (Some(3), Some(0), Some(11), Some(2))
        );
        assert_eq!(path.child(0), None);
        assert_eq!(Path::object(3).child(65535), None);
        assert_eq!(Path::ROOT.parent(), None);
        assert!(Path::ROOT.contains(path) && path.contains(path) && !path.contains(Path::instance(3, 0)));
        assert!(!Path::instance(3, 1).contains(path));
        // The comparison in one number against the one id by id.
        let ids = [0, 1, 3, 65_534];
        let mut paths = std::vec::Vec::from([Path::ROOT]);
        for level in 0..4 {
            let longer = paths.iter().filter(|path| path.ids().len() == level);
            let longer: std::vec::Vec<Path> = longer.flat_map(|path| ids.map(|id| path.child(id).unwrap())).collect();
            paths.extend(longer);
        }
        for a in &paths {
            for b in &paths {
                assert_eq!(a.contains(*b), b.ids().starts_with(&a.ids()), "{a} {b}");
                assert_eq!(a.cmp(b), a.ids().cmp(&*b.ids()), "{a} {b}");
                assert_eq!(a.is_before(*b), a < b && !a.contains(*b), "{a} {b}");
            }
        }
    }
}
