//! Rules for the files of the repository that no other tool checks.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::process::output;
use crate::workspace::Workspace;

/// Above this a Rust file is named, so that somebody thinks about a split.
const MANY_LINES: usize = 600;
/// Above this a Rust file is refused.
const TOO_MANY_LINES: usize = 900;

/// Folders of one person's machine. Written in two halves, or this file would break its own rule.
const MACHINE_PATHS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Use", "rs/"),
    concat!("/tmp/", "target"),
];

/// Hosts of package registries: a build reaches them through the clients' own settings only.
const REGISTRY_HOSTS: &[&str] = &[
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("registry.", "npmjs.org"),
    concat!("repo.maven", ".apache.org"),
    concat!("repo1.", "maven.org"),
    concat!("proxy.", "golang.org"),
    concat!("deb.", "debian.org"),
];

/// Checks every file that git knows.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let listed = output(Command::new("git").current_dir(&workspace.root).args(["ls-files", "-z"]))?;
    let mut broken = 0;
    for name in listed.split_terminator('\0') {
        // A file that is listed and gone was just deleted. What is not text has no rules.
        let Ok(text) = fs::read_to_string(workspace.root.join(name)) else { continue };
        for (line, what) in forbidden(&text) {
            // Cargo writes the name of the registry into its lock file.
            if name == "Cargo.lock" {
                continue;
            }
            eprintln!("{name}:{line}: names `{what}`: no file may name a machine's folder or a registry's host");
            broken += 1;
        }
        if Path::new(name).extension().is_some_and(|end| end == "rs") && !is_generated(&text) {
            match text.lines().count() {
                n if n > TOO_MANY_LINES => {
                    eprintln!("{name}: {n} lines: split it, {TOO_MANY_LINES} is the most");
                    broken += 1;
                }
                n if n > MANY_LINES => eprintln!("{name}: {n} lines: think about a split"),
                _ => {}
            }
        }
    }
    ensure!(broken == 0, "{broken} rules broken");
    Ok(())
}

/// Lines that name what they may not, with the name.
fn forbidden(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for what in MACHINE_PATHS {
            // `/a/home/b` and `https://host/home/` are no folders of a machine.
            let starts_a_path =
                |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "/._-}~*".contains(c));
            if line.match_indices(what).any(|(at, _)| starts_a_path(at)) {
                found.push((number + 1, *what));
            }
        }
        found.extend(REGISTRY_HOSTS.iter().filter(|host| line.contains(**host)).map(|host| (number + 1, *host)));
    }
    found
}

fn is_generated(text: &str) -> bool {
    text.lines().take(5).any(|line| line.contains("Do not edit."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_may_not_be_named() {
        let rows = [
            (format!("open(\"{}main\")", MACHINE_PATHS[0]), true),
            (format!("{}someone", MACHINE_PATHS[2]), true),
            (format!("https://example.com{}someone", MACHINE_PATHS[2]), false),
            (format!("web{}x", MACHINE_PATHS[1]), false),
            (format!("https://{}/simple", REGISTRY_HOSTS[2]), true),
            ("https://docs.rs/".into(), false),
        ];
        for (text, want) in rows {
            assert_eq!(!forbidden(&text).is_empty(), want, "{text}");
        }
    }
}
