//! The kept inputs of the fuzz targets, and those that once broke something, on stable.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use footbridge_fuzz::TARGETS;

#[test]
fn kept_inputs_hold() {
    let mut count = 0;
    for (name, holds) in TARGETS {
        let kept = inputs("corpus", name);
        assert!(!kept.is_empty(), "no inputs in fuzz/corpus/{name}");
        for file in kept.into_iter().chain(inputs("crashes", name)) {
            let data = fs::read(&file).expect("an input");
            // The last line before a panic names the input.
            println!("{}", file.display());
            holds(&data);
            // Cut short, and with a bit turned: near each kept input.
            for at in 0..data.len().min(64) {
                holds(&data[..at]);
                let mut turned = data.clone();
                turned[at] ^= 1 << (at % 8);
                holds(&turned);
            }
            count += 1;
        }
    }
    println!("{count} inputs of {} targets", TARGETS.len());
}

/// A target here without one for libFuzzer would never be fuzzed.
#[test]
fn every_target_has_its_file() {
    let files: BTreeSet<String> = fs::read_dir(fuzz().join("fuzz_targets"))
        .expect("fuzz/fuzz_targets")
        .map(|file| file.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("fuzz/Cargo.toml");
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, names);
    for name in names {
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name} is not in fuzz/Cargo.toml");
        let body = fs::read_to_string(fuzz().join(format!("fuzz_targets/{name}.rs"))).expect("a target");
        assert!(body.contains(&format!("run(\"{name}\", data)")), "{body}");
    }
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

fn inputs(folder: &str, target: &str) -> Vec<PathBuf> {
    let folder = fuzz().join(folder).join(target);
    let files = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    files
}
