//! Eight scalars in 64-bit words, one by one.

use std::array;
use std::marker::PhantomData;

use blst::{blst_fr, blst_fr_add, blst_fr_mul, blst_fr_sub};
use blstrs::Scalar;

use super::eight::{Eight, Job, Words};

/// Arithmetic on residues of blst. What it leaves may be r too large where the implementation says so.
pub(super) trait Arithmetic: Send + Sync + 'static {
    /// `a` becomes `a·w`, where w is below r.
    fn multiply(a: &mut Words, w: &Words);
    /// `(a + b, a − b)`
    fn sum_and_difference(a: &mut Words, b: &mut Words);
    fn subtract(a: &mut Words, b: &Words);
    /// Below r.
    fn reduce(a: &mut Words);
}

/// blst's own functions: everything is below r.
pub(super) struct Blst;

/// The words as blst's type, which is nothing else (repr(C)).
fn fr(words: &mut Words) -> *mut blst_fr {
    std::ptr::from_mut(words).cast()
}

impl Arithmetic for Blst {
    #[inline(always)]
    fn multiply(a: &mut Words, w: &Words) {
        // SAFETY: valid pointers; blst reads operands before it writes the result.
        unsafe { blst_fr_mul(fr(a), fr(a), std::ptr::from_ref(w).cast()) };
    }

    #[inline(always)]
    fn sum_and_difference(a: &mut Words, b: &mut Words) {
        let left = blst_fr { l: *a };
        // SAFETY: as in `multiply`.
        unsafe {
            blst_fr_add(fr(a), &left, fr(b));
            blst_fr_sub(fr(b), &left, fr(b));
        }
    }

    #[inline(always)]
    fn subtract(a: &mut Words, b: &Words) {
        // SAFETY: as in `multiply`.
        unsafe { blst_fr_sub(fr(a), fr(a), std::ptr::from_ref(b).cast()) };
    }

    #[inline(always)]
    fn reduce(_: &mut Words) {}
}

pub(super) struct ScalarX8<A>([Words; 8], PhantomData<A>);

impl<A> Clone for ScalarX8<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for ScalarX8<A> {}

#[inline(always)]
fn forward<A: Arithmetic>(a: &mut Words, b: &mut Words, w: &Words) {
    A::multiply(b, w);
    A::sum_and_difference(a, b);
}

/// `(a + b, (b − a)·w)`
#[inline(always)]
fn backward<A: Arithmetic>(a: &mut Words, b: &mut Words, w: &Words) {
    A::sum_and_difference(b, a);
    std::mem::swap(a, b);
    A::multiply(b, w);
}

impl<A: Arithmetic> Eight for ScalarX8<A> {
    type Group = [Words; 8];
    type Multiplier = [Words; 8];
    const PRODUCT_SCALE: u64 = 1;

    fn enter(job: impl Job) {
        job.run();
    }

    #[inline(always)]
    fn zero() -> Self {
        Self([[0; 4]; 8], PhantomData)
    }

    fn group(factors: &[Scalar; 8]) -> [Words; 8] {
        factors.map(|factor| blst_fr::from(factor).l)
    }

    #[inline(always)]
    fn load(words: &[Words; 8]) -> Self {
        Self(*words, PhantomData)
    }

    #[inline(always)]
    fn store(self, words: &mut [Words; 8]) {
        *words = self.0;
    }

    #[inline(always)]
    fn store_reduced(mut self, words: &mut [Words; 8]) {
        self.0.iter_mut().for_each(A::reduce);
        self.store(words);
    }

    #[inline(always)]
    fn spread<const PERIOD: usize, const REVERSED: bool>(group: &[Words; 8], first: usize) -> [Words; 8] {
        array::from_fn(|lane| {
            let lane = lane % PERIOD;
            group[first + if REVERSED { PERIOD - 1 - lane } else { lane }]
        })
    }

    #[inline(always)]
    fn times(&mut self, by: &[Words; 8]) {
        self.0.iter_mut().zip(by).for_each(|(element, by)| A::multiply(element, by));
    }

