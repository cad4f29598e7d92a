//! SenML in JSON: records as objects with short names.
//!
//! Source: RFC 8428, "JSON Representation (application/senml+json)".

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::read::{Name, Source};
use super::write::{Draft, Sink};
use super::{Label, Raw};
use crate::codec::groups::{Part, Prefixes};
use crate::codec::json::{self, Kind, Reader};
use crate::codec::notes::{Mark, Notes};
use crate::codec::number::Number;
use crate::codec::{DecodeError, EncodeError};
use crate::{Context, Entry, FieldKind, Mode, Path, Value, base64};

pub(in crate::codec) fn decode<'p, N: Notes>(
    payload: &'p [u8],
    context: &Context<'_>,
    entries: &mut Vec<Entry<'p>>,
    notes: &mut N,
    prefixes: Option<&mut Prefixes<'p>>,
) -> Result<(), DecodeError> {
    entries.reserve((payload.len() / 24 + 1).min(64));
    let mut json = Reader::new(payload, context.mode == Mode::Lenient, context.limits.nesting, notes)?;
    json.array()?;
    super::read::decode(&mut Json { json, first_record: true, first_key: true }, context, entries, prefixes)
}

pub(in crate::codec) fn encode(parts: &[Part<'_>], context: &Context<'_>) -> Result<Vec<u8>, EncodeError> {
    let count: usize = parts.iter().map(|part| part.1.len()).sum();
    let mut text = Text { out: Vec::with_capacity(count * 24 + 24) };
    text.out.push(b'[');
    super::write::encode(parts, context, &mut text)?;
    text.out.push(b']');
    Ok(text.out)
}

struct Json<'p, 'n, N> {
    json: Reader<'p, 'n, N>,
    first_record: bool,
    first_key: bool,
}

impl<'p, N: Notes> Source<'p> for Json<'p, '_, N> {
    fn record(&mut self) -> Result<Option<(usize, Mark)>, DecodeError> {
        if !self.json.element(self.first_record)? {
            return self.json.end().map(|()| None);
        }
        self.first_record = false;
        self.first_key = true;
        let at = self.json.at();
        let mark = self.json.notes.mark();
        self.json.object(FieldKind::Record)?;
        Ok(Some((at, mark)))
    }

    fn key(&mut self) -> Result<Option<(Label, usize)>, DecodeError> {
        let key = self.json.key(self.first_key)?;
        self.first_key = false;
        Ok(key.map(|(key, at)| (Label::named(&key), at)))
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

    fn name(&mut self) -> Result<Name<'p>, DecodeError> {
        let bytes = match self.json.string()? {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        Ok(Name { bytes, end: self.json.at() })
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

    fn null(&mut self) -> Result<bool, DecodeError> {
        self.json.null()
    }

    fn skip(&mut self) -> Result<(), DecodeError> {
        self.json.value()
    }

    fn note(&mut self, kind: FieldKind) {
        self.json.note(kind);
    }

    fn note_entry(&mut self, since: Mark, path: Path) {
        self.json.notes.entry(since, path);
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
            None if draft.delete => out.extend_from_slice(b",\"v\":null"),
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
pub(in crate::codec) mod tests;
