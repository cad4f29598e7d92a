//! Payloads, links, attributes and paths that other LwM2M stacks made or judged, against our codecs.
//!
//! The rows in `tests/vectors` are a selection; where the whole collection lies beside the repository (`../shared`), it
//! is run too. What each row means is in `tests/vectors/README.md`. Where we differ, a [`rows::Rule`] says why; a rule
//! that explains no row fails.

mod annotation;
mod attributes;
mod batch;
mod differential;
mod disagreements;
mod generate;
mod links;
mod malformed;
mod mutations;
mod paths;
mod payloads;
mod rows;
mod select;
mod tree;
mod unencodable;

use std::path::Path as FilePath;

use rows::{Hits, collection, selection};

/// Runs the rows of one file.
type Run = fn(&FilePath) -> Hits;

const FILES: [(&str, Run); 6] = [
    ("payloads.jsonl", payloads::run),
    ("malformed.jsonl", malformed::run),
    ("unencodable.jsonl", unencodable::run),
    ("links.jsonl", links::run),
    ("attributes.jsonl", attributes::run),
    ("paths.jsonl", paths::run),
];

#[test]
fn the_selection() {
    // Made anew on demand, before it is run.
    if std::env::var_os("FOOTBRIDGE_SELECT").is_some() {
        let folder = collection().expect("the whole collection");
        for (name, run) in FILES {
            select::write(&folder, name, &run(&folder));
        }
    }
    all(&selection());
}

#[test]
fn the_whole_collection() {
    if let Some(folder) = collection() {
        all(&folder);
    }
}

#[test]
fn the_selection_by_the_command() {
    batch::run(&selection());
}

#[test]
fn the_whole_collection_by_the_command() {
    if let Some(folder) = collection() {
        batch::run(&folder);
    }
}

fn all(folder: &FilePath) {
    for (name, run) in FILES {
        println!("== {name}");
        run(folder);
    }
    annotation::run(folder);
}
