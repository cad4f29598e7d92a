//! What this page knows of one device beyond its registration: values, answers and the last exchanges.

use std::collections::VecDeque;
use std::rc::Rc;

use coap_exchange::ExchangeError;
use lwm2m::{Discovery, Entry, EntryValue, Level, Path, Value};

use crate::command::{Act, Command};
use crate::exchange::{Answer, Exchange, Outcome, nothing};
use crate::moment::{Moment, took};
use crate::series::Series;
use crate::sorted::Sorted;

/// Exchanges that are kept for the inspector, the newest first.
pub const EXCHANGES_KEPT: usize = 24;
/// How long it took to come back is remembered for that many restarts.
const RESTARTS_KEPT: usize = 3;
/// Where values come from that nobody but us has said.
pub const WRITTEN: &str = "written";
/// Where values come from that the device told by itself.
pub const NOTIFIED: &str = "notified";

/// Everything learned from one device since the page was opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The last value of each resource or resource instance.
    pub readings: Sorted<Path, Reading>,
    /// How the last request for a path ended, or that it has not.
    pub outcomes: Sorted<Path, Outcome>,
    /// Instances that were read as a whole, and when: what is not among their readings is not on the device.
    pub whole: Sorted<Path, Moment>,
    /// What it said it has, by object or instance that was asked about.
    pub found: Sorted<Path, Found>,
    /// Instances that were created from here or deleted from here, and when: newer than the registration.
    pub born: Sorted<Path, (bool, Moment)>,
    /// What we asked to be told of.
    pub watches: Sorted<Path, Watch>,
    /// What somebody observes, as far as the bridge told.
    pub shared: Vec<Path>,
    /// Numbers over time, of what is or was observed.
    pub series: Sorted<Path, Rc<Series>>,
    /// The newest first, at most [`EXCHANGES_KEPT`].
    pub exchanges: VecDeque<Rc<Exchange>>,
    /// Counts exchanges.
    last_number: u32,
    /// When something last came from it.
    pub heard: Moment,
    /// When it was told to restart, until it registers.
    restarting: Option<Moment>,
    /// How long its last restarts took, in ms.
    pub restarts: Vec<i64>,
}

/// What a device said it has.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// When.
    pub at: Moment,
    /// What.
    pub what: Rc<Discovery>,
}

/// Something we asked to be told of.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// Since when it runs, or was asked for.
    pub since: Moment,
    /// Whether it runs.
    pub runs: bool,
    /// How often the device has told something since then.
    pub told: u32,
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The value.
    pub value: Value<'static>,
    /// When it was learned, by the clock of the bridge.
    pub at: Moment,
    /// `read` for our own requests, [`WRITTEN`], [`NOTIFIED`]; what the bridge says for others.
    pub source: &'static str,
    /// How often it has changed; a new number lets the value light up.
    pub changes: u32,
}

impl Reading {
    /// Written, and neither read back nor told by the device since.
    pub fn is_unconfirmed(&self) -> bool {
        self.source == WRITTEN
    }
}

impl Page {
    /// A request has been sent.
    pub fn asked(&mut self, command: &Command, since: Moment) {
        if command.act == Act::Observe {
            self.watches.insert(command.path, Watch { since, runs: false, told: 0 });
        }
        if !command.is_quiet() {
            self.outcomes.insert(command.target(), Outcome::Asked { since });
        }
    }

    /// A request has ended.
    pub fn answered(&mut self, mut exchange: Exchange) {
        let at = Moment(exchange.sent.0 + exchange.took);
        let path = exchange.command.path;
        if !exchange.command.is_quiet() {
            self.outcomes.insert(exchange.command.target(), exchange.outcome());
        }
        match exchange.command.act {
            Act::Observe if exchange.observes => {
                self.watches.insert(path, Watch { since: at, runs: true, told: 0 });
            }
            Act::Observe | Act::StopObserving => self.unwatch(path, at),
            _ => {}
        }
        if let Answer::Response { code, .. } = &exchange.answer
            && code != "5.04"
        {
            self.heard = self.heard.max(at);
        }
        if exchange.is_success() {
            self.learn(&exchange, at);
        }
        self.last_number += 1;
        exchange.number = self.last_number;
        self.exchanges.push_front(Rc::new(exchange));
        self.exchanges.truncate(EXCHANGES_KEPT);
    }

