//! Eight elements of the scalar field in five limbs of 51 bits, each limb a double.
//!
//! # Products
//!
//! A fused multiply-add rounds once, so that two of them give a product of two limbs in two exact halves (Emmart,
//! Zheng, Weems: "Faster modular exponentiation using double precision floating point arithmetic on the GPU", 2018):
//! ab + 3·2¹⁰² has a last place of 2⁵¹, so its mantissa holds h = ab / 2⁵¹ rounded to the nearest; and
//! ab − h·2⁵¹ + 3·2⁵¹, which is exact, holds the rest l, −2⁵⁰ ≤ l ≤ 2⁵⁰, in a mantissa whose last place is 1. The bits of both
//! are added up as integers: those of 3·2¹⁰² and 3·2⁵¹ are known, and are taken off the sum before it begins. That
//! needs |ab| < 2¹⁰², round-to-nearest (which Rust guarantees), and limbs of either sign do no harm.
//!
//! # Values
//!
//! A value is any representative of at most 1.1·r to either side of zero; bounds below are multiples of r. Its four lower
//! limbs are in −2⁵⁰ … 2⁵⁰, the highest in −2⁵¹ … 2⁵¹. A reduction by a digit divides by 2⁵¹; its digits are balanced, so
//! what it adds is at most r/2 in all: a sum that is small beside 2^(51·digits)·r gives a value of 0.5 r.
//!
//! The eight lanes are two vectors; one's latencies hide behind the other's work.
#![allow(
    clippy::needless_range_loop,
    reason = "limbs and halves are meant by their place, in several arrays at once"
)]

use std::arch::x86_64::*;

use crate::node::MODULUS;

const BITS: u32 = 51;
const MASK: u64 = (1 << BITS) - 1;
const HALF: u64 = 1 << (BITS - 1);

/// 3·2¹⁰² and 3·2⁵¹
const HIGH: f64 = 3.0 * (1_u128 << 102) as f64;
const LOW: f64 = 3.0 * (1_u64 << 51) as f64;
/// 2⁵²: has a last place of 1 too.
const UNIT: f64 = (1_u64 << 52) as f64;

/// Makes a column positive, so that it can be shifted as one without a sign; and what the next column then gets.
const OFFSET: u64 = 1 << 61;
const CARRIED: u64 = OFFSET >> BITS;

/// Columns of the widest sum.
const MOST: usize = 11;

/// Balanced limbs of one element.
pub(crate) type Limbs = [f64; 5];

/// r
const R: Limbs = balanced(MODULUS, false);

/// The limbs of a value below 2²⁵⁵; or, if it is `negative`, of one from 2²⁵⁵ on and below 2²⁵⁶, less 2²⁵⁶.
pub(crate) const fn balanced(words: [u64; 4], negative: bool) -> Limbs {
    let [a, b, c, d] = words;
    let digits = [
        a & MASK,
        (a >> 51 | b << 13) & MASK,
        (b >> 38 | c << 26) & MASK,
        (c >> 25 | d << 39) & MASK,
        d >> 12,
    ];
    let (mut limbs, mut carry, mut i) = ([0.0; 5], 0, 0);
    while i < 4 {
        let digit = digits[i] + carry;
        carry = (digit >= HALF) as u64;
        limbs[i] = digit as f64 - (carry << BITS) as f64;
        i += 1;
    }
    let top = (digits[4] + carry) as f64;
    limbs[4] = if negative { top - UNIT } else { top };
    limbs
}

/// The bits that products leave in each column beside their value.
type Traces = [u64; MOST];

/// Of a product of two elements.
const PRODUCT: Traces = {
    let (mut traces, mut i) = ([0; MOST], 0);
    while i < 25 {
        traces = traced(traces, i / 5 + i % 5);
        i += 1;
    }
    traces
};

/// Of a square.
const SQUARE: Traces = {
    let (mut traces, mut i) = ([0; MOST], 0);
    while i < 25 {
        if i / 5 <= i % 5 {
            traces = traced(traces, i / 5 + i % 5);
        }
        i += 1;
    }
    traces
};

