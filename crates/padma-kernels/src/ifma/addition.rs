//! Sums of many pairs of affine points, eight at a time, with one inversion for a batch of them.
//!
//! # Scale
//!
//! A point (x, y) is kept as X = 2³⁸⁴·x, Y = 2³⁶⁸·y. With products that divide by 2⁴¹⁶ this is (x·u², y·u³) for
//! u = 2⁻¹⁶ in Montgomery form: a point of the isomorphic curve y² = x³ + b·u⁶, on which the formulas, b not among
//! them, are the same. So memory holds 48 bytes a coordinate, and loading converts nothing.
//!
//! Stored coordinates are below 1.0001p, not canonical; infinity is zeros.

use super::exceptions::Exceptions;
use super::extension::{ExtX8, FP_WORDS};
use super::inversion::{ONE, invert};
use super::operands::{LANES, Operands, Terms};
use crate::curve::Pair;
use crate::prefetch;
use crate::scalar::{Field, Point};

/// Eights of pairs over Fp that share an inversion, half as many over Fp2. Operands and scratch of a batch, and the
/// operands of the next that are fetched meanwhile, stay in a second-level cache of 1 MiB.
const GROUPS: usize = 128;

/// Eights of pairs in step: the products of one fill the gaps that those of the other leave in waiting for their own.
const CHAINS: usize = 2;

/// What the way back needs of a batch, by eights of pairs.
struct Scratch<const DEGREE: usize> {
    /// x₂ − x₁, or what [`Exceptions`] put there.
    denominators: Vec<ExtX8<DEGREE>>,
    /// The product of the denominators before in the same chain; one more for each chain.
    prefixes: Vec<ExtX8<DEGREE>>,
    exceptions: Vec<Exceptions>,
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
    let batch = LANES * GROUPS / DEGREE;
    let groups = (pairs.len().min(batch)).div_ceil(LANES * CHAINS) * CHAINS;
    let mut scratch = Scratch {
        denominators: vec![ExtX8::splat(&[0; 8]); groups],
        prefixes: vec![ExtX8::splat(&ONE); groups + CHAINS],
        exceptions: vec![Exceptions::default(); groups],
    };
    pairs.iter().take(batch).for_each(|&pair| prefetch::operands(left, right, pair));
    for (index, (now, sums)) in pairs.chunks(batch).zip(sums.chunks_mut(batch)).enumerate() {
        let next = pairs.get((index + 1) * batch..).unwrap_or_default();
        let terms = Terms::<DEGREE, F>::new(left, right, now);
        add_batch(&terms, &next[..next.len().min(batch)], sums, &mut scratch);
    }
}

#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn add_batch<const DEGREE: usize, F: Field>(
    terms: &Terms<DEGREE, F>,
    next: &[Pair],
    sums: &mut [Point<F>],
    scratch: &mut Scratch<DEGREE>,
) {
    let groups = terms.groups();
    for group in 0..groups {
        let (prefixes, rest) = scratch.prefixes.split_at_mut(group + CHAINS);
        let (denominator, exceptions) = start(&terms.eight(group));
        scratch.denominators[group] = denominator;
        scratch.exceptions[group] = exceptions;
        rest[0] = prefixes[group].mul(&scratch.denominators[group]);
    }
    let mut inverses = invert::<DEGREE, F>([&scratch.prefixes[groups], &scratch.prefixes[groups + 1]]);
    let mut next = next.chunks(LANES * CHAINS);
    for group in (0..groups).step_by(CHAINS).rev() {
        for &pair in next.next().unwrap_or_default() {
            prefetch::operands(terms.left, terms.right, pair);
        }
        finish(terms, group, scratch, &mut inverses, &mut sums[LANES * group..]);
    }
}

/// The denominator of the slopes.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn start<const DEGREE: usize>(operands: &Operands<DEGREE>) -> (ExtX8<DEGREE>, Exceptions) {
    let (left, right) = (operands.left_x(), operands.right_x());
    let denominator = right.minus(left).plus_modulus::<2>().carry();
    // Infinity has x = 0, as two points of order 3 have, which the exceptions tell from it.
    if left.zeros() | right.zeros() | denominator.multiples_of_modulus() == 0 {
        return (denominator, Exceptions::default());
    }
    let exceptions = Exceptions::of(operands);
    (exceptions.denominator(denominator, operands), exceptions)
}

