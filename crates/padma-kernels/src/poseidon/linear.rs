//! Small dense matrices over the scalar field, for deriving tables.

use blstrs::Scalar;
use ff::Field;

/// Rows of equal length.
pub(super) type Matrix = Vec<Vec<Scalar>>;

pub(super) fn dot(left: &[Scalar], right: &[Scalar]) -> Scalar {
    left.iter().zip(right).map(|(a, b)| *a * b).sum()
}

pub(super) fn apply(matrix: &Matrix, vector: &[Scalar]) -> Vec<Scalar> {
    matrix.iter().map(|row| dot(row, vector)).collect()
}

pub(super) fn transpose(matrix: &Matrix) -> Matrix {
    (0..matrix[0].len()).map(|column| matrix.iter().map(|row| row[column]).collect()).collect()
}

/// X with `matrix · X = right`, by Gauss and Jordan. Panics when the matrix is singular.
pub(super) fn solve(mut matrix: Matrix, mut right: Matrix) -> Matrix {
    for pivot in 0..matrix.len() {
        let row = (pivot..matrix.len()).find(|row| !matrix[*row][pivot].is_zero_vartime());
        let row = row.expect("the matrix is regular");
        matrix.swap(pivot, row);
        right.swap(pivot, row);
        let inverse = Option::<Scalar>::from(matrix[pivot][pivot].invert()).expect("a pivot is not zero");
        scale(&mut matrix[pivot], inverse);
        scale(&mut right[pivot], inverse);
        for other in (0..matrix.len()).filter(|other| *other != pivot) {
            let factor = -matrix[other][pivot];
            add_multiple(&mut matrix, other, pivot, factor);
            add_multiple(&mut right, other, pivot, factor);
        }
    }
    right
}

fn scale(row: &mut [Scalar], factor: Scalar) {
    row.iter_mut().for_each(|element| *element *= factor);
}

fn add_multiple(matrix: &mut Matrix, to: usize, from: usize, factor: Scalar) {
    let source = std::mem::take(&mut matrix[from]);
    matrix[to].iter_mut().zip(&source).for_each(|(element, other)| *element += factor * other);
    matrix[from] = source;
}
