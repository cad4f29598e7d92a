//! The rules of the linter, in one table.

use core::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums)] // editors and builds know three
pub enum Severity {
    /// Worth knowing; may stay.
    Note,
    /// Should be changed before anybody else uses the file.
    Warning,
    /// Must be changed: the file is refused, or means something else to different readers.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A rule of the linter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Its name, as in [`Finding::rule`](super::Finding::rule): small letters and hyphens.
    pub name: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// What it asks for and why.
    pub explanation: &'static str,
    /// What to do if it is broken.
    pub help: &'static str,
}

const fn rule(name: &'static str, severity: Severity, explanation: &'static str, help: &'static str) -> Rule {
    Rule { name, severity, explanation, help }
}

/// All rules: first those whose breaking makes [`read`](super::read) refuse the file, then those that it warns of, then
/// those of [`lint`](super::lint) alone.
pub static RULES: &[Rule] = &[
    rule("limit", ERROR, "A file has at most 1 MiB, 65,535 resources, and elements 16 deep.", "Split the file."),
    rule("encoding", ERROR, "The file is UTF-8, whatever its declaration says.", "Save it as UTF-8."),
    rule("xml", ERROR, "The file is well-formed XML.", "Correct the XML at this place."),
    rule(
        "doctype",
        ERROR,
        "No document type: no definition needs one, and it can make a reader fetch or unfold things.",
        "Remove the <!DOCTYPE …>.",
    ),
    rule(
        "entity",
        ERROR,
        "Only the five entities of XML itself: others need a document type.",
        "Write the character itself, or &#NUMBER;.",
    ),
    rule(
        "definition",
        ERROR,
        "The root element is LWM2M, with at least one Object in it.",
        "Begin with <LWM2M><Object ObjectType=\"MODefinition\">.",
    ),
    rule("object-id", ERROR, "An object has an ObjectID of 0 to 65534.", "Give the id in plain digits."),
    rule("resource-id", ERROR, "Each Item has an ID of 0 to 65534.", "Write <Item ID=\"NUMBER\"> in plain digits."),
    rule(
        "urn",
        ERROR,
        "The ObjectURN is urn:oma:lwm2m:CLASS:ID, with :VERSION behind it unless that is 1.0.",
        "Write it in that form.",
    ),
    rule("urn-id", ERROR, "The id in the ObjectURN is the ObjectID.", "Correct the one that is wrong."),
    rule(
        "urn-class",
        ERROR,
        "The class in the ObjectURN belongs to the id: oma up to 1023, ext from 2048 to 10240, x from 10241 on.",
        "Correct the class, or take an id of the class that is meant.",
    ),
    rule(
        "urn-version",
        ERROR,
        "The version in the ObjectURN is the ObjectVersion; without one it is 1.0.",
        "Correct the one that is wrong.",
    ),
    rule("version", ERROR, "Versions are MAJOR.MINOR, two whole numbers.", "Write it like 1.0."),
    rule(
        "id-reserved",
        ERROR,
        "Object ids of 1024 to 2047 and from 42801 on are reserved.",
        "Take a registered id, or for an object of one's own one of 32769 to 42768.",
    ),
    rule(
        "id-test",
        NOTE,
        "Object ids of 42769 to 42800 are for tests and must never leave the laboratory.",
        "Take another id before anything is shipped.",
    ),
    rule("object-duplicate", ERROR, "An object stands in a file once in each version.", "Remove one of the two."),
    rule("resource-duplicate", ERROR, "A resource id stands in an object once.", "Give one of the two another id."),
    rule("type-missing", ERROR, "What can be read or written has a Type.", "Name the type."),
    rule(
        "type-unknown",
        ERROR,
        "The Type is String, Integer, Unsigned Integer, Float, Boolean, Opaque, Time, Objlnk or Corelnk.",
        "Take one of these words.",
    ),
    rule("type-executable", WARNING, "What is executed has no value and so no Type.", "Leave the Type empty."),
    rule("multiple-executable", ERROR, "What is executed has no instances.", "Make it Single."),
    rule(
        "type-version",
        WARNING,
        "Unsigned Integer and Corelnk came with LwM2M 1.1: a client of 1.0 cannot have such a resource.",
        "Set LWM2MVersion to 1.1, or take Integer or String.",
    ),
    rule(
        "operations",
        ERROR,
        "Operations is R, W, RW, E, or nothing for what only a Bootstrap-Server may touch.",
        "Take one of these.",
    ),
    rule("instances", ERROR, "MultipleInstances is Single or Multiple.", "Take one of the two words."),
    rule("presence", ERROR, "Mandatory is Mandatory or Optional.", "Take one of the two words."),
    rule(
        "range",
        WARNING,
        "RangeEnumeration is a range or list of numbers that a program can read, or lines like `0: Idle`.",
        "Write 0..100, or 1,2,5, or move the text into the Description.",
    ),
    rule("range-reversed", WARNING, "A range goes from low to high.", "Swap the two numbers."),
    rule(
        "licence",
        WARNING,
        "A comment says who owns the definition and who may copy it.",
        "Put a comment with copyright and licence before <LWM2M>.",
    ),
    // What follows only the linter says.
    rule(
        "file-name",
        WARNING,
        "A file that is named by numbers has the id of its object, ID.xml, or id and version, ID-MAJOR_MINOR.xml.",
        "Rename the file, or correct ObjectID and ObjectVersion.",
    ),
    rule(
        "element-missing",
        ERROR,
        "An object has Name, ObjectURN, MultipleInstances and Mandatory; a resource has Name, Operations, \
         MultipleInstances, Mandatory and Type (which may be empty).",
        "Add the element.",
    ),
    rule("element-unknown", WARNING, "Only elements of the schema, where it has them.", "Correct or remove it."),
    rule(
        "element-twice",
        WARNING,
        "Each element once; readers differ in which of two counts.",
        "Remove one of the two.",
    ),
    rule(
        "schema",
        NOTE,
        "The schema wants all elements, empty ones too, in its own order. Readers that go by place fail otherwise.",
        "Bring them into the order of the schema and add the empty ones.",
    ),
    rule(
        "spelling",
        NOTE,
        "Words are spelled as in the schema, capitals too.",
        "Spell it as the schema does: strict readers refuse anything else.",
    ),
    rule("name-blanks", NOTE, "A name has no blanks around it and no double ones inside.", "Remove them."),
    rule("name-duplicate", WARNING, "Two resources of an object have two names.", "Rename one of them."),
    rule("resources-none", WARNING, "An object has at least one resource.", "Add an Item."),
    rule(
        "operations-missing",
        NOTE,
        "Empty Operations mean that only a Bootstrap-Server has access; among resources that a server may use that is \
         often a slip.",
        "Say R, W, RW or E, unless only a Bootstrap-Server is to have access.",
    ),
    rule("description-missing", NOTE, "Objects and resources say what they are for.", "Add a sentence or two."),
    rule(
        "units-unknown",
        NOTE,
        "Units are those of SenML (RFC 8428, RFC 8798 and the IANA registry), so that a program can convert them.",
        "Take the SenML name: Cel, s, /100, m/s, ….",
    ),
    rule(
        "reusable-type",
        WARNING,
        "A resource id of 2048 to 26240 is reusable: it means the same in every object.",
        "Take the type that other objects give it, or an id below 2048.",
    ),
    rule(
        "reusable-name",
        NOTE,
        "A resource id of 2048 to 26240 is reusable: it has the same name in every object.",
        "Take the name that other objects give it, or an id below 2048.",
    ),
    rule(
        "mandatory-added",
        WARNING,
        "A new minor version adds nothing mandatory: clients of the older one would break the newer.",
        "Make it Optional, or raise the major version.",
    ),
    rule(
        "changed",
        WARNING,
        "Within a major version a resource keeps its type, its instances and its place.",
        "Add a new resource instead, or raise the major version.",
    ),
    rule(
        "registered-differs",
        NOTE,
        "A registered object in a registered version is used as it was registered.",
        "Take the registered definition, or another id or version.",
    ),
];

const ERROR: Severity = Severity::Error;
const WARNING: Severity = Severity::Warning;
const NOTE: Severity = Severity::Note;
