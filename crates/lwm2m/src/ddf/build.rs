//! From elements to object models, with a warning for what its author should hear of.

use alloc::borrow::{Cow, ToOwned};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::error::{ErrorKind, WarningKind};
use super::hints;
use super::scan::{Element, Field, Handler, Refused, id_of, shorten};
use crate::limits::DdfLimits;
use crate::range::Form;
use crate::{ObjectModel, Operations, Range, ResourceModel, ValueType, Version};

/// A warning before its place is counted in lines.
pub(super) struct Found {
    pub(super) at: usize,
    pub(super) object: u16,
    pub(super) resource: Option<u16>,
    pub(super) kind: WarningKind,
}

/// What the linter wants to see of each object beside its model. For the reader it is nothing: `()`.
pub(super) trait Watch<'a> {
    /// An element begins inside another one.
    fn open(&mut self, _element: Element, _parent: Element, _name: &'a str, _at: usize) {}
    /// A resource is complete.
    fn item(&mut self, _item: &Fields<'a>, _id: u16, _model: &ResourceModel) {}
    /// An object is complete.
    fn object(&mut self, _object: &Fields<'a>, _model: &ObjectModel) {}
}

impl Watch<'_> for () {}

/// The fields of one object or of one resource; of two with the same name the first.
pub(super) struct Fields<'a> {
    /// Where the element begins.
    pub(super) at: usize,
    fields: [Option<Text<'a>>; Field::COUNT],
    /// How many fields there were.
    count: u16,
    /// One that came twice.
    pub(super) twice: Option<(Field, usize)>,
}

/// The text of a field.
pub(super) struct Text<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) at: usize,
    /// Which field of its parent it is, from 0.
    pub(super) order: u16,
}

impl<'a> Fields<'a> {
    fn new(at: usize) -> Self {
        Self { at, fields: [const { None }; Field::COUNT], count: 0, twice: None }
    }

    fn put(&mut self, field: Field, text: Cow<'a, str>, at: usize) {
        if let Some(place) = self.fields.get_mut(field as usize) {
            match place {
                Some(_) => drop(self.twice.get_or_insert((field, at))),
                None => *place = Some(Text { text, at, order: self.count }),
            }
            self.count = self.count.saturating_add(1);
        }
    }

    pub(super) fn get(&self, field: Field) -> Option<&Text<'a>> {
        self.fields.get(field as usize)?.as_ref()
    }

    /// The text without blanks around it; empty if the field is missing.
    pub(super) fn trimmed(&self, field: Field) -> &str {
        self.get(field).map_or("", |text| text.text.trim())
    }

    /// Where the text of the field begins, or the element that lacks it.
    pub(super) fn place(&self, field: Field) -> usize {
        self.get(field).map_or(self.at, |text| text.at + text.text.len() - text.text.trim_start().len())
    }

    fn is_given(&self, field: Field) -> bool {
        !self.trimmed(field).is_empty()
    }
}

