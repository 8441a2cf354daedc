//! Eight elements of Fp in eight limbs of 52 bits each.
//!
//! A value is any representative of a residue; bounds below are multiples of p, and 2⁴¹⁶ > 2³⁵·p. Limbs are *carried*
//! when each is in 0 … 2⁵² (the multiplier reads no more than that); sums and columns are signed 64-bit limbs that
//! [`FpX8::carry`] or [`FpX8::settle`] makes so.
//!
//! [`FpX8::mul`] divides by 2⁴¹⁶ (Montgomery).

use std::arch::x86_64::*;

use super::columns::Columns;
use super::words::{Places, gather_points};
use crate::scalar::FP_MODULUS;

/// Bits of a limb.
pub(super) const BITS: u32 = 52;
pub(super) const MASK: u64 = (1 << BITS) - 1;

/// p.
pub(super) const MODULUS: [u64; 8] = limbs(FP_MODULUS);

/// −p⁻¹ mod 2⁵².
pub(super) const NEGATED_INVERSE: u64 = 0x3_fffc_fffc_fffd;

/// ⌊2⁵² / (⌊p / 2³⁶⁴⌋ + 1)⌋: times the top limb it gives the quotient by p, never too large.
const RECIPROCAL: u64 = (1 << BITS) / (MODULUS[7] + 1);

/// 384 bits of words as carried limbs.
pub(super) const fn limbs(words: [u64; 6]) -> [u64; 8] {
    let mut limbs = [0; 8];
    let mut i = 0;
    while i < 8 {
        let (word, bit) = (52 * i / 64, 52 * i % 64);
        limbs[i] = words[word] >> bit;
        if bit > 12 && word < 5 {
            limbs[i] |= words[word + 1] << (64 - bit);
        }
        limbs[i] &= MASK;
        i += 1;
    }
    limbs
}

/// k·p in carried limbs.
const fn multiple(k: u64) -> [u64; 8] {
    let mut limbs = [0; 8];
    let (mut i, mut carry) = (0, 0);
    while i < 8 {
        let sum = MODULUS[i] as u128 * k as u128 + carry;
        limbs[i] = sum as u64 & MASK;
        carry = sum >> BITS;
        i += 1;
    }
    assert!(carry == 0, "the multiple passes 2^416");
    limbs
}

/// Limb `i` of 0p … 7p.
const fn multiples(i: usize) -> [u64; 8] {
    let mut table = [0; 8];
    let mut k = 0;
    while k < 8 {
        table[k] = multiple(k as u64)[i];
        k += 1;
    }
    table
}

/// Limb by limb the multiples that [`FpX8::settle`] subtracts.
static MULTIPLES: [[u64; 8]; 8] = [
    multiples(0),
    multiples(1),
    multiples(2),
    multiples(3),
    multiples(4),
    multiples(5),
    multiples(6),
    multiples(7),
];

/// Eight values, value `i` in lane `i` of every limb.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(super) struct FpX8(pub(super) [__m512i; 8]);

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn lanes(limb: u64) -> __m512i {
    _mm512_set1_epi64(limb.cast_signed())
}

/// Limb by limb `$op` of two arrays; a closure would not have the CPU features.
macro_rules! each {
    ($a:expr, $b:expr, $op:path) => {{
        let (a, b) = ($a, $b);
        [
            $op(a[0], b[0]),
            $op(a[1], b[1]),
            $op(a[2], b[2]),
            $op(a[3], b[3]),
            $op(a[4], b[4]),
            $op(a[5], b[5]),
            $op(a[6], b[6]),
            $op(a[7], b[7]),
        ]
    }};
}

