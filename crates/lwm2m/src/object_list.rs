//! What a device says it has: the list in a registration.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::link::{self, Link, LinkError};
use crate::{ContentFormat, Level, Limits, Mode, Path, Version};

/// The objects and instances of a registration, sorted, with what was odd about the list.
///
/// Reading is lenient: a link that makes no sense costs a [`Warning`], not the registration. Taken without a word: a
/// missing `</>`, quoted or bare `ver` and `ct`, blanks after commas, a trailing `/`, an object without instances, an
/// instance without its object.
///
/// Source: OMA LwM2M Core 1.2, "Registration" and "Object Links"; how devices depart from it was seen in practice.
///
/// ```
/// use lwm2m::{ContentFormat, Limits, ObjectList, Version};
/// let body = br#"</lwm2m>;rt="oma.lwm2m";ct="110 11542",</lwm2m/3>;ver=1.1,</lwm2m/3/0>,</lwm2m/1/0>,</lwm2m/5>"#;
/// let list = ObjectList::parse(body, &Limits::DEFAULT)?;
/// assert_eq!(list.root, "/lwm2m");
/// assert_eq!(list.formats, [ContentFormat::SENML_JSON, ContentFormat::TLV]);
/// let ids: Vec<_> = list.objects.iter().map(|object| (object.id, object.instances.len())).collect();
/// assert_eq!(ids, [(1, 1), (3, 1), (5, 0)]);
/// assert_eq!(list.objects[1].version, Some(Version::V1_1));
/// # Ok::<(), lwm2m::link::LinkError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectList {
    /// The alternate root, `/lwm2m`; `/` if there is none. No slash at the end otherwise.
    pub root: String,
    /// The content formats that the root link lists in `ct`, in its order, each once. At most 64.
    pub formats: Vec<ContentFormat>,
    /// The objects, by id; each once.
    pub objects: Vec<RegisteredObject>,
    /// What was passed over or looked wrong. At most 16.
    pub warnings: Vec<Warning>,
}

/// An object of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // meant to be built and taken apart
pub struct RegisteredObject {
    /// The Object ID.
    pub id: u16,
    /// The version it named, if it did.
    pub version: Option<Version>,
    /// The ids of its instances, sorted, each once.
    pub instances: Vec<u16>,
}

/// What is odd about a list of objects. [`Display`](fmt::Display) says it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// No object is listed.
    NoObjects,
    /// An object that every device must have (1 Server, 3 Device) is not listed.
    Missing {
        /// Which object.
        object: u16,
    },
    /// An object that must not be listed (0 Security, 21 OSCORE, 23 COSE) was; it is passed over.
    NeverListed {
        /// Which object.
        object: u16,
    },
    /// A link that is no object or object instance was passed over.
    NotAnObject {
        /// The number of the link, counted from 0.
        link: usize,
    },
    /// An alternate root was named, but some links do not carry it. They are taken.
    RootMissing,
    /// The alternate root has a number in it, or an end that is none; `/` is used.
    BadRoot,
    /// A `ver` that is no version was passed over.
    BadVersion {
        /// Of which object.
        object: u16,
    },
    /// Two versions of one object; the first one counts.
    TwoVersions {
        /// Of which object.
        object: u16,
    },
    /// A `ct` with something in it that is no number from 0 to 65535, or with more than 64 numbers.
    BadFormats,
}

impl ObjectList {
    /// Reads the body of a Register or Update.
    ///
    /// # Errors
    /// [`LinkError`] if it is no link format at all, or above [`Limits::links`].
    pub fn parse(body: &[u8], limits: &Limits) -> Result<Self, LinkError> {
        Ok(Self::from_links(&link::parse_with(body, Mode::Lenient, limits)?))
    }

