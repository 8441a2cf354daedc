//! Eight elements of the scalar field in five limbs of 52 bits each.
//!
//! # Values, limbs and scale
//!
//! A value is any representative below 2²⁶⁰ ≈ 35.33·r; the bounds below are multiples of r. Limbs are *carried* when
//! each is below 2⁵² (the multiplier reads no more than that); [`FrX8::add_limbs`] leaves sums in 64-bit limbs that
//! [`FrX8::carry`] settles, so a chain of sums is carried once.
//!
//! [`FrX8::mul`] divides by 2²⁶⁰ (Montgomery). blst keeps x·2²⁵⁶ in memory; [`FrX8::load`] and [`FrX8::store`] leave
//! the scale alone, which is right wherever the computation is linear and constants carry the 2²⁶⁰.

use std::arch::x86_64::*;

use super::words::{gather, scatter};

/// Bits of a limb.
pub(super) const BITS: u32 = 52;
pub(super) const MASK: u64 = (1 << BITS) - 1;

/// r, the order of the two groups.
pub(super) const MODULUS: [u64; 5] =
    [0x000f_ffff_0000_0001, 0x2fff_e5bf_efff, 0x0009_a1d8_0553_bda4, 0x0007_d483_339d_8080, 0x73ed_a753_299d];

/// 2²⁶⁰ − r: adding q times this and dropping what passes 2²⁶⁰ subtracts q·r.
const COMPLEMENT: [u64; 5] = [
    0x0000_0000_ffff_ffff,
    0x000f_d000_1a40_1000,
    0x0006_5e27_faac_425b,
    0x0008_2b7c_cc62_7f7f,
    0x000f_8c12_58ac_d662,
];

/// −1/r mod 2²⁶⁰.
const NEGATED_INVERSE: [u64; 5] =
    [0x000f_fffe_ffff_ffff, 0x000f_ffff_e5bf_dfff, 0x04ec_0653_ba5b, 0x0002_8391_81b2_c170, 0x3d44_3ab0_d7bf];

/// ⌊2²⁶⁰ / r⌋: times the top limb, it gives the quotient by r with an error that [`FrX8::reduce`] can bear.
const RECIPROCAL: u64 = 35;

/// k·r in carried limbs, for k ≤ 35.
const fn multiple(k: u64) -> [u64; 5] {
    let mut limbs = [0; 5];
    let (mut i, mut carry) = (0, 0);
    while i < 5 {
        let sum = MODULUS[i] * k + carry;
        limbs[i] = sum & MASK;
        carry = sum >> BITS;
        i += 1;
    }
    assert!(carry == 0, "the multiple passes 2^260");
    limbs
}

/// Eight values, value `i` in lane `i` of every limb. See the module's comment for bounds and scale.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct FrX8(pub(crate) [__m512i; 5]);

/// Constants to multiply with by Barrett's method: w below r in each lane, and w′ = ⌊w·2²⁶⁰/r⌋.
#[derive(Clone, Copy, Debug)]
pub struct Multipliers {
    /// w
    pub(crate) factor: FrX8,
    /// w′
    pub(crate) quotient: FrX8,
}

/// The limbs of w, then of w′ = ⌊w·2²⁶⁰/r⌋, from the integers w and w·2²⁶⁰ mod r.
pub(crate) fn multiplier(factor: &[u64; 4], shifted: &[u64; 4]) -> [u64; 10] {
    // (w·2²⁶⁰ − (w·2²⁶⁰ mod r)) / r is exact, so modulo 2²⁶⁰ it is a product with −1/r.
    let remainder = limbs(shifted);
    let mut quotient = [0; 5];
    let mut carry = 0_u128;
    for k in 0..5 {
        for i in 0..=k {
            carry += u128::from(remainder[i]) * u128::from(NEGATED_INVERSE[k - i]);
        }
        quotient[k] = (carry & u128::from(MASK)) as u64;
        carry >>= BITS;
    }
    let mut both = [0; 10];
    both[..5].copy_from_slice(&limbs(factor));
    both[5..].copy_from_slice(&quotient);
    both
}

/// An integer of 256 bits in limbs of 52.
fn limbs(words: &[u64; 4]) -> [u64; 5] {
    let [a, b, c, d] = *words;
    [a & MASK, (a >> 52 | b << 12) & MASK, (b >> 40 | c << 24) & MASK, (c >> 28 | d << 36) & MASK, d >> 16]
}