    /// What a success says about the device.
    fn learn(&mut self, exchange: &Exchange, at: Moment) {
        let path = exchange.command.path;
        let Answer::Response { entries, found, created, .. } = &exchange.answer else { return };
        match &exchange.command.act {
            Act::Read | Act::Observe => {
                self.forget_missing(path, entries, at);
                self.values(entries, at, "read");
            }
            Act::Replace(written) => {
                let is_named = |path: Path| written.iter().any(|entry| entry.path == path);
                self.readings.retain(|known, _| !path.contains(*known) || is_named(*known));
                self.values(written, at, WRITTEN);
            }
            Act::Update(written) => self.values(written, at, WRITTEN),
            Act::Execute(_) => {
                if let [3, _, 4 | 5] = *path.ids() {
                    self.restarting = Some(at);
                }
            }
            Act::Discover { .. } => {
                if let Some(what) = found {
                    self.found.retain(|known, _| !path.contains(*known));
                    self.found.insert(path, Found { at, what: Rc::clone(what) });
                }
            }
            Act::Create(first) => {
                let Some(path) = created.or((!path.is_new_instance()).then_some(path)) else { return };
                self.born.insert(path, (true, at));
                let moved = first
                    .iter()
                    .filter_map(|entry| Some(Entry { path: path.child(*entry.path.ids().get(2)?)?, ..entry.clone() }));
                self.values(&moved.collect::<Vec<_>>(), at, WRITTEN);
            }
            Act::Delete => {
                self.readings.retain(|known, _| !path.contains(*known));
                self.whole.retain(|known, _| !path.contains(*known));
                self.outcomes.retain(|known, _| !path.contains(*known));
                self.born.insert(path, (false, at));
                if let Some(object) = path.parent() {
                    self.outcomes.insert(object, exchange.outcome());
                }
            }
            Act::StopObserving => {}
        }
    }

    /// A notification: the answer of what is observed, once more.
    pub fn notified(&mut self, mut exchange: Exchange) {
        let (path, at) = (exchange.command.path, exchange.sent);
        let Some(watch) = self.watches.get_mut(&path) else { return };
        watch.told += 1;
        self.heard = self.heard.max(at);
        exchange.notification = watch.told;
        if let Answer::Response { entries, error: None, .. } = &exchange.answer {
            self.forget_missing(path, entries, at);
            self.values(entries, at, NOTIFIED);
        }
        // One line in the list for all of them: others have to be seen too.
        let is_same = |other: &Exchange| other.command == exchange.command && other.is_success();
        match self.exchanges.iter_mut().find(|other| is_same(other)) {
            Some(other) => {
                exchange.number = other.number;
                *other = Rc::new(exchange);
            }
            None => {
                self.last_number += 1;
                exchange.number = self.last_number;
                self.exchanges.push_front(Rc::new(exchange));
                self.exchanges.truncate(EXCHANGES_KEPT);
            }
        }
    }

    /// An observation is over that nobody here has ended.
    pub fn observation_ended(&mut self, path: Path, words: String, at: Moment) {
        self.unwatch(path, at);
        self.outcomes.insert(path, Outcome::Failed { words, detail: String::new() });
    }

    fn unwatch(&mut self, path: Path, at: Moment) {
        self.watches.retain(|known, _| *known != path);
        self.gap(path, at);
    }

    /// Nothing is known of what follows, until the next point.
    fn gap(&mut self, path: Path, at: Moment) {
        for (_, series) in self.series.iter_mut().filter(|(known, _)| path.contains(**known)) {
            Rc::make_mut(series).gap(at);
        }
    }

