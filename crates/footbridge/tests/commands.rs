//! The commands without a server, run as a person runs them.
//!
//! `tests/sessions/*.txt` are sessions in a shell: a line `$ command`, what it prints on stdout and stderr, and
//! `[status N]` if it ends with another status than 0. Escape characters are written `␛`. With `FOOTBRIDGE_UPDATE=1` the
//! files are written anew; read the difference before committing it.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sessions")
}

/// Runs a line of a shell, with `footbridge` in its path.
fn shell(line: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_footbridge"));
    let mut path = binary.parent().expect("a folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(folder()).env("PATH", path).stdin(Stdio::null());
    for variable in ["NO_COLOR", "TERM"] {
        command.env_remove(variable);
    }
    command.output().expect("a shell")
}

fn transcript(line: &str) -> String {
    let output = shell(&format!("{{ {line}\n}} 2>&1"));
    let mut text = String::from_utf8_lossy(&output.stdout).replace('\x1b', "␛");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str("\n[no line end]\n");
    }
    match output.status.code() {
        Some(0) => {}
        Some(status) => text.push_str(&format!("[status {status}]\n")),
        None => text.push_str("[killed]\n"),
    }
    format!("$ {line}\n{text}")
}

#[test]
fn sessions() {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder()).expect("sessions").map(|file| file.expect("file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "txt"));
    files.sort();
    assert!(files.len() >= 3, "{files:?}");
    let mut different = Vec::new();
    for file in files {
        let kept = fs::read_to_string(&file).expect("text");
        let now: Vec<String> = kept.lines().filter_map(|line| line.strip_prefix("$ ")).map(transcript).collect();
        let now = now.join("\n");
        if now != kept {
            if std::env::var_os("FOOTBRIDGE_UPDATE").is_some() {
                fs::write(&file, now).expect("written");
                continue;
            }
            let line = kept.lines().zip(now.lines()).take_while(|(a, b)| a == b).count() + 1;
            different.push(format!("{} differs from line {line} on:\n{now}", file.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// What the help shows works.
#[test]
fn examples_of_the_help() {
    for command in ["decode", "encode", "lint"] {
        let help = shell(&format!("footbridge {command} --help"));
        let help = String::from_utf8(help.stdout).expect("text");
        assert!(help.lines().all(|line| line.chars().count() <= 140 || line.contains("echo")), "{help}");
        let (_, examples) = help.split_once("Examples:\n").expect("examples");
        let examples: Vec<&str> = examples.lines().map_while(|line| line.strip_prefix("  ")).collect();
        assert!(examples.len() >= 3, "{help}");
        for example in examples {
            let output = shell(example);
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(output.status.success() && !out.is_empty() && err.is_empty(), "{example}\n{out}{err}");
            assert!(!out.contains("\"error\""), "{example}\n{out}");
        }
    }
}

/// The reader went away: no panic, no message.
#[test]
fn a_closed_pipe_is_no_error() {
    let rows = "yes '{\"id\":1,\"format\":0,\"base_path\":\"/3/0/0\",\"hex\":\"41\"}' | head -n 200000";
    let output = shell(&format!("{{ {rows} | footbridge decode --batch; echo status $? >&2; }} | head -n 1"));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "status 0\n");
}

/// A line without an end is not read into memory; the next row is answered.
#[test]
fn lines_are_bounded() {
    let line = "head -c 40000000 /dev/zero | tr '\\0' 'a'; echo; echo '{\"id\":2,\"format\":0,\"base_path\":\"/3/0/0\",\"hex\":\"41\"}'";
    let output = shell(&format!("{{ {line}; }} | footbridge decode --batch"));
    let out = String::from_utf8(output.stdout).expect("text");
    assert_eq!(
        out,
        "{\"id\":null,\"error\":{\"code\":\"LineTooLong\",\"message\":\"a line of more than 16777216 bytes\"}}\n\
         {\"id\":2,\"entries\":[{\"path\":\"/3/0/0\",\"type\":\"string\",\"value\":\"A\",\"time\":null}]}\n"
    );
}
