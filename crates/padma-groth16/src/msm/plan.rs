//! How wide the windows are.

use crate::digits::Digits;

/// The last bits of a bucket's number: buckets that differ in these alone are summed by one thread together. The
/// points of 256 buckets, some ten thousand, are named by indices that the first-level cache holds.
const INNER_BITS: u32 = 8;

/// Affine additions in the time of the calls for one range of buckets: about twenty rounds, each with an inversion
/// of 2 µs of its own.
const RANGE_COST: f64 = 300.0;

/// Widths for which the digits are defined.
const WIDTHS: std::ops::RangeInclusive<u32> = 4..=20;

/// A window's buckets are the digits 1 to 2^(width − 1), numbered from 0. `ranges` ranges of `rows × columns` buckets.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    pub digits: Digits,
    pub row_bits: u32,
    pub column_bits: u32,
    pub range_bits: u32,
}

impl Plan {
    /// The width with the least work for `len` scalars of full size on `threads` threads.
    pub fn new(len: usize, threads: usize) -> Self {
        let cost = |width: &u32| Self::with_width(*width).cost(len, threads);
        let best = WIDTHS.min_by(|a, b| cost(a).total_cmp(&cost(b)));
        Self::with_width(best.unwrap_or(*WIDTHS.start()))
    }

    pub fn with_width(width: u32) -> Self {
        let bits = width - 1;
        let inner = bits.min(INNER_BITS);
        Self {
            digits: Digits::new(width),
            row_bits: inner.div_ceil(2),
            column_bits: inner / 2,
            range_bits: bits - inner,
        }
    }

    /// Affine additions, as if they took the time of one thread: a window adds every point to a bucket, less the
    /// first of each bucket; weighting adds each bucket into a row and a column; the rows and columns of a range into
    /// those of the window. Threads that find no range left wait for the others.
    fn cost(&self, len: usize, threads: usize) -> f64 {
        let ranges = self.ranges() as f64;
        let buckets = ranges * f64::from(1 << self.inner_bits());
        let grid = f64::from(2 * self.rows() + self.columns());
        let window = len as f64 + buckets + ranges * (grid + RANGE_COST);
        let tasks = self.digits.places * self.ranges();
        let turns = tasks.div_ceil(threads) * threads;
        self.digits.places as f64 * window * turns as f64 / tasks as f64
    }

    pub fn inner_bits(&self) -> u32 {
        self.row_bits + self.column_bits
    }

    pub fn ranges(&self) -> usize {
        1 << self.range_bits
    }

    pub fn rows(&self) -> u32 {
        1 << self.row_bits
    }

    pub fn columns(&self) -> u32 {
        1 << self.column_bits
    }
}
