//! Counting what is observed: bytes of a piece or a file.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const REPORT_EVERY: Duration = Duration::from_millis(100);

type Report = Box<dyn FnMut(u64) + Send>;

/// Bytes done so far, readable from another thread, reported at most ten times a second and once at the end.
pub struct Progress<'a> {
    done: &'a AtomicU64,
    report: Option<(Report, Instant)>,
}

impl<'a> Progress<'a> {
    pub fn new(done: &'a AtomicU64) -> Self {
        Self { done, report: None }
    }

    pub fn reporting(done: &'a AtomicU64, report: Report) -> Self {
        Self { done, report: Some((report, Instant::now())) }
    }

    pub(crate) fn advance(&mut self, bytes: u64) {
        let total = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if let Some((report, last)) = &mut self.report
            && last.elapsed() >= REPORT_EVERY
        {
            *last = Instant::now();
            report(total);
        }
    }

    /// Reports the final count, so that the last line shown is the whole.
    pub(crate) fn finish(&mut self) {
        if let Some((report, _)) = &mut self.report {
            report(self.done.load(Ordering::Relaxed));
        }
    }
}
