//! Link lists: what Leshan takes we take, with the same targets and attributes, and we write them back.

use std::path::Path as FilePath;

use lwm2m::link::{self, Link};
use lwm2m::{AttributeName, Attributes, Discovery, Limits, Mode, ObjectList, Version};
use serde_json::Value as Json;

use crate::rows::{Counts, Hits, Judge, Rule, bytes, rows, text};

/// A list that we read and Leshan does not.
struct Case {
    links: Vec<Link<'static>>,
    strict: bool,
}

/// Where we read a list and Leshan does not.
const WE_TAKE: &[Rule<Case>] = &[
    Rule {
        name: "only-lenient",
        why: "blanks, empty elements and control characters have one meaning, but no grammar allows them",
        holds: |case| !case.strict,
    },
    Rule {
        name: "no-path",
        why: "a target that is no path of LwM2M is a link like another; who looks for objects passes over it",
        holds: |case| {
            let root = ObjectList::from_links(&case.links).root;
            Discovery::from_links(&case.links, &root).passed_over > 0
        },
    },
    Rule {
        name: "odd-attribute",
        why: "an attribute with a value that it cannot have, or where it cannot be, is kept as text; who judges attributes \
              refuses it",
        holds: |case| {
            let twice = |link: &Link<'_>| link.attributes.iter().filter(|it| it.name == "ver").count() > 1;
            let odd = |link: &Link<'_>| {
                let version = link.attribute("ver").is_some_and(|version| {
                    // Quoted, not two numbers, or not of an object; or beside another, which a link has once.
                    let plain = version
                        .value
                        .as_deref()
                        .is_some_and(|it| it.parse::<Version>().is_ok() && it.matches('.').count() == 1);
                    version.quoted || !plain || twice(link) || link.target.matches('/').count() > 1
                });
                let quoted = link.attributes.iter().any(|it| it.quoted && AttributeName::from_name(&it.name).is_some());
                let attributes = Attributes::from_link(link, Mode::Strict);
                version || quoted || attributes.is_ok_and(|it| it.consistency().is_err()) || attributes.is_err()
            };
            case.links.iter().any(odd)
        },
    },
    Rule {
        name: "relative-target",
        why: "a target without its first slash is a relative reference, as RFC 6690 allows",
        holds: |case| case.links.iter().any(|link| !link.target.starts_with('/')),
    },
    Rule {
        name: "any-attribute",
        why: "an attribute that is not of LwM2M is kept as text, also with a name like title*, a capital letter in \
              rt, or control characters",
        holds: |case| {
            let mut all = case.links.iter().flat_map(|link| &link.attributes);
            all.any(|it| {
                let value = it.value.as_deref().unwrap_or_default();
                let capital = it.name == "rt" && value.contains(char::is_uppercase);
                it.name.ends_with('*') || value.contains(char::is_control) || capital
            })
        },
    },
];

/// All rows of a folder.
pub(crate) fn run(folder: &FilePath) -> Hits {
    let (mut take, mut counts) = (Judge::new(WE_TAKE), Counts::default());
    for row in rows(folder, "links.jsonl") {
        let bytes = bytes(&row);
        let (lenient, strict) = (link::parse(&bytes, Mode::Lenient), link::parse(&bytes, Mode::Strict));
        assert!(strict.is_err() || lenient == strict, "{row}");
        written(&bytes).unwrap_or_else(|why| panic!("{why}: {row}"));
        let theirs = row["links"].as_array();
        let kind = match (&lenient, theirs) {
            (Ok(links), Some(theirs)) => {
                alike(links, theirs).unwrap_or_else(|why| panic!("{why}: {row}"));
                "both read the same"
            }
            (Err(_), None) => "both refuse",
            (Ok(links), None) => {
                let links = links.iter().map(|link| link.clone().into_owned()).collect();
                let case = Case { links, strict: strict.is_ok() };
                take.differs(&case, text(&row, "id"), || {
                    format!("{} {} {lenient:?}", text(&row, "text"), text(&row, "leshan"))
                });
                "we read, Leshan refuses"
            }
            (Err(error), Some(_)) => panic!("{error:?}: {row}"),
        };
        counts.add(kind, 40);
        if let Ok(links) = lenient {
            assert_eq!(link::parse(link::format(&links).as_bytes(), Mode::Lenient).as_ref(), Ok(&links), "{row}");
        }
        if strict.is_ok() {
            counts.add("strict", 40);
        }
    }
    counts.print();
    take.finish()
}

