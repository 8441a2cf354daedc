//! How far the generator is.

use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The circuit is run and its polynomials are evaluated: seconds, uncounted.
    Circuit,
    /// Points are computed: nearly all of the time.
    Points,
}

/// What has been observed: points made so far, those of earlier runs included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    pub done: u64,
    /// 0 until it is known.
    pub total: u64,
}

/// Counts points, from any thread.
pub(crate) struct Points<'a> {
    done: AtomicU64,
    total: u64,
    report: &'a (dyn Fn(Progress) + Sync),
}

impl<'a> Points<'a> {
    /// Reports at once that `done` were there already.
    pub fn new(done: u64, total: u64, report: &'a (dyn Fn(Progress) + Sync)) -> Self {
        let points = Self { done: AtomicU64::new(done), total, report };
        points.add(0);
        points
    }

    pub fn add(&self, count: u64) {
        let done = self.done.fetch_add(count, Ordering::Relaxed) + count;
        (self.report)(Progress { phase: Phase::Points, done, total: self.total });
    }
}
