//! Finds the built console, or writes a page that says how to build it, and tells rust-embed where it is.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const HELP_PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Footbridge</title>
<link rel="stylesheet" href="/help.css">
<main>
<h1>The bridge runs, the console is missing</h1>
<p>This footbridge was built without its console. Build both and start them with one command, in the folder of the
sources:</p>
<pre>cargo xtask serve</pre>
<p>Devices can register and the HTTP interface answers all the same, for example <code>/api/v1/clients</code>.</p>
</main>
</html>
"#;

const HELP_STYLE: &str = ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}\
main{max-width:38rem;margin:4rem auto;padding:0 1rem}\
pre{padding:.75rem 1rem;border:1px solid;border-radius:.4rem;overflow:auto}\n";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=FOOTBRIDGE_CONSOLE_DIR");
    let folder = console().unwrap_or_else(|error| panic!("cannot prepare the folder of the console: {error}"));
    println!("cargo::rustc-env=FOOTBRIDGE_CONSOLE_DIR={}", folder.display());
}

fn console() -> io::Result<PathBuf> {
    if let Some(named) = env::var_os("FOOTBRIDGE_CONSOLE_DIR") {
        let named = PathBuf::from(named);
        if !named.join("index.html").is_file() {
            return Err(io::Error::other(format!("FOOTBRIDGE_CONSOLE_DIR={} has no index.html", named.display())));
        }
        println!("cargo::rerun-if-changed={}", named.display());
        return Ok(named);
    }

    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?);
    // The folder must be there to be watched; cargo would run this script at every build if it were missing.
    let built = target_folder(&out).join("console");
    fs::create_dir_all(&built)?;
    println!("cargo::rerun-if-changed={}", built.display());
    if built.join("index.html").is_file() {
        return Ok(built);
    }

    let help = out.join("help");
    fs::create_dir_all(&help)?;
    fs::write(help.join("index.html"), HELP_PAGE)?;
    fs::write(help.join("help.css"), HELP_STYLE)?;
    Ok(help)
}

/// The target folder, found upwards from `<target>/[<triple>/]<profile>/build/<package>/out`.
fn target_folder(out: &Path) -> PathBuf {
    let profile = out.ancestors().nth(3).unwrap_or(out);
    let above = profile.parent().unwrap_or(profile);
    let triple = env::var("TARGET").unwrap_or_default();
    if above.file_name().is_some_and(|name| *name == *triple) { above.parent().unwrap_or(above) } else { above }.into()
}
