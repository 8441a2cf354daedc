//! Sums of many pairs of points of G1, four at a time, with one inversion for a batch of them.
//!
//! Points in memory are blst's, coordinates canonical.
#![allow(clippy::needless_range_loop, reason = "limbs are meant by their place, in several arrays at once")]

use blst::blst_fp;
use std::arch::x86_64::*;

use super::fp::{Elements, FpX4, UNIT, lanes};
use super::words::{load, store};
use crate::curve::{NEGATE, Pair};
use crate::prefetch;
use crate::scalar::{Field, Kind, Point, kind, known, signed};

const LANES: usize = 4;

/// Fours of pairs in step: two chains of products, the work of one filling the gaps of the other.
const CHAINS: usize = 2;

/// Pairs in step.
const BLOCK: usize = LANES * CHAINS;

/// Blocks that share an inversion. Operands and scratch of a batch, and the operands of the next that are fetched
/// meanwhile, stay in a second-level cache of 512 KiB.
const BLOCKS: usize = 64;

type G1Point = Point<blst_fp>;

/// What the way back needs of a batch, by fours of pairs.
struct Scratch {
    /// x₂ − x₁, or what [`exceptional`] put there.
    denominators: [FpX4; CHAINS * BLOCKS],
    /// The product of the denominators before in the same chain; one more for each chain.
    prefixes: [FpX4; CHAINS * BLOCKS + CHAINS],
    /// None where all four have a chord.
    kinds: [Option<[Kind; LANES]>; CHAINS * BLOCKS],
}

/// Four pairs of points.
struct Operands<'a> {
    pairs: [Pair; LANES],
    left: [&'a G1Point; LANES],
    right: [&'a G1Point; LANES],
}

/// See [`crate::curve::Group::add_pairs`].
#[target_feature(enable = "avx2,fma")]
pub(crate) fn add_pairs(left: &[G1Point], right: &[G1Point], pairs: &[Pair], sums: &mut [G1Point]) {
    assert_eq!(pairs.len(), sums.len(), "a sum for each pair");
    let one = FpX4::splat(&blst_fp::ONE);
    let mut scratch = Box::new(Scratch {
        denominators: [one; CHAINS * BLOCKS],
        prefixes: [one; CHAINS * BLOCKS + CHAINS],
        kinds: [None; CHAINS * BLOCKS],
    });
    const BATCH: usize = BLOCKS * BLOCK;
    for (index, (now, sums)) in pairs.chunks(BATCH).zip(sums.chunks_mut(BATCH)).enumerate() {
        let next = pairs.get((index + 1) * BATCH..).unwrap_or_default();
        let terms = Terms { left, right, pairs: now };
        terms.add(&next[..next.len().min(BATCH)], sums, &mut scratch);
    }
}

/// A batch of sums to be made.
struct Terms<'a> {
    left: &'a [G1Point],
    right: &'a [G1Point],
    pairs: &'a [Pair],
}

