//! What a person who writes an object definition wants to hear.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::build::{Builder, Fields, Watch, type_of, type_word};
use super::error::ErrorKind;
use super::rules::{RULES, Severity};
use super::scan::{Element, Field, shorten};
use super::{Limits, Places, compare, units};
use crate::{Models, ObjectModel, ResourceModel};

/// One thing to change or to know about a file.
///
/// [`Display`](fmt::Display) writes `12:5: error[type-missing]: what it is`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The name of the rule, one of [`RULES`].
    pub rule: &'static str,
    /// What it is, in one sentence without full stop.
    pub message: String,
    /// What to do, in one sentence.
    pub help: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}[{}]: {}", self.line, self.column, self.severity, self.rule, self.message)
    }
}

/// Says all that there is to say about a file of object definitions, in the order of the file.
///
/// Nothing that [`read`](super::read) refuses is without an error here, which is then the only finding. `file_name` is
/// the last part of the path, if there is one. Known definitions, older versions above all, are those of
/// [`Models::oma`]; [`lint_with`] takes others.
///
/// ```
/// let file = b"<LWM2M>\n <Object>\n  <ObjectID>33000</ObjectID>\n </Objekt>\n</LWM2M>";
/// let findings = lwm2m::ddf::lint(file, Some("33000.xml"));
/// assert_eq!(findings[0].to_string(), "4:2: error[xml]: this end tag does not match the element that is open");
/// ```
pub fn lint(bytes: &[u8], file_name: Option<&str>) -> Vec<Finding> {
    lint_with(bytes, file_name, Models::oma())
}

/// As [`lint`], with these definitions as the known ones: an author's own, with older versions of the object.
pub fn lint_with(bytes: &[u8], file_name: Option<&str>, known: &Models) -> Vec<Finding> {
    let limits = Limits::DEFAULT;
    let linter = Linter {
        known,
        reusable: None,
        file_name,
        told: Told { list: Vec::new(), most: limits.warnings },
        items: BTreeMap::new(),
        unplaced: true,
    };
    let mut builder = Builder::new(limits, linter);
    let text = match super::walk(bytes, &limits, &mut builder) {
        Ok(text) => text,
        Err(error) => {
            let message = match &error.kind {
                ErrorKind::Malformed(what) => what.to_string(),
                other => other.to_string(),
            };
            return [finding(error.kind.rule(), error.line, error.column, message)].into();
        }
    };
    let mut found = builder.watch.told.list;
    found.extend(builder.found.into_iter().map(|found| (found.at, found.kind.rule(), found.kind.to_string())));
    found.sort_by_key(|&(at, ..)| at);
    found.truncate(limits.warnings);
    let mut places = Places::new(text);
    let placed = found.into_iter().map(|(at, rule, message)| {
        let (line, column) = places.of(at);
        finding(rule, line, column, message)
    });
    placed.collect()
}

fn finding(name: &'static str, line: u32, column: u32, message: String) -> Finding {
    let rule = RULES.iter().find(|rule| rule.name == name);
    let (severity, help) = rule.map_or((Severity::Error, ""), |rule| (rule.severity, rule.help));
    Finding { severity, line, column, rule: name, message, help }
}

impl ErrorKind {
    /// The name of the rule, as in [`RULES`].
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::TooManyItems { .. } | Self::TooDeep { .. } => "limit",
            Self::NotUtf8 => "encoding",
            Self::Malformed(_) => "xml",
            Self::DocType => "doctype",
            Self::UnknownEntity(_) => "entity",
            Self::NotDefinition(_) | Self::NoObject => "definition",
            Self::NoObjectId | Self::ObjectId(_) => "object-id",
            Self::NoResourceId | Self::ResourceId(_) => "resource-id",
        }
    }
}