/// Of a multiple by a small integer.
const MULTIPLE: Traces = {
    let (mut traces, mut i) = ([0; MOST], 0);
    while i < 5 {
        traces = traced(traces, i);
        i += 1;
    }
    traces
};

const fn traced(mut traces: Traces, column: usize) -> Traces {
    traces[column] = traces[column].wrapping_add(LOW.to_bits());
    traces[column + 1] = traces[column + 1].wrapping_add(HIGH.to_bits());
    traces
}

/// What columns begin with so that after the reduction of all but five of `count` they hold what they should.
const fn start(count: usize) -> Traces {
    let (mut start, mut digit) = ([0_u64; MOST], 0);
    while digit < count - 5 {
        let mut limb = 0;
        while limb < 5 {
            let column = digit + limb;
            if limb > 0 {
                start[column] = start[column].wrapping_sub(LOW.to_bits());
            }
            start[column + 1] = start[column + 1].wrapping_sub(HIGH.to_bits());
            limb += 1;
        }
        start[digit] = start[digit].wrapping_add(OFFSET + HALF - 1);
        start[digit + 1] = start[digit + 1].wrapping_sub(CARRIED);
        digit += 1;
    }
    while digit < count - 1 {
        start[digit] = start[digit].wrapping_add(OFFSET + HALF);
        start[digit + 1] = start[digit + 1].wrapping_sub(CARRIED);
        digit += 1;
    }
    start[digit] = start[digit].wrapping_add(LOW.to_bits());
    start
}

/// Eight doubles.
type Limb = [__m256d; 2];
/// Eight integers.
type Column = [__m256i; 2];

#[derive(Clone, Copy, Debug)]
pub(crate) struct FrX8([Limb; 5]);

/// A sum in `N` columns of 2⁵¹, which [`Sum::reduce`] reduces by all but five.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum<const N: usize>([Column; N]);

/// A product: divided by 2²⁵⁵.
type Product = Sum<10>;
/// A sum of up to 13 products: divided by 2³⁰⁶.
pub(crate) type Dot = Sum<11>;
/// A sum of multiples by small integers: divided by 2⁵¹.
pub(crate) type Narrow = Sum<6>;

impl FrX8 {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn zero() -> Self {
        Self([[_mm256_setzero_pd(); 2]; 5])
    }

    /// `self · other / 2²⁵⁵` of values below a·r and b·r: below (0.5 + 0.91·ab)·r, which must be a value again: ab ≤ 0.66.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn mul(&self, other: &Self) -> Self {
        let mut sum = Product::start(&PRODUCT);
        for i in 0..5 {
            for j in 0..5 {
                sum.accumulate(i + j, self.0[i], other.0[j]);
            }
        }
        sum.reduce()
    }

    /// `self.mul(constant)`
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn mul_constant(&self, constant: &Limbs) -> Self {
        let mut sum = Product::start(&PRODUCT);
        sum.add_limbs(self, constant);
        sum.reduce()
    }

    /// `self.mul(self)` with three fifths of the products.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn square(&self) -> Self {
        let mut sum = Product::start(&SQUARE);
        for i in 0..5 {
            let limb = self.0[i];
            sum.accumulate(2 * i, limb, limb);
            let twice = [_mm256_add_pd(limb[0], limb[0]), _mm256_add_pd(limb[1], limb[1])];
            for j in i + 1..5 {
                sum.accumulate(i + j, twice, self.0[j]);
            }
        }
        sum.reduce()
    }

    /// Eight integers below 2²⁵⁵ and a constant, divided by 2⁵¹: a value of 0.5.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn load(elements: &[[u64; 4]; 8], constant: &Limbs) -> Self {
        let mut sum = Narrow::begin(constant, 0);
        let mut limbs = [[0_i64; 8]; 5];
        for (lane, [a, b, c, d]) in elements.iter().enumerate() {
            debug_assert!(d >> 63 == 0, "below 2²⁵⁵");
            let digits = [*a, a >> 51 | b << 13, b >> 38 | c << 26, c >> 25 | d << 39, d >> 12];
            for (limb, digit) in limbs.iter_mut().zip(digits) {
                limb[lane] = (digit & MASK) as i64;
            }
        }
        for (column, limb) in sum.0.iter_mut().zip(&limbs) {
            for half in 0..2 {
                let [a, b, c, d] = [4 * half, 4 * half + 1, 4 * half + 2, 4 * half + 3];
                let whole = _mm256_setr_epi64x(limb[a], limb[b], limb[c], limb[d]);
                column[half] = _mm256_add_epi64(column[half], whole);
            }
        }
        sum.reduce()
    }

    /// The integers below r, of values below 1.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn store(&self) -> [[u64; 4]; 8] {
        let mut limbs = [[0.0; 8]; 5];
        for (out, limb) in limbs.iter_mut().zip(&self.0) {
            let (low, high) = out.split_at_mut(4);
            for (out, half) in [low, high].into_iter().zip(limb) {
                // SAFETY: four doubles, at any alignment.
                unsafe { _mm256_storeu_pd(out.as_mut_ptr(), *half) };
            }
        }
        std::array::from_fn(|lane| canonical(limbs.map(|limb| limb[lane])))
    }
}

