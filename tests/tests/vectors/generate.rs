//! Random trees for the differential test, always the same ones.

use lwm2m::{ContentFormat, Decimal, Entry, ObjectLink, Path, Timestamp, Value, ValueType};

/// A tree, and how it is put on the wire.
pub(crate) struct Tree {
    pub(crate) format: ContentFormat,
    /// The path of the request.
    pub(crate) base: Path,
    /// `node`, `timestamped`, `composite`, `timestamped_composite` or `paths`, as in the vectors.
    pub(crate) kind: &'static str,
    /// In order of paths; in order of times, if there are any.
    pub(crate) entries: Vec<Entry<'static>>,
}

/// The formats that Leshan knows besides links, with what each can carry.
const FORMATS: [(u16, &[&str]); 7] = [
    (11542, &["node", "node", "node", "create"]),
    (110, &["node", "node", "composite", "timestamped", "timestamped_composite", "paths"]),
    (112, &["node", "node", "composite", "timestamped", "timestamped_composite", "paths"]),
    (11543, &["node", "node", "timestamped"]),
    (0, &["node"]),
    (42, &["node"]),
    (60, &["node"]),
];

/// Ids on both sides of where their encoding changes.
const IDS: [u16; 8] = [0, 1, 2, 255, 256, 1_000, 32_768, 65_534];

/// Objects with all types.
const OBJECTS: [u16; 2] = [33_000, 33_001];

/// Makes `count` trees of each format and kind.
pub(crate) fn trees(seed: u64, count: usize) -> Vec<Tree> {
    let mut random = Random(seed);
    let mut trees = Vec::new();
    for (format, kinds) in FORMATS {
        for kind in kinds {
            trees.extend((0..count).map(|_| tree(&mut random, ContentFormat(format), kind)));
        }
    }
    trees
}

fn tree(random: &mut Random, format: ContentFormat, kind: &'static str) -> Tree {
    let times = kind.starts_with("timestamped");
    let (base, kind) = match kind {
        "create" => (Path::object(33_000), "node"),
        "composite" | "timestamped_composite" | "paths" => (Path::ROOT, kind),
        _ if [0, 42, 60].contains(&format.0) => (value_path(random, format), kind),
        _ => {
            let path = value_path(random, format);
            (path.truncate(random.pick(&[1, 2, 3, 4])), kind)
        }
    };
    let create = base == Path::object(33_000) && format == ContentFormat::TLV && random.one_in(3);
    let mut paths: Vec<Path> = Vec::new();
    for _ in 0..random.pick(&[1, 2, 3, 5, 8, 30]) {
        let found = value_path(random, format);
        let path = match base.level() {
            lwm2m::Level::Root => found,
            lwm2m::Level::Object if create => below(Path::new_instance(33_000), &found, 2),
            lwm2m::Level::Object => below(base, &found, 1),
            lwm2m::Level::ObjectInstance => below(base, &found, 2),
            lwm2m::Level::Resource if is_multiple(&base) => base.child(random.pick(&IDS)).expect("an instance"),
            _ => base,
        };
        // A multiple resource as a whole is in payloads that have levels; a path of composites may be any.
        if kind == "paths" {
            paths.push(path.truncate(random.pick(&[1, 2, 3, 4])));
        } else {
            paths.push(path);
        }
    }
    paths.sort();
    paths.dedup();
    if kind == "paths" {
        // One that is part of another is not a wish of its own.
        let all = paths.clone();
        paths.retain(|path| !all.iter().any(|other| other != path && other.contains(*path)));
        return Tree { format, base, kind, entries: paths.into_iter().map(Entry::absent).collect() };
    }
    let mut at: Vec<Option<Timestamp>> = vec![None];
    if times {
        at = (0..random.pick(&[1, 1, 2, 4])).map(|_| Some(Timestamp::Absolute(random.time()))).collect();
        // Now and then a value without a time beside those with one.
        if random.one_in(6) {
            at.push(None);
        }
        at.sort_by_key(|time| time.map(Timestamp::decimal));
        at.dedup();
    }
    let entries = at
        .iter()
        .flat_map(|time| paths.iter().map(|path| (*time, *path)).collect::<Vec<_>>())
        .map(|(time, path)| Entry { path, value: value(random, type_at(&path)).into(), time })
        .collect();
    Tree { format, base, kind, entries }
}

/// `base`, and then the ids that `path` has from this level on.
fn below(base: Path, path: &Path, level: usize) -> Path {
    path.ids().iter().skip(level).fold(base, |path, id| path.child(*id).expect("at most four"))
}

