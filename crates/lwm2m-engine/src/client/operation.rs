//! A request of the server: which operation it is, and what of it is refused before that.
//!
//! Source: OMA LwM2M Transport, "Device Management and Service Enablement Interface" (methods and paths); Core, the response
//! codes of each operation.

use std::borrow::Cow;

use coap_exchange::{CoapOption, ExchangeId, Now, Request, RequestType, Response, ResponseType};
use lwm2m::codec::{self, EncodeError};
use lwm2m::{ContentFormat, Context, Level, Models, Path, PathError, Version};

use super::Client;
use super::tree::Resource;

/// Why a request is refused: the code, and what is told to the server.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: ResponseType,
    pub(super) text: Cow<'static, str>,
}

impl Refusal {
    pub(super) fn new(code: ResponseType, text: impl Into<Cow<'static, str>>) -> Self {
        Self { code, text: text.into() }
    }

    /// 4.00
    pub(super) fn bad(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ResponseType::BadRequest, text)
    }

    /// 4.05
    pub(super) fn not_allowed(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ResponseType::MethodNotAllowed, text)
    }

    /// 4.04
    pub(super) fn not_found(path: Path) -> Self {
        Self::new(ResponseType::NotFound, format!("no {path} here"))
    }
}

impl Client {
    /// Answers a request. What follows from it, a De-register or an Update, is done after the answer.
    pub(super) fn operate(&mut self, now: Now, exchange: ExchangeId, request: Request) {
        let result = self.perform(now, exchange, &request);
        let response = match result {
            Ok(response) => {
                self.stats.granted += 1;
                response
            }
            Err(refusal) => {
                self.stats.refused += 1;
                Response::new(refusal.code).with_diagnostic(&refusal.text)
            }
        };
        self.respond(now, exchange, response);
        while let Some(effect) = self.effects.pop_front() {
            self.take_effect(now, effect);
        }
    }

    fn perform(&mut self, now: Now, exchange: ExchangeId, request: &Request) -> Result<Response, Refusal> {
        let path = match Path::from_segments(request.uri_path()) {
            Ok(path) => path,
            Err(PathError::TooLong) => return Err(Refusal::not_allowed("paths have four levels at most")),
            Err(error) => return Err(Refusal::new(ResponseType::NotFound, error.to_string())),
        };
        // Nobody but a Bootstrap-Server may see what these hold. Source: Core, "Access Control".
        if matches!(path.object_id(), Some(0 | 21 | 23)) {
            return Err(Refusal::new(ResponseType::Unauthorized, "this object is closed"));
        }
        let format = request.content_format().map(ContentFormat);
        let is_link_format = request.accept() == Some(ContentFormat::LINK_FORMAT.0);
        let level = path.level();
        // The fourth level came with 1.1.
        if level == Level::ResourceInstance && self.lwm2m == Version::V1_0 {
            return Err(Refusal::not_allowed("LwM2M 1.0 has no operation on a resource instance"));
        }
        match (request.method, level) {
            (RequestType::Get, Level::Root) => Err(Refusal::not_allowed("name an object")),
            (RequestType::Get, _) if is_link_format => self.discover(path, request),
            (RequestType::Get, _) => match request.options.first_uint(CoapOption::Observe) {
                Some(0) => self.observe(now, exchange, path, request),
                // With 1 the exchange layer has ended the observation already.
                _ => self.read(now, path, request.accept().map(ContentFormat)),
            },
            (RequestType::Put, _)
                if request.payload.is_empty() && format.is_none() && request.options.contains(CoapOption::UriQuery) =>
            {
                self.write_attributes(path, request)
            }
            (RequestType::Put, Level::ObjectInstance) => self.replace_instance(now, path, request, format),
            (RequestType::Put, Level::Resource | Level::ResourceInstance) => {
                self.replace_resource(now, path, request, format)
            }
            (RequestType::Post, Level::Object) => self.create(now, path, request, format),
            (RequestType::Post, Level::ObjectInstance) => self.update_instance(now, path, request, format),
            (RequestType::Post, Level::Resource) => {
                let is_text = matches!(format, None | Some(ContentFormat::TEXT));
                match self.tree.resource(path) {
                    Some(Resource::Executable) if is_text => self.execute(path, request),
                    Some(Resource::Executable) => Err(Refusal::new(
                        ResponseType::UnsupportedContentFormat,
                        "the arguments of an Execute are text",
                    )),
                    _ if !is_text => self.update_resource(now, path, request, format),
                    Some(_) => Err(Refusal::not_allowed(format!("{path} can't be executed"))),
                    None => Err(self.missing(path)),
                }
            }
            (RequestType::Delete, Level::ObjectInstance) => self.delete(path),
            (RequestType::Delete, Level::ResourceInstance) => self.delete_resource_instance(now, path),
            _ => Err(Refusal::not_allowed("this device has no such operation")),
        }
    }

    /// The refusal for something that is not there: 4.05 if it cannot be there.
    pub(super) fn missing(&self, path: Path) -> Refusal {
        let single = path.level() == Level::ResourceInstance
            && matches!(self.tree.resource(path.truncate(3)), Some(Resource::Value(_) | Resource::Executable));
        if single {
            Refusal::not_allowed(format!("{} has no instances", path.truncate(3)))
        } else {
            Refusal::not_found(path)
        }
    }
}

/// The formats that a client of this version may speak and this build can write.
///
/// Source: OMA LwM2M Core, "Data Formats for Transferring Resource Information".
pub(super) fn formats(lwm2m: Version) -> Vec<ContentFormat> {
    const V1_0: &[ContentFormat] =
        &[ContentFormat::TEXT, ContentFormat::OPAQUE, ContentFormat::TLV, ContentFormat::JSON];
    const V1_1: &[ContentFormat] = &[
        ContentFormat::TEXT,
        ContentFormat::OPAQUE,
        ContentFormat::CBOR,
        ContentFormat::SENML_JSON,
        ContentFormat::SENML_CBOR,
        ContentFormat::TLV,
    ];
    let mut formats = if lwm2m == Version::V1_0 { V1_0 } else { V1_1 }.to_vec();
    if lwm2m >= Version::V1_2 {
        formats.push(ContentFormat::LWM2M_CBOR);
    }
    formats.retain(|format| {
        let context = Context::new(*format, Path::object(3), Models::oma());
        !matches!(codec::encode(&[], &context), Err(EncodeError::Unsupported(_)))
    });
    formats
}
