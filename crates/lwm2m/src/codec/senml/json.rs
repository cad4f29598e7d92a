//! SenML in JSON: records as objects with short names.
//!
//! Source: RFC 8428, "JSON Representation (application/senml+json)".

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{Draft, Label, Raw, Sink, Source};
use crate::codec::json::{self, Kind, Reader};
use crate::codec::notes::Notes;
use crate::codec::number::Number;
use crate::codec::{DecodeError, EncodeError};
use crate::{Context, Entry, FieldKind, Mode, Value, base64};

pub(in crate::codec) fn decode<'p>(payload: &'p [u8], context: &Context<'_>) -> Result<Vec<Entry<'p>>, DecodeError> {
    let notes = &mut ();
    let mut json = Reader::new(payload, context.mode == Mode::Lenient, context.limits.nesting, notes)?;
    json.array()?;
    super::decode(&mut Json { json, first_record: true, first_key: true }, payload.len(), context)
}

pub(in crate::codec) fn encode(entries: &[Entry<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut text = Text { out: Vec::with_capacity(entries.len() * 24 + 24) };
    text.out.push(b'[');
    super::encode(entries, context, &mut text)?;
    text.out.push(b']');
    Ok(text.out)
}

struct Json<'p, 'n, N> {
    json: Reader<'p, 'n, N>,
    first_record: bool,
    first_key: bool,
}

impl<'p, N: Notes> Source<'p> for Json<'p, '_, N> {
    fn record(&mut self) -> Result<Option<usize>, DecodeError> {
        if !self.json.element(self.first_record)? {
            return self.json.end().map(|()| None);
        }
        self.first_record = false;
        self.first_key = true;
        let at = self.json.at();
        self.json.object(FieldKind::Record)?;
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
        self.json.number().map(Number::from)
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
    out: Vec<u8>,
}

impl Sink for Text {
    fn record(&mut self, draft: &Draft<'_>) -> Result<(), EncodeError> {
        let out = &mut self.out;
        let mut separator: &[u8] = if out.len() == 1 { b"{" } else { b",{" };
        for (key, name) in [(b"\"bn\":".as_slice(), draft.base_name), (b"\"n\":", draft.name)] {
            if let Some(name) = name {
                out.extend_from_slice(separator);
                out.extend_from_slice(key);
                json::write_string(name, out);
                separator = b",";
            }
        }
        if let Some(time) = draft.base_time {
            json::write(out, format_args!(",\"bt\":{time}"));
        }
        if let Some(time) = draft.time {
            json::write(out, format_args!(",\"t\":{time}"));
        }
        match draft.value {
            None => {}
            Some(Value::String(text) | Value::CoreLink(text)) => {
                out.extend_from_slice(b",\"vs\":");
                json::write_string(text, out);
            }
            Some(Value::Opaque(bytes)) => {
                out.extend_from_slice(b",\"vd\":\"");
                base64::encode_url(bytes, out);
                out.push(b'"');
            }
            Some(Value::Boolean(true)) => out.extend_from_slice(b",\"vb\":true"),
            Some(Value::Boolean(false)) => out.extend_from_slice(b",\"vb\":false"),
            Some(Value::ObjectLink(link)) => {
                out.extend_from_slice(b",\"vlo\":\"");
                json::write_object_link(*link, out);
                out.push(b'"');
            }
            Some(number) => {
                out.extend_from_slice(b",\"v\":");
                json::write_number(number, draft.path, out)?;
            }
        }
        out.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests;
