//! Points of a window by the high bits of their digits.

use padma_kernels::curve::NEGATE;

use super::plan::Plan;

/// Scalars that are sorted at a time, by one thread.
pub(super) const SEGMENT: usize = 1 << 17;

/// The points of up to [`SEGMENT`] scalars that have a digit other than 0 in a window, range of buckets after range.
#[derive(Default)]
pub(super) struct Segment {
    /// An index of the bases, [`NEGATE`] for its opposite, and above it the bucket's number in its range.
    entries: Vec<u64>,
    /// Where each range begins, and the end of the last.
    starts: Vec<u32>,
}

impl Segment {
    /// Sorts the digits of a window; the first of `scalars` belongs to base `first`. `digits` is scratch.
    pub fn sort(
        &mut self,
        plan: &Plan,
        window: usize,
        scalars: &[[u64; 4]],
        first: u32,
        digits: &mut Vec<u32>,
    ) {
        let inner = plan.inner_bits();
        self.starts.clear();
        self.starts.resize(plan.ranges() + 2, 0);
        digits.clear();
        digits.extend(scalars.iter().map(|scalar| digit(plan, scalar, window)));
        // Counts two places behind, so that writing an entry below moves its range's start to its end.
        for bucket in digits.iter().filter_map(bucket) {
            self.starts[(bucket >> inner) as usize + 2] += 1;
        }
        for range in 2..self.starts.len() {
            self.starts[range] += self.starts[range - 1];
        }
        self.entries.resize(self.starts.last().map_or(0, |&end| end as usize), 0);
        for (index, digit) in (first..).zip(&*digits) {
            let Some(bucket) = bucket(digit) else { continue };
            let place = &mut self.starts[(bucket >> inner) as usize + 1];
            let inner = bucket & ((1 << inner) - 1);
            self.entries[*place as usize] = u64::from(inner) << 32 | u64::from(index | digit & NEGATE);
            *place += 1;
        }
    }

    /// The entries of a range, in the order of the scalars.
    pub fn range(&self, range: usize) -> &[u64] {
        &self.entries[self.starts[range] as usize..self.starts[range + 1] as usize]
    }
}

/// A digit's magnitude, and [`NEGATE`] if it is negative.
#[inline]
fn digit(plan: &Plan, scalar: &[u64; 4], window: usize) -> u32 {
    let (magnitude, negative) = plan.digits.at(&plan.digits.recode(scalar), window);
    magnitude | if negative { NEGATE } else { 0 }
}

#[inline]
fn bucket(digit: &u32) -> Option<u32> {
    (digit & !NEGATE).checked_sub(1)
}

/// The entries of `parts` ordered by bucket, and the number of those in each bucket.
pub(super) fn by_bucket(parts: &[&[u64]], entries: &mut Vec<u32>, lengths: &mut [u32]) {
    lengths.fill(0);
    for entry in parts.iter().copied().flatten() {
        lengths[(entry >> 32) as usize] += 1;
    }
    let mut starts = lengths.to_vec();
    let mut total = 0;
    for start in &mut starts {
        total += std::mem::replace(start, total);
    }
    entries.resize(total as usize, 0);
    for entry in parts.iter().copied().flatten() {
        let start = &mut starts[(entry >> 32) as usize];
        entries[*start as usize] = *entry as u32;
        *start += 1;
    }
}
