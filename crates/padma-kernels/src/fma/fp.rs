//! Four elements of Fp in eight limbs of 48 bits, each limb a double.
//!
//! # Values
//!
//! A value is any representative of a residue, of either sign; bounds below are multiples of p. 2³⁸⁴ is blst's
//! Montgomery radix, so that residues in memory are blst's. Limbs have signs of their own: those of a product are
//! within 2⁴⁷ + 2⁵ and those of a difference of two elements within 2⁴⁸. They are integers: sums within 2⁵³ are exact.
//!
//! # Products
//!
//! [`Column`] says how products of limbs are added up exactly. The reduction is not digit by digit, which would make a
//! chain of eight digits, each some 30 cycles after the one before. For the lower half T of the columns it takes
//! m = −T·p⁻¹ mod 2³⁸⁴ as one product, and of m·p the upper half. Its lower half, which with T is a multiple of
//! 2³⁸⁴, is known but for which multiple: the two columns below tell that. So all columns of each of the three products
//! are independent.
//!
//! Carries do not ripple: each limb takes what the column below has beyond its own 48 bits, once, and so comes to at
//! most 2⁴⁷ + 2⁵ in size.

use blst::blst_fp;
use std::arch::x86_64::*;

use super::columns::{Column, HIGH, LOW, add_product, add_square};
use crate::scalar::FP_MODULUS;

/// Bits of a limb.
const BITS: i32 = 48;
const HALF: f64 = (1_u64 << 47) as f64;

/// 2⁵²: below its bits, 48 are a limb.
pub(super) const UNIT: f64 = (1_u64 << 52) as f64;

/// What the bits of [`LOW`], and of [`LOW`] and [`HIGH`] together, have beyond the lower 48.
const LOW_TOP: f64 = (LOW.to_bits() >> BITS) as f64;
const TOP: f64 = (LOW.to_bits().wrapping_add(HIGH.to_bits()) >> BITS) as f64;

/// Limbs of one value in all lanes.
#[repr(C, align(32))]
struct Splat([[f64; 4]; 8]);

/// p and −p⁻¹ mod 2³⁸⁴, in limbs within 2⁴⁷.
static MODULUS: Splat = Splat::new(balanced(FP_MODULUS, false));
static NEGATED_INVERSE: Splat = Splat::new(balanced(
    [
        0x89f3_fffc_fffc_fffd,
        0x286a_db92_d9d1_13e8,
        0x16ef_2ef0_c8e3_0b48,
        0x19ec_ca0e_8eb2_db4c,
        0x68b3_16fe_e268_cf58,
        0xceb0_6106_feaa_fc94,
    ],
    true,
));

/// What one of the highest limb and one of the limb below are of p.
const OF_MODULUS: [f64; 2] = {
    let modulus = FP_MODULUS[5] as f64 + FP_MODULUS[4] as f64 / ((1_u128 << 64) as f64);
    let highest = (1_u64 << 16) as f64 / modulus;
    [highest, highest / (1_u64 << BITS) as f64]
};

impl Splat {
    const fn new(limbs: [f64; 8]) -> Self {
        let (mut out, mut i) = ([[0.0; 4]; 8], 0);
        while i < 8 {
            out[i] = [limbs[i]; 4];
            i += 1;
        }
        Self(out)
    }

    #[inline]
    fn limbs(&self) -> &[__m256d; 8] {
        // SAFETY: four doubles, aligned as a vector is, are one.
        unsafe { &*(&raw const self.0).cast() }
    }
}

/// The limbs, within 2⁴⁷, of a value below 2³⁸³; or, if it is `negative`, of one from 2³⁸³ on less 2³⁸⁴.
const fn balanced(words: [u64; 6], negative: bool) -> [f64; 8] {
    let (mut limbs, mut carry, mut i) = ([0.0; 8], 0, 0);
    while i < 8 {
        let (word, bit) = (48 * i / 64, 48 * i % 64);
        let mut digit = words[word] >> bit;
        if bit > 16 {
            digit |= words[word + 1] << (64 - bit);
        }
        digit = (digit & ((1 << BITS) - 1)) + carry;
        carry = if i < 7 { digit >> (BITS - 1) } else { negative as u64 };
        limbs[i] = digit as f64 - (carry << BITS) as f64;
        i += 1;
    }
    limbs
}

/// Four values, value `i` in lane `i` of every limb.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub(super) struct FpX4(pub(super) [__m256d; 8]);

#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn lanes(value: f64) -> __m256d {
    _mm256_set1_pd(value)
}

/// The sum of what belongs to one place: `low` of its column, `high` of the one below.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn sum(low: __m256d, high: __m256d) -> __m256i {
    _mm256_add_epi64(_mm256_castpd_si256(low), _mm256_castpd_si256(high))
}

