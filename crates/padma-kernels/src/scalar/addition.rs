//! Sums of many pairs of affine points, with one inversion for a batch of them (Montgomery's trick).

use super::Field;
use crate::curve::{NEGATE, Pair};

/// An affine point over `F`; both coordinates zero is the point at infinity (no point of either curve has y = 0).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Point<F> {
    pub(crate) x: F,
    pub(crate) y: F,
}

/// Pairs that share an inversion: its 2 µs vanish, and the batch stays in the first-level cache.
const BATCH: usize = 256;

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
    let mut slopes = [Slope::default(); BATCH];
    for (pairs, sums) in pairs.chunks(BATCH).zip(sums.chunks_mut(BATCH)) {
        add_batch(left, right, pairs, sums, &mut slopes);
    }
}

/// A chord's or tangent's numerator and denominator, and the product of the denominators before it.
#[derive(Clone, Copy, Default)]
struct Slope<F> {
    numerator: F,
    denominator: F,
    product: F,
    /// x₁ + x₂.
    abscissas: F,
    start: Point<F>,
    /// The sum is known without a slope: an operand is infinity, or both cancel.
    done: bool,
}

fn add_batch<F: Field>(
    left: &[Point<F>],
    right: &[Point<F>],
    pairs: &[Pair],
    sums: &mut [Point<F>],
    slopes: &mut [Slope<F>; BATCH],
) {
    let mut product = F::ONE;
    for ((pair, sum), slope) in pairs.iter().zip(sums.iter_mut()).zip(slopes.iter_mut()) {
        let (p, q) = (signed(left, pair.left), signed(right, pair.right));
        match exceptional(&p, &q) {
            Some(known) => {
                *sum = known;
                slope.done = true;
            }
            None => {
                *slope = line_through(p, &q);
                slope.product = product;
                product = product.mul(&slope.denominator);
            }
        }
    }
    let mut inverse = product.inverse();
    for (sum, slope) in sums.iter_mut().zip(slopes.iter()).rev().filter(|(_, slope)| !slope.done) {
        let gradient = inverse.mul(&slope.product).mul(&slope.numerator);
        inverse = inverse.mul(&slope.denominator);
        let x = gradient.square().sub(&slope.abscissas);
        let y = gradient.mul(&slope.start.x.sub(&x)).sub(&slope.start.y);
        *sum = Point { x, y };
    }
}

fn signed<F: Field>(points: &[Point<F>], index: u32) -> Point<F> {
    let mut point = points[(index & !NEGATE) as usize];
    if index & NEGATE != 0 {
        point.y = point.y.negate();
    }
    point
}

fn exceptional<F: Field>(p: &Point<F>, q: &Point<F>) -> Option<Point<F>> {
    if p.is_infinity() {
        return Some(*q);
    }
    if q.is_infinity() {
        return Some(*p);
    }
    (p.x == q.x && p.y != q.y).then(Point::default)
}

fn line_through<F: Field>(p: Point<F>, q: &Point<F>) -> Slope<F> {
    let (numerator, denominator) = if p.x == q.x {
        let square = p.x.square();
        (square.add(&square).add(&square), p.y.add(&p.y))
    } else {
        (q.y.sub(&p.y), q.x.sub(&p.x))
    };
    Slope { numerator, denominator, product: F::ONE, abscissas: p.x.add(&q.x), start: p, done: false }
}