impl<'a> Terms<'a> {
    /// The pairs from `4·group` on; the last one stands for those that there are not.
    #[inline]
    fn four(&self, group: usize) -> Operands<'a> {
        let last = self.pairs.len() - 1;
        let pairs = std::array::from_fn(|lane| self.pairs[(LANES * group + lane).min(last)]);
        Operands {
            pairs,
            left: pairs.map(|pair| &self.left[(pair.left & !NEGATE) as usize]),
            right: pairs.map(|pair| &self.right[(pair.right & !NEGATE) as usize]),
        }
    }

    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    fn add(&self, next: &[Pair], sums: &mut [G1Point], scratch: &mut Scratch) {
        let groups = self.pairs.len().div_ceil(BLOCK) * CHAINS;
        for group in 0..groups {
            let (denominator, kinds) = start(&self.four(group));
            scratch.prefixes[group + CHAINS] = scratch.prefixes[group].mul(&denominator);
            scratch.denominators[group] = denominator;
            scratch.kinds[group] = kinds;
        }
        let mut inverses = invert([&scratch.prefixes[groups], &scratch.prefixes[groups + 1]]);
        let mut next = next.chunks(BLOCK);
        for group in (0..groups).step_by(CHAINS).rev() {
            for &pair in next.next().unwrap_or_default() {
                prefetch::operands(self.left, self.right, pair);
            }
            self.finish(group, scratch, &mut inverses, &mut sums[LANES * group..]);
        }
    }

    /// The sums of the fours of pairs `group` and `group + 1`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn finish(&self, group: usize, scratch: &Scratch, inverses: &mut [FpX4; CHAINS], sums: &mut [G1Point]) {
        for (chain, inverse) in inverses.iter_mut().enumerate() {
            let group = group + chain;
            let operands = self.four(group);
            let reciprocal = inverse.mul(&scratch.prefixes[group]);
            *inverse = inverse.mul(&scratch.denominators[group]);
            let numerator = match &scratch.kinds[group] {
                None => operands.numerator(),
                Some(kinds) => operands.exceptional_numerator(kinds),
            };
            let (x, y) = operands.sum(&numerator.mul(&reciprocal));
            operands.store(x, y, sums.get_mut(LANES * chain..).unwrap_or_default());
            if let Some(kinds) = &scratch.kinds[group] {
                operands.store_known(kinds, sums.get_mut(LANES * chain..).unwrap_or_default());
            }
        }
    }
}

/// The denominators of the slopes, and how pairs are added, if not all by chords.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn start(operands: &Operands) -> (FpX4, Option<[Kind; LANES]>) {
    let (left, right) =
        (load(operands.left.map(|point| &point.x)), load(operands.right.map(|point| &point.x)));
    let denominator = FpX4(right).minus(&FpX4(left));
    // One limb decides but in one case of 2⁴⁸. Infinity has x = 0, as two points of order 3 have.
    let zero = _mm256_or_pd(
        _mm256_cmp_pd::<_CMP_EQ_OQ>(left[0], lanes(UNIT)),
        _mm256_cmp_pd::<_CMP_EQ_OQ>(right[0], lanes(UNIT)),
    );
    let equal = _mm256_cmp_pd::<_CMP_EQ_OQ>(denominator.0[0], _mm256_setzero_pd());
    if _mm256_movemask_pd(_mm256_or_pd(zero, equal)) == 0 {
        return (denominator, None);
    }
    let (denominator, kinds) = operands.exceptional_denominator(&denominator);
    (denominator, Some(kinds))
}

/// 1/a of each.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
fn invert(factors: [&FpX4; CHAINS]) -> [FpX4; CHAINS] {
    let mut elements = [blst_fp::default(); LANES];
    store(&factors[0].mul(factors[1]).settle(), elements.each_mut());
    let mut prefixes = [blst_fp::ONE; LANES];
    for i in 1..LANES {
        prefixes[i] = prefixes[i - 1].mul(&elements[i - 1]);
    }
    let mut inverse = prefixes[LANES - 1].mul(&elements[LANES - 1]).inverse();
    let mut both = FpX4::splat(&blst_fp::ONE);
    for i in (0..LANES).rev() {
        both.set(i, &inverse.mul(&prefixes[i]));
        inverse = inverse.mul(&elements[i]);
    }
    [both.mul(factors[1]), both.mul(factors[0])]
}

