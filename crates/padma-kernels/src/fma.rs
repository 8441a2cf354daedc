//! Arithmetic on the floating-point multiplier, for CPUs with AVX2 that have no IFMA.

mod addition;
mod columns;
mod fp;
pub(crate) mod fr;
mod words;

use blst::blst_fp;

use crate::Backend;
use crate::curve::Pair;
use crate::scalar::Point;

/// See [`crate::curve::Group::add_pairs`]; of points in blst's form.
pub(crate) fn add_pairs(
    left: &[Point<blst_fp>],
    right: &[Point<blst_fp>],
    pairs: &[Pair],
    sums: &mut [Point<blst_fp>],
) {
    assert!(Backend::Avx2.is_supported(), "this CPU has no AVX2 or FMA");
    // SAFETY: the CPU has the features.
    unsafe { addition::add_pairs(left, right, pairs, sums) }
}
