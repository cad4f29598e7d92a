//! The log on stderr, and what a panic does.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use tracing::level_filters::LevelFilter;

/// How much is logged, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogConfig {
    level: LevelFilter,
    json: bool,
}

impl LogConfig {
    /// Reads `LEVEL[,json]`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (level, json) = match text.split_once(',') {
            None => (text, false),
            Some((level, "json")) => (level, true),
            Some((_, other)) => return Err(format!("{other:?} is no way to write a log; only json is")),
        };
        let level = match level {
            "off" => LevelFilter::OFF,
            "error" => LevelFilter::ERROR,
            "warn" => LevelFilter::WARN,
            "info" => LevelFilter::INFO,
            "debug" => LevelFilter::DEBUG,
            "trace" => LevelFilter::TRACE,
            _ => return Err("the levels are off, error, warn, info, debug and trace".into()),
        };
        Ok(Self { level, json })
    }

    /// Starts the log of this process.
    pub(crate) fn start(self) {
        let builder = tracing_subscriber::fmt().with_max_level(self.level).with_writer(std::io::stderr);
        // A second start, as in tests, keeps the first one.
        let _already = if self.json {
            builder.json().flatten_event(true).try_init()
        } else {
            builder.with_ansi(std::io::stderr().is_terminal()).with_target(false).try_init()
        };
    }
}

/// The status of a process that ended because of a mistake in the program (`EX_SOFTWARE` of sysexits).
pub(crate) const PANIC_STATUS: i32 = 70;

static READY_FILE: OnceLock<PathBuf> = OnceLock::new();

/// Names the file that must not outlive the process, even when it panics.
pub(crate) fn remove_on_panic(ready_file: PathBuf) {
    let _first_one_counts = READY_FILE.set(ready_file);
}

/// Makes every panic, in whatever task, end the process with status 70: half a bridge is worse than none, and whoever
/// started it can start it again.
pub(crate) fn exit_on_panic() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        usual(info);
        eprintln!(
            "footbridge: this is a mistake in the program, not in how it is used; it ends now. Please report the lines above."
        );
        if let Some(file) = READY_FILE.get() {
            let _may_be_gone = std::fs::remove_file(file);
        }
        std::process::exit(PANIC_STATUS);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not a test of its own: the process that `a_panic_in_a_task_ends_the_process` starts.
    #[test]
    #[ignore = "run by a_panic_in_a_task_ends_the_process"]
    fn panics_in_a_task() {
        exit_on_panic();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let _join_error = runtime.block_on(async { tokio::spawn(async { panic!("on purpose") }).await });
    }

    #[test]
    fn a_panic_in_a_task_ends_the_process() {
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "log::tests::panics_in_a_task", "--nocapture"])
            .output()
            .unwrap();
        assert_eq!(child.status.code(), Some(PANIC_STATUS), "{child:?}");
    }
}
