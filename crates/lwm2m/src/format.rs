//! CoAP Content-Format numbers.

use core::fmt;

/// A CoAP Content-Format number. Open: an unknown number lives on as itself.
///
/// Source: IANA "CoAP Content-Formats" registry; OMA LwM2M Core 1.2, "Data Formats for Transferring Resource
/// Information". The legacy numbers 1541 to 1544 are of drafts before 1.0 and are only ever read.
///
/// ```
/// use lwm2m::ContentFormat;
/// assert_eq!(ContentFormat::SENML_JSON.name(), Some("SenML JSON"));
/// assert_eq!(ContentFormat(9999).to_string(), "9999");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_structs)] // a number is a number
pub struct ContentFormat(pub u16);

impl ContentFormat {
    /// `text/plain;charset=utf-8`: one value.
    pub const TEXT: Self = Self(0);
    /// `application/link-format`: registration and Discover.
    pub const LINK_FORMAT: Self = Self(40);
    /// `application/octet-stream`: one opaque value.
    pub const OPAQUE: Self = Self(42);
    /// `application/cbor`: one value.
    pub const CBOR: Self = Self(60);
    /// `application/senml+json`.
    pub const SENML_JSON: Self = Self(110);
    /// `application/senml+cbor`.
    pub const SENML_CBOR: Self = Self(112);
    /// `application/senml-etch+json`.
    pub const SENML_ETCH_JSON: Self = Self(320);
    /// `application/senml-etch+cbor`.
    pub const SENML_ETCH_CBOR: Self = Self(322);
    /// Text of drafts before 1.0.
    pub const LEGACY_TEXT: Self = Self(1541);
    /// TLV of drafts before 1.0, the same bytes as [`ContentFormat::TLV`].
    pub const LEGACY_TLV: Self = Self(1542);
    /// JSON of drafts before 1.0.
    pub const LEGACY_JSON: Self = Self(1543);
    /// Opaque of drafts before 1.0.
    pub const LEGACY_OPAQUE: Self = Self(1544);
    /// `application/vnd.oma.lwm2m+tlv`.
    pub const TLV: Self = Self(11542);
    /// `application/vnd.oma.lwm2m+json`, of LwM2M 1.0.
    pub const JSON: Self = Self(11543);
    /// `application/vnd.oma.lwm2m+cbor`, of LwM2M 1.2.
    pub const LWM2M_CBOR: Self = Self(11544);

    /// A short name for people; none for a number that is not listed above.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::TEXT => "text",
            Self::LINK_FORMAT => "link format",
            Self::OPAQUE => "opaque",
            Self::CBOR => "CBOR",
            Self::SENML_JSON => "SenML JSON",
            Self::SENML_CBOR => "SenML CBOR",
            Self::SENML_ETCH_JSON => "SenML-ETCH JSON",
            Self::SENML_ETCH_CBOR => "SenML-ETCH CBOR",
            Self::LEGACY_TEXT => "text (legacy)",
            Self::LEGACY_TLV => "TLV (legacy)",
            Self::LEGACY_JSON => "LwM2M JSON (legacy)",
            Self::LEGACY_OPAQUE => "opaque (legacy)",
            Self::TLV => "TLV",
            Self::JSON => "LwM2M JSON",
            Self::LWM2M_CBOR => "LwM2M CBOR",
            _ => return None,
        })
    }
}

/// The name with the number, `TLV (11542)`, or the number alone.
impl fmt::Display for ContentFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}
