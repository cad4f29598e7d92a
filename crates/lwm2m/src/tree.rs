//! Entries as the tree they describe: objects, their instances, resources, resource instances.
//!
//! A [`Node`] is a view: it borrows the entries and copies nothing. What no entry names has no node, but all that is above
//! an entry has one.

use core::fmt;

use crate::{Decimal, Entry, EntryValue, Level, Models, ObjectFacts, Path, ResourceFacts, Timestamp, Value};

/// Puts entries in the order that [`Node`] needs: by path, and the values of one path by time, oldest first.
///
/// Absolute times come before relative ones, and these before none, which means now; of equal ones the order stays.
///
/// ```
/// use lwm2m::{tree, Decimal, Entry, Path, Timestamp, Value};
/// let level = |value, ago: i64| {
///     Entry::new(Path::resource(3, 0, 9), Value::Integer(value)).with_time(Timestamp::Relative(Decimal::new(-ago, 0)))
/// };
/// let mut entries = vec![level(97, 0), level(99, 20), level(98, 10)];
/// tree::sort(&mut entries);
/// assert_eq!(entries, [level(99, 20), level(98, 10), level(97, 0)]);
/// ```
pub fn sort(entries: &mut [Entry<'_>]) {
    entries.sort_by_key(|entry| (entry.path, age(entry.time)));
}

/// Something that has a path, and all entries at it and below.
///
/// ```
/// use lwm2m::{codec, tree, ContentFormat, Context, Models, Path};
/// let context = Context::new(ContentFormat::TLV, Path::instance(3, 0), Models::oma());
/// let payload = codec::decode(&[0xC1, 0x09, 0x64, 0x86, 0x06, 0x41, 0x00, 0x01, 0x41, 0x01, 0x05], &context)?;
/// let mut entries = payload.into_entries();
/// tree::sort(&mut entries);
///
/// let device = tree::Node::root(&entries, Models::oma()).at(Path::instance(3, 0)).unwrap();
/// let lines: Vec<String> = device.walk().map(|node| node.to_string()).collect();
/// assert_eq!(
///     lines,
///     [
///         "/3/0",
///         "/3/0/6 Available Power Sources",
///         "/3/0/6/0 = 1",
///         "/3/0/6/1 = 5",
///         "/3/0/9 Battery Level = 100",
///     ]
/// );
/// # Ok::<(), codec::DecodeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Node<'e, 'v> {
    path: Path,
    entries: &'e [Entry<'v>],
    models: &'e Models,
}

impl<'e, 'v> Node<'e, 'v> {
    /// The root of all that the entries name. They should be in order, see [`sort`]; what is not in order has several nodes.
    pub const fn root(entries: &'e [Entry<'v>], models: &'e Models) -> Self {
        Self { path: Path::ROOT, entries, models }
    }

    /// Where it is.
    pub const fn path(&self) -> Path {
        self.path
    }

    /// Which kind of thing it is.
    pub const fn level(&self) -> Level {
        self.path.level()
    }

    /// The name of an object or resource, as the [`Models`] have it; none if they do not know it, and for all others.
    pub fn name(&self) -> Option<&'e str> {
        match self.level() {
            Level::Object => self.object().map(|object| object.name),
            Level::Resource => self.resource().map(|resource| resource.name),
            Level::Root | Level::ObjectInstance | Level::ResourceInstance => None,
        }
    }

    /// What is known of the object that it is or lies in.
    pub fn object(&self) -> Option<ObjectFacts<'e>> {
        self.models.object(self.path.object_id()?)
    }

    /// What is known of the resource that it is or lies in.
    pub fn resource(&self) -> Option<ResourceFacts<'e>> {
        self.models.resource(self.path)
    }

    /// All entries at it and below.
    pub const fn entries(&self) -> &'e [Entry<'v>] {
        self.entries
    }

    /// The entries at exactly this path: several if there is a history, oldest first; none if only things below it are
    /// named.
    pub fn own(&self) -> &'e [Entry<'v>] {
        let end = self.entries.iter().position(|entry| entry.path != self.path).unwrap_or(self.entries.len());
        self.entries.get(..end).unwrap_or_default()
    }

    /// Its newest entry.
    pub fn entry(&self) -> Option<&'e Entry<'v>> {
        self.own().last()
    }

    /// Its newest value, if it has one.
    pub fn value(&self) -> Option<&'e Value<'v>> {
        self.entry()?.value()
    }

    /// What is directly below it, in order.
    pub fn children(&self) -> Children<'e, 'v> {
        let own = self.own().len();
        Children { path: self.path, rest: self.entries.get(own..).unwrap_or_default(), models: self.models }
    }

    /// The child of that id.
    pub fn child(&self, id: u16) -> Option<Self> {
        self.children().find(|child| child.path.ids().last() == Some(&id))
    }

    /// The node of a path at or below this one, if there is one.
    pub fn at(&self, path: Path) -> Option<Self> {
        let ids = path.ids();
        let ids = ids.get(self.path.ids().len()..)?;
        let node = ids.iter().try_fold(*self, |node, &id| node.child(id))?;
        (node.path == path).then_some(node)
    }

    /// It and everything below it, each thing before what is below it.
    pub fn walk(&self) -> Walk<'e, 'v> {
        Walk { first: Some(*self), open: [const { None }; 4] }
    }
}

