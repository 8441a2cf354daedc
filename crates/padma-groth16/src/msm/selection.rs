//! Sums over scalars that are nearly all 0 or 1.

use blstrs::Scalar;
use ff::Field;
use padma_kernels::Backend;
use rayon::prelude::*;
use std::ops::Range;

use super::curve::{Curve, unpack};
use super::multiexp::multiexp;
use super::runs::Runs;
use crate::circuit::Density;
use crate::digits::limbs;

/// Variables that a thread sorts at a time; whole words of a density.
const CHUNK: usize = 1 << 16;

/// Points that a thread sums at a time.
const SHARE: usize = 1 << 15;

/// The scalars of a query's bases, by what they cost: of 0 nothing is kept, of 1 the base's index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The number of bases.
    len: usize,
    ones: Vec<u32>,
    /// Bases with other scalars, and those scalars, canonical.
    others: Vec<u32>,
    scalars: Vec<[u64; 4]>,
}

impl Selection {
    /// A base for each value.
    pub fn all(values: &[Scalar]) -> Self {
        Self::default().then_all(values)
    }

    /// A base for each value whose variable is in the density. Panics when their numbers differ.
    pub fn of(values: &[Scalar], density: &Density) -> Self {
        Self::default().then(values, density)
    }

    /// More bases after those of `self`, one for each value.
    pub fn then_all(mut self, values: &[Scalar]) -> Self {
        let chunks: Vec<Self> = values.par_chunks(CHUNK).map(|values| pick(values, |_| true)).collect();
        chunks.into_iter().for_each(|chunk| self.append(chunk));
        self
    }

    /// More bases after those of `self`, one for each value whose variable is in the density.
    ///
    /// Panics when the numbers of values and of variables differ.
    pub fn then(mut self, values: &[Scalar], density: &Density) -> Self {
        assert_eq!(values.len(), density.len(), "a value for each variable");
        let words = density.words().par_chunks(CHUNK / 64);
        let chunks: Vec<Self> = values
            .par_chunks(CHUNK)
            .zip(words)
            .map(|(values, words)| pick(values, |index| words[index / 64] >> (index % 64) & 1 == 1))
            .collect();
        chunks.into_iter().for_each(|chunk| self.append(chunk));
        self
    }

    /// The scalars for a range of the bases.
    pub fn slice(&self, range: Range<usize>) -> Self {
        if range == (0..self.len) {
            return self.clone();
        }
        let (ones, others) = (within(&self.ones, &range), within(&self.others, &range));
        let moved = |indices: &[u32]| indices.iter().map(|index| index - range.start as u32).collect();
        Self {
            len: range.len(),
            ones: moved(&self.ones[ones]),
            others: moved(&self.others[others.clone()]),
            scalars: self.scalars[others].to_vec(),
        }
    }

    /// The number of bases that the scalars are for.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bases.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn append(&mut self, chunk: Self) {
        let start = self.len as u32;
        self.ones.extend(chunk.ones.iter().map(|index| start + index));
        self.others.extend(chunk.others.iter().map(|index| start + index));
        self.scalars.extend(chunk.scalars);
        self.len += chunk.len;
        assert!(self.len < 1 << 31, "{} bases", self.len);
    }
}

/// Where the indices within `range` stand; they ascend.
fn within(indices: &[u32], range: &Range<usize>) -> Range<usize> {
    let before = |end: usize| indices.partition_point(|&index| (index as usize) < end);
    before(range.start)..before(range.end)
}

fn pick(values: &[Scalar], is_selected: impl Fn(usize) -> bool) -> Selection {
    let mut selection = Selection::default();
    for (_, value) in values.iter().enumerate().filter(|(index, _)| is_selected(*index)) {
        let base = selection.len as u32;
        selection.len += 1;
        if *value == Scalar::ONE {
            selection.ones.push(base);
        } else if *value != Scalar::ZERO {
            selection.others.push(base);
            selection.scalars.push(limbs(value));
        }
    }
    selection
}

/// The sum of each base times its scalar, on all threads of the pool.
///
/// Panics when there are more or fewer bases than the selection is of.
pub fn sum_selected<G: Curve>(backend: Backend, bases: &[G::Packed], selection: &Selection) -> G::Projective {
    assert_eq!(bases.len(), selection.len, "a scalar for each base");
    let others: Vec<G::Packed> = selection.others.iter().map(|&index| bases[index as usize]).collect();
    let sums: Vec<G::Packed> = selection
        .ones
        .par_chunks(SHARE)
        .with_max_len(1)
        .map(|ones| sum_all::<G>(backend, bases, ones))
        .collect();
    let indices: Vec<u32> = (0..sums.len() as u32).collect();
    let ones = unpack::<G>(backend, &sum_all::<G>(backend, &sums, &indices));
    ones + multiexp::<G>(backend, &others, &selection.scalars)
}

fn sum_all<G: Curve>(backend: Backend, points: &[G::Packed], indices: &[u32]) -> G::Packed {
    let mut sums = Vec::with_capacity(1);
    Runs::<G>::new(backend).sum(points, indices, &[indices.len() as u32], &mut sums);
    sums.first().copied().unwrap_or_default()
}
