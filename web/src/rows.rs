//! The rows of an instance and the branches of the tree: what the device says it has, named by the definitions.

use lwm2m::{Discovered, Level, Models, Operations, Path, Value, ValueType};

use crate::device::Page;
use crate::list::object_name;
use crate::model::{Client, Registered};

/// One resource of an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where it is.
    pub path: Path,
    /// Its name, or `Resource 5` for one that no definition has.
    pub name: String,
    /// What a server may do with it; unknown resources are taken as readable.
    pub operations: Operations,
    /// The type of its value, if a definition says so.
    pub value_type: Option<ValueType>,
    /// Its unit, as registered or as the device says; may be empty.
    pub units: String,
    /// Whether it has resource instances.
    pub multiple: bool,
    /// Its range as registered; may be empty.
    pub range: String,
    /// Whether each instance of the object must have it.
    pub mandatory: bool,
    /// Whether a definition has it.
    pub known: bool,
    /// Whether the device says that it has no such thing: by Discover, else by a read of the whole instance that did not return it.
    pub missing: bool,
    /// Whether it can be read, was read with its instance, and nothing came.
    pub silent: bool,
    /// Its notification attributes, as the device named them: `pmin 10`.
    pub attributes: Vec<String>,
}

/// Attributes of something that was found, as badges say them.
pub fn attributes(found: &Discovered) -> Vec<String> {
    found.attributes.named().map(|(name, value)| format!("{name} {value}")).collect()
}

/// What an instance has, if a Discover told its resources.
fn found_in(page: &Page, instance: Path) -> Option<&[Discovered]> {
    let below = page.found_at(instance)?.what.below(instance);
    below.iter().any(|one| one.path.level() >= Level::Resource).then_some(below)
}

/// The resources of an instance: those of the definition and those the device returned, by id.
pub fn rows(models: &Models, page: &Page, instance: Path) -> Vec<Row> {
    let (Some(object), Some(_)) = (instance.object_id(), instance.instance_id()) else { return Vec::new() };
    let facts = models.object(object);
    let defined = facts.iter().flat_map(|object| object.resources()).map(|resource| resource.id);
    let found = found_in(page, instance);
    let told = found.iter().flat_map(|found| found.iter()).filter_map(|one| one.path.resource_id());
    let ids = in_order(defined.chain(page.resource(instance).filter_map(|(path, _)| path.resource_id())).chain(told));
    let own_units = instance.child(SENSOR_UNITS).and_then(|path| match &page.readings.get(&path)?.value {
        Value::String(units) => Some(crate::words::safe(units.trim()).into_owned()),
        _ => None,
    });
    let was_read_whole = page.whole.get(&instance).is_some();
    ids.into_iter()
        .filter_map(|id| {
            let path = instance.child(id)?;
            let has_value = page.resource(path).next().is_some();
            let named = found.map(|found| found.iter().find(|one| one.path == path));
            let attributes = named.flatten().map(attributes).unwrap_or_default();
            let is_there = match named {
                Some(named) => named.is_some() || has_value,
                None => has_value || !was_read_whole,
            };
            Some(match facts.and_then(|object| object.resource(id)) {
                Some(resource) => Row {
                    path,
                    name: resource.name.to_owned(),
                    operations: resource.operations,
                    value_type: resource.value_type,
                    units: match (&own_units, id) {
                        (Some(units), 5601..=5604 | 5700) if resource.units.is_empty() => units.clone(),
                        _ => resource.units.to_owned(),
                    },
                    multiple: resource.multiple,
                    range: resource.range.to_owned(),
                    mandatory: resource.mandatory,
                    known: true,
                    // What cannot be read is never returned, so a read says nothing of it.
                    missing: !is_there && (named.is_some() || resource.operations.can_read()),
                    silent: was_read_whole && !has_value && resource.operations.can_read(),
                    attributes,
                },
                None => Row {
                    path,
                    name: format!("Resource {id}"),
                    operations: Operations::Read,
                    value_type: None,
                    units: String::new(),
                    multiple: false,
                    range: String::new(),
                    mandatory: false,
                    known: false,
                    missing: false,
                    silent: was_read_whole && !has_value,
                    attributes,
                },
            })
        })
        .collect()
}

/// Each id once, ascending.
fn in_order(ids: impl Iterator<Item = u16>) -> Vec<u16> {
    let mut ids: Vec<u16> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// An object in the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// `/3`
    pub path: Path,
    /// Its name, or `Object 33999`.
    pub name: String,
    /// Whether a definition has it.
    pub known: bool,
    /// The version that counts, if it is not plain 1.0 by silence.
    pub version: Option<String>,
    /// Its instances.
    pub instances: Vec<Leaf>,
}

