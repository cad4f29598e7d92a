//! What a device says it has, in the answer of Discover.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write};

use crate::attributes::{put, whole};
use crate::link::{self, Link, LinkError, Reader};
use crate::{AttributeName, Attributes, Limits, Mode, Path, Version};

/// The answer of Discover, made sense of: sorted by path, each path once.
///
/// ```
/// use lwm2m::{Discovery, Limits, Number, Path};
/// let body = br#"</3>;ver=1.1;pmin=10,</3/0>,</3/0/6>;dim=8,</3/0/7>;dim=8;gt=50;lt=42.2"#;
/// let found = Discovery::parse(body, "/", &Limits::DEFAULT)?;
/// let voltage = found.get(Path::resource(3, 0, 7)).unwrap();
/// assert_eq!((voltage.dimension, voltage.attributes.lt.map(Number::to_f64)), (Some(8), Some(42.2)));
/// assert!(found.get(Path::resource(3, 0, 9)).is_none());
/// # Ok::<(), lwm2m::link::LinkError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub struct Discovery {
    /// What was found.
    pub found: Vec<Discovered>,
    /// How many links were passed over: those that are no path of LwM2M, and those of a path that came before.
    pub passed_over: usize,
}

impl Discovery {
    /// Reads the answer of a Discover or Bootstrap-Discover. What stands before the paths is `prefix`: the alternate
    /// root of the device, `/ep/<name>`, a gateway prefix after one of these; `/` or the empty text for nothing. Links
    /// without it are taken too.
    ///
    /// A Bootstrap-Discover of LwM2M 1.0 begins with `lwm2m="1.0"` without a link; that counts as said of the root.
    ///
    /// # Errors
    /// [`LinkError`] if it is no link format at all, or above [`Limits::links`].
    ///
    /// ```
    /// use lwm2m::{Discovery, Limits, Path, Version};
    /// let body = br#"</>;lwm2m=1.1,</0/0>;ssid=101;uri="coaps://server",</0/1>,</1/0>;ssid=101"#;
    /// let found = Discovery::parse(body, "/", &Limits::DEFAULT)?;
    /// assert_eq!(found.get(Path::ROOT).unwrap().lwm2m, Some(Version::V1_1));
    /// let account = found.get(Path::instance(0, 0)).unwrap();
    /// assert_eq!((account.ssid, account.uri.as_deref()), (Some(101), Some("coaps://server")));
    /// assert_eq!(found.to_link_format("").as_bytes(), body);
    /// # Ok::<(), lwm2m::link::LinkError>(())
    /// ```
    pub fn parse(body: &[u8], prefix: &str, limits: &Limits) -> Result<Self, LinkError> {
        let bare = bare_version(body);
        let mut reader = Reader::new(body, Mode::Lenient, limits)?;
        if let Some((_, at)) = bare {
            reader = reader.skip_to(at);
        }
        let (mut links, mut found) = (0, Vec::new());
        while let Some(target) = reader.link()? {
            links += 1;
            let mut discovered = Discovered::at(target, prefix);
            while let Some(raw) = reader.attribute()? {
                if let Some(discovered) = &mut discovered
                    && !discovered.set(raw.name, raw.value().as_deref())
                {
                    discovered.others.push(raw.into_attribute().into_owned());
                }
            }
            found.extend(discovered);
        }
        let mut discovery = Self::sorted(found, links);
        if let Some((version, _)) = bare {
            match discovery.found.first_mut().filter(|first| first.path == Path::ROOT) {
                Some(root) => root.lwm2m = root.lwm2m.or(Some(version)),
                None => discovery.found.insert(0, Discovered { lwm2m: Some(version), ..Discovered::new(Path::ROOT) }),
            }
        }
        Ok(discovery)
    }

    /// Makes sense of links that were read.
    pub fn from_links(links: &[Link<'_>], prefix: &str) -> Self {
        let from_link = |link: &Link<'_>| {
            let mut discovered = Discovered::at(&link.target, prefix)?;
            for attribute in &link.attributes {
                if !discovered.set(&attribute.name, attribute.value.as_deref()) {
                    discovered.others.push(attribute.clone().into_owned());
                }
            }
            Some(discovered)
        };
        Self::sorted(links.iter().filter_map(from_link).collect(), links.len())
    }

    fn sorted(mut found: Vec<Discovered>, links: usize) -> Self {
        // Stable: of two with the same path the first one stays.
        found.sort_by_key(|one| one.path);
        found.dedup_by_key(|one| one.path);
        Self { passed_over: links - found.len(), found }
    }

