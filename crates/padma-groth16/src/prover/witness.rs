//! What the sums need of a proof: its variables' values and the quotient's coefficients.

use bellpepper_core::SynthesisError;
use blstrs::Scalar;
use rayon::prelude::*;

use super::{Phase, Phases, ProveError};
use crate::circuit::{Assignment, Densities};
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

/// Makes the assignments and divides out their quotients; decodes the parameters first, if that is still to be done.
///
/// As many assignments at a time as there are threads: one is large until its quotient is divided out.
pub(super) fn make<S>(
    key: &ProvingKey,
    assignments: Vec<S>,
    phases: &mut Phases,
) -> Result<Vec<Witness>, ProveError>
where
    S: FnOnce() -> Result<Assignment, SynthesisError> + Send,
{
    key.prepare()?;
    let count = assignments.len();
    let mut witnesses = Vec::with_capacity(count);
    let mut rest = assignments.into_iter();
    while witnesses.len() < count {
        let together: Vec<S> = rest.by_ref().take(rayon::current_num_threads()).collect();
        let made: Result<Vec<_>, _> =
            phases.time(Phase::Synthesis, || together.into_par_iter().map(|assign| assign()).collect());
        for assignment in made? {
            witnesses.push(witness(key, assignment, phases)?);
        }
    }
    Ok(witnesses)
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
        let domain = key.domain().map_err(|_| SynthesisError::PolynomialDegreeTooLarge)?;
        Ok::<_, SynthesisError>(domain.quotient(a, b, c))
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
