use std::vec::Vec;

use super::*;
use crate::{Models, Path, link};

#[test]
fn reads_and_names() {
    let rows = [
        ("pmin", "0"),
        ("pmax", "9223372036854775807"),
        ("gt", "1.5"),
        ("lt", "-0.25"),
        ("st", "1"),
        ("epmin", "1"),
        ("epmax", "2"),
        ("edge", "0"),
        ("con", "1"),
        ("hqmax", "4294967295"),
    ];
    let mut attributes = Attributes::default();
    assert!(attributes.is_empty());
    for (name, value) in rows {
        let name = AttributeName::from_name(name).unwrap();
        assert!(!attributes.has(name));
        assert_eq!(attributes.set(name, value, Mode::Strict), Ok(()), "{name}");
        assert!(attributes.has(name));
    }
    let named: Vec<_> = attributes.named().collect();
    assert_eq!(named, rows.map(|(name, value)| (name, value.to_owned())));
    for name in AttributeName::ALL {
        attributes.unset(name);
    }
    assert!(attributes.is_empty());
}

/// The query as it is written again, or why not.
fn read(query: &str, mode: Mode) -> Result<String, AttributeError> {
    let write = WriteAttributes::parse(query, mode)?;
    let text = write.to_string();
    assert_eq!(WriteAttributes::parse(&text, Mode::Strict), Ok(write), "{query}");
    assert_eq!(
        WriteAttributes::from_options(
            write.options().map(String::into_bytes).collect::<Vec<_>>().iter().map(Vec::as_slice),
            Mode::Strict
        ),
        Ok(write)
    );
    Ok(text)
}

#[test]
fn reads_queries() {
    for (query, written) in [
        ("", ""),
        // OMA LwM2M Core, "Write-Attributes" and "Attributes": the examples.
        ("pmin=10&pmax=60", "pmin=10&pmax=60"),
        ("gt=45&st=10", "gt=45&st=10"),
        ("lt=20&gt=85&st=10", "gt=85&lt=20&st=10"),
        ("pmin", "pmin"),
        ("pmax&pmin=5", "pmin=5&pmax"),
        ("pmax=100&epmin=1&epmax=20", "pmax=100&epmin=1&epmax=20"),
        ("edge=1&con=0&hqmax=5", "edge=1&con=0&hqmax=5"),
        ("gt=-95.5", "gt=-95.5"),
        ("pmin=007", "pmin=7"),
        ("gt=1.50", "gt=1.5"),
        ("edge=01", "edge=1"),
    ] {
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(read(query, mode).as_deref(), Ok(written), "{query} {mode:?}");
        }
    }
}

#[test]
fn is_lenient() {
    for (query, written) in [
        ("&pmin=10", "pmin=10"),
        ("pmin=10&&pmax=20&", "pmin=10&pmax=20"),
        ("pmin= 1 ", "pmin=1"),
        (" pmin=1", "pmin=1"),
        ("pmin=\"10\"", "pmin=10"),
        ("gt=1e3", "gt=1000"),
        ("gt=+1", "gt=1"),
        ("st=.5", "st=0.5"),
        ("lt=5.", "lt=5"),
    ] {
        assert_eq!(read(query, Mode::Lenient).as_deref(), Ok(written), "{query}");
        assert!(read(query, Mode::Strict).is_err(), "{query}");
    }
}

#[test]
fn refuses() {
    use AttributeError::*;
    use AttributeName::*;
    for (query, error) in [
        ("=10", NoName { parameter: 0 }),
        ("pmin=10&foo=1", Unknown { parameter: 1 }),
        ("PMIN=10", Unknown { parameter: 0 }),
        ("p%6din=10", Unknown { parameter: 0 }),
        ("dim=1", ReadOnly { parameter: 0 }),
        ("ver=1.1", ReadOnly { parameter: 0 }),
        ("ssid=1", ReadOnly { parameter: 0 }),
        ("uri=\"coap://x\"", ReadOnly { parameter: 0 }),
        ("lwm2m=1.1", ReadOnly { parameter: 0 }),
        ("pmin=1&pmin=1", Repeated { name: Pmin }),
        ("pmin=1&pmin", Repeated { name: Pmin }),
        ("pmin&pmin=1", Repeated { name: Pmin }),
        ("pmin=", NoValue { name: Pmin }),
        ("pmin=+1", NotANumber { name: Pmin }),
        ("pmin=-1", NotANumber { name: Pmin }),
        ("pmin=1.5", NotANumber { name: Pmin }),
        ("pmin=%31", NotANumber { name: Pmin }),
        ("pmin=10;pmax=60", NotANumber { name: Pmin }),
        ("pmin=\u{661}", NotANumber { name: Pmin }),
        ("pmax=9223372036854775808", OutOfRange { name: Pmax }),
        ("gt=inf", NotANumber { name: Gt }),
        ("gt=NaN", NotANumber { name: Gt }),
        ("gt=0x1", NotANumber { name: Gt }),
        ("gt=1=2", NotANumber { name: Gt }),
        ("gt=100000000000000000000000000000000000000", OutOfRange { name: Gt }),
        ("con=true", NotANumber { name: Con }),
        ("edge=2", OutOfRange { name: Edge }),
        ("hqmax=4294967296", OutOfRange { name: Hqmax }),
    ] {
        for mode in [Mode::Lenient, Mode::Strict] {
            assert_eq!(WriteAttributes::parse(query, mode), Err(error), "{query} {mode:?}");
        }
    }
    let bad = [b"pmin=1".as_slice(), b"\xff"];
    assert_eq!(WriteAttributes::from_options(bad, Mode::Lenient), Err(Utf8 { parameter: 1 }));
    assert_eq!(WriteAttributes::parse("&pmin=1", Mode::Strict), Err(NoName { parameter: 0 }));
}

