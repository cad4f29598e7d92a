//! Random inputs that are the same on every run.

use lwm2m::arguments::Argument;
use lwm2m::{
    Attributes, Decimal, Entry, EntryValue, Mode, Models, Number, ObjectLink, ObjectModel, Operations, Path,
    ResourceModel, Timestamp, Value, ValueType, WriteAttributes,
};

/// A xorshift generator; a seed each test.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(0x9E37_79B9_7F4A_7C15 ^ seed.wrapping_mul(0x2545_F491_4F6C_DD1D))
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// 0 to `below - 1`.
    pub(crate) fn below(&mut self, below: usize) -> usize {
        ((self.bits() >> 11) % below.max(1) as u64) as usize
    }

    pub(crate) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Many small numbers, and all edges of powers of two.
    fn integer(&mut self) -> i64 {
        match self.below(4) {
            0 => self.below(300) as i64 - 20,
            1 => {
                let edge = 1_i64.checked_shl(self.below(64) as u32).unwrap_or(0);
                edge.wrapping_add(self.below(3) as i64 - 1)
            }
            2 => (self.bits() as i64) >> self.below(64),
            _ => self.pick(&[i64::MIN, i64::MAX, 0, -1, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1]),
        }
    }

    pub(crate) fn text(&mut self) -> String {
        let alphabet: &[char] = &[
            'a',
            'Z',
            '0',
            ' ',
            '"',
            '\\',
            '/',
            ',',
            ';',
            '<',
            '>',
            '=',
            '\'',
            '\n',
            '\t',
            '\0',
            '\u{1f}',
            '\u{7f}',
            'é',
            '日',
            '\u{1F680}',
            '\u{2028}',
        ];
        let length = if self.chance(20) { self.below(400) } else { self.below(12) };
        (0..length).map(|_| self.pick(alphabet)).collect()
    }

    pub(crate) fn value(&mut self, kind: ValueType) -> Value<'static> {
        match kind {
            ValueType::String => Value::String(self.text().into()),
            ValueType::Integer => Value::Integer(self.integer()),
            ValueType::Unsigned => Value::Unsigned(self.integer() as u64),
            ValueType::Float => Value::Float(match self.below(4) {
                0 => self.integer() as f64,
                1 => self.below(10_000) as f64 / 100.0 - 20.0,
                2 => self.pick(&[0.0, -0.0, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 5e-324, 0.1, 1e21, 1e-7]),
                _ => Some(f64::from_bits(self.bits())).filter(|float| float.is_finite()).unwrap_or(1.5),
            }),
            ValueType::Boolean => Value::Boolean(self.chance(2)),
            ValueType::Opaque => {
                let length = if self.chance(200) { self.below(70_000) } else { self.below(12) };
                Value::Opaque((0..length).map(|_| self.bits() as u8).collect())
            }
            ValueType::Time => Value::Time(self.integer()),
            ValueType::ObjectLink => {
                let object = self.pick(&[0, 3, 255, 256, 65_534, 65_535]);
                let instance = if object == 65_535 { 65_535 } else { self.pick(&[0, 1, 65_534]) };
                Value::ObjectLink(ObjectLink { object, instance })
            }
            ValueType::CoreLink => {
                Value::CoreLink(self.pick(&["", "</3/0>", "</1>;ver=1.1,</1/0>", "</x>;t=\"é\""]).into())
            }
        }
    }

    pub(crate) fn id(&mut self) -> u16 {
        self.pick(&[0, 1, 2, 7, 8, 255, 256, 3_300, 65_534])
    }

    /// A path of resources of [`models`], and its type.
    fn leaf(&mut self, instance: Path) -> (Path, ValueType) {
        let kind = self.pick(&ValueType::ALL);
        let place = ValueType::ALL.iter().position(|&known| known == kind).unwrap() as u16;
        if self.chance(3) {
            let resource = instance.child(MULTIPLE + place).unwrap();
            (resource.child(self.id()).unwrap(), kind)
        } else {
            (instance.child(place).unwrap(), kind)
        }
    }

    /// Distinct leaves below `base`, which is above the level of resources.
    pub(crate) fn entries(&mut self, base: Path, most: usize) -> Vec<Entry<'static>> {
        let mut entries: Vec<Entry<'static>> = Vec::new();
        for _ in 0..1 + self.below(most) {
            let instance = match *base.ids() {
                [object, instance] => Path::instance(object, instance),
                _ => Path::instance(OBJECT, self.id()),
            };
            let (path, kind) = self.leaf(instance);
            if !entries.iter().any(|entry| entry.path == path) {
                entries.push(Entry::new(path, self.value(kind)));
            }
        }
        entries
    }

    /// The same with a time each, several for some paths.
    pub(crate) fn history(&mut self, base: Path, most: usize) -> Vec<Entry<'static>> {
        let mut entries = self.entries(base, most);
        for entry in entries.clone() {
            let Some(kind) = entry.value().map(Value::value_type) else { continue };
            for _ in 0..self.below(3) {
                entries.push(Entry::new(entry.path, self.value(kind)));
            }
        }
        for at in 0..entries.len() {
            loop {
                entries[at].time = Some(self.time());
                if !entries[..at].iter().any(|other| (other.path, other.time) == (entries[at].path, entries[at].time)) {
                    break;
                }
            }
        }
        entries
    }

    fn time(&mut self) -> Timestamp {
        // Halves, so that binary fractions of seconds in this range are exact too.
        let nanos = self.pick(&[0, 500_000_000, 250_000_000]);
        if self.chance(2) {
            Timestamp::Absolute(Decimal::new((1 << 28) + self.below(1 << 31) as i64, nanos))
        } else {
            Timestamp::Relative(Decimal::new(-(self.below(100_000) as i64) - 1, nanos))
        }
    }

    /// Values and deletions, as a Write-Composite has them.
    pub(crate) fn patch(&mut self, most: usize) -> Vec<Entry<'static>> {
        let mut entries = self.entries(Path::ROOT, most);
        for entry in &mut entries {
            if entry.path.resource_instance_id().is_some() && self.chance(3) {
                entry.value = EntryValue::Delete;
            }
        }
        entries
    }

    /// Paths of any level but the root.
    pub(crate) fn wishes(&mut self, most: usize) -> Vec<Entry<'static>> {
        let mut entries: Vec<Entry<'static>> = Vec::new();
        for _ in 0..1 + self.below(most) {
            let instance = Path::instance(OBJECT, self.id());
            let (path, _) = self.leaf(instance);
            let path = path.truncate(1 + self.below(4));
            if !entries.iter().any(|entry| entry.path == path) {
                entries.push(Entry::absent(path));
            }
        }
        entries
    }

    pub(crate) fn number(&mut self) -> Number {
        let text = format!("{}.{}", self.integer(), self.below(1_000_000));
        Number::parse(&text, Mode::Strict).unwrap()
    }

    pub(crate) fn attributes(&mut self) -> WriteAttributes {
        let mut write = WriteAttributes::default();
        for name in lwm2m::AttributeName::ALL {
            match self.below(3) {
                0 => {
                    let value = match name.name() {
                        "gt" | "lt" | "st" => self.number().to_string(),
                        "edge" | "con" => self.below(2).to_string(),
                        "hqmax" => self.below(1 << 32).to_string(),
                        _ => (self.bits() >> 1 >> self.below(63)).to_string(),
                    };
                    write.set.set(name, &value, Mode::Strict).unwrap();
                }
                1 => {
                    write.unset.insert(name);
                }
                _ => {}
            }
        }
        write
    }

    pub(crate) fn attached(&mut self) -> Attributes {
        self.attributes().set
    }

    pub(crate) fn arguments(&mut self) -> Vec<Argument<'static>> {
        let mut digits: Vec<u8> = (0..10).filter(|_| self.chance(3)).collect();
        digits.reverse();
        let one = |digit| match self.below(3) {
            0 => Argument::new(digit),
            _ => {
                let length = self.below(8);
                let value: String =
                    (0..length).map(|_| self.pick(&['!', '#', '&', '(', '[', ']', '~', '0', 'a', ',', '='])).collect();
                Argument::with_value(digit, value)
            }
        };
        digits.into_iter().map(one).collect()
    }

    /// Some bytes changed, added or taken away.
    pub(crate) fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len() + 1);
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.bits() as u8),
                2 if at < bytes.len() => drop(bytes.remove(at)),
                3 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                4 if at < bytes.len() => {
                    bytes[at] = self.pick(b"[]{}\",:\\<>;=/0-e.\xff\x00\xc8\x9b\x9f\xbf\x81\xa1\xf6");
                }
                _ => bytes.extend_from_within(at..),
            }
        }
    }
}

/// The object whose resources have all types: 0 to 8 single, 100 to 108 multiple.
pub(crate) const OBJECT: u16 = 33_000;
const MULTIPLE: u16 = 100;

pub(crate) fn models() -> Models {
    let mut object = ObjectModel::new(OBJECT, "All Types");
    object.multiple = true;
    for (place, kind) in (0..).zip(ValueType::ALL) {
        object.resources.push(ResourceModel::new(place, "One", Operations::ReadWrite, Some(kind)));
        let mut many = ResourceModel::new(MULTIPLE + place, "Many", Operations::ReadWrite, Some(kind));
        many.multiple = true;
        object.resources.push(many);
    }
    let mut models = Models::oma().clone();
    models.insert(object);
    models
}
