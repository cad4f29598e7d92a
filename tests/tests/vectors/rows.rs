//! Where the rows are, and what all of them have.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path as FilePath, PathBuf};

use lwm2m::{ContentFormat, Context, Models};
use serde_json::Value as Json;

/// The rows that are committed.
pub(crate) fn selection() -> PathBuf {
    FilePath::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// The whole collection, if it is here.
pub(crate) fn collection() -> Option<PathBuf> {
    let folder = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    if folder.join("payloads.jsonl").exists() {
        return Some(folder);
    }
    // Not a foreign peer, which must be there with CI=true: a clone has the selection. So it is counted, and no more.
    let thread = std::thread::current();
    let line =
        format!("{}: the vectors of ../shared are not beside this repository", thread.name().unwrap_or_default());
    println!("skipped {line}");
    if let Some(file) = std::env::var_os("FOOTBRIDGE_SKIPS")
        && let Ok(mut file) = fs::OpenOptions::new().append(true).create(true).open(file)
    {
        let _ = writeln!(file, "{line}");
    }
    None
}

/// The rows of a file.
pub(crate) fn rows(folder: &FilePath, name: &str) -> Vec<Json> {
    let file = folder.join(name);
    let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON Lines")).collect()
}

/// A field that is text; empty if it is not there.
pub(crate) fn text<'j>(row: &'j Json, key: &str) -> &'j str {
    row[key].as_str().unwrap_or_default()
}

/// The bytes of a row.
pub(crate) fn bytes(row: &Json) -> Vec<u8> {
    unhex(text(row, "hex"))
}

pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The content format of a row.
pub(crate) fn format(row: &Json) -> u16 {
    row["format"].as_u64().and_then(|format| u16::try_from(format).ok()).expect("a format")
}

/// A lenient context for a row.
pub(crate) fn context<'c>(row: &'c Json, models: &'c Models) -> Context<'c> {
    let base = row["base_path"].as_str().unwrap_or("/").parse().expect("a path in our own file");
    Context::new(ContentFormat(format(row)), base, models).with_root(text(row, "root"))
}

/// How many rows of what, by format.
#[derive(Default)]
pub(crate) struct Counts(BTreeMap<String, BTreeMap<u16, usize>>);

impl Counts {
    pub(crate) fn add(&mut self, what: &str, format: u16) {
        *self.0.entry(what.to_owned()).or_default().entry(format).or_default() += 1;
    }

    /// One line for each kind.
    pub(crate) fn print(&self) {
        for (what, formats) in &self.0 {
            let each: Vec<String> = formats.iter().map(|(format, count)| format!("{format}: {count}")).collect();
            println!("{:6} {what} ({})", formats.values().sum::<usize>(), each.join(", "));
        }
    }
}

/// A decision: why a row does not come out as its maker or its judge has it.
pub(crate) struct Rule<C> {
    /// A name for counts.
    pub(crate) name: &'static str,
    /// Why we differ.
    pub(crate) why: &'static str,
    /// Whether it explains this case.
    pub(crate) holds: fn(&C) -> bool,
}

/// Which rows each rule explained.
pub(crate) type Hits = BTreeMap<&'static str, Vec<String>>;

/// Which rows each rule explained, and the rows that none explains.
pub(crate) struct Judge<C: 'static> {
    rules: &'static [Rule<C>],
    hits: Hits,
    open: Vec<String>,
}

impl<C> Judge<C> {
    pub(crate) fn new(rules: &'static [Rule<C>]) -> Self {
        Self { rules, hits: Hits::new(), open: Vec::new() }
    }

    /// A row that differs.
    pub(crate) fn differs(&mut self, case: &C, id: &str, what: impl FnOnce() -> String) {
        match self.rules.iter().find(|rule| (rule.holds)(case)) {
            Some(rule) => self.hits.entry(rule.name).or_default().push(id.to_owned()),
            None => self.open.push(what()),
        }
    }

    /// Prints the counts with the reasons; fails if a row is not explained or a rule explains nothing.
    pub(crate) fn finish(self) -> Hits {
        for rule in self.rules {
            println!("{:6} {}: {}", self.hits.get(rule.name).map_or(0, Vec::len), rule.name, rule.why);
        }
        assert!(self.open.is_empty(), "{} rows:\n{}", self.open.len(), self.open[..self.open.len().min(60)].join("\n"));
        let idle: Vec<_> =
            self.rules.iter().map(|rule| rule.name).filter(|name| !self.hits.contains_key(name)).collect();
        assert!(idle.is_empty(), "rules without a row: {idle:?}");
        self.hits
    }
}