/// What a sum has beyond 48 bits, and [`TOP`] or [`LOW_TOP`].
#[inline]
#[target_feature(enable = "avx2,fma")]
fn top(sum: __m256i) -> __m256i {
    _mm256_srli_epi64::<BITS>(sum)
}

/// 2⁵² + the lower 48 bits.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn with_unit(bits: __m256i) -> __m256d {
    _mm256_castsi256_pd(_mm256_blend_epi16::<0b1000_1000>(bits, _mm256_castpd_si256(lanes(UNIT))))
}

/// The lower 48 bits of a sum, balanced, and what the place below has for this one, with `extra` in it.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn limb(sum: __m256i, below: __m256i, extra: f64) -> __m256d {
    let bits = _mm256_add_epi64(_mm256_castpd_si256(with_unit(sum)), below);
    _mm256_sub_pd(_mm256_castsi256_pd(bits), lanes(UNIT + HALF + extra))
}

/// The columns 0 … 7 as limbs, and what the last has for the next place, with [`TOP`] in it.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn carried(columns: &[[Column; 4]; 2]) -> ([__m256d; 8], __m256i) {
    let columns = columns.as_flattened();
    let mut below = top(_mm256_castpd_si256(columns[0].low));
    let mut limbs = [limb(_mm256_castpd_si256(columns[0].low), _mm256_setzero_si256(), 0.0); 8];
    for i in 1..8 {
        let sum = sum(columns[i].low, columns[i - 1].high);
        limbs[i] = limb(sum, below, if i == 1 { LOW_TOP } else { TOP });
        below = top(sum);
    }
    (limbs, below)
}

/// T + m·p over 2³⁸⁴, for T in columns of which the last is empty: below T/2³⁸⁴ + 0.5001·p in size.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn reduce(lower: &[[Column; 4]; 2], upper: [[Column; 4]; 2]) -> FpX4 {
    let (t, carry) = carried(lower);
    let mut columns = [[Column::empty(); 4]; 2];
    add_product::<0>(&mut columns[0], &t, NEGATED_INVERSE.limbs());
    add_product::<4>(&mut columns[1], &t, NEGATED_INVERSE.limbs());
    let (m, _) = carried(&columns);

    let p = MODULUS.limbs();
    let [[c8, c9, c10, c11], [c12, c13, c14, _]] = upper;
    let c7 = Column { high: lower[1][3].high, low: _mm256_add_pd(lanes(LOW), t[7]) };
    let (mut first, mut last) = ([c7, c8, c9, c10], [c11, c12, c13, c14]);
    let mut high = lanes(HIGH);
    for i in 0..7 {
        high = _mm256_fmadd_pd(m[i], p[6 - i], high);
    }
    add_product::<7>(&mut first, &m, p);
    add_product::<11>(&mut last, &m, p);
    // The places below can no longer change what this is when rounded to a multiple of 2⁴⁸.
    let carry = _mm256_add_epi64(carry, top(sum(first[0].low, high)));
    finished(&[first, last], carry)
}

/// The columns 7 … 14, of which 7 gives but its high part, as the limbs of a value; `carry` has twice [`TOP`] in it.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn finished(columns: &[[Column; 4]; 2], carry: __m256i) -> FpX4 {
    const BIAS: u64 = LOW.to_bits().wrapping_sub(HIGH.to_bits());
    let columns = columns.as_flattened();
    let lowest = _mm256_add_epi64(sum(columns[1].low, columns[0].high), carry);
    let mut limbs = [limb(lowest, _mm256_setzero_si256(), 2.0 * TOP); 8];
    let mut below = top(lowest);
    for i in 1..7 {
        let sum = sum(columns[i + 1].low, columns[i].high);
        limbs[i] = limb(sum, below, TOP);
        below = top(sum);
    }
    let bias = _mm256_set1_epi64x(BIAS.cast_signed());
    let highest = _mm256_add_epi64(_mm256_castpd_si256(columns[7].high), _mm256_add_epi64(below, bias));
    limbs[7] = _mm256_sub_pd(_mm256_castsi256_pd(highest), lanes(LOW + TOP));
    FpX4(limbs)
}

