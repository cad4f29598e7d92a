//! Text: links, attributes, arguments, paths. What is read is written strictly, and reads the same again.

use lwm2m::{Attributes, Discovery, Limits, Mode, ObjectList, Path, WriteAttributes, arguments, link};

pub(crate) fn links_hold(data: &[u8]) {
    let (lenient, strict) = (link::parse(data, Mode::Lenient), link::parse(data, Mode::Strict));
    assert!(strict.is_err() || strict == lenient, "{strict:?}\n{lenient:?}");
    let objects = ObjectList::parse(data, &Limits::DEFAULT);
    // It also begins with a version, in an answer to Bootstrap-Discover.
    let discovery = Discovery::parse(data, "/lwm2m", &Limits::DEFAULT);
    assert!(discovery.is_ok() || objects.is_err(), "{objects:?}\n{discovery:?}");
    if let Ok(objects) = objects {
        let written = objects.to_link_format();
        let again = ObjectList::parse(written.as_bytes(), &Limits::DEFAULT).expect("what we wrote");
        assert_eq!(again.objects, objects.objects, "{written}");
    }
    let Ok(links) = lenient else { return };
    let written = link::format(&links);
    assert_eq!(link::parse(written.as_bytes(), Mode::Lenient).as_ref(), Ok(&links), "{written}");
    for link in &links {
        let _ = Attributes::from_link(link, Mode::Lenient);
        let _ = Attributes::from_link(link, Mode::Strict);
    }
}

pub(crate) fn attributes_hold(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(WriteAttributes::from_options([data], Mode::Lenient).is_err());
        return;
    };
    let (lenient, strict) = (WriteAttributes::parse(text, Mode::Lenient), WriteAttributes::parse(text, Mode::Strict));
    assert!(strict.is_err() || strict == lenient, "{strict:?}\n{lenient:?}");
    let Ok(write) = lenient else { return };
    let written = write.to_string();
    assert_eq!(WriteAttributes::parse(&written, Mode::Strict), Ok(write), "{written}");
    let path = Path::resource(3, 0, 9);
    let _ = write.validate(path, lwm2m::Version::V1_2, crate::models());
    let _ = write.apply(Attributes::NONE).consistency();
}

pub(crate) fn arguments_hold(data: &[u8]) {
    let (lenient, strict) = (arguments::parse(data, Mode::Lenient), arguments::parse(data, Mode::Strict));
    assert!(strict.is_err() || strict == lenient, "{strict:?}\n{lenient:?}");
    let Ok(list) = lenient else { return };
    if let Ok(written) = arguments::format(&list) {
        assert_eq!(arguments::parse(written.as_bytes(), Mode::Strict).as_ref(), Ok(&list), "{written}");
    }
}

pub(crate) fn paths_hold(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for root in ["", "/lwm2m"] {
        let (lenient, strict) =
            (Path::parse_below(text, root, Mode::Lenient), Path::parse_below(text, root, Mode::Strict));
        assert!(strict.is_err() || strict == lenient, "{strict:?}\n{lenient:?}");
        if let Ok(path) = lenient {
            assert_eq!(path.to_string().parse(), Ok(path));
            assert_eq!(Path::parse_below(&format!("{root}{path}"), root, Mode::Strict), Ok(path));
        }
    }
    if let Ok(path) = Path::parse(text, Mode::Strict) {
        assert_eq!(path.to_string(), text, "strict text has one form");
    }
}