    /// Writes the answer of a Discover, or of a Bootstrap-Discover since 1.1, with `root` before each path; `/` or the
    /// empty text for none.
    pub fn to_link_format(&self, root: &str) -> String {
        let mut out = String::with_capacity(self.found.len() * 24);
        self.found.iter().for_each(|one| one.write(&mut out, root.trim_end_matches('/')));
        out
    }

    /// Writes the answer of a Bootstrap-Discover as LwM2M 1.0 has it: the version of the root stands first, without a
    /// link, and `uri` did not exist yet.
    ///
    /// ```
    /// use lwm2m::{Discovery, Limits};
    /// let found = Discovery::parse(b"</>;lwm2m=1.0,</0/0>;ssid=101,</3/0>", "/", &Limits::DEFAULT)?;
    /// let old = found.to_bare_link_format();
    /// assert_eq!(old, r#"lwm2m="1.0",</0/0>;ssid=101,</3/0>"#);
    /// assert_eq!(Discovery::parse(old.as_bytes(), "/", &Limits::DEFAULT)?, found);
    /// # Ok::<(), lwm2m::link::LinkError>(())
    /// ```
    pub fn to_bare_link_format(&self) -> String {
        let root = self.get(Path::ROOT).and_then(|root| root.lwm2m);
        let mut out = root.map(|version| format!("lwm2m=\"{version}\"")).unwrap_or_default();
        for one in self.found.iter().filter(|one| one.path != Path::ROOT) {
            Discovered { uri: None, ..one.clone() }.write(&mut out, "");
        }
        out
    }

    /// What was said of a path.
    pub fn get(&self, path: Path) -> Option<&Discovered> {
        let place = self.found.binary_search_by_key(&path, |one| one.path).ok()?;
        self.found.get(place)
    }

    /// What was found at the path and below it, in order.
    pub fn below(&self, path: Path) -> &[Discovered] {
        let start = self.found.partition_point(|one| one.path < path);
        let rest = self.found.get(start..).unwrap_or_default();
        let end = rest.iter().position(|one| !path.contains(one.path)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }
}

/// A path that a device has, with what it says of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Discovered {
    /// Which object, object instance, resource or resource instance. The root stands for the device itself.
    pub path: Path,
    /// `ver`: the version of the object.
    pub version: Option<Version>,
    /// `dim`: how many instances a multiple resource has.
    pub dimension: Option<u16>,
    /// `lwm2m`: the version of the enabler. Of the root, in a Bootstrap-Discover.
    pub lwm2m: Option<Version>,
    /// `ssid`: the Short Server ID that belongs to an instance, 1 to 65534. In a Bootstrap-Discover.
    pub ssid: Option<u16>,
    /// `uri`: the URI of the server that an instance of the Security object is for. In a Bootstrap-Discover, since 1.1.
    pub uri: Option<String>,
    /// The notification attributes that are attached or inherited.
    pub attributes: Attributes,
    /// All others as they came, also those of the names above that cannot be read.
    pub others: Vec<link::Attribute<'static>>,
}

impl Discovered {
    /// A path of which nothing is said.
    pub const fn new(path: Path) -> Self {
        let attributes = Attributes::NONE;
        let (version, dimension, lwm2m, ssid) = (None, None, None, None);
        Self { path, version, dimension, lwm2m, ssid, uri: None, attributes, others: Vec::new() }
    }

    /// The path of a link, if it is one of LwM2M.
    fn at(target: &str, prefix: &str) -> Option<Self> {
        let path = Path::parse_below(target, prefix, Mode::Lenient).ok()?;
        (!path.is_new_instance()).then(|| Self::new(path))
    }

    /// Whether the attribute is one that is known, not set yet, and could be read.
    fn set(&mut self, name: &str, value: Option<&str>) -> bool {
        let value = value.unwrap_or_default().trim_ascii();
        match name {
            "ver" => put(&mut self.version, value.parse().ok()),
            "dim" => put(&mut self.dimension, whole(value)),
            "lwm2m" => put(&mut self.lwm2m, value.parse().ok()),
            "ssid" => put(&mut self.ssid, whole(value).filter(|ssid| (1..u16::MAX).contains(ssid))),
            "uri" if !value.is_empty() => put(&mut self.uri, Some(value.into())),
            _ => AttributeName::from_name(name).is_some_and(|name| {
                !self.attributes.has(name) && self.attributes.set(name, value, Mode::Lenient).is_ok()
            }),
        }
    }