/// Made sense of from the bytes or from their links, and after writing and reading again, it is the same.
fn written(bytes: &[u8]) -> Result<(), String> {
    let (list, links) = (ObjectList::parse(bytes, &Limits::DEFAULT), link::parse(bytes, Mode::Lenient));
    let found = |root: &str| Discovery::parse(bytes, root, &Limits::DEFAULT);
    let (Ok(list), Ok(links)) = (&list, &links) else {
        // The one error wherever it is found, but for the version that may stand before the first link.
        let same = list.as_ref().err() == links.as_ref().err() && found("/").err().is_none_or(|it| Err(it) == list);
        return if same { Ok(()) } else { Err(format!("{list:?}, {links:?}")) };
    };
    if *list != ObjectList::from_links(links) {
        return Err(format!("{list:?} from bytes"));
    }
    let again = ObjectList::parse(list.to_link_format().as_bytes(), &Limits::DEFAULT);
    if !again
        .is_ok_and(|again| (&again.root, &again.objects, &again.formats) == (&list.root, &list.objects, &list.formats))
    {
        return Err(format!("written as {}", list.to_link_format()));
    }
    let found = found(&list.root).map_err(|error| error.to_string())?;
    if found != Discovery::from_links(links, &list.root) {
        return Err(format!("{found:?} from bytes"));
    }
    let text = found.to_link_format("/ep/x");
    let again = Discovery::parse(text.as_bytes(), "/ep/x", &Limits::DEFAULT);
    if again.as_ref().map(|again| &again.found) != Ok(&found.found) {
        return Err(format!("written as {text}"));
    }
    Ok(())
}

/// The same targets and attribute names, and as an answer of Discover the same paths with the same attributes.
fn alike(links: &[Link<'_>], theirs: &[Json]) -> Result<(), String> {
    if links.len() != theirs.len() {
        return Err(format!("{} links", links.len()));
    }
    // Leshan drops a slash at the end of a target and writes numbers without leading zeros.
    let clean = |uri: &str| uri.trim_end_matches('/').replace("/0", "/").replace("//", "/");
    for (link, row) in links.iter().zip(theirs) {
        let names: Vec<&str> = list(row, "attrs").iter().map(|attribute| text(attribute, "name")).collect();
        if clean(&link.target) != clean(text(row, "uri")) || !link.attributes.iter().map(|it| &*it.name).eq(names) {
            return Err(format!("{link:?}"));
        }
    }
    discovery(links, theirs)
}

/// As an answer of Discover: the paths and the attributes of LwM2M that Leshan finds.
fn discovery(links: &[Link<'_>], expected: &[Json]) -> Result<(), String> {
    let root = ObjectList::from_links(links).root;
    let discovery = Discovery::from_links(links, &root);
    if discovery.found.len() + discovery.passed_over != links.len() {
        return Err(format!("{discovery:?}"));
    }
    // What we pass over: ids that name nothing, leading zeros, paths that came before.
    let odd = |uri: &str| {
        let twice = expected.iter().filter(|link| text(link, "uri") == uri).count() > 1;
        twice || uri.split('/').any(|id| id == "65535" || id.len() > 1 && id.starts_with('0'))
    };
    for (link, row) in links.iter().zip(expected) {
        // A link outside the root has none.
        let Ok(path) = text(row, "lwm2m_path").parse() else { continue };
        let Some(found) = discovery.get(path) else {
            if odd(&link.target) || odd(text(row, "uri")) {
                continue;
            }
            return Err(format!("{path} is missing"));
        };
        let mut ours: Vec<(&str, String)> = found.attributes.named().collect();
        ours.extend(found.version.map(|version| ("ver", version.to_string())));
        ours.extend(found.dimension.map(|dimension| ("dim", dimension.to_string())));
        ours.extend(found.lwm2m.map(|version| ("lwm2m", version.to_string())));
        ours.extend(found.ssid.map(|ssid| ("ssid", ssid.to_string())));
        ours.extend(found.uri.iter().map(|uri| ("uri", uri.clone())));
        ours.sort();
        let known = ["pmin", "pmax", "gt", "lt", "st", "epmin", "epmax", "ver", "dim", "lwm2m", "ssid", "uri"];
        let mut theirs: Vec<(&str, String)> = list(row, "attrs")
            .iter()
            .filter(|attr| known.contains(&text(attr, "name")))
            // Leshan prints 50 as 5E+1.
            .map(|attr| (text(attr, "name"), text(attr, "value").replace("5E+1", "50")))
            .collect();
        theirs.sort();
        if ours != theirs && !odd(text(row, "uri")) {
            return Err(format!("{path}: {ours:?}, not {theirs:?}"));
        }
    }
    Ok(())
}

fn list<'j>(row: &'j Json, key: &str) -> &'j [Json] {
    row[key].as_array().map(Vec::as_slice).unwrap_or_default()
}
