//! Sums of eight elements times small integers, reduced by one limb.

use std::arch::x86_64::*;

use super::fr::{BITS, FrX8, MASK, MODULUS, lanes};

/// Σ kᵢ·vᵢ before its reduction, in six columns of 52 bits that overlap by 12.
#[derive(Clone, Copy, Debug)]
pub struct Narrow([__m512i; 6]);

impl Narrow {
    /// `value · 2⁵²` of a carried value: the reduction adds it as it is.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn shifted(value: FrX8) -> Self {
        let v = value.0;
        Self([_mm512_setzero_si512(), v[0], v[1], v[2], v[3], v[4]])
    }

    /// `self + factor · value` of a carried value. A column has room for 2000 products.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn add_multiple(self, factor: u64, value: FrX8) -> Self {
        let (mut t, k, v) = (self.0, lanes(factor), value.0);
        for i in 0..5 {
            t[i] = _mm512_madd52lo_epu64(t[i], k, v[i]);
            t[i + 1] = _mm512_madd52hi_epu64(t[i + 1], k, v[i]);
        }
        Self(t)
    }

    /// The sum divided by 2⁵²: below r plus a 2⁵²th of the sum, which must fit 2³¹²; carried.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn reduce(self) -> FrX8 {
        let (mut t, r) = (self.0, FrX8::splat(&MODULUS).0);
        // r⁻¹ = 1 + 2³² mod 2⁵²; the low product would round the column up to a multiple of 2⁵².
        let inverse = _mm512_add_epi64(t[0], _mm512_slli_epi64::<32>(t[0]));
        let digit = _mm512_sub_epi64(_mm512_setzero_si512(), inverse);
        let carry = _mm512_srli_epi64::<BITS>(_mm512_add_epi64(t[0], lanes(MASK)));
        t[1] = _mm512_madd52hi_epu64(_mm512_add_epi64(t[1], carry), digit, r[0]);
        for i in 1..5 {
            t[i] = _mm512_madd52lo_epu64(t[i], digit, r[i]);
            t[i + 1] = _mm512_madd52hi_epu64(t[i + 1], digit, r[i]);
        }
        FrX8([t[1], t[2], t[3], t[4], t[5]]).carry()
    }
}
