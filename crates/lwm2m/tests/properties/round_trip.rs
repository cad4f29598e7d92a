//! What is written reads back as it was, strictly too, in every format that can carry it.

use std::collections::BTreeMap;

use lwm2m::codec::{self, DecodeError, EncodeError};
use lwm2m::{
    ContentFormat, Context, Discovery, Entry, InstanceIds, Limits, Mode, Models, ObjectList, Path, RegisteredObject,
    Value, ValueType, Version, WriteAttributes, arguments, link,
};

use crate::random::{OBJECT, Random, models};

const ROUNDS: usize = 250;

/// Path, type, value and time in an order of their own: floats by their digits, so that -0.0 is not 0.0.
fn lines(entries: &[Entry<'_>]) -> Vec<String> {
    let line = |entry: &Entry<'_>| {
        let value = entry.value().map(Value::to_batch_text).unwrap_or_default();
        format!("{} {} {value:?} {:?}", entry.path, entry.type_name(), entry.time)
    };
    let mut lines: Vec<String> = entries.iter().map(line).collect();
    lines.sort();
    lines
}

/// Writes and reads entries; whether the format can carry them.
fn carries(entries: &[Entry<'_>], context: &Context<'_>) -> bool {
    let what = || format!("{:?} at {}", context.format, context.base);
    let bytes = match codec::encode(entries, context) {
        Ok(bytes) => bytes,
        Err(EncodeError::Unsupported(_)) => return false,
        Err(error) => panic!("{}: {error:?} of {entries:?}", what()),
    };
    for mode in [Mode::Lenient, Mode::Strict] {
        match codec::decode(&bytes, &context.with_mode(mode)) {
            Ok(read) => assert_eq!(lines(read.entries()), lines(entries), "{} {mode:?} {bytes:02x?}", what()),
            Err(error) => panic!("{} {mode:?}: {error:?} of {entries:?} in {bytes:02x?}", what()),
        }
    }
    true
}

/// How many lists of entries each format carried.
struct Formats(BTreeMap<u16, usize>);

impl Formats {
    fn check(&mut self, entries: &[Entry<'_>], context: &Context<'_>) {
        *self.0.entry(context.format.0).or_default() += usize::from(carries(entries, context));
    }

    /// Each format carried all that it was given.
    fn finish(self, given: impl Fn(u16) -> usize) {
        for (format, carried) in self.0 {
            assert_eq!(carried, given(format), "{format}");
        }
    }
}

#[test]
fn trees() {
    let (models, mut random, mut formats) = (models(), Random::new(1), Formats(BTreeMap::new()));
    for _ in 0..ROUNDS {
        let instance = Path::instance(OBJECT, random.id());
        for base in [instance, Path::object(OBJECT)] {
            let entries = random.entries(base, 12);
            for format in [110, 112, 11542, 11543, 11544] {
                // Infinities have no place in JSON, and the generator has none.
                formats.check(&entries, &Context::new(ContentFormat(format), base, &models));
            }
        }
        let entries = random.entries(Path::ROOT, 12);
        for format in [110, 112, 11544] {
            formats.check(&entries, &Context::new(ContentFormat(format), Path::ROOT, &models));
        }
    }
    formats.finish(|format| if matches!(format, 110 | 112 | 11544) { 3 * ROUNDS } else { 2 * ROUNDS });
}

#[test]
fn roots_and_prefixes() {
    let (models, mut random, mut formats) = (models(), Random::new(2), Formats(BTreeMap::new()));
    for _ in 0..ROUNDS {
        let entries = random.entries(Path::ROOT, 6);
        for format in [110, 112] {
            let context = Context::new(ContentFormat(format), Path::ROOT, &models);
            for context in
                [context.with_root("/lwm2m"), context.with_prefix("d01"), context.with_root("/a/b").with_prefix("d01")]
            {
                formats.check(&entries, &context);
            }
        }
    }
    formats.finish(|_| 3 * ROUNDS);
}

#[test]
fn single_values() {
    let (models, mut random, mut formats) = (models(), Random::new(3), Formats(BTreeMap::new()));
    for _ in 0..ROUNDS {
        for (place, kind) in (0..).zip(ValueType::ALL) {
            let instance = Path::instance(OBJECT, 0);
            let (single, one) =
                (instance.child(place).unwrap(), instance.child(100 + place).unwrap().child(7).unwrap());
            for path in [single, one] {
                let entries = [Entry::new(path, random.value(kind))];
                for format in [0, 60, 110, 112, 11542, 11543, 11544] {
                    formats.check(&entries, &Context::new(ContentFormat(format), path, &models));
                }
                if kind == ValueType::Opaque {
                    formats.check(&entries, &Context::new(ContentFormat::OPAQUE, path, &models));
                }
            }
        }
    }
    let opaque = formats.0.remove(&42);
    assert_eq!(opaque, Some(2 * ROUNDS));
    formats.finish(|_| 2 * 9 * ROUNDS);
}

#[test]
fn histories() {
    let (models, mut random, mut formats) = (models(), Random::new(4), Formats(BTreeMap::new()));
    for _ in 0..ROUNDS {
        let entries = random.history(Path::ROOT, 6);
        for format in [110, 112] {
            formats.check(&entries, &Context::new(ContentFormat(format), Path::ROOT, &models));
        }
    }
    formats.finish(|_| ROUNDS);
}

#[test]
fn composites() {
    let (models, mut random, mut formats) = (models(), Random::new(5), Formats(BTreeMap::new()));
    for _ in 0..ROUNDS {
        let (patch, wishes) = (random.patch(8), random.wishes(8));
        for format in [320, 322] {
            let context = Context::new(ContentFormat(format), Path::ROOT, &models);
            formats.check(&patch, &context);
            formats.check(&wishes, &context);
        }
        for format in [110, 112] {
            formats.check(&wishes, &Context::new(ContentFormat(format), Path::ROOT, &models));
        }
    }
    formats.finish(|format| if format >= 320 { 2 * ROUNDS } else { ROUNDS });
}

#[test]
fn unknown_objects() {
    // Without a definition the types are what the bytes show: nothing may be lost all the same.
    let mut random = Random::new(6);
    let nothing = Models::default();
    for _ in 0..ROUNDS {
        let base = Path::instance(OBJECT, 0);
        let mut entries = random.entries(base, 6);
        entries.retain(|entry| {
            matches!(entry.value(), Some(Value::String(_) | Value::Boolean(_) | Value::Opaque(_) | Value::Integer(_)))
        });
        if entries.is_empty() {
            continue;
        }
        for format in [110, 112, 11544] {
            carries(&entries, &Context::new(ContentFormat(format), base, &nothing));
        }
    }
    let error = codec::decode(b"", &Context::new(ContentFormat(9_999), Path::ROOT, &nothing));
    assert_eq!(error, Err(DecodeError::Unsupported(ContentFormat(9_999))));
}

#[test]
fn paths() {
    let mut random = Random::new(7);
    for _ in 0..10_000 {
        let mut path = Path::ROOT;
        for _ in 0..random.below(5) {
            path = path.child((random.bits() as u16 >> random.below(16)).min(65_534)).unwrap();
        }
        let text = path.to_string();
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(Path::parse(&text, mode), Ok(path));
            assert_eq!(Path::parse_below(&format!("/a/b{text}"), "/a/b", mode), Ok(path));
        }
        let segments: Vec<String> = path.ids().iter().map(u16::to_string).collect();
        assert_eq!(Path::from_segments(segments.iter().map(String::as_bytes)), Ok(path));
    }
}

#[test]
fn attributes() {
    let mut random = Random::new(8);
    for _ in 0..5_000 {
        let write = random.attributes();
        let text = write.to_string();
        assert_eq!(WriteAttributes::parse(&text, Mode::Strict), Ok(write), "{text}");
        assert_eq!(WriteAttributes::parse(&text, Mode::Lenient), Ok(write), "{text}");
        let options: Vec<String> = write.options().collect();
        assert_eq!(WriteAttributes::from_options(options.iter().map(String::as_bytes), Mode::Strict), Ok(write));
        let (a, b) = (random.number(), random.number());
        if a.to_f64() != b.to_f64() {
            assert_eq!(a < b, a.to_f64() < b.to_f64(), "{a} {b}");
        }
    }
}

#[test]
fn execute_arguments() {
    let mut random = Random::new(9);
    for _ in 0..5_000 {
        let list = random.arguments();
        let text = arguments::format(&list).unwrap();
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(arguments::parse(text.as_bytes(), mode).as_ref(), Ok(&list), "{text}");
        }
    }
}

