//! The ready file: where everything listens, and the token, for programs that started the bridge.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

/// The content.
#[derive(Debug, Serialize)]
pub(crate) struct Ready<'a> {
    pub(crate) http: &'a str,
    pub(crate) coap: &'a [String],
    pub(crate) coaps: &'a [String],
    /// Empty with `--no-auth`.
    pub(crate) token: &'a str,
}

/// A written ready file. It is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct ReadyFile {
    path: PathBuf,
}

impl ReadyFile {
    /// Writes the whole file under another name, readable to its owner only, then gives it its name: whoever sees it sees
    /// all of it.
    pub(crate) fn write(path: &Path, ready: &Ready<'_>) -> io::Result<Self> {
        let mut name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?.to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let temporary = path.with_file_name(name);
        let written = write_private(&temporary, ready).and_then(|()| fs::rename(&temporary, path));
        if let Err(error) = written {
            let _may_not_exist = fs::remove_file(&temporary);
            return Err(error);
        }
        Ok(Self { path: path.into() })
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(file = %self.path.display(), %error, "the ready file was gone already");
        }
    }
}

fn write_private(path: &Path, ready: &Ready<'_>) -> io::Result<()> {
    let _left_behind = fs::remove_file(path);
    let mut file = create_private(path)?;
    serde_json::to_writer(&mut file, ready)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: Ready<'_> = Ready { http: "http://127.0.0.1:1", coap: &[], coaps: &[], token: "secret" };

    #[test]
    fn it_is_private_whole_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ready.json");
        fs::write(&path, "old and longer than the new one, ".repeat(9)).unwrap();
        let file = ReadyFile::write(&path, &READY).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, "{\"http\":\"http://127.0.0.1:1\",\"coap\":[],\"coaps\":[],\"token\":\"secret\"}\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        assert!(ReadyFile::write(&folder.path().join("no/ready.json"), &READY).is_err());
        assert!(ReadyFile::write(Path::new("/"), &READY).is_err());
    }
}