/// An object instance in the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// `/3/0`
    pub path: Path,
    /// What the device calls it (Application Type), or `Instance 0`.
    pub name: String,
}

/// Where the reusable IPSO resources say the unit of what is measured, its extremes and its range.
const SENSOR_UNITS: u16 = 5701;
/// Where the reusable IPSO resources keep a name for people.
const APPLICATION_TYPE: u16 = 5750;

/// The tree of a device: what it registered, what it said since when it was asked, and what was created and deleted since.
pub fn tree(client: &Client, models: &Models, page: &Page) -> Vec<Branch> {
    let mut branches: Vec<Branch> = client
        .objects
        .iter()
        .map(|object| {
            let leaf = |id| Leaf {
                path: Path::instance(object.id, id),
                name: leaf_name(page, Path::instance(object.id, id), id),
            };
            Branch {
                path: Path::object(object.id),
                name: object_name(models, object.id),
                known: models.object(object.id).is_some(),
                version: object.version.clone(),
                instances: instances(client, page, object).into_iter().map(leaf).collect(),
            }
        })
        .collect();
    branches.sort_unstable_by_key(|branch| branch.path.object_id());
    branches
}

/// The instances of an object: the last word of the device, and what was done since.
fn instances(client: &Client, page: &Page, object: &Registered) -> Vec<u16> {
    let path = Path::object(object.id);
    let told = client.updated.max(client.registered);
    // An answer without instances is one that names the object only.
    let found = page.found.get(&path).filter(|found| found.at > told && found.what.below(path).len() > 1);
    let named: Vec<u16> = match found {
        Some(found) => found.what.below(path).iter().filter_map(|one| one.path.instance_id()).collect(),
        None => object.instances.iter().copied().chain(page.instances(object.id)).collect(),
    };
    let since = found.map_or(client.registered, |found| found.at);
    let born = |id: u16| {
        page.born.get(&Path::instance(object.id, id)).filter(|(_, at)| *at > since).map(|(is_born, _)| *is_born)
    };
    let added = page.born.iter().filter(|(born, _)| path.contains(*born)).filter_map(|(born, _)| born.instance_id());
    let mut ids = in_order(named.iter().copied().chain(added));
    ids.retain(|id| born(*id).unwrap_or_else(|| named.contains(id)));
    ids
}

fn leaf_name(page: &Page, instance: Path, id: u16) -> String {
    let label =
        instance.child(APPLICATION_TYPE).and_then(|path| page.readings.get(&path)).map(|reading| &reading.value);
    match label {
        Some(Value::String(text)) if !text.trim().is_empty() => crate::words::safe(text.trim()).into_owned(),
        _ => format!("Instance {id}"),
    }
}

