//! Sums of many pairs of affine points, eight at a time, with one inversion for a batch of them.
//!
//! # Scale
//!
//! A point (x, y) is kept as X = 2³⁸⁴·x, Y = 2³⁶⁸·y. With products that divide by 2⁴¹⁶ this is (x·u², y·u³) for
//! u = 2⁻¹⁶ in Montgomery form: a point of the isomorphic curve y² = x³ + b·u⁶, on which the formulas, b not among
//! them, are the same. So memory holds 48 bytes a coordinate, and loading converts nothing.
//!
//! Stored coordinates are below 1.0001p, not canonical; infinity is zeros.

use std::arch::x86_64::*;

use super::exceptions::Exceptions;
use super::extension::{ExtX8, FP_WORDS};
use super::inversion::{ONE, invert};
use crate::curve::{NEGATE, Pair};
use crate::scalar::{Field, Point};

const LANES: usize = 8;

/// Eights of pairs that share an inversion. Operands and scratch of a batch, and the operands of the next that are
/// fetched meanwhile, stay in a second-level cache of 1 MiB.
const GROUPS: usize = 128;

/// What fills the lanes of the last eight pairs when there are fewer: x = 1 on the left, x = 2 on the right.
static PADDING: [[u64; 24]; 2] = [padding(1), padding(2)];

const fn padding(x: u64) -> [u64; 24] {
    let mut words = [0; 24];
    words[0] = x;
    words
}

/// Eight pairs of points.
pub(super) struct Operands<const DEGREE: usize> {
    left: [*const u64; LANES],
    right: [*const u64; LANES],
    negate_left: __mmask8,
    negate_right: __mmask8,
}

/// What the way back needs of eight pairs.
struct Step<const DEGREE: usize> {
    /// x₂ − x₁, or what [`Exceptions`] put there.
    denominator: ExtX8<DEGREE>,
    /// The product of the denominators before.
    prefix: ExtX8<DEGREE>,
    exceptions: Exceptions,
}

/// See [`crate::curve::Group::add_pairs`].
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(crate) fn add_pairs<const DEGREE: usize, F: Field>(
    left: &[Point<F>],
    right: &[Point<F>],
    pairs: &[Pair],
    sums: &mut [Point<F>],
) {
    const { assert!(size_of::<F>() == 8 * FP_WORDS * DEGREE) };
    assert_eq!(pairs.len(), sums.len(), "a sum for each pair");
    let mut steps = Vec::with_capacity(GROUPS.min(pairs.len().div_ceil(LANES)));
    let batch = LANES * GROUPS;
    for (index, (now, sums)) in pairs.chunks(batch).zip(sums.chunks_mut(batch)).enumerate() {
        if index == 0 {
            prefetch(left, right, now);
        }
        let next = pairs.get((index + 1) * batch..).unwrap_or_default();
        assert_in_range(left.len(), right.len(), now);
        let terms = Terms::<DEGREE, F> { left, right, pairs: now };
        add_batch(&terms, &next[..next.len().min(batch)], sums, &mut steps);
    }
}

struct Terms<'a, const DEGREE: usize, F> {
    left: &'a [Point<F>],
    right: &'a [Point<F>],
    /// All in range.
    pairs: &'a [Pair],
}

/// Panics unless every index is in range.
fn assert_in_range(left: usize, right: usize, pairs: &[Pair]) {
    let most = pairs.iter().fold((0, 0), |(most_left, most_right), pair| {
        ((pair.left & !NEGATE).max(most_left), (pair.right & !NEGATE).max(most_right))
    });
    assert!(pairs.is_empty() || (most.0 as usize) < left, "an index on the left is out of range");
    assert!(pairs.is_empty() || (most.1 as usize) < right, "an index on the right is out of range");
}

/// Asks for the operands of pairs.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn prefetch<F>(left: &[Point<F>], right: &[Point<F>], pairs: &[Pair]) {
    for pair in pairs {
        for point in [
            left.as_ptr().wrapping_add((pair.left & !NEGATE) as usize),
            right.as_ptr().wrapping_add((pair.right & !NEGATE) as usize),
        ] {
            let bytes: *const i8 = point.cast();
            for line in (0..size_of::<Point<F>>()).step_by(64) {
                _mm_prefetch::<_MM_HINT_T1>(bytes.wrapping_add(line));
            }
            _mm_prefetch::<_MM_HINT_T1>(bytes.wrapping_add(size_of::<Point<F>>() - 1));
        }
    }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn add_batch<const DEGREE: usize, F: Field>(
    terms: &Terms<DEGREE, F>,
    next: &[Pair],
    sums: &mut [Point<F>],
    steps: &mut Vec<Step<DEGREE>>,
) {
    steps.clear();
    let groups = terms.pairs.len().div_ceil(LANES);
    // Two products at once: each alone would wait for its own results.
    let mut products = [ExtX8::splat(&ONE); 2];
    for group in (0..groups).step_by(2) {
        for (lane, product) in products.iter_mut().enumerate().take(groups - group) {
            let operands = terms.eight(group + lane);
            let step = operands.start(*product);
            *product = product.mul(&step.denominator);
            steps.push(step);
        }
    }
    let mut inverses = invert::<DEGREE, F>(&products);
    if groups % 2 == 1 {
        finish::<DEGREE, 1, F>(terms, groups - 1, steps, &mut inverses, sums);
    }
    let mut next = next.chunks(2 * LANES);
    for group in (0..groups / 2).rev() {
        if let Some(next) = next.next() {
            prefetch(terms.left, terms.right, next);
        }
        finish::<DEGREE, 2, F>(terms, 2 * group, steps, &mut inverses, sums);
    }
}

