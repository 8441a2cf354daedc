//! Groth16 proofs (<https://eprint.iacr.org/2016/260>), byte-equal to bellperson's.
//!
//! A proof is a quotient polynomial and five sums over the parameters' queries. Several proofs of one circuit share a
//! pass over the queries, so that parameters which are not kept in memory are read once for all of them.

mod assembly;
mod memory;
mod phases;
mod witness;

use bellpepper_core::SynthesisError;
use blstrs::{G1Projective, Scalar};
use ff::Field;
use padma_kernels::curve::{G1, G2};
use rand_core::{CryptoRng, RngCore};

use crate::Proof;
use crate::circuit::Assignment;
use crate::msm::{self, Selection};
use crate::parameters::{ParameterError, ProvingKey, Query};
use assembly::Sums;
pub use memory::Memory;
pub use phases::{Phase, Phases};
use witness::Witness;

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// The circuit lacks a value, or contradicts itself.
    #[error("the circuit cannot be synthesised: {0}")]
    Synthesis(#[from] SynthesisError),
}

/// The two field elements that hide the witness in a proof. A pair must never serve for two statements.
#[derive(Clone, Copy)]
pub struct Blinding {
    pub r: Scalar,
    pub s: Scalar,
}

impl Blinding {
    /// Uniform.
    pub fn random(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        Self { r: Scalar::random(&mut *rng), s: Scalar::random(rng) }
    }
}

/// A proof for each assignment with its blinding. `assignments` make them when there is room; all are of one circuit.
///
/// Whether an assignment satisfies its circuit is not checked here, as in bellperson: such a proof does not verify.
/// Errors: [`ProveError`]; ParameterError::Circuit when the parameters are of another circuit.
pub fn prove<S>(key: &ProvingKey, assignments: Vec<(S, Blinding)>) -> Result<(Vec<Proof>, Phases), ProveError>
where
    S: FnOnce() -> Result<Assignment, SynthesisError> + Send,
{
    let mut phases = Phases::default();
    let (assignments, blindings): (Vec<S>, Vec<Blinding>) = assignments.into_iter().unzip();
    let witnesses = witness::make(key, assignments, &mut phases)?;
    let mut sums = vec![Sums::zero(); witnesses.len()];
    add_sums(key, &witnesses, &mut sums, &mut phases)?;
    let proofs = sums.iter().zip(blindings).map(|(sums, blinding)| sums.prove(key.verifying_key(), blinding));
    Ok((proofs.collect(), phases))
}

/// Adds each query's sum for every witness, a segment of the query after the other.
fn add_sums(
    key: &ProvingKey,
    witnesses: &[Witness],
    sums: &mut [Sums],
    phases: &mut Phases,
) -> Result<(), ParameterError> {
    let backend = key.backend();
    phases.time(Phase::H, || {
        key.for_each_g1(Query::H, |range, points| {
            let scalars: Vec<_> = witnesses.iter().map(|witness| &witness.h[range.clone()]).collect();
            let added = msm::multiexp_many::<G1>(backend, points, &scalars);
            sums.iter_mut().zip(added).for_each(|(sums, added)| sums.h += added);
        })
    })?;
    let mut add_g1 =
        |phase, query, of: fn(&Witness) -> &Selection, to: fn(&mut Sums) -> &mut G1Projective| {
            phases.time(phase, || {
                key.for_each_g1(query, |range, points| {
                    for (witness, sums) in witnesses.iter().zip(sums.iter_mut()) {
                        *to(sums) +=
                            msm::sum_selected::<G1>(backend, points, &of(witness).slice(range.clone()));
                    }
                })
            })
        };
    add_g1(Phase::L, Query::L, |witness| &witness.l, |sums| &mut sums.l)?;
    add_g1(Phase::A, Query::A, |witness| &witness.a, |sums| &mut sums.a)?;
    add_g1(Phase::BG1, Query::BG1, |witness| &witness.b, |sums| &mut sums.b_g1)?;
    phases.time(Phase::BG2, || {
        key.for_each_g2(|range, points| {
            for (witness, sums) in witnesses.iter().zip(sums.iter_mut()) {
                sums.b_g2 += msm::sum_selected::<G2>(backend, points, &witness.b.slice(range.clone()));
            }
        })
    })
}
