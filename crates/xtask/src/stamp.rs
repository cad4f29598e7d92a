//! Content hashes: what a step was made from, and names of files by what is in them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// A hash over files, folders and words that tells whether a step has to be done again.
#[derive(Default)]
pub(crate) struct Stamp(Sha256);

impl Stamp {
    /// Adds a word: a mode, a version.
    pub(crate) fn word(mut self, word: &str) -> Self {
        self.0.update((word.len() as u64).to_le_bytes());
        self.0.update(word);
        self
    }

    /// Adds a file, or a folder with all below it, by names and contents. What does not exist counts as empty.
    pub(crate) fn path(mut self, path: &Path) -> Result<Self> {
        for file in files(path)? {
            let name = file.strip_prefix(path).unwrap_or(&file).to_string_lossy().into_owned();
            let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self = self.word(&name);
            self.0.update((content.len() as u64).to_le_bytes());
            self.0.update(&content);
        }
        Ok(self)
    }

    /// The hash as text.
    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Whether the file holds exactly this stamp.
pub(crate) fn is_current(file: &Path, stamp: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|old| old == stamp)
}

/// The first 16 hex digits of a content's hash, for file names.
pub(crate) fn short_hash(content: &[u8]) -> String {
    let mut text = hex(&Sha256::digest(content));
    text.truncate(16);
    text
}

/// All files below a path, sorted; the path itself if it is a file.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    if !path.is_dir() {
        return Ok(found);
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        found.extend(files(&path)?);
    }
    Ok(found)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_do_not_run_together() {
        assert_ne!(Stamp::default().word("ab").word("c").finish(), Stamp::default().word("a").word("bc").finish());
    }

    #[test]
    fn short_hash_is_the_beginning_of_sha_256() {
        // FIPS 180-2 gives SHA-256 of "abc" as ba7816bf 8f01cfea ….
        assert_eq!(short_hash(b"abc"), "ba7816bf8f01cfea");
    }
}