#[test]
fn validates() {
    use AttributeName::*;
    use AttributeViolation::*;
    let path = |text: &str| text.parse::<Path>().unwrap();
    let level = |name, at: &str| Err(Level { name, path: path(at) });
    for (at, lwm2m, query, expected) in [
        ("/3/0/9", "1.0", "pmin=10&pmax=60&gt=80&lt=20&st=29", Ok(())),
        ("/3/0", "1.0", "pmin=10&pmax=60", Ok(())),
        ("/3", "1.2", "pmin&pmax=60&epmin=1&epmax=2&con=1&hqmax=3", Ok(())),
        ("/", "1.2", "pmin=1", level(Pmin, "/")),
        ("/3/-", "1.2", "pmin=1", level(Pmin, "/3/-")),
        ("/3", "1.2", "gt=1", level(Gt, "/3")),
        ("/3/0", "1.2", "st", level(St, "/3/0")),
        ("/3/0", "1.2", "edge=1", level(Edge, "/3/0")),
        ("/3/0/9", "1.0", "epmin=1", Err(Version { name: Epmin, since: crate::Version::V1_1 })),
        ("/3/0/9", "1.1", "con", Err(Version { name: Con, since: crate::Version::V1_2 })),
        ("/3/0/9", "1.1", "hqmax=1", Err(Version { name: Hqmax, since: crate::Version::V1_2 })),
        ("/3/0/7/0", "1.1", "gt=1", Ok(())),
        ("/3/0/7/0", "1.0", "pmin=1", Err(ResourceInstance)),
        ("/3/0/0", "1.2", "gt=1", Err(Type { name: Gt, value_type: crate::ValueType::String })),
        ("/3/0/9", "1.2", "edge=1", Err(Type { name: Edge, value_type: crate::ValueType::Integer })),
        ("/1/0/6", "1.2", "edge=1", Ok(())),
        ("/3/0/4", "1.2", "pmin=1", Err(NotReadable { path: path("/3/0/4") })),
        ("/3/0/13", "1.2", "gt=1700000000", Ok(())),
        // What is not known may be anything.
        ("/42000/0/9", "1.2", "gt=1&edge=1", Ok(())),
        ("/3/0/9", "1.2", "lt=20&gt=20", Err(LtNotBelowGt)),
        ("/3/0/9", "1.2", "lt=10&gt=20&st=5", Err(StepTooLarge)),
        ("/3/0/9", "1.2", "lt=10&gt=20&st=4.9", Ok(())),
        ("/3/0/9", "1.2", "lt=0.7&gt=0.9&st=0.1", Err(StepTooLarge)),
        ("/3/0/9", "1.2", "st=-1", Err(NegativeStep)),
        ("/3/0/9", "1.2", "st=0", Ok(())),
        ("/3/0/9", "1.2", "pmin=60&pmax=10", Err(PminAbovePmax)),
        ("/3/0/9", "1.2", "pmin=60&pmax=60", Ok(())),
        ("/3/0/9", "1.2", "pmin=60&pmax=0", Ok(())),
        ("/3/0/9", "1.2", "epmin=5&epmax=5", Err(EpminNotBelowEpmax)),
        ("/3/0/9", "1.2", "epmin=5&epmax=10", Ok(())),
    ] {
        let write = WriteAttributes::parse(query, Mode::Strict).unwrap();
        let lwm2m = lwm2m.parse().unwrap();
        assert_eq!(write.validate(path(at), lwm2m, Models::oma()), expected, "{at} {query}");
        if write.unset.is_empty() {
            assert_eq!(write.set.validate(path(at), lwm2m, Models::oma()), expected, "{at} {query}");
        }
    }
    assert!(!PminAbovePmax.is_refused() && StepTooLarge.is_refused());
}

#[test]
fn applies() {
    let read = |query| WriteAttributes::parse(query, Mode::Strict).unwrap();
    let before = read("pmin=1&pmax=2&gt=3").set;
    assert_eq!(read("pmin=5&pmax&lt=1").apply(before), read("pmin=5&gt=3&lt=1").set);
    assert_eq!(read("").apply(before), before);
    assert_eq!(read("pmin&pmax&gt").apply(before), Attributes::default());
    assert!(read("").is_empty() && !read("pmin").is_empty());
    assert_eq!(read("pmin=5&pmax").names().iter().collect::<Vec<_>>(), [AttributeName::Pmin, AttributeName::Pmax]);
    // What is written fits, but not with what is there.
    assert_eq!(read("lt=4").apply(before).consistency(), Err(AttributeViolation::LtNotBelowGt));
    assert_eq!(before.or(read("pmin=9&st=1").set), read("pmin=1&pmax=2&gt=3&st=1").set);
}

#[test]
fn comes_from_links() {
    let link = |text| link::parse(text, Mode::Lenient).unwrap().remove(0);
    let attributes = Attributes::from_link(&link(b"</3/0/7>;dim=8;pmin=10;pmin=5;gt=-1e1;foo"), Mode::Lenient);
    assert_eq!(attributes, Ok(WriteAttributes::parse("pmin=10&gt=-10", Mode::Strict).unwrap().set));
    let name = AttributeName::Pmin;
    assert_eq!(Attributes::from_link(&link(b"</3>;pmin"), Mode::Lenient), Err(AttributeError::NoValue { name }));
    assert_eq!(Attributes::from_link(&link(b"</3>;pmin=x"), Mode::Lenient), Err(AttributeError::NotANumber { name }));
}
