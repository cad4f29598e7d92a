//! What `decode` and `encode` have in common: where the payload belongs, and what ids mean.

use std::path::PathBuf;

use clap::Args;
use lwm2m::{ContentFormat, Context, Mode, Models, Path, Version};

use super::definitions;

#[derive(Clone, Debug, Args)]
pub(crate) struct ContextArgs {
    /// The alternate root of the device, as its registration names it
    #[arg(long, value_name = "/ROOT", default_value = "", hide_default_value = true)]
    pub(crate) root: String,

    /// The prefix of an end device behind a gateway
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    pub(crate) prefix: String,

    /// The versions of objects that the device registered, for example 3=1.1,4=1.0
    #[arg(long, value_name = "ID=VERSION,…", value_parser = Versions::parse, default_value = "", hide_default_value = true)]
    pub(crate) versions: Versions,

    /// The LwM2M version of the device: decides the versions of the core objects that --versions does not name
    #[arg(long, value_name = "VERSION", value_parser = version)]
    pub(crate) lwm2m: Option<Version>,

    /// Read object definitions (DDF XML) from this folder and its subfolders, or from this file; they win over the
    /// built-in ones. Can be given several times
    #[arg(long = "models", value_name = "DIR")]
    pub(crate) models: Vec<PathBuf>,
}

impl ContextArgs {
    /// The definitions, those of `--models` included, in the versions that the flags say.
    pub(crate) fn models(&self) -> anyhow::Result<Models> {
        let models = definitions::load(&self.models)?;
        let mut versions = self.versions.clone();
        versions.lwm2m = versions.lwm2m.or(self.lwm2m);
        Ok(versions.apply(&models))
    }

    pub(crate) fn context<'c>(&'c self, format: ContentFormat, base: Path, models: &'c Models) -> Context<'c> {
        Context::new(format, base, models).with_root(&self.root).with_prefix(&self.prefix)
    }
}

/// The versions that a device registered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Versions {
    lwm2m: Option<Version>,
    objects: Vec<(u16, Option<Version>)>,
}

impl Versions {
    /// Reads `3=1.1,4=1.0`; `lwm2m=1.1` among them is the version of LwM2M.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut versions = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (id, version) = part.split_once('=').ok_or("write them as ID=VERSION, for example 3=1.1,4=1.0")?;
            versions.set(id.trim(), version.trim())?;
        }
        Ok(versions)
    }

    /// Takes one, `3` and `1.1`.
    pub(crate) fn set(&mut self, id: &str, version: &str) -> Result<(), String> {
        let shown = super::screen::safe(id);
        let version = self::version(version).map_err(|why| format!("{shown}: {why}"))?;
        if id == "lwm2m" {
            self.lwm2m = Some(version);
            return Ok(());
        }
        let id = id.parse::<Path>().ok().or_else(|| format!("/{id}").parse().ok()).filter(|path| path.ids().len() == 1);
        let id = id.and_then(|path| path.object_id()).ok_or_else(|| format!("{shown} is no id of an object"))?;
        if self.objects.len() > usize::from(u16::MAX) {
            return Err("too many versions".into());
        }
        self.objects.push((id, Some(version)));
        Ok(())
    }

    /// These definitions, in these versions.
    pub(crate) fn apply(mut self, models: &Models) -> Models {
        if self.lwm2m.is_some() {
            // The first one of an id counts, so these come last.
            self.objects.extend(CORE.map(|id| (id, None)));
        }
        models.with_registration(self.lwm2m.unwrap_or(Version::V1_2), &self.objects)
    }
}

/// The objects whose versions belong to a version of LwM2M.
const CORE: [u16; 7] = [0, 1, 2, 3, 4, 5, 21];

fn version(text: &str) -> Result<Version, String> {
    text.parse().map_err(|_| "a version is two numbers, like 1.1".into())
}

/// Reads a path as people type it: the first `/` may be missing.
pub(crate) fn path(text: &str) -> Result<Path, String> {
    Path::parse(text, Mode::Lenient).map_err(|why| format!("{why}; a path is like /3/0/9"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let of = |text: &str, object: u16| {
            let models = Versions::parse(text).unwrap().apply(Models::oma());
            models.object(object).map(|object| object.version.to_string()).unwrap_or_default()
        };
        for (text, object, version) in [
            ("", 3, "1.2"),
            ("3=1.0", 3, "1.0"),
            ("/3=1.1, 4=1.0", 4, "1.0"),
            ("lwm2m=1.0", 3, "1.0"),
            ("lwm2m=1.1", 4, "1.2"),
            ("lwm2m=1.0,3=1.1", 3, "1.1"),
            ("lwm2m=1.0", 3303, "1.1"),
        ] {
            assert_eq!(of(text, object), version, "{text}");
        }
        for text in ["3", "3=", "x=1.0", "3/0=1.0", "65535=1.0", "3=1.1.1.1", "-1=1"] {
            assert!(Versions::parse(text).is_err(), "{text}");
        }
    }
}
