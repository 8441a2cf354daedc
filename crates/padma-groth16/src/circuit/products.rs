//! A·w, B·w and C·w from recorded constraints: a circuit need not state them again for each proof.
//!
//! Nearly all variables are bits and nearly all coefficients small or powers of two, so a row is mostly a sum of
//! small integers. They are looked up in bytes that fit into a core's cache.

use blstrs::Scalar;
use ff::Field;
use padma_kernels::pages::large_vec;
use rayon::prelude::*;

use super::assign::Assignment;
use super::matrix::{Column, Matrix};
use super::record::R1cs;
use super::witness::Witness;

impl R1cs {
    /// The assignment that [`super::assign()`] makes of the circuit with this witness, on all threads of the pool.
    ///
    /// The vectors have room for a power of two of values. Panics when the witness is one of another circuit: its
    /// variables are counted, nothing more.
    pub fn assignment(&self, witness: Witness) -> Assignment {
        let Witness { input, aux } = witness;
        assert_eq!((input.len(), aux.len()), (self.inputs, self.aux), "inputs and aux of the circuit");
        let values = Values::new(self, &input, &aux);
        let [a, b, c] = [&self.a, &self.b, &self.c].map(|matrix| values.product(matrix));
        Assignment { input, aux, a, b, c, densities: self.densities.clone() }
    }
}

/// What a row is summed from.
struct Values<'a> {
    input: &'a [Scalar],
    aux: &'a [Scalar],
    /// 0 and 1 for the aux variables that have these values, [`LARGE`] for others.
    bits: Vec<u8>,
    coefficients: &'a [Scalar],
    /// The coefficients as integers; 0, which no coefficient is, for those that are not small.
    small: Vec<i8>,
    /// `-256 … 255` in the field.
    integers: Vec<Scalar>,
}

const LARGE: u8 = 2;
/// Integers of this size and below are looked up.
const BOUND: i32 = 256;
/// Rows that a thread takes at once.
const SHARE: usize = 1 << 13;

impl<'a> Values<'a> {
    fn new(r1cs: &'a R1cs, input: &'a [Scalar], aux: &'a [Scalar]) -> Self {
        let bits = aux.par_iter().with_min_len(SHARE).map(bit).collect();
        let coefficients = &r1cs.coefficients[..];
        let small = coefficients.iter().map(integer).collect();
        Self { input, aux, bits, coefficients, small, integers: (-BOUND..BOUND).map(scalar).collect() }
    }

    fn product(&self, matrix: &Matrix) -> Vec<Scalar> {
        let mut product = large_vec(matrix.rows().next_power_of_two());
        let rows = (0..matrix.rows()).into_par_iter().with_min_len(SHARE);
        rows.map(|row| self.row(matrix, row)).collect_into_vec(&mut product);
        product
    }

    #[inline]
    fn row(&self, matrix: &Matrix, row: usize) -> Scalar {
        let (columns, ids) = matrix.row(row);
        match columns.len() {
            0 => Scalar::ZERO,
            // Longer rows are packed words, with coefficients that are not small.
            1..=8 => self.integer_row(columns, ids).unwrap_or_else(|| self.scalar_row(columns, ids)),
            _ => self.scalar_row(columns, ids),
        }
    }

    /// The row as a sum of small integers, if it is one.
    #[inline]
    fn integer_row(&self, columns: &[Column], ids: &[u16]) -> Option<Scalar> {
        let mut sum = 0;
        for (&column, &id) in columns.iter().zip(ids) {
            let (bit, coefficient) = (self.bit(column)?, i32::from(self.small[usize::from(id)]));
            if coefficient == 0 {
                return None;
            }
            sum += i32::from(bit) * coefficient;
        }
        self.integers.get(usize::try_from(sum + BOUND).ok()?).copied()
    }

    /// The value of a variable that is 0 or 1. ONE is the only input that rows of bits contain.
    #[inline]
    fn bit(&self, column: Column) -> Option<u8> {
        match column.is_input() {
            true => (column.index() == 0).then_some(1),
            false => Some(self.bits[column.index()]).filter(|&bit| bit != LARGE),
        }
    }

    fn scalar_row(&self, columns: &[Column], ids: &[u16]) -> Scalar {
        let mut sum = Scalar::ZERO;
        for (&column, &id) in columns.iter().zip(ids) {
            match self.bit(column) {
                Some(0) => {}
                Some(_) => sum += self.coefficients[usize::from(id)],
                None => sum += self.value(column) * self.coefficients[usize::from(id)],
            }
        }
        sum
    }

    fn value(&self, column: Column) -> Scalar {
        let values = if column.is_input() { self.input } else { self.aux };
        values[column.index()]
    }
}

fn bit(value: &Scalar) -> u8 {
    match () {
        () if *value == Scalar::ZERO => 0,
        () if *value == Scalar::ONE => 1,
        () => LARGE,
    }
}

fn scalar(integer: i32) -> Scalar {
    let size = Scalar::from(u64::from(integer.unsigned_abs()));
    if integer < 0 { -size } else { size }
}

/// -16 … 16 as they are, others 0: eight of these stay within the table.
fn integer(value: &Scalar) -> i8 {
    (-16..=16).find(|&integer: &i8| scalar(integer.into()) == *value).unwrap_or(0)
}
