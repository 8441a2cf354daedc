//! The points of a range of buckets, summed for each row and each column of the buckets.

use padma_kernels::Backend;
use padma_kernels::curve::Group;

use super::plan::Plan;
use super::runs::Runs;
use super::scatter::Scatter;
use super::sort::{Segment, by_bucket};

/// Entries that a thread sums in one go. A range with far more, where scalars share digits, is shared by threads.
const SHARE: usize = 1 << 16;

/// Part of the points of a range: those of some segments.
pub(super) struct Task {
    /// Place of the window in its group.
    pub window: usize,
    pub range: usize,
    pub segments: std::ops::Range<usize>,
}

/// The tasks of a window's segments.
pub(super) fn tasks(window: usize, segments: &[Segment], ranges: usize) -> Vec<Task> {
    let mut tasks = Vec::with_capacity(ranges);
    for range in 0..ranges {
        let (mut start, mut entries) = (0, 0);
        for (index, segment) in segments.iter().enumerate() {
            entries += segment.range(range).len();
            let last = index + 1 == segments.len();
            if entries >= SHARE || (last && entries > 0) {
                tasks.push(Task { window, range, segments: start..index + 1 });
                (start, entries) = (index + 1, 0);
            }
        }
    }
    tasks
}

/// Sums over a range of buckets, or some of its points: for each row of the range the sum of its buckets, then for
/// each column.
pub(super) struct Grid<G: Group> {
    pub range: usize,
    pub sums: Vec<G::Packed>,
}

impl<G: Group> Grid<G> {
    /// Of all buckets of a range.
    pub fn of(plan: &Plan, range: usize, buckets: &[G::Packed], runs: &mut Runs<G>) -> Self {
        let (rows, columns) = (plan.rows(), plan.columns());
        let across = 0..rows * columns;
        let down = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
        let entries: Vec<u32> = across.chain(down).collect();
        let lengths: Vec<u32> = (0..rows).map(|_| columns).chain((0..columns).map(|_| rows)).collect();
        let mut sums = Vec::with_capacity((rows + columns) as usize);
        runs.sum(buckets, &entries, &lengths, &mut sums);
        Self { range, sums }
    }
}

/// What a thread needs to sum ranges.
pub(super) struct Summer<G: Group> {
    pub runs: Runs<G>,
    pub digits: Vec<u32>,
    entries: Vec<u32>,
    lengths: Vec<u32>,
    buckets: Vec<G::Packed>,
    pub scatter: Scatter<G>,
}

impl<G: Group> Summer<G> {
    pub fn new(backend: Backend) -> Self {
        Self {
            runs: Runs::new(backend),
            digits: Vec::new(),
            entries: Vec::new(),
            lengths: Vec::new(),
            buckets: Vec::new(),
            scatter: Scatter::new(backend),
        }
    }

    /// `segments` are those of the task's window.
    pub fn sum(&mut self, plan: &Plan, bases: &[G::Packed], segments: &[Segment], task: &Task) -> Grid<G> {
        let parts: Vec<_> =
            segments[task.segments.clone()].iter().map(|segment| segment.range(task.range)).collect();
        self.lengths.resize(1 << plan.inner_bits(), 0);
        by_bucket(&parts, &mut self.entries, &mut self.lengths);
        self.buckets.clear();
        self.runs.sum(bases, &self.entries, &self.lengths, &mut self.buckets);
        Grid::of(plan, task.range, &self.buckets, &mut self.runs)
    }
}
