//! The matrices' columns at a point: what a parameter generator needs of a circuit.

use blstrs::Scalar;
use ff::Field;
use rayon::prelude::*;

use super::matrix::{MINUS_ONE, Matrix};
use super::record::R1cs;

/// For each variable the polynomial of its column in a matrix, at the point whose Lagrange coefficients were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    pub input: Vec<Scalar>,
    pub aux: Vec<Scalar>,
}

impl R1cs {
    /// `Σ coefficient · lagrange[row]` over each column of A, B and C, on all threads of the pool.
    ///
    /// Panics when there are fewer `lagrange` coefficients than constraints.
    pub fn evaluate_columns(&self, lagrange: &[Scalar]) -> [Columns; 3] {
        let lagrange = &lagrange[..self.constraints()];
        [&self.a, &self.b, &self.c].map(|matrix| Columns {
            input: self.sums(matrix, lagrange, true, self.inputs),
            aux: self.sums(matrix, lagrange, false, self.aux),
        })
    }

    /// Each thread sums a range of the columns and passes over the entries of the others: reading an entry is cheap
    /// beside multiplying it, and no sum is shared.
    fn sums(&self, matrix: &Matrix, lagrange: &[Scalar], inputs: bool, count: usize) -> Vec<Scalar> {
        let mut sums = vec![Scalar::ZERO; count];
        let share = count.div_ceil(rayon::current_num_threads()).max(1);
        sums.par_chunks_mut(share).enumerate().for_each(|(index, sums)| {
            let start = index * share;
            for (row, &weight) in lagrange.iter().enumerate() {
                let (columns, ids) = matrix.row(row);
                for (column, &id) in columns.iter().zip(ids) {
                    let place = column.index().wrapping_sub(start);
                    if column.is_input() == inputs && place < sums.len() {
                        self.add_scaled(&mut sums[place], weight, id);
                    }
                }
            }
        });
        sums
    }

    #[inline]
    fn add_scaled(&self, sum: &mut Scalar, value: Scalar, id: u16) {
        match id {
            0 => *sum += value,
            1 => *sum += value.double(),
            MINUS_ONE => *sum -= value,
            _ => *sum += value * self.coefficients[usize::from(id)],
        }
    }
}
