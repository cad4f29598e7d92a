//! What a Register or an Update asks for: query and body of the request, read leniently.
//!
//! Source: OMA LwM2M Core, "Register" and "Update"; LwM2M 1.0 for the queue mode inside `b`.

use std::sync::Arc;

use coap_exchange::{Request, ResponseType};
use lwm2m::{ContentFormat, ObjectList, Version};

use crate::{EndpointName, Limits, Note};

/// The lifetime of a device that gave none, in seconds: the default of the drafts before LwM2M 1.0.
const DEFAULT_LIFETIME: u32 = 86_400;

/// The parameters and the body of a Register or an Update. What was not said is `None`.
#[derive(Debug, Default)]
pub(super) struct Wish {
    pub(super) endpoint: Option<EndpointName>,
    pub(super) lwm2m: Option<Version>,
    pub(super) lifetime: Option<u32>,
    pub(super) binding: Option<Binding>,
    pub(super) queue_mode: bool,
    pub(super) sms: Option<Arc<str>>,
    pub(super) profile: Option<Arc<str>>,
    pub(super) extra: Vec<(Box<str>, Box<str>)>,
    pub(super) objects: Option<ObjectList>,
    pub(super) notes: Vec<Note>,
}

/// The letters of `b`, and whether `Q` was among them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) letters: Arc<str>,
    pub(super) queue_mode: bool,
}

/// Why a request is refused: the code, and what is told to the device.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: ResponseType,
    pub(super) text: String,
}

impl Refusal {
    pub(super) fn new(code: ResponseType, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    fn bad(text: impl Into<String>) -> Self {
        Self::new(ResponseType::BadRequest, text)
    }
}

impl Wish {
    /// Reads query and body.
    pub(super) fn read(request: &Request, limits: &Limits) -> Result<Self, Refusal> {
        let mut wish = Self::default();
        let mut seen: Vec<&[u8]> = Vec::new();
        for parameter in request.uri_query() {
            let (key, value) = match parameter.iter().position(|byte| *byte == b'=') {
                Some(at) => (&parameter[..at], Some(&parameter[at + 1..])),
                None => (parameter, None),
            };
            if matches!(key, b"ep" | b"lt" | b"lwm2m" | b"b" | b"Q" | b"sms" | b"pid") {
                if seen.contains(&key) {
                    wish.notes.push(Note::Repeated(String::from_utf8_lossy(key).into()));
                    continue;
                }
                seen.push(key);
            }
            wish.take(key, value, limits)?;
        }
        wish.objects = objects(request, limits)?;
        if let Some(objects) = &wish.objects {
            wish.notes.extend(objects.warnings.iter().cloned().map(Note::Links));
        }
        Ok(wish)
    }

    fn take(&mut self, key: &[u8], value: Option<&[u8]>, limits: &Limits) -> Result<(), Refusal> {
        match (key, value) {
            (b"ep", value) => {
                let name = EndpointName::from_bytes(value.unwrap_or_default());
                self.endpoint = Some(name.map_err(|error| Refusal::bad(format!("ep: {error}")))?);
            }
            (b"lt", value) => {
                let seconds = text("lt", value)?.parse().ok();
                self.lifetime = Some(seconds.ok_or_else(|| Refusal::bad("lt: a whole number of seconds is expected"))?);
            }
            (b"lwm2m", value) => self.lwm2m = Some(version(text("lwm2m", value)?)?),
            (b"b", value) => {
                let (binding, unknown) = binding(text("b", value)?);
                self.notes.extend(unknown.map(Note::Binding));
                self.binding = Some(binding);
            }
            // A flag: `Q` and `Q=` both set it.
            (b"Q", _) => self.queue_mode = true,
            (b"sms", value) => self.sms = Some(text("sms", value)?.into()),
            (b"pid", value) => self.profile = Some(text("pid", value)?.into()),
            (key, value) => {
                if self.extra.len() >= limits.extra_parameters {
                    return Err(Refusal::bad(format!("more than {} unknown parameters", limits.extra_parameters)));
                }
                let lossy = |bytes| String::from_utf8_lossy(bytes).into();
                self.extra.push((lossy(key), lossy(value.unwrap_or_default())));
            }
        }
        Ok(())
    }

    /// The rules that hold for a Register only: who, in which version, with which objects.
    pub(super) fn settle_register(&mut self) -> Result<(EndpointName, Version, u32, ObjectList), Refusal> {
        let Some(endpoint) = self.endpoint.take() else {
            return Err(Refusal::bad("the endpoint name is missing: register with ep=<name>"));
        };
        let version = self.lwm2m.unwrap_or_else(|| {
            self.notes.push(Note::NoVersion);
            Version::V1_0
        });
        let lifetime = self.lifetime.unwrap_or_else(|| {
            self.notes.push(Note::NoLifetime);
            DEFAULT_LIFETIME
        });
        let objects = self.objects.take().unwrap_or_default();
        if objects.objects.is_empty() {
            // Only 1.2 lets a device leave its list out, and then the profile must be known here; none is.
            if version.minor >= 2 {
                return Err(Refusal::new(ResponseType::Conflict, "the list of objects is missing"));
            }
            self.notes.push(Note::NoObjects);
        }
        Ok((endpoint, version, lifetime, objects))
    }
}

fn text<'a>(key: &str, value: Option<&'a [u8]>) -> Result<&'a str, Refusal> {
    let value = value.ok_or_else(|| Refusal::bad(format!("{key}: a value is missing")))?;
    std::str::from_utf8(value)
        .map_err(|error| Refusal::bad(format!("{key}: not UTF-8 at byte {}", error.valid_up_to())))
}

/// 1.0, 1.1 and 1.2, with or without a patch number; anything else is 4.12, on which devices step down a version.
fn version(text: &str) -> Result<Version, Refusal> {
    match text.parse::<Version>() {
        Ok(version) if version.major == 1 && version.minor <= 2 => Ok(version),
        _ => Err(Refusal::new(ResponseType::PreconditionFailed, "lwm2m: 1.0, 1.1 or 1.2 is expected")),
    }
}

/// Splits `UQ` of LwM2M 1.0 into the letters and the queue mode; tells the first letter that no release names.
fn binding(text: &str) -> (Binding, Option<char>) {
    let unknown = text.chars().find(|letter| !"UTSNMHQ".contains(*letter));
    let letters: String = text.chars().filter(|letter| *letter != 'Q').collect();
    (Binding { queue_mode: letters.len() < text.len(), letters: letters.into() }, unknown)
}

/// The body. A missing Content-Format counts as link-format; an empty body says nothing.
fn objects(request: &Request, limits: &Limits) -> Result<Option<ObjectList>, Refusal> {
    if request.payload.is_empty() {
        return Ok(None);
    }
    if request.payload.len() > limits.registration_body {
        let text = format!("the list of objects is longer than {} bytes", limits.registration_body);
        return Err(Refusal::new(ResponseType::RequestEntityTooLarge, text));
    }
    let format = request.content_format().map_or(ContentFormat::LINK_FORMAT, ContentFormat);
    if format != ContentFormat::LINK_FORMAT {
        let text = "the list of objects must be link-format (Content-Format 40)";
        return Err(Refusal::new(ResponseType::UnsupportedContentFormat, text));
    }
    let list = ObjectList::parse(&request.payload, &limits.codec());
    Ok(Some(list.map_err(|error| Refusal::bad(format!("list of objects: {error}")))?))
}
