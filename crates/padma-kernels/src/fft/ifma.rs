//! Eight scalars in AVX-512 registers, multiplied with constants by Barrett's method.
//!
//! A constant w comes with w′ = ⌊w·2²⁶⁰/r⌋, so that x·w mod r takes the high half of x·w′, the low halves of two more
//! products, and no digit after digit: 84 multiply-adds instead of Montgomery's 90, and no chain of five quotients.
//! [Shoup's trick, as in D. Harvey, "Faster arithmetic for number-theoretic transforms", 2014.]

use std::arch::x86_64::*;

use blst::blst_fr;
use blstrs::Scalar;

use super::eight::{Eight, Job, Words};
use crate::ifma::fr::{FrX8, Multipliers};

/// Multipliers side by side: limbs of w, then of w′; a lane for each.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Group([[u64; 8]; 10]);

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn enter(job: impl Job) {
    job.run();
}

/// `PERIOD` lanes from `first` on, again and again, in either direction.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn spread_limb<const PERIOD: usize, const REVERSED: bool>(limb: &[u64; 8], first: usize) -> __m512i {
    let lanes = &limb[first..first + PERIOD];
    let from: *const i64 = lanes.as_ptr().cast();
    // SAFETY: `lanes` has PERIOD elements, which is what each load reads.
    let spread = unsafe {
        match PERIOD {
            1 => _mm512_set1_epi64(*from),
            2 => _mm512_broadcast_i64x2(_mm_loadu_epi64(from)),
            4 => _mm512_broadcast_i64x4(_mm256_loadu_epi64(from)),
            _ => _mm512_loadu_epi64(from),
        }
    };
    if !REVERSED || PERIOD == 1 {
        return spread;
    }
    let back = match PERIOD {
        2 => _mm512_setr_epi64(1, 0, 1, 0, 1, 0, 1, 0),
        4 => _mm512_setr_epi64(3, 2, 1, 0, 3, 2, 1, 0),
        _ => _mm512_setr_epi64(7, 6, 5, 4, 3, 2, 1, 0),
    };
    _mm512_permutexvar_epi64(back, spread)
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn spread<const PERIOD: usize, const REVERSED: bool>(group: &Group, first: usize) -> Multipliers {
    let limb = |i: usize| spread_limb::<PERIOD, REVERSED>(&group.0[i], first);
    Multipliers {
        factor: FrX8([limb(0), limb(1), limb(2), limb(3), limb(4)]),
        quotient: FrX8([limb(5), limb(6), limb(7), limb(8), limb(9)]),
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn permute([a, b]: [FrX8; 2], order: __m512i) -> FrX8 {
    let limb = |i: usize| _mm512_permutex2var_epi64(a.0[i], order, b.0[i]);
    FrX8([limb(0), limb(1), limb(2), limb(3), limb(4)])
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn shuffle(pair: [FrX8; 2]) -> [FrX8; 2] {
    [
        permute(pair, _mm512_setr_epi64(0, 8, 1, 9, 2, 10, 3, 11)),
        permute(pair, _mm512_setr_epi64(4, 12, 5, 13, 6, 14, 7, 15)),
    ]
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")]
fn unshuffle(pair: [FrX8; 2]) -> [FrX8; 2] {
    [
        permute(pair, _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14)),
        permute(pair, _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15)),
    ]
}

/// A method of [`Eight`] by the function that has the CPU features.
macro_rules! within {
    ($call:expr) => {
        // SAFETY: methods are called within `enter`, whose caller has checked the CPU.
        unsafe { $call }
    };
}

/// Bounds, in multiples of r: `load` gives < 2.21 and `times` < 3. Each forward level adds 3, so that eleven stay below
/// 2²⁶⁰ = 35.3. Backward levels, and those with a factor 1, take < 6 and give < 6, for any number of them.
impl Eight for FrX8 {
    type Group = Group;
    type Multiplier = Multipliers;
    /// (x·2²⁵⁶)·(y·2²⁵⁶)/2²⁶⁰ is short of xy·2²⁵⁶ by 2⁴.
    const PRODUCT_SCALE: u64 = 16;

    fn enter(job: impl Job) {
        // SAFETY: a domain is made for a backend that this CPU supports.
        unsafe { enter(job) }
    }

    #[inline(always)]
    fn zero() -> Self {
        within!(FrX8::zero())
    }

    fn group(factors: &[Scalar; 8]) -> Group {
        let mut group = Group([[0; 8]; 10]);
        for (lane, factor) in factors.iter().enumerate() {
            let limbs = crate::ifma::fr::multiplier(&integer(factor), &integer(&(factor * shift())));
            for (limb, lanes) in limbs.iter().zip(&mut group.0) {
                lanes[lane] = *limb;
            }
        }
        group
    }

    #[inline(always)]
    fn load(words: &[Words; 8]) -> Self {
        within!(FrX8::load(words))
    }

    #[inline(always)]
    fn store(self, words: &mut [Words; 8]) {
        within!(self.reduce().store(words))
    }

    #[inline(always)]
    fn store_reduced(self, words: &mut [Words; 8]) {
        within!(self.reduce().canonical().store(words))
    }

    #[inline(always)]
    fn spread<const PERIOD: usize, const REVERSED: bool>(group: &Group, first: usize) -> Multipliers {
        within!(spread::<PERIOD, REVERSED>(group, first))
    }

    #[inline(always)]
    fn times(&mut self, by: &Multipliers) {
        *self = within!(FrX8::times(*self, *by));
    }

    #[inline(always)]
    fn multiply(&mut self, other: &Self) {
        *self = within!(self.mul(*other));
    }

    #[inline(always)]
    fn subtract(&mut self, other: &Self) {
        *self = within!(self.sub::<3>(*other));
    }

    #[inline(always)]
    fn forward2([a, b]: [&mut Self; 2], w: &Multipliers) {
        [*a, *b] = within!({
            let t = FrX8::times(*b, *w);
            [a.add(t), a.sub::<3>(t)]
        });
    }

    #[inline(always)]
    fn backward2([a, b]: [&mut Self; 2], w: &Multipliers) {
        [*a, *b] = within!([a.add(*b).reduce(), FrX8::times(b.sub::<6>(*a), *w)]);
    }

    #[inline(always)]
    fn forward4([pa, pb, pc, pd]: [&mut Self; 4], w: &[Multipliers; 3]) {
        [*pa, *pb, *pc, *pd] = within!({
            let (c, d) = (FrX8::times(*pc, w[0]), FrX8::times(*pd, w[0]));
            // The two that are not multiplied next need no carries yet.
            let (a, c) = (pa.add_limbs(c), pa.sub_limbs::<3>(c));
            let (b, d) = (FrX8::times(pb.add(d), w[1]), FrX8::times(pb.sub::<3>(d), w[2]));
            [a.add(b), a.sub::<3>(b), c.add(d), c.sub::<3>(d)]
        });
    }

    #[inline(always)]
    fn backward4([pa, pb, pc, pd]: [&mut Self; 4], w: &[Multipliers; 3]) {
        [*pa, *pb, *pc, *pd] = within!({
            let (a, b) = (pa.add_limbs(*pb), FrX8::times(pb.sub::<6>(*pa), w[1]));
            let (c, d) = (pc.add_limbs(*pd), FrX8::times(pd.sub::<6>(*pc), w[2]));
            let (ac, bd) = (FrX8::times(c.sub::<12>(a), w[0]), FrX8::times(d.sub::<3>(b), w[0]));
            [a.add(c).reduce(), b.add(d), ac, bd]
        });
    }

    #[inline(always)]
    fn first2([a, b]: [&mut Self; 2]) {
        [*a, *b] = within!([a.add(*b).reduce(), a.sub::<6>(*b).reduce()]);
    }

    #[inline(always)]
    fn forward4_first([pa, pb, pc, pd]: [&mut Self; 4], w: &Multipliers) {
        [*pa, *pb, *pc, *pd] = within!({
            let (a, c) = (pa.add_limbs(*pc), pa.sub_limbs::<6>(*pc));
            let (b, d) = (pb.add_limbs(*pd), FrX8::times(pb.sub::<6>(*pd), *w));
            [a.add(b).reduce(), a.sub::<12>(b).reduce(), c.add(d).reduce(), c.sub::<3>(d).reduce()]
        });
    }

    #[inline(always)]
    fn backward4_first([pa, pb, pc, pd]: [&mut Self; 4], w: &Multipliers) {
        [*pa, *pb, *pc, *pd] = within!({
            let (a, b) = (pa.add_limbs(*pb), pa.sub_limbs::<6>(*pb));
            let (c, d) = (pc.add_limbs(*pd), FrX8::times(pd.sub::<6>(*pc), *w));
            [a.add(c).reduce(), b.add(d).reduce(), a.sub::<12>(c).reduce(), b.sub::<3>(d).reduce()]
        });
    }

    #[inline(always)]
    fn shuffle(pair: [Self; 2]) -> [Self; 2] {
        within!(shuffle(pair))
    }

    #[inline(always)]
    fn unshuffle(pair: [Self; 2]) -> [Self; 2] {
        within!(unshuffle(pair))
    }
}

/// 2²⁶⁰.
fn shift() -> Scalar {
    // Its residue is 2²⁵⁶·2²⁶⁰ mod r.
    const WORDS: [u64; 4] =
        [0x999e_9910_3f29_c6cf, 0x6311_38b5_7927_663d, 0x29f7_715f_1ba1_c0ed, 0x009f_f646_cc02_73c8];
    Scalar::from(blst_fr { l: WORDS })
}

/// The element as an integer below r.
fn integer(scalar: &Scalar) -> Words {
    let mut words = [0; 4];
    // SAFETY: four words are written from a valid residue.
    unsafe { blst::blst_uint64_from_fr(words.as_mut_ptr(), &blst_fr::from(*scalar)) };
    words
}
