//! An object beside what is known of it and of its relatives.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::build::{Fields, type_word};
use super::lint::{ItemPlaces, Told};
use super::scan::{Field, shorten};
use crate::{Models, ObjectFacts, ObjectModel, ResourceFacts, ValueType};

/// Tells of differences to the same version, and to the version before.
pub(super) fn with_known(
    known: &Models,
    fields: &Fields<'_>,
    object: &ObjectModel,
    items: &BTreeMap<u16, ItemPlaces>,
    told: &mut Told,
) {
    let same = known.all().filter(|other| (other.id, other.version) == (object.id, object.version)).last();
    if let Some(difference) = same.and_then(|same| registered(&same, object)) {
        told.push((fields.place(Field::ObjectId), "registered-differs", difference));
    }
    let older = known.all().filter(|other| {
        (other.id, other.version.major) == (object.id, object.version.major) && other.version < object.version
    });
    if let Some(older) = older.max_by_key(|other| other.version) {
        since(&older, fields, object, items, told);
    }
}

/// The first difference to the definition that is known under the same id and version.
fn registered(known: &ObjectFacts<'_>, object: &ObjectModel) -> Option<String> {
    let what = format!("object {} {} is known as {:?}", known.id, known.version, known.name);
    if known.name != object.name {
        return Some(what);
    }
    if (known.multiple, known.mandatory) != (object.multiple, object.mandatory) {
        return Some(format!("{what}, with other words for MultipleInstances and Mandatory"));
    }
    let facts = |r: &ResourceFacts<'_>| (r.operations, r.value_type, r.multiple, r.mandatory);
    for resource in &object.resources {
        let Some(same) = known.resource(resource.id) else {
            return Some(format!("{what}, without a resource {}", resource.id));
        };
        if same.name != resource.name || facts(&same) != facts(&resource.facts()) {
            return Some(format!("{what}, with another resource {}", resource.id));
        }
    }
    let lost = known.resources().find(|known| object.resources.iter().all(|resource| resource.id != known.id));
    lost.map(|lost| format!("{what}, with a resource {}", lost.id))
}

/// What a new minor version must not do.
fn since(
    older: &ObjectFacts<'_>,
    fields: &Fields<'_>,
    object: &ObjectModel,
    items: &BTreeMap<u16, ItemPlaces>,
    told: &mut Told,
) {
    let version = older.version;
    for resource in &object.resources {
        let Some(places) = items.get(&resource.id) else { continue };
        let id = resource.id;
        match older.resource(id) {
            None if resource.mandatory => {
                let message = format!("resource {id} is mandatory and was not there in version {version}");
                told.push((places.mandatory, "mandatory-added", message));
            }
            None => {}
            Some(old) => {
                if !old.mandatory && resource.mandatory {
                    let message = format!("resource {id} is mandatory and was optional in version {version}");
                    told.push((places.mandatory, "mandatory-added", message));
                }
                if old.value_type != resource.value_type {
                    let (was, is) = (type_name(old.value_type), type_name(resource.value_type));
                    let message = format!("resource {id} was {was} in version {version} and is {is} now");
                    told.push((places.value_type, "changed", message));
                }
                if old.multiple != resource.multiple {
                    let words = if old.multiple { ("Multiple", "Single") } else { ("Single", "Multiple") };
                    let message = format!("resource {id} was {} in version {version} and is {} now", words.0, words.1);
                    told.push((places.multiple, "changed", message));
                }
            }
        }
    }
    for old in older.resources() {
        if object.resources.binary_search_by_key(&old.id, |resource| resource.id).is_err() {
            let message = format!("resource {} ({:?}) of version {version} is gone", old.id, shorten(old.name));
            told.push((fields.at, "changed", message));
        }
    }
}

/// What the known objects say of resources that mean the same in every object: object, name and type, by id.
pub(super) type Reusable<'k> = BTreeMap<u16, Vec<(u16, &'k str, Option<ValueType>)>>;

/// Collects them.
pub(super) fn reusable(known: &Models) -> Reusable<'_> {
    let mut all = Reusable::new();
    for object in known.all() {
        let ids = object.rows.ids().filter(|id| REUSABLE.contains(id));
        for resource in ids.filter_map(|id| object.resource(id)) {
            all.entry(resource.id).or_default().push((object.id, resource.name, resource.value_type));
        }
    }
    all
}

/// Tells where an object uses them differently.
pub(super) fn with_reusable(
    known: &Reusable<'_>,
    object: &ObjectModel,
    items: &BTreeMap<u16, ItemPlaces>,
    told: &mut Told,
) {
    for resource in &object.resources {
        let id = resource.id;
        let (Some(known), Some(places)) = (known.get(&id), items.get(&id)) else { continue };
        let others = || known.iter().filter(|(other, ..)| *other != object.id);
        let Some(&(other, name, value_type)) = others().next() else { continue };
        if resource.value_type.is_some() && others().all(|&(_, _, known)| known != resource.value_type) {
            let (is, was) = (type_name(resource.value_type), type_name(value_type));
            let message = format!("reusable resource {id} is {is} here and {was} in other objects, like {other}");
            told.push((places.value_type, "reusable-type", message));
        }
        if others().all(|(_, known, _)| !known.eq_ignore_ascii_case(&resource.name)) {
            let message = format!("reusable resource {id} is called {name:?} in other objects, like {other}");
            told.push((places.name, "reusable-name", message));
        }
    }
}

fn type_name(kind: Option<ValueType>) -> &'static str {
    kind.map_or("without type", type_word)
}

/// Source: OMNA LwM2M registry, "Reusable Resources".
const REUSABLE: core::ops::RangeInclusive<u16> = 2048..=26240;
