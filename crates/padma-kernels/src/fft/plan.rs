//! The transforms of a domain, over one arithmetic.

use blstrs::Scalar;
use ff::{Field, PrimeField};

use super::array::Array;
use super::blocks::{Blocks, Difference, Scale};
use super::eight::Eight;
use super::passes::{Direction, Passes, columns, multiply};
use super::permute::reverse_bits;
use super::twiddles::Twiddles;

/// Twiddles and passes for 2^log elements, log ≥ 7.
pub(super) struct Plan<V: Eight> {
    log: u32,
    passes: Passes,
    twiddles: Twiddles<V>,
}

impl<V: Eight> Plan<V> {
    pub(super) fn new(log: u32) -> Self {
        Self { log, passes: Passes::new(log), twiddles: Twiddles::new(log) }
    }

    /// Evaluations in natural order to coefficients in natural order, coefficient i times `scale`^i; in place.
    pub(super) fn to_coefficients(&self, scalars: &mut [Scalar], coset: bool) {
        let array = Array::new(scalars);
        self.forward_columns(&array, 0);
        let scale = if coset {
            self.powers(self.size_inverse(), generator_inverse())
        } else {
            Scale::constant(self.size_inverse())
        };
        self.blocks(true, &scale, false).run(&array);
        reverse_bits(&array, self.log);
    }

    /// Coefficients in natural order to evaluations in natural order; in place.
    pub(super) fn to_evaluations(&self, scalars: &mut [Scalar], coset: bool) {
        let array = Array::new(scalars);
        reverse_bits(&array, self.log);
        let scale =
            if coset { self.powers(Scalar::ONE, Scalar::MULTIPLICATIVE_GENERATOR) } else { Scale::One };
        self.blocks(false, &scale, true).run(&array);
        self.backward_columns(&array, 0);
    }

    /// Evaluations of A, B, C to the coefficients of (A·B − C)/Z in place of `a`, as integers. See
    /// [`super::Domain::quotient`]; the other two are dropped as soon as they are used up.
    pub(super) fn quotient(&self, a: &mut [Scalar], mut b: Vec<Scalar>, mut c: Vec<Scalar>) {
        let first = self.passes.columns[0];
        let a = Array::new(a);
        {
            let b = Array::new(&mut b);
            let to_coset = self.powers(self.size_inverse(), Scalar::MULTIPLICATIVE_GENERATOR);
            for array in [&a, &b] {
                self.forward_columns(array, 0);
                self.blocks(true, &to_coset, true).run(array);
                self.backward_columns(array, 1);
            }
            multiply(&self.twiddles, first, &a, &b);
        }
        drop(b);
        self.forward_columns(&a, 1);
        let c = Array::new(&mut c);
        self.forward_columns(&c, 0);
        // On the coset Z is the constant gⁿ − 1. The product of two residues of blst is a residue again (but for
        // PRODUCT_SCALE); the integer wanted is that over 2²⁵⁶.
        let size = Scalar::MULTIPLICATIVE_GENERATOR.pow_vartime([1_u64 << self.log]);
        let vanishing = (size - Scalar::ONE).invert().unwrap_or(Scalar::ZERO);
        let constant = self.size_inverse() * vanishing * residue_scale().invert().unwrap_or(Scalar::ZERO);
        Difference {
            twiddles: &self.twiddles,
            levels: self.passes.block_levels,
            scale: &self.powers(constant * Scalar::from(V::PRODUCT_SCALE), generator_inverse()),
            right_scale: &Scale::constant(constant),
        }
        .run(&a, &c);
        reverse_bits(&a, self.log);
    }

    /// Columns forward from pass `from` on, down to the blocks.
    fn forward_columns(&self, array: &Array<'_>, from: usize) {
        for pass in &self.passes.columns[from..] {
            columns(&self.twiddles, *pass, Direction::Forward, false, array);
        }
    }

    /// Columns backward from the blocks up to pass `to`.
    fn backward_columns(&self, array: &Array<'_>, to: usize) {
        for (i, pass) in self.passes.columns.iter().enumerate().skip(to).rev() {
            columns(&self.twiddles, *pass, Direction::Backward, i == 0, array);
        }
    }

    fn blocks<'a>(&'a self, forward: bool, scale: &'a Scale<V>, backward: bool) -> Blocks<'a, V> {
        Blocks { twiddles: &self.twiddles, levels: self.passes.block_levels, forward, scale, backward }
    }

    fn powers(&self, constant: Scalar, base: Scalar) -> Scale<V> {
        Scale::powers(constant, base, self.log, self.passes.block_levels)
    }

    fn size_inverse(&self) -> Scalar {
        Scalar::from(1 << self.log).invert().unwrap_or(Scalar::ZERO)
    }
}

fn generator_inverse() -> Scalar {
    Scalar::MULTIPLICATIVE_GENERATOR.invert().unwrap_or(Scalar::ZERO)
}

/// 2²⁵⁶, by which blst's residues differ from integers.
fn residue_scale() -> Scalar {
    Scalar::from(2).pow_vartime([256])
}