    #[inline(always)]
    fn multiply(&mut self, other: &Self) {
        let mut factors = other.0;
        factors.iter_mut().for_each(A::reduce);
        self.times(&factors);
    }

    #[inline(always)]
    fn subtract(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(element, other)| A::subtract(element, other));
    }

    #[inline(always)]
    fn forward2([a, b]: [&mut Self; 2], w: &[Words; 8]) {
        for ((a, b), w) in a.0.iter_mut().zip(&mut b.0).zip(w) {
            forward::<A>(a, b, w);
        }
    }

    #[inline(always)]
    fn backward2([a, b]: [&mut Self; 2], w: &[Words; 8]) {
        for ((a, b), w) in a.0.iter_mut().zip(&mut b.0).zip(w) {
            backward::<A>(a, b, w);
        }
    }

    #[inline(always)]
    fn forward4([a, b, c, d]: [&mut Self; 4], [first, second, third]: &[[Words; 8]; 3]) {
        for (lane, first) in first.iter().enumerate() {
            let [a, b, c, d] = [&mut a.0[lane], &mut b.0[lane], &mut c.0[lane], &mut d.0[lane]];
            forward::<A>(a, c, first);
            forward::<A>(b, d, first);
            forward::<A>(a, b, &second[lane]);
            forward::<A>(c, d, &third[lane]);
        }
    }

    #[inline(always)]
    fn backward4([a, b, c, d]: [&mut Self; 4], [first, second, third]: &[[Words; 8]; 3]) {
        for (lane, first) in first.iter().enumerate() {
            let [a, b, c, d] = [&mut a.0[lane], &mut b.0[lane], &mut c.0[lane], &mut d.0[lane]];
            backward::<A>(a, b, &second[lane]);
            backward::<A>(c, d, &third[lane]);
            backward::<A>(a, c, first);
            backward::<A>(b, d, first);
        }
    }

    #[inline(always)]
    fn first2([a, b]: [&mut Self; 2]) {
        for lane in 0..8 {
            A::sum_and_difference(&mut a.0[lane], &mut b.0[lane]);
        }
    }

    #[inline(always)]
    fn forward4_first([a, b, c, d]: [&mut Self; 4], w: &[Words; 8]) {
        for (lane, w) in w.iter().enumerate() {
            let [a, b, c, d] = [&mut a.0[lane], &mut b.0[lane], &mut c.0[lane], &mut d.0[lane]];
            A::sum_and_difference(a, c);
            A::sum_and_difference(b, d);
            A::sum_and_difference(a, b);
            forward::<A>(c, d, w);
        }
    }

    #[inline(always)]
    fn backward4_first([a, b, c, d]: [&mut Self; 4], w: &[Words; 8]) {
        for (lane, w) in w.iter().enumerate() {
            let [a, b, c, d] = [&mut a.0[lane], &mut b.0[lane], &mut c.0[lane], &mut d.0[lane]];
            A::sum_and_difference(a, b);
            backward::<A>(c, d, w);
            A::sum_and_difference(a, c);
            A::sum_and_difference(b, d);
        }
    }

    #[inline(always)]
    fn shuffle([a, b]: [Self; 2]) -> [Self; 2] {
        let pick = |start: usize| {
            Self(
                array::from_fn(|lane| {
                    let from = start + lane / 2;
                    if lane % 2 == 0 { a.0[from] } else { b.0[from] }
                }),
                PhantomData,
            )
        };
        [pick(0), pick(4)]
    }

    #[inline(always)]
    fn unshuffle([a, b]: [Self; 2]) -> [Self; 2] {
        let pick = |odd: usize| {
            Self(
                array::from_fn(|lane| {
                    let from = 2 * lane + odd;
                    if from < 8 { a.0[from] } else { b.0[from - 8] }
                }),
                PhantomData,
            )
        };
        [pick(0), pick(1)]
    }
}
