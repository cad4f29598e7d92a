//! Write: Replace and Partial Update. All of a request is checked before any of it is done.
//!
//! Source: OMA LwM2M Core, "Write".

use std::collections::{BTreeMap, BTreeSet};

use coap_exchange::{Now, Request, Response, ResponseType};
use lwm2m::codec::{self, DecodeError};
use lwm2m::{ContentFormat, Context, Entry, EntryValue, Level, Path, Value};

use super::io::ClientEvent;
use super::operation::Refusal;
use super::registration::Effect;
use super::tree::Resource;
use super::{Client, objects};

impl Client {
    /// PUT on an instance: what the payload leaves out is gone, unless the device itself keeps it.
    pub(super) fn replace_instance(
        &mut self,
        now: Now,
        path: Path,
        request: &Request,
        format: Option<ContentFormat>,
    ) -> Result<Response, Refusal> {
        let entries = self.written(path, request, format)?;
        let present: Vec<_> = self.tree.instance(path).into_iter().flatten().map(|(id, _)| *id).collect();
        let mut gone = Vec::new();
        for at in present.into_iter().filter_map(|id| path.child(id)) {
            let Some(facts) = self.tree.facts(at).filter(|facts| facts.operations.can_write()) else { continue };
            let given = entries.iter().any(|entry| at.contains(entry.path));
            match (given, facts.mandatory) {
                (true, _) if facts.multiple => gone.push(at),
                (false, true) => return Err(Refusal::bad(format!("{at} is mandatory"))),
                (false, false) => gone.push(at),
                (true, _) => {}
            }
        }
        self.apply(now, path, &gone, entries)
    }

    /// PUT on a resource or a resource instance: it has these values and no others.
    pub(super) fn replace_resource(
        &mut self,
        now: Now,
        path: Path,
        request: &Request,
        format: Option<ContentFormat>,
    ) -> Result<Response, Refusal> {
        let mut entries = self.written(path, request, format.or(Some(ContentFormat::TEXT)))?;
        if entries.iter().all(|entry| entry.value().is_none()) {
            let multiple = self.tree.facts(path).is_some_and(|facts| facts.multiple);
            if !multiple || path.level() == Level::ResourceInstance {
                return Err(Refusal::bad("no value"));
            }
            // All instances go, the resource stays; SenML says so with an empty list.
            entries = vec![Entry::absent(path)];
        }
        let gone = if path.level() == Level::Resource { vec![path] } else { Vec::new() };
        self.apply(now, path, &gone, entries)
    }

    /// POST on an instance: these values, and the others stay.
    pub(super) fn update_instance(
        &mut self,
        now: Now,
        path: Path,
        request: &Request,
        format: Option<ContentFormat>,
    ) -> Result<Response, Refusal> {
        let entries = self.written(path, request, format)?;
        self.apply(now, path, &[], entries)
    }

    /// POST on a resource with a format for several values: these resource instances, and the others stay.
    pub(super) fn update_resource(
        &mut self,
        now: Now,
        path: Path,
        request: &Request,
        format: Option<ContentFormat>,
    ) -> Result<Response, Refusal> {
        let entries = self.written(path, request, format)?;
        self.apply(now, path, &[], entries)
    }

