//! What a device says it has: the list in a registration.

mod instance_ids;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

pub use instance_ids::InstanceIds;

use crate::attributes::whole;
use crate::link::{self, Link, LinkError, RawAttribute, Reader};
use crate::path::below;
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
    pub instances: InstanceIds,
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
    /// Nothing is kept of a link but its ids and version, so that a long list costs little more than its bytes.
    ///
    /// # Errors
    /// [`LinkError`] if it is no link format at all, or above [`Limits::links`].
    pub fn parse(body: &[u8], limits: &Limits) -> Result<Self, LinkError> {
        // The root link is mostly the first one. If it turns out to be a later one, the list is read again.
        let mut builder = Builder::default();
        let again = builder.read(body, limits)?;
        if let Some((number, target)) = again {
            builder = Builder::default();
            builder.set_root(Some(number), target);
            builder.read(body, limits)?;
        }
        Ok(builder.finish())
    }

    /// Makes sense of links that were read.
    pub fn from_links(links: &[Link<'_>]) -> Self {
        let is_named = |link: &Link<'_>| link.value("rt").is_some_and(names_root);
        let root_link = links.iter().position(is_named).or_else(|| links.iter().position(|link| link.target == "/"));
        let mut builder = Builder::default();
        if let Some(link) = root_link.and_then(|number| links.get(number)) {
            builder.set_root(root_link, &link.target);
        }
        for (number, link) in links.iter().enumerate() {
            if Some(number) == root_link {
                builder.formats(link.value("ct").unwrap_or_default());
            } else {
                builder.add(number, &link.target, link.value("ver"));
            }
        }
        builder.finish()
    }

    /// Writes the list as the body of a Register or Update: the root link if it says anything (another root, formats),
    /// then by id each object that has a version or no instance, and its instances. Without [`ObjectList::warnings`].
    ///
    /// ```
    /// use lwm2m::{ContentFormat, Limits, ObjectList};
    /// let body = r#"</>;rt="oma.lwm2m";ct=110,</1/0>,</3>;ver=1.1,</3/0>,</5>"#;
    /// assert_eq!(ObjectList::parse(body.as_bytes(), &Limits::DEFAULT)?.to_link_format(), body);
    /// # Ok::<(), lwm2m::link::LinkError>(())
    /// ```
    pub fn to_link_format(&self) -> String {
        let root = self.root.trim_end_matches('/');
        let links: usize = self.objects.iter().map(|object| object.instances.len() + 1).sum();
        let mut out = String::with_capacity(64 + links * (root.len() + 12));
        if !root.is_empty() || !self.formats.is_empty() {
            out.push_str("</");
            out.push_str(root.trim_start_matches('/'));
            out.push_str(">;rt=\"oma.lwm2m\"");
            if let [first, rest @ ..] = self.formats.as_slice() {
                // A list with blanks needs quotes.
                let quote = if rest.is_empty() { "" } else { "\"" };
                out.push_str(";ct=");
                out.push_str(quote);
                link::push_number(&mut out, first.0);
                for format in rest {
                    out.push(' ');
                    link::push_number(&mut out, format.0);
                }
                out.push_str(quote);
            }
        }
        for object in &self.objects {
            if object.version.is_some() || object.instances.is_empty() {
                link::push_target(&mut out, root, Path::object(object.id));
                if let Some(version) = object.version {
                    out.push_str(";ver=");
                    link::push_number(&mut out, version.major.into());
                    out.push('.');
                    link::push_number(&mut out, version.minor.into());
                }
            }
            for &instance in object.instances.iter() {
                link::push_target(&mut out, root, Path::instance(object.id, instance));
            }
        }
        out
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

/// An object list while its links come.
#[derive(Default)]
struct Builder {
    root: String,
    root_link: Option<usize>,
    formats: Vec<ContentFormat>,
    objects: Vec<RegisteredObject>,
    /// Whether an object came after one with a higher id, or came again later.
    disordered: bool,
    warnings: Warnings,
}

impl Builder {
    /// Reads a list of links. If it has a link to the root that should have been known from the beginning, stops there
    /// and gives its number and target.
    fn read<'a>(&mut self, body: &'a [u8], limits: &Limits) -> Result<Option<(usize, &'a str)>, LinkError> {
        let known = self.root_link;
        let mut named = known.is_some();
        let mut reader = Reader::new(body, Mode::Lenient, limits)?;
        self.objects.reserve((body.len() / 24 + 1).min(limits.links).min(FIRST_CAPACITY));
        let mut next = 0;
        loop {
            let number = next;
            next += 1;
            if self.root.is_empty()
                && known != Some(number)
                && let Some((path, version)) = reader.plain()
            {
                self.found(path, version);
                continue;
            }
            let Some(target) = reader.link()? else { return Ok(None) };
            let (mut version, mut kinds, mut formats) = (None, None, None);
            while let Some(attribute) = reader.attribute()? {
                let place = match attribute.name {
                    "ver" => &mut version,
                    "rt" => &mut kinds,
                    "ct" => &mut formats,
                    _ => continue,
                };
                // The first one of a name counts.
                place.get_or_insert(attribute);
            }
            let value = |attribute: &Option<RawAttribute<'a>>| attribute.as_ref().and_then(RawAttribute::value);
            if !named && value(&kinds).is_some_and(|kinds| names_root(&kinds)) {
                if number > 0 {
                    return Ok(Some((number, target)));
                }
                named = true;
                self.set_root(Some(number), target);
            } else if !named && self.root_link.is_none() && target == "/" {
                self.set_root(Some(number), target);
            }
            if self.root_link == Some(number) {
                self.formats(&value(&formats).unwrap_or_default());
            } else {
                self.add(number, target, value(&version).as_deref());
            }
        }
    }

    fn set_root(&mut self, number: Option<usize>, target: &str) {
        self.root_link = number;
        let inner = target.trim_matches('/');
        // A number in the root could not be told from an object.
        let numeric = |segment: &str| segment.is_empty() || segment.bytes().all(|b| b.is_ascii_digit());
        self.root.clear();
        if inner.is_empty() {
        } else if inner.split('/').any(numeric) {
            self.warnings.add(Warning::BadRoot);
        } else {
            self.root.push('/');
            self.root.push_str(inner);
        }
    }

    fn formats(&mut self, list: &str) {
        for text in list.split_ascii_whitespace() {
            match whole(text) {
                Some(number) if self.formats.contains(&ContentFormat(number)) => {}
                Some(number) if self.formats.len() < MAX_FORMATS => self.formats.push(ContentFormat(number)),
                Some(_) => {
                    self.warnings.add(Warning::BadFormats);
                    break;
                }
                None => self.warnings.add(Warning::BadFormats),
            }
        }
    }

    fn add(&mut self, number: usize, target: &str, version: Option<&str>) {
        let target = match below(target, &self.root) {
            Some(rest) => rest,
            None => {
                self.warnings.add(Warning::RootMissing);
                target
            }
        };
        let path = Path::parse(target, Mode::Lenient)
            .ok()
            .filter(|path| matches!(path.level(), Level::Object | Level::ObjectInstance) && !path.is_new_instance());
        let Some((path, id)) = path.and_then(|path| Some((path, path.object_id()?))) else {
            self.warnings.add(Warning::NotAnObject { link: number });
            return;
        };
        let version = version.and_then(|text| match text.parse() {
            Err(_) if !is_never_listed(id) => {
                self.warnings.add(Warning::BadVersion { object: id });
                None
            }
            version => version.ok(),
        });
        self.found(path, version);
    }

    /// An object or object instance.
    fn found(&mut self, path: Path, version: Option<Version>) {
        let Some(id) = path.object_id() else { return };
        if is_never_listed(id) {
            self.warnings.add(Warning::NeverListed { object: id });
            return;
        }
        let instance = path.instance_id();
        match self.objects.last_mut() {
            Some(last) if last.id == id => {
                merge_version(last, version, &mut self.warnings);
                if let Some(instance) = instance {
                    last.instances.push(instance);
                }
            }
            last => {
                self.disordered |= last.is_some_and(|last| last.id > id);
                let mut instances = InstanceIds::new();
                if let Some(instance) = instance {
                    instances.push(instance);
                }
                self.objects.push(RegisteredObject { id, version, instances });
            }
        }
    }

    fn finish(mut self) -> ObjectList {
        if self.disordered {
            // Stable, so that of two versions the first one stays first.
            self.objects.sort_by_key(|object| object.id);
            let warnings = &mut self.warnings;
            self.objects.dedup_by(|later, first| {
                let same = later.id == first.id;
                if same {
                    merge_version(first, later.version, warnings);
                    later.instances.iter().for_each(|&instance| first.instances.push(instance));
                }
                same
            });
        }
        self.objects.iter_mut().for_each(|object| object.instances.finish());
        self.objects.shrink_to_fit();
        if self.objects.is_empty() {
            self.warnings.add(Warning::NoObjects);
        } else {
            for object in [1, 3] {
                if self.objects.binary_search_by_key(&object, |listed| listed.id).is_err() {
                    self.warnings.add(Warning::Missing { object });
                }
            }
        }
        if self.root.is_empty() {
            self.root.push('/');
        }
        ObjectList { root: self.root, formats: self.formats, objects: self.objects, warnings: self.warnings.0 }
    }
}

fn merge_version(object: &mut RegisteredObject, version: Option<Version>, warnings: &mut Warnings) {
    match (object.version, version) {
        (None, version) => object.version = version,
        (Some(first), Some(other)) if first != other => warnings.add(Warning::TwoVersions { object: object.id }),
        _ => {}
    }
}

/// Objects with secrets in them.
const fn is_never_listed(object: u16) -> bool {
    matches!(object, 0 | 21 | 23)
}

/// Whether resource types name the root of LwM2M.
fn names_root(kinds: &str) -> bool {
    kinds.split_ascii_whitespace().any(|kind| kind == "oma.lwm2m")
}

const MAX_WARNINGS: usize = 16;
const MAX_FORMATS: usize = 64;
/// Objects that room is made for before any is read.
const FIRST_CAPACITY: usize = 128;

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
            (
                "the root in the middle",
                r#"</r/1/0>,</r>;ct=110;rt=oma.lwm2m,</r/3/0>,</r/1>"#,
                "/r",
                &[110],
                "/1:0 /3:0",
            ),
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
            // Read from links, and written and read again, it is the same.
            assert_eq!(ObjectList::from_links(&link::parse(body.as_bytes(), Mode::Lenient).unwrap()), list, "{why}");
            assert_eq!(read(&list.to_link_format()), list, "{why}");
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
            (r#"</>;ct=60,</>;rt="oma.lwm2m";ct=110,</1/0>,</3/0>"#, "/1:0 /3:0", &[NotAnObject { link: 0 }]),
        ] {
            let list = read(body);
            assert_eq!((lines(&list).as_str(), list.warnings.as_slice()), (objects, warnings), "{body}");
            assert!(list.warnings.iter().all(|warning| warning.to_string().ends_with('.')));
            assert_eq!(ObjectList::from_links(&link::parse(body.as_bytes(), Mode::Lenient).unwrap()), list, "{body}");
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
