//! What somebody types into an editor, before it is a value.

use lwm2m::{Entry, ObjectLink, Path, Range, Value, ValueType};

use crate::moment::Moment;
use crate::words::{count, number, safe, unit};

/// How many minutes the clock on the wall is ahead of UTC at a moment.
pub type Offset = fn(Moment) -> i64;

/// The new value of one resource while it is typed: one line, or one for each resource instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The resource.
    pub path: Path,
    /// The type of its values.
    pub kind: ValueType,
    /// Whether it has resource instances.
    pub several: bool,
    /// What is typed, at most [`LINES`].
    pub lines: Vec<Line>,
}

/// One line of a [`Draft`].
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The Resource Instance ID; 0 where there are no instances.
    pub index: u16,
    /// What is typed.
    pub text: String,
}

/// Lines of a draft at most.
pub const LINES: usize = 64;

/// What is wrong in a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which line.
    pub line: usize,
    /// What is expected, in words.
    pub words: String,
}

impl Draft {
    /// A draft filled with what is known.
    pub fn new<'v>(
        path: Path,
        kind: ValueType,
        several: bool,
        known: impl Iterator<Item = (Path, &'v Value<'static>)>,
        offset: Offset,
    ) -> Self {
        let mut lines: Vec<Line> = known
            .take(LINES)
            .map(|(at, value)| Line {
                index: at.resource_instance_id().unwrap_or_default(),
                text: text_of(kind, value, offset),
            })
            .collect();
        let several = several || lines.len() > 1;
        if lines.is_empty() {
            let text = if kind == ValueType::Boolean { "false".to_owned() } else { String::new() };
            lines.push(Line { index: 0, text });
        }
        Self { path, kind, several, lines }
    }

    /// Adds a line with the first free id.
    pub fn add(&mut self) {
        let free = (0..u16::MAX).find(|id| self.lines.iter().all(|line| line.index != *id));
        if let Some(index) = free.filter(|_| self.lines.len() < LINES) {
            let text = if self.kind == ValueType::Boolean { "false".to_owned() } else { String::new() };
            self.lines.push(Line { index, text });
        }
    }

    /// The values, by path.
    ///
    /// # Errors
    ///
    /// The first line that is not of the type, or whose id comes twice, with what is expected.
    pub fn entries(&self, offset: Offset) -> Result<Vec<Entry<'static>>, Fault> {
        let mut entries = Vec::with_capacity(self.lines.len());
        for (at, line) in self.lines.iter().enumerate() {
            let fault = |words: String| Fault { line: at, words };
            let path = if self.several {
                let path = self.path.child(line.index).ok_or_else(|| fault("an id is from 0 to 65534".to_owned()))?;
                if entries.iter().any(|entry: &Entry<'_>| entry.path == path) {
                    return Err(fault(format!("there is an instance {} already", line.index)));
                }
                path
            } else {
                self.path
            };
            entries.push(Entry::new(path, parse(self.kind, &line.text, offset).map_err(fault)?));
        }
        Ok(entries)
    }
}

/// The new values of several resources while they are typed. What is left as it was is not sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// The resources, each with one line.
    pub fields: Vec<FormField>,
}

/// One resource of a [`Form`].
#[derive(Clone, Debug, PartialEq)]
pub struct FormField {
    /// What is typed.
    pub draft: Draft,
    /// What stood there first.
    initial: String,
}

impl Form {
    /// A form of these resources.
    pub fn new(drafts: impl Iterator<Item = Draft>) -> Self {
        let field = |draft: Draft| FormField {
            initial: draft.lines.first().map(|line| line.text.clone()).unwrap_or_default(),
            draft,
        };
        Self { fields: drafts.map(field).collect() }
    }