    /// What a request would write, checked: place, access, type, range.
    fn written(
        &mut self,
        path: Path,
        request: &Request,
        format: Option<ContentFormat>,
    ) -> Result<Vec<Entry<'static>>, Refusal> {
        if self.tree.instance(path).is_none() {
            return Err(Refusal::not_found(path.truncate(2)));
        }
        if path.level() >= Level::Resource {
            self.writable(path)?;
        }
        let entries = self.decode(path, request, format)?;
        self.check(&entries)?;
        Ok(entries)
    }

    /// The entries of a payload, at or below `path`.
    pub(super) fn decode(
        &self,
        path: Path,
        request: &Request,
        format: Option<ContentFormat>,
    ) -> Result<Vec<Entry<'static>>, Refusal> {
        let unsupported = |text: String| Refusal::new(ResponseType::UnsupportedContentFormat, text);
        let format = format.ok_or_else(|| unsupported("Content-Format is missing".into()))?;
        if !self.formats.contains(&format) {
            return Err(unsupported(format!("content format {format} is not spoken here")));
        }
        let context = Context::new(format, path, &self.tree.models);
        match codec::decode(&request.payload, &context) {
            Ok(payload) => Ok(payload.into_owned().into_entries()),
            Err(error @ (DecodeError::Unsupported(_) | DecodeError::Base { .. })) => {
                Err(unsupported(error.to_string()))
            }
            Err(error @ DecodeError::TooLarge { .. }) => {
                Err(Refusal::new(ResponseType::RequestEntityTooLarge, error.to_string()))
            }
            Err(error) => Err(Refusal::bad(error.to_string())),
        }
    }

    /// Whether a resource may be written.
    fn writable(&self, path: Path) -> Result<(), Refusal> {
        let at = path.truncate(3);
        let supported = path.object_id().and_then(|id| self.tree.objects.get(&id));
        let supported =
            supported.is_some_and(|object| path.resource_id().is_some_and(|id| object.supported.contains(&id)));
        let facts = self.tree.facts(path).filter(|_| supported).ok_or_else(|| Refusal::not_found(at))?;
        if !facts.operations.can_write() {
            return Err(Refusal::not_allowed(format!("{at} can't be written")));
        }
        if path.level() == Level::ResourceInstance && !facts.multiple {
            return Err(Refusal::not_allowed(format!("{at} has no instances")));
        }
        Ok(())
    }

    /// Checks entries one by one: access, type, range, bounds.
    fn check(&mut self, entries: &[Entry<'static>]) -> Result<(), Refusal> {
        for entry in entries.iter().filter(|entry| entry.path.level() >= Level::Resource) {
            self.writable(entry.path)?;
            self.check_value(entry)?;
        }
        Ok(())
    }

    /// Type, range and bounds of one entry.
    pub(super) fn check_value(&mut self, entry: &Entry<'static>) -> Result<(), Refusal> {
        let path = entry.path;
        let Some(facts) = self.tree.facts(path) else { return Err(Refusal::not_found(path)) };
        let (level, multiple) = (path.level(), facts.multiple);
        let value = match &entry.value {
            EntryValue::Value(value) => value,
            // An empty list of resource instances.
            EntryValue::Absent if level == Level::Resource && multiple => return Ok(()),
            EntryValue::Absent | EntryValue::Delete => return Err(Refusal::bad(format!("{path} has no value"))),
        };
        if multiple != (level == Level::ResourceInstance) {
            return Err(Refusal::bad(format!("{path} is not single or multiple as defined")));
        }
        if facts.value_type != Some(value.value_type()) {
            return Err(Refusal::bad(format!("{path} has another type")));
        }
        if !in_range(facts.range, value) {
            return Err(Refusal::bad(format!("{path} must be in {}", facts.range)));
        }
        if matches!(value, Value::Float(number) if !number.is_finite()) {
            return Err(Refusal::bad(format!("{path} must be finite")));
        }
        let bytes = match value {
            Value::String(text) | Value::CoreLink(text) => text.len(),
            Value::Opaque(bytes) => bytes.len(),
            _ => 0,
        };
        if bytes > self.limits.value_bytes {
            self.stats.values_too_large += 1;
            return Err(Refusal::new(ResponseType::RequestEntityTooLarge, format!("{path} is too long")));
        }
        objects::refuse_value(path, value)
    }

    /// Does what was checked: takes out what is gone, puts in what is new.
    fn apply(
        &mut self,
        now: Now,
        path: Path,
        gone: &[Path],
        entries: Vec<Entry<'static>>,
    ) -> Result<Response, Refusal> {
        self.check_room(gone, &entries)?;
        for at in gone.iter().filter(|at| !entries.iter().any(|entry| entry.path == **at && entry.value().is_some())) {
            let emptied = entries.iter().any(|entry| at.contains(entry.path));
            match (emptied, &*at.ids()) {
                // A multiple resource that stays, with other instances or with none.
                (true, [object, instance, resource]) => {
                    if let Some(object) = self.tree.objects.get_mut(object)
                        && let Some(instance) = object.instances.get_mut(instance)
                    {
                        instance.insert(*resource, Resource::Values(BTreeMap::new()));
                    }
                }
                _ => self.tree.remove(*at),
            }
            self.changed.insert(*at);
        }
        self.put_entries(now, &entries);
        // Told once, however many of them it touches.
        let effects: Vec<_> = entries.iter().filter_map(|entry| self.after_write(entry.path)).collect();
        self.effects.extend(effects.into_iter().reduce(Effect::and));
        self.tell(ClientEvent::Written { path, entries });
        Ok(Response::new(ResponseType::Changed))
    }

    /// Whether the resource instances fit into the limit.
    fn check_room(&mut self, gone: &[Path], entries: &[Entry<'static>]) -> Result<(), Refusal> {
        let resources = entries.iter().filter(|entry| entry.path.level() == Level::ResourceInstance);
        let resources: BTreeSet<_> = resources.map(|entry| entry.path.truncate(3)).collect();
        for at in resources {
            let mut indices: BTreeSet<u16> = match self.tree.resource(at) {
                Some(Resource::Values(values)) if !gone.contains(&at) => values.keys().copied().collect(),
                _ => BTreeSet::new(),
            };
            let new = entries.iter().filter(|entry| at.contains(entry.path));
            indices.extend(new.filter_map(|entry| entry.path.resource_instance_id()));
            if indices.len() > self.limits.resource_instances {
                self.stats.resource_instances_full += 1;
                let text = format!("{at} has no room for more instances");
                return Err(Refusal::new(ResponseType::InternalServerError, text));
            }
        }
        Ok(())
    }

    /// Puts checked values into the tree.
    pub(super) fn put_entries(&mut self, now: Now, entries: &[Entry<'static>]) {
        for entry in entries {
            if let EntryValue::Value(value) = &entry.value {
                self.put(now, entry.path, value.clone());
            }
        }
    }

    /// Puts one value into the tree, with what hangs on it.
    pub(super) fn put(&mut self, now: Now, path: Path, value: Value<'static>) {
        self.before_change(now, path, &value);
        if self.tree.put(path, value) || objects::is_running(path) {
            self.changed.insert(path);
        }
        self.after_change(now, path);
    }
}

/// Whether a value lies in a range as the registry writes it: `0..100`, `0-100`, `10,26`; of text and bytes it is the length.
/// A range that cannot be read allows everything.
pub(super) fn in_range(range: &str, value: &Value<'_>) -> bool {
    let number = match value {
        Value::Integer(number) => *number as f64,
        Value::Unsigned(number) => *number as f64,
        Value::Float(number) => *number,
        Value::String(text) => text.chars().count() as f64,
        Value::Opaque(bytes) => bytes.len() as f64,
        _ => return true,
    };
    let is_number = matches!(value, Value::Integer(_) | Value::Unsigned(_) | Value::Float(_));
    let range = range.trim_end_matches(" bytes");
    let bounds = match range.split_once("..") {
        Some((low, high)) => Some((low, high.trim_start_matches('.'))),
        // `0-100`; a minus at the front is a sign.
        None => range.char_indices().skip(1).find(|(_, c)| *c == '-').map(|(at, _)| (&range[..at], &range[at + 1..])),
    };
    match bounds {
        Some((low, high)) => match (low.trim().parse::<f64>(), high.trim().parse::<f64>()) {
            // One object of the registry has them the wrong way round.
            (Ok(low), Ok(high)) => low.min(high) <= number && number <= low.max(high),
            _ => true,
        },
        None if is_number && range.contains(',') => {
            let listed: Option<Vec<f64>> = range.split(',').map(|one| one.trim().parse().ok()).collect();
            listed.is_none_or(|listed| listed.contains(&number))
        }
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        // All forms that objects.tsv has.
        let rows: &[(&str, Value<'_>, bool)] = &[
            ("", Value::Integer(-5), true),
            ("0..100", Value::Integer(100), true),
            ("0..100", Value::Integer(101), false),
            ("0-100", Value::Integer(-1), false),
            ("-110..-48", Value::Integer(-48), true),
            ("-110..-48", Value::Integer(-111), false),
            ("-30..-120", Value::Integer(-60), true),
            ("-100.0..100.0", Value::Float(100.5), false),
            ("1...3", Value::Integer(3), true),
            ("1...3", Value::Integer(4), false),
            ("10,26", Value::Integer(26), true),
            ("5, 10, 15, 20", Value::Integer(12), false),
            ("0..255 bytes", Value::String("x".repeat(255).into()), true),
            ("0..255", Value::String("x".repeat(256).into()), false),
            ("4..63", Value::String("abc".into()), false),
            ("1 bytes", Value::Integer(300), true),
            ("12", Value::String("x".into()), true),
            ("0..9223372036854775807", Value::Integer(i64::MAX), true),
            ("0..1", Value::Boolean(true), true),
        ];
        for (range, value, want) in rows {
            assert_eq!(in_range(range, value), *want, "{value:?} in {range:?}");
        }
    }
}
