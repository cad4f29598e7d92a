//! What can be asked of a device, as a CoAP request, and what a CoAP request asks of a device.
//!
//! Source: OMA LwM2M Core, "Device Management and Service Enablement Interface"; OMA LwM2M Transport, "Mapping of Operations"
//! (tables of methods, paths and formats).

use coap_exchange::{Request, RequestType, Stop};
use lwm2m::{ContentFormat, Context, Entry, EntryValue, Level, Models, Path, Value, Version, codec};

use crate::{Limits, Registration, RequestError};

/// What to ask a device.
///
/// Values are coded in a format that the device has said it reads: `text` or `octet-stream` for one value, else what the
/// `ct` of its registration names, else TLV for LwM2M 1.0 and SenML CBOR from 1.1 on.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operation {
    /// Read an Object, an Object Instance, a Resource or a Resource Instance.
    Read {
        /// What to read.
        path: Path,
        /// The format to ask for. `None` leaves it to the device.
        accept: Option<ContentFormat>,
    },
    /// Write (Replace): an Object Instance or a Resource has these values from now on, and no others.
    Replace {
        /// An Object Instance, a Resource or a Resource Instance.
        path: Path,
        /// The values, all at or below the path.
        entries: Vec<Entry<'static>>,
        /// The format to write them in. `None` chooses one.
        format: Option<ContentFormat>,
    },
    /// Write (Partial Update): these values change, the others stay.
    Update {
        /// An Object Instance, or a Resource with several instances.
        path: Path,
        /// The values, all below the path.
        entries: Vec<Entry<'static>>,
        /// The format to write them in. `None` chooses one.
        format: Option<ContentFormat>,
    },
    /// Execute a Resource.
    Execute {
        /// The Resource.
        path: Path,
        /// Its arguments as the standard writes them, `0='x',1`; empty for none. Passed as they are.
        arguments: String,
    },
    /// Ask which instances, resources and attributes there are.
    Discover {
        /// An Object, an Object Instance or a Resource.
        path: Path,
        /// How many levels below it (LwM2M 1.2). `None` leaves it to the device.
        depth: Option<u8>,
    },
    /// Create an Object Instance.
    Create {
        /// The new instance; [`Path::new_instance`] lets the device choose its id.
        path: Path,
        /// Its first values, all below that path.
        entries: Vec<Entry<'static>>,
        /// The format to write them in. `None` chooses one.
        format: Option<ContentFormat>,
    },
    /// Delete an Object Instance, or (LwM2M 1.2) a Resource Instance.
    Delete {
        /// What to delete.
        path: Path,
    },
    /// Observe: be told of changes as [`Event::Values`](crate::Event::Values), until it is stopped. The answer is the first
    /// state; an answer without option Observe means that the device does not tell of changes.
    Observe {
        /// What to observe.
        path: Path,
        /// The format to ask for, if the observation does not run yet. `None` leaves it to the device.
        accept: Option<ContentFormat>,
    },
    /// Stop wishing an observation. It goes on while WebSocket clients watch. The answer is that of the device to
    /// [`Stop::Deregister`], else the last state.
    StopObserving {
        /// What is observed.
        path: Path,
        /// In which way, if nobody is left.
        how: Stop,
    },
    /// Any other CoAP request, as it stands.
    Raw(Request),
}

