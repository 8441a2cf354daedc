//! What the pairs of a batch name, eight at a time.

use std::arch::x86_64::*;
use std::marker::PhantomData;

use super::extension::{ExtX8, FP_WORDS};
use super::words::Places;
use crate::curve::{NEGATE, Pair};
use crate::scalar::{Field, Point};

pub(super) const LANES: usize = 8;

/// Pairs are taken by so many, and the last are made up to it.
const BLOCK: usize = 2 * LANES;

/// A batch of sums to be made.
pub(super) struct Terms<'a, const DEGREE: usize, F> {
    pub(super) left: &'a [Point<F>],
    pub(super) right: &'a [Point<F>],
    /// All in range.
    pairs: &'a [Pair],
    /// Copies of the points of the last pairs, when they are no full block, and then points that only fill it.
    tail: [[Point<F>; BLOCK]; 2],
    tail_pairs: [Pair; BLOCK],
}

/// Eight pairs of points of a batch.
pub(super) struct Operands<'a, const DEGREE: usize> {
    batch: PhantomData<&'a ()>,
    left: Places,
    right: Places,
    negate_left: __mmask8,
    negate_right: __mmask8,
}

impl<'a, const DEGREE: usize, F: Field> Terms<'a, DEGREE, F> {
    /// Panics when an index is out of range.
    pub(super) fn new(left: &'a [Point<F>], right: &'a [Point<F>], pairs: &'a [Pair]) -> Self {
        assert_in_range(left.len(), right.len(), pairs);
        // x = 1 on the left and 2 on the right, so that they differ.
        let [filler_left, filler_right] = [1, 2].map(|x| F::from_words(&[x, 0, 0, 0, 0, 0]));
        let mut tail = [filler_left, filler_right].map(|x| [Point { x, y: F::default() }; BLOCK]);
        let mut tail_pairs = std::array::from_fn(|i| Pair { left: i as u32, right: i as u32 });
        for (i, pair) in pairs.chunks_exact(BLOCK).remainder().iter().enumerate() {
            tail[0][i] = left[(pair.left & !NEGATE) as usize];
            tail[1][i] = right[(pair.right & !NEGATE) as usize];
            tail_pairs[i] =
                Pair { left: i as u32 | pair.left & NEGATE, right: i as u32 | pair.right & NEGATE };
        }
        Self { left, right, pairs, tail, tail_pairs }
    }

    /// Eights of pairs, an even number.
    pub(super) fn groups(&self) -> usize {
        self.pairs.len().div_ceil(BLOCK) * 2
    }

    /// The pairs from `LANES·group` on.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn eight(&self, group: usize) -> Operands<'_, DEGREE> {
        let (start, full) = (LANES * group, self.pairs.len() / BLOCK * BLOCK);
        let (left, right, pairs) = if start < full {
            (self.left.as_ptr(), self.right.as_ptr(), &self.pairs[start..start + LANES])
        } else {
            let start = start - full;
            (self.tail[0].as_ptr(), self.tail[1].as_ptr(), &self.tail_pairs[start..start + LANES])
        };
        // SAFETY: eight pairs are one vector; the load needs no alignment.
        let pairs = unsafe { _mm512_loadu_si512(pairs.as_ptr().cast()) };
        let (size, index) =
            (_mm512_set1_epi64(size_of::<Point<F>>() as i64), _mm512_set1_epi64((!NEGATE).into()));
        let offsets = |indices| {
            let mut offsets = [0; LANES];
            let products = _mm512_mul_epu32(_mm512_and_si512(indices, index), size);
            // SAFETY: eight words are one vector; the store needs no alignment.
            unsafe { _mm512_storeu_si512((&raw mut offsets).cast(), products) };
            offsets
        };
        Operands {
            batch: PhantomData,
            left: Places { base: left.cast(), offsets: offsets(pairs) },
            right: Places { base: right.cast(), offsets: offsets(_mm512_srli_epi64::<32>(pairs)) },
            negate_left: _mm512_test_epi64_mask(pairs, _mm512_set1_epi64(NEGATE.into())),
            negate_right: _mm512_movepi64_mask(pairs),
        }
    }
}

/// Panics unless every index is in range.
fn assert_in_range(left: usize, right: usize, pairs: &[Pair]) {
    let most = pairs.iter().fold((0, 0), |(most_left, most_right), pair| {
        ((pair.left & !NEGATE).max(most_left), (pair.right & !NEGATE).max(most_right))
    });
    assert!(pairs.is_empty() || (most.0 as usize) < left, "an index on the left is out of range");
    assert!(pairs.is_empty() || (most.1 as usize) < right, "an index on the right is out of range");
}

impl<const DEGREE: usize> Operands<'_, DEGREE> {
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn left_x(&self) -> ExtX8<DEGREE> {
        // SAFETY: points of the batch.
        unsafe { ExtX8::load(&self.left, 0) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn right_x(&self) -> ExtX8<DEGREE> {
        // SAFETY: points of the batch.
        unsafe { ExtX8::load(&self.right, 0) }
    }

    /// With its sign, not carried: in −1.0001p … 1.0001p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn left_y(&self) -> ExtX8<DEGREE> {
        // SAFETY: points of the batch.
        unsafe { ExtX8::load(&self.left, FP_WORDS * DEGREE) }.negate_lanes(self.negate_left)
    }

    /// With its sign, not carried: in −1.0001p … 1.0001p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn right_y(&self) -> ExtX8<DEGREE> {
        // SAFETY: points of the batch.
        unsafe { ExtX8::load(&self.right, FP_WORDS * DEGREE) }.negate_lanes(self.negate_right)
    }
}