/// `a·b / 2⁴¹⁶` of carried factors, not carried: below (1 + 2⁻²⁰)·p for factors below 2⁷·p each.
///
/// Montgomery's reduction, one digit after each row of products (CIOS); a column gathers 32 products at most, so it
/// stays below 2⁵⁸. A macro, since as a function it is too long for the compiler to inline.
macro_rules! montgomery {
    ($a:expr, $b:expr) => {{
        let (a, b) = ($a.0, $b.0);
        let p = $crate::ifma::fp::FpX8::splat(&$crate::ifma::fp::MODULUS).0;
        let zero = _mm512_setzero_si512();
        let mut t = [zero; 8];
        for digit in b {
            let lowest = _mm512_madd52lo_epu64(t[0], a[0], digit);
            let negated_inverse = $crate::ifma::fp::lanes($crate::ifma::fp::NEGATED_INVERSE);
            let quotient = _mm512_madd52lo_epu64(zero, lowest, negated_inverse);
            // The column becomes a multiple of 2⁵²: rounding it up is what adding the low product would do.
            let raised = _mm512_add_epi64(lowest, $crate::ifma::fp::lanes($crate::ifma::fp::MASK));
            for j in 1..8 {
                t[j - 1] = _mm512_madd52lo_epu64(t[j], a[j], digit);
            }
            t[0] = _mm512_add_epi64(t[0], _mm512_srli_epi64::<{ $crate::ifma::fp::BITS }>(raised));
            t[7] = zero;
            for j in 0..8 {
                t[j] = _mm512_madd52hi_epu64(t[j], a[j], digit);
            }
            for j in 1..8 {
                t[j - 1] = _mm512_madd52lo_epu64(t[j - 1], quotient, p[j]);
            }
            for j in 0..8 {
                t[j] = _mm512_madd52hi_epu64(t[j], quotient, p[j]);
            }
        }
        $crate::ifma::fp::FpX8(t)
    }};
}
pub(super) use montgomery;

