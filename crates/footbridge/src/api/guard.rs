//! The two doors before every handler: where a request says it goes and comes from (Host, Origin), and who asks.
//!
//! A page on another site can make a browser send requests here, and by DNS rebinding even under a name it owns. So the
//! names are an exact list, for every path, also those that need no token.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Extension, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::{ApiError, App, Peer};
use crate::auth::{Identity, Proof, Refused};
use crate::clock;

/// The names under which this bridge may be addressed.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    port: u16,
    hosts: Vec<String>,
}

/// Why a request is refused before anybody looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// No Host header, several, or another name.
    Host,
    /// Another page's Origin, several, or `null`.
    Origin,
    /// No Origin, but the browser says that another site asks.
    Site,
}

/// The parts of a request that say where it goes and comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address<'a> {
    pub(crate) headers: &'a HeaderMap,
    /// The authority of an absolute request target, which is rare and must agree.
    pub(crate) authority: Option<&'a str>,
    /// Whether a foreign page may link here: the page itself, opened from anywhere.
    pub(crate) linkable: bool,
    /// The address that the connection came in on.
    pub(crate) local: IpAddr,
}

impl Names {
    /// The loopback names and the address that the bridge listens on.
    pub(crate) fn new(listen: SocketAddr) -> Self {
        let mut hosts = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned()];
        if !listen.ip().is_unspecified() {
            hosts.push(literal(listen.ip()));
        }
        Self { port: listen.port(), hosts }
    }

    /// Whether this request was meant for us, and does not come from somebody else's page.
    pub(crate) fn check(&self, address: Address<'_>) -> Result<(), Foreign> {
        let headers = address.headers;
        let host = only(headers, header::HOST).map_err(|()| Foreign::Host)?.ok_or(Foreign::Host)?;
        if !self.is_ours(host, address.local)
            || address.authority.is_some_and(|text| !self.is_ours(text, address.local))
        {
            return Err(Foreign::Host);
        }
        match only(headers, header::ORIGIN).map_err(|()| Foreign::Origin)? {
            Some(origin) => match origin.strip_prefix("http://") {
                Some(authority) if self.is_ours(authority, address.local) => Ok(()),
                _ => Err(Foreign::Origin),
            },
            // A browser leaves Origin out of simple GETs, yet says since 2020-2023 whose page asks.
            None if address.linkable => Ok(()),
            None => match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
                None | Some(b"same-origin" | b"none") => Ok(()),
                Some(_) => Err(Foreign::Site),
            },
        }
    }

    /// Exact comparison of `host:port`; the port may be left out if it is 80. An address literal that the connection
    /// really came in on is ours too: no name stands behind it that could be bound anew.
    fn is_ours(&self, authority: &str, local: IpAddr) -> bool {
        let host = match authority.strip_suffix(&format!(":{}", self.port)) {
            Some(host) => host,
            None if self.port == 80 => authority,
            None => return false,
        };
        self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) || host == literal(local)
    }
}

/// The only value of a header: an error if it stands twice or is no plain text.
fn only(headers: &HeaderMap, name: header::HeaderName) -> Result<Option<&str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

fn literal(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

impl Foreign {
    fn error(self, names: &Names) -> ApiError {
        let port = names.port;
        match self {
            Self::Host => ApiError::forbidden(
                "foreign_host",
                format!(
                    "This bridge does not answer under that name. Use http://127.0.0.1:{port} or http://localhost:{port}."
                ),
            ),
            Self::Origin | Self::Site => ApiError::forbidden(
                "foreign_origin",
                format!("Pages of other sites may not use this bridge. Open its own console: http://127.0.0.1:{port}"),
            ),
        }
    }
}

/// The layer around every route.
pub(crate) async fn check_names(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let page = !path.starts_with("/api/") && !path.starts_with("/.well-known/") && path != "/metrics";
    let address = Address {
        headers: request.headers(),
        authority: request.uri().authority().map(|authority| authority.as_str()),
        linkable: page && matches!(*request.method(), Method::GET | Method::HEAD),
        local: peer.local.ip(),
    };
    match app.names.check(address) {
        Ok(()) => next.run(request).await,
        Err(foreign) => {
            let counter =
                if foreign == Foreign::Host { &app.counters.foreign_host } else { &app.counters.foreign_origin };
            counter.add();
            foreign.error(&app.names).into_response()
        }
    }
}

/// What a handler takes to be sure that the request may ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed(pub(crate) Identity);

impl FromRequestParts<App> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let bearer = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let offered = subprotocols(&parts.headers);
        let offered = offered.iter().find_map(|name| name.strip_prefix("token."));
        let cookie = cookie(&parts.headers, &app.cookie_name);
        let proof = Proof { token: bearer.or(offered), cookie };
        let from = parts.extensions.get::<Peer>().expect("the listener puts it into every request").remote.ip();
        app.auth.check(proof, from, clock::unix_seconds()).map(Signed).map_err(|refused| refuse(app, refused))
    }
}

