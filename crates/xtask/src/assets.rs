//! The files of the console as they are shipped: hashed names, rewritten references, compressed copies.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::stamp::short_hash;

/// Files by name. The console's own stand in one flat folder; those below it have its name in front, `playground/…`.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Reads every file directly in a folder into `files`. Two files of one name, or a sub-folder, are an error.
pub(crate) fn read_folder(folder: &Path, files: &mut Files) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        ensure!(path.is_file(), "{} is a folder: the console's files stand in one flat folder", path.display());
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(files.insert(name.clone(), content).is_none(), "two files of the console are called {name}");
    }
    Ok(())
}

/// Gives style sheets, the wasm file and scripts a name with the hash of their content, and writes these names wherever
/// a text file refers to them. Pictures keep their names: the wasm code refers to them too.
pub(crate) fn hash_names(mut files: Files) -> Result<Files> {
    // A file is hashed after all that it may refer to: first style sheets and wasm, then the glue, then the boot script.
    let mut order: Vec<String> = files.keys().filter(|name| rank(name).is_some()).cloned().collect();
    order.sort_by_key(|name| rank(name));
    for name in order {
        let content = files.remove(&name).unwrap_or_default();
        let hashed = hashed_name(&name, &short_hash(&content));
        for (other, text) in &mut files {
            if is_text(other) {
                let source = std::str::from_utf8(text).with_context(|| format!("{other} is not UTF-8"))?;
                *text = replace_reference(source, &name, &hashed).into_bytes();
            }
        }
        files.insert(hashed, content);
    }
    Ok(files)
}

fn rank(name: &str) -> Option<u8> {
    match name {
        "boot.js" => Some(3),
        "console.js" => Some(2),
        _ if name.ends_with(".wasm") => Some(1),
        _ if name.ends_with(".css") => Some(0),
        _ if name.ends_with(".js") => Some(1),
        _ => None,
    }
}

/// `console.js` → `console-HASH.js`, `console_bg.wasm` → `console-HASH_bg.wasm`.
fn hashed_name(name: &str, hash: &str) -> String {
    let (stem, end) = match name.strip_suffix("_bg.wasm") {
        Some(stem) => (stem, "_bg.wasm"),
        None => name.split_at(name.find('.').unwrap_or(name.len())),
    };
    format!("{stem}-{hash}{end}")
}

/// Replaces a file name where it stands alone: not inside a longer name.
fn replace_reference(text: &str, old: &str, new: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(old) {
        let (before, found) = rest.split_at(at);
        let after = &found[old.len()..];
        result.push_str(before);
        let alone = !result.ends_with(is_name) && !after.starts_with(is_name);
        result.push_str(if alone { new } else { old });
        rest = after;
    }
    result.push_str(rest);
    result
}

/// Checks that every `href="/…"` and `src="/…"` of the page names a file of the console.
pub(crate) fn check_references(files: &Files) -> Result<()> {
    let page = files.get("index.html").context("the console has no index.html")?;
    let page = std::str::from_utf8(page).context("index.html is not UTF-8")?;
    for attribute in ["href=\"/", "src=\"/"] {
        for (at, _) in page.match_indices(attribute) {
            let rest = &page[at + attribute.len()..];
            let name = &rest[..rest.find(['"', '#', '?']).unwrap_or(rest.len())];
            if !name.is_empty() && !files.contains_key(name) {
                bail!("index.html refers to /{name}, which is not among the console's files");
            }
        }
    }
    Ok(())
}

/// Adds `.br` and `.gz` beside each file that gets smaller by it.
pub(crate) fn compress(files: &mut Files) -> Result<()> {
    let names: Vec<String> = files.keys().filter(|name| is_text(name) || name.ends_with(".wasm")).cloned().collect();
    for name in names {
        let content = &files[&name];
        let mut brotli = Vec::new();
        {
            // Quality 11, window 2^22: the smallest that every browser reads.
            let mut writer = brotli::CompressorWriter::new(&mut brotli, 1 << 16, 11, 22);
            writer.write_all(content)?;
        }
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        writer.write_all(content)?;
        let gzip = writer.finish()?;
        let size = content.len();
        for (end, smaller) in [("br", brotli), ("gz", gzip)] {
            if smaller.len() < size {
                files.insert(format!("{name}.{end}"), smaller);
            }
        }
    }
    Ok(())
}

