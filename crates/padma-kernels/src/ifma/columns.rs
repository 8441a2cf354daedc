//! Products of [`FpX8`] before their reduction.

use std::arch::x86_64::*;

use super::fp::{BITS, FpX8, MASK, MODULUS, NEGATED_INVERSE, lanes};

/// A sum of products before its reduction, in sixteen overlapping columns.
#[derive(Clone, Copy)]
pub(super) struct Columns([__m512i; 16]);

impl Columns {
    /// `a·b` of carried factors.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn product(a: FpX8, b: FpX8) -> Self {
        let mut t = [_mm512_setzero_si512(); 16];
        for i in 0..8 {
            for j in 0..8 {
                t[i + j] = _mm512_madd52lo_epu64(t[i + j], a.0[j], b.0[i]);
            }
            for j in 0..8 {
                t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a.0[j], b.0[i]);
            }
        }
        Self(t)
    }

    /// `a²` of a carried value.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn square(value: FpX8) -> Self {
        let a = value.0;
        let mut t = [_mm512_setzero_si512(); 16];
        for i in 0..8 {
            for j in i + 1..8 {
                t[i + j] = _mm512_madd52lo_epu64(t[i + j], a[i], a[j]);
            }
            for j in i + 1..8 {
                t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a[i], a[j]);
            }
        }
        for column in &mut t {
            *column = _mm512_add_epi64(*column, *column);
        }
        for i in 0..8 {
            t[2 * i] = _mm512_madd52lo_epu64(t[2 * i], a[i], a[i]);
            t[2 * i + 1] = _mm512_madd52hi_epu64(t[2 * i + 1], a[i], a[i]);
        }
        Self(t)
    }

    /// Column by column.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn minus(self, other: &Self) -> Self {
        let mut t = self.0;
        for (column, other) in t.iter_mut().zip(other.0) {
            *column = _mm512_sub_epi64(*column, other);
        }
        Self(t)
    }

    /// The sum, which may be negative, divided by 2⁴¹⁶, plus less than p; not carried.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn reduce(self) -> FpX8 {
        let mut t = self.0;
        let p = FpX8::splat(&MODULUS).0;
        for i in 0..8 {
            let quotient = _mm512_madd52lo_epu64(_mm512_setzero_si512(), t[i], lanes(NEGATED_INVERSE));
            let carried = _mm512_srai_epi64::<BITS>(_mm512_add_epi64(t[i], lanes(MASK)));
            t[i + 1] = _mm512_madd52hi_epu64(_mm512_add_epi64(t[i + 1], carried), quotient, p[0]);
            for j in 1..8 {
                t[i + j] = _mm512_madd52lo_epu64(t[i + j], quotient, p[j]);
            }
            for j in 1..8 {
                t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], quotient, p[j]);
            }
        }
        FpX8([t[8], t[9], t[10], t[11], t[12], t[13], t[14], t[15]])
    }
}
