//! The variables alone: what a circuit allocates, its constraints not looked at.

use bellpepper_core::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use blstrs::Scalar;
use ff::Field;

/// Inputs and aux of one proof, or of a part of it. A constraint system that gadgets may fill without constraints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Public inputs after ONE.
    pub input: Vec<Scalar>,
    pub aux: Vec<Scalar>,
}

impl Default for Witness {
    fn default() -> Self {
        Self { input: vec![Scalar::ONE], aux: Vec::new() }
    }
}

impl Witness {
    /// What a circuit allocates. Errors: those of the circuit, such as AssignmentMissing for a blank one.
    pub fn of<C: Circuit<Scalar>>(circuit: C) -> Result<Self, SynthesisError> {
        let mut witness = Self::default();
        circuit.synthesize(&mut witness)?;
        Ok(witness)
    }

    /// Puts the variables of a part after those of this one; the part's ONE is the same ONE.
    pub fn append(&mut self, part: &Self) {
        self.input.extend(&part.input[1..]);
        self.aux.extend(&part.aux);
    }
}

impl ConstraintSystem<Scalar> for Witness {
    type Root = Self;

    fn new() -> Self {
        Self::default()
    }

    fn alloc<F, A, AR>(&mut self, _: A, value: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.aux.push(value()?);
        Ok(Variable::new_unchecked(Index::Aux(self.aux.len() - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, value: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.input.push(value()?);
        Ok(Variable::new_unchecked(Index::Input(self.input.len() - 1)))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, _: A, _: LA, _: LB, _: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LB: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LC: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
    {
    }

    fn push_namespace<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {}

    fn pop_namespace(&mut self) {}

    fn get_root(&mut self) -> &mut Self {
        self
    }

    fn is_extensible() -> bool {
        true
    }

    fn extend(&mut self, other: &Self) {
        self.append(other);
    }

    fn is_witness_generator(&self) -> bool {
        true
    }

    fn extend_inputs(&mut self, new_inputs: &[Scalar]) {
        self.input.extend(new_inputs);
    }

    fn extend_aux(&mut self, new_aux: &[Scalar]) {
        self.aux.extend(new_aux);
    }

    fn allocate_empty(&mut self, aux: usize, inputs: usize) -> (&mut [Scalar], &mut [Scalar]) {
        (appended(&mut self.aux, aux), appended(&mut self.input, inputs))
    }

    fn allocate_empty_inputs(&mut self, count: usize) -> &mut [Scalar] {
        appended(&mut self.input, count)
    }

    fn allocate_empty_aux(&mut self, count: usize) -> &mut [Scalar] {
        appended(&mut self.aux, count)
    }

    fn inputs_slice(&self) -> &[Scalar] {
        &self.input
    }

    fn aux_slice(&self) -> &[Scalar] {
        &self.aux
    }
}

fn appended(values: &mut Vec<Scalar>, count: usize) -> &mut [Scalar] {
    let start = values.len();
    values.resize(start + count, Scalar::ZERO);
    &mut values[start..]
}
