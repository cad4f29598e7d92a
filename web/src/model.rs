//! What the bridge tells over HTTP and the event stream, read from its JSON.

use lwm2m::{ContentFormat, Entry, EntryValue, Models, ObjectLink, Path, Value, ValueType, Version};
use miniserde::de::Visitor;
use miniserde::{Deserialize, make_place};

use crate::moment::Moment;

/// One registered device, as `/api/v1/clients` describes it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Client {
    /// The Endpoint Client Name.
    pub endpoint: String,
    /// The location that the registration was given.
    pub location: String,
    /// The LwM2M version, `1.1`.
    pub lwm2m: String,
    /// Seconds; 0 means that the registration does not end by itself.
    pub lifetime: u64,
    /// The binding mode as registered, `U`.
    pub binding: String,
    /// Whether the device sleeps between updates.
    pub queue_mode: bool,
    /// `udp` or `ws`.
    pub transport: String,
    /// Whether the transport is encrypted.
    pub secure: bool,
    /// Where the device is.
    pub address: String,
    /// When it registered.
    pub registered: Moment,
    /// When it last updated its registration.
    pub updated: Moment,
    /// When the registration ends, if it does.
    pub expires: Option<Moment>,
    /// When something last came from it.
    pub seen: Moment,
    /// The root that its paths stand under.
    pub root: String,
    /// Content formats that it said it can use.
    pub formats: Vec<u16>,
    /// What it has.
    pub objects: Vec<Registered>,
    /// What was odd about its registration, in words.
    pub warnings: Vec<String>,
}

/// An object in a registration.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Registered {
    /// The Object ID.
    pub id: u16,
    /// Its version, if the device named one.
    pub version: Option<String>,
    /// Its instances, ascending.
    pub instances: Vec<u16>,
}

impl Client {
    /// The LwM2M version; 1.0 when it cannot be read.
    pub fn version(&self) -> Version {
        self.lwm2m.parse().unwrap_or(Version::V1_0)
    }

    /// The object definitions in the versions that this device registered.
    pub fn models(&self) -> Models {
        let versions: Vec<(u16, Option<Version>)> = self
            .objects
            .iter()
            .map(|object| (object.id, object.version.as_ref().and_then(|version| version.parse().ok())))
            .collect();
        Models::for_registration(self.version(), &versions)
    }

    /// What the registration says about an object.
    pub fn object(&self, id: u16) -> Option<&Registered> {
        self.objects.iter().find(|object| object.id == id)
    }

    /// The format to ask for: one that this page decodes and the device says it has, else what its version must have.
    ///
    /// TLV is mandatory in 1.0; from 1.1 on the common floor is SenML JSON.
    /// Source: OMA LwM2M Core 1.0 "Data Formats for Transferring Resource Information"; 1.1 "Data Formats".
    pub fn preferred_format(&self) -> ContentFormat {
        let known = if self.version() < Version::V1_1 {
            [ContentFormat::TLV, ContentFormat::SENML_JSON, ContentFormat::SENML_CBOR]
        } else {
            [ContentFormat::SENML_JSON, ContentFormat::SENML_CBOR, ContentFormat::TLV]
        };
        known.into_iter().find(|format| self.formats.contains(&format.0)).unwrap_or(known[0])
    }
}

/// A page of the list of devices.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Page {
    /// How many there are in all.
    pub total: usize,
    /// The clock of the bridge.
    pub now: Moment,
    /// Some of them.
    pub clients: Vec<Client>,
}

/// Who the bridge takes us for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Session {
    /// `cookie`, `token` or `none`.
    pub auth: String,
    /// The version of the bridge.
    pub version: String,
    /// Where devices reach it.
    pub coap: Vec<String>,
    /// Its clock.
    pub now: Option<Moment>,
}

/// Why a device is no longer there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It said so.
    Asked,
    /// Its lifetime ended without an update.
    Expired,
    /// It registered anew.
    Replaced,
    /// Its connection closed.
    Closed,
    /// It went while this page was not connected.
    Unseen,
}

impl Why {
    fn from_word(word: &str) -> Self {
        match word {
            "asked" => Self::Asked,
            "expired" => Self::Expired,
            "replaced" => Self::Replaced,
            "closed" => Self::Closed,
            _ => Self::Unseen,
        }
    }

    /// The rest of the sentence "Left 12 s ago: …".
    pub fn words(self) -> &'static str {
        match self {
            Self::Asked => "de-registered by the device",
            Self::Expired => "its lifetime ended without an update",
            Self::Replaced => "replaced by a new registration",
            Self::Closed => "its connection closed",
            Self::Unseen => "while this page was not connected",
        }
    }
}

