//! The state machine: inputs in, outputs out.

use alloc::collections::VecDeque;

use crate::{Config, Input, Mono, Now, Output, Stats};

/// All CoAP exchanges with all peers.
#[derive(Debug)]
pub struct Exchanges {
    config: Config,
    stats: Stats,
    outputs: VecDeque<Output>,
}

impl Exchanges {
    /// Starts with no peers.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, stats: Stats::default(), outputs: VecDeque::new() }
    }

    /// Takes in what happened. Bad bytes are not an error of the caller: they are answered, or counted in [`Stats`].
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        let _ = (now, input, &self.config);
    }

    /// Gives the next thing to do; [`Output::Timeout`] is always the last.
    ///
    /// Inputs may come before everything is drained: late draining costs delay, never correctness.
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Timeout(Mono::NEVER))
    }

    /// The counters.
    #[must_use]
    pub const fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The parameters given at the start.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }
}