impl Operation {
    /// The request, without the alternate root of the device.
    pub(crate) fn request(self, device: &Registration) -> Result<Request, RequestError> {
        let models = device.models();
        Ok(match self {
            // Observing has its own way; a read of the same is what comes closest.
            Self::StopObserving { path, .. } => at(RequestType::Get, path),
            Self::Read { path, accept } | Self::Observe { path, accept } => {
                let request = at(RequestType::Get, path);
                match accept {
                    Some(ContentFormat(format)) => request.with_accept(format),
                    None => request,
                }
            }
            Self::Replace { path, entries, format } => {
                with_entries(at(RequestType::Put, path), path, &entries, format, device, &models)?
            }
            Self::Update { path, entries, format } => {
                // A POST on a resource with a single value would be an Execute.
                let format = format.or_else(|| (path.level() == Level::Resource).then(|| structured(device)));
                with_entries(at(RequestType::Post, path), path, &entries, format, device, &models)?
            }
            Self::Execute { path, arguments } if arguments.is_empty() => at(RequestType::Post, path),
            Self::Execute { path, arguments } => {
                at(RequestType::Post, path).with_content_format(ContentFormat::TEXT.0).with_payload(arguments)
            }
            Self::Discover { path, depth } => {
                let request = at(RequestType::Get, path).with_accept(ContentFormat::LINK_FORMAT.0);
                match depth {
                    Some(depth) => request.with_query(format!("depth={depth}")),
                    None => request,
                }
            }
            Self::Create { path, entries, format } => {
                let object = path.truncate(1);
                let request = at(RequestType::Post, object);
                let format = format.unwrap_or_else(|| structured(device));
                let context = Context::new(format, object, &models).with_root(&device.objects.root);
                let entries = if entries.is_empty() { &[Entry::absent(path)][..] } else { &entries };
                let payload = codec::encode(entries, &context).map_err(RequestError::Encode)?;
                request.with_content_format(format.0).with_payload(payload)
            }
            Self::Delete { path } => at(RequestType::Delete, path),
            Self::Raw(request) => request,
        })
    }
}

fn at(method: RequestType, path: Path) -> Request {
    path.ids().iter().fold(Request::new(method), |request, id| request.with_path(id.to_string()))
}

fn with_entries(
    request: Request,
    path: Path,
    entries: &[Entry<'static>],
    format: Option<ContentFormat>,
    device: &Registration,
    models: &Models,
) -> Result<Request, RequestError> {
    let format = format.unwrap_or_else(|| match entries {
        [Entry { path: at, value: EntryValue::Value(value), .. }] if *at == path => match value {
            Value::Opaque(_) => ContentFormat::OPAQUE,
            _ => ContentFormat::TEXT,
        },
        _ => structured(device),
    });
    let context = Context::new(format, path, models).with_root(&device.objects.root);
    let payload = codec::encode(entries, &context).map_err(RequestError::Encode)?;
    Ok(request.with_content_format(format.0).with_payload(payload))
}

/// A format for several values: the first of these that the device named, else what its version must read.
fn structured(device: &Registration) -> ContentFormat {
    [ContentFormat::SENML_CBOR, ContentFormat::SENML_JSON, ContentFormat::TLV]
        .into_iter()
        .find(|format| device.objects.formats.contains(format))
        .unwrap_or(if device.lwm2m == Version::V1_0 { ContentFormat::TLV } else { ContentFormat::SENML_CBOR })
}

/// What a request asks of a device, as far as the bridge has a use for knowing it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Meaning {
    /// Read of a path: the answer has values.
    Read(Path),
    /// Write: these values are the device's if it says 2.04.
    Write(Path, Vec<Entry<'static>>),
    /// Anything else.
    Other,
}

impl Meaning {
    /// Reads a request whose path has no alternate root yet.
    pub(crate) fn of(request: &Request, device: &Registration, limits: &Limits) -> Self {
        let Ok(path) = Path::from_segments(request.uri_path()) else { return Self::Other };
        if path.object_id().is_none() || request.uri_query().next().is_some() {
            return Self::Other;
        }
        let format = request.content_format().map(ContentFormat);
        match request.method {
            RequestType::Get if request.accept() != Some(ContentFormat::LINK_FORMAT.0) => Self::Read(path),
            // A POST on a resource is an Execute, unless it brings several values.
            RequestType::Put | RequestType::Post
                if path.instance_id().is_some()
                    && (request.method == RequestType::Put
                        || path.level() == Level::ObjectInstance
                        || !matches!(format, None | Some(ContentFormat::TEXT))) =>
            {
                let models = device.models();
                let context = Context::new(format.unwrap_or(ContentFormat::TEXT), path, &models)
                    .with_root(&device.objects.root)
                    .with_limits(limits.codec());
                codec::decode(&request.payload, &context)
                    .map_or(Self::Other, |payload| Self::Write(path, payload.into_owned().into_entries()))
            }
            _ => Self::Other,
        }
    }
}
