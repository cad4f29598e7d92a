//! The functions that JavaScript sees. Numbers go in as arguments, bytes through the input, see `state.rs`.
//!
//! Each gives a number, or -1 with a failure as JSON in the answer.

// To give a function the name under which JavaScript finds it is `unsafe` to the compiler, because a name could be given
// twice. Nothing else here is: the buffers are vectors, and only their addresses leave.
#![allow(unsafe_code)]

use lwm2m::{ContentFormat, Context, Mode, Models, Path, Version, WriteAttributes, codec};

use crate::shared::{split, text};
use crate::state::{Failure, call};
use crate::{annotation, definitions, entries, facts, links};

/// Bits of the argument `head`, which also holds the number of ids as in a record.
const STRICT: u32 = 1;

/// Reads a payload: the input is the payload, the root and the prefix.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)] // numbers are free, a struct is not
extern "C" fn decode(
    format: u32,
    head: u32,
    high: u32,
    low: u32,
    models: usize,
    payload: usize,
    root: usize,
    prefix: usize,
) -> i32 {
    call(|input, answer, sets| {
        let models = chosen(sets, models)?;
        let (bytes, rest) = split(input, payload);
        let context = context(format, [head, high, low], models, rest, root, prefix)?;
        let payload = codec::decode(bytes, &context).map_err(decode_failure)?;
        Ok(entries::write(payload.entries().iter(), bytes, models, answer))
    })
}

/// Reads a payload of several devices: the records of all of them, and as extra a list of prefix and number.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)]
extern "C" fn groups(
    format: u32,
    head: u32,
    high: u32,
    low: u32,
    models: usize,
    payload: usize,
    root: usize,
    prefix: usize,
) -> i32 {
    call(|input, answer, sets| {
        let models = chosen(sets, models)?;
        let (bytes, rest) = split(input, payload);
        let context = context(format, [head, high, low], models, rest, root, prefix)?;
        let groups = codec::decode_groups(bytes, &context).map_err(decode_failure)?;
        let json = &mut answer.extra;
        json.open('[');
        for group in &groups {
            json.open('[');
            json.string(&group.prefix);
            json.bare(group.payload.entries().len());
            json.close(']');
        }
        json.close(']');
        Ok(entries::write(groups.iter().flat_map(|group| group.payload.entries()), bytes, models, answer))
    })
}

/// Reads a payload as [`decode`] does, and tells what its bytes are. Gives the number of entries; the records of the
/// fields follow theirs, and the rest is the extra.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)]
extern "C" fn annotate(
    format: u32,
    head: u32,
    high: u32,
    low: u32,
    models: usize,
    payload: usize,
    root: usize,
    prefix: usize,
) -> i32 {
    call(|input, answer, sets| {
        let models = chosen(sets, models)?;
        let (bytes, rest) = split(input, payload);
        let context = context(format, [head, high, low], models, rest, root, prefix)?;
        let annotation = lwm2m::annotate(bytes, &context);
        Ok(annotation::write(&annotation, bytes, models, answer))
    })
}

/// Writes a payload: the input is the records, the root, the prefix and the blob.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)]
extern "C" fn encode(
    format: u32,
    head: u32,
    high: u32,
    low: u32,
    models: usize,
    records: usize,
    root: usize,
    prefix: usize,
) -> i32 {
    call(|input, answer, sets| {
        let models = chosen(sets, models)?;
        let (records, rest) = split(input, records * 32);
        let context = context(format, [head, high, low], models, rest, root, prefix)?;
        let entries = entries::read(records, split(rest, root + prefix).1, models)?;
        answer.bytes = codec::encode(&entries, &context)
            .map_err(|error| Failure { path: error.path(), ..Failure::new(error.code(), error) })?;
        Ok(answer.bytes.len())
    })
}

/// Reads a path. Gives the number of its ids; its ids are the one record.
#[unsafe(no_mangle)]
extern "C" fn path(length: usize, strict: u32) -> i32 {
    call(|input, answer, _| {
        let text = text(split(input, length).0)?;
        let path = Path::parse(text, mode(strict)).map_err(|error| Failure::new("Path", error))?;
        answer.records.push(entries::ids(path));
        Ok(path.ids().len())
    })
}