/// Makes models of elements.
pub(super) struct Builder<'a, W> {
    pub(super) objects: Vec<ObjectModel>,
    pub(super) found: Vec<Found>,
    pub(super) watch: W,
    limits: DdfLimits,
    licensed: bool,
    /// The open object, and where its list of reusable resources is to be passed over.
    object: Option<Fields<'a>>,
    common: bool,
    item: Option<(u16, Fields<'a>)>,
    resources: Vec<ResourceModel>,
    /// The ids in `resources`, or empty as long as they only go up.
    ids: BTreeSet<u16>,
    /// The objects of the file.
    keys: BTreeSet<(u16, Version)>,
    /// Types that came with 1.1: whether that is in order is known when the object is complete.
    new_types: Vec<(usize, u16, &'static str)>,
    /// The first warning of the open object.
    first_found: usize,
}

impl<'a, W: Watch<'a>> Builder<'a, W> {
    pub(super) const fn new(limits: DdfLimits, watch: W) -> Self {
        Self {
            objects: Vec::new(),
            found: Vec::new(),
            watch,
            limits,
            licensed: false,
            object: None,
            common: false,
            item: None,
            resources: Vec::new(),
            ids: BTreeSet::new(),
            keys: BTreeSet::new(),
            new_types: Vec::new(),
            first_found: 0,
        }
    }

    fn warn(&mut self, at: usize, resource: Option<u16>, kind: WarningKind) {
        if self.found.len() < self.limits.warnings {
            self.found.push(Found { at, object: 0, resource, kind });
        }
    }

    fn resource(&mut self, id: u16, fields: Fields<'a>) {
        use Field::*;
        let resource = Some(id);
        let operations = self.operations(&fields, id);
        let execute = operations.can_execute();
        let mut multiple = self.instances(&fields, resource);
        if multiple && execute {
            self.warn(fields.place(MultipleInstances), resource, WarningKind::ExecutableMultiple);
            multiple = false;
        }
        let mandatory = self.presence(&fields, resource);
        let word = fields.trimmed(Type);
        let value_type = if execute {
            if !word.is_empty() {
                self.warn(fields.place(Type), resource, WarningKind::ExecutableType(shorten(word)));
            }
            None
        } else if word.is_empty() {
            if operations.can_read() || operations.can_write() {
                self.warn(fields.place(Type), resource, WarningKind::MissingType);
            }
            None
        } else {
            Some(type_of(word).unwrap_or_else(|| {
                self.warn(fields.place(Type), resource, WarningKind::UnknownType(shorten(word)));
                ValueType::Opaque
            }))
        };
        match value_type {
            Some(ValueType::Unsigned) => self.new_types.push((fields.place(Type), id, "Unsigned Integer")),
            Some(ValueType::CoreLink) => self.new_types.push((fields.place(Type), id, "Corelnk")),
            _ => {}
        }
        let mut model = ResourceModel::new(id, one_line(fields.trimmed(Name)), operations, value_type);
        (model.multiple, model.mandatory) = (multiple, mandatory);
        model.units = one_line(fields.trimmed(Units));
        let range = fields.trimmed(RangeEnumeration);
        model.range = one_line(range);
        if matches!(value_type, Some(ValueType::Integer | ValueType::Unsigned)) {
            let named = hints::named_values(range, self.limits.named_values);
            let given = !named.is_empty();
            let described = || hints::named_values(fields.trimmed(Description), self.limits.named_values);
            model.enumeration = if given { named } else { described() };
            if !given {
                self.range(&fields, id);
            }
        } else if !execute {
            self.range(&fields, id);
        }
        if self.is_known(id) {
            self.warn(fields.at, resource, WarningKind::DuplicateResource(id));
        }
        self.watch.item(&fields, id, &model);
        self.resources.push(model);
    }

    /// Whether a resource of the object has that id already.
    fn is_known(&mut self, id: u16) -> bool {
        let ascending = self.resources.last().is_none_or(|last| last.id < id);
        if ascending && self.ids.is_empty() {
            return false;
        }
        // Only where ids go up and down a set is needed.
        if self.ids.is_empty() {
            self.ids.extend(self.resources.iter().map(|known| known.id));
        }
        !self.ids.insert(id)
    }

    fn range(&mut self, fields: &Fields<'a>, id: u16) {
        let text = fields.trimmed(Field::RangeEnumeration);
        let kind = match Range::form(text) {
            Form::Reversed => WarningKind::ReversedRange(shorten(text)),
            Form::Other => WarningKind::Range(shorten(text)),
            Form::Empty | Form::Numbers => return,
        };
        self.warn(fields.place(Field::RangeEnumeration), Some(id), kind);
    }

    fn operations(&mut self, fields: &Fields<'a>, id: u16) -> Operations {
        let word = fields.trimmed(Field::Operations);
        let (mut read, mut write, mut execute, mut good) = (false, false, false, word.len() <= 2);
        for letter in word.bytes() {
            match letter.to_ascii_uppercase() {
                b'R' => read = true,
                b'W' => write = true,
                b'E' => execute = true,
                _ => good = false,
            }
        }
        if !good || execute && word.len() > 1 {
            self.warn(fields.place(Field::Operations), Some(id), WarningKind::Operations(shorten(word)));
        }
        match (read, write, execute) {
            (true, true, _) => Operations::ReadWrite,
            (true, false, _) => Operations::Read,
            (false, true, _) => Operations::Write,
            (false, false, true) => Operations::Execute,
            (false, false, false) => Operations::None,
        }
    }

    /// Whether it is `Multiple`.
    fn instances(&mut self, fields: &Fields<'a>, resource: Option<u16>) -> bool {
        let word = fields.trimmed(Field::MultipleInstances);
        let multiple = word.eq_ignore_ascii_case("Multiple");
        if !multiple && fields.get(Field::MultipleInstances).is_some() && !word.eq_ignore_ascii_case("Single") {
            let kind = WarningKind::Instances(shorten(word));
            self.warn(fields.place(Field::MultipleInstances), resource, kind);
        }
        multiple
    }

    /// Whether it is `Mandatory`.
    fn presence(&mut self, fields: &Fields<'a>, resource: Option<u16>) -> bool {
        let word = fields.trimmed(Field::Mandatory);
        let mandatory = word.eq_ignore_ascii_case("Mandatory");
        if !mandatory && fields.get(Field::Mandatory).is_some() && !word.eq_ignore_ascii_case("Optional") {
            self.warn(fields.place(Field::Mandatory), resource, WarningKind::Presence(shorten(word)));
        }
        mandatory
    }

    fn version(&mut self, fields: &Fields<'a>, field: Field) -> Version {
        let text = fields.trimmed(field);
        if text.is_empty() {
            return Version::V1_0;
        }
        text.parse().unwrap_or_else(|_| {
            self.warn(fields.place(field), None, WarningKind::Version(shorten(text)));
            Version::V1_0
        })
    }

    fn complete(&mut self, fields: &Fields<'a>) -> Result<(), Refused> {
        use Field::*;
        if !fields.is_given(ObjectId) {
            return Err((ErrorKind::NoObjectId, fields.place(ObjectId)));
        }
        let text = fields.trimmed(ObjectId);
        let id = id_of(text).ok_or_else(|| (ErrorKind::ObjectId(shorten(text)), fields.place(ObjectId)))?;
        let mut object = ObjectModel::new(id, one_line(fields.trimmed(Name)));
        object.version = self.version(fields, ObjectVersion);
        object.lwm2m = self.version(fields, Lwm2mVersion);
        object.multiple = self.instances(fields, None);
        object.mandatory = self.presence(fields, None);
        if object.lwm2m == Version::V1_0 {
            for (at, resource, name) in core::mem::take(&mut self.new_types) {
                self.warn(at, Some(resource), WarningKind::NewType(name));
            }
        }
        self.new_types.clear();
        let class = class_of(id);
        if class.test {
            self.warn(fields.place(ObjectId), None, WarningKind::TestId);
        } else if class.urn.is_empty() {
            self.warn(fields.place(ObjectId), None, WarningKind::ReservedId { range: class.range });
        }
        if fields.is_given(ObjectUrn) {
            self.urn(fields, &object, &class);
        }
        if !self.keys.insert((id, object.version)) {
            self.warn(fields.at, None, WarningKind::DuplicateObject);
        }
        object.resources = core::mem::take(&mut self.resources);
        object.tidy();
        for found in self.found.iter_mut().skip(self.first_found) {
            found.object = id;
        }
        self.first_found = self.found.len();
        self.watch.object(fields, &object);
        self.objects.push(object);
        Ok(())
    }

    fn urn(&mut self, fields: &Fields<'a>, object: &ObjectModel, class: &Class) {
        let (at, text) = (fields.place(Field::ObjectUrn), fields.trimmed(Field::ObjectUrn));
        let mut parts = text.split(':');
        let head = [parts.next(), parts.next(), parts.next()];
        let known = [Some("urn"), Some("oma"), Some("lwm2m")];
        let same = head
            .iter()
            .zip(known)
            .all(|(part, word)| part.zip(word).is_some_and(|(part, word)| part.eq_ignore_ascii_case(word)));
        let (name, id, version, rest) = (parts.next(), parts.next().and_then(id_of), parts.next(), parts.next());
        let version = version.map_or(Ok(Version::V1_0), str::parse);
        let (true, Some(name), Some(id), Ok(version), None) = (same, name, id, version, rest) else {
            return self.warn(at, None, WarningKind::Urn(shorten(text)));
        };
        if id != object.id {
            self.warn(at, None, WarningKind::UrnId { urn: id, id: object.id });
        }
        if !class.urn.is_empty() && name != class.urn {
            let (expected, range) = (class.urn, class.range);
            self.warn(at, None, WarningKind::UrnClass { class: shorten(name), expected, range });
        }
        if version != object.version {
            self.warn(at, None, WarningKind::UrnVersion { urn: version, version: object.version });
        }
    }

    /// What can be said only at the end.
    pub(super) fn finish(&mut self) -> Result<(), ErrorKind> {
        let Some(first) = self.objects.first() else { return Err(ErrorKind::NoObject) };
        if !self.licensed {
            let id = first.id;
            self.found.truncate(self.limits.warnings.saturating_sub(1));
            self.found.push(Found { at: 0, object: id, resource: None, kind: WarningKind::NoLicence });
        }
        self.found.sort_by_key(|found| found.at);
        Ok(())
    }
}