impl FpX8 {
    /// One value in all lanes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn splat(limbs: &[u64; 8]) -> Self {
        let mut out = [_mm512_setzero_si512(); 8];
        for i in 0..8 {
            out[i] = lanes(limbs[i]);
        }
        Self(out)
    }

    /// Eight integers of six words, each `word` words into a point.
    ///
    /// # Safety
    /// Every point must be valid for reads of `word + 6` words.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) unsafe fn load(points: &Places, word: usize) -> Self {
        // SAFETY: the caller's promise.
        Self::from_words(unsafe { gather_points(points, word) })
    }

    /// Words of 64 bits to carried limbs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn from_words(w: [__m512i; 6]) -> Self {
        let mask = lanes(MASK);
        let joined = |low, high| _mm512_and_si512(_mm512_or_si512(low, high), mask);
        Self([
            _mm512_and_si512(w[0], mask),
            joined(_mm512_srli_epi64::<52>(w[0]), _mm512_slli_epi64::<12>(w[1])),
            joined(_mm512_srli_epi64::<40>(w[1]), _mm512_slli_epi64::<24>(w[2])),
            joined(_mm512_srli_epi64::<28>(w[2]), _mm512_slli_epi64::<36>(w[3])),
            joined(_mm512_srli_epi64::<16>(w[3]), _mm512_slli_epi64::<48>(w[4])),
            _mm512_and_si512(_mm512_srli_epi64::<4>(w[4]), mask),
            joined(_mm512_srli_epi64::<56>(w[4]), _mm512_slli_epi64::<8>(w[5])),
            _mm512_srli_epi64::<44>(w[5]),
        ])
    }

    /// The reverse of [`Self::from_words`], of carried values below 2³⁸⁴.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn to_words(self) -> [__m512i; 6] {
        let l = self.0;
        let or = |low, high| _mm512_or_si512(low, high);
        [
            or(l[0], _mm512_slli_epi64::<52>(l[1])),
            or(_mm512_srli_epi64::<12>(l[1]), _mm512_slli_epi64::<40>(l[2])),
            or(_mm512_srli_epi64::<24>(l[2]), _mm512_slli_epi64::<28>(l[3])),
            or(_mm512_srli_epi64::<36>(l[3]), _mm512_slli_epi64::<16>(l[4])),
            or(
                or(_mm512_srli_epi64::<48>(l[4]), _mm512_slli_epi64::<4>(l[5])),
                _mm512_slli_epi64::<56>(l[6]),
            ),
            or(_mm512_srli_epi64::<8>(l[6]), _mm512_slli_epi64::<44>(l[7])),
        ]
    }

    /// The same value, in 0 … 2⁴¹⁶, carried.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn carry(self) -> Self {
        let mask = lanes(MASK);
        let mut l = self.0;
        for i in 0..7 {
            l[i + 1] = _mm512_add_epi64(l[i + 1], _mm512_srai_epi64::<BITS>(l[i]));
            l[i] = _mm512_and_si512(l[i], mask);
        }
        Self(l)
    }

    /// A value in p … 7p, of limbs below 2⁶² in size, as one in 0 … 1.0001p, carried.
    ///
    /// The top limb without the carries of those below is wrong by one at most. The quotient is estimated from one
    /// less, by a reciprocal that is too small: never too large, and too small by less than 1 + 9·2³⁶⁴/p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn settle(self) -> Self {
        let mut l = self.0;
        let top = _mm512_add_epi64(l[7], _mm512_srai_epi64::<BITS>(l[6]));
        let least = _mm512_sub_epi64(top, lanes(1));
        let quotient = _mm512_madd52hi_epu64(_mm512_setzero_si512(), least, lanes(RECIPROCAL));
        for i in 0..8 {
            // SAFETY: eight words are one vector; the load needs no alignment.
            let table = unsafe { _mm512_loadu_si512(MULTIPLES[i].as_ptr().cast()) };
            l[i] = _mm512_sub_epi64(l[i], _mm512_permutexvar_epi64(quotient, table));
        }
        Self(l).carry()
    }

    /// Limb by limb, not carried.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn plus(self, other: Self) -> Self {
        Self(each!(self.0, other.0, _mm512_add_epi64))
    }

    /// Limb by limb, not carried.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn minus(self, other: Self) -> Self {
        Self(each!(self.0, other.0, _mm512_sub_epi64))
    }

    /// With `K`·p added limb by limb, not carried.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn plus_modulus<const K: u64>(self) -> Self {
        self.plus(Self::splat(&const { multiple(K) }))
    }

    /// −value, not carried, in the lanes of a mask.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn negate_lanes(self, lanes: __mmask8) -> Self {
        let mut l = self.0;
        for limb in &mut l {
            *limb = _mm512_mask_sub_epi64(*limb, lanes, _mm512_setzero_si512(), *limb);
        }
        Self(l)
    }

    /// `other` in the lanes of a mask.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn blend(self, lanes: __mmask8, other: Self) -> Self {
        let mut l = self.0;
        for (limb, other) in l.iter_mut().zip(other.0) {
            *limb = _mm512_mask_mov_epi64(*limb, lanes, other);
        }
        Self(l)
    }

    /// The lanes that hold 0 itself, carried.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn zeros(self) -> __mmask8 {
        let l = self.0;
        let low = _mm512_or_si512(_mm512_or_si512(l[0], l[1]), _mm512_or_si512(l[2], l[3]));
        let high = _mm512_or_si512(_mm512_or_si512(l[4], l[5]), _mm512_or_si512(l[6], l[7]));
        let all = _mm512_or_si512(low, high);
        _mm512_testn_epi64_mask(all, all)
    }

    /// The lanes of a carried value that hold `K`·p itself.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn equals_multiple<const K: u64>(self) -> __mmask8 {
        let expected = const { multiple(K) };
        let mut equal = _mm512_cmpeq_epi64_mask(self.0[0], lanes(expected[0]));
        // The first limb decides but in one case of 2⁵².
        if equal != 0 {
            for (limb, expected) in self.0.into_iter().zip(expected) {
                equal &= _mm512_cmpeq_epi64_mask(limb, lanes(expected));
            }
        }
        equal
    }

    /// Carried below p from a carried value below 2p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn canonical(self) -> Self {
        let less = self.minus(Self::splat(&MODULUS)).carry();
        less.blend(_mm512_movepi64_mask(less.0[7]), self)
    }

    /// The lanes of a carried value that are below p.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn below_modulus(self) -> __mmask8 {
        _mm512_movepi64_mask(self.minus(Self::splat(&MODULUS)).carry().0[7])
    }

    /// See [`montgomery`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn product(self, other: Self) -> Self {
        montgomery!(self, other)
    }

    /// `self.product(self)` with 36 instead of 64 products of limbs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub(super) fn squared(self) -> Self {
        Columns::square(self).reduce()
    }
}

#[cfg(test)]
mod tests;