/// One event of the stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The stream is open. The clock of the bridge.
    Hello(Option<Moment>),
    /// Events were lost: load the list again.
    Reset,
    /// A device registered or updated its registration.
    Present(Box<Client>),
    /// A device is gone.
    Gone {
        /// Its name.
        endpoint: String,
        /// Why.
        why: Why,
        /// When.
        at: Moment,
    },
    /// An observation began or is over, whoever wanted it.
    Observation {
        /// Of which device.
        endpoint: String,
        /// Of what.
        path: Path,
        /// Whether it runs now.
        runs: bool,
    },
    /// A value passed through the bridge.
    Values {
        /// Of which device.
        endpoint: String,
        /// What was asked for or told.
        path: Path,
        /// By what: `read`, `notify`, `write`, later `send`.
        source: String,
        /// When.
        at: Moment,
        /// The values.
        entries: Vec<Entry<'static>>,
    },
}

impl Event {
    /// Reads one JSON object of the stream; `None` for kinds that this page does not know and for broken ones.
    pub fn parse(text: &str) -> Option<Self> {
        let raw: RawEvent = miniserde::json::from_str(text).ok()?;
        Some(match raw.kind.as_str() {
            "hello" => Self::Hello(raw.time),
            "reset" => Self::Reset,
            "registered" | "updated" => Self::Present(Box::new(raw.client?)),
            "deregistered" => {
                Self::Gone { endpoint: raw.ep?, why: Why::from_word(&raw.why.unwrap_or_default()), at: raw.time? }
            }
            "observation" => Self::Observation { endpoint: raw.ep?, path: raw.path?.parse().ok()?, runs: raw.running? },
            "value" => Self::Values {
                endpoint: raw.ep?,
                path: raw.path?.parse().ok()?,
                source: raw.source.unwrap_or_default(),
                at: raw.time?,
                entries: raw.entries.unwrap_or_default().iter().filter_map(RawEntry::entry).collect(),
            },
            _ => return None,
        })
    }
}

#[derive(Deserialize)]
struct RawEvent {
    kind: String,
    time: Option<Moment>,
    ep: Option<String>,
    client: Option<Client>,
    why: Option<String>,
    path: Option<String>,
    source: Option<String>,
    running: Option<bool>,
    entries: Option<Vec<RawEntry>>,
}

/// One value in the JSON that all of Footbridge uses: `{"path":"/3/0/9","type":"integer","value":"100","time":null}`.
#[derive(Deserialize)]
struct RawEntry {
    path: String,
    #[serde(rename = "type")]
    kind: String,
    value: Option<String>,
}

impl RawEntry {
    fn entry(&self) -> Option<Entry<'static>> {
        let path = self.path.parse().ok()?;
        let Some(kind) = ValueType::from_name(&self.kind) else {
            return Some(Entry { path, value: EntryValue::Absent, time: None });
        };
        let text = self.value.clone()?;
        let value = match kind {
            ValueType::String => Value::String(text.into()),
            ValueType::CoreLink => Value::CoreLink(text.into()),
            ValueType::Integer => Value::Integer(text.parse().ok()?),
            ValueType::Unsigned => Value::Unsigned(text.parse().ok()?),
            ValueType::Float => Value::Float(text.parse().ok()?),
            ValueType::Boolean => Value::Boolean(text == "true"),
            ValueType::Time => Value::Time(text.parse().ok()?),
            ValueType::ObjectLink => Value::ObjectLink(text.parse::<ObjectLink>().ok()?),
            ValueType::Opaque => Value::Opaque(unhex(&text)?.into()),
        };
        Some(Entry::new(path, value))
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    text.as_bytes().chunks(2).map(|pair| Some((digit(pair.first()?)? * 16 + digit(pair.get(1)?)?) as u8)).collect()
}

make_place!(Place);

impl Visitor for Place<Moment> {
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.out = Some(Moment::parse(text).ok_or(miniserde::Error)?);
        Ok(())
    }
}