/// Whether a branch has any of the words that somebody types above the tree.
pub fn is_match(branch: &Branch, filter: &str) -> bool {
    let filter = filter.trim().to_ascii_lowercase();
    filter.is_empty()
        || branch.name.to_ascii_lowercase().contains(&filter)
        || branch.path.to_string().contains(&filter)
        || branch.instances.iter().any(|leaf| leaf.name.to_ascii_lowercase().contains(&filter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Found;
    use crate::moment::Moment;
    use lwm2m::{Discovery, Entry, Limits};
    use std::rc::Rc;

    fn found(at: i64, links: &str) -> Found {
        let what = Discovery::parse(links.as_bytes(), "/", &Limits::DEFAULT).unwrap();
        Found { at: Moment(at), what: Rc::new(what) }
    }

    fn client() -> Client {
        let object = |id, version: Option<&str>, instances: &[u16]| Registered {
            id,
            version: version.map(str::to_owned),
            instances: instances.to_vec(),
        };
        let objects = vec![object(33999, None, &[]), object(3, Some("1.1"), &[0]), object(3303, None, &[0, 1])];
        Client { lwm2m: "1.1".to_owned(), objects, ..Default::default() }
    }

    fn row(rows: &[Row], id: u16) -> &Row {
        rows.iter().find(|row| row.path.resource_id() == Some(id)).unwrap()
    }

    #[test]
    fn rows_before_and_after_a_read() {
        let models = client().models();
        let mut page = Page::default();
        let instance = Path::instance(3, 0);
        let before = rows(&models, &page, instance);
        assert_eq!(
            (before[0].name.as_str(), before[0].operations, before[0].value_type),
            ("Manufacturer", Operations::Read, Some(ValueType::String))
        );
        assert!(before.iter().all(|row| !row.missing && row.known));
        assert_eq!(row(&before, 9).units, "%", "in 1.1 the unit is a per cent");

        let entries = [
            Entry::new(Path::resource(3, 0, 9), Value::Integer(100)),
            Entry::new(Path::resource_instance(3, 0, 999, 1), Value::Integer(1)),
        ];
        page.values(&entries, Moment(1), "read");
        page.values(&[Entry::new(Path::resource(3303, 0, 5701), Value::String("Cel".into()))], Moment(1), "read");
        let sensor = rows(&models, &page, Path::instance(3303, 0));
        assert_eq!((row(&sensor, 5700).units.as_str(), row(&sensor, 5701).units.as_str()), ("Cel", ""));
        page.whole.insert(instance, Moment(1));
        let after = rows(&models, &page, instance);
        assert!(row(&after, 0).missing && !row(&after, 9).missing);
        assert!(!row(&after, 4).missing, "Reboot cannot be read, so nothing is known of it");
        assert_eq!((row(&after, 999).name.as_str(), row(&after, 999).known), ("Resource 999", false));
    }

    #[test]
    fn the_tree_is_what_the_device_says() {
        let (client, mut page) = (client(), Page::default());
        page.values(
            &[Entry::new(Path::resource(3303, 7, 5750), Value::String("Soil\u{202e}".into()))],
            Moment(1),
            "read",
        );
        let tree = tree(&client, &client.models(), &page);
        let names: Vec<&str> = tree.iter().map(|branch| branch.name.as_str()).collect();
        assert_eq!(names, ["Device", "Temperature", "Object 33999"]);
        let leaves: Vec<&str> = tree[1].instances.iter().map(|leaf| leaf.name.as_str()).collect();
        assert_eq!(leaves, ["Instance 0", "Instance 1", "Soil\\u{202e}"]);
        assert!(!tree[2].known && tree[2].instances.is_empty());
        assert!(
            is_match(&tree[1], "temp")
                && is_match(&tree[1], "/3303")
                && is_match(&tree[1], "soil")
                && !is_match(&tree[0], "temp")
        );
    }

    #[test]
    fn discover_decides_what_is_there() {
        let (models, mut page) = (client().models(), Page::default());
        let instance = Path::instance(3, 0);
        page.found.insert(instance, found(5, "</3/0>;pmin=5,</3/0/0>,</3/0/4>,</3/0/9>;pmin=10;gt=50,</3/0/998>"));
        let rows = rows(&models, &page, instance);
        assert!(!row(&rows, 0).missing && !row(&rows, 4).missing && row(&rows, 1).missing && row(&rows, 5).missing);
        assert_eq!(row(&rows, 9).attributes, ["pmin 10", "gt 50"]);
        assert!(!row(&rows, 998).known, "what no definition has is listed too");
        page.whole.insert(instance, Moment(5));
        assert!(row(&super::rows(&models, &page, instance), 0).silent, "found, and yet not returned");
        page.whole.retain(|_, _| false);
        page.found.insert(instance, found(6, "</3/0>"));
        assert!(
            super::rows(&models, &page, instance).iter().all(|row| !row.missing),
            "no resource named: nothing is known of them"
        );
    }

    #[test]
    fn instances_come_and_go() {
        let (mut client, mut page) = (client(), Page::default());
        (client.registered, client.updated) = (Moment(10), Moment(10));
        let ids = |client: &Client, page: &Page| {
            let tree = tree(client, &client.models(), page);
            tree[1].instances.iter().filter_map(|leaf| leaf.path.instance_id()).collect::<Vec<_>>()
        };
        page.born.insert(Path::instance(3303, 1), (false, Moment(20)));
        page.born.insert(Path::instance(3303, 4), (true, Moment(20)));
        assert_eq!(ids(&client, &page), [0, 4]);
        page.found.insert(Path::object(3303), found(30, "</3303>,</3303/1>,</3303/1/5700>"));
        assert_eq!(ids(&client, &page), [1], "the device knows better");
        page.born.insert(Path::instance(3303, 1), (false, Moment(40)));
        assert_eq!(ids(&client, &page), [] as [u16; 0]);
        page.found.insert(Path::object(3303), found(50, "</3303>"));
        (client.registered, client.updated) = (Moment(45), Moment(45));
        assert_eq!(ids(&client, &page), [0, 1], "a new registration");
    }
}
