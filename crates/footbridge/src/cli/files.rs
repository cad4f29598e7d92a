//! The files of folders and their subfolders, in the order of their names.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::screen::safe;

/// Files of one folder and its subfolders. Ten times what the registry has.
pub(crate) const MOST_FILES: usize = 10_000;
/// Folders in folders.
pub(crate) const DEEPEST: usize = 16;

/// A path for a message.
pub(crate) fn shown(path: &Path) -> String {
    safe(&path.to_string_lossy())
}

/// The file itself, or all files below a folder but hidden ones. Links to folders are not followed.
pub(crate) fn below(place: &Path) -> Result<Vec<PathBuf>> {
    let kind = fs::metadata(place).with_context(|| format!("cannot read {}", shown(place)))?;
    if !kind.is_dir() {
        return Ok(vec![place.to_owned()]);
    }
    let mut files = Vec::new();
    walk(place, DEEPEST, &mut files)?;
    Ok(files)
}

fn walk(folder: &Path, deeper: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    if deeper == 0 {
        bail!("{}: more than {DEEPEST} folders in each other", shown(folder));
    }
    let read = || -> io::Result<Vec<(PathBuf, fs::FileType)>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entries.len() >= MOST_FILES {
                break;
            }
            entries.push((entry.path(), entry.file_type()?));
        }
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(entries)
    };
    let entries = read().with_context(|| format!("cannot read {}", shown(folder)))?;
    for (path, kind) in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if kind.is_dir() {
            walk(&path, deeper - 1, files)?;
        } else if kind.is_file() || kind.is_symlink() && path.is_file() {
            if files.len() >= MOST_FILES {
                bail!("more than {MOST_FILES} files: name a smaller folder");
            }
            files.push(path);
        }
    }
    Ok(())
}

/// Whether the name says that it is XML.
pub(crate) fn is_xml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("xml"))
}

/// The bytes of a file, and no more than one above `limit`: enough to see that it is too long.
pub(crate) fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_in_order_and_no_hidden_ones() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/c")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        for name in ["z.xml", "a.XML", "b/1.xml", "b/c/2.txt", ".git/x.xml", ".hidden.xml"] {
            fs::write(root.join(name), name).unwrap();
        }
        let names = |place: &Path| -> Vec<String> {
            below(place).unwrap().iter().map(|path| path.strip_prefix(root).unwrap().display().to_string()).collect()
        };
        assert_eq!(names(root), ["a.XML", "b/1.xml", "b/c/2.txt", "z.xml"]);
        assert_eq!(names(&root.join("z.xml")), ["z.xml"]);
        assert!(below(&root.join("none")).is_err());
        assert!(is_xml(&root.join("a.XML")) && !is_xml(&root.join("b/c/2.txt")));
        assert_eq!(read(&root.join("b/1.xml"), 3).unwrap(), b"b/1.");
        let deep: PathBuf = std::iter::repeat_n("d", DEEPEST).collect();
        fs::create_dir_all(root.join(deep)).unwrap();
        assert!(below(root).unwrap_err().to_string().contains("folders in each other"));
    }
}