/// A path to a value that this format can carry.
fn value_path(random: &mut Random, format: ContentFormat) -> Path {
    let kind = if format == ContentFormat::OPAQUE { 5 } else { random.below(9) };
    let base = random.pick(&[0, 100, 1_000, 1_100]);
    let path = Path::resource(random.pick(&OBJECTS), random.pick(&IDS), base + u16::try_from(kind).expect("nine"));
    if is_multiple(&path) { path.child(random.pick(&IDS)).expect("an instance") } else { path }
}

fn is_multiple(path: &Path) -> bool {
    path.resource_id().is_some_and(|id| id % 1_000 >= 100)
}

fn type_at(path: &Path) -> ValueType {
    ValueType::ALL[usize::from(path.resource_id().expect("a value") % 100)]
}

fn value(random: &mut Random, kind: ValueType) -> Value<'static> {
    match kind {
        ValueType::String => Value::String(random.text().into()),
        ValueType::Integer => Value::Integer(random.integer()),
        ValueType::Unsigned => Value::Unsigned(random.integer().cast_unsigned()),
        ValueType::Float => Value::Float(random.float()),
        ValueType::Boolean => Value::Boolean(random.one_in(2)),
        ValueType::Opaque => {
            let length = random.length();
            Value::Opaque((0..length).map(|_| random.next().to_le_bytes()[0]).collect::<Vec<u8>>().into())
        }
        // Leshan counts milliseconds in 64 bits.
        ValueType::Time => Value::Time(random.integer() % (i64::MAX / 1_000)),
        ValueType::ObjectLink => Value::ObjectLink(if random.one_in(4) {
            ObjectLink::NULL
        } else {
            ObjectLink { object: random.pick(&IDS), instance: random.pick(&IDS) }
        }),
        // Its attribute is for objects only.
        ValueType::CoreLink if random.one_in(40) => Value::CoreLink("</3303/0>;ver=1.1".into()),
        ValueType::CoreLink => Value::CoreLink(
            random
                .pick(&["", "</>", "</3/0>,</1/0>", "</>;rt=\"oma.lwm2m\",</33000/0/1>;pmin=5", "</3303>;ver=1.1"])
                .into(),
        ),
    }
}

/// Numbers by xorshift: the same for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count as u64).expect("below a usize")
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Around the powers of two where an encoding changes, or anything.
    fn integer(&mut self) -> i64 {
        if self.one_in(3) {
            return self.next().cast_signed() >> self.below(64);
        }
        let edge = 1_i64.wrapping_shl(self.pick(&[0, 3, 5, 7, 8, 15, 16, 24, 31, 32, 52, 53, 54, 62, 63]));
        let near = edge.wrapping_add(self.pick(&[-2, -1, 0, 1]));
        if self.one_in(2) { near } else { near.wrapping_neg() }
    }

    fn float(&mut self) -> f64 {
        const EDGES: [f64; 24] = [
            0.0,
            -0.0,
            1.0,
            -1.5,
            0.1,
            1e-10,
            100.0,
            1e21,
            1e22,
            65_504.0,
            65_505.0,
            5.960_464_477_539_063e-8,
            f32::MAX as f64,
            f32::MIN_POSITIVE as f64,
            16_777_217.0,
            9_007_199_254_740_993.0,
            9.3e18,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            f64::EPSILON,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        match self.below(4) {
            0 => f64::from(f32::from_bits(self.next() as u32 & 0xFF7F_FFFF)),
            1 => f64::from_bits(self.next() & 0xFFEF_FFFF_FFFF_FFFF),
            2 => self.integer() as f64 / 100.0,
            _ => self.pick(&EDGES),
        }
    }

    /// Around the lengths where an encoding changes; now and then long.
    fn length(&mut self) -> usize {
        match self.below(40) {
            0 => self.pick(&[255, 256, 257, 4_000]),
            1 if self.one_in(8) => self.pick(&[65_535, 65_536, 70_000]),
            _ => self.pick(&[0, 1, 2, 3, 7, 8, 9, 23, 24, 25, 40]),
        }
    }

    fn text(&mut self) -> String {
        const PIECES: [&str; 20] = [
            "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\r", "\u{1}", "\u{7f}", "é", "ß", "中", "😀", "\u{2028}",
            "\u{feff}", ",", "\0",
        ];
        let length = self.length();
        (0..length).map(|_| self.pick(&PIECES)).collect()
    }

    /// From 2^28 seconds on, so that it is a point in time, with 0 to 9 digits after the point.
    fn time(&mut self) -> Decimal {
        let seconds = self.pick(&[268_435_456, 1_600_000_000, 1_700_000_000, 4_102_444_800]) + self.below(3) as i64;
        let step = self.pick(&[1_000_000_000, 1_000_000_000, 500_000_000, 1_000_000, 1_000, 1]);
        let nanos = u32::try_from(self.next() % 1_000_000_000).expect("below 10^9") / step * step;
        Decimal::new(seconds, nanos)
    }
}