/// The sums of the eights of pairs `group` and `group + 1`.
///
/// The order is that of the CPU's work: each product is followed by work that does not need it, short enough for the
/// CPU to do beside the product.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn finish<const DEGREE: usize, F: Field>(
    terms: &Terms<DEGREE, F>,
    group: usize,
    scratch: &Scratch<DEGREE>,
    inverses: &mut [ExtX8<DEGREE>; CHAINS],
    sums: &mut [Point<F>],
) {
    let (prefixes, denominators) = (&scratch.prefixes[group..], &scratch.denominators[group..]);
    let exceptions = [scratch.exceptions[group], scratch.exceptions[group + 1]];
    let operands = [terms.eight(group), terms.eight(group + 1)];

    let inverse_a = inverses[0].mul(&prefixes[0]);
    let (y_a, numerator_a) = numerator(&operands[0], exceptions[0]);
    let inverse_b = inverses[1].mul(&prefixes[1]);
    let (y_b, numerator_b) = numerator(&operands[1], exceptions[1]);
    inverses[0] = inverses[0].mul(&denominators[0]);
    let (x_a, both_a) = abscissas(&operands[0]);
    inverses[1] = inverses[1].mul(&denominators[1]);
    let (x_b, both_b) = abscissas(&operands[1]);

    let gradient_a = inverse_a.mul(&numerator_a);
    let gradient_b = inverse_b.mul(&numerator_b);
    let sum_a = gradient_a.square_minus(&both_a);
    let sum_b = gradient_b.square_minus(&both_b);
    let rest_a = x_a.minus(sum_a).plus_modulus::<2>().carry();
    let y_a = gradient_a.mul_minus(&rest_a, &y_a);
    let rest_b = x_b.minus(sum_b).plus_modulus::<2>().carry();
    let y_b = gradient_b.mul_minus(&rest_b, &y_b);
    store(sum_a, y_a, exceptions[0], &operands[0], sums);
    store(sum_b, y_b, exceptions[1], &operands[1], sums.get_mut(LANES..).unwrap_or_default());
}

/// y₁, not carried, and y₂ − y₁, or what [`Exceptions`] put there.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn numerator<const DEGREE: usize>(
    operands: &Operands<DEGREE>,
    exceptions: Exceptions,
) -> (ExtX8<DEGREE>, ExtX8<DEGREE>) {
    let left = operands.left_y();
    let numerator = operands.right_y().minus(left).plus_modulus::<3>().carry();
    if exceptions.any() { (left, exceptions.numerator(numerator, operands)) } else { (left, numerator) }
}

/// x₁ and x₁ + x₂, not carried.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn abscissas<const DEGREE: usize>(operands: &Operands<DEGREE>) -> (ExtX8<DEGREE>, ExtX8<DEGREE>) {
    let left = operands.left_x();
    (left, left.plus(operands.right_x()))
}

/// The sum of eight pairs, or what it is without a slope, to the first eight points of `sums` or as many as there are.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn store<const DEGREE: usize, F: Field>(
    mut x: ExtX8<DEGREE>,
    mut y: ExtX8<DEGREE>,
    exceptions: Exceptions,
    operands: &Operands<DEGREE>,
    sums: &mut [Point<F>],
) {
    if exceptions.any() {
        (x, y) = exceptions.sum(x, y, operands);
    }
    if sums.len() >= LANES {
        // SAFETY: eight points.
        unsafe { ExtX8::store(x, y, sums.as_mut_ptr().cast()) };
    } else {
        let mut eight = [Point::<F>::default(); LANES];
        // SAFETY: eight points.
        unsafe { ExtX8::store(x, y, eight.as_mut_ptr().cast()) };
        sums.copy_from_slice(&eight[..sums.len()]);
    }
}
