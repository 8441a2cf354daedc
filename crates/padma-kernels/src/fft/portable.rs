//! Eight scalars of blst, one by one.

use std::array;

use blst::{blst_fr, blst_fr_add, blst_fr_mul, blst_fr_sub};
use blstrs::Scalar;

use super::eight::{Eight, Job, Words};

#[derive(Clone, Copy)]
pub(super) struct ScalarX8([blst_fr; 8]);

#[inline(always)]
fn multiply(a: &mut blst_fr, b: &blst_fr) {
    // SAFETY: valid pointers; blst reads operands before it writes the result.
    unsafe { blst_fr_mul(a, a, b) };
}

#[inline(always)]
fn subtract(a: &mut blst_fr, b: &blst_fr) {
    // SAFETY: as in `multiply`.
    unsafe { blst_fr_sub(a, a, b) };
}

/// `(a + b, a − b)`
#[inline(always)]
fn sum_and_difference(a: &mut blst_fr, b: &mut blst_fr) {
    let left = *a;
    // SAFETY: as in `multiply`.
    unsafe {
        blst_fr_add(a, &left, b);
        blst_fr_sub(b, &left, b);
    }
}

#[inline(always)]
fn forward(a: &mut blst_fr, b: &mut blst_fr, w: &blst_fr) {
    multiply(b, w);
    sum_and_difference(a, b);
}

#[inline(always)]
fn backward(a: &mut blst_fr, b: &mut blst_fr, w: &blst_fr) {
    let left = *a;
    // SAFETY: as in `multiply`.
    unsafe { blst_fr_add(a, &left, b) };
    subtract(b, &left);
    multiply(b, w);
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
    fn times(&mut self, by: &[blst_fr; 8]) {
        self.0.iter_mut().zip(by).for_each(|(element, by)| multiply(element, by));
    }

    #[inline(always)]
    fn multiply(&mut self, other: &Self) {
        self.times(&other.0);
    }

    #[inline(always)]
    fn subtract(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(element, other)| subtract(element, other));
    }

    #[inline(always)]
    fn forward2([a, b]: [&mut Self; 2], w: &[blst_fr; 8]) {
        for ((a, b), w) in a.0.iter_mut().zip(&mut b.0).zip(w) {
            forward(a, b, w);
        }
    }

    #[inline(always)]
    fn backward2([a, b]: [&mut Self; 2], w: &[blst_fr; 8]) {
        for ((a, b), w) in a.0.iter_mut().zip(&mut b.0).zip(w) {
            backward(a, b, w);
        }
    }

    #[inline(always)]
    fn forward4([a, b, c, d]: [&mut Self; 4], [first, second, third]: &[[blst_fr; 8]; 3]) {
        for (lane, first) in first.iter().enumerate() {
            let [a, b, c, d] = [&mut a.0[lane], &mut b.0[lane], &mut c.0[lane], &mut d.0[lane]];
            forward(a, c, first);
            forward(b, d, first);
            forward(a, b, &second[lane]);
            forward(c, d, &third[lane]);
        }
    }

    #[inline(always)]
    fn backward4([a, b, c, d]: [&mut Self; 4], [first, second, third]: &[[blst_fr; 8]; 3]) {
        for (lane, first) in first.iter().enumerate() {
            let [a, b, c, d] = [&mut a.0[lane], &mut b.0[lane], &mut c.0[lane], &mut d.0[lane]];
            backward(a, b, &second[lane]);
            backward(c, d, &third[lane]);
            backward(a, c, first);
            backward(b, d, first);
        }
    }

    #[inline(always)]
    fn first2([a, b]: [&mut Self; 2]) {
        for lane in 0..8 {
            sum_and_difference(&mut a.0[lane], &mut b.0[lane]);
        }
    }

    #[inline(always)]
    fn forward4_first([a, b, c, d]: [&mut Self; 4], w: &[blst_fr; 8]) {
        for (lane, w) in w.iter().enumerate() {
            let [a, b, c, d] = [&mut a.0[lane], &mut b.0[lane], &mut c.0[lane], &mut d.0[lane]];
            sum_and_difference(a, c);
            sum_and_difference(b, d);
            sum_and_difference(a, b);
            forward(c, d, w);
        }
    }

    #[inline(always)]
    fn backward4_first([a, b, c, d]: [&mut Self; 4], w: &[blst_fr; 8]) {
        for (lane, w) in w.iter().enumerate() {
            let [a, b, c, d] = [&mut a.0[lane], &mut b.0[lane], &mut c.0[lane], &mut d.0[lane]];
            sum_and_difference(a, b);
            backward(c, d, w);
            sum_and_difference(a, c);
            sum_and_difference(b, d);
        }
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