/// A sum of products before its reduction, in ten columns of 52 bits that overlap by 12.
#[derive(Clone, Copy, Debug)]
pub struct Columns([__m512i; 10]);

/// Adds the low or high halves of the products xᵢ·yⱼ of the pairs listed to the columns they belong to, the first of
/// which is given. Written out, since a loop that is not unrolled would keep the columns in memory.
macro_rules! accumulate {
    ($sum:ident[$first:literal..] += low $x:ident * $y:ident: $($i:literal $j:literal),*) => {
        $($sum[$i + $j - $first] = _mm512_madd52lo_epu64($sum[$i + $j - $first], $x[$i], $y[$j]);)*
    };
    ($sum:ident[$first:literal..] += high $x:ident * $y:ident: $($i:literal $j:literal),*) => {
        $($sum[$i + $j + 1 - $first] = _mm512_madd52hi_epu64($sum[$i + $j + 1 - $first], $x[$i], $y[$j]);)*
    };
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
pub(super) fn lanes(limb: u64) -> __m512i {
    _mm512_set1_epi64(limb.cast_signed())
}

impl FrX8 {
    /// Zero in all lanes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn zero() -> Self {
        Self([_mm512_setzero_si512(); 5])
    }

    /// One value, given in carried limbs, in all lanes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn splat(limbs: &[u64; 5]) -> Self {
        Self([lanes(limbs[0]), lanes(limbs[1]), lanes(limbs[2]), lanes(limbs[3]), lanes(limbs[4])])
    }

    /// Eight integers of 256 bits as they are.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn load(elements: &[[u64; 4]; 8]) -> Self {
        let [a, b, c, d] = gather(elements);
        let mask = lanes(MASK);
        let joined = |low, high| _mm512_and_si512(_mm512_or_si512(low, high), mask);
        Self([
            _mm512_and_si512(a, mask),
            joined(_mm512_srli_epi64::<52>(a), _mm512_slli_epi64::<12>(b)),
            joined(_mm512_srli_epi64::<40>(b), _mm512_slli_epi64::<24>(c)),
            joined(_mm512_srli_epi64::<28>(c), _mm512_slli_epi64::<36>(d)),
            _mm512_srli_epi64::<16>(d),
        ])
    }

    /// Carried limbs and values below 2²⁵⁶ (such as 2r), as integers of 256 bits.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn store(self, elements: &mut [[u64; 4]; 8]) {
        let l = self.0;
        let words = [
            _mm512_or_si512(l[0], _mm512_slli_epi64::<52>(l[1])),
            _mm512_or_si512(_mm512_srli_epi64::<12>(l[1]), _mm512_slli_epi64::<40>(l[2])),
            _mm512_or_si512(_mm512_srli_epi64::<24>(l[2]), _mm512_slli_epi64::<28>(l[3])),
            _mm512_or_si512(_mm512_srli_epi64::<36>(l[3]), _mm512_slli_epi64::<16>(l[4])),
        ];
        scatter(words, elements);
    }

    /// Limb by limb, without carries: bounds add up, and limbs are not carried.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn add_limbs(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        Self([
            _mm512_add_epi64(a[0], b[0]),
            _mm512_add_epi64(a[1], b[1]),
            _mm512_add_epi64(a[2], b[2]),
            _mm512_add_epi64(a[3], b[3]),
            _mm512_add_epi64(a[4], b[4]),
        ])
    }

    /// `self − other + K·r`, limb by limb, without carries; `other` is at most K·r.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn sub_limbs<const K: u64>(self, other: Self) -> Self {
        let (a, b) = (self.add_limbs(Self::splat(&const { multiple(K) })).0, other.0);
        Self([
            _mm512_sub_epi64(a[0], b[0]),
            _mm512_sub_epi64(a[1], b[1]),
            _mm512_sub_epi64(a[2], b[2]),
            _mm512_sub_epi64(a[3], b[3]),
            _mm512_sub_epi64(a[4], b[4]),
        ])
    }

    /// The same value, which must be in 0 … 2²⁶⁰, with carried limbs; limbs may be negative before.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn carry(self) -> Self {
        let mask = lanes(MASK);
        let l = self.0;
        let l1 = _mm512_add_epi64(l[1], _mm512_srai_epi64::<BITS>(l[0]));
        let l2 = _mm512_add_epi64(l[2], _mm512_srai_epi64::<BITS>(l1));
        let l3 = _mm512_add_epi64(l[3], _mm512_srai_epi64::<BITS>(l2));
        let l4 = _mm512_add_epi64(l[4], _mm512_srai_epi64::<BITS>(l3));
        Self([
            _mm512_and_si512(l[0], mask),
            _mm512_and_si512(l1, mask),
            _mm512_and_si512(l2, mask),
            _mm512_and_si512(l3, mask),
            l4,
        ])
    }

    /// The sum, carried; the bounds of the operands add up and must stay below 2²⁶⁰.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn add(self, other: Self) -> Self {
        self.add_limbs(other).carry()
    }

    /// `self − other + K·r`, carried; `other` is at most K·r.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn sub<const K: u64>(self, other: Self) -> Self {
        self.sub_limbs::<K>(other).carry()
    }

    /// `self · other / 2²⁶⁰` of carried operands below a·r and b·r: below (1 + a·b/35)·r, carried. So 2r·2r gives
    /// less than 1.12r, and 5.9r·5.9r less than 2r.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn mul(self, other: Self) -> Self {
        Columns::product(self, other).reduce()
    }

    /// `self.mul(self)` with three fifths of the products.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn square(self) -> Self {
        let a = self.0;
        let zero = _mm512_setzero_si512();
        let (mut cross, mut t) = ([zero; 10], [zero; 10]);
        for i in 0..5 {
            for j in i + 1..5 {
                cross[i + j] = _mm512_madd52lo_epu64(cross[i + j], a[i], a[j]);
            }
            for j in i + 1..5 {
                cross[i + j + 1] = _mm512_madd52hi_epu64(cross[i + j + 1], a[i], a[j]);
            }
        }
        for i in 0..5 {
            t[2 * i] = _mm512_madd52lo_epu64(_mm512_add_epi64(cross[2 * i], cross[2 * i]), a[i], a[i]);
            t[2 * i + 1] =
                _mm512_madd52hi_epu64(_mm512_add_epi64(cross[2 * i + 1], cross[2 * i + 1]), a[i], a[i]);
        }
        Columns(t).reduce()
    }

    /// `self · w mod r` below 3r, of any carried value. See [`Multipliers`].
    ///
    /// Always inlined, and so without the `target_feature` that would forbid it: as a call with its operands in
    /// memory it takes three times as long.
    ///
    /// # Safety
    /// The CPU has the features of this module, and so has the function this ends up in.
    #[inline(always)]
    pub unsafe fn times(self, by: Multipliers) -> Self {
        let (x, w, w_quotient) = (self.0, by.factor.0, by.quotient.0);
        // SAFETY: the caller's promise.
        unsafe {
            let zero = _mm512_setzero_si512();
            // Columns 4 … 9 of x·w′: without the lower ones the quotient x·w′/2²⁶⁰ is at most one short.
            let mut high = [zero; 6];
            accumulate!(high[4..] += low x * w_quotient: 0 4,
                1 3, 1 4,
                2 2, 2 3, 2 4,
                3 1, 3 2, 3 3, 3 4,
                4 0, 4 1, 4 2, 4 3, 4 4);
            accumulate!(high[4..] += high x * w_quotient: 0 3, 0 4,
                1 2, 1 3, 1 4,
                2 1, 2 2, 2 3, 2 4,
                3 0, 3 1, 3 2, 3 3, 3 4,
                4 0, 4 1, 4 2, 4 3, 4 4);
            let mut value = [zero; 5];
            accumulate!(value[0..] += low x * w: 0 0, 0 1, 0 2, 0 3, 0 4,
                1 0, 1 1, 1 2, 1 3,
                2 0, 2 1, 2 2,
                3 0, 3 1,
                4 0);
            accumulate!(value[0..] += high x * w: 0 0, 0 1, 0 2, 0 3,
                1 0, 1 1, 1 2,
                2 0, 2 1,
                3 0);
            let carry = |low, column| _mm512_add_epi64(column, _mm512_srli_epi64::<BITS>(low));
            let q0 = carry(high[0], high[1]);
            let q1 = carry(q0, high[2]);
            let q2 = carry(q1, high[3]);
            let q3 = carry(q2, high[4]);
            let quotient = [q0, q1, q2, q3, carry(q3, high[5])];
            let complement = Self::splat(&COMPLEMENT).0;
            accumulate!(value[0..] += low quotient * complement: 0 0, 0 1, 0 2, 0 3, 0 4,
                1 0, 1 1, 1 2, 1 3,
                2 0, 2 1, 2 2,
                3 0, 3 1,
                4 0);
            accumulate!(value[0..] += high quotient * complement: 0 0, 0 1, 0 2, 0 3,
                1 0, 1 1, 1 2,
                2 0, 2 1,
                3 0);
            let mut value = Self(value).carry();
            value.0[4] = _mm512_and_si512(value.0[4], lanes(MASK));
            value
        }
    }

    /// A carried value below 2²⁶⁰ to one below 1.4r.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn reduce(self) -> Self {
        let zero = _mm512_setzero_si512();
        let quotient = _mm512_madd52hi_epu64(zero, self.0[4], lanes(RECIPROCAL));
        let mut l = self.0;
        for i in 0..5 {
            l[i] = _mm512_madd52lo_epu64(l[i], quotient, lanes(COMPLEMENT[i]));
        }
        for i in 0..4 {
            l[i + 1] = _mm512_madd52hi_epu64(l[i + 1], quotient, lanes(COMPLEMENT[i]));
        }
        let mut carried = Self(l).carry();
        carried.0[4] = _mm512_and_si512(carried.0[4], lanes(MASK));
        carried
    }

    /// A carried value below 2r to the one below r.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn canonical(self) -> Self {
        let (a, r) = (self.0, Self::splat(&MODULUS).0);
        let less = Self([
            _mm512_sub_epi64(a[0], r[0]),
            _mm512_sub_epi64(a[1], r[1]),
            _mm512_sub_epi64(a[2], r[2]),
            _mm512_sub_epi64(a[3], r[3]),
            _mm512_sub_epi64(a[4], r[4]),
        ])
        .carry()
        .0;
        let negative = _mm512_movepi64_mask(less[4]);
        Self([
            _mm512_mask_mov_epi64(less[0], negative, a[0]),
            _mm512_mask_mov_epi64(less[1], negative, a[1]),
            _mm512_mask_mov_epi64(less[2], negative, a[2]),
            _mm512_mask_mov_epi64(less[3], negative, a[3]),
            _mm512_mask_mov_epi64(less[4], negative, a[4]),
        ])
    }
}

