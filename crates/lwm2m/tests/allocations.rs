//! What decoding allocates: the list of entries, and nothing for any one of them.
//!
//! A value that stands in the payload as it is meant is borrowed from it. Only what is written in another way there
//! (escapes of JSON, base64, text in pieces) is copied, and then once.

use allocation_counter::{AllocationInfo, measure};
use lwm2m::codec::{self, Payload};
use lwm2m::{ContentFormat, Context, Limits, Mode, Models, ObjectList, Path, Value, link};

/// What it takes to decode that, to be dropped inside. Panics if it cannot be decoded.
fn decoding(payload: &[u8], context: &Context<'_>) -> (usize, AllocationInfo) {
    // The first use may set up tables; that is not the payload's doing.
    let entries = codec::decode(payload, context).unwrap().entries().len();
    let mut decoded = Ok(Payload::default());
    let counted = measure(|| decoded = codec::decode(payload, context));
    assert_eq!(decoded.unwrap().entries().len(), entries);
    (entries, counted)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../tests/bench-payloads/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A vector that doubles from a first capacity is allocated about this often.
fn growths(entries: usize) -> u64 {
    u64::from(entries.next_power_of_two().ilog2()) + 1
}

#[test]
fn small_payloads_take_one_allocation() {
    let device = Path::instance(3, 0);
    for (name, format) in [
        ("a_device_tlv.bin", ContentFormat::TLV),
        ("b_device_senml_cbor.bin", ContentFormat::SENML_CBOR),
        ("c_device_senml_json.bin", ContentFormat::SENML_JSON),
    ] {
        let (entries, counted) = decoding(&file(name), &Context::new(format, device, Models::oma()));
        assert_eq!(entries, 24, "{name}");
        // The list itself; it may have to grow once.
        assert!(counted.count_total <= 2, "{name}: {counted:?}");
    }
}

#[test]
fn entries_take_none() {
    let root = Path::ROOT;
    let (entries, counted) = decoding(
        &file("e_composite1000_senml_cbor.bin"),
        &Context::new(ContentFormat::SENML_CBOR, root, Models::oma()),
    );
    assert_eq!(entries, 1000);
    assert!(counted.count_total <= growths(entries), "{counted:?}");

    for count in [10, 100, 1_000, 10_000] {
        for (format, payload) in [(ContentFormat::SENML_JSON, json(count)), (ContentFormat::TLV, tlv(count))] {
            let context = Context::new(format, Path::object(3303), Models::oma());
            let (entries, counted) = decoding(&payload, &context);
            assert_eq!(entries, count, "{format:?}");
            assert!(counted.count_total <= growths(entries), "{format:?}, {count} entries: {counted:?}");
        }
    }
}

#[test]
fn opaque_is_not_copied() {
    let payload = file("f_opaque64k_tlv.bin");
    let context = Context::new(ContentFormat::TLV, Path::instance(5, 0), Models::oma());
    let (_, counted) = decoding(&payload, &context);
    assert!(counted.bytes_total < 8_192, "{counted:?}");
    let decoded = codec::decode(&payload, &context).unwrap();
    let Some(Value::Opaque(bytes)) = decoded.entries()[0].value() else { panic!("{decoded:?}") };
    assert!(payload.as_ptr_range().contains(&bytes.as_ptr()) && bytes.len() == 65_536);
}

#[test]
fn encoding_takes_what_the_result_takes() {
    let context = Context::new(ContentFormat::SENML_CBOR, Path::ROOT, Models::oma());
    let payload = file("e_composite1000_senml_cbor.bin");
    let decoded = codec::decode(&payload, &context).unwrap();
    for format in [ContentFormat::SENML_CBOR, ContentFormat::SENML_JSON] {
        let context = Context::new(format, Path::ROOT, Models::oma());
        let counted = measure(|| drop(codec::encode(decoded.entries(), &context)));
        // The bytes grow, and names and tables of duplicates need some room of their own.
        assert!(counted.count_total <= 24, "{format:?}: {counted:?}");
    }
}

#[test]
fn links_take_one_allocation() {
    let text = file("g_links60.bin");
    let mut links = Ok(Vec::new());
    let counted = measure(|| links = link::parse(&text, Mode::Lenient));
    let with_two = links.unwrap().iter().filter(|link| link.attributes.len() > 1).count() as u64;
    assert_eq!(with_two, 1);
    // The list, which may grow once, and the two attributes of the root.
    assert!(counted.count_total <= 4, "{counted:?}");
}

#[test]
fn a_registration_takes_no_more_than_its_result() {
    let text = file("g_links60.bin");
    let mut list = Ok(ObjectList::default());
    let counted = measure(|| list = ObjectList::parse(&text, &Limits::DEFAULT));
    let list = list.unwrap();
    assert_eq!(list.objects.len(), 57);
    // The root, the formats, the objects (shrunk when they are known), the warnings.
    assert!(counted.count_total <= 6, "{counted:?}");
    assert!(counted.bytes_total < 8_192, "{counted:?}");
    let counted = measure(|| drop(list.to_link_format()));
    assert!(counted.count_total <= 2, "{counted:?}");
}

#[cfg(feature = "ddf")]
#[test]
fn definitions_take_what_they_keep() {
    use lwm2m::ddf::{self, Limits};
    let reading = |resources: usize| {
        let file = definition(resources);
        let mut read = None;
        let counted = measure(|| read = ddf::read(file.as_bytes(), &Limits::DEFAULT).ok());
        assert_eq!(read.unwrap().objects[0].resources.len(), resources);
        (file.len() as u64, counted)
    };
    let (_, few) = reading(10);
    let (size, many) = reading(1_010);
    // Name, range and units of each resource and two on the way; the list grows. Nothing for what is passed over.
    let each = (many.count_total - few.count_total) as f64 / 1_000.0;
    assert!(each < 5.1, "{each} allocations for a resource: {many:?}");
    assert!(many.bytes_max < size, "{size} bytes: {many:?}");
}

/// An object with that many resources, written as the registry writes them.
#[cfg(feature = "ddf")]
fn definition(resources: usize) -> String {
    let items: String = (0..resources)
        .map(|id| {
            format!(
                "<Item ID=\"{id}\"><Name>Resource {id}</Name><Operations>RW</Operations>\
                 <MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory><Type>Integer</Type>\
                 <RangeEnumeration>0..100</RangeEnumeration><Units>/100</Units>\
                 <Description><![CDATA[Words that are passed over: {}]]></Description></Item>\n",
                "more of them, ".repeat(10)
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LWM2M><Object ObjectType=\"MODefinition\"><Name>Many</Name>\
         <Description1/><ObjectID>32768</ObjectID><ObjectURN>urn:oma:lwm2m:x:32768</ObjectURN>\
         <LWM2MVersion>1.0</LWM2MVersion><ObjectVersion>1.0</ObjectVersion>\
         <MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>\
         <Resources>\n{items}</Resources><Description2/></Object></LWM2M>"
    )
}

/// Temperatures in SenML JSON, each with a base name of its own.
fn json(count: usize) -> Vec<u8> {
    let records: Vec<_> =
        (0..count).map(|n| format!(r#"{{"bn":"/3303/{n}/","n":"5700","v":2{}.5}}"#, n % 10)).collect();
    format!("[{}]", records.join(",")).into_bytes()
}

/// The same in TLV: instances with one float each.
fn tlv(count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for n in 0..count as u16 {
        bytes.extend([0b0010_0111]); // an instance, two bytes of id, seven bytes inside
        bytes.extend(n.to_be_bytes());
        bytes.extend([0b1110_0100, 0x16, 0x44]); // resource 5700, four bytes
        bytes.extend(21.5_f32.to_be_bytes());
    }
    bytes
}