impl Deserialize for Moment {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: &str = r#"{"endpoint":"dev-1","location":"rd/a","lwm2m":"1.1","lifetime":60,"binding":"U","queue_mode":false,
        "transport":"udp","secure":false,"address":"127.0.0.1:54321","registered":"2026-11-22T14:32:08.000Z",
        "updated":"2026-11-22T14:32:08.000Z","expires":null,"seen":"2026-11-22T14:32:09.500Z","root":"/","formats":[60,110,11542],
        "objects":[{"id":3,"version":"1.1","instances":[0]},{"id":33999,"version":null,"instances":[]}],"warnings":["no </>"],
        "a_field_of_later":[1,{}]}"#;

    #[test]
    fn reads_a_client() {
        let client: Client = miniserde::json::from_str(CLIENT).unwrap();
        assert_eq!((client.endpoint.as_str(), client.lifetime, client.expires), ("dev-1", 60, None));
        assert_eq!(client.seen, Moment(1_795_357_929_500));
        assert_eq!(client.object(3).and_then(|object| object.version.as_deref()), Some("1.1"));
        assert_eq!(client.object(33999).map(|object| object.instances.len()), Some(0));
    }

    #[test]
    fn asks_for_a_format_that_both_know() {
        let rows: [(&str, &[u16], u16); 7] = [
            ("1.0", &[], 11542),
            ("1.1", &[], 110),
            ("1.1", &[60, 110, 11542], 110),
            ("1.1", &[11542], 11542),
            ("1.2", &[112, 11542], 112),
            ("1.2", &[112, 110], 110),
            ("1.0", &[110], 110),
        ];
        for (version, formats, format) in rows {
            let client = Client { lwm2m: version.to_owned(), formats: formats.to_vec(), ..Default::default() };
            assert_eq!(client.preferred_format().0, format, "{version} {formats:?}");
        }
    }

    #[test]
    fn reads_events() {
        let time = Moment(1_795_357_928_000);
        let present =
            format!(r#"{{"id":"1","kind":"registered","time":"2026-11-22T14:32:08Z","ep":"dev-1","client":{CLIENT}}}"#);
        assert!(matches!(Event::parse(&present), Some(Event::Present(client)) if client.endpoint == "dev-1"));
        assert_eq!(
            Event::parse(r#"{"kind":"hello","time":"2026-11-22T14:32:08Z","revision":"7"}"#),
            Some(Event::Hello(Some(time)))
        );
        assert_eq!(Event::parse(r#"{"kind":"reset"}"#), Some(Event::Reset));
        assert_eq!(
            Event::parse(
                r#"{"id":"2","kind":"deregistered","time":"2026-11-22T14:32:08Z","ep":"dev-1","why":"expired"}"#
            ),
            Some(Event::Gone { endpoint: "dev-1".to_owned(), why: Why::Expired, at: time })
        );
        assert_eq!(
            Event::parse(r#"{"id":"4","kind":"observation","time":"x","ep":"a","path":"/3/0","running":true}"#),
            None,
            "a time that is none"
        );
        assert_eq!(
            Event::parse(r#"{"id":"4","kind":"observation","ep":"a","path":"/3/0","running":true}"#),
            Some(Event::Observation { endpoint: "a".to_owned(), path: Path::instance(3, 0), runs: true })
        );
        let value = r#"{"id":"3","kind":"value","time":"2026-11-22T14:32:08Z","ep":"dev-1","path":"/3/0","source":"read","entries":[
            {"path":"/3/0/0","type":"string","value":"Acme","time":null},{"path":"/3/0/9","type":"integer","value":"-5","time":null},
            {"path":"/3/0/22","type":"objlnk","value":"3:0"},{"path":"/3/0/99","type":"opaque","value":"00ff"},
            {"path":"/3/0/98","type":"none","value":null},{"path":"/3/0/97","type":"integer","value":"five"}]}"#;
        let Some(Event::Values { entries, path, .. }) = Event::parse(value) else { panic!("not read") };
        assert_eq!(path, Path::instance(3, 0));
        assert_eq!(
            entries,
            [
                Entry::new(Path::resource(3, 0, 0), Value::String("Acme".into())),
                Entry::new(Path::resource(3, 0, 9), Value::Integer(-5)),
                Entry::new(Path::resource(3, 0, 22), Value::ObjectLink(ObjectLink { object: 3, instance: 0 })),
                Entry::new(Path::resource(3, 0, 99), Value::Opaque(vec![0, 255].into())),
                Entry::absent(Path::resource(3, 0, 98)),
            ]
        );
    }

    #[test]
    fn leaves_out_what_it_does_not_know() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"kind":"trace"}"#,
            r#"{"kind":"registered"}"#,
            r#"{"kind":"deregistered","ep":"x","why":"asked"}"#,
        ] {
            assert_eq!(Event::parse(text), None, "{text}");
        }
    }
}