impl FpX4 {
    /// One value in all lanes.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn splat(element: &blst_fp) -> Self {
        let mut out = [_mm256_setzero_pd(); 8];
        for (limb, value) in out.iter_mut().zip(balanced(element.l, false)) {
            *limb = lanes(value);
        }
        Self(out)
    }

    /// An element put into a lane.
    pub(super) fn set(&mut self, lane: usize, element: &blst_fp) {
        // SAFETY: a vector is four doubles.
        let doubles: &mut [[f64; 4]; 8] = unsafe { &mut *(&raw mut self.0).cast() };
        for (limb, value) in doubles.iter_mut().zip(balanced(element.l, false)) {
            limb[lane] = value;
        }
    }

    /// `self·other / 2³⁸⁴` of factors the products of whose limbs are within 1.1·2⁹⁵: within 0.63 for factors within 2
    /// and 0.63.
    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn mul(&self, other: &Self) -> Self {
        let (mut lower, mut upper) = ([[Column::empty(); 4]; 2], [[Column::empty(); 4]; 2]);
        add_product::<0>(&mut lower[0], &self.0, &other.0);
        add_product::<4>(&mut lower[1], &self.0, &other.0);
        add_product::<8>(&mut upper[0], &self.0, &other.0);
        add_product::<12>(&mut upper[1], &self.0, &other.0);
        reduce(&lower, upper)
    }

    /// `self.mul(self)` with 36 instead of 64 products of limbs.
    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn square(&self) -> Self {
        let twice = self.plus(self).0;
        let (mut lower, mut upper) = ([[Column::empty(); 4]; 2], [[Column::empty(); 4]; 2]);
        add_square::<0>(&mut lower[0], &self.0, &twice);
        add_square::<4>(&mut lower[1], &self.0, &twice);
        add_square::<8>(&mut upper[0], &self.0, &twice);
        add_square::<12>(&mut upper[1], &self.0, &twice);
        reduce(&lower, upper)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn plus(&self, other: &Self) -> Self {
        let mut out = self.0;
        for (limb, other) in out.iter_mut().zip(&other.0) {
            *limb = _mm256_add_pd(*limb, *other);
        }
        Self(out)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut out = self.0;
        for (limb, other) in out.iter_mut().zip(&other.0) {
            *limb = _mm256_sub_pd(*limb, *other);
        }
        Self(out)
    }

    /// The canonical representative of a value of less than 4 in size, with limbs within 2⁵⁰.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn settle(&self) -> Elements {
        let part = _mm256_mul_pd(self.0[6], lanes(OF_MODULUS[1]));
        let quotient = _mm256_fmadd_pd(self.0[7], lanes(OF_MODULUS[0]), part);
        let whole = _mm256_floor_pd(quotient);
        // An error of the quotient, of 2⁻⁴⁸ at most, changes the whole only next to one.
        let middle = _mm256_sub_pd(_mm256_sub_pd(quotient, whole), lanes(0.5));
        let size = _mm256_andnot_pd(lanes(-0.0), middle);
        let doubtful = _mm256_cmp_pd::<_CMP_GT_OQ>(size, lanes(0.5 - 1.0 / (1_u64 << 40) as f64));
        let elements = self.minus_multiple(whole);
        if _mm256_movemask_pd(doubtful) == 0 { elements } else { self.settle_slowly(whole) }
    }

    /// The lower 384 bits of `self − whole·p`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn minus_multiple(&self, whole: __m256d) -> Elements {
        const START: f64 = 3.0 * (1_u64 << 51) as f64;
        const START_TOP: f64 = (START.to_bits() >> BITS) as f64;
        let p = MODULUS.limbs();
        let mut out = [_mm256_setzero_si256(); 8];
        let mut below = _mm256_setzero_si256();
        for i in 0..8 {
            let start = lanes(if i == 0 { START } else { START - START_TOP });
            let bits = _mm256_castpd_si256(_mm256_fnmadd_pd(whole, p[i], _mm256_add_pd(self.0[i], start)));
            let sum = _mm256_add_epi64(bits, below);
            below = top(sum);
            out[i] = _mm256_blend_epi16::<0b1000_1000>(sum, _mm256_setzero_si256());
        }
        Elements(out)
    }

    /// [`Self::settle`] where `whole` may be wrong by one.
    #[cold]
    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    fn settle_slowly(&self, whole: __m256d) -> Elements {
        let mut out = self.minus_multiple(_mm256_sub_pd(whole, lanes(1.0)));
        for _ in 0..2 {
            let less = FpX4(out.with_unit()).minus(&Self([lanes(UNIT); 8])).minus_multiple(lanes(1.0));
            // Negative: all of the upper bits are set.
            let negative = _mm256_slli_epi64::<16>(less.0[7]);
            for (limb, less) in out.0.iter_mut().zip(less.0) {
                *limb = _mm256_castpd_si256(_mm256_blendv_pd(
                    _mm256_castsi256_pd(less),
                    _mm256_castsi256_pd(*limb),
                    _mm256_castsi256_pd(negative),
                ));
            }
        }
        out
    }
}

/// Four elements of Fp in limbs of 48 bits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elements(pub(super) [__m256i; 8]);

impl Elements {
    /// Each limb and 2⁵²: their differences are those of the limbs.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn with_unit(&self) -> [__m256d; 8] {
        let mut out = [lanes(UNIT); 8];
        for (out, limb) in out.iter_mut().zip(self.0) {
            *out = with_unit(limb);
        }
        out
    }
}

#[cfg(test)]
mod tests;