    /// The bridge tells values that passed it.
    pub fn told(&mut self, entries: &[Entry<'_>], at: Moment, source: &'static str) {
        let is_news = |entry: &&Entry<'_>| match source {
            // What we observe ourselves has reached us already, with our own clock.
            NOTIFIED => !self.is_watched(entry.path),
            // A value that is known needs no second word; the device may even have confirmed it meanwhile.
            WRITTEN => self.readings.get(&entry.path).map(|reading| &reading.value) != entry.value(),
            _ => true,
        };
        let news: Vec<Entry<'_>> = entries.iter().filter(is_news).cloned().collect();
        self.values(&news, at, source);
    }

    /// The bridge tells that an observation began or is over, whoever wanted it.
    pub fn observation_told(&mut self, path: Path, runs: bool) {
        self.shared.retain(|known| *known != path);
        if runs {
            self.shared.push(path);
        }
    }

    /// Values have arrived, by whatever way.
    pub fn values(&mut self, entries: &[Entry<'_>], at: Moment, source: &'static str) {
        for entry in entries {
            let EntryValue::Value(value) = &entry.value else { continue };
            if !matches!(entry.path.level(), Level::Resource | Level::ResourceInstance) {
                continue;
            }
            let changes = match self.readings.get(&entry.path) {
                Some(old) if old.at > at => continue,
                Some(old) => old.changes + u32::from(old.value != *value),
                None => 0,
            };
            let value = value.clone().into_owned();
            if source != WRITTEN
                && let Some(number) = as_number(&value)
                && (source == NOTIFIED || self.is_watched(entry.path))
            {
                if self.series.get(&entry.path).is_none() {
                    self.series.insert(entry.path, Rc::default());
                }
                if let Some(series) = self.series.get_mut(&entry.path) {
                    Rc::make_mut(series).push(at, number);
                }
            }
            self.readings.insert(entry.path, Reading { value, at, source, changes });
        }
    }

    /// The connection is lost: whatever was asked gets no answer any more, and nothing is told.
    pub fn connection_lost(&mut self, now: Moment) {
        for outcome in self.outcomes.values_mut() {
            if let Outcome::Asked { since } = outcome {
                let words = nothing(ExchangeError::Closed, &took(now.since(*since)));
                *outcome = Outcome::Failed { words, detail: String::new() };
            }
        }
        self.shared.clear();
    }

    /// It has registered.
    pub fn registered(&mut self, at: Moment) {
        if let Some(since) = self.restarting.take_if(|since| at > *since) {
            self.restarts.push(at.since(since));
            let old = self.restarts.len().saturating_sub(RESTARTS_KEPT);
            self.restarts.drain(..old);
        }
    }

    /// Whether a request for this very path is under way.
    pub fn is_waiting(&self, path: Path) -> bool {
        matches!(self.outcomes.get(&path), Some(Outcome::Asked { .. }))
    }

    /// Whether we are told of changes of a path, by itself or by something above it.
    pub fn is_watched(&self, path: Path) -> bool {
        self.watches.iter().any(|(watched, watch)| watch.runs && watched.contains(path))
    }

    /// What is observed, by us or by others, each path once.
    pub fn observed(&self) -> Vec<Path> {
        let ours = self.watches.iter().filter(|(_, watch)| watch.runs).map(|(path, _)| *path);
        let mut all: Vec<Path> = self.shared.clone();
        all.extend(ours.filter(|path| !self.shared.contains(path)));
        all
    }

    /// What is written and not read back.
    pub fn unconfirmed(&self) -> impl Iterator<Item = (Path, &Reading)> {
        self.readings.iter().filter(|(_, reading)| reading.is_unconfirmed()).map(|(path, reading)| (*path, reading))
    }

    /// Instances of an object that values are known of.
    pub fn instances(&self, object: u16) -> impl Iterator<Item = u16> {
        self.readings
            .from(&Path::object(object))
            .iter()
            .map(|(path, _)| *path)
            .take_while(move |path| path.object_id() == Some(object))
            .filter_map(|path| path.instance_id())
    }

    /// The readings of one resource: one of its own, or one for each of its instances.
    pub fn resource(&self, resource: Path) -> impl Iterator<Item = (Path, &Reading)> {
        self.readings
            .from(&resource)
            .iter()
            .take_while(move |(path, _)| resource.contains(*path))
            .map(|(path, reading)| (*path, reading))
    }

    /// The newest answer to the question what there is, from a path or from above it.
    pub fn found_at(&self, path: Path) -> Option<&Found> {
        self.found.iter().filter(|(asked, _)| asked.contains(path)).map(|(_, found)| found).max_by_key(|found| found.at)
    }

    /// After a read of `base`: what lies below and did not come back is gone from the device.
    fn forget_missing(&mut self, base: Path, entries: &[Entry<'_>], at: Moment) {
        self.readings.retain(|path, _| !base.contains(*path) || entries.iter().any(|entry| entry.path == *path));
        match base.level() {
            Level::ObjectInstance => {
                self.whole.insert(base, at);
            }
            Level::Object => {
                self.whole.retain(|path, _| !base.contains(*path));
                for entry in entries {
                    if entry.path.level() > Level::Object {
                        self.whole.insert(entry.path.truncate(2), at);
                    }
                }
            }
            _ => {}
        }
    }
}

/// A value that can be drawn.
fn as_number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Unsigned(number) => Some(*number as f64),
        Value::Float(number) if number.is_finite() => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use coap_exchange::{Request, RequestType};
    use lwm2m::ContentFormat;

    fn read(path: &str, code: &str, took: i64, entries: Vec<Entry<'static>>) -> Exchange {
        exchange(path, Act::Read, code, took, entries)
    }

    fn exchange(path: &str, act: Act, code: &str, took: i64, entries: Vec<Entry<'static>>) -> Exchange {
        let answer = Answer::Response {
            code: code.to_owned(),
            format: Some(ContentFormat::TLV),
            payload: b"hm\n\x1b".to_vec(),
            entries,
            error: None,
            found: None,
            created: None,
        };
        let command = Command::new(path.parse().unwrap(), act);
        let observes = command.act == Act::Observe;
        let request = Request::new(RequestType::Get);
        Exchange { number: 0, command, request, sent: Moment(1_000), took, answer, observes, notification: 0 }
    }

    fn ask(path: Path) -> Command {
        Command::new(path, Act::Read)
    }

    fn entry(path: &str, value: i64) -> Entry<'static> {
        Entry::new(path.parse().unwrap(), Value::Integer(value))
    }

