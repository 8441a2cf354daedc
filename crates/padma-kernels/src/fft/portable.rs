//! Eight scalars of blst, one by one.

use std::array;

use blst::{blst_fr, blst_fr_add, blst_fr_mul, blst_fr_sub};
use blstrs::Scalar;

use super::eight::{Eight, Job, Words};

#[derive(Clone, Copy)]
pub(super) struct ScalarX8([blst_fr; 8]);

#[inline(always)]
fn add(a: &blst_fr, b: &blst_fr) -> blst_fr {
    let mut out = blst_fr::default();
    // SAFETY: valid pointers.
    unsafe { blst_fr_add(&mut out, a, b) };
    out
}

#[inline(always)]
fn sub(a: &blst_fr, b: &blst_fr) -> blst_fr {
    let mut out = blst_fr::default();
    // SAFETY: valid pointers.
    unsafe { blst_fr_sub(&mut out, a, b) };
    out
}

#[inline(always)]
fn mul(a: &blst_fr, b: &blst_fr) -> blst_fr {
    let mut out = blst_fr::default();
    // SAFETY: valid pointers.
    unsafe { blst_fr_mul(&mut out, a, b) };
    out
}

impl ScalarX8 {
    #[inline(always)]
    fn zip(&self, other: &Self, op: impl Fn(&blst_fr, &blst_fr) -> blst_fr) -> Self {
        Self(array::from_fn(|lane| op(&self.0[lane], &other.0[lane])))
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        self.zip(other, add)
    }
}

impl Eight for ScalarX8 {
    type Group = [blst_fr; 8];
    type Multiplier = [blst_fr; 8];
    const PRODUCT_SCALE: u64 = 1;

    fn enter(job: impl Job) {
        job.run();
    }

    #[inline(always)]
    fn zero() -> Self {
        Self([blst_fr::default(); 8])
    }

    fn group(factors: &[Scalar; 8]) -> [blst_fr; 8] {
        factors.map(blst_fr::from)
    }

    #[inline(always)]
    fn load(words: &[Words; 8]) -> Self {
        Self(words.map(|l| blst_fr { l }))
    }

    #[inline(always)]
    fn store(self, words: &mut [Words; 8]) {
        *words = self.0.map(|element| element.l);
    }

    #[inline(always)]
    fn store_reduced(self, words: &mut [Words; 8]) {
        self.store(words);
    }

    #[inline(always)]
    fn spread<const PERIOD: usize, const REVERSED: bool>(group: &[blst_fr; 8], first: usize) -> [blst_fr; 8] {
        array::from_fn(|lane| {
            let lane = lane % PERIOD;
            group[first + if REVERSED { PERIOD - 1 - lane } else { lane }]
        })
    }

    #[inline(always)]
    fn times(self, by: [blst_fr; 8]) -> Self {
        self.product(Self(by))
    }

    #[inline(always)]
    fn product(self, other: Self) -> Self {
        self.zip(&other, mul)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.zip(&other, sub)
    }

    #[inline(always)]
    fn forward2([a, b]: [Self; 2], w: [blst_fr; 8]) -> [Self; 2] {
        Self::forward2_first([a, b.times(w)])
    }

    #[inline(always)]
    fn backward2([a, b]: [Self; 2], w: [blst_fr; 8]) -> [Self; 2] {
        [a.add(&b), b.minus(a).times(w)]
    }

    #[inline(always)]
    fn forward4([a, b, c, d]: [Self; 4], w: [[blst_fr; 8]; 3]) -> [Self; 4] {
        let ([a, c], [b, d]) = (Self::forward2([a, c], w[0]), Self::forward2([b, d], w[0]));
        let ([a, b], [c, d]) = (Self::forward2([a, b], w[1]), Self::forward2([c, d], w[2]));
        [a, b, c, d]
    }

    #[inline(always)]
    fn backward4([a, b, c, d]: [Self; 4], w: [[blst_fr; 8]; 3]) -> [Self; 4] {
        let ([a, b], [c, d]) = (Self::backward2([a, b], w[1]), Self::backward2([c, d], w[2]));
        let ([a, c], [b, d]) = (Self::backward2([a, c], w[0]), Self::backward2([b, d], w[0]));
        [a, b, c, d]
    }

    #[inline(always)]
    fn forward2_first([a, b]: [Self; 2]) -> [Self; 2] {
        [a.add(&b), a.minus(b)]
    }

    #[inline(always)]
    fn backward2_first(pair: [Self; 2]) -> [Self; 2] {
        Self::forward2_first(pair)
    }

    #[inline(always)]
    fn forward4_first([a, b, c, d]: [Self; 4], w: [blst_fr; 8]) -> [Self; 4] {
        let ([a, c], [b, d]) = (Self::forward2_first([a, c]), Self::forward2_first([b, d]));
        let ([a, b], [c, d]) = (Self::forward2_first([a, b]), Self::forward2([c, d], w));
        [a, b, c, d]
    }

    #[inline(always)]
    fn backward4_first([a, b, c, d]: [Self; 4], w: [blst_fr; 8]) -> [Self; 4] {
        let ([a, b], [c, d]) = (Self::backward2_first([a, b]), Self::backward2([c, d], w));
        let ([a, c], [b, d]) = (Self::backward2_first([a, c]), Self::backward2_first([b, d]));
        [a, b, c, d]
    }

    #[inline(always)]
    fn shuffle([a, b]: [Self; 2]) -> [Self; 2] {
        let pick = |start: usize| {
            Self(array::from_fn(|lane| {
                let from = start + lane / 2;
                if lane % 2 == 0 { a.0[from] } else { b.0[from] }
            }))
        };
        [pick(0), pick(4)]
    }

    #[inline(always)]
    fn unshuffle([a, b]: [Self; 2]) -> [Self; 2] {
        let pick = |odd: usize| {
            Self(array::from_fn(|lane| {
                let from = 2 * lane + odd;
                if from < 8 { a.0[from] } else { b.0[from - 8] }
            }))
        };
        [pick(0), pick(1)]
    }
}