/// Place, rule and message of what was found, as many as the limits allow.
pub(super) struct Told {
    list: Vec<(usize, &'static str, String)>,
    most: usize,
}

impl Told {
    pub(super) fn push(&mut self, told: (usize, &'static str, String)) {
        if self.list.len() < self.most {
            self.list.push(told);
        }
    }
}

/// Listens while the file is read.
struct Linter<'k, 'n> {
    known: &'k Models,
    /// Collected when it is first needed.
    reusable: Option<compare::Reusable<'k>>,
    file_name: Option<&'n str>,
    told: Told,
    /// Where the resources of the open object are.
    items: BTreeMap<u16, ItemPlaces>,
    /// No deviation from the order of the schema was told of in the open object.
    unplaced: bool,
}

/// Where in the text a resource and its parts are.
pub(super) struct ItemPlaces {
    pub(super) name: usize,
    pub(super) value_type: usize,
    operations: usize,
    pub(super) mandatory: usize,
    pub(super) multiple: usize,
}

impl<'a> Watch<'a> for Linter<'_, '_> {
    fn open(&mut self, element: Element, parent: Element, name: &'a str, at: usize) {
        let fits = match (parent, element) {
            (_, Element::Object) => {
                self.items.clear();
                self.unplaced = true;
                true
            }
            (Element::Lwm2m | Element::Resources, Element::Field(_) | Element::Other) => false,
            (Element::Object, Element::Field(field)) => Field::OF_OBJECT.iter().any(|&(known, _)| known == field),
            (Element::Item, Element::Field(field)) => Field::OF_ITEM.iter().any(|&(known, _)| known == field),
            (Element::Object, Element::Other | Element::Item) | (Element::Item, Element::Other) => false,
            (Element::Field(_), _) => false,
            _ => true,
        };
        if !fits {
            let place = match parent {
                Element::Lwm2m => "LWM2M",
                Element::Object => "Object",
                Element::Resources => "Resources",
                Element::Item => "Item",
                Element::Field(_) | Element::Other => "a field",
            };
            let fields = Field::OF_OBJECT.iter().chain(&Field::OF_ITEM).map(|&(_, name)| name);
            let meant = fields.chain(["Resources", "Item"]).find(|known| known.eq_ignore_ascii_case(name));
            let message = match meant.filter(|meant| *meant != name) {
                Some(meant) => format!("{} is not {meant}: capitals count", shorten(name)),
                None => format!("{} has no place in {place}", shorten(name)),
            };
            self.told.push((at, "element-unknown", message));
        }
    }

    fn item(&mut self, item: &Fields<'a>, id: u16, model: &ResourceModel) {
        use Field::*;
        let needed = [Name, Operations, MultipleInstances, Mandatory, Type];
        self.missing(item, &Field::OF_ITEM, &needed, &format!("resource {id}"));
        self.order(item, &Field::OF_ITEM, &format!("resource {id}"));
        self.names(item, Name, &model.name);
        if item.get(Description).is_some() && item.trimmed(Description).is_empty() {
            self.told.push((
                item.place(Description),
                "description-missing",
                format!("resource {id} has no Description"),
            ));
        }
        let unit = item.trimmed(Units);
        if !unit.is_empty() && !units::is_known(unit) {
            self.told.push((
                item.place(Units),
                "units-unknown",
                format!("{:?} is not known as a unit of SenML", shorten(unit)),
            ));
        }
        self.spelled(item, Type, |word| type_of(word).is_none_or(|kind| type_word(kind) == word));
        self.spelled(item, Operations, |word| {
            ["R", "W", "RW", "E"].contains(&word)
                || !["r", "w", "rw", "wr", "e"].contains(&word.to_ascii_lowercase().as_str())
        });
        self.spelled_words(item);
        let places = ItemPlaces {
            name: item.place(Name),
            value_type: item.place(Type),
            operations: item.place(Operations),
            mandatory: item.place(Mandatory),
            multiple: item.place(MultipleInstances),
        };
        self.items.entry(id).or_insert(places);
    }

    fn object(&mut self, object: &Fields<'a>, model: &ObjectModel) {
        use Field::*;
        let what = format!("object {}", model.id);
        self.missing(object, &Field::OF_OBJECT, &[Name, ObjectUrn, MultipleInstances, Mandatory], &what);
        self.order(object, &Field::OF_OBJECT, &what);
        self.names(object, Name, &model.name);
        self.spelled_words(object);
        if object.trimmed(Description1).is_empty() {
            self.told.push((object.place(Description1), "description-missing", format!("{what} has no Description1")));
        }
        if model.resources.is_empty() {
            self.told.push((object.at, "resources-none", format!("{what} has no resources")));
        }
        self.file(object, model);
        self.resources(model);
        compare::with_known(self.known, object, model, &self.items, &mut self.told);
        let reusable = self.reusable.get_or_insert_with(|| compare::reusable(self.known));
        compare::with_reusable(reusable, model, &self.items, &mut self.told);
    }
}

impl Linter<'_, '_> {
    fn missing(&mut self, fields: &Fields<'_>, all: &[(Field, &str)], needed: &[Field], what: &str) {
        for &(field, name) in all.iter().filter(|(field, _)| needed.contains(field)) {
            // Without a name it is as if the element were missing; the other words have rules of their own.
            if fields.get(field).is_none() || field == Field::Name && fields.trimmed(field).is_empty() {
                self.told.push((fields.place(field), "element-missing", format!("{what} has no {name}")));
            }
        }
        if let Some((field, at)) = fields.twice {
            let name = all.iter().find(|&&(known, _)| known == field).map_or("an element", |&(_, name)| name);
            self.told.push((at, "element-twice", format!("{what} has {name} twice; the first one counts")));
        }
    }

