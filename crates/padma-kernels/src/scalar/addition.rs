//! Sums of many pairs of affine points, with one inversion for a batch of them (Montgomery's trick).

use super::Field;
use crate::curve::{NEGATE, Pair};
use crate::prefetch;

/// An affine point over `F`; both coordinates zero is the point at infinity (no point of either curve has y = 0).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Point<F> {
    pub(crate) x: F,
    pub(crate) y: F,
}

/// Pairs that share an inversion, which costs as much as one product more in each sum of 100.
const BATCH: usize = 512;

/// How a pair is added.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Kind {
    /// Two points of different x.
    #[default]
    Chord,
    /// A point and itself.
    Tangent,
    /// An operand is infinity, or both cancel: the sum is known.
    Known,
}

/// What the way back needs of a batch.
struct Scratch<F> {
    kinds: [Kind; BATCH],
    denominators: [F; BATCH],
    /// The product of the denominators before, and last that of all.
    products: [F; BATCH + 1],
}

impl<F: Field> Point<F> {
    pub(super) fn is_infinity(&self) -> bool {
        self.x.is_zero() && self.y.is_zero()
    }
}

/// See [`crate::curve::Group::add_pairs`].
pub(crate) fn add_pairs<F: Field>(
    left: &[Point<F>],
    right: &[Point<F>],
    pairs: &[Pair],
    sums: &mut [Point<F>],
) {
    assert_eq!(pairs.len(), sums.len(), "a sum for each pair");
    let mut scratch =
        Scratch { kinds: [Kind::Chord; BATCH], denominators: [F::ONE; BATCH], products: [F::ONE; BATCH + 1] };
    for (index, (now, sums)) in pairs.chunks(BATCH).zip(sums.chunks_mut(BATCH)).enumerate() {
        let next = pairs.get((index + 1) * BATCH..).unwrap_or_default();
        let operands = Operands { left, right, pairs: now };
        operands.start(sums, &mut scratch);
        operands.finish(next, sums, &scratch);
    }
}

struct Operands<'a, F> {
    left: &'a [Point<F>],
    right: &'a [Point<F>],
    pairs: &'a [Pair],
}

impl<F: Field> Operands<'_, F> {
    fn get(&self, pair: Pair) -> (&Point<F>, &Point<F>) {
        (&self.left[(pair.left & !NEGATE) as usize], &self.right[(pair.right & !NEGATE) as usize])
    }

    /// The denominators of all slopes and their products, and the sums that need none.
    fn start(&self, sums: &mut [Point<F>], scratch: &mut Scratch<F>) {
        for (i, (&pair, sum)) in self.pairs.iter().zip(sums).enumerate() {
            let (p, q) = self.get(pair);
            let denominator = &mut scratch.denominators[i];
            scratch.kinds[i] = kind(p, q, pair);
            match scratch.kinds[i] {
                Kind::Chord => denominator.set_difference(&q.x, &p.x),
                Kind::Tangent => denominator.set_sum(&p.y, &p.y),
                Kind::Known => {
                    *denominator = F::ONE;
                    *sum = known(p, q, pair);
                }
            }
            let (before, after) = scratch.products.split_at_mut(i + 1);
            after[0].set_product(&before[i], denominator);
        }
    }

    /// The sums, from the last to the first, and the operands of the `next` batch asked for.
    fn finish(&self, next: &[Pair], sums: &mut [Point<F>], scratch: &Scratch<F>) {
        let mut inverses = [scratch.products[self.pairs.len()].inverse(); 2];
        let mut next = next.iter();
        for (i, (&pair, sum)) in self.pairs.iter().zip(sums).enumerate().rev() {
            if let Some(&pair) = next.next() {
                prefetch::operands(self.left, self.right, pair);
            }
            let (even, odd) = inverses.split_at_mut(1);
            let (inverse, rest) = if i % 2 == 0 { (&even[0], &mut odd[0]) } else { (&odd[0], &mut even[0]) };
            rest.set_product(inverse, &scratch.denominators[i]);
            if !matches!(scratch.kinds[i], Kind::Known) {
                let mut reciprocal = F::default();
                reciprocal.set_product(inverse, &scratch.products[i]);
                let (p, q) = self.get(pair);
                add(p, q, pair, scratch.kinds[i], &reciprocal, sum);
            }
        }
    }
}

pub(crate) fn kind<F: Field>(p: &Point<F>, q: &Point<F>, pair: Pair) -> Kind {
    if p.is_infinity() || q.is_infinity() {
        return Kind::Known;
    }
    if p.x != q.x {
        return Kind::Chord;
    }
    let same_sign = (pair.left ^ pair.right) & NEGATE == 0;
    if (p.y == q.y) == same_sign { Kind::Tangent } else { Kind::Known }
}

/// A sum of [`Kind::Known`].
pub(crate) fn known<F: Field>(p: &Point<F>, q: &Point<F>, pair: Pair) -> Point<F> {
    if p.is_infinity() {
        signed(q, pair.right)
    } else if q.is_infinity() {
        signed(p, pair.left)
    } else {
        Point::default()
    }
}

pub(crate) fn signed<F: Field>(point: &Point<F>, index: u32) -> Point<F> {
    let y = if index & NEGATE == 0 { point.y } else { point.y.negate() };
    Point { x: point.x, y }
}

/// The sum along a chord or tangent, of whose denominator `reciprocal` is the inverse.
///
/// No operand is negated. Let n = y₂ − y₁ for operands of the same sign and y₂ + y₁ for others: n over the denominator
/// is the slope, or its opposite where the right operand is negated; there x₃ − x₁ stands for x₁ − x₃. A tangent's slope
/// is 3x₁² / 2y₁ or its opposite where the left operand is negated.
fn add<F: Field>(p: &Point<F>, q: &Point<F>, pair: Pair, kind: Kind, reciprocal: &F, sum: &mut Point<F>) {
    let (negate_p, negate_q) = (pair.left & NEGATE != 0, pair.right & NEGATE != 0);
    let (mut numerator, mut slope, mut rest) = (F::default(), F::default(), F::default());
    if let Kind::Tangent = kind {
        slope.set_square(&p.x);
        numerator.set_sum(&slope, &slope);
        numerator.increase(&slope);
    } else if negate_p == negate_q {
        numerator.set_difference(&q.y, &p.y);
    } else {
        numerator.set_sum(&q.y, &p.y);
    }
    let negate_slope = if let Kind::Tangent = kind { negate_p } else { negate_q };
    slope.set_product(&numerator, reciprocal);
    sum.x.set_square(&slope);
    sum.x.decrease(&p.x);
    sum.x.decrease(&q.x);
    if negate_slope {
        rest.set_difference(&sum.x, &p.x);
    } else {
        rest.set_difference(&p.x, &sum.x);
    }
    sum.y.set_product(&slope, &rest);
    if negate_p {
        sum.y.increase(&p.y);
    } else {
        sum.y.decrease(&p.y);
    }
}
