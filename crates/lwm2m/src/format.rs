//! CoAP Content-Format numbers.

use core::fmt;
use core::str::FromStr;

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

    /// The media type; none for a number that is not listed above or that never had one.
    pub const fn media_type(self) -> Option<&'static str> {
        Some(match self {
            Self::TEXT => "text/plain",
            Self::LINK_FORMAT => "application/link-format",
            Self::OPAQUE => "application/octet-stream",
            Self::CBOR => "application/cbor",
            Self::SENML_JSON => "application/senml+json",
            Self::SENML_CBOR => "application/senml+cbor",
            Self::SENML_ETCH_JSON => "application/senml-etch+json",
            Self::SENML_ETCH_CBOR => "application/senml-etch+cbor",
            Self::TLV => "application/vnd.oma.lwm2m+tlv",
            Self::JSON => "application/vnd.oma.lwm2m+json",
            Self::LWM2M_CBOR => "application/vnd.oma.lwm2m+cbor",
            _ => return None,
        })
    }

    /// The formats that are written today, in the order of their numbers.
    pub const CURRENT: [Self; 11] = [
        Self::TEXT,
        Self::LINK_FORMAT,
        Self::OPAQUE,
        Self::CBOR,
        Self::SENML_JSON,
        Self::SENML_CBOR,
        Self::SENML_ETCH_JSON,
        Self::SENML_ETCH_CBOR,
        Self::TLV,
        Self::JSON,
        Self::LWM2M_CBOR,
    ];
}

/// Reads a format as a person or a program names it: a number, a name or a media type.
///
/// Case, blanks, `-`, `+` and `_` in a name do not matter, nor do the parameters of a media type. `json` alone is
/// [`ContentFormat::JSON`], the one of LwM2M 1.0. The legacy formats have numbers only.
///
/// ```
/// use lwm2m::ContentFormat;
/// for text in ["112", "senml-cbor", "SenML CBOR", "application/senml+cbor"] {
///     assert_eq!(text.parse(), Ok(ContentFormat::SENML_CBOR));
/// }
/// assert!("xml".parse::<ContentFormat>().is_err());
/// ```
impl FromStr for ContentFormat {
    type Err = ContentFormatError;

    fn from_str(text: &str) -> Result<Self, ContentFormatError> {
        let text = text.split(';').next().unwrap_or_default().trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.parse().map(Self).map_err(|_| ContentFormatError);
        }
        if text.contains('/') {
            let is = |format: &Self| format.media_type().is_some_and(|media| media.eq_ignore_ascii_case(text));
            return Self::CURRENT.into_iter().find(is).ok_or(ContentFormatError);
        }
        Self::CURRENT
            .into_iter()
            .find(|format| format.name().is_some_and(|name| same_name(name, text)))
            .or_else(|| SHORT_NAMES.iter().find(|(name, _)| same_name(name, text)).map(|&(_, format)| format))
            .ok_or(ContentFormatError)
    }
}

/// The text is no number of 0 to 65535 and no name or media type of a format that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a content format: a number like 11542, a name like tlv or a media type")]
#[non_exhaustive]
pub struct ContentFormatError;

/// What formats are called besides their names.
const SHORT_NAMES: [(&str, ContentFormat); 8] = [
    ("plain", ContentFormat::TEXT),
    ("link", ContentFormat::LINK_FORMAT),
    ("links", ContentFormat::LINK_FORMAT),
    ("core link", ContentFormat::LINK_FORMAT),
    ("json", ContentFormat::JSON),
    ("oma json", ContentFormat::JSON),
    ("etch json", ContentFormat::SENML_ETCH_JSON),
    ("etch cbor", ContentFormat::SENML_ETCH_CBOR),
];

fn same_name(a: &str, b: &str) -> bool {
    let bare = |byte: &u8| !b" -+_".contains(byte);
    let (a, b) = (a.bytes().filter(bare), b.bytes().filter(bare));
    a.map(|byte| byte.to_ascii_lowercase()).eq(b.map(|byte| byte.to_ascii_lowercase()))
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

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn reads_what_it_prints_and_more() {
        for format in ContentFormat::CURRENT {
            assert_eq!(format.name().unwrap().parse(), Ok(format));
            assert_eq!(format.media_type().unwrap().parse(), Ok(format));
            assert_eq!(format.0.to_string().parse(), Ok(format));
        }
        for (text, format) in [
            ("TLV", 11542),
            (" senml_json ", 110),
            ("lwm2m-cbor", 11544),
            ("lwm2m-json", 11543),
            ("json", 11543),
            ("cbor", 60),
            ("etch-cbor", 322),
            ("text/plain; charset=utf-8", 0),
            ("Application/VND.oma.lwm2m+TLV", 11542),
            ("1543", 1543),
            ("65535", 65535),
        ] {
            assert_eq!(text.parse(), Ok(ContentFormat(format)), "{text}");
        }
        for text in ["", "-", "65536", "-1", "+5", "xml", "text/html", "application/", "senml", "11542x", ";"] {
            assert_eq!(text.parse::<ContentFormat>(), Err(ContentFormatError), "{text}");
        }
    }
}
