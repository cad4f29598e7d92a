//! The events that browsers and scripts see, and the hub that hands them out.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use coap_exchange::Utc;
use lwm2m_engine::{EndpointName, Gone, Source};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::json::Client;
use crate::entry_json::JsonEntry;

/// The least time between two batches of a stream that watches all devices: at most 4 a second.
const BETWEEN_BATCHES: Duration = Duration::from_millis(250);

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Registered,
    Updated,
    Deregistered,
    Observation,
    Value,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] =
        [Self::Registered, Self::Updated, Self::Deregistered, Self::Observation, Self::Value];

    /// The word in the stream.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Updated => "updated",
            Self::Deregistered => "deregistered",
            Self::Observation => "observation",
            Self::Value => "value",
        }
    }

    /// Whether it belongs into a stream that watches all devices.
    fn is_list_level(self) -> bool {
        matches!(self, Self::Registered | Self::Updated | Self::Deregistered)
    }
}

/// One event, written out once for all who watch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StreamEvent {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) endpoint: EndpointName,
    /// The JSON object, on one line.
    pub(crate) json: String,
}

/// What an event says beside its id, kind, time and endpoint.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Body<'a> {
    Client { client: Box<Client<'a>> },
    Gone { why: &'static str },
    Observation { path: String, running: bool },
    Values { path: String, source: &'static str, entries: Vec<JsonEntry<'a>> },
}

impl<'a> Body<'a> {
    pub(crate) fn client(client: Client<'a>) -> Self {
        Self::Client { client: Box::new(client) }
    }

    pub(crate) fn gone(why: Gone) -> Self {
        Self::Gone { why: why.word() }
    }

    pub(crate) fn observation(path: lwm2m::Path, running: bool) -> Self {
        Self::Observation { path: path.to_string(), running }
    }

    pub(crate) fn values(path: lwm2m::Path, source: Source, entries: &'a [lwm2m::Entry<'a>]) -> Self {
        Self::Values { path: path.to_string(), source: source.word(), entries: entries.iter().map(JsonEntry).collect() }
    }
}

impl StreamEvent {
    pub(crate) fn new(id: String, kind: Kind, time: Utc, endpoint: EndpointName, body: Body<'_>) -> Self {
        #[derive(Serialize)]
        struct Json<'a> {
            id: &'a str,
            kind: &'static str,
            time: String,
            ep: &'a str,
            #[serde(flatten)]
            body: Body<'a>,
        }
        let json = Json { id: &id, kind: kind.word(), time: time.to_string(), ep: endpoint.as_str(), body };
        let json =
            serde_json::to_string(&json).unwrap_or_else(|error| format!(r#"{{"kind":"error","error":"{error}"}}"#));
        Self { id, kind, endpoint, json }
    }
}

/// What a stream wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Only these kinds.
    pub(crate) kinds: Option<Vec<Kind>>,
    /// Only this device, and then everything about it at once.
    pub(crate) endpoint: Option<EndpointName>,
}

impl Filter {
    fn takes(&self, kind: Kind, endpoint: &EndpointName) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
            && match &self.endpoint {
                Some(wanted) => wanted == endpoint,
                None => kind.is_list_level(),
            }
    }
}

/// As many streams as the limit allows are open.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

/// Hands every event to the streams that want it. Never waits: a stream that does not keep up loses events, and is told.
#[derive(Debug)]
pub(crate) struct Hub {
    streams: Vec<Stream>,
    most_streams: usize,
    most_events: usize,
}

#[derive(Debug)]
struct Stream {
    filter: Filter,
    sender: mpsc::Sender<Arc<StreamEvent>>,
    lost: Arc<AtomicBool>,
}

impl Hub {
    pub(crate) fn new(most_streams: usize, most_events: usize) -> Self {
        Self { streams: Vec::new(), most_streams, most_events }
    }

    /// Opens a stream. It ends when the hub is dropped.
    pub(crate) fn subscribe(&mut self, filter: Filter) -> Result<Feed, TooMany> {
        self.streams.retain(|stream| !stream.sender.is_closed());
        if self.streams.len() >= self.most_streams {
            return Err(TooMany);
        }
        let (sender, receiver) = mpsc::channel(self.most_events.max(1));
        let lost = Arc::new(AtomicBool::new(false));
        let between = if filter.endpoint.is_some() { Duration::ZERO } else { BETWEEN_BATCHES };
        self.streams.push(Stream { filter, sender, lost: Arc::clone(&lost) });
        Ok(Feed { receiver, lost, pending: Pending::new(between, self.most_events) })
    }

    /// Whether anybody wants such an event. If not, it need not be written out.
    pub(crate) fn is_wanted(&self, kind: Kind, endpoint: &EndpointName) -> bool {
        self.streams.iter().any(|stream| stream.filter.takes(kind, endpoint))
    }

