//! Operands asked for ahead of their use.

use crate::curve::{NEGATE, Pair};

/// Asks for the points of a pair, which need not exist, to come to the second-level cache.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn operands<P>(left: &[P], right: &[P], pair: Pair) {
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    let left = left.as_ptr().wrapping_add((pair.left & !NEGATE) as usize);
    let right = right.as_ptr().wrapping_add((pair.right & !NEGATE) as usize);
    for point in [left.cast::<i8>(), right.cast::<i8>()] {
        for byte in (0..size_of::<P>()).step_by(64).chain([size_of::<P>() - 1]) {
            // SAFETY: a hint, of any address.
            unsafe { _mm_prefetch::<_MM_HINT_T1>(point.wrapping_add(byte)) };
        }
    }
}

/// Other architectures have no stable way to ask.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn operands<P>(_: &[P], _: &[P], _: Pair) {}
