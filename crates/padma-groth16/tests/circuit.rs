//! Recorded constraints and assignments beside those of a plain constraint system.
#![allow(clippy::unwrap_used, reason = "a test whose circuit cannot be run has failed")]

use bellpepper::gadgets::boolean::{AllocatedBit, Boolean};
use bellpepper::gadgets::multipack::pack_into_inputs;
use bellpepper::gadgets::sha256::sha256;
use bellpepper_core::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use blstrs::Scalar;
use ff::Field;
use padma_groth16::circuit::{Assignment, Density, Matrix, R1cs, Witness, assign, record};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

type Terms = Vec<(Variable, Scalar)>;

/// Keeps every constraint as the circuit states it.
#[derive(Default)]
struct Plain {
    input: Vec<Scalar>,
    aux: Vec<Scalar>,
    rows: Vec<[Terms; 3]>,
}

impl Plain {
    fn run(circuit: impl Circuit<Scalar>) -> Self {
        let mut plain = Self { input: vec![Scalar::ONE], ..Self::default() };
        circuit.synthesize(&mut plain).unwrap();
        for index in 0..plain.input.len() {
            plain.rows.push([vec![(input(index), Scalar::ONE)], vec![], vec![]]);
        }
        plain
    }

    fn value(&self, variable: Variable) -> Scalar {
        match variable.get_unchecked() {
            Index::Input(index) => self.input[index],
            Index::Aux(index) => self.aux[index],
        }
    }

    /// One of the matrices times the assignment.
    fn product(&self, matrix: usize) -> Vec<Scalar> {
        let sum = |terms: &Terms| terms.iter().map(|(variable, value)| self.value(*variable) * value).sum();
        self.rows.iter().map(|row| sum(&row[matrix])).collect()
    }

    /// Whether a variable has a coefficient in a matrix that is not zero.
    fn has(&self, matrix: usize, variable: Variable) -> bool {
        let mut terms = self.rows.iter().flat_map(|row| &row[matrix]);
        terms.any(|(of, value)| *of == variable && !value.is_zero_vartime())
    }
}

impl ConstraintSystem<Scalar> for Plain {
    type Root = Self;

    fn alloc<F, A, AR>(&mut self, _: A, value: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.aux.push(value()?);
        Ok(aux(self.aux.len() - 1))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, value: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.input.push(value()?);
        Ok(input(self.input.len() - 1))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, _: A, a: LA, b: LB, c: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LB: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LC: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
    {
        let zero = LinearCombination::zero;
        let terms = |row: LinearCombination<Scalar>| row.iter().map(|(of, value)| (of, *value)).collect();
        self.rows.push([terms(a(zero())), terms(b(zero())), terms(c(zero()))]);
    }

    fn push_namespace<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {}

    fn pop_namespace(&mut self) {}

    fn get_root(&mut self) -> &mut Self {
        self
    }
}

fn input(index: usize) -> Variable {
    Variable::new_unchecked(Index::Input(index))
}

fn aux(index: usize) -> Variable {
    Variable::new_unchecked(Index::Aux(index))
}

/// The SHA-256 of some bytes, packed into inputs.
#[derive(Clone)]
struct Hash {
    bytes: Vec<u8>,
    blank: bool,
}

impl Hash {
    fn of(length: usize) -> Self {
        let mut bytes = vec![0; length];
        ChaCha8Rng::seed_from_u64(length as u64).fill_bytes(&mut bytes);
        Self { bytes, blank: false }
    }

    fn blank(&self) -> Self {
        Self { blank: true, ..self.clone() }
    }
}

impl Circuit<Scalar> for Hash {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let bits = self.bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
        let bits: Result<Vec<Boolean>, _> = bits
            .map(|bit| AllocatedBit::alloc(cs.namespace(|| "bit"), Some(bit).filter(|_| !self.blank)))
            .map(|bit| bit.map(Boolean::from))
            .collect();
        let digest = sha256(cs.namespace(|| "hash"), &bits?)?;
        pack_into_inputs(cs.namespace(|| "digest"), &digest)
    }
}

/// Variables that repeat and cancel, zero coefficients, constants, rows that are empty, variables without rows.
#[derive(Clone)]
struct Oddities(Option<[Scalar; 3]>);

impl Circuit<Scalar> for Oddities {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let value =
            |index: usize| self.0.map(|values| values[index]).ok_or(SynthesisError::AssignmentMissing);
        let one = CS::one();
        let x = cs.alloc(|| "x", || value(0))?;
        let public = cs.alloc_input(|| "public", || value(1))?;
        let y = cs.alloc(|| "y", || value(2))?;
        let (two, minus) = (Scalar::from(2), -Scalar::ONE);
        let large = -Scalar::from(12_345);
        cs.enforce(|| "repeated", |lc| lc + x + y + x, |lc| lc + (large, x) - y, |lc| lc + public + x + x);
        cs.enforce(|| "cancelled", |lc| lc + x - x, |lc| lc + (minus, y) + y, |lc| lc - x + x);
        cs.enforce(|| "zero", |lc| lc + (Scalar::ZERO, y), |lc| lc + (Scalar::ZERO, public), |lc| lc + one);
        cs.enforce(|| "constant", |lc| lc + (two, one) - public, |lc| lc + one + one, |lc| lc + (large, one));
        cs.enforce(|| "empty", |lc| lc, |lc| lc, |lc| lc);
        for (index, shift) in [0_u64, 1, 31, 63].into_iter().enumerate() {
            let power = Scalar::from(1 << shift);
            let _unused = cs.alloc(|| "late", || value(index % 3))?;
            cs.enforce(|| "power", |lc| lc + (power, x), |lc| lc - (power, one), |lc| lc + (-power, x));
        }
        cs.alloc_input(|| "never used", || value(0))?;
        cs.alloc(|| "never used", || value(0))?;
        Ok(())
    }
}

