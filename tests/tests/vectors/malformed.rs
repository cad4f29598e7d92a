//! Mutated and hand-made rows: never a panic, and where we judge otherwise than Leshan, a rule says why.

use std::path::Path as FilePath;

use lwm2m::codec::{self, DecodeError};
use lwm2m::{Mode, ValueType};
use serde_json::Value as Json;

use crate::payloads::same;
use crate::rows::{Counts, Hits, Judge, Rule, bytes, context, format, rows, text};
use crate::tree::{Flat, flat, flatten, models};

/// A row that we read otherwise than Leshan.
struct Case {
    row: Json,
    format: u16,
    bytes: Vec<u8>,
    /// Whether we read an entry without a value.
    absent: bool,
    ours: Result<Vec<Flat>, DecodeError>,
    /// None inside: ids that are none.
    theirs: Result<Option<Vec<Flat>>, String>,
}

/// What Leshan reads and we do not.
const WE_REFUSE: &[Rule<Case>] = &[
    Rule {
        name: "after-the-document",
        why: "bytes after the end of a JSON document are no part of it: who wrote them meant something else",
        holds: |case| {
            let rest = || {
                let mut values = serde_json::Deserializer::from_slice(&case.bytes).into_iter::<serde::de::IgnoredAny>();
                values.next()?.ok()?;
                Some(case.bytes[values.byte_offset()..].trim_ascii().len())
            };
            case.is_json() && case.code() == "Syntax" && rest().is_some_and(|rest| rest > 0)
        },
    },
    Rule {
        name: "not-utf-8",
        why: "text is UTF-8, UTF-16 is not; U+FFFD in its place would be a value that nobody sent",
        holds: |case| {
            let bad = core::str::from_utf8(&case.bytes).is_err();
            case.code() == "Utf8" && (bad || !case.is_json() && case.format != 0)
        },
    },
    Rule {
        name: "no-pack",
        why: "no bytes are no SenML pack; an empty one has its bytes, `[]` or `80`",
        holds: |case| case.bytes.is_empty() && (case.is_json() || case.format == 112),
    },
    Rule {
        name: "two-values",
        why: "one value in a SenML record (RFC 8428, \"Regular Fields\")",
        holds: |case| case.code() == "TwoValues",
    },
    Rule {
        name: "repeated-key",
        why: "which of two values counts, nobody says",
        holds: |case| case.code() == "DuplicateKey",
    },
    Rule {
        name: "must-understand",
        why: "an unknown key that ends with _ must not be passed over (RFC 8428, \"Extensibility\")",
        holds: |case| case.code() == "MustUnderstand" && case.bytes.windows(4).any(|part| part == b"foo_"),
    },
    Rule {
        name: "newer-version",
        why: "a SenML version above 10 must not be read (RFC 8428, \"Version\")",
        holds: |case| case.code() == "Version",
    },
    Rule {
        name: "time-in-words",
        why: "a base time is a number; the time would be lost without a word",
        holds: |case| case.code() == "Syntax" && case.holds_text(r#""bt":"x""#),
    },
    Rule {
        name: "nameless-id",
        why: "65535 names nothing, on no level (Core, \"Identifiers\")",
        holds: |case| case.code() == "Name" && matches!(case.theirs, Ok(None)),
    },
    Rule {
        name: "tlv-width",
        why: "integers and times of TLV have 1, 2, 4 or 8 bytes (Core, \"Data Types\")",
        holds: |case| {
            let kind = case.wrong_type();
            case.is_tlv() && matches!(kind, Some(ValueType::Integer | ValueType::Time | ValueType::Unsigned))
        },
    },
    Rule {
        name: "tlv-boolean",
        why: "a Boolean of TLV is 0 or 1 (Core, \"Data Types\"); Leshan takes any other for false",
        holds: |case| case.is_tlv() && case.wrong_type() == Some(ValueType::Boolean),
    },
    Rule {
        name: "tlv-link",
        why: "an Object Link of TLV has 4 bytes (Core, \"Data Types\"); without any, Leshan has none",
        holds: |case| case.is_tlv() && case.wrong_type() == Some(ValueType::ObjectLink),
    },
    Rule {
        name: "no-decimal-number",
        why: "numbers are decimal, in ASCII digits and in range; NaN, Infinity, 0x1p3, 1d, 1e400 are Java's",
        holds: |case| {
            let number = matches!(case.wrong_type(), Some(ValueType::Float | ValueType::Integer));
            let plain = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
            case.code() == "Invalid" && number && (!case.bytes.iter().all(plain) || case.holds_text("1e400"))
        },
    },
    Rule {
        name: "other-tags",
        why: "a tag of CBOR says what an item is: bytes of a large number are not the value of an Opaque resource",
        holds: |case| case.format == 60 && case.code() == "Syntax" && case.bytes.first().is_some_and(|b| b >> 5 == 6),
    },
    Rule {
        name: "parts-of-a-second",
        why: "Time is whole seconds (Core, \"Data Types\"); who writes a part of one means something else",
        holds: |case| case.format == 60 && case.wrong_type() == Some(ValueType::Time) && case.bytes.contains(&0xFB),
    },
];

/// What we read and Leshan does not.
const WE_TAKE: &[Rule<Case>] = &[
    Rule {
        name: "time-of-one-value",
        why: "a time with a value that was asked for is no reason to lose the value",
        holds: |case| case.says("value should not be timestamped") && case.all(|entry| entry.3.is_some()),
    },
    Rule {
        name: "below-nanoseconds",
        why: "what is below nanoseconds is cut off, not the value",
        holds: |case| case.says("is too precise") && case.all(|entry| entry.3.is_some()),
    },
    Rule {
        name: "no-type",
        why: "a value of a resource that has no type, as one to be executed, is kept as bytes",
        holds: |case| case.says("Unsupported type NONE") && case.all(|entry| entry.1 == "opaque"),
    },
    Rule {
        name: "core-links",
        why: "links are kept as text and judged by who uses them",
        holds: |case| case.says("LinkParseException") && case.all(|entry| entry.1 == "corelnk"),
    },
    Rule {
        name: "path-alone",
        why: "a record without a value names a path: a wish, or nothing there",
        holds: |case| case.is_senml() && case.absent,
    },
    Rule {
        name: "empty-pack",
        why: "a pack without records has no values, whatever was asked for",
        holds: |case| case.all(|_| false) && (case.bytes == b"[]" || case.bytes == [0x80]),
    },
    Rule {
        name: "padded-base64",
        why: "base64 has one meaning in either alphabet, padded or not",
        holds: |case| case.all(|entry| entry.1 == "opaque") && (case.is_json() || case.says("InvalidBase64")),
    },
    Rule {
        name: "whole-float",
        why: "1.0 is a whole number, however CBOR writes it",
        holds: |case| {
            let float = case.says("Can not convert 1.0 to long") || case.says("of type FloatingPoint in type");
            float && case.all(|entry| matches!(entry.1, "integer" | "unsigned"))
        },
    },
    Rule {
        name: "integer-as-float",
        why: "an integer of CBOR is fine where a float is expected (Core, \"CBOR\")",
        holds: |case| case.is_cbor() && case.all(|entry| entry.1 == "float"),
    },
    Rule {
        name: "tagged-number",
        why: "the tag of a time does not make a number another one",
        holds: |case| case.format == 60 && case.bytes.first() == Some(&0xC1) && case.all(|entry| entry.1 != "time"),
    },
    Rule {
        name: "bare-time",
        why: "Time is a number of seconds: tag 1 may say so but need not, and it may be before 1970 or far from it",
        holds: |case| {
            let java = case.says("Not tag 0 or 1") || case.says("for Java Date");
            java && case.format == 60 && case.all(|entry| entry.1 == "time")
        },
    },
    Rule {
        name: "no-first-slash",
        why: "a name without its first slash has one meaning",
        holds: |case| {
            case.says("Unable to resolve record, invalid path")
                && case.holds_text("\"bn\":\"")
                && !case.holds_text("\"bn\":\"/")
        },
    },
    Rule {
        name: "blanks",
        why: "blanks around a number or a Boolean have one meaning",
        holds: |case| case.format == 0 && case.bytes.trim_ascii().len() < case.bytes.len(),
    },
    Rule {
        name: "no-base-name",
        why: "without a base name, names of LwM2M JSON are relative to the path of the request",
        holds: |case| matches!(case.format, 1543 | 11543) && !case.bytes.windows(4).any(|part| part == b"\"bn\""),
    },
    Rule {
        name: "half-null-link",
        why: "a link that is half null is odd, but it is what the device says",
        holds: |case| case.all(|entry| entry.1 == "objlnk" && entry.2.contains("65535")),
    },
];

/// What both read, each in its way.
const WE_READ: &[Rule<Case>] = &[
    Rule {
        name: "exact-time",
        why: "times are exact seconds; Leshan's milliseconds overflow",
        holds: |case| {
            case.all(|entry| entry.1 == "time" && entry.2.parse::<i64>().is_ok_and(|time| time > i64::MAX / 1_000))
        },
    },
    Rule {
        name: "tlv-unsigned",
        why: "an Unsigned Integer has no sign (Core, \"Data Types\"); Leshan reads it with one",
        holds: |case| case.is_tlv() && case.all(|entry| entry.1 == "unsigned"),
    },
    Rule {
        name: "relative-time",
        why: "a relative time stays relative; Leshan adds it to its clock",
        holds: |case| case.all(|entry| entry.3.as_ref().is_some_and(|time| time.starts_with("now"))),
    },
    Rule {
        name: "whole-number",
        why: "a whole number of a resource that nobody knows is an Integer; Leshan takes it for a float in LwM2M JSON",
        holds: |case| {
            matches!(case.format, 1543 | 11543)
                && case.differ(|ours, theirs| ours.1 == "integer" && theirs.1 == "float")
        },
    },
];

/// All rows of a folder.
pub(crate) fn run(folder: &FilePath) -> Hits {
    let models = models();
    let mut counts = Counts::default();
    let (mut refuse, mut take, mut read) = (Judge::new(WE_REFUSE), Judge::new(WE_TAKE), Judge::new(WE_READ));
    for row in rows(folder, "malformed.jsonl") {
        let (bytes, context) = (bytes(&row), context(&row, &models));
        let got = codec::decode(&bytes, &context);
        let strict = codec::decode(&bytes, &context.with_mode(Mode::Strict));
        assert!(strict.is_err() || same(&strict, &got), "{row}\n   strict {strict:?}\n   lenient {got:?}");
        for error in [got.as_ref().err(), strict.as_ref().err()].into_iter().flatten() {
            assert!(error.at().is_none_or(|at| at <= bytes.len()), "{row}\n   {error:?}");
        }
        let absent = got.as_ref().is_ok_and(|payload| payload.entries().iter().any(|entry| entry.value().is_none()));
        let ours = got.map(|payload| flat(payload.entries(), false));
        let theirs = match text(&row, "leshan") {
            "accepts" => Ok(flatten(&row, "decoded")),
            message => Err(message.to_owned()),
        };
        let case = Case { row: row.clone(), format: format(&row), bytes, absent, ours, theirs };
        let shown = || format!("{}\n   ours   {:?}\n   theirs {:?}", case.shown(), case.ours, case.theirs);
        let kind = match (&case.ours, &case.theirs) {
            (Ok(ours), Ok(theirs)) if Some(ours) == theirs.as_ref() => "both read the same",
            (Err(_), Err(_)) => "both refuse",
            (Ok(_), Ok(_)) => {
                read.differs(&case, text(&row, "id"), shown);
                "both read, not the same"
            }
            (Err(_), Ok(_)) => {
                refuse.differs(&case, text(&row, "id"), shown);
                "we refuse, Leshan reads"
            }
            (Ok(_), Err(_)) => {
                take.differs(&case, text(&row, "id"), shown);
                "we read, Leshan refuses"
            }
        };
        counts.add(kind, case.format);
    }
    counts.print();
    println!("We refuse:");
    let mut hits = refuse.finish();
    println!("We take:");
    hits.extend(take.finish());
    println!("We read:");
    hits.extend(read.finish());
    hits
}

impl Case {
    /// Whether we read it and this is so of every value.
    fn all(&self, holds: fn(&Flat) -> bool) -> bool {
        self.ours.as_ref().is_ok_and(|ours| ours.iter().all(holds))
    }

    /// Whether this is so wherever both read it and not the same.
    fn differ(&self, holds: fn(&Flat, &Flat) -> bool) -> bool {
        let (Ok(ours), Ok(Some(theirs))) = (&self.ours, &self.theirs) else { return false };
        ours.len() == theirs.len()
            && ours.iter().zip(theirs).all(|(ours, theirs)| ours == theirs || holds(ours, theirs))
    }

    /// Whether Leshan refused it with these words.
    fn says(&self, words: &str) -> bool {
        self.theirs.as_ref().is_err_and(|message| message.contains(words))
    }

    fn is_senml(&self) -> bool {
        [110, 112].contains(&self.format)
    }

    fn is_cbor(&self) -> bool {
        [60, 112].contains(&self.format)
    }

    /// Which error is ours; empty for none.
    fn code(&self) -> &'static str {
        self.ours.as_ref().err().map(DecodeError::code).unwrap_or_default()
    }

    /// The type that the value is not of.
    fn wrong_type(&self) -> Option<ValueType> {
        match self.ours {
            Err(DecodeError::Invalid { expected, .. } | DecodeError::WrongType { expected, .. }) => Some(expected),
            _ => None,
        }
    }

    fn is_json(&self) -> bool {
        [110, 11543, 1543].contains(&self.format)
    }

    fn is_tlv(&self) -> bool {
        [11542, 1542].contains(&self.format)
    }

    fn holds_text(&self, text: &str) -> bool {
        self.bytes.windows(text.len()).any(|part| part == text.as_bytes())
    }

    /// The row with its bytes as text where they are.
    fn shown(&self) -> String {
        let shown = match self.format {
            0 | 110 | 11543 | 1543 => String::from_utf8_lossy(&self.bytes).into_owned(),
            _ => text(&self.row, "hex").to_owned(),
        };
        format!(
            "{} {} {} {} {shown}",
            text(&self.row, "id"),
            text(&self.row, "tag"),
            self.format,
            text(&self.row, "base_path")
        )
    }
}
