//! The constraints of a circuit without an assignment.

use bellpepper_core::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use blstrs::Scalar;

use super::density::{Densities, Density};
use super::matrix::{Coefficients, Matrix};

/// The constraints `A·w ∘ B·w = C·w` of a circuit, `w` being inputs and aux.
#[derive(Clone, Debug)]
pub struct R1cs {
    /// The number of inputs with ONE, which is input 0.
    pub inputs: usize,
    pub aux: usize,
    pub a: Matrix,
    pub b: Matrix,
    pub c: Matrix,
    /// The coefficients by id.
    pub coefficients: Vec<Scalar>,
    /// What every assignment of this circuit has.
    pub densities: Densities,
}

/// Records the constraints of a circuit, which may be blank: no assignment is asked for.
///
/// Errors: those of the circuit; PolynomialDegreeTooLarge when it has more than 2^31 variables of a kind, 2^32
/// coefficients in a matrix, or 2^16 different ones.
pub fn record<C: Circuit<Scalar>>(circuit: C) -> Result<R1cs, SynthesisError> {
    let mut recorder = Recorder::new();
    recorder.alloc_input(|| "", || Err(SynthesisError::AssignmentMissing))?;
    circuit.synthesize(&mut recorder)?;
    for index in 0..recorder.inputs {
        recorder.enforce(|| "", |lc| lc + Variable::new_unchecked(Index::Input(index)), |lc| lc, |lc| lc);
    }
    recorder.finish()
}

struct Recorder {
    inputs: usize,
    aux: usize,
    matrices: [Matrix; 3],
    coefficients: Coefficients,
    too_large: bool,
}

impl Recorder {
    fn push(&mut self, rows: [LinearCombination<Scalar>; 3]) -> Option<()> {
        let mut pairs = self.matrices.iter_mut().zip(&rows);
        pairs.try_for_each(|(matrix, row)| matrix.push(row, &mut self.coefficients))
    }

    fn finish(self) -> Result<R1cs, SynthesisError> {
        if self.too_large {
            return Err(SynthesisError::PolynomialDegreeTooLarge);
        }
        let [a, b, c] = self.matrices.map(|mut matrix| {
            matrix.shrink();
            matrix
        });
        let Self { inputs, aux, .. } = self;
        let densities = densities(inputs, aux, &a, &b);
        Ok(R1cs { inputs, aux, a, b, c, coefficients: self.coefficients.into_values(), densities })
    }
}

impl ConstraintSystem<Scalar> for Recorder {
    type Root = Self;

    fn new() -> Self {
        let (matrices, coefficients) = (<[Matrix; 3]>::default(), Coefficients::new());
        Self { inputs: 0, aux: 0, matrices, coefficients, too_large: false }
    }

    fn alloc<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.aux += 1;
        Ok(Variable::new_unchecked(Index::Aux(self.aux - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.inputs += 1;
        Ok(Variable::new_unchecked(Index::Input(self.inputs - 1)))
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
        // Told at the end: constraints cannot fail.
        self.too_large = self.too_large || self.push([a(zero()), b(zero()), c(zero())]).is_none();
    }

    fn push_namespace<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {}

    fn pop_namespace(&mut self) {}

    fn get_root(&mut self) -> &mut Self {
        self
    }
}

impl R1cs {
    /// The number of constraints.
    pub fn constraints(&self) -> usize {
        self.a.rows()
    }
}

fn densities(inputs: usize, aux: usize, a: &Matrix, b: &Matrix) -> Densities {
    let mut densities =
        Densities { a_aux: Density::empty(aux), b_input: Density::empty(inputs), b_aux: Density::empty(aux) };
    for column in a.columns().iter().filter(|column| !column.is_input()) {
        densities.a_aux.insert(column.index());
    }
    for column in b.columns() {
        let density = if column.is_input() { &mut densities.b_input } else { &mut densities.b_aux };
        density.insert(column.index());
    }
    densities
}
