//! From `/ep/<endpoint>/<path>` on a WebSocket to a request for the device, and its answer back.
//!
//! Bodies pass unchanged, except link lists (Content-Format 40), whose targets get the prefix `/ep/<endpoint>`, and
//! Location-Path, which gets it too.
//!
//! Source: RFC 7252, "Proxy Operation" and "Option Classes"; RFC 8613 for option 9.

use coap_exchange::{CoapOption, ExchangeError, Options, Request, Response, ResponseType};
use lwm2m::{ContentFormat, Mode, link};

use super::discovery::endpoint_path;
use super::wish::Refusal;
use crate::{EndpointName, RequestError};

/// Options that belong to one hop: host, port, Observe, Block1, Block2, Hop-Limit, Q-Block1, Q-Block2, No-Response,
/// Request-Tag.
const ONE_HOP: [u16; 10] = [3, 7, 6, 27, 23, 16, 19, 31, 258, 292];

/// Options that pass though they are unsafe to forward unread, because they are understood here: Uri-Path, Uri-Query,
/// Max-Age.
const UNDERSTOOD: [u16; 3] = [11, 15, 14];

/// How many links of an answer get the prefix; a longer list passes as the device wrote it.
const LINKS: lwm2m::Limits = lwm2m::Limits { links: 16_384, ..lwm2m::Limits::DEFAULT };

/// A request for a device, as a WebSocket client asked for it.
#[derive(Debug)]
pub(super) struct Relayed {
    pub(super) endpoint: EndpointName,
    /// The request without prefix and without the options of one hop. The path has no alternate root yet.
    pub(super) request: Request,
    /// Its Observe option.
    pub(super) observe: Option<u32>,
}

/// Takes the prefix and the options of one hop off a request whose first path segment is `ep`.
pub(super) fn take(mut request: Request) -> Result<Relayed, Refusal> {
    let mut path = request.uri_path().map(<[u8]>::to_vec).skip(1);
    let name = path.next().unwrap_or_default();
    let endpoint =
        EndpointName::from_bytes(&name).map_err(|error| Refusal::new(ResponseType::BadRequest, error.to_string()))?;
    let path: Vec<_> = path.collect();
    let unsafe_option = request.options.all().map(|(number, _)| number).find(|number| must_be_understood(*number));
    if let Some(number) = unsafe_option {
        let text = format!("option {number} can't be forwarded: it is not known here");
        return Err(Refusal::new(ResponseType::BadOption, text));
    }
    let observe = request.observe();
    for number in ONE_HOP {
        request.options.remove(number);
    }
    request.options.remove(CoapOption::UriPath);
    for segment in path {
        request.options.add(CoapOption::UriPath, &segment);
    }
    Ok(Relayed { endpoint, request, observe })
}

/// Puts the alternate root of a device before the path.
pub(super) fn add_root(request: &mut Request, root: &str) {
    let path: Vec<_> = request.uri_path().map(<[u8]>::to_vec).collect();
    request.options.remove(CoapOption::UriPath);
    for segment in root.split('/').filter(|segment| !segment.is_empty()) {
        request.options.add(CoapOption::UriPath, segment.as_bytes());
    }
    for segment in path {
        request.options.add(CoapOption::UriPath, &segment);
    }
}

/// The device's answer for the WebSocket client.
pub(super) fn give_back(endpoint: &EndpointName, mut response: Response) -> Response {
    if response.options.all().any(|(number, _)| must_be_understood(number)) {
        return failed(ResponseType::BadGateway, "the answer of the device has an option that is not known here");
    }
    for number in ONE_HOP {
        response.options.remove(number);
    }
    let location: Vec<_> = response.options.iter(CoapOption::LocationPath).map(<[u8]>::to_vec).collect();
    if !location.is_empty() {
        response.options.remove(CoapOption::LocationPath);
        let prefix = [b"ep".to_vec(), endpoint.as_str().into()];
        for segment in prefix.into_iter().chain(location) {
            response.options.add(CoapOption::LocationPath, &segment);
        }
    }
    if response.content_format() == Some(ContentFormat::LINK_FORMAT.0) {
        // A list that can't be read passes as it is: the client sees what the device said.
        if let Ok(mut links) = link::parse_with(&response.payload, Mode::Lenient, &LINKS) {
            let prefix = endpoint_path(endpoint);
            for link in &mut links {
                if link.target.starts_with('/') {
                    link.target.to_mut().insert_str(0, &prefix);
                }
            }
            response.payload = link::format(&links).into_bytes();
            // The tag names the device's own bytes, and these are others.
            response.options.remove(CoapOption::ETag);
        }
    }
    response
}

/// The answer to a WebSocket client whose request brought none from the device.
pub(super) fn error(error: RequestError) -> Response {
    let code = match error {
        RequestError::NotRegistered | RequestError::NotObserved => ResponseType::NotFound,
        RequestError::Timeout => ResponseType::GatewayTimeout,
        RequestError::QueueFull | RequestError::TooManyObservations | RequestError::Cancelled => {
            ResponseType::ServiceUnavailable
        }
        RequestError::Encode(_)
        | RequestError::Reset
        | RequestError::Closed
        | RequestError::Malformed
        | RequestError::TooLarge => ResponseType::BadGateway,
    };
    let response = failed(code, &error.to_string());
    if code == ResponseType::ServiceUnavailable { response.with_max_age(super::RETRY_SECONDS) } else { response }
}

/// What the exchange layer calls a failure, in the words of the door.
pub(super) fn request_error(error: ExchangeError) -> RequestError {
    match error {
        ExchangeError::Timeout => RequestError::Timeout,
        ExchangeError::Reset => RequestError::Reset,
        ExchangeError::Closed => RequestError::Closed,
        ExchangeError::Cancelled => RequestError::Cancelled,
        ExchangeError::TooLarge => RequestError::TooLarge,
        ExchangeError::TooManyObservations => RequestError::TooManyObservations,
        ExchangeError::QueueFull | ExchangeError::Overloaded => RequestError::QueueFull,
        _ => RequestError::Malformed,
    }
}

fn failed(code: ResponseType, text: &str) -> Response {
    Response::new(code).with_diagnostic(text)
}

/// Unsafe to forward (bit 1 of the number), and neither of one hop nor understood here.
fn must_be_understood(number: u16) -> bool {
    number & 2 != 0 && !ONE_HOP.contains(&number) && !UNDERSTOOD.contains(&number)
}

/// Makes the options of an answer for the door: those of one hop are gone.
pub(super) fn without_hop(mut options: Options) -> Options {
    for number in ONE_HOP {
        options.remove(number);
    }
    options
}