/// The integer below r of limbs whose value is below r to either side of zero.
fn canonical(limbs: Limbs) -> [u64; 4] {
    let (mut digits, mut carry) = ([0_u64; 4], 0);
    for (digit, limb) in digits.iter_mut().zip(limbs) {
        let sum = limb as i64 + carry;
        *digit = sum as u64 & MASK;
        carry = sum >> BITS;
    }
    let top = limbs[4] as i64 + carry;
    let [a, b, c, d] = digits;
    let words = [a | b << 51, b >> 13 | c << 38, c >> 26 | d << 25, d >> 39 | (top as u64) << 12];
    if top < 0 { crate::node::add(words, MODULUS).0 } else { words }
}

impl<const N: usize> Sum<N> {
    const START: Traces = start(N);

    /// Columns for what leaves `traces`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn start(traces: &Traces) -> Self {
        let mut columns = [constant(0); N];
        for (i, column) in columns.iter_mut().enumerate() {
            *column = constant(Self::START[i].wrapping_sub(traces[i]));
        }
        Self(columns)
    }

    /// A constant, which is divided with the sum, before `count` terms of the same `traces` and a value.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn before(addend: &Limbs, count: usize, traces: &Traces) -> Self {
        let mut columns = [constant(0); N];
        for (i, column) in columns.iter_mut().enumerate() {
            let start = Self::START[i].wrapping_sub(traces[i].wrapping_mul(count as u64));
            let limb = if i < 5 { addend[i] as i64 } else { 0 };
            *column = constant(start.wrapping_add_signed(limb));
        }
        Self(columns)
    }

    /// `a · b` to the column.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn accumulate(&mut self, column: usize, a: Limb, b: Limb) {
        for half in 0..2 {
            let high = _mm256_fmadd_pd(a[half], b[half], _mm256_set1_pd(HIGH));
            let rest = _mm256_sub_pd(_mm256_set1_pd(HIGH + LOW), high);
            let low = _mm256_fmadd_pd(a[half], b[half], rest);
            let t = &mut self.0;
            t[column][half] = _mm256_add_epi64(t[column][half], _mm256_castpd_si256(low));
            t[column + 1][half] = _mm256_add_epi64(t[column + 1][half], _mm256_castpd_si256(high));
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn add_limbs(&mut self, value: &FrX8, constant: &Limbs) {
        for (j, limb) in constant.iter().enumerate() {
            let limb = [_mm256_set1_pd(*limb); 2];
            for i in 0..5 {
                self.accumulate(i + j, value.0[i], limb);
            }
        }
    }

    /// The value: 0.5 and what the sum is after its division.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn reduce(mut self) -> FrX8 {
        for digit in 0..N - 5 {
            self.reduce_once(digit);
        }
        self.limbs()
    }

    /// Adds the multiple of r that makes a column zero, and carries the rest.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn reduce_once(&mut self, column: usize) {
        // The column is x = t + OFFSET + HALF − 1. −r⁻¹ = −(1 + 2³²) mod 2⁵¹, so the digit is −(1 + 2³²)·t, and HALF more
        // until it is balanced.
        const CONSTANT: u64 = (HALF - 1).wrapping_mul(1 + (1 << 32)).wrapping_add(HALF);
        let x = self.0[column];
        let mut digit = [_mm256_setzero_pd(); 2];
        for half in 0..2 {
            let multiple = _mm256_add_epi64(x[half], _mm256_slli_epi64::<32>(x[half]));
            let integer = _mm256_sub_epi64(_mm256_set1_epi64x(CONSTANT as i64), multiple);
            let integer = _mm256_and_si256(integer, _mm256_set1_epi64x(MASK as i64));
            digit[half] = double(integer, UNIT + HALF as f64);
        }
        // t and the lower half of digit · r₀ are a multiple of 2⁵¹, in the middle between two only if t is: then the half is
        // −2⁵⁰, since h is even. So the carry is t / 2⁵¹ rounded, down from the middle.
        for half in 0..2 {
            let high = _mm256_fmadd_pd(digit[half], _mm256_set1_pd(R[0]), _mm256_set1_pd(HIGH));
            let carry =
                _mm256_add_epi64(_mm256_castpd_si256(high), _mm256_srli_epi64::<{ BITS as i32 }>(x[half]));
            self.0[column + 1][half] = _mm256_add_epi64(self.0[column + 1][half], carry);
        }
        for limb in 1..5 {
            self.accumulate(column + limb, digit, [_mm256_set1_pd(R[limb]); 2]);
        }
    }

    /// The five highest columns.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn limbs(mut self) -> FrX8 {
        let mut limbs = [[_mm256_setzero_pd(); 2]; 5];
        for i in 0..4 {
            for half in 0..2 {
                let x = self.0[N - 5 + i][half];
                let digit = _mm256_and_si256(x, _mm256_set1_epi64x(MASK as i64));
                limbs[i][half] = double(digit, UNIT + HALF as f64);
                let next = &mut self.0[N - 4 + i][half];
                *next = _mm256_add_epi64(*next, _mm256_srli_epi64::<{ BITS as i32 }>(x));
            }
        }
        for half in 0..2 {
            limbs[4][half] = _mm256_sub_pd(_mm256_castsi256_pd(self.0[N - 1][half]), _mm256_set1_pd(LOW));
        }
        FrX8(limbs)
    }
}