    /// What was changed, below `base`.
    ///
    /// # Errors
    ///
    /// The number of the first field that is not of its type, with what is expected.
    pub fn changed(&self, base: Path, offset: Offset) -> Result<Vec<Entry<'static>>, Fault> {
        let mut entries = Vec::new();
        for (at, field) in self.fields.iter().enumerate().filter(|(_, field)| field.is_changed()) {
            let value = field.draft.lines.first().map(|line| parse(field.draft.kind, &line.text, offset));
            let path = field.draft.path.resource_id().and_then(|id| base.child(id));
            if let (Some(value), Some(path)) = (value, path) {
                entries.push(Entry::new(path, value.map_err(|words| Fault { line: at, words })?));
            }
        }
        Ok(entries)
    }
}

impl FormField {
    /// Whether it is sent.
    pub fn is_changed(&self) -> bool {
        self.draft.lines.first().is_some_and(|line| line.text != self.initial)
    }
}

/// Reads one line as a value.
///
/// # Errors
///
/// What is expected, in words.
pub fn parse(kind: ValueType, text: &str, offset: Offset) -> Result<Value<'static>, String> {
    if kind == ValueType::Time
        && let Some(local) = local_seconds(text.trim(), offset)
    {
        return Ok(Value::Time(local));
    }
    Value::parse(kind, text).map_err(|error| error.to_string())
}

/// The second that a clock on the wall means with `2026-11-22T14:32:08`, or without the seconds; blanks do for the `T`.
fn local_seconds(text: &str, offset: Offset) -> Option<i64> {
    let is_local = matches!(text.len(), 16 | 19) && matches!(text.as_bytes().get(10), Some(b'T' | b' '));
    let seconds = if text.len() == 16 { ":00" } else { "" };
    let on_the_wall = Moment::parse(&format!("{text}{seconds}Z")).filter(|_| is_local)?;
    let guess = Moment(on_the_wall.0 - offset(on_the_wall) * 60_000);
    Some((on_the_wall.0 - offset(guess) * 60_000).div_euclid(1_000))
}

/// Seconds since 1970 as a clock on the wall shows them, `2026-11-22T14:32:08`.
pub fn as_date(seconds: &str, offset: Offset) -> Option<String> {
    let value = Value::parse(ValueType::Time, seconds).ok()?;
    Some(text_of(ValueType::Time, &value, offset)).filter(|text| text.contains('T'))
}

/// A value as it is typed; times as the clock on the wall shows them.
fn text_of(kind: ValueType, value: &Value<'_>, offset: Offset) -> String {
    match (kind, value) {
        (ValueType::Time, Value::Time(seconds)) if (0..253_402_300_800).contains(seconds) => {
            let at = Moment(seconds * 1_000);
            at.date_and_clock(offset(at)).replace(' ', "T")
        }
        (ValueType::Float, Value::Float(_)) => {
            let text = value.to_batch_text();
            text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
        }
        _ => value.to_batch_text(),
    }
}

/// A value in a few words, for the button and the preview: `"Europe/Berlin"`, `45 %`, `12 bytes`.
pub fn label(value: &Value<'_>, units: &str, offset: Offset) -> String {
    const SHOWN: usize = 28;
    let cut = |text: &str| {
        let shown: String = safe(text).chars().take(SHOWN + 1).collect();
        if shown.chars().count() > SHOWN {
            format!("{}…", shown.chars().take(SHOWN - 1).collect::<String>())
        } else {
            shown
        }
    };
    match value {
        Value::String(text) | Value::CoreLink(text) => format!("\"{}\"", cut(text)),
        Value::Opaque(bytes) => count(bytes.len(), "byte"),
        Value::Time(_) => text_of(ValueType::Time, value, offset).replace('T', " "),
        Value::ObjectLink(ObjectLink { object, instance }) => format!("/{object}/{instance}"),
        Value::Boolean(_) => value.to_batch_text(),
        _ => {
            let text = value.to_batch_text();
            let text = number(text.strip_suffix(".0").unwrap_or(&text)).into_owned();
            let unit = unit(units);
            if unit.is_empty() { text } else { format!("{text} {unit}") }
        }
    }
}