impl Operands<'_> {
    /// The signs of the left and of the right points.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn signs(&self) -> [__m256d; 2] {
        // SAFETY: four pairs are one vector; the load needs no alignment.
        let pairs = unsafe { _mm256_loadu_si256(self.pairs.as_ptr().cast()) };
        let sign = lanes(-0.0);
        [_mm256_slli_epi64::<32>(pairs), pairs].map(|bits| _mm256_and_pd(_mm256_castsi256_pd(bits), sign))
    }

    /// ±y₂ − ±y₁.
    ///
    /// To keep limbs of a sum within 2⁴⁸ they are taken less 2⁴⁷ each, the highest excepted. That cancels for a
    /// difference; twice 2⁴⁷ in each limb is a 1 in the next.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn numerator(&self) -> FpX4 {
        const MIDDLE: f64 = UNIT + (1_u64 << 47) as f64;
        let (left, right) = (load(self.left.map(|point| &point.y)), load(self.right.map(|point| &point.y)));
        let [sign_left, sign_right] = self.signs();
        let half = lanes(0.5);
        let carry = _mm256_sub_pd(_mm256_or_pd(half, sign_right), _mm256_or_pd(half, sign_left));
        let mut out = [_mm256_setzero_pd(); 8];
        for i in 0..8 {
            let middle = lanes(if i < 7 { MIDDLE } else { UNIT });
            let left = _mm256_xor_pd(_mm256_sub_pd(left[i], middle), sign_left);
            let right = _mm256_xor_pd(_mm256_sub_pd(right[i], middle), sign_right);
            let difference = _mm256_sub_pd(right, left);
            out[i] = if i == 0 { difference } else { _mm256_add_pd(difference, carry) };
        }
        FpX4(out)
    }

    /// x and y of the sums along lines of these slopes.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn sum(&self, slope: &FpX4) -> (Elements, Elements) {
        let square = slope.square().0;
        let (left, right) = (load(self.left.map(|point| &point.x)), load(self.right.map(|point| &point.x)));
        let unit = lanes(UNIT);
        let mut x = square;
        for i in 0..8 {
            let less = _mm256_sub_pd(_mm256_add_pd(square[i], unit), left[i]);
            x[i] = _mm256_sub_pd(_mm256_add_pd(less, unit), right[i]);
        }
        let x = FpX4(x).settle();
        let mut y = slope.mul(&FpX4(left).minus(&FpX4(x.with_unit())));
        let (left, [sign, _]) = (load(self.left.map(|point| &point.y)), self.signs());
        for i in 0..8 {
            y.0[i] = _mm256_sub_pd(y.0[i], _mm256_xor_pd(_mm256_sub_pd(left[i], unit), sign));
        }
        (x, y.settle())
    }

    /// To the first four points of `sums` or as many as there are.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn store(&self, x: Elements, y: Elements, sums: &mut [G1Point]) {
        if let Some([a, b, c, d]) = sums.first_chunk_mut() {
            store(&x, [&mut a.x, &mut b.x, &mut c.x, &mut d.x]);
            store(&y, [&mut a.y, &mut b.y, &mut c.y, &mut d.y]);
        } else {
            let mut four = [G1Point::default(); LANES];
            self.store(x, y, &mut four);
            sums.copy_from_slice(&four[..sums.len()]);
        }
    }

    /// 2y for equal points (never 0: the group is of odd order), 1 where no slope is needed.
    #[cold]
    #[inline(never)]
    fn exceptional_denominator(&self, denominator: &FpX4) -> (FpX4, [Kind; LANES]) {
        let mut out = *denominator;
        let kinds = std::array::from_fn(|lane| {
            let (left, pair) = (self.left[lane], self.pairs[lane]);
            let kind = kind(left, self.right[lane], pair);
            match kind {
                Kind::Chord => {}
                Kind::Tangent => {
                    let y = signed(left, pair.left).y;
                    out.set(lane, &y.add(&y));
                }
                Kind::Known => out.set(lane, &blst_fp::ONE),
            }
            kind
        });
        (out, kinds)
    }

    /// 3x² for equal points.
    #[cold]
    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    fn exceptional_numerator(&self, kinds: &[Kind; LANES]) -> FpX4 {
        let mut out = self.numerator();
        for (lane, kind) in kinds.iter().enumerate() {
            if let Kind::Tangent = kind {
                let square = self.left[lane].x.square();
                out.set(lane, &square.add(&square).add(&square));
            }
        }
        out
    }

    /// The sums that need no slope.
    #[cold]
    #[inline(never)]
    fn store_known(&self, kinds: &[Kind; LANES], sums: &mut [G1Point]) {
        for (lane, (kind, sum)) in kinds.iter().zip(sums).enumerate() {
            if let Kind::Known = kind {
                *sum = known(self.left[lane], self.right[lane], self.pairs[lane]);
            }
        }
    }
}
