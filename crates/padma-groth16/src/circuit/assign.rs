//! The assignment of one proof, and what it makes of the constraints.

use bellpepper_core::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use blstrs::Scalar;
use ff::Field;

use super::density::{Densities, Density};

/// A circuit's variables and the vectors A·w, B·w and C·w.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Public inputs after ONE.
    pub input: Vec<Scalar>,
    pub aux: Vec<Scalar>,
    /// A·w, a value for each constraint.
    pub a: Vec<Scalar>,
    pub b: Vec<Scalar>,
    pub c: Vec<Scalar>,
    pub densities: Densities,
}

/// Runs a circuit with its values. Whether they satisfy the constraints is not looked at.
///
/// Errors: those of the circuit, such as AssignmentMissing for a blank one.
pub fn assign<C: Circuit<Scalar>>(circuit: C) -> Result<Assignment, SynthesisError> {
    let mut assigner = Assigner::new();
    assigner.alloc_input(|| "", || Ok(Scalar::ONE))?;
    circuit.synthesize(&mut assigner)?;
    for index in 0..assigner.0.input.len() {
        assigner.enforce(|| "", |lc| lc + Variable::new_unchecked(Index::Input(index)), |lc| lc, |lc| lc);
    }
    Ok(assigner.finish())
}

struct Assigner(Assignment);

impl Assigner {
    /// Variables that were made after the last constraint are in no density yet.
    fn finish(mut self) -> Assignment {
        self.grow_densities();
        self.0
    }

    fn grow_densities(&mut self) {
        let Assignment { input, aux, densities, .. } = &mut self.0;
        densities.a_aux.grow(aux.len());
        densities.b_input.grow(input.len());
        densities.b_aux.grow(aux.len());
    }
}

/// Σ coefficient · value; variables with a coefficient that is not zero enter the densities.
fn evaluate(
    row: &LinearCombination<Scalar>,
    (input, aux): (&[Scalar], &[Scalar]),
    input_density: Option<&mut Density>,
    aux_density: Option<&mut Density>,
) -> Scalar {
    let inputs = sum(row.iter_inputs(), input, input_density);
    inputs + sum(row.iter_aux(), aux, aux_density)
}

fn sum<'a>(
    terms: impl Iterator<Item = (&'a usize, &'a Scalar)>,
    values: &[Scalar],
    mut density: Option<&mut Density>,
) -> Scalar {
    let mut sum = Scalar::ZERO;
    for (&index, coefficient) in terms.filter(|(_, coefficient)| !coefficient.is_zero_vartime()) {
        if let Some(density) = &mut density {
            density.insert(index);
        }
        let value = &values[index];
        if *value == Scalar::ONE {
            sum += coefficient;
        } else if *value != Scalar::ZERO {
            sum += value * coefficient;
        }
    }
    sum
}

impl ConstraintSystem<Scalar> for Assigner {
    type Root = Self;

    fn new() -> Self {
        Self(Assignment::default())
    }

    fn alloc<F, A, AR>(&mut self, _: A, value: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.0.aux.push(value()?);
        Ok(Variable::new_unchecked(Index::Aux(self.0.aux.len() - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, value: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.0.input.push(value()?);
        Ok(Variable::new_unchecked(Index::Input(self.0.input.len() - 1)))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, _: A, a: LA, b: LB, c: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LB: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LC: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
    {
        self.grow_densities();
        let zero = LinearCombination::zero;
        let (a, b, c) = (a(zero()), b(zero()), c(zero()));
        let Assignment { input, aux, densities, .. } = &mut self.0;
        let values = (&input[..], &aux[..]);
        let a = evaluate(&a, values, None, Some(&mut densities.a_aux));
        let b = evaluate(&b, values, Some(&mut densities.b_input), Some(&mut densities.b_aux));
        let c = evaluate(&c, values, None, None);
        self.0.a.push(a);
        self.0.b.push(b);
        self.0.c.push(c);
    }

    fn push_namespace<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {}

    fn pop_namespace(&mut self) {}

    fn get_root(&mut self) -> &mut Self {
        self
    }
}
