//! Where in the console we are: addresses as text on one side, [`Route`] on the other.

use lwm2m::{Level, Path};

/// A screen of the console.
///
/// The endpoint name is one percent-encoded segment: any `/` or `:` in it is data.
///
/// ```
/// use console::route::Route;
/// let route = Route::parse("/devices/urn%3Aimei%3A1%2F2/3/0").unwrap();
/// assert_eq!(route.endpoint(), Some("urn:imei:1/2"));
/// assert_eq!(route.address(), "/devices/urn:imei:1%2F2/3/0");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/`: the list of devices.
    Devices,
    /// `/connect`: how to get a device here.
    Connect,
    /// `/simulator`: the device of this page.
    Simulator,
    /// `/devices/ENDPOINT`, `/devices/ENDPOINT/OBJECT`, `/devices/ENDPOINT/OBJECT/INSTANCE`: one device and what of it is shown.
    Device {
        /// The Endpoint Client Name.
        endpoint: String,
        /// [`Path::ROOT`], an object or an instance.
        path: Path,
    },
}

impl Route {
    /// Reads the path of an address; `None` when no such screen exists.
    pub fn parse(address: &str) -> Option<Self> {
        let mut segments = address.strip_prefix('/')?.split('/');
        match segments.next()? {
            "" if segments.next().is_none() => Some(Self::Devices),
            "connect" if segments.next().is_none() => Some(Self::Connect),
            "simulator" if segments.next().is_none() => Some(Self::Simulator),
            "devices" => {
                let Some(endpoint) = segments.next().filter(|segment| !segment.is_empty()) else {
                    return Some(Self::Devices);
                };
                let endpoint = decode(endpoint)?;
                let ids: Vec<&[u8]> = segments.filter(|segment| !segment.is_empty()).map(str::as_bytes).collect();
                let path = Path::from_segments(ids).ok()?;
                matches!(path.level(), Level::Root | Level::Object | Level::ObjectInstance)
                    .then_some(Self::Device { endpoint, path })
            }
            _ => None,
        }
    }

    /// The screen of one device, opened at an object or an instance of it.
    pub fn device(endpoint: &str, path: Path) -> Self {
        Self::Device { endpoint: endpoint.to_owned(), path }
    }

    /// The address of this screen.
    pub fn address(&self) -> String {
        match self {
            Self::Devices => "/".to_owned(),
            Self::Connect => "/connect".to_owned(),
            Self::Simulator => "/simulator".to_owned(),
            Self::Device { endpoint, path } if path.level() == Level::Root => format!("/devices/{}", encode(endpoint)),
            Self::Device { endpoint, path } => format!("/devices/{}{path}", encode(endpoint)),
        }
    }

    /// The device of this screen, if it shows one.
    pub fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Device { endpoint, .. } => Some(endpoint),
            _ => None,
        }
    }
}

/// Percent-encodes text as one segment of an address or one value of a query.
pub fn encode(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~:@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

/// Undoes [`encode`]; `None` for a broken escape or bytes that are not UTF-8.
pub fn decode(segment: &str) -> Option<String> {
    let mut out = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        out.push((high * 16 + low) as u8);
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_there_and_back() {
        let device = |endpoint: &str, path: Path| Some(Route::device(endpoint, path));
        let rows = [
            ("/", Some(Route::Devices), "/"),
            ("/devices", Some(Route::Devices), "/"),
            ("/devices/", Some(Route::Devices), "/"),
            ("/connect", Some(Route::Connect), "/connect"),
            ("/simulator", Some(Route::Simulator), "/simulator"),
            ("/devices/dev-1", device("dev-1", Path::ROOT), "/devices/dev-1"),
            ("/devices/dev-1/", device("dev-1", Path::ROOT), "/devices/dev-1"),
            ("/devices/dev-1/3", device("dev-1", Path::object(3)), "/devices/dev-1/3"),
            ("/devices/a%2Fb%20c/3/0", device("a/b c", Path::instance(3, 0)), "/devices/a%2Fb%20c/3/0"),
            ("/devices/%C3%A4", device("ä", Path::ROOT), "/devices/%C3%A4"),
            ("/devices/50%25", device("50%", Path::ROOT), "/devices/50%25"),
        ];
        for (address, route, canonical) in rows {
            assert_eq!(Route::parse(address), route, "{address}");
            assert_eq!(route.map(|route| route.address()).as_deref(), Some(canonical), "{address}");
        }
    }

    #[test]
    fn no_such_screen() {
        for address in [
            "",
            "x",
            "/x",
            "/simulator/x",
            "/devices/%ZZ",
            "/devices/%f",
            "/devices/%ff",
            "/devices/a/x",
            "/devices/a/3/0/9",
            "/devices/a/65536",
        ] {
            assert_eq!(Route::parse(address), None, "{address}");
        }
    }
}
