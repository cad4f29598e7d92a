//! Makes the selection anew from the whole collection: `FOOTBRIDGE_SELECT=1 cargo test -p footbridge-tests --test
//! vectors selection`.
//!
//! Of each maker, format, operation, kind and type the shortest rows, every edge value once, and of each rule some rows.
//! What other stacks said about rows that we do not commit is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path as FilePath;

use serde_json::Value as Json;

use crate::rows::{Hits, format, rows, selection, text};

/// The longest row, in hex digits.
const LONGEST: usize = 4_000;
/// Rows of each rule.
const OF_EACH_RULE: usize = 4;

/// Fields that say nothing about the bytes.
const LEFT_OUT: [&str; 4] = ["peers", "status", "same_bytes_as_leshan", "note"];

/// Writes one file of the selection.
pub(crate) fn write(folder: &FilePath, name: &str, hits: &Hits) {
    let mut rows = rows(folder, name);
    rows.retain(|row| text(row, "src") != "anjay");
    // The shortest first, so that they are taken.
    rows.sort_by_key(|row| (row.to_string().len(), text(row, "id").to_owned()));
    let mut needed: BTreeSet<&str> = BTreeSet::new();
    for ids in hits.values() {
        let of_rule = rows.iter().map(|row| text(row, "id")).filter(|id| ids.iter().any(|hit| hit == id));
        needed.extend(of_rule.take(OF_EACH_RULE));
    }
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut chosen: Vec<&Json> = Vec::new();
    for row in &rows {
        let fresh = keys(name, row).into_iter().filter(|(key, most)| {
            let count = taken.entry(key.clone()).or_default();
            *count += 1;
            *count <= *most
        });
        let fresh = fresh.count() > 0 && text(row, "hex").len() <= LONGEST;
        if fresh || needed.contains(text(row, "id")) {
            chosen.push(row);
        }
    }
    let number = |row: &Json| text(row, "id")[1..].parse::<u32>().unwrap_or_default();
    chosen.sort_by_key(|row| (text(row, "src").to_owned(), number(row)));
    let lines: String = chosen
        .iter()
        .map(|row| {
            let mut row = (*row).clone();
            let fields = row.as_object_mut().expect("an object");
            fields.retain(|key, _| !LEFT_OUT.contains(&key.as_str()));
            format!("{row}\n")
        })
        .collect();
    fs::write(selection().join(name), lines).expect("the selection can be written");
    println!("{name}: {} of {} rows", chosen.len(), rows.len());
}

/// What a row stands for, and how many of each are taken.
fn keys(name: &str, row: &Json) -> Vec<(String, usize)> {
    let tag = text(row, "tag");
    let leaf = leaf(&row["nodes"]).unwrap_or_default();
    match name {
        "payloads.jsonl" => {
            let kind = format!("{} {} {} {tag}", text(row, "src"), format(row), text(row, "op"));
            let mut keys = vec![(format!("{kind} {}", leaf.0), 1), (kind, 2)];
            if tag.contains("edge") {
                keys.push((format!("edge {} {}", leaf.0, leaf.1), 1));
            }
            keys
        }
        "malformed.jsonl" => {
            let words = text(row, "leshan").split_whitespace().take(5).collect::<Vec<_>>().join(" ");
            vec![(format!("{tag} {} {words}", format(row)), 1), (format!("{tag} {}", format(row)), 3)]
        }
        "unencodable.jsonl" => vec![(format!("{} {} {tag} {}", format(row), text(row, "op"), leaf.0), 1)],
        "links.jsonl" => vec![(tag.to_owned(), if tag == "hand" { usize::MAX } else { 20 })],
        _ => vec![(String::new(), usize::MAX)],
    }
}

/// Type and value of the first leaf of a tree.
fn leaf(nodes: &Json) -> Option<(String, String)> {
    if let (Some(kind), Some(value)) = (nodes["type"].as_str(), nodes["value"].as_str()) {
        return Some((kind.to_owned(), value.to_owned()));
    }
    match nodes {
        Json::Array(list) => list.iter().find_map(leaf),
        Json::Object(fields) => {
            let kind = fields.get("type").and_then(Json::as_str).map(str::to_owned);
            let below = fields.values().filter(|value| value.is_array() || value.is_object()).find_map(leaf);
            below.or_else(|| Some((kind?, String::new())))
        }
        _ => None,
    }
}
