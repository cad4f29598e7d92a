//! The trees of the vectors, as flat lists that compare exactly.

use footbridge_fuzz::all_types;
use lwm2m::{Decimal, Entry, Models, Path, Timestamp, Value, ValueType};
use serde_json::Value as Json;

/// Path, type, value (floats by their bits), time.
pub(crate) type Flat = (Path, &'static str, String, Option<String>);

/// Our entries, sorted; with `paths` also those without a value.
pub(crate) fn flat(entries: &[Entry<'_>], paths: bool) -> Vec<Flat> {
    let mut flat: Vec<Flat> = entries
        .iter()
        .filter(|entry| paths || entry.value().is_some())
        .map(|entry| {
            let value = match entry.value() {
                None => String::new(),
                Some(Value::Float(number)) => format!("{:016x}", number.to_bits()),
                Some(value) => value.to_batch_text(),
            };
            (entry.path, entry.type_name(), value, entry.time.map(|time| time.to_string()))
        })
        .collect();
    flat.sort();
    flat
}

/// The tree in the field `key` of a row as the same list. None if an id in it is none, as Leshan takes 65535.
pub(crate) fn flatten(row: &Json, key: &str) -> Option<Vec<Flat>> {
    let base: Path = row["base_path"].as_str().unwrap_or("/").parse().expect("base path");
    let nodes = &row[key];
    let mut out = Vec::new();
    // Malformed rows have no `op`: a list is what came out at `/`, with times.
    let without = if nodes.is_array() { "timestamped_composite" } else { "node" };
    let op = row["op"].as_str().unwrap_or(without);
    match op {
        "node" => node(nodes, base, None, &mut out)?,
        "composite" => composite(nodes, None, &mut out)?,
        "timestamped" => {
            list(nodes).iter().try_for_each(|at| node(&at["node"], base, at["time"].as_str(), &mut out))?;
        }
        "timestamped_composite" => {
            list(nodes).iter().try_for_each(|at| composite(&at["nodes"], at["time"].as_str(), &mut out))?;
        }
        "paths" => {
            for path in list(nodes) {
                let path = path.as_str().unwrap_or_default().parse().expect("path");
                out.push((path, "none", String::new(), None));
            }
        }
        other => panic!("unknown op {other}"),
    }
    out.sort();
    Some(out)
}

/// The same as entries that can be written. Times are points, as the collection has them.
pub(crate) fn entries(row: &Json, key: &str) -> Vec<Entry<'static>> {
    let flat = flatten(row, key).expect("ids");
    flat.iter()
        .map(|(path, kind, text, time)| {
            let value = match ValueType::from_name(kind).expect("a type") {
                ValueType::Float => Value::Float(f64::from_bits(u64::from_str_radix(text, 16).expect("bits"))),
                kind => Value::from_batch_text(kind, text).expect("a value").into_owned(),
            };
            let time = time.as_ref().map(|time| Timestamp::Absolute(Decimal::parse(time).expect("a time")));
            Entry { path: *path, value: value.into(), time }
        })
        .collect()
}

/// A path without a node was asked for and is not in the bytes.
fn composite(nodes: &Json, time: Option<&str>, out: &mut Vec<Flat>) -> Option<()> {
    list(nodes)
        .iter()
        .filter(|part| !part["node"].is_null())
        .try_for_each(|part| node(&part["node"], part["path"].as_str()?.parse().expect("path"), time, out))
}

/// `at` is the path that was asked for.
fn node(node: &Json, at: Path, time: Option<&str>, out: &mut Vec<Flat>) -> Option<()> {
    let id = node["id"].as_i64().unwrap_or(-1);
    let child = |parent: Path| parent.child(u16::try_from(id).ok()?);
    match node["kind"].as_str().unwrap_or_default() {
        "object" => {
            list(&node["instances"]).iter().try_for_each(|one| self::node(one, at.truncate(1), time, out))?;
        }
        "instance" => {
            let object = at.truncate(1);
            let path = if id < 0 { Path::new_instance(object.object_id()?) } else { child(object)? };
            list(&node["resources"]).iter().try_for_each(|one| self::node(one, path, time, out))?;
        }
        "resource" => {
            let path = child(at.truncate(2))?;
            if node["multi"] == true {
                for one in list(&node["instances"]) {
                    let index = u16::try_from(one["id"].as_i64()?).ok()?;
                    leaf(one, &node["type"], path.child(index)?, time, out);
                }
            } else {
                leaf(node, &node["type"], path, time, out);
            }
        }
        "resource_instance" => leaf(node, &node["type"], child(at.truncate(3))?, time, out),
        other => panic!("unknown kind {other}"),
    }
    Some(())
}

fn leaf(leaf: &Json, kind: &Json, path: Path, time: Option<&str>, out: &mut Vec<Flat>) {
    let text = leaf["value"].as_str().unwrap_or_default();
    let kind = ValueType::from_name(kind.as_str().unwrap_or_default()).unwrap_or_else(|| panic!("type {kind}"));
    let value = match kind {
        ValueType::Float => leaf["bits"].as_str().unwrap_or_default().to_owned(),
        // The collection counts milliseconds, payloads seconds.
        ValueType::Time => text.parse::<i64>().expect("time").div_euclid(1_000).to_string(),
        _ => text.to_owned(),
    };
    out.push((path, kind.name(), value, time.map(str::to_owned)));
}

fn list(json: &Json) -> &[Json] {
    json.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The registered objects, and two with all types: 33000 of the collection and the same as 33001.
pub(crate) fn models() -> Models {
    let mut models = Models::oma().clone();
    models.insert(all_types(33_000));
    models.insert(all_types(33_001));
    models
}

/// The word for a type, or `none`, that lives for ever.
pub(crate) fn kind(name: &str) -> &'static str {
    ValueType::from_name(name).map_or("none", ValueType::name)
}
