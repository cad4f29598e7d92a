//! Object definitions: the newest version of every registered object, from the folder of the registry beside this
//! repository. They are not ours to keep a copy of, so that a clone without the folder leaves this out.

use std::hint::black_box;
use std::path::Path as File;

use anyhow::{Context as _, Result, ensure};
use lwm2m::ddf::{self, Limits};
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::clock::work;
use crate::workload::{Goal, Group, Workload};

/// None without the folder.
pub(crate) fn group() -> Result<Option<Group>> {
    let folder = File::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/registry");
    let Ok(listed) = folder.read_dir() else { return Ok(None) };
    let mut files = Vec::new();
    for file in listed {
        // The files that define an object are called by its number.
        let name = file?.file_name().into_string().unwrap_or_default();
        if name.strip_suffix(".xml").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
            let text = std::fs::read_to_string(folder.join(&name)).with_context(|| name.clone())?;
            files.push((name, text));
        }
    }
    files.sort();
    let goal = Goal { must: Some(3.0), aim: None };
    let all = workload("h_registry", &format!("read all {} definitions", files.len()), &files, goal, &folder)?;
    files.retain(|(name, _)| name == "3.xml");
    let device = workload("h_device", "read the definition of /3", &files, Goal::default(), &folder)?;
    Ok(Some(Group { name: "h", workloads: vec![device, all] }))
}

fn workload(name: &str, title: &str, files: &[(String, String)], goal: Goal, folder: &File) -> Result<Workload> {
    for (name, text) in files {
        ensure!(ddf::read(text.as_bytes(), &Limits::DEFAULT).is_ok(), "{name} cannot be read");
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let texts: Vec<String> = files.iter().map(|(_, text)| text.clone()).collect();
    let same = texts.clone();
    Ok(Workload {
        title: title.into(),
        name: name.into(),
        bytes: texts.iter().map(String::len).sum(),
        ours: work(move || -> Vec<_> {
            black_box(&texts).iter().map(|text| ddf::read(text.as_bytes(), &Limits::DEFAULT)).collect()
        }),
        leshan: Some(format!("ddf {name} {} {}", folder.display(), names.join(" "))),
        generic: None,
        floor: Some((
            "quick-xml events",
            work(move || black_box(&same).iter().map(|text| events(text)).sum::<usize>()),
        )),
        goal,
    })
}

/// How many events XML has; what is not well-formed ends it.
fn events(text: &str) -> usize {
    let mut reader = Reader::from_str(text);
    let mut count = 0;
    while !matches!(reader.read_event(), Ok(Event::Eof) | Err(_)) {
        count += 1;
    }
    count
}