    #[test]
    fn a_read_replaces_what_it_covers() {
        let mut page = Page::default();
        page.asked(&ask(Path::instance(3, 0)), Moment(1_000));
        assert!(page.is_waiting(Path::instance(3, 0)) && !page.is_waiting(Path::object(3)));
        page.answered(read("/3/0", "2.05", 38, vec![entry("/3/0/9", 100), entry("/3/0/6/0", 1), entry("/3/0/6/1", 5)]));
        assert_eq!(
            *page.outcomes.get(&Path::instance(3, 0)).unwrap(),
            Outcome::Done { words: "Done, 2.05 in 38 ms".to_owned(), at: Moment(1_038) }
        );
        assert_eq!(*page.whole.get(&Path::instance(3, 0)).unwrap(), Moment(1_038));
        assert_eq!(page.resource(Path::resource(3, 0, 6)).count(), 2);

        page.answered(read("/3/0/6", "2.05", 50, vec![entry("/3/0/6/1", 5)]));
        assert_eq!(page.readings.len(), 2, "resource instance 0 is gone");
        page.answered(read("/3/0/9", "2.05", 60, vec![entry("/3/0/9", 99)]));
        assert_eq!(page.readings.get(&Path::resource(3, 0, 9)).unwrap().changes, 1);
        page.answered(read("/3/0/9", "2.05", 60, vec![entry("/3/0/9", 99)]));
        assert_eq!(page.readings.get(&Path::resource(3, 0, 9)).unwrap().changes, 1, "the same value is no change");

        page.answered(read("/3", "2.05", 70, vec![entry("/3/1/9", 7)]));
        assert_eq!(page.whole.iter().map(|(path, _)| *path).collect::<Vec<_>>(), [Path::instance(3, 1)]);
        assert_eq!(page.instances(3).collect::<Vec<_>>(), [1]);
        assert_eq!(page.exchanges.iter().map(|exchange| exchange.number).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    }

    #[test]
    fn a_failure_keeps_the_values() {
        let mut page = Page::default();
        page.answered(read("/3/0", "2.05", 38, vec![entry("/3/0/9", 100)]));
        page.answered(read("/3/0", "4.04", 12, vec![]));
        assert!(matches!(page.outcomes.get(&Path::instance(3, 0)), Some(Outcome::Failed { .. })));
        assert_eq!(page.readings.len(), 1);
    }

    #[test]
    fn older_values_and_odd_paths_are_left_out() {
        let mut page = Page::default();
        page.values(&[entry("/3/0/9", 2)], Moment(20), "read");
        page.values(
            &[entry("/3/0/9", 1), entry("/3/0", 1), Entry::absent(Path::resource(3, 0, 10))],
            Moment(10),
            "notify",
        );
        assert_eq!(page.readings.len(), 1);
        assert_eq!(page.readings.get(&Path::resource(3, 0, 9)).unwrap().value, Value::Integer(2));
    }

    #[test]
    fn a_lost_connection_ends_what_was_asked() {
        let mut page = Page::default();
        page.asked(&ask(Path::instance(3, 0)), Moment(1_000));
        page.connection_lost(Moment(3_500));
        let words = "No answer after 2.5 s: the connection to the bridge was lost".to_owned();
        assert_eq!(
            *page.outcomes.get(&Path::instance(3, 0)).unwrap(),
            Outcome::Failed { words, detail: String::new() }
        );
    }

    #[test]
    fn keeps_a_bounded_number_of_exchanges() {
        let mut page = Page::default();
        for _ in 0..40 {
            page.answered(read("/3/0", "4.04", 1, vec![]));
        }
        assert_eq!((page.exchanges.len(), page.exchanges[0].number), (EXCHANGES_KEPT, 40));
    }

    #[test]
    fn what_was_written_is_unconfirmed_until_the_device_says_it() {
        let zone = Path::resource(3, 0, 15);
        let written = || Act::Replace(vec![Entry::new(zone, Value::String("UTC".into()))]);
        let said = |text: &'static str| vec![Entry::new(zone, Value::String(text.into()))];
        let is_unconfirmed = |page: &Page| page.readings.get(&zone).unwrap().is_unconfirmed();

        let mut page = Page::default();
        page.answered(exchange("/3/0/15", written(), "4.05", 5, vec![]));
        assert!(page.readings.is_empty(), "a refusal writes nothing");
        page.answered(exchange("/3/0/15", written(), "2.04", 10, vec![]));
        assert!(is_unconfirmed(&page));
        page.told(&said("UTC"), Moment(9_000), WRITTEN);
        assert_eq!(page.readings.get(&zone).unwrap().at, Moment(1_010), "the bridge only repeats it");
        assert_eq!(page.unconfirmed().map(|(path, _)| path).collect::<Vec<_>>(), [zone]);
        page.answered(read("/3/0/15", "2.05", 20, said("UTC")));
        assert!(!is_unconfirmed(&page), "read back");
        page.told(&said("UTC"), Moment(9_000), WRITTEN);
        assert!(!is_unconfirmed(&page), "the word of the bridge came late");
        page.told(&said("CET"), Moment(9_000), WRITTEN);
        assert!(is_unconfirmed(&page), "somebody else wrote");
        page.told(&said("CET"), Moment(9_100), NOTIFIED);
        assert!(!is_unconfirmed(&page), "notified");
    }

    #[test]
    fn replacing_a_resource_replaces_its_instances() {
        let mut page = Page::default();
        page.answered(read("/3/0", "2.05", 1, vec![entry("/3/0/6/0", 1), entry("/3/0/6/1", 5), entry("/3/0/9", 7)]));
        page.answered(exchange("/3/0/6", Act::Replace(vec![entry("/3/0/6/1", 6)]), "2.04", 2, vec![]));
        let known: Vec<String> = page.readings.iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(known, ["/3/0/6/1", "/3/0/9"]);
        page.answered(exchange("/3/0", Act::Update(vec![entry("/3/0/9", 8)]), "2.04", 3, vec![]));
        assert_eq!(page.unconfirmed().count(), 2);
    }

    #[test]
    fn observations_begin_tell_and_end() {
        let level = Path::resource(3, 0, 9);
        let observe = |value: i64| exchange("/3/0/9", Act::Observe, "2.05", 0, vec![entry("/3/0/9", value)]);
        let mut page = Page::default();
        page.asked(&Command::new(level, Act::Observe), Moment(900));
        assert!(!page.is_watched(level));
        page.answered(observe(100));
        assert!(page.is_watched(level) && !page.is_watched(Path::instance(3, 0)));
        for (value, at) in [(99, 2_000), (98, 3_000)] {
            page.notified(Exchange { sent: Moment(at), ..observe(value) });
        }
        assert_eq!(page.watches.get(&level).unwrap().told, 2);
        assert_eq!((page.exchanges.len(), page.exchanges[0].notification), (1, 2), "one line for all of them");
        assert_eq!(page.readings.get(&level).unwrap().source, NOTIFIED);
        page.told(&[entry("/3/0/9", 98)], Moment(3_020), NOTIFIED);
        assert_eq!(page.series.get(&level).unwrap().len(), 3, "what the bridge repeats is no point");

        page.observation_ended(level, "The device left".to_owned(), Moment(4_000));
        assert!(!page.is_watched(level));
        assert!(matches!(page.outcomes.get(&level), Some(Outcome::Failed { words, .. }) if words == "The device left"));
        page.notified(observe(1));
        assert_eq!(page.readings.get(&level).unwrap().value, Value::Integer(98), "a late one is not heard");

        let mut once = observe(97);
        once.observes = false;
        page.answered(once);
        assert!(!page.is_watched(level));
    }

    #[test]
    fn instances_are_created_and_deleted() {
        let mut page = Page::default();
        let first = Entry::new(Path::new_instance(3303).child(5750).unwrap(), Value::String("Soil".into()));
        let mut create = exchange("/3303", Act::Create(vec![first]), "2.01", 1, vec![]);
        create.command.path = Path::new_instance(3303);
        if let Answer::Response { created, .. } = &mut create.answer {
            *created = Some(Path::instance(3303, 4));
        }
        assert_eq!(
            create.outcome(),
            Outcome::Done { words: "Created /3303/4, 2.01 in 1 ms".to_owned(), at: Moment(1_001) }
        );
        page.answered(create);
        assert_eq!(page.born.get(&Path::instance(3303, 4)), Some(&(true, Moment(1_001))));
        assert!(page.readings.get(&Path::resource(3303, 4, 5750)).unwrap().is_unconfirmed());
        page.answered(exchange("/3303/4", Act::Delete, "2.02", 2, vec![]));
        assert_eq!(page.born.get(&Path::instance(3303, 4)), Some(&(false, Moment(1_002))));
        assert!(page.readings.is_empty());
        let words = "Deleted /3303/4, 2.02 in 2 ms".to_owned();
        assert_eq!(page.outcomes.get(&Path::object(3303)), Some(&Outcome::Done { words, at: Moment(1_002) }));
    }

    #[test]
    fn restarts_are_timed() {
        let mut page = Page::default();
        page.registered(Moment(1));
        for (at, back) in [(1_000, 41_000), (50_000, 52_000), (60_000, 63_000), (70_000, 74_000)] {
            let reboot = exchange("/3/0/4", Act::Execute(String::new()), "2.04", 0, vec![]);
            page.answered(Exchange { sent: Moment(at), ..reboot });
            page.registered(Moment(at - 500));
            page.registered(Moment(back));
            page.registered(Moment(back + 500));
        }
        assert_eq!(page.restarts, [2_000, 3_000, 4_000]);
    }
}