    pub(crate) fn publish(&mut self, event: StreamEvent) {
        let event = Arc::new(event);
        self.streams.retain(|stream| {
            if !stream.filter.takes(event.kind, &event.endpoint) {
                return !stream.sender.is_closed();
            }
            match stream.sender.try_send(Arc::clone(&event)) {
                Ok(()) => true,
                Err(mpsc::error::TrySendError::Full(_)) => {
                    stream.lost.store(true, Ordering::Relaxed);
                    true
                }
                Err(mpsc::error::TrySendError::Closed(_)) => false,
            }
        });
    }

    /// How many streams are open.
    pub(crate) fn stream_count(&self) -> usize {
        self.streams.iter().filter(|stream| !stream.sender.is_closed()).count()
    }
}

/// One stream's end: batches of events.
#[derive(Debug)]
pub(crate) struct Feed {
    receiver: mpsc::Receiver<Arc<StreamEvent>>,
    lost: Arc<AtomicBool>,
    pending: Pending,
}

/// Events to be sent together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Batch {
    /// Events before these were lost: whoever watches has to load everything anew.
    pub(crate) reset: bool,
    pub(crate) events: Vec<Arc<StreamEvent>>,
}

impl Feed {
    /// Waits for the next batch; `None` when the bridge stops. Dropping this future loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Batch> {
        loop {
            let due = self.pending.due();
            tokio::select! {
                biased;
                () = async { tokio::time::sleep_until(due.unwrap_or_else(Instant::now)).await }, if due.is_some() => {
                    // What waits in the queue belongs into this batch as well.
                    while let Ok(event) = self.receiver.try_recv() {
                        self.pending.push(event);
                    }
                    if self.lost.swap(false, Ordering::Relaxed) {
                        self.pending.lose();
                    }
                    return Some(self.pending.take(Instant::now()));
                }
                event = self.receiver.recv() => match event {
                    Some(event) => self.pending.push(event),
                    // The bridge stops: what was held back goes now.
                    None if due.is_some() => return Some(self.pending.take(Instant::now())),
                    None => return None,
                },
            }
        }
    }
}

/// Events that wait for the moment at which they may be sent. No clock in here.
#[derive(Debug)]
struct Pending {
    between: Duration,
    most: usize,
    last: Option<Instant>,
    batch: Batch,
}

impl Pending {
    fn new(between: Duration, most: usize) -> Self {
        Self { between, most, last: None, batch: Batch::default() }
    }

    fn push(&mut self, event: Arc<StreamEvent>) {
        if self.batch.events.len() >= self.most {
            self.lose();
        }
        self.batch.events.push(event);
    }

    fn lose(&mut self) {
        self.batch = Batch { reset: true, events: Vec::new() };
    }

    /// When the next batch may go; `None` if there is none. The first one may go at once.
    fn due(&self) -> Option<Instant> {
        if self.batch == Batch::default() {
            return None;
        }
        // Far in the past: at once.
        Some(self.last.map_or_else(Instant::now, |last| last + self.between))
    }

