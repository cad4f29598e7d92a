//! What the Server says of itself: `GET /.well-known/core`.
//!
//! Source: RFC 6690, "Well-Known Interface" and "Query Filtering"; RFC 9176, "RD Discovery".

use std::fmt::Write;

use coap_exchange::{Request, Response, ResponseType};
use lwm2m::ContentFormat;

use crate::{EndpointName, Registration};

/// The longest answer, in bytes. Devices that would not fit are left out; the list over HTTP has all of them.
const MAX_BYTES: usize = 64 * 1024;

/// The links: where to register, and for a WebSocket client one for each device.
pub(super) fn well_known_core<'a>(
    request: &Request,
    registrations: Option<impl Iterator<Item = &'a Registration>>,
) -> Response {
    let mut body = String::new();
    let mut add = |href: &str, rt: &str, attributes: &str| {
        let filters = [("href", href), ("rt", rt)];
        if matches(request, &filters) && body.len() + href.len() + rt.len() + attributes.len() + 16 <= MAX_BYTES {
            let comma = if body.is_empty() { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = write!(body, "{comma}<{href}>;rt=\"{rt}\"{attributes}");
        }
    };
    add("/rd", "core.rd", ";ct=40");
    for registration in registrations.into_iter().flatten() {
        add(&endpoint_path(&registration.endpoint), "oma.lwm2m", "");
    }
    Response::new(ResponseType::Content).with_content_format(ContentFormat::LINK_FORMAT.0).with_payload(body)
}

/// The reverse path of a device as a URI reference, `/ep/<name>` with the name percent-encoded.
pub(super) fn endpoint_path(endpoint: &EndpointName) -> String {
    let mut path = String::from("/ep/");
    for byte in endpoint.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            path.push(byte.into());
        } else {
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

/// Whether a link passes the filters in the query: every one must hold, a trailing `*` stands for any ending.
fn matches(request: &Request, attributes: &[(&str, &str)]) -> bool {
    request.uri_query().all(|filter| {
        let Some((key, wanted)) = std::str::from_utf8(filter).ok().and_then(|filter| filter.split_once('=')) else {
            return true;
        };
        let value = attributes.iter().find(|(name, _)| *name == key).map_or("", |(_, value)| value);
        match wanted.strip_suffix('*') {
            Some(prefix) => value.starts_with(prefix) && !value.is_empty(),
            None => value == wanted,
        }
    })
}
