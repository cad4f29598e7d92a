//! What a device says it has, in the answer of Discover.

use alloc::vec::Vec;

use crate::attributes::{put, whole};
use crate::link::{self, Link, LinkError};
use crate::{Attributes, Limits, Mode, Path, Version};

/// The answer of Discover, made sense of: sorted by path, each path once.
///
/// ```
/// use lwm2m::{Discovery, Limits, Path};
/// let body = br#"</3>;ver=1.1;pmin=10,</3/0>,</3/0/6>;dim=8,</3/0/7>;dim=8;gt=50;lt=42.2"#;
/// let found = Discovery::parse(body, "/", &Limits::DEFAULT)?;
/// let voltage = found.get(Path::resource(3, 0, 7)).unwrap();
/// assert_eq!((voltage.dimension, voltage.attributes.lt), (Some(8), Some(42.2)));
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
    /// # Errors
    /// [`LinkError`] if it is no link format at all, or above [`Limits::links`].
    pub fn parse(body: &[u8], prefix: &str, limits: &Limits) -> Result<Self, LinkError> {
        Ok(Self::from_links(&link::parse_with(body, Mode::Lenient, limits)?, prefix))
    }

    /// Makes sense of links that were read.
    pub fn from_links(links: &[Link<'_>], prefix: &str) -> Self {
        let prefix = prefix.trim_end_matches('/');
        let mut found: Vec<Discovered> = links.iter().filter_map(|link| Discovered::from_link(link, prefix)).collect();
        // Stable: of two with the same path the first one stays.
        found.sort_by_key(|one| one.path);
        found.dedup_by_key(|one| one.path);
        Self { passed_over: links.len() - found.len(), found }
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
    /// The notification attributes that are attached or inherited.
    pub attributes: Attributes,
    /// All others as they came, also those of the names above that cannot be read.
    pub others: Vec<link::Attribute<'static>>,
}

impl Discovered {
    fn from_link(link: &Link<'_>, prefix: &str) -> Option<Self> {
        let target = match link.target.strip_prefix(prefix) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
            _ => &link.target,
        };
        let path = Path::parse(target, Mode::Lenient).ok().filter(|path| !path.is_new_instance())?;
        let mut discovered =
            Self { path, version: None, dimension: None, attributes: Attributes::default(), others: Vec::new() };
        for attribute in &link.attributes {
            let value = attribute.value.as_deref().unwrap_or_default().trim_ascii();
            if !discovered.set(&attribute.name, value) {
                discovered.others.push(attribute.clone().into_owned());
            }
        }
        Some(discovered)
    }

    /// Whether the attribute is one that is known, not set yet, and could be read.
    fn set(&mut self, name: &str, value: &str) -> bool {
        match name {
            "ver" => put(&mut self.version, value.parse().ok()),
            "dim" => put(&mut self.dimension, whole(value)),
            _ => self.attributes.set(name, value),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::*;

    /// `/3 ver=1.1 pmin=10 +foo` for a path with its attributes; those of `others` after a `+`.
    fn lines(discovery: &Discovery) -> String {
        let line = |one: &Discovered| {
            let mut line = std::format!("{}", one.path);
            one.version.iter().for_each(|version| line += &std::format!(" ver={version}"));
            one.dimension.iter().for_each(|dimension| line += &std::format!(" dim={dimension}"));
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
                "/ +lwm2m=1.1; /0/0 +ssid=101 +uri=\"coaps://a\"",
            ),
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
                "</3>;ver=x;pmin=-1;pmax;gt=NaN;st=1e999;edge=2;dim=70000",
                "",
                "/3 +ver=x +pmin=-1 +pmax +gt=NaN +st=1e999 +edge=2 +dim=70000",
            ),
            ("what comes twice", "</3>;pmin=1;pmin=2", "", "/3 pmin=1 +pmin=2"),
            ("nothing", "", "", ""),
        ] {
            let discovery = read(body, prefix);
            assert_eq!((lines(&discovery).as_str(), discovery.passed_over), (found, 0), "{why}");
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
        assert!(Discovery::parse(b"hello", "", &Limits::DEFAULT).is_err());
    }

    #[test]
    fn finds_what_is_below() {
        let discovery = read("</3>,</3/0>,</3/0/9>,</30/0>,</4/0>", "");
        let below = |path: &str| discovery.below(path.parse().unwrap()).len();
        assert_eq!(["/", "/3", "/3/0", "/3/0/9", "/3/1", "/5"].map(below), [5, 3, 2, 1, 0, 0]);
    }
}
