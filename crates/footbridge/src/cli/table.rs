//! Entries as a table for people.

use std::collections::BTreeSet;

use coap_exchange::Utc;
use lwm2m::{Entry, EntryValue, Level, Models, ObjectLink, Path, Timestamp, Value};

use super::screen::{Line, Screen, Style, count};

/// Bytes of an opaque value that are shown in a terminal; the rest is counted.
const SHOWN_BYTES: usize = 64;
/// A value wider than this moves what stands right of it in its own row only, not in all rows.
const USUAL_VALUE: usize = 48;
/// So narrow may a column become before others have to give way.
const NARROW_NAME: usize = 12;
const NARROW_VALUE: usize = 20;

/// Writes entries as rows of path, name, value, units, type and time, below a heading for each object instance.
pub(crate) fn write(out: &mut String, entries: &[Entry<'_>], models: &Models, screen: Screen) {
    let mut rows: Vec<Row> = entries.iter().map(|entry| Row::new(entry, models, screen)).collect();
    // The name of a multiple resource stands out once.
    for at in (1..rows.len()).rev() {
        let resource = |row: &Row| (row.path.level() == Level::ResourceInstance).then(|| row.path.truncate(3));
        if let [.., above, row] = &mut rows[..=at]
            && resource(above).is_some()
            && resource(above) == resource(row)
        {
            row.name = row.name.dimmed();
        }
    }
    let timed = entries.iter().any(|entry| entry.time.is_some());
    let layout = Layout::new(&rows, timed, screen);
    Row::names().write(out, &layout, screen);
    let mut heading = None;
    for row in rows {
        let group = row.path.truncate(2);
        if heading.replace(group) != Some(group) && row.path != Path::ROOT {
            write_heading(out, group, entries, models, screen);
        }
        row.write(out, &layout, screen);
    }
}

/// `Device 1.2  /3/0`, and what is missing to know more.
fn write_heading(out: &mut String, group: Path, entries: &[Entry<'_>], models: &Models, screen: Screen) {
    let Some(id) = group.object_id() else { return };
    let mut line = Line::default();
    match models.object(id) {
        Some(object) => {
            line.push(Style::Bold, object.name);
            line.push(Style::Dim, &format!(" {}", object.version));
        }
        None => line.push(Style::Bold, &format!("Object {id}")),
    }
    line.push(Style::Dim, &format!("  {group}"));
    let note = match models.object(id) {
        None => Some("no definition: names and types are unknown, --models DIR adds definitions".to_owned()),
        Some(object) => {
            let of_group = entries.iter().filter(|entry| group.contains(entry.path));
            let unknown: BTreeSet<u16> = of_group
                .filter_map(|entry| entry.path.resource_id())
                .filter(|&id| object.resource(id).is_none())
                .collect();
            (!unknown.is_empty()).then(|| {
                let ids: Vec<String> = unknown.iter().take(6).map(u16::to_string).collect();
                let more = if unknown.len() > 6 { ", …" } else { "" };
                format!("not in this version: {}{more}", ids.join(", "))
            })
        }
    };
    if let Some(note) = note {
        line.push(Style::Dim, &format!("  ({note})"));
    }
    let line = line.fit(screen);
    line.write_line(out, screen);
}

struct Row {
    path: Path,
    path_text: Line,
    name: Line,
    value: Line,
    units: Line,
    kind: Line,
    time: Line,
}

impl Row {
    /// What stands above the columns.
    fn names() -> Self {
        let name = |name| Line::of(Style::Dim, name);
        Self {
            path: Path::ROOT,
            path_text: name("Path"),
            name: name("Name"),
            value: name("Value"),
            units: name("Units"),
            kind: name("Type"),
            time: name("Time"),
        }
    }

    fn new(entry: &Entry<'_>, models: &Models, screen: Screen) -> Self {
        let facts = models.resource(entry.path);
        let name = match (facts, entry.path.level()) {
            (Some(facts), _) => Line::of(Style::Plain, facts.name),
            (None, Level::Resource | Level::ResourceInstance) => Line::of(Style::Dim, "?"),
            (None, _) => Line::default(),
        };
        Self {
            path: entry.path,
            path_text: Line::of(Style::Path, &entry.path.to_string()),
            name,
            value: value(entry, models, screen),
            units: Line::of(Style::Dim, facts.map_or("", |facts| facts.units)),
            kind: Line::of(Style::Dim, entry.type_name()),
            time: entry.time.map_or_else(Line::default, time),
        }
    }

    fn write(self, out: &mut String, layout: &Layout, screen: Screen) {
        out.push_str("  ");
        self.path_text.write(out, screen, layout.path + 2);
        if layout.name > 0 {
            self.name.cut(layout.name).write(out, screen, layout.name + 2);
        }
        let mut columns = vec![(self.value.cut(layout.value), layout.value.min(layout.value_pad))];
        if layout.units > 0 {
            columns.push((self.units.cut(layout.units), layout.units));
        }
        if layout.kind > 0 {
            columns.push((self.kind, layout.kind));
        }
        if layout.time > 0 {
            columns.push((self.time.cut(layout.time), layout.time));
        }
        // No blanks at the end of a line.
        while columns.last().is_some_and(|(line, _)| line.is_empty()) {
            columns.pop();
        }
        let last = columns.len().saturating_sub(1);
        for (number, (line, width)) in columns.into_iter().enumerate() {
            if number == last {
                line.write_line(out, screen);
            } else {
                line.write(out, screen, width);
                out.push_str("  ");
            }
        }
    }
}

/// How wide the columns are; 0 if there is none.
struct Layout {
    path: usize,
    name: usize,
    value: usize,
    value_pad: usize,
    units: usize,
    kind: usize,
    time: usize,
}

impl Layout {
    fn new(rows: &[Row], timed: bool, screen: Screen) -> Self {
        let names = Row::names();
        // A column without anything in it is left out; else it has room for its name.
        let widest = |width: &dyn Fn(&Row) -> usize| match rows.iter().map(width).max() {
            None | Some(0) => 0,
            Some(widest) => widest.max(width(&names)),
        };
        let mut layout = Self {
            path: widest(&|row| row.path_text.width()),
            name: widest(&|row| row.name.width()),
            value: widest(&|row| row.value.width()),
            value_pad: 0,
            units: widest(&|row| row.units.width()).min(16),
            kind: widest(&|row| row.kind.width()),
            time: if timed { widest(&|row| row.time.width()) } else { 0 },
        };
        if let Some(width) = screen.width {
            layout.fit(width);
        }
        let usual = |row: &Row| Some(row.value.width()).filter(|&width| width <= USUAL_VALUE).unwrap_or(0);
        layout.value_pad = if screen.width.is_some() { layout.value } else { widest(&usual) };
        layout
    }

    /// Makes values narrower, then names, then leaves out types, then units.
    fn fit(&mut self, width: usize) {
        let gap = |column: usize| if column > 0 { column + 2 } else { 0 };
        let others = |layout: &Self| 2 + layout.path + 2 + gap(layout.units) + gap(layout.kind) + gap(layout.time);
        let room = |layout: &Self| width.saturating_sub(others(layout) + layout.name + 2);
        if room(self) < self.value.min(NARROW_VALUE) {
            let room_for_both = width.saturating_sub(others(self) + 2);
            self.name = self.name.min(room_for_both.saturating_sub(self.value.min(NARROW_VALUE)).max(NARROW_NAME));
        }
        if room(self) < self.value.min(NARROW_VALUE) {
            self.kind = 0;
        }
        if room(self) < self.value.min(8) {
            self.units = 0;
        }
        self.value = self.value.min(room(self).max(8));
    }
}

/// The value as people read it.
pub(crate) fn value(entry: &Entry<'_>, models: &Models, screen: Screen) -> Line {
    let mut line = Line::default();
    match &entry.value {
        EntryValue::Absent => line.push(Style::Dim, "–"),
        EntryValue::Delete => line.push(Style::Bad, "delete"),
        EntryValue::Value(Value::String(text) | Value::CoreLink(text)) => line.push_quoted(Style::Bold, text),
        EntryValue::Value(Value::Opaque(bytes)) => opaque(&mut line, bytes, screen),
        EntryValue::Value(Value::Time(seconds)) => match date(*seconds) {
            Some(date) => {
                line.push(Style::Bold, &date);
                line.push(Style::Dim, &format!("  {seconds}"));
            }
            None => line.push(Style::Bold, &seconds.to_string()),
        },
        EntryValue::Value(Value::ObjectLink(link)) => {
            line.push(Style::Bold, &link.to_string());
            let meaning = if *link == ObjectLink::NULL {
                Some("none")
            } else {
                models.object(link.object).map(|object| object.name)
            };
            if let Some(meaning) = meaning {
                line.push(Style::Dim, &format!("  {meaning}"));
            }
        }
        EntryValue::Value(other) => {
            line.push(Style::Bold, &other.to_batch_text());
            let number = match other {
                Value::Integer(number) => Some(*number),
                Value::Unsigned(number) => i64::try_from(*number).ok(),
                _ => None,
            };
            if let Some(label) = number.and_then(|number| models.resource(entry.path)?.label(number)) {
                line.push(Style::Dim, &format!("  {label}"));
            }
        }
    }
    line
}

/// How many bytes, and they in hexadecimal; in a terminal only the first ones.
fn opaque(line: &mut Line, bytes: &[u8], screen: Screen) {
    let shown = bytes.get(..SHOWN_BYTES).filter(|_| screen.width.is_some()).unwrap_or(bytes);
    line.push(Style::Dim, &count(bytes.len(), "byte"));
    if !bytes.is_empty() {
        line.push(Style::Plain, "  ");
        line.push(Style::Bold, &crate::entry_json::hex(shown));
    }
    if shown.len() < bytes.len() {
        line.push(Style::Dim, "…");
    }
}

/// A point in time with all its digits, or how long before or after the message it was.
fn time(time: Timestamp) -> Line {
    let text = match time {
        Timestamp::Absolute(point) => match date(point.seconds) {
            Some(date) if point.nanos == 0 => date,
            Some(date) => {
                let fraction = format!("{:09}", point.nanos);
                format!("{}.{}Z", date.trim_end_matches('Z'), fraction.trim_end_matches('0'))
            }
            None => point.to_string(),
        },
        Timestamp::Relative(_) => format!("{time} s"),
    };
    Line::of(Style::Plain, if text == "now s" { "now" } else { &text })
}

/// `2023-11-14 22:13:20Z`; none before 1970 and after the year 9999.
fn date(seconds: i64) -> Option<String> {
    let seconds = u64::try_from(seconds).ok().filter(|&seconds| seconds < 253_402_300_800)?;
    let text = Utc::from_micros(seconds * 1_000_000).to_string();
    Some(format!("{}Z", text.get(..19)?.replace('T', " ")))
}

#[cfg(test)]
mod tests {
    use lwm2m::Decimal;

    use super::*;

    /// No line is wider than the terminal, unless it is too narrow for anything; and the values are there.
    #[test]
    fn fits_the_terminal() {
        let entries = [
            Entry::new(Path::resource(3, 0, 0), Value::from("Open Mobile Alliance 温度計 and a good deal more of it")),
            Entry::new(Path::resource(3, 0, 9), Value::Integer(100)),
            Entry::new(Path::resource(3, 0, 13), Value::Time(1_700_000_000)),
            Entry::new(Path::resource_instance(3, 0, 11, 0), Value::Integer(0)),
            Entry::new(Path::resource(5, 0, 0), Value::Opaque(vec![0xAB; 5_000].into())),
            Entry::absent(Path::instance(60_000, 1)),
        ];
        let (mut timed, absolute) = (entries.clone(), Timestamp::Absolute(Decimal::new(1_700_000_000, 5)));
        timed[1].time = Some(absolute);
        for entries in [entries, timed] {
            for width in 40..160 {
                let mut out = String::new();
                write(&mut out, &entries, Models::oma(), Screen { colour: false, width: Some(width) });
                for line in out.lines() {
                    assert!(Line::of(Style::Plain, line).width() <= width.max(67), "{width}\n{out}");
                    assert_eq!(line, line.trim_end(), "{width}\n{out}");
                }
                assert!(out.contains("100") && out.contains("5000 by"), "{width}\n{out}");
            }
        }
    }

    #[test]
    fn times_keep_their_digits() {
        let shown = |time: Timestamp| {
            let mut out = String::new();
            super::time(time).write(&mut out, Screen { colour: false, width: None }, 0);
            out
        };
        for (time, text) in [
            (Timestamp::Absolute(Decimal::new(1_700_000_000, 0)), "2023-11-14 22:13:20Z"),
            (Timestamp::Absolute(Decimal::new(1_700_000_000, 120_000_000)), "2023-11-14 22:13:20.12Z"),
            (Timestamp::Absolute(Decimal::new(253_402_300_800, 0)), "253402300800"),
            (Timestamp::Relative(Decimal::ZERO), "now"),
            (Timestamp::Relative(Decimal::new(-1, 500_000_000)), "now-0.5 s"),
        ] {
            assert_eq!(shown(time), text);
        }
        assert_eq!(date(-1), None);
    }
}