#[test]
fn link_lists() {
    let mut random = Random::new(10);
    for _ in 0..3_000 {
        let links: Vec<link::Link<'_>> = (0..random.below(6))
            .map(|_| {
                let mut link = link::Link::new(format!("/{}/{}", random.id(), random.id()));
                for name in ["ver", "ct", "x*", "title"] {
                    if random.chance(2) {
                        continue;
                    }
                    let text = random.text().replace(|c: char| c.is_control(), "");
                    link.attributes.push(match random.below(3) {
                        0 => link::Attribute::flag(name),
                        1 => link::Attribute::quoted(name, text),
                        _ => link::Attribute::new(name, text),
                    });
                }
                link
            })
            .collect();
        let text = link::format(&links);
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(link::parse(text.as_bytes(), mode).as_ref(), Ok(&links), "{text}");
        }
    }
}

#[test]
fn registrations() {
    let mut random = Random::new(11);
    for _ in 0..3_000 {
        let mut list = ObjectList::default();
        list.root = random.pick(&["/", "/lwm2m", "/a/b"]).into();
        list.formats = [0, 60, 112, 11_544].into_iter().filter(|_| random.chance(2)).map(ContentFormat).collect();
        for id in [1, 3, 5, 3_303, 65_534] {
            if random.chance(2) {
                continue;
            }
            let version = random.chance(2).then(|| Version::new(random.below(3) as u8, random.bits() as u8));
            let instances: InstanceIds = (0..random.below(12)).map(|_| random.id()).collect();
            list.objects.push(RegisteredObject { id, version, instances });
        }
        let text = list.to_link_format();
        link::parse(text.as_bytes(), Mode::Strict).unwrap();
        let again = ObjectList::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
        list.warnings = again.warnings.clone();
        assert_eq!(again, list, "{text}");
    }
}

#[test]
fn discoveries() {
    let mut random = Random::new(12);
    for _ in 0..3_000 {
        let mut found = Discovery::default();
        let mut paths: Vec<Path> =
            random.entries(Path::ROOT, 6).iter().map(|entry| entry.path.truncate(random.below(5))).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let mut one = lwm2m::Discovered::new(path);
            one.attributes = random.attached();
            one.version = random.chance(3).then_some(Version::new(1, 10));
            one.dimension = random.chance(3).then(|| random.id());
            one.ssid = random.chance(3).then_some(101);
            one.uri = random.chance(3).then(|| format!("coaps://x\"\\{}", random.id()));
            found.found.push(one);
        }
        for root in ["", "/lwm2m"] {
            let text = found.to_link_format(root);
            link::parse(text.as_bytes(), Mode::Strict).unwrap();
            assert_eq!(Discovery::parse(text.as_bytes(), root, &Limits::DEFAULT).as_ref(), Ok(&found), "{text}");
        }
    }
}