    /// The batch, without updates that a later event of the same device makes pointless.
    fn take(&mut self, now: Instant) -> Batch {
        self.last = Some(now);
        let mut batch = std::mem::take(&mut self.batch);
        if !self.between.is_zero() {
            let mut newer = HashSet::new();
            let mut kept: Vec<_> = batch.events.drain(..).rev().collect();
            kept.retain(|event| match event.kind {
                Kind::Updated => newer.insert(event.endpoint.clone()),
                Kind::Deregistered => {
                    newer.insert(event.endpoint.clone());
                    true
                }
                Kind::Registered => {
                    newer.remove(&event.endpoint);
                    true
                }
                Kind::Observation | Kind::Value => true,
            });
            kept.reverse();
            batch.events = kept;
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: u64, kind: Kind, endpoint: &str) -> Arc<StreamEvent> {
        Arc::new(StreamEvent { id: id.to_string(), kind, endpoint: endpoint.parse().unwrap(), json: String::new() })
    }

    fn ids(batch: &Batch) -> Vec<&str> {
        batch.events.iter().map(|event| event.id.as_str()).collect()
    }

    #[test]
    fn the_first_batch_goes_at_once_and_the_next_after_a_quarter_of_a_second() {
        let start = Instant::now();
        let mut pending = Pending::new(BETWEEN_BATCHES, 10);
        assert_eq!(pending.due(), None);
        pending.push(event(1, Kind::Registered, "a"));
        assert!(pending.due().unwrap() <= Instant::now());
        assert_eq!(ids(&pending.take(start)), ["1"]);
        assert_eq!(pending.due(), None);
        pending.push(event(2, Kind::Registered, "b"));
        assert_eq!(pending.due(), Some(start + Duration::from_millis(250)));
        pending.push(event(3, Kind::Registered, "c"));
        assert_eq!(pending.due(), Some(start + Duration::from_millis(250)));
        assert_eq!(ids(&pending.take(start + Duration::from_millis(250))), ["2", "3"]);
        pending.push(event(4, Kind::Registered, "d"));
        assert_eq!(pending.due(), Some(start + Duration::from_millis(500)));
    }

    #[test]
    fn only_the_newest_update_of_a_device_is_told() {
        use Kind::{Deregistered, Registered, Updated};
        for (why, given, want) in [
            ("updates of one device", vec![(1, Updated, "a"), (2, Updated, "b"), (3, Updated, "a")], vec!["2", "3"]),
            ("an update before the end", vec![(1, Updated, "a"), (2, Deregistered, "a")], vec!["2"]),
            ("a device that came", vec![(1, Registered, "a"), (2, Updated, "a")], vec!["1", "2"]),
            (
                "came, went, came",
                vec![
                    (1, Updated, "a"),
                    (2, Deregistered, "a"),
                    (3, Registered, "a"),
                    (4, Updated, "a"),
                    (5, Updated, "a"),
                ],
                vec!["2", "3", "5"],
            ),
        ] {
            let mut pending = Pending::new(BETWEEN_BATCHES, 10);
            for (id, kind, endpoint) in given {
                pending.push(event(id, kind, endpoint));
            }
            assert_eq!(ids(&pending.take(Instant::now())), want, "{why}");
        }
    }

    #[test]
    fn everything_about_one_device_is_told() {
        let mut pending = Pending::new(Duration::ZERO, 10);
        pending.push(event(1, Kind::Updated, "a"));
        pending.push(event(2, Kind::Updated, "a"));
        assert_eq!(ids(&pending.take(Instant::now())), ["1", "2"]);
    }

    #[test]
    fn too_much_becomes_a_reset() {
        let mut pending = Pending::new(BETWEEN_BATCHES, 2);
        for id in 1..=3 {
            pending.push(event(id, Kind::Registered, "a"));
        }
        let batch = pending.take(Instant::now());
        assert_eq!((batch.reset, ids(&batch)), (true, vec!["3"]));
    }

    #[test]
    fn what_a_stream_of_one_device_reads() {
        let path = lwm2m::Path::resource(3303, 0, 5700);
        let entries = [lwm2m::Entry::new(path, lwm2m::Value::Float(21.5))];
        let entry = r#"{"path":"/3303/0/5700","type":"float","value":"21.5","time":null}"#;
        for (kind, body, want) in [
            (Kind::Observation, Body::observation(path, true), r#""path":"/3303/0/5700","running":true"#.into()),
            (Kind::Observation, Body::observation(path.truncate(1), false), r#""path":"/3303","running":false"#.into()),
            (
                Kind::Value,
                Body::values(path, Source::Notify, &entries),
                format!(r#""path":"/3303/0/5700","source":"notify","entries":[{entry}]"#),
            ),
            (
                Kind::Value,
                Body::values(path.truncate(2), Source::Write, &entries),
                format!(r#""path":"/3303/0","source":"write","entries":[{entry}]"#),
            ),
            (
                Kind::Value,
                Body::values(lwm2m::Path::ROOT, Source::Read, &[]),
                r#""path":"/","source":"read","entries":[]"#.into(),
            ),
        ] {
            let time = Utc::from_micros(1_700_000_000_123_000);
            let event = StreamEvent::new("7".into(), kind, time, "a".parse().unwrap(), body);
            let head = format!(r#""id":"7","kind":"{}","time":"2023-11-14T22:13:20.123Z","ep":"a""#, kind.word());
            assert_eq!(event.json, format!("{{{head},{want}}}"));
        }
    }

    #[test]
    fn filters() {
        let a: EndpointName = "a".parse().unwrap();
        let of_a = Filter { kinds: None, endpoint: Some(a.clone()) };
        let gone = Filter { kinds: Some(vec![Kind::Deregistered]), endpoint: None };
        let b = "b".parse().unwrap();
        for (filter, kind, endpoint, want) in [
            (&Filter::default(), Kind::Registered, &a, true),
            (&Filter::default(), Kind::Value, &a, false),
            (&Filter::default(), Kind::Observation, &a, false),
            (&of_a, Kind::Value, &a, true),
            (&of_a, Kind::Observation, &a, true),
            (&of_a, Kind::Observation, &b, false),
            (&of_a, Kind::Registered, &a, true),
            (&of_a, Kind::Registered, &b, false),
            (&gone, Kind::Deregistered, &b, true),
            (&gone, Kind::Updated, &b, false),
        ] {
            assert_eq!(filter.takes(kind, endpoint), want, "{filter:?} {kind:?} {endpoint}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_does_not_keep_up_is_told() {
        let mut hub = Hub::new(1, 2);
        let mut feed = hub.subscribe(Filter::default()).unwrap();
        assert_eq!(hub.subscribe(Filter::default()).unwrap_err(), TooMany);
        for id in 0..5 {
            hub.publish(StreamEvent {
                id: id.to_string(),
                kind: Kind::Registered,
                endpoint: "a".parse().unwrap(),
                json: String::new(),
            });
        }
        assert_eq!(feed.next().await, Some(Batch { reset: true, events: vec![] }));
        drop(feed);
        assert!(hub.subscribe(Filter::default()).is_ok(), "a closed stream makes room");
        let mut feed = hub.subscribe(Filter::default());
        drop(hub);
        if let Ok(feed) = &mut feed {
            assert_eq!(feed.next().await, None);
        }
    }
}
