//! What the examples time with.

use std::time::{Duration, Instant};

/// The least time of so many runs: that of the CPU, also on a machine shared with others.
pub fn least(times: usize, mut act: impl FnMut()) -> Duration {
    let timed = (0..times).map(|_| {
        let start = Instant::now();
        act();
        start.elapsed()
    });
    timed.min().unwrap_or_default()
}