/// A table of what a browser loads: each file as it is, by gzip, by brotli.
pub(crate) fn size_table(files: &Files) -> String {
    let mut table = format!("    {:<42}{:>10}{:>10}{:>10}\n", "file", "bytes", "gzip", "brotli");
    let mut sums = [0; 3];
    for (name, content) in files {
        if name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        let size = |end: &str| files.get(&format!("{name}.{end}")).map_or(content.len(), Vec::len);
        let sizes = [content.len(), size("gz"), size("br")];
        table += &format!("    {name:<42}{:>10}{:>10}{:>10}\n", sizes[0], sizes[1], sizes[2]);
        for (sum, size) in sums.iter_mut().zip(sizes) {
            *sum += size;
        }
    }
    table + &format!("    {:<42}{:>10}{:>10}{:>10}", "together", sums[0], sums[1], sums[2])
}

/// Puts the files where the folder was, so that a reader sees all of the old ones or all of the new ones.
pub(crate) fn swap_in(files: &Files, folder: &Path) -> Result<()> {
    let beside = |end: &str| folder.with_extension(format!("{end}-{}", std::process::id()));
    let (new, old) = (beside("new"), beside("old"));
    fs::create_dir_all(&new)?;
    for (name, content) in files {
        let path = new.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&new))?;
        fs::write(path, content).with_context(|| format!("cannot write {name}"))?;
    }
    if folder.exists() {
        fs::rename(folder, &old).with_context(|| format!("cannot move {} away", folder.display()))?;
    }
    fs::rename(&new, folder).with_context(|| format!("cannot put {} in place", folder.display()))?;
    if old.exists() {
        fs::remove_dir_all(&old)?;
    }
    Ok(())
}

fn is_text(name: &str) -> bool {
    [".html", ".js", ".css", ".svg", ".json", ".txt", ".webmanifest"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_whole_names() {
        const ROWS: &[(&str, &str)] = &[
            ("import init from './console.js'", "import init from './NEW'"),
            ("<script src=\"/console.js\">", "<script src=\"/NEW\">"),
            ("console.json", "console.json"),
            ("my-console.js", "my-console.js"),
            ("console.js console.js", "NEW NEW"),
        ];
        for (text, want) in ROWS {
            assert_eq!(replace_reference(text, "console.js", "NEW"), *want, "{text}");
        }
    }

    #[test]
    fn names_change_with_the_content_below_them() {
        let build = |wasm: &[u8]| {
            let files = [
                ("index.html", &b"<link href=\"/a.css\"><script src=\"/boot.js\"></script>"[..]),
                ("boot.js", b"import init from './console.js'; init('./console_bg.wasm')"),
                ("console.js", b"'console_bg.wasm'"),
                ("console_bg.wasm", wasm),
                ("a.css", b"a{}"),
                ("icons.svg", b"<svg/>"),
            ];
            let files: Files = files.into_iter().map(|(name, content)| (name.to_string(), content.to_vec())).collect();
            let files = hash_names(files).expect("text");
            check_references(&files).expect("all there");
            files
        };
        let (one, two) = (build(b"1"), build(b"2"));
        let name = |files: &Files, start: &str| files.keys().find(|name| name.starts_with(start)).cloned();
        for start in ["boot-", "console-"] {
            assert!(name(&one, start).is_some());
            assert_ne!(name(&one, start), name(&two, start));
        }
        assert_eq!(name(&one, "a-"), name(&two, "a-"));
        assert!(one.contains_key("icons.svg"));
        assert!(one.keys().any(|name| name.starts_with("console-") && name.ends_with("_bg.wasm")));
    }

    #[test]
    fn a_missing_file_is_told() {
        let files: Files = [("index.html".into(), b"<img src=\"/gone.svg#x\">".to_vec())].into();
        let error = check_references(&files).expect_err("gone").to_string();
        assert!(error.contains("/gone.svg,"), "{error}");
    }
}
