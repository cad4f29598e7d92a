//! Which devices the list shows, and in what order.

use std::cmp::Ordering;
use std::rc::Rc;

use lwm2m::Models;

use crate::model::Client;
use crate::state::{Device, Devices};

/// What the list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The Endpoint Client Name.
    #[default]
    Endpoint,
    /// The lifetime that was asked for.
    Lifetime,
    /// The transport.
    Transport,
    /// The LwM2M version.
    Version,
    /// How many objects it has.
    Objects,
    /// When something last came from it, the newest first.
    Seen,
}

/// An order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: Column,
    /// The other way round.
    pub descending: bool,
}

impl Sort {
    /// The order after a click on the head of a column: that column, or the other way round.
    #[must_use]
    pub fn clicked(self, by: Column) -> Self {
        Self { by, descending: self.by == by && !self.descending }
    }
}

/// The devices whose description has every word of `filter`, in order; equal ones by name.
pub fn visible(devices: &Devices, filter: &str, sort: Sort) -> Vec<(Rc<str>, Device)> {
    let words: Vec<String> = filter.split_whitespace().map(str::to_ascii_lowercase).collect();
    let mut rows: Vec<(Rc<str>, Device)> = devices
        .by_name
        .iter()
        .filter(|(_, device)| words.is_empty() || is_match(&device.client, &words))
        .map(|(name, device)| (Rc::clone(name), device.clone()))
        .collect();
    // Already in the order of names, which is the order of equal ones too.
    if sort.by != Column::Endpoint {
        rows.sort_unstable_by(|(a_name, a), (b_name, b)| {
            let (a, b) = (&a.client, &b.client);
            let order = match sort.by {
                Column::Endpoint => Ordering::Equal,
                Column::Lifetime => a.lifetime.cmp(&b.lifetime),
                Column::Transport => a.transport.cmp(&b.transport),
                Column::Version => a.version().cmp(&b.version()),
                Column::Objects => a.objects.len().cmp(&b.objects.len()),
                Column::Seen => b.seen.cmp(&a.seen),
            };
            order.then_with(|| a_name.cmp(b_name))
        });
    }
    if sort.descending {
        rows.reverse();
    }
    rows
}

fn is_match(client: &Client, words: &[String]) -> bool {
    let mut text =
        format!("{} {} {} {}", client.endpoint, client.address, client.transport, client.lwm2m).to_ascii_lowercase();
    for object in &client.objects {
        text.push_str(&format!(" /{} ", object.id));
        if let Some(facts) = Models::oma().object(object.id) {
            text.push_str(&facts.name.to_ascii_lowercase());
        }
    }
    words.iter().all(|word| text.contains(word.as_str()))
}

/// The name of an object, or `Object 33999` for one that nobody has registered.
pub fn object_name(models: &Models, id: u16) -> String {
    models.object(id).map_or_else(|| format!("Object {id}"), |facts| facts.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Page, Registered};
    use crate::moment::Moment;
    use crate::state::{Action, State};

    fn devices() -> Rc<Devices> {
        let client = |endpoint: &str, seen: i64, version: &str, objects: &[u16]| Client {
            endpoint: endpoint.to_owned(),
            seen: Moment(seen),
            lwm2m: version.to_owned(),
            address: format!("10.0.0.{seen}:5683"),
            objects: objects.iter().map(|id| Registered { id: *id, ..Default::default() }).collect(),
            ..Default::default()
        };
        let clients =
            vec![client("b-Pump", 1, "1.2", &[1, 3]), client("a", 3, "1.0", &[3, 3303]), client("c", 2, "1.1", &[3])];
        State::default().reduce(Action::Listed(Page { total: 3, now: Moment(0), clients }, Moment(0))).devices
    }

    fn names(filter: &str, by: Column, descending: bool) -> Vec<String> {
        visible(&devices(), filter, Sort { by, descending }).iter().map(|(name, _)| name.to_string()).collect()
    }

    #[test]
    fn filters_by_every_word() {
        let rows: [(&str, &[&str]); 7] = [
            ("", &["a", "b-Pump", "c"]),
            ("  ", &["a", "b-Pump", "c"]),
            ("PUMP", &["b-Pump"]),
            ("1.2 pump", &["b-Pump"]),
            ("1.1 pump", &[]),
            ("10.0.0.2", &["c"]),
            ("/3303", &["a"]),
        ];
        for (filter, expected) in rows {
            assert_eq!(names(filter, Column::Endpoint, false), expected, "{filter}");
        }
        assert_eq!(names("temperature", Column::Endpoint, false), ["a"]);
    }

    #[test]
    fn sorts_by_column() {
        assert_eq!(names("", Column::Endpoint, true), ["c", "b-Pump", "a"]);
        assert_eq!(names("", Column::Seen, false), ["a", "c", "b-Pump"]);
        assert_eq!(names("", Column::Version, false), ["a", "c", "b-Pump"]);
        assert_eq!(names("", Column::Objects, false), ["c", "a", "b-Pump"]);
        let sort = Sort::default().clicked(Column::Seen);
        assert_eq!((sort, sort.clicked(Column::Seen).descending), (Sort { by: Column::Seen, descending: false }, true));
    }
}
