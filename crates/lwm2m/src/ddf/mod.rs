//! Object definitions (DDF XML) read at run time, and a linter for those who write them.
//!
//! [`read`] takes the XML that the OMNA LwM2M registry and others publish and gives [`ObjectModel`]s for
//! [`Models::insert`](crate::Models::insert). Real files are read by element name in any order, with or without byte
//! order mark, declaration, schema, comments and CDATA; what their author should hear of is a [`Warning`]. What could
//! harm or cannot be made sense of is an [`Error`] with its place. [`lint`] finds more: it is for an editor or a build.
//!
//! ```
//! use lwm2m::{Models, Path, ddf};
//! let file = br#"<LWM2M><!-- Copyright: none, take it -->
//!   <Object ObjectType="MODefinition"><Name>Lamp</Name><ObjectID>33000</ObjectID>
//!     <ObjectURN>urn:oma:lwm2m:x:33000</ObjectURN><MultipleInstances>Single</MultipleInstances>
//!     <Mandatory>Optional</Mandatory><Resources>
//!       <Item ID="0"><Name>Brightness</Name><Operations>RW</Operations><Type>Integer</Type>
//!         <RangeEnumeration>0..100</RangeEnumeration><Units>/100</Units></Item>
//!     </Resources></Object></LWM2M>"#;
//! let definition = ddf::read(file, &ddf::Limits::DEFAULT)?;
//! assert_eq!(definition.warnings, []);
//! let mut models = Models::oma().clone();
//! definition.objects.into_iter().for_each(|object| models.insert(object));
//! let brightness = models.resource(Path::resource(33000, 0, 0)).unwrap();
//! assert_eq!((brightness.name, brightness.value_range().unwrap().to_string().as_str()), ("Brightness", "0 to 100"));
//! # Ok::<(), ddf::Error>(())
//! ```

mod build;
mod compare;
mod error;
mod hints;
mod lint;
mod rules;
mod scan;
mod units;

use alloc::vec::Vec;

use crate::ObjectModel;
pub use crate::limits::DdfLimits as Limits;
use build::{Builder, Watch};
pub use error::{Error, ErrorKind, Malformed, Warning, WarningKind};
pub use lint::{Finding, lint, lint_with};
pub use rules::{RULES, Rule, Severity};

/// What a file defines.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Definition {
    /// The objects, at least one, in the order of the file; the resources of each by id.
    pub objects: Vec<ObjectModel>,
    /// What the author of the file should hear of, in the order of the file.
    pub warnings: Vec<Warning>,
}

/// Reads a file of object definitions.
///
/// # Errors
/// If the file is larger, deeper or has more resources than `limits` allow, is not UTF-8 or not well-formed XML, has a
/// DOCTYPE or entities of its own, is no object definition, or has an id that is none. The error says where.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Definition, Error> {
    let mut builder = Builder::new(*limits, ());
    let text = walk(bytes, limits, &mut builder)?;
    let mut places = Places::new(text);
    let warnings = builder.found.into_iter().map(|found| {
        let (line, column) = places.of(found.at);
        Warning { line, column, object: found.object, resource: found.resource, kind: found.kind }
    });
    Ok(Definition { warnings: warnings.collect(), objects: builder.objects })
}

/// Lets the builder hear of the whole file. Gives the text without byte order mark.
fn walk<'a, W: Watch<'a>>(bytes: &'a [u8], limits: &Limits, builder: &mut Builder<'a, W>) -> Result<&'a str, Error> {
    let whole = |kind| Error { line: 1, column: 1, kind };
    if bytes.len() > limits.bytes {
        return Err(whole(ErrorKind::TooLarge { limit: limits.bytes }));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let (line, column) = Places::new(core::str::from_utf8(good).unwrap_or_default()).of(good.len());
            return Err(Error { line, column, kind: ErrorKind::NotUtf8 });
        }
    };
    let placed = |(kind, at)| {
        let (line, column) = Places::new(text).of(at);
        Error { line, column, kind }
    };
    if let Some(at) = scan::forbidden(text) {
        return Err(placed((ErrorKind::Malformed(Malformed::Character), at)));
    }
    scan::scan(text, limits, builder).map_err(placed)?;
    builder.finish().map_err(whole)?;
    Ok(text)
}

/// Counts lines and columns, going forward.
struct Places<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl<'a> Places<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1, column: 1 }
    }

    /// Line and column of a byte that does not lie before the last one asked for.
    fn of(&mut self, at: usize) -> (u32, u32) {
        let passed = self.text.get(self.at..at).unwrap_or_default();
        match passed.rfind('\n') {
            Some(last) => {
                self.line = self.line.saturating_add(passed.bytes().filter(|&byte| byte == b'\n').count() as u32);
                self.column = passed.get(last + 1..).unwrap_or_default().chars().count() as u32 + 1;
            }
            None => self.column = self.column.saturating_add(passed.chars().count() as u32),
        }
        self.at = self.at.max(at);
        (self.line, self.column)
    }
}