/// The number of a format given as text.
#[unsafe(no_mangle)]
extern "C" fn format(length: usize) -> i32 {
    call(|input, _, _| {
        let format: ContentFormat =
            text(split(input, length).0)?.parse().map_err(|error| Failure::new("Format", error))?;
        Ok(format.0.into())
    })
}

/// Makes a set of definitions from lines, see `definitions.rs`. Gives its number.
#[unsafe(no_mangle)]
extern "C" fn models(length: usize) -> i32 {
    call(|input, _, sets| {
        let base = chosen(sets, 0)?.clone();
        let made = definitions::read(text(split(input, length).0)?, base)?;
        let free = sets.iter().position(Option::is_none);
        let place = free.unwrap_or(sets.len());
        match sets.get_mut(place) {
            Some(set) => *set = Some(made),
            None => sets.push(Some(made)),
        }
        Ok(place)
    })
}

/// Forgets a set.
#[unsafe(no_mangle)]
extern "C" fn forget(models: usize) -> i32 {
    call(|_, _, sets| {
        if let Some(set) = sets.get_mut(models.max(1)) {
            *set = None;
        }
        Ok(0)
    })
}

/// Links as JSON. The input is the list and the root below which paths are.
#[unsafe(no_mangle)]
extern "C" fn links(length: usize, root: usize, strict: u32) -> i32 {
    call(|input, answer, _| {
        let (list, rest) = split(input, length);
        let root = text(split(rest, root).0)?;
        let links = lwm2m::link::parse(list, mode(strict)).map_err(links::failure)?;
        answer.json(|json| links::write(&links, root, json));
        Ok(links.len())
    })
}

/// A Write-Attributes as JSON. With `check` it must also be fit for the path, and for a device of LwM2M 1.`minor`.
#[unsafe(no_mangle)]
extern "C" fn attributes(length: usize, check: u32, head: u32, high: u32, low: u32, models: usize, minor: u32) -> i32 {
    call(|input, answer, sets| {
        let query = text(split(input, length).0)?;
        let write = WriteAttributes::parse(query, mode(head & STRICT)).map_err(|e| Failure::new("Attribute", e))?;
        if check != 0 {
            let (path, version) = (entries::path(head, high, low), Version::new(1, minor as u8));
            write
                .validate(path, version, chosen(sets, models)?)
                .map_err(|error| Failure { path: Some(path), ..Failure::new("Violation", error) })?;
        }
        answer.json(|json| links::write_attributes(&write, json));
        Ok(0)
    })
}

/// The kinds of fields as JSON, by their numbers.
#[unsafe(no_mangle)]
extern "C" fn kinds() -> i32 {
    call(|_, answer, _| {
        answer.json(annotation::kinds);
        Ok(0)
    })
}

/// The facts of an object as JSON; 0 if there are none.
#[unsafe(no_mangle)]
extern "C" fn object(models: usize, id: u32) -> i32 {
    call(|_, answer, sets| {
        let Some(object) = u16::try_from(id).ok().zip(Some(chosen(sets, models)?)).and_then(|(id, m)| m.object(id))
        else {
            return Ok(0);
        };
        answer.json(|json| facts::object(&object, json));
        Ok(1)
    })
}

fn chosen(sets: &[Option<Models>], number: usize) -> Result<&Models, Failure> {
    sets.get(number).and_then(Option::as_ref).ok_or_else(|| Failure::new("Models", "these definitions are gone"))
}

fn context<'c>(
    format: u32,
    [head, high, low]: [u32; 3],
    models: &'c Models,
    texts: &'c [u8],
    root: usize,
    prefix: usize,
) -> Result<Context<'c>, Failure> {
    let base = entries::path(head, high, low);
    let (root, rest) = split(texts, root);
    let context = Context::new(ContentFormat(format as u16), base, models).with_mode(mode(head & STRICT));
    Ok(context.with_root(text(root)?).with_prefix(text(split(rest, prefix).0)?))
}

fn mode(strict: u32) -> Mode {
    if strict == 0 { Mode::Lenient } else { Mode::Strict }
}

pub(crate) fn decode_failure(error: codec::DecodeError) -> Failure {
    Failure { at: error.at(), path: error.path(), ..Failure::new(error.code(), error) }
}
