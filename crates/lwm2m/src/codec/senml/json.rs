//! SenML in JSON: records as objects with short names.
//!
//! Source: RFC 8428, "JSON Representation (application/senml+json)".

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::{Draft, Label, Raw, Sink, Source};
use crate::codec::json::{self, Kind, Reader};
use crate::codec::number::Number;
use crate::codec::{DecodeError, EncodeError};
use crate::{Context, Entry, Mode, Value, base64};

pub(in crate::codec) fn decode<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
    let mut json = Reader::new(payload, context.mode == Mode::Lenient, context.limits.nesting)?;
    json.array()?;
    super::decode(&mut Json { json, first_record: true, first_key: true }, payload.len(), context)
}

pub(in crate::codec) fn encode(entries: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut text = Text { out: String::with_capacity(entries.len() * 24 + 24) };
    text.out.push('[');
    super::encode(entries, context, &mut text)?;
    text.out.push(']');
    Ok(text.out.into_bytes())
}

struct Json<'p> {
    json: Reader<'p>,
    first_record: bool,
    first_key: bool,
}

impl<'p> Source<'p> for Json<'p> {
    fn record(&mut self) -> Result<Option<usize>, DecodeError> {
        if !self.json.element(self.first_record)? {
            return self.json.end().map(|()| None);
        }
        self.first_record = false;
        self.first_key = true;
        let at = self.json.at();
        self.json.object()?;
        Ok(Some(at))
    }

    fn key(&mut self) -> Result<Option<(Label, usize)>, DecodeError> {
        while let Some((key, at)) = self.json.key(self.first_key)? {
            self.first_key = false;
            match Label::named(&key) {
                Some(label) => return Ok(Some((label, at))),
                None if key.ends_with('_') => return Err(DecodeError::MustUnderstand { at }),
                None => self.json.value()?,
            }
        }
        Ok(None)
    }

    fn at(&mut self) -> usize {
        self.json.at()
    }

    fn number(&mut self) -> Result<Number<'p>, DecodeError> {
        self.json.number().map(|digits| Number::Text(Cow::Borrowed(digits)))
    }

    fn time(&mut self) -> Result<Number<'p>, DecodeError> {
        if self.json.kind()? != Kind::Number {
            return Err(DecodeError::Syntax { at: self.json.at(), expected: "a number" });
        }
        self.number()
    }

    fn text(&mut self) -> Result<Cow<'p, str>, DecodeError> {
        self.json.string()
    }

    fn boolean(&mut self) -> Result<bool, DecodeError> {
        self.json.boolean()
    }

    fn data(&mut self) -> Result<Raw<'p>, DecodeError> {
        self.json.string().map(Raw::Base64)
    }

    fn skip(&mut self) -> Result<(), DecodeError> {
        self.json.value()
    }
}

struct Text {
    out: String,
}

impl Sink for Text {
    fn record(&mut self, draft: &Draft<'_>) -> Result<(), EncodeError> {
        let mut separator = if self.out.len() == 1 { "{" } else { ",{" };
        for (key, name) in [("\"bn\":", draft.base_name), ("\"n\":", draft.name)] {
            if let Some(name) = name {
                self.out.push_str(separator);
                self.out.push_str(key);
                json::write_string(name, &mut self.out);
                separator = ",";
            }
        }
        if let Some(time) = draft.base_time {
            self.write(format_args!(",\"bt\":{time}"));
        }
        if let Some(time) = draft.time {
            self.write(format_args!(",\"t\":{time}"));
        }
        match draft.value {
            None => {}
            Some(Value::String(text) | Value::CoreLink(text)) => {
                self.out.push_str(",\"vs\":");
                json::write_string(text, &mut self.out);
            }
            Some(Value::Opaque(bytes)) => {
                self.out.push_str(",\"vd\":\"");
                base64::encode_url(bytes, &mut self.out);
                self.out.push('"');
            }
            Some(Value::Boolean(truth)) => self.write(format_args!(",\"vb\":{truth}")),
            Some(Value::ObjectLink(link)) => self.write(format_args!(",\"vlo\":\"{link}\"")),
            Some(Value::Float(number)) if !number.is_finite() => {
                return Err(EncodeError::NotFinite { path: draft.path });
            }
            Some(value) => self.write(format_args!(",\"v\":{value}")),
        }
        self.out.push('}');
        Ok(())
    }
}

impl Text {
    /// Writing to a `String` cannot fail.
    fn write(&mut self, arguments: core::fmt::Arguments<'_>) {
        let _ = self.out.write_fmt(arguments);
    }
}

#[cfg(test)]
pub(super) mod tests;