    fn write(&self, out: &mut String, root: &str) {
        link::push_target(out, root, self.path);
        let mut push = |name: &str, value: &dyn fmt::Display| {
            // Writing to a string cannot fail.
            let _ = write!(out, ";{name}={value}");
        };
        self.lwm2m.iter().for_each(|version| push("lwm2m", version));
        self.version.iter().for_each(|version| push("ver", version));
        self.dimension.iter().for_each(|dimension| push("dim", dimension));
        self.ssid.iter().for_each(|ssid| push("ssid", ssid));
        self.attributes.named().for_each(|(name, value)| push(name, &value));
        let uri = self.uri.as_deref().map(|uri| link::Attribute::quoted("uri", uri));
        for other in uri.iter().chain(&self.others) {
            let _ = write!(out, ";{other}");
        }
    }
}

/// `lwm2m="1.0",` before the first link: the version, and where the links begin.
fn bare_version(body: &[u8]) -> Option<(Version, usize)> {
    let rest = body.trim_ascii_start().strip_prefix(b"lwm2m")?.trim_ascii_start().strip_prefix(b"=")?;
    let end = rest.iter().position(|&byte| byte == b',').unwrap_or(rest.len());
    let value = core::str::from_utf8(rest.get(..end)?).ok()?.trim_ascii();
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    Some((value.parse().ok()?, body.len() - rest.len() + (end + 1).min(rest.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `/3 ver=1.1 pmin=10 +foo` for a path with its attributes; those of `others` after a `+`.
    fn lines(discovery: &Discovery) -> String {
        let line = |one: &Discovered| {
            let mut line = std::format!("{}", one.path);
            one.version.iter().for_each(|version| line += &std::format!(" ver={version}"));
            one.dimension.iter().for_each(|dimension| line += &std::format!(" dim={dimension}"));
            one.lwm2m.iter().for_each(|version| line += &std::format!(" lwm2m={version}"));
            one.ssid.iter().for_each(|ssid| line += &std::format!(" ssid={ssid}"));
            one.uri.iter().for_each(|uri| line += &std::format!(" uri={uri}"));
            one.attributes.named().for_each(|(name, value)| line += &std::format!(" {name}={value}"));
            one.others.iter().for_each(|other| line += &std::format!(" +{other}"));
            line
        };
        discovery.found.iter().map(line).collect::<Vec<_>>().join("; ")
    }

    fn read(body: &str, prefix: &str) -> Discovery {
        Discovery::parse(body.as_bytes(), prefix, &Limits::DEFAULT).unwrap()
    }

    #[test]
    fn reads_what_devices_answer() {
        for (why, body, prefix, found) in [
            // OMA LwM2M Core, "Discover": the examples.
            (
                "an object",
                "</3>;ver=1.1;pmin=10;pmax=60,</3/0>;pmin=5,</3/0/1>",
                "/",
                "/3 ver=1.1 pmin=10 pmax=60; /3/0 pmin=5; /3/0/1",
            ),
            (
                "a resource",
                "</3/0/7>;dim=8;pmin=10;pmax=60;gt=50;lt=42.2,</3/0/7/0>",
                "",
                "/3/0/7 dim=8 pmin=10 pmax=60 gt=50 lt=42.2; /3/0/7/0",
            ),
            (
                "attributes of 1.1 and 1.2",
                "</3/0>;epmin=1;epmax=2;edge=1;con=0;hqmax=5",
                "",
                "/3/0 epmin=1 epmax=2 edge=1 con=0 hqmax=5",
            ),
            (
                "Bootstrap-Discover",
                "</>;lwm2m=1.1,</0/0>;ssid=101;uri=\"coaps://a\"",
                "",
                "/ lwm2m=1.1; /0/0 ssid=101 uri=coaps://a",
            ),
            // OMA LwM2M Core 1.0, "Bootstrap Discover": the version stands alone.
            (
                "Bootstrap-Discover of 1.0",
                "lwm2m=\"1.0\",</0/0>;ssid=101,</0/1>,</1/0>;ssid=101,</3/0>",
                "",
                "/ lwm2m=1.0; /0/0 ssid=101; /0/1; /1/0 ssid=101; /3/0",
            ),
            ("the same without quotes", " lwm2m=1.0 , </0/0>", "", "/ lwm2m=1.0; /0/0"),
            ("the same alone", "lwm2m=1.0", "", "/ lwm2m=1.0"),
            ("both", "lwm2m=1.0,</>;lwm2m=1.1,</1/0>", "", "/ lwm2m=1.1; /1/0"),
            ("quoted, and slashes", "</>;lwm2m=\"1.1\",</0/0/>;ssid=\"1\"", "", "/ lwm2m=1.1; /0/0 ssid=1"),
            ("below zero", "</4/0/2>;gt=-95.5;lt=-1e2;st=.5", "", "/4/0/2 gt=-95.5 lt=-100 st=0.5"),
            ("another root", "</lwm2m/3>;ver=1.2,</lwm2m/3/0/9>", "/lwm2m/", "/3 ver=1.2; /3/0/9"),
            ("the root itself", "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/1/0>", "/lwm2m", "/ +rt=\"oma.lwm2m\"; /1/0"),
            ("a bridge", "</ep/dev-1/3/0>,</ep/dev-1/3/0/9>;obs", "/ep/dev-1", "/3/0; /3/0/9 +obs"),
            ("a root that is forgotten", "</lwm2m/3>,</3/0>", "/lwm2m", "/3; /3/0"),
            ("any order", "</3/0/9>,</3>,</3/0>,</1/0>", "", "/1/0; /3; /3/0; /3/0/9"),
            ("quotes", "</1>;ver=\"1.1\";pmin=\"10\"", "", "/1 ver=1.1 pmin=10"),
            ("slashes", "<3/0/>,</3/0/9/>", "", "/3/0; /3/0/9"),
            (
                "what cannot be read",
                "</3>;ver=x;pmin=-1;pmax;gt=NaN;st=1e999;edge=2;dim=70000;ssid=0;lwm2m=x;uri",
                "",
                "/3 +ver=x +pmin=-1 +pmax +gt=NaN +st=1e999 +edge=2 +dim=70000 +ssid=0 +lwm2m=x +uri",
            ),
            ("what comes twice", "</3>;pmin=1;pmin=2", "", "/3 pmin=1 +pmin=2"),
            ("nothing", "", "", ""),
        ] {
            let discovery = read(body, prefix);
            assert_eq!((lines(&discovery).as_str(), discovery.passed_over), (found, 0), "{why}");
            // Read from links, and written with whatever root and read again, it is the same.
            if let Ok(links) = link::parse(body.as_bytes(), Mode::Lenient) {
                assert_eq!(Discovery::from_links(&links, prefix), discovery, "{why}");
            }
            for root in ["", "/", "/lwm2m", "/ep/dev-1"] {
                assert_eq!(read(&discovery.to_link_format(root), root), discovery, "{why}");
            }
        }
    }

    #[test]
    fn passes_over_what_is_no_path() {
        for (body, prefix, found, passed_over) in [
            ("</3>,</a/b>,</65535/0>,</03>,</3/0/1/2/3>,</3/->", "", "/3", 5),
            ("</3>;pmin=1,</3>;pmin=2", "", "/3 pmin=1", 1),
            ("</lwm2mx/3>,</lwm2m/3>", "/lwm2m", "/3", 1),
            ("<coap://a/3>", "", "", 1),
        ] {
            let discovery = read(body, prefix);
            assert_eq!((lines(&discovery).as_str(), discovery.passed_over), (found, passed_over), "{body}");
        }
        let limits = Limits { links: 1, ..Limits::DEFAULT };
        assert_eq!(Discovery::parse(b"</3>,</4>", "", &limits), Err(LinkError::TooMany { limit: 1 }));
        for bad in ["hello", "lwm2m", "lwm2m=x,</0/0>", "lwm2m=1.0</0/0>", "ver=1.0,</0/0>"] {
            let error = Discovery::parse(bad.as_bytes(), "", &Limits::DEFAULT).unwrap_err();
            assert_eq!(error, LinkError::Expected { at: 0, expected: "<" }, "{bad}");
        }
        let late = Discovery::parse(b"lwm2m=1.0,</0/0>;=", "", &Limits::DEFAULT);
        assert_eq!(late, Err(LinkError::Expected { at: 17, expected: "an attribute name" }));
    }

    #[test]
    fn finds_what_is_below() {
        let discovery = read("</3>,</3/0>,</3/0/9>,</30/0>,</4/0>", "");
        let below = |path: &str| discovery.below(path.parse().unwrap()).len();
        assert_eq!(["/", "/3", "/3/0", "/3/0/9", "/3/1", "/5"].map(below), [5, 3, 2, 1, 0, 0]);
    }
}