/// Path, name and newest value: `/3/0/9 Battery Level = 100`.
impl fmt::Display for Node<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.path, f)?;
        if let Some(name) = self.name() {
            write!(f, " {name}")?;
        }
        match self.entry().map(|entry| &entry.value) {
            Some(EntryValue::Value(value)) => write!(f, " = {value}"),
            Some(EntryValue::Delete) => f.write_str(" is deleted"),
            Some(EntryValue::Absent) | None => Ok(()),
        }
    }
}

impl fmt::Debug for Node<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("path", &self.path).field("entries", &self.entries).finish_non_exhaustive()
    }
}

/// What is directly below a [`Node`].
#[derive(Clone, Copy, Debug)]
pub struct Children<'e, 'v> {
    path: Path,
    rest: &'e [Entry<'v>],
    models: &'e Models,
}

impl<'e, 'v> Iterator for Children<'e, 'v> {
    type Item = Node<'e, 'v>;

    fn next(&mut self) -> Option<Node<'e, 'v>> {
        let level = self.path.ids().len() + 1;
        let path = self.rest.first()?.path.truncate(level);
        let end = self.rest.iter().position(|entry| entry.path.truncate(level) != path).unwrap_or(self.rest.len());
        let (entries, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(Node { path, entries, models: self.models })
    }
}

/// A [`Node`] and everything below it.
#[derive(Clone, Debug)]
pub struct Walk<'e, 'v> {
    first: Option<Node<'e, 'v>>,
    /// What is still to come at each level below; the deepest one last.
    open: [Option<Children<'e, 'v>>; 4],
}

impl<'e, 'v> Iterator for Walk<'e, 'v> {
    type Item = Node<'e, 'v>;

