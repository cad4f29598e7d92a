//! Facts to `registry.bin`. The layout is told in `crates/lwm2m/src/facts/`, which reads it.

use std::collections::HashMap;

use anyhow::{Context as _, Result, ensure};

use crate::gen_objects::{Enumeration, KINDS, OPERATIONS, Object};

/// The file.
pub(crate) fn pack(objects: &[Object], enumerations: &[Enumeration]) -> Result<Vec<u8>> {
    let mut texts = Texts::default();
    let (mut ranges, mut units) = (List(vec![String::new()]), List(vec![String::new()]));
    let mut rows = Rows::default();
    let mut object_rows = Vec::new();
    for o in objects {
        let (lwm2m_major, lwm2m_minor) = o.lwm2m;
        ensure!(lwm2m_major == 1 && lwm2m_minor < 64, "/{}: LwM2M {lwm2m_major}.{lwm2m_minor} has no place", o.id);
        let first = u16::try_from(rows.ids.len()).context("more than 65,535 resources")?;
        object_rows.extend(pairs(&[o.id, first, texts.place(&o.name)?]));
        object_rows.push(version(o.version).with_context(|| format!("object {}", o.id))?);
        object_rows.push(u8::from(o.multiple) | u8::from(o.mandatory) << 1 | lwm2m_minor << 2);
        for r in &o.resources {
            let place = |words: &[&str], word| words.iter().position(|&known| known == word).unwrap_or_default();
            let kind = place(&OPERATIONS, r.operations) | place(&KINDS, r.kind) << 3;
            rows.kinds.push(kind as u16 | u16::from(r.multiple) << 7 | u16::from(r.mandatory) << 8);
            rows.ids.push(r.id);
            rows.names.push(texts.place(&r.name)?);
            rows.ranges.push(ranges.place(&r.range)?);
            rows.units.push(units.place(&r.units)?);
        }
    }
    let (mut enums, mut values, mut labels) = (Enums::default(), vec![], vec![]);
    for enumeration in enumerations {
        enums.objects.push(enumeration.object);
        enums.resources.push(enumeration.resource);
        enums.since.push(version(enumeration.since)?);
        enums.firsts.push(values.len() as u16);
        for (value, label) in &enumeration.values {
            values.push(*value);
            labels.push(texts.place(label)?);
        }
    }
    let ranges = ranges.0.iter().map(|text| texts.place(text)).collect::<Result<Vec<_>>>()?;
    let units = units.0.iter().map(|text| texts.place(text)).collect::<Result<Vec<_>>>()?;

    let mut out = b"LwM2".to_vec();
    let counts =
        [1, objects.len(), rows.ids.len(), ranges.len(), units.len(), enums.objects.len(), values.len(), texts.count()];
    for count in counts {
        out.extend(u16::try_from(count)?.to_le_bytes());
    }
    out.extend(u32::try_from(texts.text.len())?.to_le_bytes());
    out.extend(object_rows);
    out.extend(pairs(&rows.ids));
    out.extend(pairs(&rows.kinds));
    out.extend(planes(&rows.names));
    out.extend(rows.ranges);
    out.extend(rows.units);
    out.extend(pairs(&ranges));
    out.extend(pairs(&units));
    out.extend(pairs(&enums.objects));
    out.extend(pairs(&enums.resources));
    out.extend(enums.since);
    out.extend(pairs(&enums.firsts));
    out.extend(pairs(&values));
    out.extend(planes(&labels));
    out.extend(&texts.lengths);
    out.extend(planes(&texts.eighths));
    out.extend(texts.text.into_bytes());
    Ok(out)
}

#[derive(Default)]
struct Rows {
    ids: Vec<u16>,
    kinds: Vec<u16>,
    names: Vec<u16>,
    ranges: Vec<u8>,
    units: Vec<u8>,
}

#[derive(Default)]
struct Enums {
    objects: Vec<u16>,
    resources: Vec<u16>,
    since: Vec<u8>,
    firsts: Vec<u16>,
}

/// Texts that occur once, numbered in the order of their first use.
#[derive(Default)]
struct Texts {
    text: String,
    numbers: HashMap<String, u16>,
    lengths: Vec<u8>,
    /// Where every eighth begins.
    eighths: Vec<u16>,
}

impl Texts {
    fn place(&mut self, text: &str) -> Result<u16> {
        if let Some(&number) = self.numbers.get(text) {
            return Ok(number);
        }
        let number = u16::try_from(self.count())?;
        if number % 8 == 0 {
            self.eighths.push(u16::try_from(self.text.len()).context("the texts need more than 64 KiB")?);
        }
        self.text.push_str(text);
        self.lengths.push(u8::try_from(text.len()).with_context(|| format!("{text:?} is too long"))?);
        self.numbers.insert(text.to_owned(), number);
        Ok(number)
    }

    fn count(&self) -> usize {
        self.numbers.len()
    }
}

/// A list of different texts; the first is empty.
struct List(Vec<String>);

impl List {
    fn place(&mut self, part: &str) -> Result<u8> {
        let place = self.0.iter().position(|known| known == part).unwrap_or_else(|| {
            self.0.push(part.to_owned());
            self.0.len() - 1
        });
        u8::try_from(place).context("more than 256 different units or ranges")
    }
}

fn version((major, minor): (u8, u8)) -> Result<u8> {
    ensure!(major < 16 && minor < 16, "version {major}.{minor} has no place");
    Ok(major << 4 | minor)
}

fn pairs(numbers: &[u16]) -> impl Iterator<Item = u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes())
}

/// All low bytes, then all high bytes.
fn planes(numbers: &[u16]) -> impl Iterator<Item = u8> {
    let low = numbers.iter().map(|number| number.to_le_bytes()[0]);
    low.chain(numbers.iter().map(|number| number.to_le_bytes()[1]))
}