impl Columns {
    /// `a · b` of carried operands.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn product(a: FrX8, b: FrX8) -> Self {
        Self([_mm512_setzero_si512(); 10]).add_product(a, b)
    }

    /// `value · 2²⁶⁰` of a carried value: the sum's reduction adds it as it is.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn shifted(value: FrX8) -> Self {
        let (zero, v) = (_mm512_setzero_si512(), value.0);
        Self([zero, zero, zero, zero, zero, v[0], v[1], v[2], v[3], v[4]])
    }

    /// `self + a · b` of carried operands. A column has room for 400 products; their sum must stay below 2²⁶⁰·33r
    /// for the result of [`Self::reduce`] to be a value.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn add_product(self, a: FrX8, b: FrX8) -> Self {
        let (mut t, a, b) = (self.0, a.0, b.0);
        for i in 0..5 {
            for j in 0..5 {
                t[i + j] = _mm512_madd52lo_epu64(t[i + j], a[i], b[j]);
            }
            for j in 0..5 {
                t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a[i], b[j]);
            }
        }
        Self(t)
    }

    /// The sum divided by 2²⁶⁰: below r plus a 2²⁶⁰th of the sum; carried. Montgomery, CIOS over digits of 52 bits.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
    pub fn reduce(self) -> FrX8 {
        let mut t = self.0;
        let r = FrX8::splat(&MODULUS).0;
        let mask = lanes(MASK);
        for i in 0..5 {
            // r⁻¹ = 1 + 2³² mod 2⁵², and the multiplier ignores what lies above.
            let inverse = _mm512_add_epi64(t[i], _mm512_slli_epi64::<32>(t[i]));
            let digit = _mm512_sub_epi64(_mm512_setzero_si512(), inverse);
            // The column becomes a multiple of 2⁵²: rounding it up is what adding the low product would do.
            let carry = _mm512_srli_epi64::<BITS>(_mm512_add_epi64(t[i], mask));
            t[i + 1] = _mm512_madd52hi_epu64(_mm512_add_epi64(t[i + 1], carry), digit, r[0]);
            for j in 1..5 {
                t[i + j] = _mm512_madd52lo_epu64(t[i + j], digit, r[j]);
            }
            for j in 1..5 {
                t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], digit, r[j]);
            }
        }
        FrX8([t[5], t[6], t[7], t[8], t[9]]).carry()
    }
}

#[cfg(test)]
mod tests;