/// The answer to a request that may not ask.
pub(crate) fn refuse(app: &App, refused: Refused) -> ApiError {
    match refused {
        Refused::TooMany => {
            app.counters.too_many_tokens.add();
            ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_attempts",
                "Too many wrong tokens came from this address. Wait a minute, then try again with the token that the bridge printed when it started.",
            )
        }
        Refused::WrongToken => {
            app.counters.wrong_token.add();
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "wrong_token",
                "This token is not the one of this bridge. Use the address or the token that it printed when it started.",
            )
        }
        Refused::Nothing | Refused::WrongCookie => {
            app.counters.not_signed_in.add();
            ApiError::new(
                StatusCode::UNAUTHORIZED,
                "not_signed_in",
                "Nobody is signed in. Open the address that the bridge printed when it started, or send its token as Authorization: Bearer TOKEN.",
            )
        }
    }
}

/// The subprotocols that a WebSocket offers, from every header line, in order.
pub(crate) fn subprotocols(headers: &HeaderMap) -> Vec<&str> {
    let lines = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|name| !name.is_empty()).collect()
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAN: &str = "192.0.2.5";

    fn check(listen: &str, local: &str, headers: &[(&'static str, &str)], linkable: bool) -> Result<(), Foreign> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let address = Address { headers: &map, authority: None, linkable, local: local.parse().unwrap() };
        Names::new(listen.parse().unwrap()).check(address)
    }

    /// bridge-rules.md §4, 1 and 2: exact lists, `null` refused, an absent Origin passes (the token decides).
    #[test]
    fn hosts() {
        for (host, want) in [
            ("127.0.0.1:8080", Ok(())),
            ("localhost:8080", Ok(())),
            ("LOCALHOST:8080", Ok(())),
            ("[::1]:8080", Ok(())),
            ("127.0.0.1", Err(Foreign::Host)),
            ("127.0.0.1:80", Err(Foreign::Host)),
            ("127.0.0.1:08080", Err(Foreign::Host)),
            ("localhost.:8080", Err(Foreign::Host)),
            ("localhost:8080:8080", Err(Foreign::Host)),
            ("evil.example:8080", Err(Foreign::Host)),
            ("localhost.evil.example:8080", Err(Foreign::Host)),
            ("user@localhost:8080", Err(Foreign::Host)),
            ("192.0.2.5:8080", Err(Foreign::Host)),
            ("2130706433:8080", Err(Foreign::Host)),
            ("0.0.0.0:8080", Err(Foreign::Host)),
            ("", Err(Foreign::Host)),
        ] {
            assert_eq!(check("127.0.0.1:8080", "127.0.0.1", &[("host", host)], false), want, "{host}");
        }
        assert_eq!(check("127.0.0.1:8080", "127.0.0.1", &[], true), Err(Foreign::Host), "no Host");
        let twice = [("host", "127.0.0.1:8080"), ("host", "evil.example")];
        assert_eq!(check("127.0.0.1:8080", "127.0.0.1", &twice, true), Err(Foreign::Host), "two Hosts");
        assert_eq!(
            check("127.0.0.1:80", "127.0.0.1", &[("host", "localhost")], true),
            Ok(()),
            "port 80 may be left out"
        );
    }

    #[test]
    fn listening_on_the_network() {
        let lan = format!("{LAN}:8080");
        assert_eq!(check(&lan, LAN, &[("host", &lan)], true), Ok(()), "the address given");
        assert_eq!(check("0.0.0.0:8080", LAN, &[("host", &lan)], true), Ok(()), "the address it came in on");
        assert_eq!(check("[::]:8080", "::ffff:192.0.2.5", &[("host", &lan)], true), Ok(()), "the same, dual stack");
        assert_eq!(check("0.0.0.0:8080", "192.0.2.6", &[("host", &lan)], true), Err(Foreign::Host), "another one");
        assert_eq!(check("0.0.0.0:8080", LAN, &[("host", "nas.local:8080")], true), Err(Foreign::Host), "a name");
        let both = [("host", lan.as_str()), ("origin", "http://192.0.2.5:8080")];
        assert_eq!(check("0.0.0.0:8080", LAN, &both, false), Ok(()));
    }

    #[test]
    fn origins() {
        for (origin, want) in [
            ("http://127.0.0.1:8080", Ok(())),
            ("http://localhost:8080", Ok(())),
            ("http://[::1]:8080", Ok(())),
            ("null", Err(Foreign::Origin)),
            ("", Err(Foreign::Origin)),
            ("https://127.0.0.1:8080", Err(Foreign::Origin)),
            ("http://127.0.0.1:8081", Err(Foreign::Origin)),
            ("http://127.0.0.1", Err(Foreign::Origin)),
            ("http://127.0.0.1:8080/", Err(Foreign::Origin)),
            ("http://evil.example", Err(Foreign::Origin)),
            ("http://127.0.0.1:8080.evil.example", Err(Foreign::Origin)),
            ("http://evil.example/http://127.0.0.1:8080", Err(Foreign::Origin)),
            ("http://127.0.0.1:8080 http://evil.example", Err(Foreign::Origin)),
        ] {
            for linkable in [true, false] {
                let headers = [("host", "127.0.0.1:8080"), ("origin", origin)];
                assert_eq!(check("127.0.0.1:8080", "127.0.0.1", &headers, linkable), want, "{origin}");
            }
        }
        let twice =
            [("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080"), ("origin", "http://evil.example")];
        assert_eq!(check("127.0.0.1:8080", "127.0.0.1", &twice, false), Err(Foreign::Origin), "two Origins");
    }

    #[test]
    fn without_an_origin_the_browser_says_whose_page_asks() {
        for (site, page, api) in [
            (None, Ok(()), Ok(())),
            (Some("same-origin"), Ok(()), Ok(())),
            (Some("none"), Ok(()), Ok(())),
            (Some("same-site"), Ok(()), Err(Foreign::Site)),
            (Some("cross-site"), Ok(()), Err(Foreign::Site)),
        ] {
            let mut headers = vec![("host", "localhost:8080")];
            headers.extend(site.map(|site| ("sec-fetch-site", site)));
            assert_eq!(check("127.0.0.1:8080", "127.0.0.1", &headers, true), page, "{site:?}, a page");
            assert_eq!(check("127.0.0.1:8080", "127.0.0.1", &headers, false), api, "{site:?}, the API");
        }
    }

    #[test]
    fn cookies_and_subprotocols() {
        let mut headers = HeaderMap::new();
        headers.append("cookie", "a=1; footbridge_8080=x.1.y;b=2".parse().unwrap());
        headers.append("cookie", "footbridge_9=z".parse().unwrap());
        assert_eq!(cookie(&headers, "footbridge_8080"), Some("x.1.y"));
        assert_eq!(cookie(&headers, "footbridge_9"), Some("z"));
        assert_eq!(cookie(&headers, "footbridge_80"), None);
        headers.append("sec-websocket-protocol", "coap, token.abc".parse().unwrap());
        headers.append("sec-websocket-protocol", "other".parse().unwrap());
        assert_eq!(subprotocols(&headers), ["coap", "token.abc", "other"]);
    }
}
