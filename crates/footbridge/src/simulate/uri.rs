//! The server that simulated devices register at.

use std::net::SocketAddr;

use anyhow::Context as _;

/// The port of CoAP over UDP (RFC 7252 §12.6).
const COAP_PORT: u16 = 5683;

/// `coap://HOST` or `coap://HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerUri {
    /// A name or an address, an IPv6 one without brackets.
    host: String,
    port: u16,
}

impl ServerUri {
    /// Reads it; the error says what to write instead.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("write it as coap://HOST:PORT, for example coap://127.0.0.1:5683".into());
        };
        match &*scheme.to_ascii_lowercase() {
            "coap" => {}
            "coaps" => return Err("simulated devices do not encrypt yet: use coap://".into()),
            "coap+tcp" | "coaps+tcp" | "coap+ws" | "coaps+ws" => {
                return Err("simulated devices speak CoAP over UDP only: use coap://".into());
            }
            _ => return Err(format!("{scheme}:// is not CoAP: use coap://")),
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@']) {
            return Err("only a host and a port may stand after coap://; devices register at /rd".into());
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => rest.split_once(']').ok_or("the ] after the IPv6 address is missing")?,
            None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
        };
        if host.is_empty() {
            return Err("the host is missing: coap://HOST:PORT".into());
        }
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => COAP_PORT,
            None => return Err("a colon and the port stand after the ]".into()),
            Some(digits) => {
                let port = digits.parse().ok().filter(|port| *port != 0);
                port.ok_or("the port is a number from 1 to 65535 (write an IPv6 address in brackets)")?
            }
        };
        Ok(Self { host: host.into(), port })
    }

    /// Looks its address up; an IPv4 one if there are both.
    pub(crate) async fn resolve(&self) -> anyhow::Result<SocketAddr> {
        let Self { host, port } = self;
        let found = tokio::net::lookup_host((host.as_str(), *port)).await;
        let found: Vec<_> = found.with_context(|| format!("cannot find the address of {host}"))?.collect();
        let address = found.iter().find(|address| address.is_ipv4()).or_else(|| found.first());
        address.copied().with_context(|| format!("{host} has no address"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        for (text, host, port) in [
            ("coap://127.0.0.1:5683", "127.0.0.1", 5683),
            ("coap://127.0.0.1", "127.0.0.1", 5683),
            ("COAP://example.org:1/", "example.org", 1),
            ("coap://[::1]:61616", "::1", 61616),
            ("coap://[::1]", "::1", 5683),
        ] {
            assert_eq!(ServerUri::parse(text), Ok(ServerUri { host: host.into(), port }), "{text}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused_in_words() {
        for (text, part) in [
            ("127.0.0.1:5683", "coap://HOST:PORT"),
            ("coaps://127.0.0.1:5684", "do not encrypt"),
            ("coap+tcp://127.0.0.1", "UDP only"),
            ("coap+ws://127.0.0.1", "UDP only"),
            ("http://127.0.0.1", "http:// is not CoAP"),
            ("coap://", "the host is missing"),
            ("coap://:5683", "the host is missing"),
            ("coap://[]:5683", "the host is missing"),
            ("coap://a:0", "1 to 65535"),
            ("coap://a:65536", "1 to 65535"),
            ("coap://a:", "1 to 65535"),
            ("coap://::1", "the host is missing"),
            ("coap://fe80::1", "in brackets"),
            ("coap://[::1", "] after"),
            ("coap://[::1]5683", "after the ]"),
            ("coap://a/rd", "devices register at /rd"),
            ("coap://me@a", "only a host"),
            ("coap://a?b", "only a host"),
        ] {
            let error = ServerUri::parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[tokio::test]
    async fn addresses_are_found() {
        for (text, want) in [("coap://127.0.0.1:7", "127.0.0.1:7"), ("coap://[::1]:7", "[::1]:7")] {
            assert_eq!(ServerUri::parse(text).unwrap().resolve().await.unwrap(), want.parse().unwrap());
        }
        let error = ServerUri::parse("coap://host.invalid").unwrap().resolve().await.unwrap_err().to_string();
        assert!(error.contains("host.invalid"), "{error}");
    }
}