impl<'a, W: Watch<'a>> Handler<'a> for Builder<'a, W> {
    fn comment(&mut self, text: &'a str) {
        self.licensed = self.licensed || hints::is_licence(text);
    }

    fn open(&mut self, element: Element, parent: Element, name: &'a str, at: usize, id: Option<u16>, common: bool) {
        match (element, id) {
            (Element::Object, _) => {
                (self.object, self.common) = (Some(Fields::new(at)), common);
                self.resources.clear();
                self.ids.clear();
            }
            (Element::Item, Some(id)) => self.item = Some((id, Fields::new(at))),
            _ => {}
        }
        self.watch.open(element, parent, name, at);
    }

    fn field(&mut self, field: Field, parent: Element, text: Cow<'a, str>, at: usize) {
        let fields = match parent {
            Element::Item => self.item.as_mut().map(|(_, fields)| fields),
            Element::Object => self.object.as_mut(),
            _ => None,
        };
        if let Some(fields) = fields {
            fields.put(field, text, at);
        }
    }

    fn close(&mut self, element: Element) -> Result<(), Refused> {
        match element {
            Element::Item => {
                if let Some((id, fields)) = self.item.take().filter(|_| self.object.is_some() && !self.common) {
                    self.resource(id, fields);
                }
            }
            Element::Object => {
                if let Some(fields) = self.object.take().filter(|_| !self.common) {
                    self.complete(&fields)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// White space as single blanks.
fn one_line(text: &str) -> String {
    let odd = |pair: &[u8]| matches!(pair, [a, b] if *a == b' ' && *b == b' ' || matches!(*b, b'\n' | b'\r' | b'\t'));
    // Most are fine as they are; what is beyond ASCII is looked at with care.
    if text.is_ascii() && !text.as_bytes().windows(2).any(odd) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// How the schema spells a type.
pub(super) const fn type_word(kind: ValueType) -> &'static str {
    match kind {
        ValueType::String => "String",
        ValueType::Integer => "Integer",
        ValueType::Unsigned => "Unsigned Integer",
        ValueType::Float => "Float",
        ValueType::Boolean => "Boolean",
        ValueType::Opaque => "Opaque",
        ValueType::Time => "Time",
        ValueType::ObjectLink => "Objlnk",
        ValueType::CoreLink => "Corelnk",
    }
}

/// The type of that name, in the spellings that real files have.
pub(super) fn type_of(word: &str) -> Option<ValueType> {
    let schema = |same: fn(&str, &str) -> bool| ValueType::ALL.into_iter().find(|&kind| same(type_word(kind), word));
    schema(|schema, word| schema == word).or_else(|| schema(str::eq_ignore_ascii_case)).or_else(|| {
        let is_one_of = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        if is_one_of(&["Unsigned", "UnsignedInteger"]) {
            Some(ValueType::Unsigned)
        } else if is_one_of(&["ObjLink"]) {
            Some(ValueType::ObjectLink)
        } else if is_one_of(&["CoreLink"]) {
            Some(ValueType::CoreLink)
        } else {
            None
        }
    })
}

/// Whose ids they are.
struct Class {
    /// What a URN of such an id has; empty if they are reserved.
    urn: &'static str,
    range: &'static str,
    test: bool,
}

/// The classes of object ids.
///
/// Source: OMNA LwM2M object registry, "LwM2M Object ID classes".
const fn class_of(id: u16) -> Class {
    let (urn, range, test) = match id {
        0..=1023 => ("oma", "0 to 1023", false),
        1024..=2047 => ("", "1024 to 2047", false),
        2048..=10240 => ("ext", "2048 to 10240", false),
        // The last of them are for tests.
        10241..=42768 => ("x", "10241 to 42800", false),
        42769..=42800 => ("x", "10241 to 42800", true),
        42801.. => ("", "42801 to 65534", false),
    };
    Class { urn, range, test }
}