/// The sums of `COUNT` eights of pairs from `group` on.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn finish<const DEGREE: usize, const COUNT: usize, F: Field>(
    terms: &Terms<DEGREE, F>,
    group: usize,
    steps: &[Step<DEGREE>],
    inverses: &mut [ExtX8<DEGREE>; 2],
    sums: &mut [Point<F>],
) {
    let zero = ExtX8::splat(&[0; 8]);
    let mut gradient = [zero; COUNT];
    for i in 0..COUNT {
        let step = &steps[group + i];
        gradient[i] = inverses[i].mul(&step.prefix);
        inverses[i] = inverses[i].mul(&step.denominator);
    }
    let (mut x, mut rest) = ([zero; COUNT], [(zero, zero); COUNT]);
    let operands: [Operands<DEGREE>; COUNT] = std::array::from_fn(|i| terms.eight(group + i));
    for i in 0..COUNT {
        let (left, right) = (operands[i].left_y(), operands[i].right_y());
        let mut numerator = right.minus(left).plus_modulus::<3>().carry();
        if steps[group + i].exceptions.any() {
            numerator = steps[group + i].exceptions.numerator(numerator, &operands[i]);
        }
        gradient[i] = gradient[i].mul(&numerator);
        rest[i].1 = left;
    }
    for i in 0..COUNT {
        let left = operands[i].left_x();
        x[i] = gradient[i].square_minus(&left, &operands[i].right_x());
        rest[i].0 = left.minus(x[i]).plus_modulus::<2>().carry();
    }
    for i in 0..COUNT {
        let y = gradient[i].mul_minus(&rest[i].0, &rest[i].1);
        let (mut x, mut y) = (x[i], y);
        if steps[group + i].exceptions.any() {
            (x, y) = steps[group + i].exceptions.sum(x, y, &operands[i]);
        }
        let sums = &mut sums[LANES * (group + i)..];
        if sums.len() >= LANES {
            // SAFETY: eight points.
            unsafe { store(x, y, sums.as_mut_ptr().cast()) };
        } else {
            let mut eight = [Point::<F>::default(); LANES];
            // SAFETY: eight points.
            unsafe { store(x, y, eight.as_mut_ptr().cast()) };
            sums.copy_from_slice(&eight[..sums.len()]);
        }
    }
}

/// # Safety
/// `points` must be valid for writes of eight points.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
unsafe fn store<const DEGREE: usize>(x: ExtX8<DEGREE>, y: ExtX8<DEGREE>, points: *mut u64) {
    let (element, point) = (FP_WORDS * DEGREE, 2 * FP_WORDS * DEGREE);
    // SAFETY: the caller's promise.
    unsafe {
        x.store(points, point, 0);
        y.store(points, point, element);
    }
}

impl<const DEGREE: usize, F: Field> Terms<'_, DEGREE, F> {
    /// The pairs from `LANES·group` on, with padding after the last.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    fn eight(&self, group: usize) -> Operands<DEGREE> {
        let pairs = &self.pairs[LANES * group..];
        let mut operands = Operands {
            left: [PADDING[0].as_ptr(); LANES],
            right: [PADDING[1].as_ptr(); LANES],
            negate_left: 0,
            negate_right: 0,
        };
        for (lane, pair) in pairs.iter().take(LANES).enumerate() {
            // All indices are in range.
            operands.left[lane] = self.left.as_ptr().wrapping_add((pair.left & !NEGATE) as usize).cast();
            operands.right[lane] = self.right.as_ptr().wrapping_add((pair.right & !NEGATE) as usize).cast();
            operands.negate_left |= ((pair.left >> 31) << lane) as u8;
            operands.negate_right |= ((pair.right >> 31) << lane) as u8;
        }
        operands
    }
}

impl<const DEGREE: usize> Operands<DEGREE> {
    /// The denominator of the slopes, for a product that is `prefix` so far.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    fn start(&self, prefix: ExtX8<DEGREE>) -> Step<DEGREE> {
        let (left, right) = (self.left_x(), self.right_x());
        let denominator = right.minus(left).plus_modulus::<2>().carry();
        // Infinity has x = 0, as two points of order 3 have, which the exceptions tell from it.
        if left.zeros() | right.zeros() | denominator.multiples_of_modulus() == 0 {
            return Step { denominator, prefix, exceptions: Exceptions::default() };
        }
        let exceptions = Exceptions::of(self);
        Step { denominator: exceptions.denominator(denominator, self), prefix, exceptions }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn left_x(&self) -> ExtX8<DEGREE> {
        // SAFETY: points of the slices or padding.
        unsafe { ExtX8::load(&self.left, 0) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn right_x(&self) -> ExtX8<DEGREE> {
        // SAFETY: points of the slices or padding.
        unsafe { ExtX8::load(&self.right, 0) }
    }

    /// With its sign, not carried: in −1.0001p … 1.0001p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn left_y(&self) -> ExtX8<DEGREE> {
        // SAFETY: points of the slices or padding.
        unsafe { ExtX8::load(&self.left, FP_WORDS * DEGREE) }.negate_lanes(self.negate_left)
    }

    /// With its sign, not carried: in −1.0001p … 1.0001p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn right_y(&self) -> ExtX8<DEGREE> {
        // SAFETY: points of the slices or padding.
        unsafe { ExtX8::load(&self.right, FP_WORDS * DEGREE) }.negate_lanes(self.negate_right)
    }
}
