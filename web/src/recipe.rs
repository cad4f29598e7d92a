//! What to type so that a well-known client registers at this bridge.
//!
//! The options are those that each project documents: Leshan, the `--help` of its demo client; Wakaama, the README of
//! `examples/client`; Anjay, the "Demo application" of its documentation; Zephyr, the README and the `Kconfig` of
//! `samples/net/lwm2m_client`.

/// Where a device reaches the bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The whole URI, `coap://127.0.0.1:5683`.
    pub uri: String,
    /// Its host; an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: String,
}

impl Address {
    /// The most useful of the addresses that the bridge names.
    ///
    /// ```
    /// use console::recipe::Address;
    /// let address = Address::new(&["coap://[::1]:5684".to_owned()]);
    /// assert_eq!((address.host.as_str(), address.port.as_str()), ("::1", "5684"));
    /// ```
    pub fn new(coap: &[String]) -> Self {
        let uri = coap.first().cloned().unwrap_or_else(|| "coap://127.0.0.1:5683".to_owned());
        let place = uri.split_once("://").map_or(uri.as_str(), |(_, place)| place);
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (place, "5683"),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Self { host: host.to_owned(), port: port.to_owned(), uri }
    }

    /// Whether only this computer reaches it.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host == "::1" || self.host.starts_with("127.")
    }
}

/// How to point one client at the bridge.
pub struct Recipe {
    /// Its name.
    pub name: &'static str,
    /// One word, for ids and tests.
    pub word: &'static str,
    /// Lines to copy, each with what it is.
    pub lines: fn(&Address) -> Vec<(String, String)>,
    /// What to know besides.
    pub note: &'static str,
}

/// The clients, in the order in which they are shown.
pub const RECIPES: &[Recipe] = &[
    Recipe {
        name: "Leshan",
        word: "leshan",
        lines: |at| {
            vec![line("The demo client (Java)", format!("java -jar leshan-demo-client.jar -n my-device -u {}", at.uri))]
        },
        note: "The file is among the artifacts of Leshan’s build; in older versions it is called leshan-client-demo.jar.",
    },
    Recipe {
        name: "Wakaama",
        word: "wakaama",
        lines: |at| {
            // It takes IPv6 unless told otherwise.
            let version = if at.host.contains(':') { "" } else { "-4 " };
            vec![line(
                "The example client (C)",
                format!("./lwm2mclient {version}-n my-device -h {} -p {}", at.host, at.port),
            )]
        },
        note: "It is built from examples/client. With -c its battery level changes over time.",
    },
    Recipe {
        name: "Anjay",
        word: "anjay",
        lines: |at| {
            let text = format!("./output/bin/demo --endpoint-name my-device --server-uri {}", at.uri);
            vec![line("The demo application (C)", text)]
        },
        note: "Short forms are -e and -u.",
    },
    Recipe {
        name: "Zephyr",
        word: "zephyr",
        lines: |at| {
            // What native_sim and QEMU call this computer in Zephyr's own network set-up.
            let uri = if at.is_loopback() { format!("coap://192.0.2.2:{}", at.port) } else { at.uri.clone() };
            let options = format!("CONFIG_NET_SAMPLE_LWM2M_SERVER=\"{uri}\"\nCONFIG_NET_SAMPLE_LWM2M_ID=\"my-device\"");
            let build = "west build -b native_sim samples/net/lwm2m_client -- -DCONF_FILE=\"prj.conf footbridge.conf\"";
            vec![
                line("Save as samples/net/lwm2m_client/footbridge.conf", options),
                line("Build the sample, here for native_sim", build.to_owned()),
            ]
        },
        note: "native_sim and QEMU reach this computer as 192.0.2.2 once Zephyr’s net-tools have set up their network; a board in your network uses the address of this computer.",
    },
    Recipe {
        name: "Other",
        word: "other",
        lines: |at| vec![line("Server URI (/0/0/0), with security mode 3, none (/0/0/2)", at.uri.clone())],
        note: "Any LwM2M 1.0, 1.1 or 1.2 client will do. It chooses its own endpoint name.",
    },
];

fn line(what: &str, text: String) -> (String, String) {
    (what.to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(uri: &str) -> Address {
        Address::new(&[uri.to_owned()])
    }

    #[test]
    fn takes_addresses_apart() {
        let rows = [
            ("coap://127.0.0.1:5683", "127.0.0.1", "5683", true),
            ("coap://[::1]:1", "::1", "1", true),
            ("coap://[2001:db8::7]:5683", "2001:db8::7", "5683", false),
            ("coap://[2001:db8::7]", "2001:db8::7", "5683", false),
            ("coap://bridge.example:15683", "bridge.example", "15683", false),
            ("coap://bridge.example", "bridge.example", "5683", false),
        ];
        for (uri, host, port, is_loopback) in rows {
            let found = address(uri);
            assert_eq!(
                (found.host.as_str(), found.port.as_str(), found.is_loopback()),
                (host, port, is_loopback),
                "{uri}"
            );
        }
        assert_eq!(Address::new(&[]).uri, "coap://127.0.0.1:5683");
    }

    #[test]
    fn every_recipe_names_the_bridge() {
        for uri in ["coap://192.168.1.20:5683", "coap://[2001:db8::7]:15683"] {
            let at = address(uri);
            for recipe in RECIPES {
                let text: String = (recipe.lines)(&at).into_iter().map(|(_, text)| text).collect();
                assert!(text.contains(&at.host) && text.contains(&at.port), "{}: {text}", recipe.name);
            }
        }
        let [_, wakaama, _, zephyr, _] = RECIPES else { panic!("five recipes") };
        let lines = |recipe: &Recipe, uri| (recipe.lines)(&address(uri)).remove(0).1;
        assert_eq!(lines(wakaama, "coap://127.0.0.1:5683"), "./lwm2mclient -4 -n my-device -h 127.0.0.1 -p 5683");
        assert_eq!(lines(wakaama, "coap://[::1]:5683"), "./lwm2mclient -n my-device -h ::1 -p 5683");
        assert!(lines(zephyr, "coap://127.0.0.1:5683").contains("\"coap://192.0.2.2:5683\""));
    }
}
