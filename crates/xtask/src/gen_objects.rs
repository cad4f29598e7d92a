//! `cargo xtask gen-objects`: being written.

pub(crate) fn run(_args: &[String]) -> anyhow::Result<()> {
    anyhow::bail!("gen-objects is being written")
}

pub(crate) fn check() -> anyhow::Result<()> {
    Ok(())
}