    /// Makes sense of links that were read.
    pub fn from_links(links: &[Link<'_>]) -> Self {
        let mut warnings = Warnings::default();
        let root_link = links.iter().position(is_root).or_else(|| links.iter().position(|link| link.target == "/"));
        let (root, formats) = match root_link.and_then(|index| links.get(index)) {
            None => (String::from("/"), Vec::new()),
            Some(link) => (root(&link.target, &mut warnings), formats(link, &mut warnings)),
        };

        let mut found: Vec<Found> = Vec::with_capacity(links.len());
        for (number, link) in links.iter().enumerate() {
            if Some(number) == root_link {
                continue;
            }
            let target = match (root.as_str(), below(&link.target, &root)) {
                ("/", _) => &link.target,
                (_, Some(rest)) => rest,
                (_, None) => {
                    warnings.add(Warning::RootMissing);
                    &link.target
                }
            };
            let Some(object) = object(target) else {
                warnings.add(Warning::NotAnObject { link: number });
                continue;
            };
            if matches!(object, (0 | 21 | 23, _)) {
                warnings.add(Warning::NeverListed { object: object.0 });
                continue;
            }
            let version = link
                .value("ver")
                .and_then(|text| text.parse().map_err(|_| warnings.add(Warning::BadVersion { object: object.0 })).ok());
            found.push(Found { object: object.0, instance: object.1, version });
        }

        // Stable, so that of two versions the first one stays first.
        found.sort_by_key(|found| found.object);
        let mut objects: Vec<RegisteredObject> = Vec::new();
        for group in found.chunk_by(|a, b| a.object == b.object) {
            let Some(first) = group.first() else { continue };
            let mut versions = group.iter().filter_map(|found| found.version);
            let version = versions.next();
            if versions.any(|other| Some(other) != version) {
                warnings.add(Warning::TwoVersions { object: first.object });
            }
            let mut instances: Vec<u16> = group.iter().filter_map(|found| found.instance).collect();
            instances.sort_unstable();
            instances.dedup();
            instances.shrink_to_fit();
            objects.push(RegisteredObject { id: first.object, version, instances });
        }
        objects.shrink_to_fit();

        if objects.is_empty() {
            warnings.add(Warning::NoObjects);
        } else {
            for object in [1, 3] {
                if !objects.iter().any(|listed| listed.id == object) {
                    warnings.add(Warning::Missing { object });
                }
            }
        }
        Self { root, formats, objects, warnings: warnings.0 }
    }

    /// Whether the list has this object, or this object instance.
    ///
    /// ```
    /// use lwm2m::{Limits, ObjectList, Path};
    /// let list = ObjectList::parse(b"</3/0>,</5>", &Limits::DEFAULT)?;
    /// assert!(list.contains(Path::instance(3, 0)) && list.contains(Path::object(5)));
    /// assert!(!list.contains(Path::instance(5, 0)));
    /// # Ok::<(), lwm2m::link::LinkError>(())
    /// ```
    pub fn contains(&self, path: Path) -> bool {
        let Some(id) = path.object_id() else { return true };
        let Some(object) = self.objects.iter().find(|object| object.id == id) else { return false };
        path.instance_id().is_none_or(|instance| object.instances.contains(&instance))
    }

    /// The object ids with the versions they named, as [`Models::for_registration`](crate::Models::for_registration)
    /// takes them.
    pub fn versions(&self) -> Vec<(u16, Option<Version>)> {
        self.objects.iter().map(|object| (object.id, object.version)).collect()
    }
}

impl Default for ObjectList {
    /// No objects, the root `/`, no warnings.
    fn default() -> Self {
        Self { root: String::from("/"), formats: Vec::new(), objects: Vec::new(), warnings: Vec::new() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoObjects => f.write_str("The list names no object."),
            Self::Missing { object } => write!(f, "Object {object} is not listed, and every device must have it."),
            Self::NeverListed { object } => {
                write!(f, "Object {object} is listed, which it must not be; it is left out.")
            }
            Self::NotAnObject { link } => {
                write!(f, "Link {} is neither an object nor an object instance; it is left out.", link + 1)
            }
            Self::RootMissing => f.write_str("Some links lack the alternate root; they are taken as if they had it."),
            Self::BadRoot => f.write_str("The alternate root is not usable; / is used."),
            Self::BadVersion { object } => write!(f, "The version of object {object} cannot be read; it is left out."),
            Self::TwoVersions { object } => write!(f, "Object {object} has two versions; the first one is used."),
            Self::BadFormats => f.write_str("The list of content formats cannot be read in full."),
        }
    }
}

#[derive(Default)]
struct Warnings(Vec<Warning>);

impl Warnings {
    fn add(&mut self, warning: Warning) {
        if self.0.len() < MAX_WARNINGS && !self.0.contains(&warning) {
            self.0.push(warning);
        }
    }
}

struct Found {
    object: u16,
    instance: Option<u16>,
    version: Option<Version>,
}

fn is_root(link: &Link<'_>) -> bool {
    link.value("rt").is_some_and(|types| types.split_ascii_whitespace().any(|kind| kind == "oma.lwm2m"))
}

fn root(target: &str, warnings: &mut Warnings) -> String {
    let inner = target.trim_matches('/');
    // A number in the root could not be told from an object.
    let numeric = |segment: &str| segment.is_empty() || segment.bytes().all(|b| b.is_ascii_digit());
    if !inner.is_empty() && inner.split('/').any(numeric) {
        warnings.add(Warning::BadRoot);
        return String::from("/");
    }
    let mut root = String::with_capacity(inner.len() + 1);
    root.push('/');
    root.push_str(inner);
    root
}

fn formats(link: &Link<'_>, warnings: &mut Warnings) -> Vec<ContentFormat> {
    let mut formats = Vec::new();
    for text in link.value("ct").unwrap_or_default().split_ascii_whitespace() {
        match text.parse() {
            Ok(number) if formats.contains(&ContentFormat(number)) => {}
            Ok(number) if formats.len() < MAX_FORMATS => formats.push(ContentFormat(number)),
            Ok(_) => {
                warnings.add(Warning::BadFormats);
                break;
            }
            Err(_) => warnings.add(Warning::BadFormats),
        }
    }
    formats
}

/// What of `target` lies below `root`: `/lwm2m/3` below `/lwm2m` is `/3`.
fn below<'t>(target: &'t str, root: &str) -> Option<&'t str> {
    target.strip_prefix(root).filter(|rest| rest.starts_with('/'))
}

