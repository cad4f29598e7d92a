//! Read: values, in the format that is asked for.
//!
//! Source: OMA LwM2M Core, "Read"; lwm2m-facts (a), "No Accept: the client chooses".

use coap_exchange::{Now, Response, ResponseType};
use lwm2m::codec::{self, EncodeError};
use lwm2m::{ContentFormat, Context, Entry, EntryValue, Level, Path, Value};

use super::Client;
use super::operation::Refusal;
use super::tree::Resource;

impl Client {
    pub(super) fn read(&self, now: Now, path: Path, accept: Option<ContentFormat>) -> Result<Response, Refusal> {
        let entries = self.readable(now, path)?;
        self.content(path, &entries, accept)
    }

    /// What a Read of this path shows now.
    pub(super) fn readable(&self, now: Now, path: Path) -> Result<Vec<Entry<'static>>, Refusal> {
        if !self.tree.exists(path) {
            return Err(self.missing(path));
        }
        if path.level() >= Level::Resource {
            let can_read = self.tree.facts(path).is_some_and(|facts| facts.operations.can_read());
            if !can_read || matches!(self.tree.resource(path), Some(Resource::Executable)) {
                return Err(Refusal::not_allowed(format!("{path} can't be read")));
            }
        }
        let mut entries = self.tree.entries(path);
        entries.retain(|entry| {
            entry.path.level() < Level::Resource
                || self.tree.facts(entry.path).is_some_and(|facts| facts.operations.can_read())
        });
        for entry in &mut entries {
            if let EntryValue::Value(value) = &mut entry.value
                && super::objects::is_running(entry.path)
                && let Some(current) = self.value_now(now, entry.path)
            {
                *value = current;
            }
        }
        Ok(entries)
    }

    /// A 2.05 with these entries.
    pub(super) fn content(
        &self,
        path: Path,
        entries: &[Entry<'static>],
        accept: Option<ContentFormat>,
    ) -> Result<Response, Refusal> {
        let format = accept.unwrap_or_else(|| self.default_format(path, entries));
        if !self.formats.contains(&format) {
            return Err(Refusal::new(
                ResponseType::NotAcceptable,
                format!("content format {format} is not spoken here"),
            ));
        }
        let context = Context::new(format, path, &self.tree.models);
        let encoded = if format == ContentFormat::TLV {
            codec::encode(entries, &context)
        } else {
            // Only TLV can say that something is empty.
            let values: Vec<_> = entries.iter().filter(|entry| entry.value().is_some()).cloned().collect();
            codec::encode(&values, &context)
        };
        match encoded {
            Ok(payload) => Ok(Response::new(ResponseType::Content).with_content_format(format.0).with_payload(payload)),
            // A number that the format has no way to write is our fault, the rest lies in the format.
            Err(error @ EncodeError::NotFinite { .. }) => {
                Err(Refusal::new(ResponseType::InternalServerError, error.to_string()))
            }
            Err(error) => Err(Refusal::new(ResponseType::NotAcceptable, error.to_string())),
        }
    }

    /// Text for a single value (or its bytes), else the first of these that is spoken.
    fn default_format(&self, path: Path, entries: &[Entry<'static>]) -> ContentFormat {
        let single = match entries {
            [Entry { path: at, value: EntryValue::Value(value), .. }] if *at == path => match value {
                Value::Opaque(_) => Some(ContentFormat::OPAQUE),
                _ => Some(ContentFormat::TEXT),
            },
            _ => None,
        };
        single.filter(|format| self.formats.contains(format)).unwrap_or_else(|| self.structured_format())
    }

    fn structured_format(&self) -> ContentFormat {
        [ContentFormat::SENML_CBOR, ContentFormat::SENML_JSON]
            .into_iter()
            .find(|format| self.formats.contains(format))
            .unwrap_or(ContentFormat::TLV)
    }
}
