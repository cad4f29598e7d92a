//! Object definitions from folders: `--models`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use lwm2m::{Models, ddf};

use super::files;
use super::screen::safe;

/// Bytes of all definitions together. The whole registry in all its versions has 6.5 MB.
const MOST_BYTES: usize = 256 << 20;
/// Files that are named because they are passed over; of more only the number is told.
const NAMED: usize = 10;

/// The built-in definitions and those of these folders and files; a later one wins.
///
/// What is no definition is named on stderr and passed over.
pub(crate) fn load(places: &[PathBuf]) -> Result<Models> {
    let mut models = Models::oma().clone();
    let mut skipped = Vec::new();
    let mut bytes = 0;
    for place in places {
        for file in files::below(place)? {
            match read(&file, &mut bytes) {
                Ok(definition) => definition.objects.into_iter().for_each(|object| models.insert(object)),
                Err(why) => skipped.push(format!("{}: {why}", files::shown(&file))),
            }
            if bytes > MOST_BYTES {
                bail!("more than {MOST_BYTES} bytes of definitions: name a smaller folder");
            }
        }
    }
    for line in skipped.iter().take(NAMED) {
        eprintln!("footbridge: passed over {line}");
    }
    if let Some(more) = skipped.len().checked_sub(NAMED).filter(|more| *more > 0) {
        eprintln!("footbridge: passed over {more} more files; footbridge lint says why");
    }
    Ok(models)
}

fn read(file: &Path, sum: &mut usize) -> Result<ddf::Definition, String> {
    let limits = ddf::Limits::DEFAULT;
    if !files::is_xml(file) {
        return Err("no object definition, its name does not end with .xml".into());
    }
    let bytes = files::read(file, limits.bytes).map_err(|error| error.to_string())?;
    *sum += bytes.len();
    ddf::read(&bytes, &limits).map_err(|error| safe(&error.to_string()))
}