/// Several values in a few words.
pub fn labels<'e>(entries: impl Iterator<Item = &'e Value<'static>>, units: &str, offset: Offset) -> String {
    let labels: Vec<String> = entries.map(|value| label(value, units, offset)).collect();
    match labels.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        many if many.iter().map(String::len).sum::<usize>() <= 24 => many.join(", "),
        many => count(many.len(), "value"),
    }
}

/// What a type expects, and what its definition would like: `Integer, 0 to 100`.
pub fn hint(kind: ValueType, range: Option<&Range>) -> String {
    let what = match kind {
        ValueType::String => "Text",
        ValueType::Integer => "Integer",
        ValueType::Unsigned => "Unsigned integer",
        ValueType::Float => "Number",
        ValueType::Boolean => "True or false",
        ValueType::Opaque => "Bytes in hex, like 01 ab ff",
        ValueType::Time => "Date and time of this computer, or seconds since 1970",
        ValueType::ObjectLink => "Object and instance",
        ValueType::CoreLink => "Links, like </3/0>",
    };
    match range {
        Some(range) => format!("{what}, {range}"),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One hour ahead of UTC, from 2026-03-29 01:00 UTC on two.
    fn berlin(at: Moment) -> i64 {
        if at.0 >= 1_774_746_000_000 { 120 } else { 60 }
    }

    fn resource() -> Path {
        Path::resource(3, 0, 15)
    }

    #[test]
    fn what_is_typed_becomes_a_value() {
        let rows: [(ValueType, &str, Result<Value<'static>, &str>); 11] = [
            (ValueType::String, " a ", Ok(Value::String(" a ".into()))),
            (ValueType::Integer, " -7 ", Ok(Value::Integer(-7))),
            (ValueType::Integer, "7.5", Err("expected a whole number")),
            (ValueType::Float, "-40", Ok(Value::Float(-40.0))),
            (ValueType::Boolean, "true", Ok(Value::Boolean(true))),
            (ValueType::Opaque, "01 aB", Ok(Value::Opaque(vec![1, 0xab].into()))),
            (ValueType::Time, "2026-01-02T03:04", Ok(Value::Time(1_767_319_440))),
            (ValueType::Time, "2026-07-02 03:04:05", Ok(Value::Time(1_782_954_245))),
            (ValueType::Time, "2026-01-02T03:04:05Z", Ok(Value::Time(1_767_323_045))),
            (ValueType::Time, "1700000000", Ok(Value::Time(1_700_000_000))),
            (ValueType::ObjectLink, "3:", Err("two numbers")),
        ];
        for (kind, text, expected) in rows {
            match (parse(kind, text, berlin), expected) {
                (Ok(value), Ok(expected)) => assert_eq!(value, expected, "{text}"),
                (Err(words), Err(part)) => assert!(words.contains(part), "{words}"),
                (got, expected) => panic!("{text}: {got:?}, not {expected:?}"),
            }
        }
        // The hour that the clock on the wall skips: either neighbour will do, as long as it is one.
        assert!(matches!(
            parse(ValueType::Time, "2026-03-29T02:30", berlin),
            Ok(Value::Time(1_774_744_200 | 1_774_747_800))
        ));
    }

    #[test]
    fn a_draft_is_filled_with_what_is_known() {
        let value = Value::Time(1_767_319_440);
        let draft = Draft::new(resource(), ValueType::Time, false, [(resource(), &value)].into_iter(), berlin);
        assert_eq!(draft.lines[0].text, "2026-01-02T03:04:00");
        assert_eq!(draft.entries(berlin).unwrap(), [Entry::new(resource(), value)]);

        let float = Value::Float(22.0);
        let draft = Draft::new(resource(), ValueType::Float, false, [(resource(), &float)].into_iter(), berlin);
        assert_eq!(draft.lines[0].text, "22");
        let empty = Draft::new(resource(), ValueType::Boolean, false, [].into_iter(), berlin);
        assert_eq!(empty.lines[0].text, "false");
        assert_eq!(
            Draft::new(resource(), ValueType::Integer, false, [].into_iter(), berlin).entries(berlin).unwrap_err().line,
            0
        );
    }

    #[test]
    fn seconds_and_dates_are_the_same() {
        assert_eq!(as_date("1767319440", berlin).as_deref(), Some("2026-01-02T03:04:00"));
        assert_eq!((as_date("-5", berlin), as_date("x", berlin)), (None, None));
    }

    #[test]
    fn resource_instances_are_lines() {
        let at = |index: u16| resource().child(index).unwrap();
        let (one, five) = (Value::Integer(1), Value::Integer(5));
        let known = [(at(0), &one), (at(2), &five)];
        let mut draft = Draft::new(resource(), ValueType::Integer, true, known.into_iter(), berlin);
        draft.add();
        assert_eq!(draft.lines[2], Line { index: 1, text: String::new() });
        assert_eq!(draft.entries(berlin).unwrap_err().line, 2);
        draft.lines[2].text = "9".to_owned();
        let values: Vec<(Path, String)> = draft
            .entries(berlin)
            .unwrap()
            .iter()
            .map(|entry| (entry.path, entry.value().unwrap().to_string()))
            .collect();
        assert_eq!(values, [(at(0), "1".to_owned()), (at(2), "5".to_owned()), (at(1), "9".to_owned())]);
        draft.lines[2].index = 2;
        assert_eq!(draft.entries(berlin).unwrap_err().words, "there is an instance 2 already");
        draft.lines[2].index = u16::MAX;
        assert_eq!(draft.entries(berlin).unwrap_err().words, "an id is from 0 to 65534");
        draft.lines.clear();
        assert_eq!(draft.entries(berlin).unwrap(), []);
        for _ in 0..100 {
            draft.add();
        }
        assert_eq!(draft.lines.len(), LINES);
    }

    #[test]
    fn a_form_sends_what_was_changed() {
        static FIVE: Value<'static> = Value::Integer(5);
        let draft = |id: u16, known: Option<&'static Value<'static>>| {
            let path = Path::resource(1, 0, id);
            Draft::new(path, ValueType::Integer, false, known.map(|value| (path, value)).into_iter(), berlin)
        };
        let mut form = Form::new([draft(1, Some(&FIVE)), draft(2, None), draft(3, None)].into_iter());
        let base = Path::new_instance(1);
        assert_eq!(form.changed(base, berlin).unwrap(), []);
        form.fields[2].draft.lines[0].text = "7".to_owned();
        assert_eq!(form.changed(base, berlin).unwrap(), [Entry::new(base.child(3).unwrap(), Value::Integer(7))]);
        form.fields[0].draft.lines[0].text.clear();
        assert_eq!(form.changed(base, berlin).unwrap_err().line, 0);
    }

    #[test]
    fn values_in_a_few_words() {
        let rows = [
            (Value::String("Europe/Berlin".into()), "\"Europe/Berlin\""),
            (Value::String("x".repeat(40).into()), "\"xxxxxxxxxxxxxxxxxxxxxxxxxxx…\""),
            (Value::String("a\u{202e}".into()), "\"a\\u{202e}\""),
            (Value::Integer(-45), "−45 %"),
            (Value::Float(22.0), "22 %"),
            (Value::Boolean(true), "true"),
            (Value::Opaque(vec![1].into()), "1 byte"),
            (Value::Time(1_767_319_440), "2026-01-02 03:04:00"),
            (Value::ObjectLink(ObjectLink { object: 3, instance: 0 }), "/3/0"),
        ];
        for (value, expected) in rows {
            assert_eq!(label(&value, "/100", berlin), expected);
        }
        let values = [Value::Integer(1), Value::Integer(5)];
        assert_eq!(labels(values.iter(), "", berlin), "1, 5");
        assert_eq!(labels([].iter(), "", berlin), "nothing");
        let long = [Value::String("x".repeat(20).into()), Value::String("y".repeat(20).into())];
        assert_eq!(labels(long.iter(), "", berlin), "2 values");
        let range = Range::parse("0..100", ValueType::Integer);
        assert_eq!(hint(ValueType::Integer, range.as_ref()), "Integer, 0 to 100");
    }
}
