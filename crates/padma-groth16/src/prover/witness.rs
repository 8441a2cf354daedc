//! What the sums need of a proof: its variables' values and the quotient's coefficients.

use bellpepper_core::{Circuit, SynthesisError};
use blstrs::Scalar;
use padma_kernels::fft::Domain;
use rayon::prelude::*;
use std::time::{Duration, Instant};

use super::{Phase, Phases, ProveError};
use crate::circuit::{Assignment, Densities, assign};
use crate::msm::Selection;
use crate::parameters::{ParameterError, ProvingKey, Query};

/// One proof's scalars for each query.
pub(super) struct Witness {
    /// Coefficients of (A·B − C)/Z, canonical, little-endian words.
    pub h: Vec<[u64; 4]>,
    pub l: Selection,
    pub a: Selection,
    pub b: Selection,
}

/// Synthesises the circuits and divides out the quotients; decodes the parameters meanwhile if they are to be kept.
pub(super) fn make<C>(
    key: &ProvingKey,
    circuits: Vec<C>,
    phases: &mut Phases,
) -> Result<Vec<Witness>, ProveError>
where
    C: Circuit<Scalar> + Send,
{
    let (prepared, witnesses) = rayon::join(
        || timed(|| key.prepare()),
        || {
            let mut circuits = circuits.into_iter();
            let mut witnesses = Vec::with_capacity(circuits.len());
            loop {
                // As many as there are threads: a synthesis runs on one, and its result is large until it is divided.
                let together: Vec<C> = circuits.by_ref().take(rayon::current_num_threads()).collect();
                if together.is_empty() {
                    return Ok(witnesses);
                }
                for assignment in phases.time(Phase::Synthesis, || assign_all(together))? {
                    witnesses.push(witness(key, assignment, phases)?);
                }
            }
        },
    );
    phases.add(Phase::Decode, prepared.1);
    prepared.0?;
    witnesses
}

fn assign_all<C: Circuit<Scalar> + Send>(circuits: Vec<C>) -> Result<Vec<Assignment>, SynthesisError> {
    circuits.into_par_iter().map(assign).collect()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn witness(key: &ProvingKey, assignment: Assignment, phases: &mut Phases) -> Result<Witness, ProveError> {
    let Assignment { input, aux, a, b, c, densities } = assignment;
    let domain = a.len().next_power_of_two();
    check(key, domain, &input, &aux, &densities)?;
    let Densities { a_aux, b_input, b_aux } = densities;
    let scalars = phases.time(Phase::Select, || {
        (
            Selection::all(&aux),
            Selection::all(&input).then(&aux, &a_aux),
            Selection::of(&input, &b_input).then(&aux, &b_aux),
        )
    });
    drop((input, aux));
    let h = phases.time(Phase::Quotient, || {
        let domain = Domain::new(key.backend(), domain.ilog2());
        domain.map(|domain| domain.quotient(a, b, c)).map_err(|_| SynthesisError::PolynomialDegreeTooLarge)
    })?;
    Ok(Witness { h, l: scalars.0, a: scalars.1, b: scalars.2 })
}

/// Whether the parameters have as many points as this circuit needs.
fn check(
    key: &ProvingKey,
    domain: usize,
    input: &[Scalar],
    aux: &[Scalar],
    densities: &Densities,
) -> Result<(), ParameterError> {
    let b = densities.b_input.count() + densities.b_aux.count();
    let needed = [
        (Query::H, domain - 1),
        (Query::L, aux.len()),
        (Query::A, input.len() + densities.a_aux.count()),
        (Query::BG1, b),
        (Query::BG2, b),
    ];
    needed.into_iter().try_for_each(|(query, expected)| key.file().require(query, expected))
}
