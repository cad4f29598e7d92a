//! Link lists: what Leshan takes we take, with the same targets and attributes, and we write them back.

use std::path::Path as FilePath;

use lwm2m::link::{self, Link};
use lwm2m::{Attributes, Discovery, Limits, Mode, ObjectList};
use serde_json::Value as Json;

use crate::rows::{Counts, Hits, Judge, Rule, bytes, rows, text};

/// A list that we read and Leshan does not.
struct Case {
    links: Vec<Link<'static>>,
    strict: bool,
    /// What Leshan says.
    message: String,
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
            let odd = case.links.iter().flat_map(|link| {
                let mut seen = Attributes::default();
                link.attributes.iter().filter_map(move |attribute| {
                    let value = attribute.value.as_deref().unwrap_or_default();
                    match &*attribute.name {
                        "ver" => {
                            (attribute.quoted || link.attributes.len() > 1 || link.target.matches('/').count() > 1)
                                .then_some("ver")
                        }
                        "pmin" | "pmax" => {
                            let taken = !attribute.quoted && seen.set(&attribute.name, value);
                            let order = seen.pmax.is_none_or(|pmax| seen.pmin.is_none_or(|pmin| pmin <= pmax));
                            (!taken || !order).then_some("pmin")
                        }
                        _ => None,
                    }
                })
            });
            odd.count() > 0 || case.message.contains("ver=1")
        },
    },
    Rule {
        name: "relative-target",
        why: "a target without its first slash is a relative reference, as RFC 6690 allows",
        holds: |case| case.links.iter().any(|link| !link.target.starts_with('/')),
    },
    Rule {
        name: "any-attribute",
        why: "an attribute that is not of LwM2M is kept as text, also with a name like title*, also with control characters",
        holds: |case| {
            let mut all = case.links.iter().flat_map(|link| &link.attributes);
            all.any(|it| it.name.ends_with('*') || it.value.as_deref().unwrap_or_default().contains(char::is_control))
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
        let _ = ObjectList::parse(&bytes, &Limits::DEFAULT);
        let theirs = row["links"].as_array();
        let kind = match (&lenient, theirs) {
            (Ok(links), Some(theirs)) => {
                alike(links, theirs).unwrap_or_else(|why| panic!("{why}: {row}"));
                "both read the same"
            }
            (Err(_), None) => "both refuse",
            (Ok(links), None) => {
                let links = links.iter().map(|link| link.clone().into_owned()).collect();
                let case = Case { links, strict: strict.is_ok(), message: text(&row, "leshan").to_owned() };
                take.differs(&case, &row, || format!("{} {} {lenient:?}", text(&row, "text"), text(&row, "leshan")));
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
        ours.sort();
        let known = ["pmin", "pmax", "gt", "lt", "st", "epmin", "epmax", "ver", "dim"];
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