fn oddities() -> Vec<Oddities> {
    let (mut rng, small) = (ChaCha8Rng::seed_from_u64(3), [Scalar::ZERO, Scalar::ONE, -Scalar::ONE]);
    let values = |rng: &mut ChaCha8Rng| [(); 3].map(|()| small[rng.next_u32() as usize % 3]);
    let mut circuits: Vec<_> = (0..8).map(|_| Oddities(Some(values(&mut rng)))).collect();
    circuits.push(Oddities(Some([(); 3].map(|()| Scalar::random(&mut rng)))));
    circuits
}

/// A recorded matrix times an assignment.
fn product(r1cs: &R1cs, matrix: &Matrix, assignment: &Assignment) -> Vec<Scalar> {
    let value =
        |input: bool, index: usize| if input { assignment.input[index] } else { assignment.aux[index] };
    let row = |row| {
        let (columns, ids) = matrix.row(row);
        let terms = columns.iter().zip(ids).map(|(column, &id)| {
            value(column.is_input(), column.index()) * r1cs.coefficients[usize::from(id)]
        });
        terms.sum()
    };
    (0..matrix.rows()).map(row).collect()
}

fn agrees(density: &Density, plain: &Plain, matrix: usize, variable: fn(usize) -> Variable) {
    let wanted: Vec<usize> = (0..density.len()).filter(|&index| plain.has(matrix, variable(index))).collect();
    assert_eq!(density.iter().collect::<Vec<_>>(), wanted);
    assert_eq!(density.count(), wanted.len());
    assert!((0..density.len()).all(|index| density.contains(index) == wanted.binary_search(&index).is_ok()));
}

#[track_caller]
fn check<C: Circuit<Scalar> + Clone>(circuit: C, blank: C) {
    let plain = Plain::run(circuit.clone());
    let assignment = assign(circuit.clone()).unwrap();
    assert_eq!((&assignment.input, &assignment.aux), (&plain.input, &plain.aux));
    let r1cs = record(blank).unwrap();
    assert_eq!(
        (r1cs.inputs, r1cs.aux, r1cs.constraints()),
        (plain.input.len(), plain.aux.len(), plain.rows.len())
    );
    let vectors = [(&r1cs.a, &assignment.a), (&r1cs.b, &assignment.b), (&r1cs.c, &assignment.c)];
    for (index, (matrix, vector)) in vectors.into_iter().enumerate() {
        assert_eq!(vector, &plain.product(index));
        assert_eq!(vector, &product(&r1cs, matrix, &assignment));
    }
    assert_eq!(assignment.densities, r1cs.densities);
    assert_eq!(assignment, r1cs.assignment(Witness::of(circuit).unwrap()));
}

#[test]
fn a_hash_is_what_a_plain_system_makes_of_it() {
    for length in [0, 1, 64] {
        check(Hash::of(length), Hash::of(length).blank());
    }
}

#[test]
fn odd_rows_are_what_a_plain_system_makes_of_them() {
    oddities().into_iter().for_each(|circuit| check(circuit, Oddities(None)));
}

#[test]
fn densities_are_the_variables_that_occur() {
    for circuit in oddities() {
        let plain = Plain::run(circuit.clone());
        let densities = assign(circuit).unwrap().densities;
        agrees(&densities.a_aux, &plain, 0, aux);
        agrees(&densities.b_input, &plain, 1, input);
        agrees(&densities.b_aux, &plain, 1, aux);
    }
}

#[test]
fn columns_are_summed_with_their_weights() {
    for circuit in oddities() {
        let plain = Plain::run(circuit);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let lagrange: Vec<_> = plain.rows.iter().map(|_| Scalar::random(&mut rng)).collect();
        let columns = record(Oddities(None)).unwrap().evaluate_columns(&lagrange);
        for (matrix, columns) in columns.iter().enumerate() {
            let (mut inputs, mut auxes) =
                (vec![Scalar::ZERO; plain.input.len()], vec![Scalar::ZERO; plain.aux.len()]);
            for (row, weight) in plain.rows.iter().zip(&lagrange) {
                for (variable, value) in &row[matrix] {
                    match variable.get_unchecked() {
                        Index::Input(index) => inputs[index] += value * weight,
                        Index::Aux(index) => auxes[index] += value * weight,
                    }
                }
            }
            assert_eq!((&columns.input, &columns.aux), (&inputs, &auxes));
        }
    }
}

/// A constraint for each of so many different coefficients.
struct Different(u64);

impl Circuit<Scalar> for Different {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        for value in 0..self.0 {
            let coefficient = Scalar::from(3 + 5 * value);
            cs.enforce(|| "", |lc| lc + (coefficient, CS::one()), |lc| lc, |lc| lc);
        }
        Ok(())
    }
}

#[test]
fn more_coefficients_than_ids_are_refused() {
    assert_eq!(record(Different(65_000)).unwrap().constraints(), 65_001);
    assert!(matches!(record(Different(66_000)), Err(SynthesisError::PolynomialDegreeTooLarge)));
}

#[test]
fn a_blank_circuit_has_no_assignment() {
    assert!(matches!(assign(Oddities(None)), Err(SynthesisError::AssignmentMissing)));
    assert!(matches!(assign(Hash::of(1).blank()), Err(SynthesisError::AssignmentMissing)));
}
