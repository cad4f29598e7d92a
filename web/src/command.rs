//! What can be asked of a device, and the request that asks it.

use coap_exchange::{Request, RequestType};
use lwm2m::codec::{self, EncodeError};
use lwm2m::{ContentFormat, Context, Entry, Models, Path, Value};

use crate::model::Client;

/// Something to ask of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// Where.
    pub path: Path,
    /// What.
    pub act: Act,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Read the path.
    Read,
    /// Write (Replace): it has these values from now on, and no others.
    Replace(Vec<Entry<'static>>),
    /// Write (Partial Update): these values change, the others stay.
    Update(Vec<Entry<'static>>),
    /// Execute, with these arguments.
    Execute(String),
    /// Ask what there is.
    Discover {
        /// Nobody asked for it: its result is not told.
        quiet: bool,
    },
    /// Create the instance that is the path ([`Path::new_instance`]: the device chooses its id) with these first values.
    Create(Vec<Entry<'static>>),
    /// Delete the instance.
    Delete,
    /// Be told of changes.
    Observe,
    /// Not any more.
    StopObserving,
}

impl Command {
    /// What is asked, and where.
    pub fn new(path: Path, act: Act) -> Self {
        Self { path, act }
    }

    /// Whether the device was changed if it did this, so that a lost answer leaves a doubt.
    pub fn changes_something(&self) -> bool {
        matches!(self.act, Act::Replace(_) | Act::Update(_) | Act::Execute(_) | Act::Create(_) | Act::Delete)
    }

    /// Whether nobody waits for the result.
    pub fn is_quiet(&self) -> bool {
        matches!(self.act, Act::Discover { quiet: true })
    }

    /// The path of the request: a Create goes to the object.
    pub fn target(&self) -> Path {
        if matches!(self.act, Act::Create(_)) { self.path.truncate(1) } else { self.path }
    }

    /// The request, as this page sends it to the bridge.
    ///
    /// One value travels as text or bytes, several in the format of [`Client::preferred_format`].
    ///
    /// Source: OMA LwM2M Transport, "Mapping of Operations".
    ///
    /// # Errors
    ///
    /// [`EncodeError`] for values that the format or the type of the resource cannot take.
    pub fn request(&self, client: &Client, models: &Models) -> Result<Request, EncodeError> {
        let several = client.preferred_format();
        let (method, format, payload) = match &self.act {
            Act::Read | Act::Observe | Act::StopObserving | Act::Discover { .. } => {
                (RequestType::Get, None, Vec::new())
            }
            Act::Delete => (RequestType::Delete, None, Vec::new()),
            Act::Execute(arguments) if arguments.is_empty() => (RequestType::Post, None, Vec::new()),
            Act::Execute(arguments) => (RequestType::Post, Some(ContentFormat::TEXT), arguments.as_bytes().to_vec()),
            Act::Replace(entries) | Act::Update(entries) | Act::Create(entries) => {
                let format = match (&self.act, entries.as_slice()) {
                    (Act::Replace(_), [entry]) if entry.path == self.path => match entry.value() {
                        Some(Value::Opaque(_)) => ContentFormat::OPAQUE,
                        _ => ContentFormat::TEXT,
                    },
                    // SenML has no name for an instance whose id is left to the device, nor for one without values.
                    (Act::Create(_), []) => ContentFormat::TLV,
                    (Act::Create(_), _) if self.path.is_new_instance() => ContentFormat::TLV,
                    _ => several,
                };
                let context = Context::new(format, self.target(), models).with_root(&client.root);
                let nothing = [Entry::absent(self.path)];
                let entries = if entries.is_empty() { &nothing[..] } else { entries };
                let is_replace = matches!(self.act, Act::Replace(_));
                let method = if is_replace { RequestType::Put } else { RequestType::Post };
                (method, Some(format), codec::encode(entries, &context)?)
            }
        };
        let mut request = Request::new(method).with_path("ep").with_path(client.endpoint.as_str());
        for id in self.target().ids() {
            request = request.with_path(id.to_string());
        }
        request = match &self.act {
            Act::Read => request.with_accept(several.0),
            Act::Observe => request.with_observe().with_accept(several.0),
            Act::StopObserving => request.with_option(OBSERVE, &[1]).with_accept(several.0),
            Act::Discover { .. } => request.with_accept(ContentFormat::LINK_FORMAT.0),
            _ => request,
        };
        Ok(match format {
            Some(format) => request.with_content_format(format.0).with_payload(payload),
            None => request,
        })
    }
}

/// The option Observe.
///
/// Source: RFC 7641 §2.
const OBSERVE: u16 = 6;

/// The method as the standard writes it.
pub fn method(request: &Request) -> &'static str {
    match request.method {
        RequestType::Get => "GET",
        RequestType::Post => "POST",
        RequestType::Put => "PUT",
        RequestType::Delete => "DELETE",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::hex;

    fn text(path: &str, text: &'static str) -> Entry<'static> {
        Entry::new(path.parse().unwrap(), Value::String(text.into()))
    }

    /// `PUT /ep/a b/3/0/15 ct=0 4575…`
    fn line(version: &str, formats: &[u16], path: Path, act: Act) -> String {
        let client = Client {
            endpoint: "a b".to_owned(),
            lwm2m: version.to_owned(),
            formats: formats.to_vec(),
            root: "/".to_owned(),
            ..Default::default()
        };
        let request = match Command::new(path, act).request(&client, &client.models()) {
            Ok(request) => request,
            Err(error) => return error.to_string(),
        };
        let mut line = method(&request).to_owned();
        line.push(' ');
        for segment in request.uri_path() {
            line.push('/');
            line.push_str(std::str::from_utf8(segment).unwrap());
        }
        for (word, number) in [
            ("observe", request.observe()),
            ("accept", request.accept().map(u32::from)),
            ("ct", request.content_format().map(u32::from)),
        ] {
            if let Some(number) = number {
                line.push_str(&format!(" {word}={number}"));
            }
        }
        let is_text = matches!(request.content_format(), Some(0 | 110));
        let payload = if is_text { String::from_utf8(request.payload).unwrap() } else { hex(&request.payload, 64) };
        if payload.is_empty() { line } else { format!("{line} {payload}") }
    }

    #[test]
    fn requests_as_the_standard_maps_them() {
        let path = |path: &str| path.parse::<Path>().unwrap();
        let zone = || vec![text("/3/0/15", "Europe/Berlin")];
        let opaque = || vec![Entry::new(path("/5/0/0"), Value::Opaque(vec![0xab, 1].into()))];
        let several = || vec![text("/3/0/14", "+1"), text("/3/0/15", "UTC")];
        let new =
            |object: u16| vec![Entry::new(Path::new_instance(object).child(5750).unwrap(), Value::String("x".into()))];
        let rows = [
            ("1.1", path("/3/0"), Act::Read, "GET /ep/a b/3/0 accept=110"),
            ("1.0", path("/3/0/9"), Act::Observe, "GET /ep/a b/3/0/9 observe=0 accept=11542"),
            ("1.1", path("/3/0/9"), Act::StopObserving, "GET /ep/a b/3/0/9 observe=1 accept=110"),
            ("1.1", path("/3"), Act::Discover { quiet: true }, "GET /ep/a b/3 accept=40"),
            ("1.1", path("/3/0/15"), Act::Replace(zone()), "PUT /ep/a b/3/0/15 ct=0 Europe/Berlin"),
            ("1.1", path("/5/0/0"), Act::Replace(opaque()), "PUT /ep/a b/5/0/0 ct=42 ab01"),
            (
                "1.1",
                path("/3/0"),
                Act::Update(several()),
                r#"POST /ep/a b/3/0 ct=110 [{"bn":"/3/0/","n":"14","vs":"+1"},{"n":"15","vs":"UTC"}]"#,
            ),
            ("1.0", path("/3/0"), Act::Update(several()), "POST /ep/a b/3/0 ct=11542 c20e2b31c30f555443"),
            ("1.1", path("/3/0/4"), Act::Execute(String::new()), "POST /ep/a b/3/0/4"),
            ("1.1", path("/3/0/4"), Act::Execute("0='x'".to_owned()), "POST /ep/a b/3/0/4 ct=0 0='x'"),
            ("1.1", path("/3303/1"), Act::Delete, "DELETE /ep/a b/3303/1"),
            ("1.1", Path::new_instance(3303), Act::Create(new(3303)), "POST /ep/a b/3303 ct=11542 e1167678"),
            ("1.1", path("/3303/4"), Act::Create(vec![]), "POST /ep/a b/3303 ct=11542 0004"),
            (
                "1.1",
                path("/3303/4"),
                Act::Create(vec![text("/3303/4/5750", "x")]),
                r#"POST /ep/a b/3303 ct=110 [{"bn":"/3303/4/","n":"5750","vs":"x"}]"#,
            ),
        ];
        for (version, path, act, expected) in rows {
            assert_eq!(line(version, &[], path, act), expected);
        }
        let wrong = Act::Replace(vec![text("/3/0/13", "now")]);
        assert!(
            line("1.1", &[], path("/3/0/13"), wrong).starts_with("/3/0/13: "),
            "the type is checked before anything is sent"
        );
    }
}
