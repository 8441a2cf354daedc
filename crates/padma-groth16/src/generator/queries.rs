//! The scalars of every point in the parameters: what the circuit's polynomials are at the secret point.

use bellpepper_core::SynthesisError;
use blstrs::Scalar;
use ff::Field;
use rayon::prelude::*;

use super::lagrange::{Domain, lagrange};
use super::secret::Secret;
use super::waste::Trapdoor;
use crate::circuit::{Columns, R1cs};
use crate::parameters::Query;

/// Scalars by query, in the file's order and without those whose points the file leaves out.
pub(super) struct Queries {
    /// `(β·aᵢ + α·bᵢ + cᵢ)/γ` for each public input.
    pub ic: Secret<Scalar>,
    /// The same over δ for each auxiliary variable; none is zero.
    l: Secret<Scalar>,
    /// `aᵢ` of inputs, then of auxiliary variables, where not zero.
    a: Secret<Scalar>,
    /// `bᵢ`, likewise.
    b: Secret<Scalar>,
    h: PowersOfTau,
}

/// `τⁱ·t(τ)/δ` for `i` below `count`, made where they are needed.
struct PowersOfTau {
    /// τ and t(τ)/δ.
    secrets: Secret<Scalar>,
    count: usize,
}

impl PowersOfTau {
    /// The scalars from `start` on.
    fn fill(&self, start: usize, scalars: &mut [Scalar]) {
        let (tau, scale) = (self.secrets[0], self.secrets[1]);
        let mut power = scale * tau.pow_vartime([start as u64]);
        for scalar in scalars {
            *scalar = power;
            power *= tau;
        }
    }
}

impl Queries {
    /// Errors: UnconstrainedVariable when an auxiliary variable is in no constraint, PolynomialDegreeTooLarge,
    /// UnexpectedIdentity for a trapdoor that no parameters can be made of.
    pub fn new(circuit: R1cs, trapdoor: &Trapdoor) -> Result<Self, SynthesisError> {
        let Trapdoor { gamma, delta, tau, .. } = trapdoor;
        let domain = Domain::of(circuit.constraints()).ok_or(SynthesisError::PolynomialDegreeTooLarge)?;
        let invert = |secret: &Scalar| Option::<Scalar>::from(secret.invert());
        let (gamma, delta) = invert(gamma).zip(invert(delta)).ok_or(SynthesisError::UnexpectedIdentity)?;
        let weights =
            lagrange(domain, tau, circuit.constraints()).ok_or(SynthesisError::UnexpectedIdentity)?;
        let [a, b, c] = circuit.evaluate_columns(&weights).map(Sums::from);
        drop((weights, circuit));

        let ic = combine(trapdoor, &a.input, &b.input, c.input, gamma);
        let l = combine(trapdoor, &a.aux, &b.aux, c.aux, delta);
        if l.par_iter().any(|scalar| scalar.is_zero_vartime()) {
            return Err(SynthesisError::UnconstrainedVariable);
        }
        let secrets = Secret::new(vec![*tau, domain.vanishing(tau) * delta]);
        let h = PowersOfTau { secrets, count: domain.size() - 1 };
        Ok(Self { ic, l, a: a.without_zeros(), b: b.without_zeros(), h })
    }

    /// Points of a query.
    pub fn count(&self, query: Query) -> usize {
        self.stored(query).map_or(self.h.count, <[_]>::len)
    }

    /// The scalars of a query's points from `start` on. Panics past its end.
    pub fn fill(&self, query: Query, start: usize, scalars: &mut [Scalar]) {
        match self.stored(query) {
            Some(stored) => scalars.copy_from_slice(&stored[start..start + scalars.len()]),
            None => self.h.fill(start, scalars),
        }
    }

    /// `None` for H, which is not kept.
    fn stored(&self, query: Query) -> Option<&[Scalar]> {
        match query {
            Query::H => None,
            Query::L => Some(&self.l),
            Query::A => Some(&self.a),
            Query::BG1 | Query::BG2 => Some(&self.b),
        }
    }
}

/// A matrix's columns at τ.
struct Sums {
    input: Secret<Scalar>,
    aux: Secret<Scalar>,
}

impl From<Columns> for Sums {
    fn from(columns: Columns) -> Self {
        Self { input: Secret::new(columns.input), aux: Secret::new(columns.aux) }
    }
}

impl Sums {
    fn without_zeros(&self) -> Secret<Scalar> {
        let all = self.input.iter().chain(self.aux.iter()).copied();
        Secret::filtered(self.input.len() + self.aux.len(), all, |scalar| !scalar.is_zero_vartime())
    }
}

/// `(β·a + α·b + c)·scale`, in the place of `c`.
fn combine(
    Trapdoor { alpha, beta, .. }: &Trapdoor,
    a: &[Scalar],
    b: &[Scalar],
    mut c: Secret<Scalar>,
    scale: Scalar,
) -> Secret<Scalar> {
    c.par_iter_mut().zip(a).zip(b).for_each(|((c, a), b)| *c = (beta * a + alpha * b + *c) * scale);
    c
}
