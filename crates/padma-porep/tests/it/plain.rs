//! A constraint system that evaluates each constraint as the circuit states it.

use bellperson::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use blstrs::Scalar;

#[derive(Default)]
pub struct Plain {
    pub input: Vec<Scalar>,
    pub aux: Vec<Scalar>,
    /// A·w, B·w and C·w.
    pub products: [Vec<Scalar>; 3],
    /// Per matrix which inputs and aux have a coefficient that is not zero.
    pub inputs_in: [Vec<bool>; 3],
    pub aux_in: [Vec<bool>; 3],
}

impl Plain {
    pub fn run(circuit: impl Circuit<Scalar>) -> Self {
        let mut plain = Self { input: vec![Scalar::from(1)], ..Self::default() };
        circuit.synthesize(&mut plain).unwrap();
        for index in 0..plain.input.len() {
            plain.enforce(|| "", |lc| lc + Variable(Index::Input(index)), |lc| lc, |lc| lc);
        }
        plain
    }

    fn multiply(&mut self, matrix: usize, row: &LinearCombination<Scalar>) {
        let mut sum = Scalar::from(0);
        for (variable, coefficient) in row.iter() {
            let (value, index, occurring) = match variable.0 {
                Index::Input(index) => (self.input[index], index, &mut self.inputs_in[matrix]),
                Index::Aux(index) => (self.aux[index], index, &mut self.aux_in[matrix]),
            };
            sum += value * coefficient;
            if *coefficient != Scalar::from(0) {
                occurring.resize(occurring.len().max(index + 1), false);
                occurring[index] = true;
            }
        }
        self.products[matrix].push(sum);
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
        Ok(Variable(Index::Aux(self.aux.len() - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, value: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.input.push(value()?);
        Ok(Variable(Index::Input(self.input.len() - 1)))
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
        for (matrix, row) in [a(zero()), b(zero()), c(zero())].iter().enumerate() {
            self.multiply(matrix, row);
        }
    }

    fn push_namespace<NR: Into<String>, N: FnOnce() -> NR>(&mut self, _: N) {}

    fn pop_namespace(&mut self) {}

    fn get_root(&mut self) -> &mut Self {
        self
    }
}
