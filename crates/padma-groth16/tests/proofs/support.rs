//! A small circuit and the reference's parameters of it.

use bellpepper_core::{Circuit, ConstraintSystem, SynthesisError};
use bellperson::groth16;
use blstrs::{Bls12, Scalar};
use ff::{Field, PrimeField};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

pub type Parameters = groth16::Parameters<Bls12>;

pub fn parameters(circuit: impl Circuit<Scalar>) -> Parameters {
    groth16::generate_random_parameters(circuit, &mut ChaCha8Rng::seed_from_u64(1)).unwrap()
}

/// x ↦ x² repeated, the last value public, with bits among the variables and a variable that no B has.
pub struct Squares {
    rounds: usize,
    start: Option<Scalar>,
}

impl Squares {
    pub fn blank(rounds: usize) -> Self {
        Self { rounds, start: None }
    }

    pub fn from(rounds: usize, start: u64) -> Self {
        Self { rounds, start: Some(start.into()) }
    }
}

impl Circuit<Scalar> for Squares {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let missing = || SynthesisError::AssignmentMissing;
        let mut value = self.start;
        let mut variable = cs.alloc(|| "start", || value.ok_or_else(missing))?;
        for round in 0..self.rounds {
            let square = value.map(|value| value.square());
            let next = cs.alloc(|| format!("square {round}"), || square.ok_or_else(missing))?;
            cs.enforce(|| format!("squares {round}"), |lc| lc + variable, |lc| lc + variable, |lc| lc + next);
            let bit = value.map(|value| if value.is_odd().into() { Scalar::ONE } else { Scalar::ZERO });
            let flag = cs.alloc(|| format!("bit {round}"), || bit.ok_or_else(missing))?;
            cs.enforce(|| format!("boolean {round}"), |lc| lc + CS::one() - flag, |lc| lc + flag, |lc| lc);
            let double = cs.alloc(
                || format!("sum {round}"),
                || bit.and_then(|bit| Some(square? + bit)).ok_or_else(missing),
            )?;
            cs.enforce(
                || format!("sums {round}"),
                |lc| lc + next + flag,
                |lc| lc + CS::one(),
                |lc| lc + double,
            );
            (value, variable) = (square, next);
        }
        let public = cs.alloc_input(|| "public", || value.ok_or_else(missing))?;
        cs.enforce(|| "is public", |lc| lc + variable, |lc| lc + CS::one(), |lc| lc + public);
        Ok(())
    }
}