    fn next(&mut self) -> Option<Node<'e, 'v>> {
        let node = match self.first.take() {
            Some(first) => first,
            None => loop {
                let deepest = self.open.iter_mut().rev().find(|children| children.is_some())?;
                match deepest.as_mut().and_then(Iterator::next) {
                    Some(node) => break node,
                    None => *deepest = None,
                }
            },
        };
        // Nothing lies below a resource instance.
        if let Some(place) = self.open.get_mut(node.path.ids().len()) {
            *place = Some(node.children());
        }
        Some(node)
    }
}

/// A key that grows with time.
fn age(time: Option<Timestamp>) -> (u8, Decimal) {
    match time {
        Some(Timestamp::Absolute(time)) => (0, time),
        Some(Timestamp::Relative(time)) => (1, time),
        None => (2, Decimal::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};
    use std::vec::Vec;

    use super::*;

    fn entry(path: &str) -> Entry<'static> {
        Entry::new(path.parse().unwrap(), Value::Integer(1))
    }

    fn walk(paths: &[&str]) -> String {
        let mut entries: Vec<_> = paths.iter().map(|path| entry(path)).collect();
        sort(&mut entries);
        let models = Models::default();
        Node::root(&entries, &models).walk().map(|node| node.path().to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn has_what_is_above() {
        for (paths, nodes) in [
            (["/3/0/9"].as_slice(), "/ /3 /3/0 /3/0/9"),
            (&[], "/"),
            (&["/"], "/"),
            (&["/3/0/6/1", "/1/0/1", "/3/0/6/0"], "/ /1 /1/0 /1/0/1 /3 /3/0 /3/0/6 /3/0/6/0 /3/0/6/1"),
            (&["/3/1/0", "/3/0/0", "/3"], "/ /3 /3/0 /3/0/0 /3/1 /3/1/0"),
            (&["/3/-/0", "/3/0/0"], "/ /3 /3/0 /3/0/0 /3/- /3/-/0"),
            (&["/3/0/9", "/3/0/9"], "/ /3 /3/0 /3/0/9"),
        ] {
            assert_eq!(walk(paths), nodes, "{paths:?}");
        }
    }

    #[test]
    fn keeps_history() {
        let at = |value, time| {
            let entry = Entry::new(Path::resource(3303, 0, 5700), Value::Integer(value));
            Entry { time, ..entry }
        };
        let absolute = |seconds| Some(Timestamp::Absolute(Decimal::new(seconds, 0)));
        let mut entries = [
            at(5, None),
            at(3, Some(Timestamp::Relative(Decimal::new(-10, 0)))),
            at(1, absolute(1_700_000_000)),
            at(4, Some(Timestamp::Relative(Decimal::ZERO))),
            at(2, absolute(1_700_000_001)),
        ];
        sort(&mut entries);
        let node = Node::root(&entries, Models::oma()).at(Path::resource(3303, 0, 5700)).unwrap();
        let values: Vec<_> = node.own().iter().filter_map(|entry| entry.value()).cloned().collect();
        assert_eq!(values, [1, 2, 3, 4, 5].map(Value::Integer));
        assert_eq!((node.value(), node.name()), (Some(&Value::Integer(5)), Some("Sensor Value")));
        assert_eq!(node.walk().count(), 1);
    }

    #[test]
    fn finds_and_names() {
        let entries = ["/3/0/6/0", "/3/0/9", "/42000/0/1"].map(entry);
        let root = Node::root(&entries, Models::oma());
        let name = |path: &str| root.at(path.parse().unwrap()).map(|node| node.name());
        for (path, expected) in [
            ("/", Some(None)),
            ("/3", Some(Some("Device"))),
            ("/3/0", Some(None)),
            ("/3/0/6", Some(Some("Available Power Sources"))),
            ("/3/0/6/0", Some(None)),
            ("/42000/0/1", Some(None)),
            ("/3/0/6/1", None),
            ("/3/1", None),
            ("/4", None),
        ] {
            assert_eq!(name(path), expected, "{path}");
        }
        let device = root.child(3).unwrap();
        assert_eq!((device.entries().len(), device.own().len(), device.value()), (2, 0, None));
        assert!(device.at(Path::object(42_000)).is_none() && device.at(Path::ROOT).is_none());
        assert_eq!(device.at(Path::resource(3, 0, 9)).unwrap().resource().unwrap().units, "/100");
    }

    #[test]
    fn says_what_it_is() {
        let gone = Entry { path: Path::resource_instance(16, 0, 0, 1), value: EntryValue::Delete, time: None };
        let entries = [entry("/3/0/9"), Entry::absent(Path::object(4)), gone];
        let lines: Vec<_> = Node::root(&entries, Models::oma()).walk().map(|node| node.to_string()).collect();
        assert_eq!(lines[3], "/3/0/9 Battery Level = 1");
        assert_eq!(lines[4], "/4 Connectivity Monitoring");
        assert_eq!(lines.last().map(String::as_str), Some("/16/0/0/1 is deleted"));
    }
}
