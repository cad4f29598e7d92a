//! The lines in which JavaScript hands over definitions of its own.
//!
//! A line has fields with a tab between. JavaScript takes tabs and line ends out of names.
//!
//! | line | fields |
//! |---|---|
//! | `D` | the LwM2M version that a device registered with |
//! | `V` | id and version of an object that it registered; the version may be empty |
//! | `O` | a definition: id, version, name, lowest LwM2M version, `1` if multiple, `1` if mandatory |
//! | `R` | a resource of the last `O`: id, name, letters of its operations, type or nothing, multiple, mandatory, range, unit |
//! | `N` | a name of a value of the last `R`: value, name |

use lwm2m::{Models, ObjectModel, Operations, ResourceModel, ValueType, Version};

use crate::state::Failure;

/// `base` with what the lines say.
pub(crate) fn read(lines: &str, base: Models) -> Result<Models, Failure> {
    let mut models = base;
    let mut lwm2m = Version::V1_0;
    let mut versions = Vec::new();
    let mut open: Option<ObjectModel> = None;
    for line in lines.lines() {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        let kind = next();
        match kind {
            "D" => lwm2m = version(next())?,
            "V" => {
                let (id, text) = (number(next())?, next());
                versions.push((id, if text.is_empty() { None } else { Some(version(text)?) }));
            }
            "O" => {
                if let Some(object) = open.take() {
                    models.insert(object);
                }
                let (id, its_version) = (number(next())?, version(next())?);
                let mut object = ObjectModel::new(id, next());
                object.version = its_version;
                object.lwm2m = version(next())?;
                object.multiple = next() == "1";
                object.mandatory = next() == "1";
                open = Some(object);
            }
            "N" => {
                let (value, name) = (next(), next());
                let value = value.parse().map_err(|_| bad("a value", value))?;
                if let Some(resource) = open.as_mut().and_then(|object| object.resources.last_mut()) {
                    resource.enumeration.push((value, name.into()));
                }
            }
            _ => {
                let (id, name, letters, kind) = (number(next())?, next(), next(), next());
                let operations =
                    [Operations::None, Operations::Read, Operations::Write, Operations::ReadWrite, Operations::Execute];
                let operations = operations
                    .into_iter()
                    .find(|operations| operations.letters() == letters)
                    .ok_or_else(|| bad("operations", letters))?;
                let kind = match kind {
                    "" => None,
                    kind => Some(ValueType::from_name(kind).ok_or_else(|| bad("a type", kind))?),
                };
                let mut resource = ResourceModel::new(id, name, operations, kind);
                resource.multiple = next() == "1";
                resource.mandatory = next() == "1";
                resource.range = next().into();
                resource.units = next().into();
                if let Some(object) = &mut open {
                    object.resources.push(resource);
                }
            }
        }
    }
    if let Some(object) = open {
        models.insert(object);
    }
    if versions.is_empty() { Ok(models) } else { Ok(models.with_registration(lwm2m, &versions)) }
}

fn version(text: &str) -> Result<Version, Failure> {
    text.parse().map_err(|_| bad("a version", text))
}

fn number(text: &str) -> Result<u16, Failure> {
    text.parse().map_err(|_| bad("an id", text))
}

fn bad(what: &str, text: &str) -> Failure {
    Failure::new("Definition", format_args!("`{text}` is not {what} of a definition"))
}