fn object(target: &str) -> Option<(u16, Option<u16>)> {
    let path = Path::parse(target, Mode::Lenient).ok()?;
    match path.level() {
        Level::Object => Some((path.object_id()?, None)),
        Level::ObjectInstance => Some((path.object_id()?, Some(path.instance_id()?))),
        Level::Root | Level::Resource | Level::ResourceInstance => None,
    }
}

const MAX_WARNINGS: usize = 16;
const MAX_FORMATS: usize = 64;

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    fn read(body: &str) -> ObjectList {
        ObjectList::parse(body.as_bytes(), &Limits::DEFAULT).unwrap()
    }

    /// `1.1/3:0,1` for version 1.1 of object 3 with instances 0 and 1.
    fn lines(list: &ObjectList) -> String {
        let line = |object: &RegisteredObject| {
            let version = object.version.map(|version| std::format!("{version}")).unwrap_or_default();
            let instances: Vec<String> = object.instances.iter().map(ToString::to_string).collect();
            std::format!("{version}/{}:{}", object.id, instances.join(","))
        };
        list.objects.iter().map(line).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_what_devices_send() {
        for (why, body, root, formats, objects) in [
            (
                "the example of the specification",
                r#"</>;rt="oma.lwm2m";ct="60 110 112",</1/0>,</3>;ver=1.1,</3/0>,</5>"#,
                "/",
                [60, 110, 112].as_slice(),
                "/1:0 1.1/3:0 /5:",
            ),
            ("no root link", "</1/0>,</3/0>", "/", &[], "/1:0 /3:0"),
            ("one bare format", "</>;ct=110,</1/0>,</3/0>", "/", &[110], "/1:0 /3:0"),
            ("formats twice", r#"</>;ct="110 110 0",</1/0>,</3/0>"#, "/", &[110, 0], "/1:0 /3:0"),
            ("a quoted version", r#"</1>;ver="1.1",</1/0>,</3/0>"#, "/", &[], "1.1/1:0 /3:0"),
            ("a version of one number", "</1>;ver=1,</3/0>", "/", &[], "1.0/1: /3:0"),
            ("the version on the only instance", "</1/0>,</3/0>,</44/0>;ver=2.2", "/", &[], "/1:0 /3:0 2.2/44:0"),
            ("blanks and line ends", " </1/0>,\r\n </3/0> , </4/0>", "/", &[], "/1:0 /3:0 /4:0"),
            ("slashes at the end", "</1/>,</1/0/>,</3/0/>", "/", &[], "/1:0 /3:0"),
            ("no slash at the start", "<1/0>,<3/0>", "/", &[], "/1:0 /3:0"),
            ("any order, and twice", "</3/1>,</3/0>,</1/0>,</3/1>,</3>", "/", &[], "/1:0 /3:0,1"),
            ("another root", r#"</lwm2m>;rt="oma.lwm2m",</lwm2m/1/0>,</lwm2m/3/0>"#, "/lwm2m", &[], "/1:0 /3:0"),
            ("with a slash", r#"</lwm2m/>;rt="oma.lwm2m",</lwm2m/1/0>,</lwm2m/3/0>"#, "/lwm2m", &[], "/1:0 /3:0"),
            ("a deeper one", r#"</a/b>;rt="x oma.lwm2m y",</a/b/1/0>,</a/b/3/0>"#, "/a/b", &[], "/1:0 /3:0"),
            ("the root at the end", r#"</1/0>,</3/0>,</>;rt=oma.lwm2m;ct=110"#, "/", &[110], "/1:0 /3:0"),
            ("other attributes", "</1/0>;pmin=10;foo=\"a,b\",</3/0>;obs", "/", &[], "/1:0 /3:0"),
        ] {
            let list = read(body);
            let numbers: Vec<u16> = list.formats.iter().map(|format| format.0).collect();
            assert_eq!(
                (list.root.as_str(), numbers.as_slice(), lines(&list).as_str()),
                (root, formats, objects),
                "{why}"
            );
            assert_eq!(list.warnings, [], "{why}");
        }
    }

    #[test]
    fn warns() {
        use Warning::*;
        for (body, objects, warnings) in [
            ("", "", [NoObjects].as_slice()),
            ("</3/0>", "/3:0", &[Missing { object: 1 }]),
            (
                "</0/0>,</0/1>,</1/0>,</3/0>,</21/0>,</23>",
                "/1:0 /3:0",
                &[0, 21, 23].map(|object| NeverListed { object }),
            ),
            ("</1/0>,</3/0>,</a>,</3/0/9>", "/1:0 /3:0", &[NotAnObject { link: 2 }, NotAnObject { link: 3 }]),
            ("</1/0>,</3/0>,</65535/0>,</03/0>", "/1:0 /3:0", &[NotAnObject { link: 2 }, NotAnObject { link: 3 }]),
            (r#"</lwm2m>;rt="oma.lwm2m",</1/0>,</lwm2m/3/0>"#, "/1:0 /3:0", &[RootMissing]),
            (r#"</3>;rt="oma.lwm2m",</1/0>,</3/0>"#, "/1:0 /3:0", &[BadRoot]),
            ("</1/0>,</3>;ver=x,</3/0>", "/1:0 /3:0", &[BadVersion { object: 3 }]),
            ("</1/0>,</3>;ver=1.1,</3/0>;ver=1.2", "/1:0 1.1/3:0", &[TwoVersions { object: 3 }]),
            ("</>;ct=\"110 x 70000\",</1/0>,</3/0>", "/1:0 /3:0", &[BadFormats]),
        ] {
            let list = read(body);
            assert_eq!((lines(&list).as_str(), list.warnings.as_slice()), (objects, warnings), "{body}");
            assert!(list.warnings.iter().all(|warning| warning.to_string().ends_with('.')));
        }
        let formats: Vec<String> = (0..65).map(|number: u16| number.to_string()).collect();
        let list = read(&std::format!("</>;ct=\"{}\",</1/0>,</3/0>", formats.join(" ")));
        assert_eq!((list.formats.len(), list.warnings.as_slice()), (MAX_FORMATS, [BadFormats].as_slice()));
        let many = read(&"</x>,".repeat(1_000));
        assert_eq!(many.warnings.len(), MAX_WARNINGS);
    }

    #[test]
    fn keeps_its_limits() {
        let limits = Limits { links: 2, ..Limits::DEFAULT };
        assert_eq!(ObjectList::parse(b"</1/0>,</3/0>,</4/0>", &limits), Err(LinkError::TooMany { limit: 2 }));
        assert!(matches!(ObjectList::parse(b"hello", &limits), Err(LinkError::Expected { at: 0, .. })));
    }

    #[test]
    fn knows_what_it_has() {
        let list = read("</1/0>,</3/0>,</5>");
        for (path, has) in [
            ("/", true),
            ("/3", true),
            ("/3/0", true),
            ("/3/0/9", true),
            ("/3/1", false),
            ("/5", true),
            ("/5/0", false),
            ("/6", false),
        ] {
            assert_eq!(list.contains(path.parse().unwrap()), has, "{path}");
        }
        assert_eq!(list.versions(), [(1, None), (3, None), (5, None)]);
    }
}