    /// Whether the order is that of the schema, and nothing left out. Told once in an object.
    fn order(&mut self, fields: &Fields<'_>, all: &[(Field, &'static str)], what: &str) {
        let mut before = 0;
        for &(field, name) in if self.unplaced { all } else { &[] } {
            let optional = matches!(field, Field::Lwm2mVersion | Field::ObjectVersion);
            let problem = match fields.get(field) {
                Some(text) if text.order < before => Some((text.at, format!("{name} of {what} is not in its place"))),
                Some(text) => {
                    before = text.order;
                    None
                }
                None if optional => None,
                None => Some((fields.at, format!("{what} has no {name}, not even an empty one"))),
            };
            let told = [
                Field::Name,
                Field::ObjectUrn,
                Field::MultipleInstances,
                Field::Mandatory,
                Field::Operations,
                Field::Type,
            ];
            if let Some((at, message)) = problem.filter(|_| fields.get(field).is_some() || !told.contains(&field)) {
                self.told.push((at, "schema", message));
                self.unplaced = false;
                return;
            }
        }
    }

    fn names(&mut self, fields: &Fields<'_>, field: Field, clean: &str) {
        if let Some(text) = fields.get(field).filter(|text| text.text != clean) {
            self.told.push((text.at, "name-blanks", format!("the name {clean:?} has stray blanks")));
        }
    }

    fn spelled(&mut self, fields: &Fields<'_>, field: Field, good: impl Fn(&str) -> bool) {
        let word = fields.trimmed(field);
        if !word.is_empty() && !good(word) {
            self.told.push((
                fields.place(field),
                "spelling",
                format!("the schema spells {:?} differently", shorten(word)),
            ));
        }
    }

    fn spelled_words(&mut self, fields: &Fields<'_>) {
        for (field, words) in
            [(Field::MultipleInstances, ["Single", "Multiple"]), (Field::Mandatory, ["Mandatory", "Optional"])]
        {
            self.spelled(fields, field, |word| {
                words.contains(&word) || !words.iter().any(|known| known.eq_ignore_ascii_case(word))
            });
        }
    }

    /// A name made of numbers says which object is in the file.
    fn file(&mut self, object: &Fields<'_>, model: &ObjectModel) {
        let Some(stem) = self.file_name.and_then(|name| name.strip_suffix(".xml")) else { return };
        if stem.is_empty() || !stem.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')) {
            return;
        }
        let version = model.version;
        let names = [model.id.to_string(), format!("{}-{}_{}", model.id, version.major, version.minor)];
        if !names.iter().any(|name| name == stem) {
            let [id, both] = names;
            let message = format!("the file is called {}.xml, for this object {id}.xml or {both}.xml", shorten(stem));
            self.told.push((object.place(Field::ObjectId), "file-name", message));
        }
    }

    /// What the resources of an object say together.
    fn resources(&mut self, model: &ObjectModel) {
        let mut names = BTreeSet::new();
        let open = model.resources.iter().any(|resource| !resource.operations.letters().is_empty());
        for resource in &model.resources {
            let Some(places) = self.items.get(&resource.id) else { continue };
            if !resource.name.is_empty() && !names.insert(resource.name.to_lowercase()) {
                let message = format!("another resource is called {:?} too", shorten(&resource.name));
                self.told.push((places.name, "name-duplicate", message));
            }
            if open && resource.operations.letters().is_empty() {
                let message = format!("resource {} allows no operation, others of the object do", resource.id);
                self.told.push((places.operations, "operations-missing", message));
            }
        }
    }
}
