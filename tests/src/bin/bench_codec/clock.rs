//! Work measured by the processor time it takes, so that other programs on the machine count little.

use std::hint::black_box;
use std::time::Duration;

/// Something to measure, once.
pub(crate) type Work = Box<dyn FnMut()>;

/// Work whose result nobody may leave out.
pub(crate) fn work<T>(mut once: impl FnMut() -> T + 'static) -> Work {
    Box::new(move || drop(black_box(once())))
}

/// How quick something is, in operations per second of processor time, one number for each round.
#[derive(Default)]
pub(crate) struct Rates(Vec<f64>);

impl Rates {
    pub(crate) fn add(&mut self, operations: u64, took: Duration) {
        self.0.push(operations as f64 / took.as_secs_f64());
    }

    /// The middle of all rounds; none if there was no round.
    pub(crate) fn median(&self) -> Option<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }

    /// The slowest and the quickest round.
    pub(crate) fn range(&self) -> Option<(f64, f64)> {
        Some((self.0.iter().copied().reduce(f64::min)?, self.0.iter().copied().reduce(f64::max)?))
    }
}

/// Does the work again and again for about that much processor time: how often, and what it took.
pub(crate) fn run(work: &mut Work, time: Duration) -> (u64, Duration) {
    let (start, mut operations, mut batch) = (now(), 0, 1);
    loop {
        let before = now();
        (0..batch).for_each(|_| work());
        operations += batch;
        let after = now();
        if after - start >= time {
            return (operations, after - start);
        }
        if after - before < time / 50 {
            batch *= 2;
        }
    }
}

/// The processor time that this process has used, user and system.
#[cfg(unix)]
fn now() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Elsewhere the time on the wall has to do.
#[cfg(not(unix))]
fn now() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}
