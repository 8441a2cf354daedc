//! Inverses of sixteen products by one inversion of blst's.

use super::extension::ExtX8;
use super::fp::limbs;
use super::words::Places;
use crate::scalar::{Field, Point};

/// 2⁴¹⁶ mod p.
pub(super) const ONE: [u64; 8] = limbs([
    0x44f6_480e_a8e9_b9af,
    0xa96f_7d65_766c_8fe4,
    0xe82e_fd42_28b5_40fe,
    0x6723_e5f0_ade5_3b2e,
    0x25ff_6eb6_fdd4_230a,
    0x14c8_ee06_ef23_c24a,
]);

/// 2⁴⁴⁸ mod p: from 2⁷⁶⁸/a, which blst takes for the inverse of a, to 2⁸³²/a.
const RESCALE: [u64; 6] = [
    0x42b7_fde3_7dba_9366,
    0x7784_894e_2752_5bc3,
    0xb2b9_1b9d_c1f5_b1e9,
    0x206f_497d_fcaf_b872,
    0x5941_37cc_89a9_b0bb,
    0x0411_cd9d_20d7_e399,
];

/// 2⁸³²/a for each a, which must not be 0.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn invert<const DEGREE: usize, F: Field>(factors: [&ExtX8<DEGREE>; 2]) -> [ExtX8<DEGREE>; 2] {
    let both = factors[0].mul(factors[1]).canonical();
    let mut points = [Point::<F>::default(); 8];
    // SAFETY: eight points, with a coordinate to spare.
    unsafe { ExtX8::store(both, both, points.as_mut_ptr().cast()) };
    let mut elements = points.map(|point| point.x);
    invert_elements(&mut elements);
    // SAFETY: eight elements.
    let inverse = unsafe { ExtX8::load(&Places::in_a_row(elements.as_ptr().cast(), size_of::<F>()), 0) };
    [inverse.mul(factors[1]), inverse.mul(factors[0])]
}

/// Montgomery's trick over eight lanes.
fn invert_elements<F: Field>(elements: &mut [F; 8]) {
    let mut prefixes = [F::ONE; 8];
    for i in 1..8 {
        prefixes[i] = prefixes[i - 1].mul(&elements[i - 1]);
    }
    let mut inverse = prefixes[7].mul(&elements[7]).inverse().mul(&F::from_words(&RESCALE));
    for i in (0..8).rev() {
        let element = elements[i];
        elements[i] = inverse.mul(&prefixes[i]);
        inverse = inverse.mul(&element);
    }
}