impl Narrow {
    /// A constant, before `multiples`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn begin(addend: &Limbs, multiples: usize) -> Self {
        Self::before(addend, multiples, &MULTIPLE)
    }

    /// Adds `factor · value` of a whole number below 2⁴⁴.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn add_multiple(&mut self, factor: f64, value: &FrX8) {
        let factor = [_mm256_set1_pd(factor); 2];
        for i in 0..5 {
            self.accumulate(i, value.0[i], factor);
        }
    }
}

impl Dot {
    /// A constant, before `products`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn begin(addend: &Limbs, products: usize) -> Self {
        Self::before(addend, products, &PRODUCT)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn add_product(&mut self, value: &FrX8, constant: &Limbs) {
        self.add_limbs(value, constant);
    }

    /// Adds a value, which is divided with the sum.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn add_value(&mut self, value: &FrX8) {
        for (column, limb) in self.0.iter_mut().zip(value.0) {
            for half in 0..2 {
                let bits = _mm256_castpd_si256(_mm256_add_pd(limb[half], _mm256_set1_pd(LOW)));
                let whole = _mm256_sub_epi64(bits, _mm256_set1_epi64x(LOW.to_bits() as i64));
                column[half] = _mm256_add_epi64(column[half], whole);
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn constant(value: u64) -> Column {
    [_mm256_set1_epi64x(value as i64); 2]
}

/// Integers below 2⁵² as doubles, less `by` and more 2⁵².
#[inline]
#[target_feature(enable = "avx2")]
fn double(integers: __m256i, by: f64) -> __m256d {
    let bits = _mm256_or_si256(integers, _mm256_set1_epi64x(UNIT.to_bits() as i64));
    _mm256_sub_pd(_mm256_castsi256_pd(bits), _mm256_set1_pd(by))
}

#[cfg(test)]
mod tests;
