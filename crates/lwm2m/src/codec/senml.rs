//! SenML, as LwM2M uses it: what a pack means, however it is written. `json.rs` and `cbor.rs` read and write it.
//!
//! A pack is an array of records. A record adds its name to the base name (pure concatenation) and its time to the base
//! time; base fields hold for their own record and all later ones until they are replaced. A record without a value is a
//! path alone: a wish of a composite read, or something empty. One with nothing but a base name is that too.
//!
//! In SenML-ETCH (320, 322) the first record says what the whole pack is: with a value or `null` in it a patch pack, which
//! changes, and where `null` deletes; without, a fetch pack, which only names. A pack that does both is refused. The
//! Create of an instance without id cannot be said, since names are whole paths.
//!
//! Source: RFC 8428, "SenML Structure and Semantics"; RFC 8790, "Using FETCH and (i)PATCH with SenML"; OMA LwM2M Core
//! 1.2, "SenML JSON" and "SenML CBOR".

pub(super) mod cbor;
pub(super) mod json;
mod read;
mod write;

use alloc::borrow::Cow;

use super::number::Number;
use crate::ContentFormat;

/// The fields of RFC 8428, and `vlo` of LwM2M.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Name,
    Unit,
    Value,
    Text,
    Boolean,
    Sum,
    Time,
    UpdateTime,
    Data,
    Link,
    BaseVersion,
    BaseName,
    BaseTime,
    BaseUnit,
    BaseValue,
    BaseSum,
    /// Any other.
    Unknown,
    /// Any other that ends with `_`: whoever does not know it must not read on.
    Required,
}

impl Label {
    /// By the name that JSON has for it.
    fn named(name: &str) -> Self {
        match name {
            "n" => Self::Name,
            "v" => Self::Value,
            "vs" => Self::Text,
            "bn" => Self::BaseName,
            "vb" => Self::Boolean,
            "vd" => Self::Data,
            "vlo" => Self::Link,
            "t" => Self::Time,
            "bt" => Self::BaseTime,
            "u" => Self::Unit,
            "bu" => Self::BaseUnit,
            "bv" => Self::BaseValue,
            "bver" => Self::BaseVersion,
            "s" => Self::Sum,
            "bs" => Self::BaseSum,
            "ut" => Self::UpdateTime,
            _ if name.ends_with('_') => Self::Required,
            _ => Self::Unknown,
        }
    }

    /// By the number that CBOR has for it.
    const fn numbered(number: i128) -> Self {
        match number {
            0 => Self::Name,
            1 => Self::Unit,
            2 => Self::Value,
            3 => Self::Text,
            4 => Self::Boolean,
            5 => Self::Sum,
            6 => Self::Time,
            7 => Self::UpdateTime,
            8 => Self::Data,
            -1 => Self::BaseVersion,
            -2 => Self::BaseName,
            -3 => Self::BaseTime,
            -4 => Self::BaseUnit,
            -5 => Self::BaseValue,
            -6 => Self::BaseSum,
            _ => Self::Unknown,
        }
    }

    /// The number that CBOR has for it. `vlo` and what is unknown have none.
    const fn number(self) -> i8 {
        let place = self as i8;
        let first_base = Self::BaseVersion as i8;
        if place >= first_base { first_base - 1 - place } else { place }
    }
}

/// A value as it was written, before anyone asked for its type.
enum Raw<'p> {
    Number(Number<'p>),
    Text(Cow<'p, str>),
    Boolean(bool),
    Base64(Cow<'p, str>),
    Bytes(Cow<'p, [u8]>),
    Link(Cow<'p, str>),
    Null,
    /// There was none.
    Nothing,
}

impl Raw<'_> {
    const fn name(&self) -> &'static str {
        match self {
            Self::Number(_) => "number",
            Self::Text(_) => "text",
            Self::Boolean(_) => "boolean",
            Self::Base64(_) | Self::Bytes(_) => "data",
            Self::Link(_) => "object link",
            Self::Null => "null",
            Self::Nothing => "nothing",
        }
    }
}

/// Whether it is a fetch or patch pack.
fn is_etch(format: ContentFormat) -> bool {
    matches!(format, ContentFormat::SENML_ETCH_JSON | ContentFormat::SENML_ETCH_CBOR)
}

#[cfg(test)]
mod tests;
